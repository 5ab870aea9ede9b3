"""Whether a machine wrote a mail, and whether it may be answered by a machine."""

import re
from collections.abc import Iterable

from customers.services.mail import headers
from customers.services.mail.parsing import Mail

VACATION = re.compile(
    r"^\s*(auto(matic|matische|mated)?[- ]?(reply|response|antwort|responder)|autoreply|out of (the )?office|on vacation|vacation (reply|notice)|away from|abwesenheit"
    r"|réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|automatische antwort|自动回复|自動回覆|自动答复|外出|休假|不在办公室|自動応答|不在通知|부재중|자동 회신|автоответ|автоматический ответ|resposta automática|automatiskt? svar|automaattinen vastaus|automatická odpov"
    r"|(odpowiedź automatyczna|automatyczna odpowiedź)|otomatik yanıt|automatikus válasz|răspuns automat|trả lời tự động)",
    re.IGNORECASE,
)  # fmt: skip
# A person who answers such a mail has "Re:" before it.
SURE = re.compile(
    r"^\s*(auto(matic)?[- ]?reply|out of (the )?office|自动回复|自動回覆|自动答复|自動答覆|automatische antwort|réponse automatique)\s*[:：]",
    re.IGNORECASE,
)
BULK = {"bulk", "list", "junk", "auto_reply"}
NO_REPLY = re.compile(
    r"^(no-?_?\.?reply|do-?not-?reply|donotreply|mailer-daemon|postmaster|bounces?|notifications?)([+._-].*)?@",
    re.IGNORECASE,
)


def is_reply_of_machine(mail: Mail) -> bool:
    """A vacation notice or another automatic answer: it never reopens a ticket, opens none, and is never answered."""
    source = mail.source
    submitted = headers.text(source, "Auto-Submitted").lower().partition(";")[0].partition("(")[0].strip()
    if submitted.startswith("auto-") and submitted != "auto-generated":
        return True
    if any(source.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Autoresponder")):
        return headers.text(source, "X-Autoreply").lower() != "no"
    if (
        headers.text(source, "Precedence").lower() == "auto_reply"
        or "vacation" in headers.text(source, "X-Mailer").lower()
    ):
        return True
    if SURE.match(mail.subject):
        return True
    is_noticed = bool(VACATION.match(mail.subject))
    return is_noticed and (
        submitted == "auto-generated" or _is_unanswerable(mail) or _is_bulk(mail) or not mail.references
    )


def may_be_answered(mail: Mail, own: Iterable[str]) -> bool:
    """Whether a machine may answer: not other machines, lists, addresses that take no mail, nor ourselves."""
    source = mail.source
    submitted = headers.text(source, "Auto-Submitted").lower() or "no"
    return (
        submitted.startswith("no")
        and not _is_bulk(mail)
        and not _is_unanswerable(mail)
        and not any(source.get(name) for name in ("List-Id", "List-Unsubscribe", "List-Post", "X-Loop", "Feedback-ID"))
        and bool(mail.sender.email)
        and not NO_REPLY.match(mail.sender.email)
        and mail.sender.email not in set(own)
    )


def _is_bulk(mail: Mail) -> bool:
    return headers.text(mail.source, "Precedence").lower() in BULK


def _is_unanswerable(mail: Mail) -> bool:
    """No envelope sender, or a wish not to be answered: RFC 3834 and Exchange."""
    suppressed = headers.text(mail.source, "X-Auto-Response-Suppress").lower()
    wishes = {wish.strip() for wish in suppressed.split(",")}
    return headers.text(mail.source, "Return-Path") == "<>" or bool(wishes & {"all", "oof", "autoreply"})
