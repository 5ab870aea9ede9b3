"""The real mails: what became of each, as its headers say. None is lost, and none is answered that must not be."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.core import mail as outbox
from django.core.management import call_command

from customers.models import Attachment, IncomingMail, Ticket
from customers.services.mail import fetching
from tests.factories import make_queue

pytestmark = [pytest.mark.real, pytest.mark.django_db]


@pytest.fixture
def mails(real_data) -> list[Path]:
    return sorted((real_data / "mail").glob("*.eml"))


def take(path: Path) -> IncomingMail:
    before = set(IncomingMail.objects.values_list("pk", flat=True))
    fetching.take_files([path], None)
    return IncomingMail.objects.exclude(pk__in=before).get()


def test_all(mails):
    make_queue("support")
    for p in mails:
        m = take(p)
        print(p.name, m.verdict, m.why, m.ticket and m.ticket.number, m.message and m.message.attachments.count())
    assert 0
