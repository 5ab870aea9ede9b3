"""People: invitations, access, leaving; the last owner; sessions and second factors."""

import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import people, tokens
from backoffice.errors import NotAllowed
from backoffice.models import AuditEvent, Invitation, RoleHolding, Scope, User
from backoffice.roles import sync_roles

PASSWORD = "a long enough secret"


@pytest.fixture
def roles(db):
    sync_roles()


def make_user(email, *roles, password=PASSWORD):
    return User.objects.create_user(email, password, name=email.partition("@")[0].title(), roles=roles)


@pytest.fixture
def owner(roles):
    return make_user("olga@example.com", "owner")


@pytest.fixture
def clerk(roles):
    return make_user("carl@example.com", "order_clerk")


def group(*names):
    return list(Group.objects.filter(name__in=names))


def link(invitation):
    return f"https://houtai.example/invitation/{invitation.token}/"


# --- Invitations ------------------------------------------------------------------------------------


def test_invite_mails_a_link_that_lasts_seven_days(owner):
    invitation = people.invite(email="New@Example.com", by=owner, roles=group("order_clerk"), link=link)

    mail = ProcrastinateJob.objects.get(task_name="backoffice.send_mail").args
    assert mail["to"] == "new@example.com"
    assert link(invitation) in mail["body"]
    assert timedelta(days=6, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    assert AuditEvent.objects.get(verb="invitation.sent").actor == owner


def test_accept_makes_the_user_with_roles_and_scopes(owner):
    invitation = people.invite(
        email="new@example.com", by=owner, roles=group("order_clerk"), link=link, scopes={"warehouse": ["BER", "AMS"]}
    )

    user = people.accept(invitation, name="Nora New", password=PASSWORD)

    assert user.check_password(PASSWORD)
    assert [g.name for g in user.groups.all()] == ["order_clerk"]
    assert people.scopes_of(user) == {"warehouse": ["AMS", "BER"]}
    with pytest.raises(ValidationError, match="no longer valid"):
        people.accept(invitation, name="Again", password=PASSWORD)


def test_accept_refuses_an_expired_a_withdrawn_and_a_weak_one(owner):
    invitation = people.invite(email="new@example.com", by=owner, roles=group("order_clerk"), link=link)
    with pytest.raises(ValidationError, match="too common"):
        people.accept(invitation, name="Nora", password="password")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ValidationError, match="no longer valid"):
        people.accept(invitation, name="Nora", password=PASSWORD)
    people.resend(invitation, by=owner, link=link)
    people.withdraw(invitation, by=owner)
    with pytest.raises(ValidationError, match="no longer valid"):
        people.accept(invitation, name="Nora", password=PASSWORD)
    assert not User.objects.filter(email="new@example.com").exists()


def test_resend_ends_the_old_link(owner):
    invitation = people.invite(email="new@example.com", by=owner, roles=group("order_clerk"), link=link)

    again = people.resend(invitation, by=owner, link=link)

    assert again.token != invitation.token
    assert ProcrastinateJob.objects.filter(task_name="backoffice.send_mail").count() == 2


def test_one_open_invitation_per_person_and_none_for_users(owner, clerk):
    people.invite(email="new@example.com", by=owner, roles=group("order_clerk"), link=link)
    with pytest.raises(ValidationError, match="open invitation"):
        people.invite(email="NEW@example.com", by=owner, roles=group("order_clerk"), link=link)
    with pytest.raises(ValidationError, match="account already"):
        people.invite(email="Carl@example.com", by=owner, roles=group("order_clerk"), link=link)


def test_the_accept_page_writes_nothing_on_get(client, owner):
    invitation = people.invite(email="new@example.com", by=owner, roles=group("order_clerk"), link=link)

    response = client.get(f"/invitation/{invitation.token}/")

    assert response.status_code == 200
    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert User.objects.count() == 1


def test_the_accept_page_makes_an_account_that_signs_in(client, owner):
    invitation = people.invite(email="new@example.com", by=owner, roles=group("order_clerk"), link=link)

    client.post(f"/invitation/{invitation.token}/", {"name": "Nora New", "password": PASSWORD})
    client.post("/accounts/login/", {"login": "new@example.com", "password": PASSWORD})

    assert client.get("/account/").status_code == 200
    assert client.get(f"/invitation/{invitation.token}/").status_code == 410
    assert client.get("/invitation/unknown/").status_code == 410


# --- Access -----------------------------------------------------------------------------------------


def test_access_is_changed_with_audit_and_history(owner, clerk):
    people.set_access(clerk, by=owner, roles=group("support_agent"), scopes={"queue": ["returns"]})

    event = AuditEvent.objects.get(verb="user.access_changed")
    assert event.data == {
        "before": {"roles": ["order_clerk"], "scopes": {}},
        "after": {"roles": ["support_agent"], "scopes": {"queue": ["returns"]}},
    }
    held = RoleHolding.history.rel.related_model.objects.filter(user_id=clerk.pk).order_by("pgh_id")
    assert [(row.pgh_label, row.group.name) for row in held] == [
        ("insert", "order_clerk"),
        ("delete", "order_clerk"),
        ("insert", "support_agent"),
    ]
    people.set_access(clerk, by=owner, roles=group("support_agent"), scopes={})
    assert not Scope.objects.exists()


def test_only_an_owner_makes_an_owner(owner, clerk):
    manager = make_user("mia@example.com", "warehouse_manager")
    with pytest.raises(NotAllowed):
        people.set_access(clerk, by=manager, roles=group("owner"), scopes={})
    with pytest.raises(NotAllowed):
        people.deactivate(owner, by=manager)


# --- The last owner ---------------------------------------------------------------------------------


def test_the_last_active_owner_keeps_the_role_and_the_account(owner, clerk):
    second = make_user("otto@example.com", "owner")
    people.deactivate(second, by=owner)
    with pytest.raises(people.LastOwner):
        people.set_access(owner, by=owner, roles=group("order_clerk"), scopes={})
    with pytest.raises(people.LastOwner):
        people.deactivate(owner, by=second)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE backoffice_user SET is_active = false WHERE id = %s",
        "DELETE FROM backoffice_user_groups WHERE user_id = %s",
        "UPDATE backoffice_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = 'auditor') WHERE user_id = %s",
    ],
)
def test_the_database_keeps_the_last_owner_too(owner, statement):
    refused = pytest.raises(IntegrityError, match="The last active owner must remain")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [owner.pk])
    with pytest.raises(IntegrityError, match="keeps its name"), transaction.atomic():
        Group.objects.filter(name="owner").update(name="boss")
    make_user("otto@example.com", "owner")
    with connection.cursor() as cursor:
        cursor.execute(statement, [owner.pk])


def at_once(*functions):
    """Run each in a thread with a connection of its own; returns what each raised."""
    barrier = threading.Barrier(len(functions))
    raised = [None] * len(functions)

    def run(index, function):
        barrier.wait()
        try:
            function()
        except Exception as error:
            raised[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_deactivate_each_other_leave_one():
    sync_roles()
    for attempt in range(5):
        one, two = make_user(f"one{attempt}@example.com", "owner"), make_user(f"two{attempt}@example.com", "owner")
        if attempt:
            User.objects.exclude(pk__in=[one.pk, two.pk]).update(is_active=False)

        raised = at_once(lambda a=one, b=two: people.deactivate(a, by=b), lambda a=one, b=two: people.deactivate(b, by=a))

        assert [type(error) for error in raised if error] == [people.LastOwner]
        assert User.objects.active().with_role("owner").count() == 1


@pytest.mark.django_db(transaction=True)
def test_raw_updates_at_once_leave_one_owner():
    sync_roles()
    one, two = make_user("one@example.com", "owner"), make_user("two@example.com", "owner")

    raised = at_once(*(lambda pk=user.pk: User.objects.filter(pk=pk).update(is_active=False) for user in (one, two)))

    assert [type(error) for error in raised if error] == [IntegrityError]
    assert User.objects.active().count() == 1


# --- Leaving and coming back ------------------------------------------------------------------------


def test_deactivation_ends_sessions_and_tokens_and_returns_work(client, owner, clerk, monkeypatch):
    seen = []

    def returned_tickets(user, *, by):
        seen.append((user, by))
        return 3

    monkeypatch.setattr(people, "_on_deactivation", {})
    people.on_deactivation(returned_tickets)
    _token, secret = tokens.create(by=clerk, name="script")
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    assert client.get("/account/").status_code == 200

    people.deactivate(clerk, by=owner, reason="left")

    assert client.get("/account/").status_code == 302
    assert tokens.authenticate(secret) is None
    assert seen == [(clerk, owner)]
    event = AuditEvent.objects.get(verb="user.deactivated")
    assert (event.reason, event.data) == ("left", {"returned": {"returned_tickets": 3}, "sessions": 1, "tokens": 1})
    people.reactivate(clerk, by=owner)
    assert client.get("/account/").status_code == 302
    assert tokens.authenticate(secret) is None


def test_deactivation_is_all_or_nothing(owner, clerk, monkeypatch):
    def broken(user, *, by):
        raise ValidationError("no")

    monkeypatch.setattr(people, "_on_deactivation", {"broken": broken})
    with pytest.raises(ValidationError, match="no"):
        people.deactivate(clerk, by=owner)
    clerk.refresh_from_db()
    assert clerk.is_active
    assert not AuditEvent.objects.filter(verb="user.deactivated").exists()


def test_nobody_deactivates_themselves_or_twice(owner, clerk):
    with pytest.raises(NotAllowed, match="own account"):
        people.deactivate(owner, by=owner)
    people.deactivate(clerk, by=owner)
    with pytest.raises(ValidationError, match="not active"):
        people.deactivate(clerk, by=owner)
    with pytest.raises(ValidationError, match="active already"):
        people.reactivate(owner, by=owner)


# --- Second factor ----------------------------------------------------------------------------------


def give_totp(user):
    return Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})


def test_a_demanded_second_factor_is_asked_for_in_sessions_that_stand(client, owner, clerk):
    client.force_login(clerk)
    assert client.get("/account/").status_code == 200

    people.require_second_factor(group("order_clerk")[0], True, by=owner)

    assert client.get("/account/")["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200
    assert client.get("/api/v1/").status_code == 403
    factor = give_totp(clerk)
    assert client.get("/account/").status_code == 200
    factor.delete()
    assert client.get("/account/")["Location"] == "/accounts/2fa/"


def test_a_new_role_and_a_stale_save_cannot_skip_the_second_factor(client, owner, clerk):
    people.require_second_factor(group("warehouse_manager")[0], True, by=owner)
    client.force_login(clerk)
    assert client.get("/account/").status_code == 200
    stale = User.objects.get(pk=clerk.pk)

    people.set_access(clerk, by=owner, roles=group("order_clerk", "warehouse_manager"), scopes={})
    stale.save()

    assert client.get("/account/")["Location"] == "/accounts/2fa/"


def test_an_api_token_needs_no_second_factor(client, owner, clerk):
    people.require_second_factor(group("order_clerk")[0], True, by=owner)
    _token, secret = tokens.create(by=clerk, name="script")
    assert tokens.authenticate(secret) == clerk


def test_the_last_demanded_second_factor_cannot_be_removed_by_its_holder(client, owner, clerk):
    people.require_second_factor(group("order_clerk")[0], True, by=owner)
    give_totp(clerk)
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    assert "/accounts/2fa/authenticate/" in client.get("/accounts/login/", follow=True).redirect_chain[-1][0]

    client.force_login(clerk)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": timezone.now().timestamp()}]
    session.save()
    client.post("/accounts/2fa/totp/deactivate/")
    assert clerk.authenticator_set.count() == 1

    people.remove_second_factor(clerk, by=owner, reason="lost phone")
    assert clerk.authenticator_set.count() == 0
    with pytest.raises(ValidationError, match="no second factor"):
        people.remove_second_factor(clerk, by=owner)
