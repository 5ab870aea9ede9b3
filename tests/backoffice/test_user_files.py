"""People by file: invitations, roles, leaving; nothing escapes from a dry run; the last owner stays."""

import io

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import context, people
from backoffice.imports import undoing
from backoffice.models import AuditEvent, ImportRun, Invitation, User
from tests.backoffice.test_import_tables import bring as bring_any
from tests.backoffice.test_import_tables import counts
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user("owner", email="olga@example.com", name="Olga Owner")


def bring(tmp_path, text, *options):
    result = bring_any(tmp_path, "users", text, *options)
    assert result["read"] == result["new"] + result["changed"] + result["unchanged"] + result["refused"]
    return result


def reasons(result):
    return [(found["row"], found["column"], found["message"]) for found in result["errors"]]


def mails():
    return [job.args["to"] for job in ProcrastinateJob.objects.filter(task_name="backoffice.send_mail")]


NEW = 'email,name,roles,password\nNew@Example.com,Nina New,"Support agent, order_clerk",secret\n'


def test_who_is_new_is_invited(tmp_path, owner):
    result = bring(tmp_path, NEW, "--by", owner.email)
    assert (result["errors"], counts(result)) == ([], (1, 0, 0, 0))
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.name, invitation.invited_by, invitation.is_open) == (
        "new@example.com", "Nina New", owner, True,
    )  # fmt: skip
    assert sorted(invitation.roles.values_list("name", flat=True)) == ["order_clerk", "support_agent"]
    assert (mails(), User.objects.count()) == (["new@example.com"], 1)
    assert result["ignored"] == [{"header": "password", "reason": "passwords are never taken from files"}]
    assert counts(bring(tmp_path, NEW, "--by", owner.email)) == (0, 0, 1, 0)
    assert len(mails()) == 1


@pytest.mark.parametrize("text", [NEW, NEW + "olga@example.com,,nonsense,\n"])
def test_nothing_escapes_from_a_dry_run_or_a_refused_file(tmp_path, owner, text):
    options = ["--dry-run"] if text == NEW else []
    assert bring(tmp_path, text, *options)["new"] == 1
    assert (mails(), Invitation.objects.count(), AuditEvent.objects.filter(verb="invitation.sent").count()) == (
        [],
        0,
        0,
    )


def test_roles_names_languages_and_accounts_change(tmp_path, owner):
    user = make_user("order_clerk", email="carl@example.com", name="Carl")
    result = bring(
        tmp_path,
        "email,name,roles,active,language\ncarl@example.com,Carl Clerk,analyst,no,中文\nolga@example.com,,,,\n",
        "--by",
        owner.email,
    )
    assert (result["errors"], counts(result)) == ([], (0, 1, 1, 0))
    user.refresh_from_db()
    assert (user.name, user.is_active, user.language, [group.name for group in user.groups.all()]) == (
        "Carl Clerk", False, "zh-hans", ["analyst"],
    )  # fmt: skip
    assert set(AuditEvent.objects.filter(actor=owner).values_list("verb", flat=True)) >= {
        "user.access_changed",
        "user.deactivated",
    }
    differences = ImportRun.objects.get(number=result["run"]).report["differences"]
    assert [(found["column"], found["old"], found["new"]) for found in differences] == [
        ("name", "Carl", "Carl Clerk"),
        ("roles", "order_clerk", "analyst"),
        ("active", "true", "false"),
        ("language", "", "zh-hans"),
    ]


def test_the_last_owner_stays(tmp_path, owner):
    other = make_user("owner", email="otto@example.com")
    text = "email,active,roles\nolga@example.com,no,\notto@example.com,no,\n"
    result = bring(tmp_path, text, "--by", other.email)
    assert reasons(result) == [(3, "", "Nobody deactivates the own account: ask another owner.")]
    result = bring(tmp_path, "email,roles\nolga@example.com,analyst\notto@example.com,analyst\n", "--by", other.email)
    assert reasons(result) == [(3, "", "The last active owner must remain: make somebody else an owner first.")]
    assert User.objects.active().with_role("owner").count() == 2


def test_refusals(tmp_path, owner):
    result = bring(
        tmp_path,
        "email,name,roles,active\nnina@example.com,Nina,,\nnick@example.com,Nick,king,\nned@example.com,Ned,analyst,no\n"
        "nora(at)x,,,\n,Nobody,,\nolga@example.com,Olga,,\nOLGA@example.com,Olga,,\n",
        "--by",
        owner.email,
    )
    assert [found[:2] for found in reasons(result)] == [
        (2, "roles"), (3, "roles"), (4, "active"), (5, "email"), (6, "email"), (8, "email"),
    ]  # fmt: skip
    assert reasons(result)[-1][2] == "The same person stands in row 7 already."


def test_only_owners_may(tmp_path, owner):
    lead = make_user("support_lead", email="lea@example.com")
    with pytest.raises(CommandError, match=r"backoffice\.manage_people is missing"):
        bring(tmp_path, NEW, "--by", lead.email)
    lead.user_permissions.add(Permission.objects.get(codename="manage_people"))
    result = bring(tmp_path, "email,roles\nnina@example.com,owner\nolga@example.com,analyst\n", "--by", lead.email)
    assert reasons(result) == [(row, "", "Only an owner may do this to an owner.") for row in (2, 3)]


def test_an_export_comes_back_as_it_went(tmp_path, owner):
    make_user("order_clerk", name="Carl", is_active=False, language="zh-hans")
    path = tmp_path / "out.csv"
    call_command("export_csv", "users", output=str(path), stderr=io.StringIO())
    assert counts(bring(tmp_path, path.read_bytes())) == (0, 0, 2, 0)
    call_command("export_csv", "users", output=str(path), by=make_user("analyst").email, stderr=io.StringIO())
    assert path.read_text().splitlines() == ["email,name,roles,active,language"]


def test_undo_withdraws_invitations_and_gives_roles_back(tmp_path, owner):
    make_user("order_clerk", email="carl@example.com", name="Carl")
    text = NEW + "carl@example.com,Carl,analyst,\n"
    run = ImportRun.objects.get(number=bring(tmp_path, text, "--by", owner.email)["run"])
    undone = undoing.undo(run, by=owner)
    assert (undone.deleted, undone.restored, undone.kept) == (1, 1, [])
    carl = User.objects.get(email="carl@example.com")
    assert ([group.name for group in carl.groups.all()], Invitation.objects.get().is_open) == (["order_clerk"], False)
    run.refresh_from_db()
    redone = undoing.redo(run, by=owner)
    assert (redone.created, redone.restored, [group.name for group in carl.groups.all()]) == (1, 1, ["analyst"])


def test_undo_leaves_what_others_changed_since(tmp_path, owner):
    make_user("order_clerk", email="carl@example.com", name="Carl")
    text = NEW + "carl@example.com,Carl Clerk,,\n"
    run = ImportRun.objects.get(number=bring(tmp_path, text, "--by", owner.email)["run"])
    people.accept(Invitation.objects.get(), name="Nina", password="a long enough secret")
    with context.acting(source="page"):
        User.objects.filter(email="carl@example.com").update(name="Carlo")
    kept = undoing.undo(run, by=owner).kept
    assert [(row["record"], row["reason"]) for row in kept] == [
        ("Carlo", "changed since by others"),
        ("Nina", "the invitation was accepted or has ended"),
    ]
