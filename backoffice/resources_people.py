"""What files of people hold. Passwords are in none: who is new gets an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import people_files, resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.rewinding import Rewinding
from backoffice.models import ImportRun, User
from backoffice.resources import BooleanColumn, ChoiceColumn, EmailColumn, ListColumn, TextColumn
from backoffice.roles import ROLES

LANGUAGES = {
    **dict.fromkeys(["en", "english", "en-us", "en-gb", "英语", "英文"], "en"),
    **dict.fromkeys(["zh-hans", "zh", "zh-cn", "chinese", "中文", "简体中文"], "zh-hans"),
}
NOT_KEPT = gettext_lazy("not kept")
NO_PASSWORDS = gettext_lazy("passwords are never taken from files")


@cache
def _roles() -> dict[str, str]:
    """Name or label in any language, in small letters -> name of the role."""
    found: dict[str, str] = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found |= {str(role.label).lower(): name for name, role in ROLES.items()}
    return found | {name.replace("_", " "): name for name in ROLES} | {name: name for name in ROLES}


class RolesColumn(ListColumn):
    """Roles by name or label, between commas."""

    kind = gettext_lazy("roles")

    def read(self, text: str, decimal: str = ".") -> Any:
        parts = super().read(text.replace(";", ","), decimal)
        unknown = [part for part in parts if part.lower() not in _roles()]
        if unknown:
            sentence = _("There is no role “%(role)s”. There are: %(all)s.")
            raise ValidationError(sentence % {"role": unknown[0], "all": ", ".join(ROLES)})
        return sorted({_roles()[part.lower()] for part in parts})

    def empty(self) -> Any:
        return None


@resources.register
class UserResource(resources.BaseResource):
    """People, by e-mail address: name, roles, whether active, language."""

    key = "users"
    label = gettext_lazy("People")
    permission = "backoffice.manage_people"
    service = staticmethod(people_files.upsert_users)
    models = (User,)

    email = EmailColumn(
        gettext_lazy("E-mail"), aliases=["Email address", "Mail", "Login", "Username", "user_email", "邮箱", "电子邮箱"], required=True,
        max_length=254, help=gettext_lazy("Names the person. Who has no account is invited by mail."), example="jane@example.com",
    )  # fmt: skip
    name = TextColumn(
        gettext_lazy("Name"),
        aliases=["Full name", "Display name", "姓名", "名称"],
        max_length=150,
        blank="keep",
        example="Jane Doe",
    )
    roles = RolesColumn(
        gettext_lazy("Roles"), aliases=["Role", "Groups", "Group", "角色"], blank="keep", example="support_agent",
        help=gettext_lazy("Between commas; these and no others. Needed to invite somebody."),
    )  # fmt: skip
    active = BooleanColumn(
        gettext_lazy("Active"), aliases=["Is active", "Enabled", "是否启用", "启用"], example="yes",
        help=gettext_lazy("No closes the account: sessions end, work goes back. The last owner stays."),
    )  # fmt: skip
    language = ChoiceColumn(gettext_lazy("Language"), aliases=["Locale", "语言"], words=LANGUAGES, blank="keep")

    ignored = {
        **dict.fromkeys(["Password", "Password hash", "密码"], NO_PASSWORDS),
        **dict.fromkeys(["Joined", "Last sign-in", "Last login", "Created at", "Time zone", "Phone"], NOT_KEPT),
    }

    def rewind(self, run: ImportRun, work: Rewinding, *, by: Any, backwards: bool) -> None:
        people_files.rewind(run, work, by=by, backwards=backwards)

    def export_queryset(self, where: dict[str, str]) -> Any:
        conditions = {LOOKUPS.get(name, name): value for name, value in where.items()}
        return User.objects.filter(**conditions).prefetch_related("groups").order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return EXPORT


LOOKUPS = {"email": "email__iexact", "role": "groups__name", "active": "is_active"}
EXPORT = [
    ExportColumn("email", "email"),
    ExportColumn("name", "name"),
    ExportColumn("roles", "roles", get=lambda user: ", ".join(sorted(group.name for group in user.groups.all()))),
    ExportColumn("is_active", "active", kind="bool"),
    ExportColumn("language", "language"),
]
