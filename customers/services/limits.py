"""How often one sender may use the public form: counted in the database, so that every process counts together."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from customers.models import Throttle


class TooMany(ValidationError):
    """A sender used the form more often than the limit allows."""

    def __init__(self) -> None:
        super().__init__(_("That were many messages within an hour. Please try again later."), code="too_many")


def count_use(sender: str, limit: int) -> int:
    """Count one use by `sender` in this hour; returns how many there were. Raises TooMany beyond `limit`."""
    digest = salted_hmac("customers.throttle", sender).hexdigest()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
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


def forget_uses() -> int:
    """Delete the counts of past hours; returns how many."""
    deleted, _by_model = Throttle.objects.filter(hour__lt=timezone.now() - timedelta(hours=2)).delete()
    return deleted
