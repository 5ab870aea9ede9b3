"""What only we can have written: Message-IDs and plus addresses with an HMAC-SHA256 of 16 bytes."""

import hmac
import re
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import salted_hmac

from customers.models import Message, Ticket

SIGNATURE = 32  # hexadecimal digits
LOCAL_PART = 64  # longest local part of an address
SIGNED = re.compile(r"([A-Z]{1,6}-\d{1,12}\.\d{1,18})\.([0-9a-f]{32})@")
PLUS = re.compile(r"\+([a-z]{1,6}-\d{1,12})\.([0-9a-f]{32})@", re.IGNORECASE)


def signed_id(message: Message) -> str:
    """A Message-ID that only we can have made: `<TK-1042.77.signature@host>`."""
    name = f"{message.ticket.number}.{message.pk}"
    return f"<{name}.{_signature('customers.message_id', name)}@{_domain()}>"


def is_ours(message_id: str) -> bool:
    """Whether `message_id` carries our signature."""
    return any(True for _key in signed_messages(message_id.strip().strip("<>")))


def signed_messages(text: str) -> Iterator[int]:
    """Keys of the messages whose signed Message-IDs stand in `text`, in the order in which they stand there."""
    for name, signature in SIGNED.findall(text):
        if _is_right("customers.message_id", name, signature):
            yield int(name.rpartition(".")[2])


def plus_address(address: str, ticket: Ticket) -> str:
    """ "support@shop.example" -> "support+TK-1042.signature@shop.example"; unchanged where that grows too long."""
    local, _at, domain = address.rpartition("@")
    extended = f"{local}+{ticket.number}.{_signature('customers.plus_address', ticket.number)}"
    return f"{extended}@{domain}" if len(extended) <= LOCAL_PART else address


def signed_numbers(text: str) -> Iterator[str]:
    """Numbers of the tickets whose plus addresses stand in `text`. Servers may have changed their case."""
    for number, signature in PLUS.findall(text):
        if _is_right("customers.plus_address", number.upper(), signature.lower()):
            yield number.upper()


def _signature(salt: str, name: str, secret: str | None = None) -> str:
    return salted_hmac(salt, name, secret=secret, algorithm="sha256").hexdigest()[:SIGNATURE]


def _is_right(salt: str, name: str, signature: str) -> bool:
    """Keys that were replaced still count: conversations outlive them."""
    secrets = [None, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(signature, _signature(salt, name, secret)) for secret in secrets)


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
