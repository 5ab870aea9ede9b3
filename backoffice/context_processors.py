"""What the shell around every page needs. Nothing is looked up before a template asks."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import get_language, get_language_info

from backoffice import navigation


class Shell:
    """Navigation, preferences and unread count of one request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user = getattr(request, "user", None)
        self.is_staff_shell = bool(self.user and self.user.is_authenticated)
        self.company = settings.COMPANY_NAME

    @cached_property
    def sections(self) -> list[navigation.Section]:
        return navigation.sections(self.user, self.request.path) if self.is_staff_shell else []

    @property
    def here(self) -> navigation.Link | None:
        """The entry of the navigation that the page stands under, for the way back."""
        return next((link for section in self.sections for link in section.links if link.current), None)

    @cached_property
    def theme(self) -> str:
        """light, dark or system."""
        if self.is_staff_shell:
            return str(self.user.theme)  # type: ignore[union-attr]
        chosen = self.request.COOKIES.get("theme", "")
        return chosen if chosen in {"light", "dark"} else "system"

    @property
    def density(self) -> str:
        return str(self.user.density) if self.is_staff_shell else "comfortable"  # type: ignore[union-attr]

    @property
    def shortcuts(self) -> bool:
        return bool(self.is_staff_shell and self.user.shortcuts)  # type: ignore[union-attr]

    @property
    def language(self) -> str:
        return get_language() or settings.LANGUAGE_CODE

    @property
    def direction(self) -> str:
        return "rtl" if get_language_info(self.language)["bidi"] else "ltr"

    @property
    def languages(self) -> list[tuple[str, str]]:
        return list(settings.LANGUAGES)

    @cached_property
    def unread(self) -> int:
        """Unread notifications, counted to 100 at most."""
        if not self.is_staff_shell:
            return 0
        return self.user.notifications.filter(read_at=None).order_by()[:100].count()  # type: ignore[union-attr]

    @cached_property
    def address(self) -> str:
        """Where to come back to after changing a preference."""
        return self.request.get_full_path()


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
