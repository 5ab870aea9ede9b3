"""People: invitations, access, leaving; the last owner; sessions and second factors."""

import re
import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.models import Group
from django.core import mail as outbox
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import people, tokens
from backoffice.errors import NotAllowed
from backoffice.models import AuditEvent, Invitation, RoleHolding, Scope, User
from backoffice.roles import sync_roles
from customers.services import take
from tests import factories

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

        raised = at_once(
            lambda a=one, b=two: people.deactivate(a, by=b), lambda a=one, b=two: people.deactivate(b, by=a)
        )

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
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    refused = client.post("/accounts/2fa/totp/deactivate/")
    assert "You cannot deactivate two-factor authentication." in refused.content.decode()
    assert clerk.authenticator_set.count() == 1

    people.remove_second_factor(clerk, by=owner, reason="lost phone")
    assert clerk.authenticator_set.count() == 0
    with pytest.raises(ValidationError, match="no second factor"):
        people.remove_second_factor(clerk, by=owner)


# --- Pages ------------------------------------------------------------------------------------------


def test_editing_keeps_scopes_that_no_module_offers(client, owner, clerk, monkeypatch):
    Scope.objects.create(user=clerk, kind="warehouse", value="OLD")
    monkeypatch.setattr(people, "_scopes", {"queue": lambda: [("returns", "Returns")]})
    client.force_login(owner)
    assert "OLD" in client.get(f"/people/{clerk.pk}/edit/").content.decode()

    fields = {"name": "Carl", "email": clerk.email, "roles": [g.pk for g in clerk.groups.all()]}
    client.post(f"/people/{clerk.pk}/edit/", {**fields, "scope_warehouse": ["OLD"], "scope_queue": ["returns"]})

    assert people.scopes_of(clerk) == {"queue": ["returns"], "warehouse": ["OLD"]}


def test_the_edit_page_explains_why_the_last_owner_stays(client, owner):
    client.force_login(owner)
    fields = {"name": "Olga", "email": owner.email, "roles": [g.pk for g in group("auditor")]}
    response = client.post(f"/people/{owner.pk}/edit/", fields)
    assert response.status_code == 422
    assert "The last active owner must remain" in response.content.decode()


def test_invitations_are_listed_sent_again_and_withdrawn(client, owner):
    client.force_login(owner)
    fields = {"email": "new@example.com", "name": "Nora", "roles": [g.pk for g in group("auditor")]}
    assert client.post("/people/invite/", fields).status_code == 302
    invitation = Invitation.objects.get()
    shown = client.get("/people/invitations/").content.decode()
    assert "new@example.com" in shown

    client.post(f"/people/invitations/{invitation.pk}/resend/")
    bodies = [job.args["body"] for job in ProcrastinateJob.objects.filter(task_name="backoffice.send_mail")]
    invitation.refresh_from_db()
    assert f"http://testserver/invitation/{invitation.token}/" in bodies[-1]
    client.post(f"/people/invitations/{invitation.pk}/withdraw/")
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is not None


def test_a_token_is_shown_once_and_revoked(client, clerk):
    client.force_login(clerk)
    shown = client.post("/account/tokens/", {"name": "script", "lifetime": "30"})
    secret = shown.content.decode().partition('value="houtai_')[2].partition('"')[0]
    assert "no-store" in shown["Cache-Control"]
    assert tokens.authenticate(f"houtai_{secret}") == clerk
    token = clerk.api_tokens.get()
    assert timedelta(days=29) < token.expires_at - timezone.now() < timedelta(days=31)
    assert secret not in client.get("/account/").content.decode()

    client.post(f"/account/tokens/{token.pk}/revoke/")

    assert tokens.authenticate(f"houtai_{secret}") is None
    assert client.post("/account/tokens/", {"name": ""}).status_code == 422


def test_nobody_revokes_the_tokens_of_others(client, owner, clerk):
    token, _secret = tokens.create(by=clerk, name="script")
    client.force_login(owner)
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404


def test_the_account_page_keeps_preferences(client, clerk):
    client.force_login(clerk)
    fields = {
        "name": "Carl C",
        "language": "zh-hans",
        "timezone": "Asia/Shanghai",
        "theme": "dark",
        "density": "compact",
    }
    assert client.post("/account/", fields).status_code == 302
    clerk.refresh_from_db()
    assert (clerk.name, clerk.language, clerk.timezone, clerk.theme, clerk.shortcuts) == (
        "Carl C",
        "zh-hans",
        "Asia/Shanghai",
        "dark",
        False,
    )


def test_the_timeline_of_a_person_tells_what_happened(client, owner, clerk):
    client.force_login(owner)
    client.post(f"/people/{clerk.pk}/deactivate/", {"reason": "left the company"})
    shown = client.get(f"/people/{clerk.pk}/").content.decode()
    assert "User deactivated" in shown
    assert "left the company" in shown


def test_leaving_returns_tickets_and_customers(owner):
    agent = factories.make_user("support_agent")
    ticket = factories.make_ticket()
    ticket = take(ticket, by=agent)
    customer = factories.make_customer(owner=agent)

    people.deactivate(agent, by=owner)

    ticket.refresh_from_db()
    customer.refresh_from_db()
    assert (ticket.assignee, customer.owner) == (None, None)
    assert AuditEvent.objects.get(verb="user.deactivated").data["returned"] == {
        "return_work": 1,
        "disown": 1,
        "hand_back_follow_ups": 0,
    }


# --- Sign-in ----------------------------------------------------------------------------------------


def test_nobody_signs_up(client, db):
    assert client.post("/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD}).status_code in {200, 403}
    assert not User.objects.exists()


def test_the_inactive_do_not_sign_in(client, owner, clerk):
    people.deactivate(clerk, by=owner)
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_five_wrong_passwords_lock_the_account_for_a_while_wherever_they_come_from(client, clerk):
    for number in range(6):
        client.post(
            "/accounts/login/",
            {"login": clerk.email, "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_behind_a_proxy_sessions_show_the_address_of_the_person(client, clerk, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    client.post(
        "/accounts/login/",
        {"login": clerk.email, "password": PASSWORD},
        headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"},
    )
    assert people.sessions_of(clerk).get().ip == "203.0.113.7"


def test_the_admin_asks_for_the_second_factor_like_every_page(client, owner):
    give_totp(owner)
    client.post("/accounts/login/?next=/admin/", {"login": owner.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.post("/admin/login/", {"username": owner.email, "password": PASSWORD})["Location"].startswith(
        "/accounts/login/"
    )
    assert "_auth_user_id" not in client.session


def test_totp_is_set_up_and_asked_for_and_its_secret_is_encrypted(client, clerk):
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, yield_hotp_counters_from_time().__next__()))
    client.post("/accounts/2fa/totp/activate/", {"code": code})

    stored = Authenticator.objects.get(user=clerk, type="totp").data["secret"]
    assert secret not in stored
    client.logout()
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    assert client.get("/account/").status_code == 302
    caches["default"].clear()
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert client.get("/account/").status_code == 200


def test_a_forgotten_password_is_reset_by_mail(client, clerk):
    client.post("/accounts/password/reset/", {"email": clerk.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", outbox.outbox[0].body)[1]
    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another long secret", "password2": "another long secret"})
    clerk.refresh_from_db()
    assert clerk.check_password("another long secret")


def test_one_ends_the_other_sessions(client, clerk):
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    other = Client()
    other.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    assert people.sessions_of(clerk).count() == 2

    client.post("/accounts/sessions/")

    assert other.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200


def test_an_owner_signs_somebody_out_everywhere(client, owner, clerk):
    client.post("/accounts/login/", {"login": clerk.email, "password": PASSWORD})
    assert people.end_sessions(clerk, by=owner) == 1
    assert client.get("/account/").status_code == 302
