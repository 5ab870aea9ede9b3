"""Exports in the browser: what is small comes at once, what is large is made in the background; templates; who may."""

import datetime
import zoneinfo
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import openpyxl
import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.errors import IllegalTransition
from backoffice.exports import delivery, jobs, running, schedules
from backoffice.models import AuditEvent, ExportRun, ExportTemplate, Notification
from catalog.models import Product
from tests.factories import make_user, make_variant

pytestmark = pytest.mark.django_db
VARIANTS = "/catalog/variants/?columns=sku&columns=price"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def page(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture(autouse=True)
def _variants():
    for sku in ("CUP", "POT", "TEA"):
        make_variant(sku)


def body(response):
    data = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    return data


def make(run):
    jobs.make_export(run=run.pk)
    run.refresh_from_db()
    return run


def export_large(page, address=VARIANTS, fmt="csv", **data):
    """Ask for the file on the page that large lists lead to."""
    with override_settings(EXPORT_FOREGROUND_ROWS=0):
        question = page.get(f"{address}&export={fmt}")
        assert question.status_code == 302
        shown = page.get(question.url)
        assert "the file is made in the background" in shown.content.decode()
        form = shown.context["form"]
        wanted = {"format": fmt, "bom": "on", "sort": form["sort"].value(), "columns": form["columns"].value(), **data}
        return page.post(question.url, {**wanted, "action": "export"})


# --- At once ----------------------------------------------------------------------------------------


def test_a_small_list_comes_at_once_with_or_without_a_mark(page):
    with_mark = body(page.get(f"{VARIANTS}&export=csv"))
    assert with_mark.decode("utf-8-sig").splitlines() == ["SKU,Price", "TEA,10", "POT,10", "CUP,10"]
    assert body(page.get(f"{VARIANTS}&export=csv&bom=0")) == with_mark[3:]


def test_ticked_rows_are_exported_alone(page):
    ticked = [make_variant("MUG").pk, make_variant("JAR").pk]
    response = page.post(VARIANTS, {"action": "export", "selected": ticked})
    question = page.get(response.url)
    assert "2 selected rows" in question.content.decode()
    answer = page.post(
        response.url, {"format": "csv", "sort": "oldest", "columns": ["sku", "tax_class"], "action": "export"}
    )
    assert body(page.get(answer.url)).decode().splitlines() == ["SKU,Tax class", "MUG,standard", "JAR,standard"]


def test_all_that_match_are_exported_by_the_selection_bar(page):
    response = page.post(f"{VARIANTS}&price_min=5", {"action": "export", "all": "1"})
    assert "price_min%3D5" in response.url
    assert "selected" not in response.url


def test_nothing_ticked_is_said(page):
    assert page.post(VARIANTS, {"action": "export"}, follow=True).status_code == 200
    assert "Choose at least one row." in page.post(VARIANTS, {"action": "export"}, follow=True).content.decode()


def test_a_reader_without_the_right_has_no_export_button(client):
    client.force_login(make_user("support_agent"))
    assert client.get("/catalog/variants/").context["formats"] == []
    assert client.post("/catalog/variants/", {"action": "export", "all": "1"}).status_code == 403
    assert client.get("/exports/new/", {"list": VARIANTS}).status_code == 403


@pytest.mark.parametrize("address", ["/nowhere/", "/catalog/variants/new/", "//evil.example/", "/admin/", "x"])
def test_only_lists_are_exported(page, address):
    assert page.get("/exports/new/", {"list": address}).status_code == 404
    assert page.get("/exports/new/").url == "/exports/"


def test_a_wrong_choice_is_said_at_the_field(page):
    url = f"/exports/new/?list={VARIANTS}".replace("&", "%26")
    response = page.post(url, {"format": "pdf", "sort": "newest", "columns": ["cost"], "action": "export"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"format"}


# --- In the background ------------------------------------------------------------------------------


def test_a_large_list_is_made_by_the_worker_and_served_to_its_owner_alone(page, client, owner):
    response = export_large(page)
    assert response.url == "/exports/"
    run = ExportRun.objects.get()
    assert (run.status, run.user, run.name) == ("waiting", owner, "Variants")
    assert ProcrastinateJob.objects.get(task_name=running.TASK).args == {"run": run.pk}

    make(run)
    assert (run.status, run.rows, run.size) == ("done", 3, run.file.size)
    assert run.expires_at - run.finished_at == datetime.timedelta(days=7)
    assert Notification.objects.get().url == run.get_absolute_url()
    assert "Variants is ready: 3 rows." in Notification.objects.get().text

    url = reverse("exports:file", args=[run.number])
    assert f'href="{url}"' in page.get("/exports/").content.decode()
    answer = page.get(url)
    assert answer["Content-Disposition"] == f'attachment; filename="variants-{timezone.localdate()}.csv"'
    assert answer["Cache-Control"] == "no-store"
    assert body(answer).decode("utf-8-sig").splitlines() == ["SKU,Price", "TEA,10", "POT,10", "CUP,10"]
    assert AuditEvent.objects.filter(verb__in=["list.exported", "export.downloaded"], actor=owner).count() == 2

    for other in (make_user("owner"), make_user("analyst"), make_user("auditor")):
        client.force_login(other)
        assert client.get(url).status_code in (403, 404)


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "jsonl"])
def test_a_job_writes_the_same_bytes_as_the_page(page, owner, fmt):
    run = make(running.start(VARIANTS, by=owner, name="x", fmt=fmt))
    with run.file.open("rb") as file:
        made = file.read()
    sent = body(page.get(f"{VARIANTS}&export={fmt}"))
    if fmt == "xlsx":
        made, sent = (
            [list(row) for row in openpyxl.load_workbook(BytesIO(data)).active.values] for data in (made, sent)
        )
    assert made == sent


def test_the_rights_of_the_moment_apply(owner):
    clerk = make_user("order_clerk", timezone="Asia/Tokyo")
    run = running.start("/catalog/variants/?columns=sku&columns=cost", by=clerk, name="x", fmt="csv")
    with make(run).file.open() as file:
        assert file.read().decode("utf-8-sig").splitlines()[0] == "SKU"

    run = running.start(VARIANTS, by=clerk, name="Stock", fmt="csv")
    clerk.groups.clear()
    make(run)
    assert (run.status, run.message, bool(run.file)) == ("failed", "You may not export this list.", False)
    assert Notification.objects.filter(user=clerk).first().text.startswith("Stock was not exported")

    run = running.start(VARIANTS, by=owner, name="x", fmt="csv")
    make_user("owner")
    owner.is_active = False
    owner.save()
    assert make(run).status == "failed"


def test_a_canceled_export_makes_no_file(page, owner):
    run = running.start(VARIANTS, by=owner, name="x", fmt="csv")
    page.post(reverse("exports:cancel", args=[run.number]))
    assert make(run).status == "canceled"
    assert not run.file

    with pytest.raises(IllegalTransition):
        running.cancel(run, by=owner)


def test_an_export_canceled_while_it_is_made_leaves_no_file(transactional_db, owner, monkeypatch):
    """The cancellation comes on another connection, as a request of the owner would."""
    run = running.start(VARIANTS, by=owner, name="x", fmt="csv")
    default_storage.save("exports/other", ContentFile(b""))
    before = default_storage.listdir("exports")

    def cancel(rows):
        with ThreadPoolExecutor(max_workers=1) as pool:
            pool.submit(running.cancel, run, by=owner).result()
            pool.submit(lambda: connection.close()).result()  # that of the thread

    running.make(run, cancel)
    run.refresh_from_db()
    assert (run.status, bool(run.file)) == ("canceled", False)
    assert default_storage.listdir("exports") == before


def test_the_reporter_hears_of_a_cancellation(transactional_db, owner, monkeypatch):
    monkeypatch.setattr(jobs, "EVERY", 0)
    run = running.start(VARIANTS, by=owner, name="x", fmt="csv")
    with jobs.Reporter(run.pk) as report:
        assert report.pool.submit(report.tell, 5).result()
        run.refresh_from_db()
        assert run.rows == 5
        running.cancel(run, by=owner)
        report(6)
        report.told.result()
        with pytest.raises(running.Canceled):
            report(7)


def test_a_file_is_removed_by_its_owner_or_when_it_expires(page, client, owner, django_capture_on_commit_callbacks):
    first, second, third = (make(running.start(VARIANTS, by=owner, name="x", fmt="csv")) for _ in range(3))
    with django_capture_on_commit_callbacks(execute=True):
        page.post(reverse("exports:remove", args=[first.number]))
    first.refresh_from_db()
    assert (first.status, first.file.storage.exists(first.file.name)) == ("removed", False)

    ExportRun.objects.filter(pk=second.pk).update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert page.get(reverse("exports:file", args=[second.number])).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        jobs.remove_expired_exports(timestamp=0)
    statuses = dict(ExportRun.objects.values_list("number", "status"))
    assert statuses == {first.number: "removed", second.number: "removed", third.number: "done"}
    assert not second.file.storage.exists(second.file.name)

    client.force_login(make_user("owner"))
    assert client.post(reverse("exports:remove", args=[third.number])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_statements_of_the_page_are_constant(page, owner, count, django_assert_num_queries):
    for _ in range(count):
        make(running.start(VARIANTS, by=owner, name="x", fmt="csv"))
    page.get("/exports/")
    with django_assert_num_queries(6):
        page.get("/exports/")


# --- Templates and schedules ------------------------------------------------------------------------


def template_of(owner, **fields):
    return ExportTemplate(user=owner, **{"name": "Prices", "address": VARIANTS, "bom": False, **fields})


def test_a_list_is_kept_as_a_template_changed_and_run_again(page, owner):
    question = page.get("/catalog/variants/?price_min=5").content.decode()
    assert "/exports/new/?list=%2Fcatalog%2Fvariants%2F%3Fprice_min%3D5" in question
    url = "/exports/new/?list=%2Fcatalog%2Fvariants%2F%3Fprice_min%3D5"
    wanted = {"format": "csv", "sort": "oldest", "columns": ["sku", "price"], "action": "save"}
    assert page.post(url, wanted).status_code == 422  # without a name
    response = page.post(url, {**wanted, "name": "Prices"})
    template = ExportTemplate.objects.get()
    assert response.url == template.get_absolute_url()
    assert template.address == "/catalog/variants/?price_min=5&sort=oldest&columns=sku&columns=price"
    assert "You have a template of this name already." in page.post(url, {**wanted, "name": "Prices"}).content.decode()

    data = {"name": "Prices", "format": "csv", "schedule": "weekly", "hour": 7, "weekday": 2, "day": 1}
    url = reverse("exports:template-edit", args=[template.pk])
    page.post(url, {**data, "delivery": "mail", "version": page.get(url).context["version"]})
    template.refresh_from_db()
    assert (template.schedule, template.next_at.weekday(), template.next_at.hour) == ("weekly", 2, 7)
    assert "Every week, Wednesday, 07:00" in page.get(template.get_absolute_url()).content.decode()

    page.post(reverse("exports:repeat", args=[template.pk]))
    run = make(ExportRun.objects.get())
    with run.file.open() as file:
        assert file.read().decode().splitlines() == ["SKU,Price", "CUP,10", "POT,10", "TEA,10"]
    page.post(reverse("exports:template-delete", args=[template.pk]))
    run.refresh_from_db()
    assert (ExportTemplate.objects.count(), run.template) == (0, None)


def test_templates_are_ones_own(client, owner):
    template = schedules.save(template_of(owner), by=owner)
    client.force_login(make_user("owner"))
    for name in ("template", "template-edit", "template-delete", "repeat"):
        url = reverse(f"exports:{name}", args=[template.pk])
        response = client.post(url) if name == "repeat" else client.get(url)
        assert response.status_code == 404


@pytest.mark.parametrize(
    ("fields", "after", "expected"),
    [
        ({"schedule": "daily", "hour": 6}, "2026-03-10T04:59:00Z", "2026-03-10T05:00:00Z"),
        ({"schedule": "daily", "hour": 6}, "2026-03-10T05:00:00Z", "2026-03-11T05:00:00Z"),
        ({"schedule": "daily", "hour": 6}, "2026-03-28T06:00:00Z", "2026-03-29T04:00:00Z"),  # summer time begins
        ({"schedule": "weekly", "weekday": 0, "hour": 0}, "2026-03-10T05:00:00Z", "2026-03-15T23:00:00Z"),
        ({"schedule": "monthly", "day": 31, "hour": 12}, "2026-01-31T11:00:00Z", "2026-02-28T11:00:00Z"),
        ({"schedule": "monthly", "day": 1, "hour": 0}, "2025-12-31T22:59:59Z", "2025-12-31T23:00:00Z"),
        ({"schedule": ""}, "2026-03-10T05:00:00Z", None),
    ],
)
def test_the_next_time_is_told_by_the_clock_of_the_owner(owner, fields, after, expected):
    owner.timezone = "Europe/Berlin"
    moment = schedules.next_time(template_of(owner, **fields), datetime.datetime.fromisoformat(after))
    assert moment == (expected and datetime.datetime.fromisoformat(expected))


def test_what_is_due_runs_once_and_gone_owners_are_left_out(owner):
    gone = make_user("analyst")
    yesterday = timezone.now() - datetime.timedelta(days=1)
    due, left = (schedules.save(template_of(user, schedule="daily"), by=user) for user in (owner, gone))
    schedules.save(template_of(owner, name="Never"), by=owner)
    ExportTemplate.objects.filter(pk__in=[due.pk, left.pk]).update(next_at=yesterday)
    gone.is_active = False
    gone.save()

    jobs.run_export_schedules(timestamp=0)
    jobs.run_export_schedules(timestamp=0)

    assert [run.template for run in ExportRun.objects.all()] == [due]
    due.refresh_from_db()
    left.refresh_from_db()
    assert due.next_at > timezone.now()
    assert left.next_at is None


def test_small_files_are_mailed_and_links_to_large_ones(owner):
    template = schedules.save(template_of(owner, delivery="mail"), by=owner)
    run = make(running.repeat(template, by=owner))
    assert ProcrastinateJob.objects.get(task_name=delivery.TASK).args == {"run": run.pk}
    jobs.mail_export(run=run.pk)
    [(name, content, kind)] = mail.outbox[0].attachments
    assert (mail.outbox[0].to, name, kind) == ([owner.email], f"prices-{timezone.localdate()}.csv", "text/csv")
    assert content.splitlines()[0] == "SKU,Price"

    with override_settings(EXPORT_MAIL_BYTES=10):
        jobs.mail_export(run=run.pk)
    assert mail.outbox[1].attachments == []
    assert run.get_absolute_url() in mail.outbox[1].body


def test_the_exchange_folder_takes_plain_names_only(owner, tmp_path):
    with pytest.raises(ValidationError, match="There is no exchange folder"):
        schedules.save(template_of(owner, delivery="folder", file_name="a.csv"), by=owner)
    with override_settings(EXPORT_DIR=tmp_path):
        for name in ("", "../a.csv", "/etc/a.csv", "a/b.csv", ".hidden", "a\x00.csv", "..", "a\n.csv", "ä.csv", "a."):
            with pytest.raises(ValidationError, match="A plain file name"):
                schedules.save(template_of(owner, delivery="folder", file_name=name), by=owner)
        template = schedules.save(template_of(owner, delivery="folder", file_name="stock-{date}.csv"), by=owner)
        with pytest.raises(ValidationError, match="Another template writes this file"):
            schedules.save(template_of(owner, name="Other", delivery="folder", file_name="STOCK-{date}.csv"), by=owner)
        make(running.repeat(template, by=owner))
        make(running.repeat(template, by=owner))
        today = timezone.now().astimezone(zoneinfo.ZoneInfo("UTC")).date()
        assert [path.name for path in tmp_path.iterdir()] == [f"stock-{today}.csv"]
        assert (tmp_path / f"stock-{today}.csv").read_bytes().splitlines()[0] == b"SKU,Price"


def test_a_folder_that_is_gone_is_told(owner, tmp_path):
    with override_settings(EXPORT_DIR=tmp_path / "gone"):
        template = schedules.save(template_of(owner, delivery="folder", file_name="a.csv"), by=owner)
        assert make(running.repeat(template, by=owner)).status == "done"
    assert "It could not be left in the exchange folder" in Notification.objects.get().text


def test_a_job_of_a_dead_worker_begins_anew(owner):
    run = running.start(VARIANTS, by=owner, name="x", fmt="csv")
    ExportRun.objects.filter(pk=run.pk).update(status="running", rows=2)
    assert (make(run).status, run.rows) == ("done", 3)
    assert Product.objects.count() == 3
