"""`manage.py fetch_mail`: take mail in, from mailboxes, files, or a pipe."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from backoffice.context import acting
from customers.models import Mailbox
from customers.services.mail import fetching

PIPE = "-"


class Command(BaseCommand):
    help = (
        "Take mail in. Without --files every active mailbox is read by IMAP. A file is a mail, a folder of mails, or an mbox; "
        "- reads one mail from the pipe, as a mail server hands it over."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--mailbox", help="address or name of the mailbox; without it all, or the one a mail is addressed to"
        )
        parser.add_argument("--files", nargs="+", metavar="PATH", help="files and folders to take in")
        parser.add_argument("pipe", nargs="?", choices=[PIPE], help="read one mail from standard input")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        mailbox = self.mailbox(options["mailbox"])
        with acting(source="command:fetch_mail"):
            tally, errors = self.take(mailbox, options)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(tally)))
        else:
            self.stdout.write(
                _(
                    "%(read)s mails: %(new)s new tickets, %(appended)s added to tickets, %(duplicate)s duplicates, "
                    "%(bounce)s delivery reports, %(auto)s automatic replies, %(quarantined)s quarantined."
                )
                % asdict(tally)
            )
        if errors:
            raise CommandError("\n".join(errors), returncode=1)

    def take(self, mailbox: Mailbox | None, options: dict[str, Any]) -> tuple[fetching.Tally, list[str]]:
        if options["pipe"]:
            return fetching.take_pipe(sys.stdin.buffer, mailbox), []
        if options["files"]:
            paths = [Path(name) for name in options["files"]]
            missing = [str(path) for path in paths if not path.exists()]
            if missing:
                raise CommandError(_("There is no file %(name)s.") % {"name": ", ".join(missing)}, returncode=1)
            return fetching.take_files(paths, mailbox), []
        return self.fetch([mailbox] if mailbox else list(Mailbox.objects.fetched().select_related("queue")))

    def fetch(self, mailboxes: list[Mailbox]) -> tuple[fetching.Tally, list[str]]:
        """Read each; one that does not answer does not keep the others waiting for ever."""
        tally, errors = fetching.Tally(), []
        for mailbox in mailboxes:
            try:
                fetching.must_be_fetchable(mailbox)
                tally.add(fetching.fetch(mailbox))
            except ValidationError as error:
                errors.append(f"{mailbox}: {' '.join(error.messages)}")
        return tally, errors

    def mailbox(self, named: str | None) -> Mailbox | None:
        if not named:
            return None
        mailboxes = Mailbox.objects.select_related("queue")
        found = mailboxes.filter(address__iexact=named).first() or mailboxes.filter(name=named).first()
        if found is None:
            raise CommandError(_("There is no mailbox %(name)s.") % {"name": named}, returncode=2)
        return found
