"""`Idempotency-Key`: the same request of the same person is carried out once, and answered as often as it comes.

    @router.post("/orders", response={201: OrderDetail}, openapi_extra=once.DOCUMENTED)
    @api.requires("orders.add_order")
    def take(request, wanted: OrderIn):
        return once.answer(request, wanted.model_dump(mode="json"), lambda: once.Answer(201, ...))

Without the header the request is carried out each time.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import ApiAnswer

LIFETIME = timedelta(hours=24)
MOST = 200  # characters of a key
DOCUMENTED: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": MOST},
            "description": "A text of your own, new for each request that is not a repetition. For 24 hours the same key with the same "
            "body gets the same answer, and with another body 422.",
        }
    ]
}


@dataclass(frozen=True)
class Answer:
    """What was done: status, body as JSON has it, and the address of what was made."""

    status: int
    body: Any
    location: str = ""


@transaction.atomic
def answer(request: HttpRequest, wanted: Any, work: Callable[[], Answer]) -> JsonResponse:
    """Do `work` and keep its answer under the request's key, or give the answer that is kept there.

    `wanted` is the body as read. What `work` refuses is not kept, so that it may come again mended under the same key.
    Raises ValidationError for a key that was used for something else.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return _respond(work())
    if len(key) > MOST or not key.isprintable():
        raise ValidationError(_("An Idempotency-Key has at most %(most)s printable characters.") % {"most": MOST})
    by: Any = request.user
    digest = _digest(request, wanted)
    _wait_for(request, key)
    kept = ApiAnswer.objects.filter(user=by, key=key).first()
    if kept is not None and kept.expires_at > timezone.now():
        if kept.digest != digest:
            raise ValidationError(
                _("This Idempotency-Key was used for another request. Use a new key for each request."),
                code="key_reused",
            )
        return _respond(Answer(kept.status, kept.body, kept.location), replayed=True)
    done = work()
    facts = {"digest": digest, "status": done.status, "body": done.body, "location": done.location}
    ApiAnswer.objects.update_or_create(user=by, key=key, defaults={**facts, "expires_at": timezone.now() + LIFETIME})
    return _respond(done)


def forget(now: Any = None) -> int:
    """Forget answers whose time is over; returns how many."""
    gone, _by_model = ApiAnswer.objects.filter(expires_at__lte=now or timezone.now()).delete()
    return gone


def _digest(request: HttpRequest, wanted: Any) -> str:
    said = json.dumps([request.method, request.path, wanted], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _wait_for(request: HttpRequest, key: str) -> None:
    """Of equal requests at once the first goes on; the others wait until its answer is kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"once:{request.user.pk}:{key}"])


def _respond(done: Answer, *, replayed: bool = False) -> JsonResponse:
    response = JsonResponse(done.body, status=done.status, safe=False)
    if done.location:
        response["Location"] = done.location
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response
