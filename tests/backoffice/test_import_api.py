"""Imports through the API: the same job as in the browser."""

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.imports import jobs
from backoffice.models import ImportRun
from catalog.models import Product
from tests.backoffice.test_api import bearer
from tests.factories import make_user

pytestmark = pytest.mark.django_db
TEXT = "Handle,Title,Variant SKU,Variant Price\ncup,Cup,CUP,5\npot,Pot,POT,six\n"


@pytest.fixture(autouse=True)
def _fresh_rates():
    caches["local"].clear()


@pytest.fixture
def editor():
    return make_user("catalog_editor")


def post(client, text=TEXT, resource="products", **data):
    upload = SimpleUploadedFile("shop.csv", text.encode())
    return client.post("/api/v1/imports", {"resource": resource, "file": upload, **data})


def work():
    """Carry out what the worker would."""
    for job in ProcrastinateJob.objects.filter(task_name="backoffice.work_on_import", status="todo"):
        jobs.work_on_import(**job.args)


def test_a_file_is_taken_in_and_applied_by_the_worker(editor):
    client = bearer(editor)
    answer = post(client, TEXT.replace("six", "6"))
    run = ImportRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/imports/{run.number}")
    told = answer.json()
    assert (told["number"], told["address"], told["status"], told["is_working"]) == (
        run.number, f"/api/v1/imports/{run.number}", "uploaded", True,
    )  # fmt: skip
    assert (run.user, run.source, Product.objects.count()) == (editor, "api", 0)
    work()
    told = client.get(told["address"]).json()
    assert {name: told[name] for name in ("status", "is_working", "read", "new", "refused", "errors")} == {
        "status": "applied", "is_working": False, "read": 2, "new": 2, "refused": 0, "errors": [],
    }  # fmt: skip
    assert Product.objects.count() == 2
    assert client.get(f"{told['address']}/errors").status_code == 404


def test_a_dry_run_writes_nothing_and_names_causes_and_errors(editor):
    client = bearer(editor)
    address = post(client, dry_run=True).json()["address"]
    work()
    told = client.get(address).json()
    assert (told["status"], told["new"], told["refused"], Product.objects.count()) == ("checked", 1, 1, 0)
    assert told["errors"] == [{"row": 3, "column": "price", "value": "six", "message": "This is not a number."}]
    assert told["causes"] == [{"column": "price", "message": "This is not a number.", "rows": 1, "first": 3}]


def test_refused_rows_come_as_a_file(editor):
    client = bearer(editor)
    address = post(client, partial=True).json()["address"]
    work()
    answer = client.get(f"{address}/errors")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    for close in answer._resource_closers:
        close()
    assert answer["Content-Disposition"].startswith("attachment")
    assert body.splitlines() == [
        "Handle,Title,Variant SKU,Variant Price,errors",
        "pot,Pot,POT,six,price: This is not a number.",
    ]
    assert Product.objects.get().handle == "cup"


def test_without_partial_one_refusal_stops_all(editor):
    client = bearer(editor)
    address = post(client).json()["address"]
    work()
    assert (client.get(address).json()["status"], Product.objects.count()) == ("refused", 0)


def test_what_cannot_be_taken_in_is_said_at_once(editor):
    client = bearer(editor)
    unknown = post(client, resource="unicorns")
    assert (unknown.status_code, list(unknown.json()["errors"])) == (422, ["resource"])
    empty = post(client, "\n")
    assert (empty.status_code, empty.json()["title"]) == (422, "The file is empty.")
    assert client.post("/api/v1/imports", {"resource": "products"}).status_code == 422
    assert not ImportRun.objects.exists()


def test_rights():
    assert post(Client()).status_code == 401
    assert post(bearer(make_user("analyst"))).status_code == 403
    clerk = post(bearer(make_user("order_clerk")))
    assert (clerk.status_code, clerk.json()["title"]) == (403, "This needs the permission catalog.change_product.")
    address = post(bearer(make_user("catalog_editor"))).json()["address"]
    other = bearer(make_user("catalog_editor"))
    assert [other.get(address).status_code, other.get(f"{address}/errors").status_code] == [404, 404]
    assert bearer(make_user("owner")).get(address).status_code == 200


def test_openapi_tells_of_the_upload():
    schema = Client().get("/api/v1/openapi.json").json()
    body = schema["paths"]["/api/v1/imports"]["post"]["requestBody"]["content"]
    assert list(body) == ["multipart/form-data"]
    assert "text/csv" in schema["paths"]["/api/v1/imports/{number}/errors"]["get"]["responses"]["200"]["content"]
