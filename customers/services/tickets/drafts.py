"""Texts that somebody has begun: kept for one person and ticket, gone once they are sent."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from backoffice.models import User
from customers.models import Attachment, Draft, Message, Ticket

COLUMNS = ("file", "name", "size", "sha256", "content_type", "verdict", "verdict_reason")


def keep_draft(ticket: Ticket, *, body: str, mode: str, by: User, last_message_id: int | None = None) -> Draft | None:
    """Keep what `by` has typed so far; a blank text without files keeps nothing.

    What was typed before `by` sent a message after `last_message_id` came late, and is that message.
    """
    own = Message.objects.filter(ticket=ticket, author=by)
    if last_message_id is not None and own.filter(pk__gt=last_message_id).exists():
        return None
    body = body.replace("\x00", "")
    if not body.strip():
        found = Draft.objects.filter(ticket=ticket, user=by)
        found.filter(files=[]).delete()
        found.update(body="", mode=mode)
        return found.first()
    return Draft.objects.update_or_create(ticket=ticket, user=by, defaults={"body": body, "mode": mode})[0]


@transaction.atomic
def drop_draft(ticket: Ticket, *, by: User) -> None:
    """Forget the draft and the files that were taken back with it."""
    _drop(Draft.objects.filter(ticket=ticket, user=by), kept=())


def spend(message: Message, *, by: User | None, kept: Iterable[str]) -> None:
    """The draft became `message`: its files that are `kept` go along, the others are removed."""
    wanted, found = set(kept), Draft.objects.filter(ticket=message.ticket_id, user=by)
    files = [file for draft in found if wanted for file in draft.files if file["file"] in wanted]
    Attachment.objects.bulk_create(Attachment(message=message, **file) for file in files)
    _drop(found, kept=wanted)


def _drop(drafts: Any, kept: Iterable[str]) -> None:
    gone = [file["file"] for draft in drafts.exclude(files=[]) for file in draft.files if file["file"] not in kept]
    drafts.delete()
    for name in gone:
        transaction.on_commit(partial(default_storage.delete, name))


def files_of(message: Message) -> list[dict[str, Any]]:
    """The attachments of a message as a draft keeps them."""
    return [
        {**{name: getattr(one, name) for name in COLUMNS if name != "file"}, "file": one.file.name}
        for one in message.attachments.order_by("pk")
    ]
