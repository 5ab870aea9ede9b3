"""People by file: each row takes the road of a click, first as a trial that is rolled back, then for good."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import people
from backoffice.imports.batch import Batch, Staged, carry_out
from backoffice.imports.rewinding import Rewinding, Row
from backoffice.models import OWNER, ImportRow, ImportRun, Invitation, User

Change = list[str]  # column, old, new
ACCEPTED = gettext_lazy("the invitation was accepted or has ended")
CHANGED = gettext_lazy("changed since by others")


class UserBatch(Batch):
    """A row is about the person of its e-mail address; who has no account is invited."""

    resource = "users"
    staged: Mapping[str, Staged] = {
        "email": Staged("text"),
        "name": Staged("text"),
        "roles": Staged("text[]"),
        "active": Staged("bool"),
        "language": Staged("text"),
    }
    tables: ClassVar[tuple[str, ...]] = ("import_user",)

    def joined(self) -> Sequence[str]:
        return ("email",)

    def compare(self) -> None:
        self.found: list[tuple[int, str, str, str]] = []
        with _rolled_back():
            done = self._carry_out(self._rows())
        self.run("CREATE TEMP TABLE import_user (row int, is_new bool, changes jsonb) ON COMMIT DROP")
        for row, (is_new, changes) in done.items():
            self.run("INSERT INTO import_user VALUES (%s, %s, %s)", [row, is_new, json.dumps(changes)])

    def _rows(self) -> list[dict[str, Any]]:
        """Rows of the file against which nothing stands yet."""
        self.cursor.execute(
            "SELECT row, email, name, roles, active, language FROM import_stage WHERE problems IS NULL ORDER BY row"
        )
        names = ("row", "email", "name", "roles", "active", "language")
        return [dict(zip(names, found, strict=True)) for found in self.cursor.fetchall()]

    def _carry_out(self, rows: list[dict[str, Any]]) -> dict[int, tuple[bool, list[Change]]]:
        """What each row did: whether somebody was invited, and what changed. Refusals are kept in `found`."""
        by, seen = self.by or stand_in(), dict[str, int]()
        done = {}
        for row in rows:
            number, email = row["row"], str(row["email"] or "").lower()
            if not email:
                self.found.append((number, "email", "", _("The row does not say which person it is about.")))
                continue
            if email in seen:
                self.found.append(
                    (number, "email", email, _("The same person stands in row %(row)s already.") % {"row": seen[email]})
                )
                continue
            seen[email] = number
            try:
                with transaction.atomic():
                    done[number] = _apply(row, by)
            except ValidationError as error:
                for column, sentence in _sentences(error):
                    value = row.get(column) or ""
                    self.found.append(
                        (number, column, ", ".join(value) if isinstance(value, list) else str(value), sentence)
                    )
            except IntegrityError as error:
                self.found.append((number, "", "", str(error).splitlines()[0]))
        return done

    def find_problems(self) -> None:
        for row, column, value, text in self.found:
            self.run(
                "INSERT INTO import_problem (row, is_error, name, value, text) VALUES (%s, true, %s, %s, %s)",
                [row, column, value, text],
            )

    def records(self) -> str:
        return "SELECT row, is_new, true FROM import_user WHERE is_new OR changes <> '[]'"

    def record(self) -> str:
        return "s.email"

    def changes(self, rows: str) -> str:
        return f"SELECT row, changes FROM import_user WHERE row IN ({rows})"  # noqa: S608

    def write(self) -> None:
        self.cursor.execute("SELECT row FROM import_refused")
        refused = {row for (row,) in self.cursor.fetchall()}
        self._carry_out([row for row in self._rows() if row["row"] not in refused])


upsert_users = partial(carry_out, UserBatch)


@contextmanager
def _rolled_back() -> Iterator[None]:
    """Whatever happens inside is taken back: rows, jobs and mails."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def stand_in() -> User:
    """In whose name the operator of the machine acts: the first active owner."""
    owner = User.objects.active().with_role(OWNER).order_by("pk").first()
    if owner is None:
        raise ValidationError(_("There is no active owner in whose name people could be invited."))
    return owner


def _sentences(error: ValidationError) -> list[tuple[str, str]]:
    if not hasattr(error, "error_dict"):
        return [("", " ".join(error.messages))]
    known = {"is_active": "active", "__all__": ""}
    return [(known.get(name, name), " ".join(texts)) for name, texts in error.message_dict.items()]


# --- One row ----------------------------------------------------------------------------------------


def _apply(row: Mapping[str, Any], by: User) -> tuple[bool, list[Change]]:
    user = User.objects.filter(email__iexact=row["email"]).first()
    return _invite(row, by) if user is None else (False, _change(user, row, by))


def _invite(row: Mapping[str, Any], by: User) -> tuple[bool, list[Change]]:
    """Invite somebody, unless an open invitation to the same roles is out; one to other roles is replaced."""
    if row["active"] is False:
        raise ValidationError({"active": _("There is no such person, and nobody is invited to an inactive account.")})
    roles = _groups(row["roles"] or [])
    open_one = next((i for i in Invitation.objects.filter(email__iexact=row["email"]) if i.is_open), None)
    if open_one is not None:
        held = sorted(open_one.roles.values_list("name", flat=True))
        if not roles or held == [group.name for group in roles]:
            return False, []
        people.withdraw(open_one, by=by)
        _send(row["email"], row["name"] or open_one.name, roles, by)
        return False, [["roles", ", ".join(held), ", ".join(group.name for group in roles)]]
    _send(row["email"], row["name"] or "", roles, by)
    return True, []


def _send(email: str, name: str, roles: list[Group], by: User) -> None:
    people.invite(email=email, name=name, roles=roles, by=by, link=_link)


def _link(invitation: Invitation) -> str:
    return f"{settings.SITE_URL}{reverse('invitation', args=[invitation.token])}"


def _groups(names: Sequence[str]) -> list[Group]:
    return list(Group.objects.filter(name__in=names).order_by("name"))


def values_of(user: User) -> dict[str, str]:
    """What files say of a person, as text."""
    return {
        "name": user.name,
        "roles": ", ".join(sorted(user.groups.values_list("name", flat=True))),
        "active": "true" if user.is_active else "false",
        "language": user.language,
    }


def _change(user: User, row: Mapping[str, Any], by: User) -> list[Change]:
    """Give the person what the row says, blank cells keep."""
    before = values_of(user)
    roles = None if row["roles"] is None or not row["roles"] else _groups(row["roles"])
    if row["active"] and not user.is_active:
        user = people.reactivate(user, by=by)
    if (row["name"] and row["name"] != user.name) or (
        roles is not None and before["roles"] != ", ".join(group.name for group in roles)
    ):
        held = list(user.groups.all()) if roles is None else roles
        user = people.edit(
            user, by=by, name=row["name"] or user.name, email=user.email, roles=held, scopes=people.scopes_of(user)
        )
    if row["language"] and row["language"] != user.language:
        user.language = row["language"]
        user.save(update_fields=["language"])
    if row["active"] is False and user.is_active:
        user = people.deactivate(user, by=by)
    after = values_of(user)
    return [[name, before[name], after[name]] for name in before if before[name] != after[name]]


# --- Undo -------------------------------------------------------------------------------------------


def rewind(run: ImportRun, work: Rewinding, *, by: User | None, backwards: bool) -> None:
    """Take back what a run did to people, or do it again, by the verbs; what others changed since stays."""
    actor = by or stand_in()
    changes: Callable[[ImportRow], None] = partial(_rewind_changes, work=work, by=actor, backwards=backwards)
    for line in run.rows.exclude(outcome=ImportRow.Outcome.REFUSED).order_by("-row" if backwards else "row"):
        if line.outcome == ImportRow.Outcome.NEW:
            _rewind_invitation(line, work, actor, backwards)
        elif line.changes:
            changes(line)


def _rewind_invitation(line: ImportRow, work: Rewinding, by: User, backwards: bool) -> None:
    sent = Invitation.objects.filter(email__iexact=line.record).order_by("-pk").first()
    if backwards and sent is not None and sent.is_open:
        people.withdraw(sent, by=by)
        work.deleted += 1
    elif not backwards and sent is not None and not User.objects.filter(email__iexact=line.record).exists():
        _send(sent.email, sent.name, list(sent.roles.all()), by)
        work.created += 1
    elif user := User.objects.filter(email__iexact=line.record).first():
        work.kept[User].append(Row(user.pk, ACCEPTED))


def _rewind_changes(line: ImportRow, *, work: Rewinding, by: User, backwards: bool) -> None:
    user = User.objects.filter(email__iexact=line.record).first()
    if user is None:
        return
    now = values_of(user)
    wanted: dict[str, Any] = {"name": "", "roles": None, "active": None, "language": ""}
    for column, old, new in line.changes:
        at, target = (new, old) if backwards else (old, new)
        if now[column] == at:
            wanted[column] = target
        else:
            work.kept[User].append(Row(user.pk, CHANGED))
    if wanted["roles"] is not None:
        wanted["roles"] = [name for name in wanted["roles"].split(", ") if name]
    if wanted["active"] is not None:
        wanted["active"] = wanted["active"] == "true"
    try:
        with transaction.atomic():
            work.restored += bool(_change(user, wanted, by))
    except ValidationError as refusal:
        work.kept[User].append(Row(user.pk, " ".join(refusal.messages)))
