"""Start-up: what the modules register is found by file name."""

from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

REGISTRATIONS = ("search", "dashboard", "panels", "navigation", "resources", "verification", "people")


def own_apps() -> list[AppConfig]:
    """The platform and its modules, without the apps of libraries."""
    return [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = _("Back office")

    def ready(self) -> None:
        autodiscover_modules(*REGISTRATIONS)


class StaffAdminConfig(AdminConfig):
    default_site = "backoffice.admin_site.StaffAdminSite"
