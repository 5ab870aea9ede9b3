"""Custom fields of customers: defined, asked for, found by, brought by files, masked, merged and erased."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice import history
from backoffice.attributes.values import canonical
from backoffice.imports import undoing
from backoffice.models import ImportRun
from customers.models import Customer, CustomField, IndexedCustom, MergedRow
from customers.services import erase, merge_customers, undo_merge, update_customer
from customers.services.custom import archive_field, move_field, restore_field, save_field
from tests.customers.test_customer_files import bring, reasons
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db
LEVELS = [{"code": "gold", "label": "Gold", "label_zh": "金卡"}, {"code": "plain", "label": "Plain"}]


def make_field(code="level", kind="text", **fields):
    return save_field(by=None, code=code, kind=kind, name=fields.pop("name", code.replace("_", " ").title()), **fields)


@pytest.fixture
def level():
    return make_field("level", "choice", choices=LEVELS, name_zh="会员等级")


@pytest.fixture
def birthday():
    return make_field("birthday", "date", is_personal=True)


def test_values_stand_in_the_column_of_their_field(level, birthday):
    customer = make_customer(custom={"level": "gold", "birthday": "1990-03-31"})

    assert (customer.custom, customer.custom_personal) == ({"level": "gold"}, {"birthday": "1990-03-31"})
    assert list(IndexedCustom.objects.values_list("customer", "code", "number")) == [(customer.pk, "birthday", -3563)]

    update_customer(customer, by=None, custom={"birthday": None})
    customer.refresh_from_db()
    assert (customer.custom, customer.custom_personal) == ({"level": "gold"}, {})
    assert not IndexedCustom.objects.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"level": "silver"}, "Level: One of these is expected: Gold, Plain."),
        ({"height": 3}, "There is no custom field “height”."),
        ({"level": None}, "Level: This is needed."),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(level, given, sentence):
    save_field(level, by=None, is_required=True)

    with pytest.raises(ValidationError) as refusal:
        make_customer(custom=given)

    assert refusal.value.message_dict == {f"custom.{next(iter(given))}": [sentence]}


@pytest.mark.parametrize(
    "values", [{"custom": {"level": "silver"}}, {"custom": {"height": 3}}, {"custom_personal": {"level": "gold"}}]
)
def test_the_database_refuses_what_no_field_takes(level, values):
    customer = make_customer()

    with pytest.raises(IntegrityError, match="is no value of the custom field"), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(**values)


JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "gold", "silver", "2026-02-28", "2026-02-29", "2024-02-29", "0000-01-01", "x"]),
    st.lists(st.sampled_from(["gold", "x"]), max_size=2),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(CustomField.Kind.values), value=JSON)
def test_python_and_the_database_accept_the_same(kind, value):
    field = CustomField(code="one", name="One", kind=kind, choices=LEVELS if kind == "choice" else [])
    try:
        stored = canonical(field, value)
    except ValidationError:
        stored = None
    with transaction.atomic():
        field.save()
        customer = make_customer()
        accepted = True
        try:
            with transaction.atomic():
                Customer.objects.filter(pk=customer.pk).update(custom={"one": value if stored is None else stored})
        except IntegrityError:
            accepted = False
        transaction.set_rollback(True)

    assert accepted == (stored is not None)


def test_a_changed_field_takes_its_values_along(level):
    customer = make_customer(custom={"level": "gold"})

    save_field(level, by=None, kind="text", choices=[], is_personal=True)

    customer.refresh_from_db()
    assert (customer.custom, customer.custom_personal) == ({}, {"level": "Gold"})
    level.refresh_from_db()
    with pytest.raises(ValidationError, match="Customers have values that do not fit: “Gold”"):
        save_field(level, by=None, kind="number")
    with pytest.raises(ValidationError, match="The code stays"):
        save_field(level, by=None, code="rank")


def test_a_text_that_becomes_a_day_is_found_by_ranges():
    since = make_field("since")
    customer = make_customer(custom={"since": "2000-01-03"})

    save_field(since, by=None, kind="date")

    assert list(IndexedCustom.objects.values_list("customer", "code", "number")) == [(customer.pk, "since", 2)]


def test_a_merge_lets_choose_between_two_values_and_its_undo_gives_back_the_first(client, level, birthday):
    height = make_field("height", "number")
    keep = make_customer("Ann", custom={"level": "gold", "height": 170})
    lose = make_customer("Ann", custom={"level": "plain", "birthday": "1990-03-31"})
    client.force_login(make_user("owner"))
    address = f"{reverse('customers:merge', args=[keep.number])}?other={lose.number}"

    form = client.get(address).context["form"]
    asked = {name: [text for _side, text in form.fields[name].choices] for name in form.names if "custom" in name}
    assert asked == {
        "custom.level": ["Gold", "Plain"],
        "custom.birthday": ["–", '<time datetime="1990-03-31">31 Mar 1990</time>'],
        "custom.height": ["170", "–"],
    }
    chosen = {"custom.level": "lose", "custom.birthday": "keep", "custom.height": "lose"}
    assert client.post(address, chosen).status_code == 302

    keep.refresh_from_db()
    assert (keep.custom, keep.custom_personal) == ({"level": "plain"}, {})
    save_field(height, by=None, is_personal=True)
    undo_merge(keep.merges.get(), by=None)
    keep.refresh_from_db()
    assert (keep.custom, keep.custom_personal) == ({"level": "gold"}, {"height": 170})


def test_who_was_merged_away_does_not_stand_against_a_change(level, birthday):
    keep = make_customer("Ann", custom={"level": "gold"})
    lose = make_customer("Anne", custom={"level": "plain", "birthday": "1990-03-31"})
    merge = merge_customers(keep, lose, by=None)

    save_field(level, by=None, choices=LEVELS[:1])
    save_field(birthday, by=None, is_personal=False)

    lose.refresh_from_db()
    keep.refresh_from_db()
    assert (lose.custom, lose.custom_personal) == ({"birthday": "1990-03-31"}, {})
    assert (keep.custom, keep.custom_personal) == ({"level": "gold", "birthday": "1990-03-31"}, {})
    undo_merge(merge, by=None)
    keep.refresh_from_db()
    assert (keep.custom, keep.custom_personal) == ({"level": "gold"}, {})


@pytest.mark.parametrize(
    ("name", "code"), [("Loyalty level", "loyalty_level"), ("会员等级", "field_2"), ("2nd phone", "field_2nd_phone")]
)
def test_every_name_gives_a_code(level, name, code):
    assert save_field(by=None, name=name).code == code


def test_a_number_is_not_written_down_before_it_is_refused():
    with pytest.raises(ValidationError, match="15 digits at most"):
        canonical(CustomField(kind="number"), Decimal("1e999999999"))


def test_an_archived_field_keeps_its_values_and_comes_back(level):
    customer, owner = make_customer(custom={"level": "gold"}), make_user("owner")

    archive_field(level, by=owner)
    with pytest.raises(ValidationError, match="There is no custom field “level”"):
        update_customer(customer, by=owner, custom={"level": "plain"})
    with pytest.raises(ValidationError, match="The archived field “Level” has this code"):
        make_field("level")
    restore_field(level, by=owner)
    update_customer(customer, by=owner, custom={"level": "plain"})

    customer.refresh_from_db()
    assert customer.custom == {"level": "plain"}


def test_fields_change_places(level, birthday):
    move_field(birthday, by=make_user("owner"), up=True)

    assert list(CustomField.objects.live().values_list("code", flat=True)) == ["birthday", "level"]


# --- Pages --------------------------------------------------------------------------------------------


def test_the_form_asks_for_them_and_the_record_shows_them(client, lead, level, birthday):
    save_field(level, by=None, is_required=True)
    empty = {f"{name}-{key}": "0" for name in ("contacts", "addresses") for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
    form = {"kind": "person", "name": "Ann", "language": "en", **empty}

    refused = client.post(reverse("customers:new"), form)
    saved = client.post(reverse("customers:new"), {**form, "custom.level": "gold", "custom.birthday": "1990-03-31"})

    assert refused.status_code == 422
    assert refused.context["form"].errors == {"custom.level": ["This field is required."]}
    customer = Customer.objects.get()
    assert (customer.custom, customer.custom_personal) == ({"level": "gold"}, {"birthday": "1990-03-31"})
    page = client.get(saved.url).content.decode()
    assert "Gold" in page
    assert '<time datetime="1990-03-31">' in page


def test_the_list_filters_by_them_and_shows_them(client, lead, level, birthday):
    spent = make_field("spent", "number")
    make_field("vip", "boolean")
    make_customer("Ann", custom={"level": "gold", "birthday": "1990-03-31", "spent": 12.5, "vip": False})
    make_customer("Bob", custom={"level": "plain", "spent": 3})
    make_customer("Cyd")

    def found(query):
        rows = client.get(f"{reverse('customers:list')}?{query}").context["rows"]
        return sorted(row.object.name for row in rows)

    assert found("custom.level=gold") == ["Ann"]
    assert found("custom.spent_min=3&custom.spent_max=12") == ["Bob"]
    assert found("custom.birthday_after=1990-03-31&custom.birthday_before=1990-04-01") == ["Ann"]
    page = client.get(
        f"{reverse('customers:list')}?columns=name&columns=custom.level&columns=custom.spent&columns=custom.vip"
    ).content.decode()
    assert "Gold" in page
    assert "12.5" in page
    assert '<td data-label="Vip">No</td>' in page
    archive_field(spent, by=lead)
    assert "custom.spent" not in client.get(reverse("customers:list")).content.decode()


def test_personal_ones_are_hidden_from_those_who_may_not_see_them(client, sign_in, level, birthday):
    customer = make_customer(custom={"level": "gold", "birthday": "1990-03-31"})
    clerk = sign_in("analyst")
    assert not clerk.has_perm("customers.view_personal_data")

    page = client.get(customer.get_absolute_url()).content.decode()
    listed = client.get(f"{reverse('customers:list')}?columns=name&columns=custom.level&columns=custom.birthday")
    told = client.get(f"/api/v1/customers/{customer.number}")

    masked = Customer.objects.visible_to(clerk).get()
    assert (masked.custom, masked.custom_personal) == ({"level": "gold"}, {"birthday": "•••"})
    assert "Gold" in page
    assert "1990" not in page + listed.content.decode() + told.content.decode()
    assert [column.key for column in listed.context["page"].get_columns() if "custom" in column.key] == ["custom.level"]
    save_field(level, by=None, is_personal=True)
    masked = Customer.objects.visible_to(clerk).get()
    changes = [change for entry in history.entries(masked, viewer=clerk) for change in entry.changes]
    assert "1990" not in str(changes)
    assert "gold" not in str(changes)


# --- Files --------------------------------------------------------------------------------------------


def test_files_bring_them_by_code_or_name_and_take_them_away(tmp_path, level, birthday):
    make_customer("Bob", external_id="2", custom={"level": "gold"})
    text = (
        "external_id,name,custom.level,Birthday,custom.shoe,会员等级\n"
        "1,Ann,金卡,31.03.1990,42,\n"
        "2,Bob,,,,\n"
        "3,Cyd,silver,,,\n"
        "4,Dan,plain,1990-02-30,,\n"
    )

    result = bring(tmp_path, text, "--partial")

    assert (result["new"], result["changed"], result["refused"]) == (1, 1, 2)
    assert reasons(result, "warnings") == [
        (2, "custom_value", "There is no custom field for “custom.shoe”: the column is not kept.")
    ]
    assert [row for row, _column, _sentence in reasons(result)] == [4, 5]
    ann, bob = Customer.objects.get(external_id="1"), Customer.objects.get(external_id="2")
    assert (ann.custom, ann.custom_personal) == ({"level": "gold"}, {"birthday": "1990-03-31"})
    assert bob.custom == {}

    undoing.undo(ImportRun.objects.get(), by=make_user("owner"))
    bob.refresh_from_db()
    assert bob.custom == {"level": "gold"}


def test_what_is_exported_comes_in_again_unchanged(tmp_path, level, birthday):
    make_field("vip", "boolean")
    make_customer("Ann", email="ann@example.com", custom={"level": "gold", "birthday": "1990-03-31", "vip": True})
    path = tmp_path / "out.csv"

    call_command("export_csv", "customers", output=str(path))

    text = path.read_text(encoding="utf-8-sig")
    assert "custom.level,custom.birthday,custom.vip" in text
    assert "gold,1990-03-31,TRUE" in text
    assert bring(tmp_path, text)["unchanged"] == 1


# --- Merging and erasing ------------------------------------------------------------------------------


def test_a_merge_fills_gaps_and_its_undo_takes_that_back(level, birthday):
    keep = make_customer("Ann", custom={"level": "gold"})
    lose = make_customer("Anne", custom={"level": "plain", "birthday": "1990-03-31"})

    merge = merge_customers(keep, lose, by=None)
    keep.refresh_from_db()
    assert (keep.custom, keep.custom_personal) == ({"level": "gold"}, {"birthday": "1990-03-31"})

    undo_merge(merge, by=None)
    keep.refresh_from_db()
    assert (keep.custom, keep.custom_personal) == ({"level": "gold"}, {})


def test_erasure_leaves_none_of_them(level, birthday):
    keep, middle = make_customer("Ann", custom={"level": "gold"}), make_customer("Anna")
    merge = merge_customers(middle, make_customer("Anne", external_id="A7", custom={"birthday": "1990-03-31"}), by=None)
    last = merge_customers(keep, middle, by=None)

    erase(keep, by=None)

    keep.refresh_from_db()
    merge.refresh_from_db()
    assert (keep.custom, keep.custom_personal, merge.fields) == ({}, {}, {})
    assert set(map(str, MergedRow.objects.filter(kind="customers.customer").values_list("before", flat=True))) == {"{}"}
    with pytest.raises(ValidationError, match="were erased already"):
        undo_merge(last, by=None)
    assert Customer.objects.get(pk=merge.lose_id).name == f"Erased {keep.number}"
    assert not IndexedCustom.objects.exists()
    past = history.model_of(keep).objects.values_list("name", "custom", "custom_personal")
    assert set(map(str, past)) == {str((f"Erased {keep.number}", {}, {}))}
