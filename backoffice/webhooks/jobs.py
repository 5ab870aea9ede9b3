"""Webhooks by the worker."""

from procrastinate.contrib.django import app

from backoffice.tasks import RETRY
from backoffice.webhooks import sending
from backoffice.webhooks.events import TASK


@app.task(name=TASK, retry=RETRY)
def deliver_webhook(webhook: int) -> None:
    sending.deliver_due(webhook)


@app.periodic(cron="* * * * *")
@app.task(name="backoffice.sweep_webhooks", queueing_lock="sweep_webhooks", retry=RETRY)
def sweep_webhooks(timestamp: int) -> None:
    sending.sweep()
