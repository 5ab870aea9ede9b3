"""Row history: everything is in it, who did it, through what, why; and nobody reads in it what is not theirs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.db.utils import ProgrammingError
from django.utils import timezone

from backoffice import context, history, people
from backoffice.models import AuditEvent, RoleHolding, Scope
from catalog import services as catalog
from catalog.models import Brand, Product, Variant
from tests.factories import make_customer, make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


def newest(obj, **more):
    return history.entries(obj, **more)[0]


def test_who_through_what_and_why():
    user = make_user("catalog_editor")
    with context.acting(source="page", user=user, reason="new season", url="/x/"):
        brand = catalog.save_brand(by=user, name="Nordic")
    with context.acting(source="command:rename", user=user):
        Brand.objects.filter(pk=brand.pk).update(name="Nordic Co")

    changed, created = history.entries(brand)

    assert (created.action, created.user, created.source, created.reason) == ("insert", user, "page", "new season")
    assert (changed.action, changed.source, changed.changes) == (
        "update",
        "command:rename",
        [("name", "Nordic", "Nordic Co")],
    )


def test_a_context_outlives_a_rollback_in_its_transaction_and_learns_more():
    user = make_user("catalog_editor")
    with context.acting(source="page", user=user):
        with transaction.atomic():
            catalog.save_brand(by=user, name="Gone")
            transaction.set_rollback(True)
        kept = catalog.save_brand(by=user, name="Kept")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('pghistory.written')")
            assert cursor.fetchone()[0].startswith(context.identifier())  # by our function, not by the library's
        assert (newest(kept).user, newest(kept).reason) == (user, "")
        context.say_why("new season")
        Brand.objects.filter(pk=kept.pk).update(name="Nordic")

    assert [(entry.user, entry.reason) for entry in history.entries(kept)] == [(user, "new season")] * 2


def test_bulk_and_raw_writes_are_in_it():
    Brand.objects.bulk_create([Brand(name="A"), Brand(name="B")])
    Brand.objects.update(name=Concat(Value("X-"), F("name")))
    brand = Brand.objects.get(name="X-A")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_brand SET name = 'Raw' WHERE id = %s", [brand.pk])
        cursor.execute("DELETE FROM catalog_brand WHERE id = %s", [brand.pk])

    told = [(entry.action, entry.changes[0]) for entry in history.entries(brand)]

    assert told == [
        ("delete", ("name", "Raw", "")),
        ("update", ("name", "X-A", "Raw")),
        ("update", ("name", "A", "X-A")),
        ("insert", ("name", "", "A")),
    ]


def test_a_request_tells_user_page_and_reason(client):
    owner = make_user("owner")
    clerk = make_user("order_clerk")
    client.force_login(owner)
    fields = {
        "name": "Carla",
        "email": clerk.email,
        "roles": [Group.objects.get(name="auditor").pk],
        "change_reason": "moved",
    }

    assert client.post(f"/people/{clerk.pk}/edit/", fields).status_code == 302

    entry = newest(clerk)
    assert (entry.user, entry.source, entry.reason) == (owner, "page", "moved")
    assert entry.changes == [("name", clerk.name, "Carla")]


def test_roles_have_a_history_though_they_are_many_to_many():
    owner, clerk = make_user("owner"), make_user("order_clerk")
    with context.acting(source="page", user=owner):
        people.set_access(clerk, by=owner, roles=[], scopes={"queue": ["returns"]})

    rows = RoleHolding.history.rel.related_model.objects.filter(user_id=clerk.pk).order_by("pgh_id")
    assert [(row.pgh_label, row.group.name) for row in rows] == [("insert", "order_clerk"), ("delete", "order_clerk")]
    assert rows[1].pgh_context.metadata["user"] == owner.pk
    assert newest(Scope.objects.get()).changes[-1] == ("code", "", "returns")


def test_a_command_says_that_it_was_one():
    call_command("sync_roles", verbosity=0)
    with context.acting(source="command:demo"):
        brand = Brand.objects.create(name="Nordic")
    assert newest(brand).source == "command:demo"


def test_as_of_gives_the_row_of_then_and_none_outside_its_life():
    before = timezone.now() - timedelta(seconds=1)
    brand = Brand.objects.create(name="Nordic")
    with connection.cursor() as cursor:  # one test is one transaction, whose time stands still
        cursor.execute("ALTER TABLE catalog_brandhistory DISABLE TRIGGER USER")
        cursor.execute("UPDATE catalog_brandhistory SET pgh_created_at = now() - interval '1 hour'")
        cursor.execute("ALTER TABLE catalog_brandhistory ENABLE TRIGGER USER")
    Brand.objects.filter(pk=brand.pk).update(name="Nordic Co")

    assert history.as_of(brand, timezone.now() - timedelta(minutes=30)).name == "Nordic"
    assert history.as_of(brand, timezone.now()).name == "Nordic Co"
    assert history.as_of(brand, before - timedelta(days=1)) is None


def test_history_itself_cannot_be_rewritten():
    Brand.objects.create(name="Nordic")
    for statement in ("UPDATE catalog_brandhistory SET name = 'X'", "DELETE FROM catalog_brandhistory"):
        with (
            pytest.raises(ProgrammingError, match="Cannot update or delete rows"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


# --- Restore ----------------------------------------------------------------------------------------


def test_restore_takes_the_road_of_the_service():
    user = make_user("catalog_editor")
    product = make_product("Linen shirt")
    first = newest(product).id
    catalog.update_product(product, by=user, title="Wool shirt", tags=["winter"])

    history.restore(product, first, by=user)

    product.refresh_from_db()
    assert (product.title, product.tags) == ("Linen shirt", [])
    assert product.variants.get().title.startswith("Linen shirt")
    assert AuditEvent.objects.filter(verb="product.changed").count() == 2
    assert sorted(AuditEvent.objects.get(verb="product.version_restored").data["fields"]) == ["tags", "title"]


def test_restore_says_why_in_the_history():
    user = make_user("catalog_editor")
    variant = make_variant("TEA", price=Decimal(10))
    first = newest(variant).id
    catalog.update_variant(variant, by=user, price=Decimal(12))
    with context.acting(source="page", user=user):
        history.restore(variant, first, by=user)

    entry = newest(variant)
    assert entry.reason == f"Restored version {first}"
    assert Variant.objects.get().price == Decimal(10)


def test_restore_leaves_what_one_may_not_read():
    clerk = make_user("order_clerk")
    variant = make_variant("TEA", price=Decimal(10), cost=Decimal(4))
    first = newest(variant).id
    catalog.update_variant(variant, by=make_user("catalog_editor"), price=Decimal(12), cost=Decimal(5))

    history.restore(variant, first, by=clerk)

    variant.refresh_from_db()
    assert (variant.price, variant.cost) == (Decimal(10), Decimal(5))


def test_restore_refuses_what_no_service_restores_and_versions_of_others():
    owner = make_user("owner")
    with pytest.raises(ValidationError, match="cannot be restored"):
        history.restore(owner, newest(owner).id, by=owner)
    one, two = make_product("One"), make_product("Two")
    with pytest.raises(ValidationError, match="cannot be restored"):
        history.restore(one, newest(two).id, by=owner)


# --- Rights -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "cost"), [("warehouse_manager", "4.000"), ("order_clerk", "•••")])
def test_costs_in_the_history_are_for_those_who_may_see_them(client, role, cost):
    variant = make_variant("TEA", cost=Decimal(4))
    user = make_user(role)

    changes = {label: after for label, _before, after in newest(variant, viewer=user).changes}

    assert changes["cost"] == cost
    client.force_login(user)
    shown = client.get(f"/history/catalog.variant/{variant.pk}/", {"at": timezone.now().isoformat()}).content.decode()
    assert ("4.000" in shown) == (cost == "4.000")


def test_personal_data_in_the_history_is_masked(client):
    customer = make_customer("Jane Doe")
    analyst = make_user("analyst")
    client.force_login(analyst)

    shown = client.get(f"/history/customers.customer/{customer.pk}/").content.decode()

    assert "Jane" not in shown
    assert "•••" in shown


def test_names_of_related_rows_are_hidden_with_the_rows():
    product = make_product("Linen shirt", brand=catalog.save_brand(by=make_user(), name="Nordic"))
    stranger, editor = make_user(""), make_user("catalog_editor")

    def brand_for(viewer):
        return {label: after for label, _before, after in history.entries(product, viewer=viewer)[-1].changes}["brand"]

    assert brand_for(editor) == "Nordic"
    assert brand_for(stranger) == f"#{product.brand_id}"


def test_the_history_of_rows_that_one_may_not_see_is_not_found(client):
    product = Product.objects.create(handle="tea", title="Tea")
    client.force_login(make_user(""))
    assert client.get(f"/history/catalog.product/{product.pk}/").status_code == 404
    assert client.get("/history/auth.group/1/").status_code == 404
    assert client.get("/history/nonsense/1/").status_code == 404


def test_restore_by_click_needs_the_right_to_change(client):
    product = make_product("Linen shirt")
    first = newest(product).id
    client.force_login(make_user("analyst"))
    assert client.post(f"/history/catalog.product/{product.pk}/{first}/restore/").status_code == 403
