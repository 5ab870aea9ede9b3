"""The one admin site; apart from admin.py because that registers on it while Django sets it up."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db.models.base import ModelBase
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from backoffice.apps import own_apps

# Texts of Django's admin that its own Chinese lacks; ours completes it.
COMPLETED = (gettext_noop("Model name"), gettext_noop("Add link"), gettext_noop("Change or view list link"))


class StaffAdminSite(admin.AdminSite):
    site_header = site_title = "Houtai"
    index_title = _("Set-up and rare edits")
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our own models only: rights come from roles.py, and sign-ins and jobs have pages of their own."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else list(model_or_iterable)
        own = {config.label for config in own_apps()}
        super().register([model for model in models if model._meta.app_label in own], admin_class, **options)

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The admin has no sign-in of its own: allauth's, with its limits and second factor, is the only one."""
        return secure_admin_login(super().login)(request, extra_context)
