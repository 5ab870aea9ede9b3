"""Who may do what, and where, in one statement a request."""

from typing import Any

from allauth.account import auth_backends
from django.db import connection

# Each list in one row: of some roles there are hundreds of permissions, and every request of staff asks for them.
HELD = """
SELECT
    ARRAY(
        SELECT type.app_label || '.' || permission.codename
        FROM auth_permission permission JOIN django_content_type type ON type.id = permission.content_type_id
        WHERE permission.id IN (
            SELECT of_group.permission_id FROM auth_group_permissions of_group
            JOIN backoffice_user_groups holding ON holding.group_id = of_group.group_id
            WHERE holding.user_id = %(user)s
            UNION ALL
            SELECT permission_id FROM backoffice_user_user_permissions WHERE user_id = %(user)s
        )
    ),
    ARRAY(SELECT ARRAY[kind, value]::text[] FROM backoffice_scope WHERE user_id = %(user)s)
"""


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """Permissions given to a user and to the groups of the user are read together, with what the user is confined to."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            with connection.cursor() as cursor:
                cursor.execute(HELD, {"user": user_obj.pk})
                held, scopes = cursor.fetchone()
            user_obj._perm_cache = set(held)
            user_obj.confine(scopes)
        known: set[str] = user_obj._perm_cache
        return known
