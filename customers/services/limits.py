"""How often one sender may use the public form: counted in the database, so that every process counts together."""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

import structlog
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from customers.models import Throttle

PER_SUBNET = 3  # times what one address may
log = structlog.get_logger(__name__)


class TooMany(ValidationError):
    """A sender used the form more often than the limit allows."""

    def __init__(self) -> None:
        super().__init__(_("You sent many messages within an hour. Please try again later."), code="too_many")


class UsedAlready(ValidationError):
    """What may be used once was used."""

    def __init__(self) -> None:
        super().__init__(_("This was sent already. If you have something else to say, send it again."), code="used")


def count_use(sender: str, limit: int, *, until: datetime | None = None) -> int:
    """Count one use by `sender` in this hour, or until then; returns how many there were. Raises TooMany beyond `limit`."""
    digest = salted_hmac("customers.throttle", sender).hexdigest()
    hour = (until or timezone.now()).replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_throttle (sender, hour, count) VALUES (%s, %s, 1)"
            " ON CONFLICT (sender, hour) DO UPDATE SET count = customers_throttle.count + 1 RETURNING count",
            [digest, hour],
        )
        count = int(cursor.fetchone()[0])
    if count > limit:
        raise TooMany
    return count


def count_visitor(purpose: str, address: str, limit: int) -> None:
    """Count one use from an address of the internet, and from its network, which may do a few times as much.

    An address of version 6 is a /64, which one computer has to itself, and its network a /48. Raises TooMany.
    """
    one, network = _networks(address)
    try:
        count_use(f"{purpose}:{one}", limit)
        count_use(f"{purpose}:{network}", limit * PER_SUBNET)
    except TooMany:
        log.warning("form_refused", purpose=purpose, network=network, reason="too many within an hour")
        raise


def _networks(address: str) -> tuple[str, str]:
    try:
        found = ip_address(address)
    except ValueError:  # a socket of this machine has none
        return address, address
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    narrow, wide = (32, 24) if found.version == 4 else (64, 48)
    return tuple(str(ip_network(f"{found}/{size}", strict=False)) for size in (narrow, wide))  # type: ignore[return-value]


def use_once(token: str, *, until: datetime) -> None:
    """Spend a token that is valid until then. Raises UsedAlready."""
    try:
        count_use(f"once:{token}", 1, until=until)
    except TooMany as error:
        log.warning("token_refused", reason="used already")
        raise UsedAlready from error


def forget_uses() -> int:
    """Delete the counts of past hours; returns how many."""
    deleted, _by_model = Throttle.objects.filter(hour__lt=timezone.now() - timedelta(hours=2)).delete()
    return deleted
