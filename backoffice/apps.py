"""Start-up: what the modules register is found by file name."""

from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db.models import Model
from django.db.models.signals import post_migrate
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from backoffice.triggers import ask_quickly

REGISTRATIONS = (
    "approvals",
    "search",
    "dashboard",
    "panels",
    "navigation",
    "resources",
    "resources_people",
    "verification",
    "people",
    "previews",
    "privacy",
)


def own_apps() -> list[AppConfig]:
    """The platform and its modules, without the apps of libraries."""
    return [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]


def named_models(config: AppConfig) -> list[type[Model]]:
    """The models that people hear of: those with a name to translate. The history of rows is none."""
    return [
        model
        for model in config.get_models()
        if isinstance(model._meta.verbose_name, Promise) and not hasattr(model, "pgh_id")
    ]


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = _("Back office")

    def ready(self) -> None:
        autodiscover_modules(*REGISTRATIONS)
        post_migrate.connect(ask_quickly, sender=self)


class StaffAdminConfig(AdminConfig):
    default_site = "backoffice.admin_site.StaffAdminSite"
