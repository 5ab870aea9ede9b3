"""Start-up: what the modules register is found by file name."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

REGISTRATIONS = ("search", "dashboard", "panels", "navigation", "resources", "approvals", "verification")


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = _("Back office")

    def ready(self) -> None:
        autodiscover_modules(*REGISTRATIONS)


class StaffAdminConfig(AdminConfig):
    default_site = "backoffice.admin_site.StaffAdminSite"
