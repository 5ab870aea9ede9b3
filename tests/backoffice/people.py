"""People of the page tests."""

from django.contrib.auth.models import Permission
from django.db.models import Q

from backoffice.models import User


def make_user(*permissions: str, email: str = "eva@example.com", **fields) -> User:
    """A member of staff with exactly these permissions ("catalog.view_product")."""
    user = User.objects.create_user(email, name=fields.pop("name", "Eva Editor"), **fields)
    wanted = Q(pk__in=[])
    for permission in permissions:
        app, codename = permission.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    user.user_permissions.set(Permission.objects.filter(wanted))
    return user
