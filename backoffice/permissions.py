"""Who may do what, and where, in one statement a request."""

from typing import Any

from allauth.account import auth_backends
from django.contrib.auth.models import Permission
from django.db.models import Value

from backoffice.models import Scope


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """Permissions given to a user and to the groups of the user are read together, with what the user is confined to."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            permissions = Permission.objects.order_by().values_list(
                Value("permission"), "content_type__app_label", "codename"
            )
            scopes = Scope.objects.filter(user=user_obj).order_by().values_list(Value("scope"), "kind", "value")
            rows = list(permissions.filter(group__user=user_obj).union(permissions.filter(user=user_obj), scopes))
            user_obj._perm_cache = {f"{app}.{codename}" for what, app, codename in rows if what == "permission"}
            user_obj.confine((kind, value) for what, kind, value in rows if what == "scope")
        known: set[str] = user_obj._perm_cache
        return known
