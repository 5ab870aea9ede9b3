"""Outgoing mail: queued with the transaction that asks for it, sent by the worker, tried again when it fails."""

from procrastinate.contrib.django import app

SEND = "backoffice.send_mail"


def send_later(*, to: str, subject: str, body: str) -> int:
    """Queue a mail; it leaves only if the transaction commits. Returns the number of the job."""
    return app.configure_task(SEND).defer(to=to, subject=subject, body=body)
