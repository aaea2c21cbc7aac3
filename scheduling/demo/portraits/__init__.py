"""Portraits of the demo professionals: drawn by this package for this project, under its licence. They show nobody."""
