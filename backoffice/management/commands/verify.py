"""`manage.py verify`: prove every stored counter against the rows it counts."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from backoffice import verification
from backoffice.context import acting
from backoffice.models import User


class Command(BaseCommand):
    help = "Prove that stock levels, order totals and states agree with their ledgers. Exit code 1 when something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="append", default=[], metavar="NAME", help="run this check only; may be repeated"
        )
        parser.add_argument("--repair", action="store_true", help="put right what can be, and record it in the audit")
        parser.add_argument("--by", metavar="EMAIL", help="who repairs, for the audit")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = set(options["check"]) - set(verification.names())
        if unknown:
            known = ", ".join(verification.names())
            raise CommandError(
                _("No check is called %(name)s. There are: %(known)s.") % {"name": min(unknown), "known": known},
                returncode=2,
            )
        by = self._person(options["by"])
        self.json, self.repair = options["json"], options["repair"]
        reports = []
        with acting(source="command:verify", user=by):
            for report in verification.run(options["check"], repair=self.repair, by=by):
                reports.append(report)
                if not self.json:
                    self._tell(report)
        ok = not any(report.result.wrong for report in reports)
        if self.json:
            self.stdout.write(
                json.dumps({"ok": ok, "checks": {report.name: self._figures(report) for report in reports}})
            )
        if not ok:
            raise SystemExit(1)

    def _person(self, email: str | None) -> User | None:
        if not email:
            return None
        user = User.objects.active().filter(email__iexact=email).first()
        if user is None:
            raise CommandError(_("Nobody here has the e-mail %(email)s.") % {"email": email}, returncode=2)
        return user

    def _figures(self, report: verification.Report) -> dict[str, int]:
        figures = {"checked": report.result.checked, "wrong": report.result.wrong}
        return figures | {"repaired": report.mended} if self.repair else figures

    def _tell(self, report: verification.Report) -> None:
        result = report.result
        mark = self.style.ERROR(_("wrong")) if result.wrong else self.style.SUCCESS(_("right"))
        self.stdout.write(
            _("%(mark)s  %(name)s: %(checked)s checked, %(wrong)s wrong")
            % {"mark": mark, "name": report.name, "checked": f"{result.checked:,}", "wrong": f"{result.wrong:,}"}
        )
        if report.mended:
            self.stdout.write("       " + _("%(number)s repaired") % {"number": f"{report.mended:,}"})
        for line in [*result.examples, *filter(None, [report.refusal])]:
            self.stdout.write(f"       {line}")
