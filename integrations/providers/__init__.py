"""Adapters, one module or package per provider. `settings.PROVIDERS` is the table."""
