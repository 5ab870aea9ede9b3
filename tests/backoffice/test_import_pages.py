"""Imports in the browser: upload, map, check, mend, apply, undo; and who may."""

import json
from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import context, resources
from backoffice.imports import jobs
from backoffice.imports.describing import document
from backoffice.models import ImportMapping, ImportRun, JobProgress, Notification
from catalog.models import Product, Variant
from catalog.services import save_price_list
from customers.services.lists import save_list
from tests.catalog.test_resources import bring
from tests.factories import make_customer, make_location, make_product, make_supplier, make_user, make_variant

pytestmark = pytest.mark.django_db
STATEMENTS = 8
TEXT = "Handle,Title,Variant SKU,Variant Price\ncup,Cup,CUP,5\npot,Pot,POT,six\n"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def page(client, owner):
    client.force_login(owner)
    return client


def upload(client, text=TEXT, name="shop.csv", resource="products"):
    data = {
        "resource": resource,
        "file": SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode()),
    }
    return client.post(reverse("imports:new"), data)


def work(client, run, action, **data):
    return client.post(reverse("imports:work", args=[run.number]), {"action": action, **data}, follow=True)


def checked(client, text=TEXT, **data):
    """A run of this file, checked."""
    upload(client, text)
    run = ImportRun.objects.latest("pk")
    work(client, run, "check", **data)
    run.refresh_from_db()
    return run


def shown(client, run, query=""):
    return client.get(run.get_absolute_url() + query).content.decode()


def mapped(headers, targets, **dialect):
    """What the form of the columns sends."""
    return (
        {"encoding": "utf-8-sig", "delimiter": ",", "decimal": ".", "header_row": "1"}
        | dialect
        | {f"header-{i}": name for i, name in enumerate(headers)}
        | {f"map-{i}": name for i, name in enumerate(targets)}
    )


# --- Columns ----------------------------------------------------------------------------------------


def test_columns_are_shown_with_samples_and_what_is_missing(page):
    response = upload(page, "Handle,Artikel,Variant SKU,Farbe\ncup,Cup,CUP,red\n")
    run = ImportRun.objects.get()
    assert response.url == run.get_absolute_url()
    text = shown(page, run)
    assert '<option value="sku" selected>SKU</option>' in text
    assert "No column gives “Title”. Needed to create a product." in text
    assert text.index("2 columns are left out") < text.index(">Artikel</label>")
    assert '<td class="muted sample">red</td>' in text


def test_mapping_and_decimals_can_be_changed(page):
    headers = ["Handle", "Title", "Amount", "Variant SKU"]
    run = checked(
        page,
        "Handle;Title;Amount;Variant SKU\ncup;Cup;5,50;CUP\n",
        **mapped(headers, ["handle", "title", "price", "sku"], delimiter=";", decimal=","),
    )
    work(page, run, "apply")
    assert Variant.objects.get().price == Decimal("5.50")


def test_what_was_found_is_void_when_the_file_is_read_otherwise(page):
    run = checked(page)
    headers = ["Handle", "Title", "Variant SKU", "Variant Price"]
    same = mapped(headers, ["handle", "title", "sku", "price"])
    work(page, run, "read", **same)
    assert 'id="result"' in shown(page, run)
    work(page, run, "read", **same | {"map-3": ""})
    assert 'id="result"' not in shown(page, run)
    assert "Check the file" in shown(page, run)


def test_the_mapping_is_remembered_for_the_next_file_with_this_header(page, owner):
    headers = ["Handle", "Title", "Amount", "Variant SKU"]
    text = "Handle,Title,Amount,Variant SKU\ncup,Cup,5,CUP\n"
    checked(page, text, **mapped(headers, ["handle", "title", "cost", "sku"]))
    saved = ImportMapping.objects.get()
    assert (saved.user, saved.resource, saved.name, saved.mapping["Amount"]) == (owner, "products", "shop.csv", "cost")
    upload(page, text.replace("5", "6"), name="next.csv")
    run = ImportRun.objects.latest("pk")
    assert run.mapping["Amount"] == "cost"
    assert "as you mapped such a file last time (shop.csv" in shown(page, run)
    work(page, run, "check", **mapped(headers, ["handle", "title", "", "sku"]))
    assert not ImportMapping.objects.exists()


def test_a_file_of_unknown_columns_is_mapped_by_hand_and_remembered(page):
    headers, targets = ["Kringel", "Gegenstand", "Kürzel", "Wert"], ["handle", "title", "sku", "price"]
    text = "Kringel;Gegenstand;Kürzel;Wert\ntasse;Tasse;T1;5,50\n"
    upload(page, text)
    run = ImportRun.objects.get()
    assert "No column was recognised." in shown(page, run)
    work(page, run, "check", **mapped(headers, targets, delimiter=";", decimal=","))
    run.refresh_from_db()
    assert (run.status, run.new) == ("checked", 1)
    upload(page, text, name="again.csv")
    assert ImportRun.objects.latest("pk").mapping == dict(zip(headers, targets, strict=True))


def test_what_a_file_holds_is_found_out_and_can_be_said_otherwise(page):
    upload(page, "Name,Code,Email\nAcme,A1,a@example.com\n", resource="any")
    run = ImportRun.objects.get()
    assert (run.resource, run.mapping) == ("suppliers", {"Name": "name", "Code": "code", "Email": "email"})
    work(page, run, "read", resource="brands", encoding="utf-8-sig", delimiter=",", decimal=".", header_row="1")
    run.refresh_from_db()
    assert (run.resource, run.mapping) == ("brands", {"Name": "name", "Code": "", "Email": ""})
    upload(page, TEXT, resource="any")
    assert ImportRun.objects.latest("pk").resource == "products"
    refused = upload(page, "Kringel,Wortlaut\n1,2\n", resource="any")
    assert "Say what the file holds" in refused.content.decode()


def test_columns_of_the_same_name_are_told_apart(page):
    headers = ["Handle", "Title", "Name", "Name (2)"]
    text = "Handle,Title,Name,Name\ncup,Cup,x,CUP\n"
    run = checked(page, text, **mapped(headers, ["handle", "title", "", "sku"]))
    assert run.mapping == {"Handle": "handle", "Title": "title", "Name": "", "Name (2)": "sku"}


def test_wide_files_offer_likely_columns_first_and_others_on_demand(page):
    filler = ",".join(f"x{i}" for i in range(40))
    upload(page, f"Handle,Title,{filler}\ncup,Cup,{'1,' * 39}1\n")
    run = ImportRun.objects.get()
    response = page.get(run.get_absolute_url())
    assert len(response.content) < 60_000
    assert '<option value="?">' in response.content.decode()
    answer = page.post(
        reverse("imports:work", args=[run.number]),
        {"action": "read", "header-2": "x0", "map-2": "?", "header_row": "1"},
    )
    assert answer.url == f"{run.get_absolute_url()}?step=columns&open=2"
    opened = page.get(answer.url).content.decode()
    assert opened[opened.index('id="map-2"') : opened.index('id="map-3"')].count("<option") > 50


def test_the_mapping_is_a_file_for_the_command(page, tmp_path):
    upload(page, TEXT.replace("Variant Price", "Amount"))
    run = ImportRun.objects.get()
    work(page, run, "read", **mapped(["Handle", "Title", "Variant SKU", "Amount"], ["handle", "title", "sku", "price"]))
    body = page.get(reverse("imports:mapping", args=[run.number])).content
    assert json.loads(body) == {"Handle": "handle", "Title": "title", "Variant SKU": "sku", "Amount": "price"}
    (tmp_path / "mapping.json").write_bytes(body)
    text = TEXT.replace("Variant Price", "Amount").replace("six", "6")
    assert bring(tmp_path, text, "--mapping", str(tmp_path / "mapping.json"))["new"] == 2
    assert Variant.objects.get(sku="CUP").price == 5


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"<html><body>", "web page"),
        (b"just a line\nand another\n", "No header was found"),
        ((",".join(f"c{i}" for i in range(10_000)) + "\n").encode(), "10000 columns"),
    ],
)
def test_what_cannot_be_read_is_refused_at_the_field(page, data, sentence):
    response = upload(page, data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not ImportRun.objects.exists()


# --- Check and mending ------------------------------------------------------------------------------


def test_file_is_checked_and_applied_in_part(page):
    run = checked(page)
    assert (run.status, run.new, run.refused) == ("checked", 1, 1)
    assert not Product.objects.exists()
    assert "This is not a number." in shown(page, run)
    refused = page.get(reverse("imports:refused", args=[run.number]))
    assert b"six,price: This is not a number." in b"".join(refused.streaming_content)
    for close in refused._resource_closers:
        close()
    work(page, run, "partial")
    run.refresh_from_db()
    assert (run.status, list(Product.objects.values_list("handle", flat=True))) == ("applied", ["cup"])


def test_rows_are_shown_by_outcome_column_and_page(page):
    make_variant("CUP", price=1)
    lines = [f"p{n},P{n},P{n},{'x' if n < 30 else 5}" for n in range(60)]
    run = checked(page, "\n".join(["Handle,Title,Variant SKU,Variant Price", "cup,Cup,CUP,5", *lines]))
    assert (run.new, run.changed, run.refused) == (30, 1, 30)
    first = shown(page, run)
    assert '<a href="?rows=refused&amp;column=price#rows">30 rows</a>' in first
    assert first.count('name="cell-') == 25
    assert "?rows=refused&amp;after=27#rows" in first
    second = shown(page, run, "?rows=refused&after=27")
    assert second.count('name="cell-') == 5
    assert "?rows=refused&amp;before=28#rows" in second
    assert shown(page, run, "?rows=refused&before=28").count('name="cell-') == 25
    assert "No such row." in shown(page, run, "?rows=refused&column=sku")
    changed = shown(page, run, "?rows=changed&column=price")
    assert "<dt>Price</dt><dd><del>1</del>" in changed
    assert "No such row." in shown(page, run, "?rows=changed&column=title")


def test_statements_of_the_result_do_not_grow_with_its_rows(page, django_assert_num_queries):
    few = checked(page, TEXT)
    lines = [f"p{n},P{n},P{n},x" for n in range(40)]
    many = checked(page, "\n".join(["Handle,Title,Variant SKU,Variant Price", *lines]))
    page.get(few.get_absolute_url())
    for run in (few, many):
        with django_assert_num_queries(STATEMENTS):
            page.get(run.get_absolute_url())


def test_several_cells_are_mended_on_the_page_and_the_file_stays_as_it_is(page):
    run = checked(page, TEXT + "tea,Tea,TEA,seven\n")
    work(page, run, "mend", **{"cell-3-3": "6", "cell-4-3": "7", "cell-3-0": "ignored: nothing stands against it"})
    run.refresh_from_db()
    assert run.mended == {"3": {"3": ["six", "6"]}, "4": {"3": ["seven", "7"]}}
    assert (run.status, run.new, run.refused) == ("checked", 3, 0)
    text = shown(page, run)
    assert "2 mended cells" in text
    assert "<del>six</del> <ins>6</ins>" in text
    work(page, run, "apply")
    assert dict(Variant.objects.values_list("sku", "price")) == {"CUP": 5, "POT": 6, "TEA": 7}


def test_a_mended_cell_may_be_wrong_again_and_can_be_as_in_the_file(page):
    run = checked(page)
    work(page, run, "mend", **{"cell-3-3": "half"})
    run.refresh_from_db()
    assert (run.refused, run.mended) == (1, {"3": {"3": ["six", "half"]}})
    text = shown(page, run)
    assert 'value="half"' in text
    assert "in the file: six" in text
    work(page, run, "mend", **{"cell-3-3": "6"})
    run.refresh_from_db()
    assert (run.refused, run.mended) == (0, {"3": {"3": ["six", "6"]}})
    work(page, run, "unmend", cell="3-3")
    run.refresh_from_db()
    assert (run.refused, run.mended) == (1, {})


def test_cells_that_say_the_same_are_mended_together(page):
    lines = [f"p{n},P{n},P{n},{'call us' if n != 20 else 'ask'}" for n in range(40)]
    run = checked(page, "\n".join(["Handle,Title,Variant SKU,Variant Price", *lines]))
    work(page, run, "mend", alike="1", **{"cell-2-3": "5"})
    run.refresh_from_db()
    assert (len(run.mended), run.new, run.refused) == (39, 39, 1)
    assert "22" not in run.mended


def test_unchanged_cells_mend_nothing(page):
    run = checked(page)
    answer = work(page, run, "mend", **{"cell-3-3": "six"})
    run.refresh_from_db()
    assert run.mended == {}
    assert "No cell was changed." in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["?rows=x", "?column=%00", "?column=price'", "?after=²", "?before=99999999999999999999", "?step=x&open=²"]
)
def test_odd_addresses_show_the_page(page, query):
    run = checked(page)
    assert page.get(run.get_absolute_url() + query).status_code == 200


def test_odd_forms_do_no_harm(page):
    run = checked(page)
    work(
        page,
        run,
        "mend",
        **{"cell-99999999999999999999-3": "1", "cell-²-²": "1", "cell-3-99": "1", "cell-3-3": "6\x00"},
    )
    run.refresh_from_db()
    assert run.mended == {"3": {"3": ["six", "6"]}}
    work(page, run, "apply")
    odd = {"verb": "undo", "overwrite": ["catalog.variant:²", "catalog.variant:99999999999999999999", "x"]}
    assert page.post(reverse("imports:undo", args=[run.number]), odd).status_code == 302
    assert page.post(reverse("imports:work", args=[run.number]), {"action": "get_queryset"}).status_code == 404


def test_another_delimiter_forgets_what_was_mended(page):
    run = checked(page)
    work(page, run, "mend", **{"cell-3-3": "6"})
    work(page, run, "read", delimiter=";", encoding="utf-8-sig", header_row="1", decimal=".")
    run.refresh_from_db()
    assert run.mended == {}


def test_refused_rows_come_back_as_the_rest_of_their_run(page):
    run = checked(page)
    work(page, run, "partial")
    refused = page.get(reverse("imports:refused", args=[run.number]))
    text = b"".join(refused.streaming_content).replace(b",six,", b",6,")
    for close in refused._resource_closers:
        close()
    upload(page, text, name=f"{run.number}-refused (1).csv")
    rest = ImportRun.objects.latest("pk")
    assert rest.rest_of == run
    work(page, rest, "check")
    work(page, rest, "apply")
    assert dict(Variant.objects.values_list("sku", "price")) == {"CUP": 5, "POT": 6}
    assert f'rest of <a href="{run.get_absolute_url()}">{run.number}</a>' in shown(page, rest)
    assert f'The refused rows went on as <a href="{rest.get_absolute_url()}"' in shown(page, run)


def test_the_rest_is_known_by_its_columns_where_the_name_was_lost(page):
    run = checked(page)
    work(page, run, "partial")
    upload(page, "Handle,Title,Variant SKU,Variant Price,errors\npot,Pot,POT,6,no number\n", name="mended.csv")
    assert ImportRun.objects.latest("pk").rest_of == run


def test_refused_rows_go_on_at_a_press(page):
    run = checked(page)
    work(page, run, "partial")
    work(page, run, "rest")
    rest = ImportRun.objects.latest("pk")
    assert (rest.rest_of, rest.status, rest.refused) == (run, "checked", 1)
    work(page, rest, "mend", **{"cell-2-3": "6"})
    work(page, rest, "apply")
    assert Variant.objects.get(sku="POT").price == 6


# --- Applying ---------------------------------------------------------------------------------------


def test_pressing_apply_twice_applies_once(page):
    run = checked(page, TEXT.replace("six", "6"))
    work(page, run, "apply")
    again = work(page, run, "apply")
    assert Product.objects.count() == 2
    assert f"{run.number} is applied already. It was not applied twice." in again.content.decode()


def test_the_same_file_is_said_to_be_the_same(page):
    first = checked(page, TEXT.replace("six", "6"))
    work(page, first, "apply")
    second = checked(page, TEXT.replace("six", "6"))
    text = shown(page, second)
    assert "The very same file was imported before" in text
    assert "There is nothing to import" in text


def test_large_files_are_left_to_the_worker_who_tells_at_the_end(page, owner, settings):
    settings.IMPORT_FOREGROUND_ROWS = 1
    run = checked(page, TEXT.replace("six", "6"))
    assert (run.status, bool(run.job_id)) == ("uploaded", True)
    JobProgress.objects.create(job_id=run.job_id, done=1, total=2, note="about 1 second left")
    waiting = shown(page, run)
    assert "Look again" in waiting
    assert "1 of about 2 rows read · about 1 second left" in waiting
    jobs.work_on_import(run=run.pk, user=owner.pk, action="check", partial=False)
    run.refresh_from_db()
    assert (run.status, run.new, run.job_id) == ("checked", 2, None)
    assert Notification.objects.get().text == f"{run.number} Checked: 2 rows: 2 new, 0 changed, 0 unchanged, 0 refused."


def test_a_job_that_waits_is_canceled_at_once(page, settings):
    settings.IMPORT_FOREGROUND_ROWS = 1
    run = checked(page)
    answer = work(page, run, "cancel")
    run.refresh_from_db()
    assert (run.status, run.job_id, run.message) == ("uploaded", None, "It was canceled. Nothing was written.")
    assert ProcrastinateJob.objects.get().status == "cancelled"
    assert "is not being worked on any more" in work(page, run, "cancel").content.decode()
    assert answer.status_code == 200


def test_an_interrupted_run_says_so_and_offers_to_go_on(page):
    run = checked(page, TEXT.replace("six", "6"))
    ImportRun.objects.filter(pk=run.pk).update(status="applying")
    text = shown(page, run)
    assert "The work on this file was interrupted" in text
    assert 'value="apply"' in text
    work(page, run, "apply")
    assert Product.objects.count() == 2


# --- Undo -------------------------------------------------------------------------------------------


def test_undo_and_redo_ask_tell_and_do(page):
    run = checked(page, TEXT.replace("six", "6"))
    work(page, run, "apply")
    address = reverse("imports:undo", args=[run.number])
    assert "<b>4</b> records are deleted" in page.get(address).content.decode()
    page.post(address, {"verb": "undo"})
    run.refresh_from_db()
    assert (run.status, Product.objects.count()) == ("undone", 0)
    assert "<b>4</b> records come back" in page.get(address).content.decode()
    page.post(address, {"verb": "redo"})
    run.refresh_from_db()
    assert (run.status, Product.objects.count()) == ("applied", 2)
    assert "Done again: 4 records brought back" in shown(page, run)


def test_what_others_changed_is_listed_and_overwritten_by_choice(page):
    variant = make_variant("CUP", price=1)
    run = checked(page, "sku,price\nCUP,5\n")
    work(page, run, "apply")
    with context.acting(source="page"):
        Variant.objects.update(price=8)
    address = reverse("imports:undo", args=[run.number])
    asked = page.get(address).content.decode()
    assert "changed since by others" in asked
    assert '<dt>price</dt><dd>1 <span aria-hidden="true">→</span> <b>8</b></dd>' in asked
    page.post(address, {"verb": "undo"})
    variant.refresh_from_db()
    assert variant.price == 8
    page.post(address, {"verb": "undo", "again": "1", "overwrite": f"catalog.variant:{variant.pk}"})
    variant.refresh_from_db()
    assert variant.price == 1


def test_costs_are_hidden_from_readers_who_may_not_see_them(page, client):
    make_variant("CUP", cost=1)
    run = checked(page, "sku,cost\nCUP,571\n")
    work(page, run, "apply")
    with context.acting(source="page"):
        Variant.objects.update(cost=682)
    page.post(reverse("imports:undo", args=[run.number]), {"verb": "undo"})
    text = shown(page, run, "?rows=changed")
    assert "682" in text
    assert "571" in text
    auditor = make_user("auditor")
    auditor.groups.first().permissions.remove(*Permission.objects.filter(codename="view_cost"))
    client.force_login(auditor)
    text = shown(client, run, "?rows=changed")
    assert "•••" in text
    assert "571" not in text
    assert "682" not in text


def test_undo_of_a_large_run_is_left_to_the_worker(page, owner, settings):
    run = checked(page, TEXT.replace("six", "6"))
    work(page, run, "apply")
    settings.IMPORT_FOREGROUND_ROWS = 1
    address = reverse("imports:undo", args=[run.number])
    assert "A worker does it and tells you at the end." in page.get(address).content.decode()
    page.post(address, {"verb": "undo"})
    assert "Waiting for a worker" not in shown(page, run)
    assert "is being taken back" in shown(page, run)
    jobs.work_on_import(run=run.pk, user=owner.pk, action="undo", partial=False)
    run.refresh_from_db()
    assert (run.status, run.job_id, Product.objects.count()) == ("undone", None, 0)


# --- Who, and templates -----------------------------------------------------------------------------


def test_rights(client):
    upload_page = reverse("imports:new")
    for role, status in (("catalog_editor", 200), ("analyst", 403), ("support_agent", 403)):
        client.force_login(make_user(role))
        assert client.get(upload_page).status_code == status, role
    importer = make_user("")
    importer.user_permissions.add(Permission.objects.get(codename="import_data"))
    client.force_login(importer)
    clerk = make_user("")
    clerk.user_permissions.add(Permission.objects.get(codename="import_data"))
    client.force_login(clerk)
    assert "There is nothing you may import" in client.get(upload_page).content.decode()


def test_runs_of_others_are_not_shown(page, client):
    upload(page)
    run = ImportRun.objects.get()
    client.force_login(make_user("catalog_editor"))
    assert client.get(run.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("headers", ["", "?headers=labels"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("key", [resource.key for resource in resources.every()])
def test_templates_have_every_column_and_can_be_imported(page, owner, key, language, headers):
    if key in ("orders", "price_lists", "prices", "stock", "bundles"):  # these speak of records that are there
        make_variant("POT-RED", location=make_location("MAIN"))
        make_variant("POT-SET")
        save_price_list(by=owner, code="WHOLESALE", name="Wholesale", currency="EUR")
    if key in ("purchase_orders", "supplier_items"):
        make_supplier("ACME")
        make_variant("POT-RED", location=make_location("MAIN"))
    if key in ("customer_lists", "follow_ups"):
        make_customer(email="jane@example.com")
        save_list(by=owner, name="Trade fair")
    if key == "relations":
        make_product("Tea pot")
        make_product("Tea cup")
    owner.language = language
    owner.save()
    text = page.get(reverse("imports:template", args=[key]) + headers).content.decode("utf-8-sig")
    columns = [column.name for column in resources.get(key).columns().values() if not column.system]
    owner.language = "en"
    owner.save()
    page.post(reverse("imports:new"), {"resource": key, "file": SimpleUploadedFile("template.csv", text.encode())})
    run = ImportRun.objects.get()
    assert sorted(run.mapping.values()) == sorted(columns)
    work(page, run, "check")
    run.refresh_from_db()
    assert (run.new + run.changed, run.refused) == (1, 0), run.report["problems"]


def test_what_columns_hold_is_told_from_the_declarations(page, client):
    text = page.get(reverse("imports:columns", args=["products"])).content.decode()
    assert "Names the variant. Without one it is made of handle and options. Up to 100 characters." in text
    assert "Variant Price" not in text
    assert "Variant price, 售价" in text
    client.force_login(make_user("catalog_editor"))
    assert 'id="column-cost"' in text
    assert client.get(reverse("imports:columns", args=["missing"])).status_code == 404


def test_the_page_about_csv_files_is_what_the_declarations_say():
    written = (settings.BASE_DIR / "docs" / "csv.md").read_text(encoding="utf-8")
    assert written == document(), "manage.py describe_csv > docs/csv.md"


def test_list_exports_for_those_who_may(page, client, owner):
    upload(page, TEXT.replace("six", "=6"))
    response = page.get(reverse("imports:list"), {"export": "csv"})
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    assert body.splitlines()[0].startswith("Number,File")
    assert "shop.csv" in body
