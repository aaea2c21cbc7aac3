"""Which administration site this installation has."""

from django.contrib.admin.apps import AdminConfig


class MarketplaceAdminConfig(AdminConfig):
    default_site = "directory.admin_site.Site"
