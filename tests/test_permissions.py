"""Every address of Houtai, asked by a stranger and by every role: nobody sees or does what is not theirs."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, resolve
from django.views.generic import RedirectView

from backoffice import audit, people, previews, publishing, tokens
from backoffice.apps import own_apps
from backoffice.models import Invitation, Notification, SavedView, User
from backoffice.roles import ROLES
from backoffice.tasks import heartbeat
from customers.services.custom import save_field
from customers.services.lists import save_list
from tests import factories

PUBLIC = {
    "robots",
    "invitation",
    "preview:page",
    "preview:picture",
    "shell:language",
    "shell:preferences",
    "api:openapi-json",
    "api:products",
    "api:product",
    "api:categories",
    "api:articles",
    "api:article",
    "admin:login",
}
PUBLIC_PREFIXES = (
    "account_",
    "mfa_",
    "socialaccount_",
    "openid_connect_",
    "usersessions_",
    "help:",
    "support:",
    "public:",
)
FEEDS = ("api/v1/articles", "api/v1/categories", "api/v1/products")  # what shop fronts and readers are shown
OPEN_TO_STAFF = {  # these show what `visible_to` lets through, or are about oneself
    "home",
    "search",
    "go",
    "history",
    "history-restore",
    "api:api-root",
    "catalog:picture",
    "catalog:thumbnail",
    "imports:refused",
    "reviews:comment",
    "reviews:decide",
    "reviews:list",
    "reviews:review",
    "reviews:withdraw",
    "revisions:list",
    "people:account",
    "people:token-new",
    "people:token-revoke",
    "shell:keys",
    "shell:save_view",
    "shell:rename_view",
    "shell:default_view",
    "shell:share_view",
    "shell:delete_view",
    "shell:lookup",
    "shell:mentions",
    "shell:notifications",
    "shell:components",
}
LIBRARIES = ("allauth.", "django.")
SEES = {200, 302, 404, 405, 409, 410, 422}
REFUSED = {401, 403, 404}


@dataclass(frozen=True)
class Address:
    route: str
    name: str
    callback: Any

    @cached_property
    def view(self) -> Any:
        return getattr(self.callback, "view_class", None) or inspect.unwrap(self.callback)

    @property
    def is_library(self) -> bool:
        return getattr(self.view, "__module__", "django.").startswith(LIBRARIES)

    @property
    def is_public(self) -> bool:
        return (
            self.name in PUBLIC
            or self.name.startswith(PUBLIC_PREFIXES)
            or self.route.startswith(FEEDS)
            or (self.is_library and self.route.startswith("accounts/"))
        )

    @cached_property
    def permissions(self) -> tuple[str, ...]:
        """What the view declares: `permission` of a class, @permission_required of a function."""
        if self.name == "revisions:restore":  # that of the kind of content; the sample is a product
            return ("catalog.change_product",)
        if isinstance(self.view, type):
            declared = getattr(self.view, "permission", "")
            return tuple(name for name in ((declared,) if isinstance(declared, str) else declared) if name)
        return tuple(name for call in self.decorators("permission_required") for name in self._constants(call.args[0]))

    @property
    def is_post_only(self) -> bool:
        return not isinstance(self.view, type) and any(True for _name in self.decorators("require_POST"))

    def decorators(self, name: str) -> Iterator[Any]:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(self.view)))
        except (OSError, TypeError):
            return
        for node in tree.body[0].decorator_list:
            called = node.func if isinstance(node, ast.Call) else node
            if getattr(called, "id", getattr(called, "attr", "")) == name:
                yield node

    def _constants(self, node: ast.expr) -> tuple[str, ...]:
        value = eval(compile(ast.Expression(node), "decorator", "eval"), inspect.unwrap(self.callback).__globals__)
        return (value,) if isinstance(value, str) else tuple(value)

    def __str__(self) -> str:
        return f"{self.name or '-'} /{self.route}"


def addresses() -> list[Address]:
    def walk(patterns: Any, route: str = "", namespace: str = "") -> Iterator[Address]:
        for entry in patterns:
            path = route + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(
                    entry.url_patterns, path, f"{namespace}{entry.namespace}:" if entry.namespace else namespace
                )
            else:
                yield Address(path, namespace + (entry.name or ""), entry.callback)

    return [
        address
        for address in walk(get_resolver("backoffice.urls").url_patterns)
        if not address.route.startswith("admin/")
    ]


ADDRESSES = addresses()
OWN = [address for address in ADDRESSES if not address.is_library and not address.route.startswith("api/")]


# --- A small world, so that every address has something to show --------------------------------------


class World:
    """Sample rows, and the path of an address about them."""

    def __init__(self) -> None:
        self.paths: dict[Address, str] = {}
        self.users = {role: factories.make_user(role) for role in ROLES}
        self.owner = self.users["owner"]
        self.variant = factories.make_variant("TEA", on_hand=5)
        self.product = factories.make_product("Linen shirt")
        publishing.submit([self.product], by=None)
        self.customer = factories.make_customer("Jane Doe", email="jane@example.com")
        self.ticket = factories.make_ticket()
        self.article = factories.make_article()
        save_field(by=None, name="Level")
        save_list(by=self.owner, name="Fair")
        for name in (
            "make_prices",
            "make_policy",
            "make_agent",
            "make_order",
            "make_supplier",
            "make_count",
            "make_category",
            "make_brand",
            "make_location",
            "make_import_run",
            "make_incoming_mail",
        ):
            if hasattr(factories, name):
                getattr(factories, name)()
        people.invite(
            email="new@example.com", by=self.owner, roles=Group.objects.filter(name="auditor"), link=lambda one: "/"
        )
        audit.record("test.done", self.customer, by=self.owner)
        SavedView.objects.create(user=self.owner, page="x", name="x")
        Notification.objects.create(user=self.owner, text="x")
        tokens.create(by=self.owner, name="x")
        EmailAddress.objects.create(user=self.owner, email=self.owner.email, verified=True, primary=True)
        heartbeat.defer(timestamp=0)

    def path(self, address: Address) -> str:
        if address not in self.paths:
            self.paths[address] = self.filled(address)
        return self.paths[address]

    def filled(self, address: Address) -> str:
        """The address with its parameters filled in from a sample row; "0" or "missing" where there is none."""
        route = re.sub(
            r"\^|\$|\(\?P<(\w+)>[^)]*\)", lambda found: f"<str:{found[1]}>" if found[1] else "", address.route
        )
        return "/" + re.sub(
            r"<(?:(\w+):)?(\w+)>", lambda found: self.value(address, found[2], found[1] or "str"), route
        )

    def value(self, address: Address, parameter: str, converter: str) -> str:
        fixed = {"label": "customers.customer", "reference": self.customer.number, "format": "csv", "kind": "x"}
        if parameter == "signed" and address.name.startswith("preview:"):
            return resolve(previews.Link("catalog.product", self.product.pk).url).kwargs["signed"]
        if address.name.startswith("revisions:"):
            return {"label": "catalog.product", "pk": str(self.product.pk), "number": "1"}[parameter]
        if address.name.startswith("history") and parameter == "pk":
            return str(self.customer.pk)
        if parameter in fixed:
            return fixed[parameter]
        sample = self.sample(address)
        field = getattr(address.view, "slug_field", parameter) if parameter == "slug" else parameter
        found = getattr(sample, field, None) if sample is not None else None
        if found in (None, ""):
            return "0" if converter == "int" else "missing"
        return str(found)

    def sample(self, address: Address) -> Any:
        model = getattr(address.view, "model", None)
        if not (isinstance(model, type) and issubclass(model, models.Model)):
            model = self.model_by_words(address)
        return model._base_manager.first() if model else None

    def model_by_words(self, address: Address) -> Any:
        """The model that a word of the route names: "catalog/products/<handle>/publish/"."""
        if address.name == "invitation":
            return Invitation
        words = set(re.findall(r"[a-z]+", address.route))
        for config in own_apps():
            for model in config.get_models():
                plural = str(model._meta.model_name) + "s"
                if plural in words or plural.replace("ys", "ies") in words:
                    return model
        return None


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world of all tests here; nothing of it is committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World, db: None) -> World:
    return made


@pytest.fixture(autouse=True)
def bare_refusals(monkeypatch):
    """Answer with the status alone where a page would say it: thousands of requests are refused here."""
    monkeypatch.setattr(
        "django.core.handlers.exception.get_exception_response",
        lambda request, resolver, status, error: HttpResponse(status=status),
    )


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


# --- Claims -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [a for a in OWN if not a.is_public], ids=str)
def test_every_view_declares_who_may(address):
    assert address.permissions or address.name in OPEN_TO_STAFF


def test_a_stranger_is_sent_to_sign_in(world):
    client = Client(raise_request_exception=False)
    wrong = []
    for address in ADDRESSES:
        for method in ("get", "post"):
            response = getattr(client, method)(world.path(address))
            to_sign_in = response.status_code == 302 and response["Location"].startswith("/accounts/login/")
            if address.view is RedirectView:
                continue
            if address.is_public and response.status_code < 500:
                continue
            if not to_sign_in and response.status_code not in {401, 403, 404, 405}:
                wrong.append(f"{method} {address}: {response.status_code}")
    assert wrong == []


def test_every_role_sees_what_it_may_and_nothing_breaks(world):
    """Every role but the owner, whose walk is watched by the test after this one."""
    others = [role for role in world.users if role != "owner"]
    assert [line for role in others for line in seen_wrongly(world, role, ADDRESSES)] == []


def test_the_owner_sees_everything_and_reading_changes_nothing(world):
    """GET of every page by the owner leaves no audit event and no history behind."""
    tracked = [model for config in own_apps() for model in config.get_models() if hasattr(model, "pgh_id")]
    before = [model.objects.count() for model in tracked]
    events = audit.AuditEvent.objects.count()
    assert seen_wrongly(world, "owner", OWN) == []
    assert [model.objects.count() for model in tracked] == before
    assert audit.AuditEvent.objects.count() == events
    assert seen_wrongly(world, "owner", [address for address in ADDRESSES if address not in OWN]) == []


def seen_wrongly(world: World, role: str, walked: list[Address]) -> list[str]:
    user = world.users[role]
    client = signed_in(user)
    wrong = []
    for address in walked:
        status = client.get(world.path(address)).status_code
        allowed = user.has_perms(address.permissions)
        if status >= 500 or (not address.is_library and not allowed and status not in {*REFUSED, 405}):
            wrong.append(f"{role}: {address}: {status}, allowed: {allowed}")
        if not address.is_library and not address.route.startswith("api/") and allowed and status not in SEES:
            wrong.append(f"{role}: {address}: {status}, though allowed")
    return wrong


def test_no_role_does_what_it_may_not(world):
    wrong = []
    for role, user in world.users.items():
        client = signed_in(user)
        for address in OWN:
            if address.permissions and not user.has_perms(address.permissions):
                status = client.post(world.path(address), {}).status_code
                if status not in {*REFUSED, 405}:
                    wrong.append(f"{role}: {address}: {status}")
    assert wrong == []


def test_verbs_refuse_get(world):
    client = signed_in(world.owner)
    wrong = [
        str(address) for address in OWN if address.is_post_only and client.get(world.path(address)).status_code != 405
    ]
    assert wrong == []


def test_the_admin_opens_to_nobody_unsigned_and_breaks_for_no_role(world):
    stranger = Client()
    assert stranger.get("/admin/")["Location"].startswith("/admin/login/")
    assert stranger.get("/admin/login/?next=/admin/")["Location"].startswith("/accounts/login/")
    assert stranger.post("/admin/login/", {"username": world.owner.email, "password": "x"})["Location"].startswith(
        "/accounts/login/"
    )
    for user in world.users.values():
        client = signed_in(user)
        assert client.get("/admin/").status_code in {200, 302, 403}
