"""Errors that a person can act on. Each module adds its own beside its services."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _


class IllegalTransition(ValidationError):
    """A document was asked to take a status that does not follow from its present one."""

    def __init__(self, document: object, now: object, wanted: object) -> None:
        super().__init__(
            _("%(document)s is %(now)s and cannot become %(wanted)s."),
            code="illegal_transition",
            params={"document": document, "now": now, "wanted": wanted},
        )


class Stale(ValidationError):
    """The record was changed by somebody else since it was read."""


class NotAllowed(ValidationError):
    """The rule forbids this to this person, whatever their permissions (a reviewer of the own text, say)."""


class Busy(ValidationError):
    """Rows stayed locked by others for longer than the limit; nothing was changed."""

    def __init__(self, *args: Any) -> None:
        super().__init__(
            _("Others are working on the same stock just now. Nothing was changed; try again."), code="busy"
        )


@contextmanager
def explained(model: type[models.Model], **fields: str) -> Iterator[None]:
    """Run in a savepoint; a violated constraint of `model` becomes the ValidationError that it declares.

    `fields` names the form field a constraint belongs to: `explained(Variant, variant_sku_once="sku")`.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        name = getattr(diagnosis, "constraint_name", None) or ""
        sentence = next((c.violation_error_message for c in model._meta.constraints if c.name == name), None)
        if sentence is None:
            raise
        raise ValidationError({fields[name]: sentence} if name in fields else sentence, code=name) from error
