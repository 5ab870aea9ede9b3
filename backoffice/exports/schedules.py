"""Templates that run by themselves: when next, and what is due."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.exports import delivery, running
from backoffice.models import ExportTemplate, User

Schedule = ExportTemplate.Schedule
LONGEST = 62  # days between two runs of a monthly template


def next_time(template: ExportTemplate, after: datetime) -> datetime | None:
    """The first moment behind `after` at which the template is due, in the time zone of its owner."""
    if not template.schedule:
        return None
    zone = running.zone_of(template.user)
    today = after.astimezone(zone).date()
    moments = (
        datetime.combine(day, time(template.hour), zone)
        for day in (today + timedelta(days=number) for number in range(LONGEST))
        if _fits(template, day)
    )
    return next(moment for moment in moments if moment > after)


def _fits(template: ExportTemplate, day: date) -> bool:
    if template.schedule == Schedule.WEEKLY:
        return day.weekday() == template.weekday
    if template.schedule == Schedule.MONTHLY:
        return day.day == min(template.day, calendar.monthrange(day.year, day.month)[1])
    return True


def save(template: ExportTemplate, *, by: User) -> ExportTemplate:
    """Keep a template, new or changed. Raises ValidationError where list, name or folder are not right."""
    running.listing(template.address, by)
    if template.delivery == ExportTemplate.Delivery.FOLDER:
        try:
            delivery.path(template.file_name)
        except ValidationError as error:
            raise ValidationError({"file_name": error.messages}) from error
    else:
        template.file_name = ""
    template.next_at = next_time(template, timezone.now())
    template.full_clean(exclude=["user"])
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:  # two at once
        raise ValidationError(_("You have a template of this name already.")) from error
    return template


def run_due() -> int:
    """Start every template that is due, once however long it waited; returns how many."""
    now = timezone.now()
    with transaction.atomic():
        due = list(
            ExportTemplate.objects.due(now).select_for_update(of=("self",), skip_locked=True).select_related("user")
        )
        for template in due:
            is_wanted = template.user.is_active
            ExportTemplate.objects.filter(pk=template.pk).update(
                next_at=next_time(template, now) if is_wanted else None
            )
            if is_wanted:
                running.repeat(template, by=template.user)
    return len(due)
