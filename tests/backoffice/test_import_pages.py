"""Imports in the browser: upload, look, map, check, apply, undo; and who may."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.imports import jobs
from backoffice.models import ImportRun, JobProgress, Notification
from catalog.models import Product, Variant
from tests.factories import make_user

pytestmark = pytest.mark.django_db
TEXT = "Handle,Title,Variant SKU,Variant Price\ncup,Cup,CUP,5\npot,Pot,POT,six\n"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def page(client, owner):
    client.force_login(owner)
    return client


def upload(client, text=TEXT, name="shop.csv"):
    data = {
        "resource": "products",
        "file": SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode()),
    }
    return client.post(reverse("imports:new"), data)


def work(client, run, action, **data):
    return client.post(reverse("imports:work", args=[run.number]), {"action": action, **data}, follow=True)


def test_file_is_looked_at_checked_and_applied_in_part(page):
    response = upload(page)
    run = ImportRun.objects.get()
    assert response.url == run.get_absolute_url()
    shown = page.get(run.get_absolute_url()).content.decode()
    assert 'name="map-3" value="price"' in shown
    work(page, run, "check")
    run.refresh_from_db()
    assert (run.status, run.new, run.refused) == ("checked", 1, 1)
    assert not Product.objects.exists()
    shown = page.get(run.get_absolute_url()).content.decode()
    assert "This is not a number." in shown
    refused = page.get(reverse("imports:refused", args=[run.number]))
    assert b"six,price: This is not a number." in b"".join(refused.streaming_content)
    for close in refused._resource_closers:
        close()
    work(page, run, "partial")
    run.refresh_from_db()
    assert (run.status, list(Product.objects.values_list("handle", flat=True))) == ("applied", ["cup"])


def test_mapping_and_decimals_can_be_changed(page):
    upload(page, "Handle;Title;Amount;Variant SKU\ncup;Cup;5,50;CUP\n")
    run = ImportRun.objects.get()
    headers = {f"header-{i}": name for i, name in enumerate(["Handle", "Title", "Amount", "Variant SKU"])}
    targets = {"map-0": "handle", "map-1": "title", "map-2": "price", "map-3": "sku"}
    work(page, run, "check", encoding="utf-8-sig", delimiter=";", decimal=",", header_row="1", **headers, **targets)
    work(page, run, "apply")
    assert Variant.objects.get().price == Decimal("5.50")


def test_pressing_apply_twice_applies_once(page):
    upload(page, TEXT.replace("six", "6"))
    run = ImportRun.objects.get()
    work(page, run, "check")
    work(page, run, "apply")
    again = work(page, run, "apply")
    assert Product.objects.count() == 2
    assert "cannot become" in again.content.decode()


def test_the_same_file_is_said_to_be_the_same(page):
    upload(page, TEXT.replace("six", "6"))
    first = ImportRun.objects.get()
    work(page, first, "check")
    work(page, first, "apply")
    upload(page, TEXT.replace("six", "6"))
    second = ImportRun.objects.exclude(pk=first.pk).get()
    shown = work(page, second, "check").content.decode()
    assert "The very same file was imported before" in shown
    assert "There is nothing to import" in shown


def test_undo_asks_and_takes_back(page):
    upload(page, TEXT.replace("six", "6"))
    run = ImportRun.objects.get()
    work(page, run, "check")
    work(page, run, "apply")
    address = reverse("imports:undo", args=[run.number])
    assert "deleted where nothing refers to it" in page.get(address).content.decode()
    page.post(address)
    run.refresh_from_db()
    assert (run.status, Product.objects.count()) == ("undone", 0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"<html><body>", "web page"),
        (b"a,b\n1,2\n", "No header was found"),
        ((",".join(f"c{i}" for i in range(10_000)) + "\n").encode(), "10000 columns"),
    ],
)
def test_what_cannot_be_read_is_refused_at_the_field(page, data, sentence):
    response = upload(page, data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not ImportRun.objects.exists()


def test_large_files_are_left_to_the_worker_who_tells_at_the_end(page, owner, settings):
    settings.IMPORT_FOREGROUND_ROWS = 1
    upload(page, TEXT.replace("six", "6"))
    run = ImportRun.objects.get()
    work(page, run, "check")
    run.refresh_from_db()
    assert (run.status, bool(run.job_id)) == ("uploaded", True)
    JobProgress.objects.create(job_id=run.job_id, done=1)
    waiting = page.get(run.get_absolute_url())
    assert waiting["Refresh"] == "2"
    jobs.work_on_import(run=run.pk, user=owner.pk, action="check", partial=False)
    run.refresh_from_db()
    assert (run.status, run.new, run.job_id) == ("checked", 2, None)
    assert Notification.objects.get().text == f"{run.number} Checked: 2 rows: 2 new, 0 changed, 0 unchanged, 0 refused."


def test_rights(client):
    upload_page = reverse("imports:new")
    for role, status in (("catalog_editor", 200), ("analyst", 403), ("support_agent", 403)):
        client.force_login(make_user(role))
        assert client.get(upload_page).status_code == status, role
    clerk = make_user("")
    clerk.user_permissions.add(Permission.objects.get(codename="import_data"))
    client.force_login(clerk)
    assert "There is nothing you may import" in client.get(upload_page).content.decode()


def test_runs_of_others_are_not_shown(page, client):
    upload(page)
    run = ImportRun.objects.get()
    client.force_login(make_user("catalog_editor"))
    assert client.get(run.get_absolute_url()).status_code == 404


def test_template_has_the_columns(page):
    text = page.get(reverse("imports:template", args=["products"])).content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("handle,title,category,tags,status")
    upload(page, text)
    run = ImportRun.objects.get()
    work(page, run, "check")
    run.refresh_from_db()
    assert (run.new, run.refused) == (1, 0)


def test_list_exports_for_those_who_may(page, client, owner):
    upload(page, TEXT.replace("six", "=6"))
    response = page.get(reverse("imports:list"), {"export": "csv"})
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    assert body.splitlines()[0].startswith("Number,File")
    assert "shop.csv" in body
