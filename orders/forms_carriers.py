"""A carrier is typed by its name; those of the shop are suggested."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orders.models import Carrier


class Suggesting(forms.TextInput):
    """A text for which the browser offers what is usual; anything may be typed."""

    def __init__(self, suggestions: Callable[[], Iterable[str]], attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        key = f"{(attrs or {}).get('id', name)}_suggestions"
        control = super().render(name, value, {**(attrs or {}), "list": key}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((str(one),) for one in self.suggestions()))
        return format_html('{}<datalist id="{}">{}</datalist>', control, key, options)


def carriers() -> Iterable[str]:
    """The names of carriers in use."""
    return Carrier.objects.filter(is_active=True).values_list("name", flat=True)
