"""Jobs of the catalogue."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from procrastinate.contrib.django import app

from backoffice.models import Notification, User
from backoffice.tasks import RETRY, job_id, report_progress
from catalog import services
from catalog.models import Repricing
from catalog.services import completeness, repricing


@app.periodic(cron="* * * * *")
@app.task(name="catalog.apply_due_prices", queueing_lock="catalog.apply_due_prices", retry=RETRY)
def apply_due_prices(timestamp: int) -> None:
    """Make the changes of prices whose minute has come."""
    services.apply_due()


@app.periodic(cron="* * * * *")
@app.task(name="catalog.assess_due", queueing_lock="catalog.assess_due", retry=RETRY)
def assess_due(timestamp: int) -> None:
    """Assess how complete the products are that large imports and edits touched."""
    completeness.assess_due()


@app.task(name=repricing.TASK, retry=RETRY)
def work_on_repricing(run: int, user: int, action: str) -> None:
    """Work out, apply or undo a large run. What stands against it is written on its page."""
    found = Repricing.objects.get(pk=run)
    if found.status not in repricing.BEFORE[action]:
        return  # done already, by a worker that died before it could say so; or canceled meanwhile
    person = User.objects.get(pk=user)
    with translation.override(person.language or None):
        report_progress(job_id(), 0, found.facts.get("changes") or None)
        try:
            found = repricing.WORK[action](found, by=person)
        except ValidationError as error:
            Repricing.objects.filter(pk=run).update(message=" ".join(error.messages)[:500])
        found.refresh_from_db()
        changes: Any = found.facts.get("changes")
        report_progress(job_id(), changes or 0, changes)
        text = f"{found.number} {found.get_status_display()}. {found.message}"
        Notification.objects.create(user=person, text=text[:300], url=found.get_absolute_url())
