"""Content of `manage.py demo`. Names, firms, numbers and register entries are invented; addresses reach nobody."""
