"""The one admin site; apart from admin.py because that registers on it while Django sets it up."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class StaffAdminSite(admin.AdminSite):
    site_header = site_title = "Houtai"
    index_title = _("Set-up and rare edits")
    enable_nav_sidebar = True

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The admin has no sign-in of its own: allauth's, with its limits and second factor, is the only one."""
        return secure_admin_login(super().login)(request, extra_context)
