"""Proposals that nobody decided run out."""

from procrastinate.contrib.django import app

from backoffice.approvals import deciding
from backoffice.tasks import RETRY


@app.periodic(cron="11 * * * *")
@app.task(name="backoffice.expire_approvals", queueing_lock="expire_approvals", retry=RETRY)
def expire_approvals(timestamp: int) -> None:
    deciding.expire_due()
