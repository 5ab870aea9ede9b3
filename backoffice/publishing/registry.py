"""The models whose rows are published.

    publishing.register(
        publishing.Publishable(Article, permission="customers.publish_article", restore=restore_content, labels={...})
    )

The module's SQL has the functions that `backoffice/sql/publishing.sql` names, and the triggers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from backoffice import webhooks


def nothing_missing(objects: Sequence[Any]) -> dict[int, str]:
    return {}


@dataclass(frozen=True)
class Publishable:
    """A model with a `status` of ContentStatus and a `published_at`.

    `permission` is that of those who decide. `missing` says of objects, by key, why they cannot be published; what can is
    absent. `restore(obj, content, by=)` writes a content of old into the working copy through the module's services.
    `labels` are the names of the fields of the content and of values (by field and value), `key` is the one that stands in public addresses.
    """

    model: type[models.Model]
    permission: str
    restore: Callable[..., Any]
    missing: Callable[[Sequence[Any]], Mapping[int, str]] = nothing_missing
    labels: Mapping[Any, Any] = field(default_factory=dict)
    key: str = "handle"

    @property
    def kind(self) -> str:
        """The subject_type of its rows."""
        return self.model._meta.label_lower

    @property
    def name(self) -> str:
        """What its audit verbs begin with: "product"."""
        return self.model._meta.model_name or ""

    def topic(self, *, is_live: bool) -> str:
        """The event of webhooks: "product.published", "product.unpublished"."""
        return f"{self.name}.{'published' if is_live else 'unpublished'}"

    @property
    def change_permission(self) -> str:
        return f"{self.model._meta.app_label}.change_{self.name}"


_publishables: dict[str, Publishable] = {}


def register(publishable: Publishable) -> None:
    _publishables[publishable.kind] = publishable
    name = publishable.model._meta.verbose_name
    webhooks.topic(publishable.topic(is_live=True), format_lazy(_("{kind}: published"), kind=name))
    webhooks.topic(publishable.topic(is_live=False), format_lazy(_("{kind}: taken down"), kind=name))


def kinds() -> list[Publishable]:
    return list(_publishables.values())


def of(subject: Any) -> Publishable:
    """The registration of a subject_type, of a model or of one of its rows. Raises KeyError for another."""
    return _publishables[subject if isinstance(subject, str) else subject._meta.label_lower]


def names_of(model: type[models.Model], names: Iterable[str]) -> dict[str, Any]:
    """What these fields are called."""
    return {name: getattr(model._meta.get_field(name), "verbose_name", name) for name in names}
