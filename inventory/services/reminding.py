"""Once a day whoever buys is told how much is to be reordered."""

from datetime import datetime, time
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from backoffice.models import User
from backoffice.people import notify
from inventory.models import ReorderRule

LOCK = "inventory_reminding"


def buyers() -> Any:
    """Active people who may order from suppliers."""
    order = Permission.objects.filter(codename="order_purchase", content_type__app_label="inventory")
    may = Q(groups__permissions__in=order) | Q(user_permissions__in=order) | Q(is_superuser=True)
    return User.objects.active().filter(may).distinct().order_by("pk")


@transaction.atomic
def remind_buyers() -> int:
    """Put what the rules of their warehouses ask for into the bell of whoever buys; how many were told.

    One line a day: a second call tells nobody anew, and a line that was not read yet makes room for today's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    midnight = timezone.make_aware(datetime.combine(today, time.min), timezone.get_default_timezone())
    address = reverse("inventory:to_reorder")
    told = 0
    for person in buyers():
        lines = person.notifications.filter(url=address)
        if lines.filter(created_at__gte=midnight).exists():
            continue
        lines.filter(read_at=None).delete()
        if count := ReorderRule.objects.visible_to(person).due().count():
            with translation.override(person.language or None):
                sentence = ngettext(
                    "%(count)s product is to be reordered.", "%(count)s products are to be reordered.", count
                )
                notify(person, sentence % {"count": count}, address)
            told += 1
    return told
