"""Who may do what, in one statement a request."""

from typing import Any

from allauth.account import auth_backends
from django.contrib.auth.models import Permission


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """Permissions given to a user and to the groups of the user are read together."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            permissions = Permission.objects.order_by().values_list("content_type__app_label", "codename")
            rows = permissions.filter(group__user=user_obj).union(permissions.filter(user=user_obj))
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in rows}
        known: set[str] = user_obj._perm_cache
        return known
