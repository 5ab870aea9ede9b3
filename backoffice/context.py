"""Who acts, through what, and why: the context that history and audit record with every change."""

from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

import pghistory
import pghistory.runtime
import structlog

from backoffice.models import User

request_id: ContextVar[str] = ContextVar("request_id", default="")


def acting(*, source: str, user: User | None = None, reason: str = "", **more: Any) -> AbstractContextManager[Any]:
    """Attribute every change inside to `user` through `source`, such as "command:import_csv" or "job:expire_holds"."""
    facts = {"source": source, "request_id": request_id.get(), **more}
    if user is not None:
        facts["user"] = user.pk
    if reason:
        facts["reason"] = reason
    return pghistory.context(**facts)


def current() -> dict[str, Any]:
    """Facts of the context in force, empty outside one."""
    tracker = getattr(pghistory.runtime._tracker, "value", None)
    return dict(tracker.metadata) if tracker else {}


def told() -> dict[str, Any] | None:
    """The context in force as `backoffice_act` of the database takes it; None outside one."""
    tracker = getattr(pghistory.runtime._tracker, "value", None)
    return {"id": str(tracker.id), "facts": tracker.metadata} if tracker else None


def identifier() -> str:
    """Key of the context in force, which its rows of history carry; "" outside one."""
    tracker = getattr(pghistory.runtime._tracker, "value", None)
    return str(tracker.id) if tracker else ""


def say_why(reason: str) -> None:
    """Add `reason` to the context in force."""
    if reason and current():
        pghistory.context(reason=reason)


def say_who(user: User) -> None:
    """Name `user` in the context in force: an API token tells who acts only after the request has begun."""
    if current():
        pghistory.context(user=user.pk)


def bind_request(identifier: str) -> None:
    request_id.set(identifier)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=identifier)
