"""Verbs of a list over more rows than one request may do."""

from decimal import Decimal

import pytest
from django.http import QueryDict
from django.urls import reverse

from backoffice import publishing
from backoffice.bulk_edit import actions
from backoffice.imports import jobs
from backoffice.models import AuditEvent, ImportRow, ImportRun, Notification
from catalog.models import Product
from catalog.views.products import ProductList
from tests.backoffice.test_jobs import work
from tests.factories import make_product, make_ticket, make_user

PRODUCTS = "/catalog/products/?q=tea"


@pytest.fixture
def owner(transactional_db):
    return make_user("owner")


@pytest.fixture
def page(client, owner, monkeypatch):
    """A browser before a list whose actions do two rows in one request."""
    few = [type(one)(**{**vars(one), "limit": 2}) for one in ProductList.bulk_actions]
    monkeypatch.setattr(ProductList, "bulk_actions", few)
    client.force_login(owner)
    return client


def teas(number, *, without_price=()):
    for n in range(number):
        make_product(f"Tea {n}", variants=[{"sku": f"T{n}", "price": Decimal(0 if n in without_price else 5)}])


def submitted():
    return sorted(Product.objects.filter(status="in_review").values_list("title", flat=True))


def test_all_that_match_are_done_by_the_worker_and_refusals_are_told(page, owner):
    teas(5, without_price=[1, 3])
    make_product("Cup")

    asked = page.post(PRODUCTS, {"action": "submit", "all": "1"})["Location"]
    assert asked.startswith("/bulk-edits/action/?")
    assert "About 5 rows will be changed by the worker" in page.get(asked).content.decode()
    assert submitted() == []
    address = page.post(asked)["Location"]
    run = ImportRun.objects.get()
    assert "Waiting for a worker" in page.get(address).content.decode()
    work()

    run.refresh_from_db()
    assert (run.status, run.read, run.changed, run.refused) == ("applied", 5, 3, 2)
    assert submitted() == ["Tea 0", "Tea 2", "Tea 4"]
    shown = page.get(address).content.decode()
    assert "no active variant has a price" in shown
    assert "Change 3 rows" not in shown
    assert Notification.objects.get().text == f"{run.number} Submit for review: 3 done, 2 refused."
    event = AuditEvent.objects.filter(verb="product.submitted").first()
    assert event.actor == owner
    history = Product.objects.get(title="Tea 0").history.latest("pgh_id")
    assert history.pgh_context.metadata["run"] == run.number
    assert page.get(reverse("bulk_edit:undo", args=[run.number])).status_code == 404


def test_the_form_of_an_action_goes_with_it(page):
    teas(3)
    asked = page.post(PRODUCTS, {"action": "tag", "all": "1"})["Location"]

    assert page.post(asked, {"tag": ""}).status_code == 422
    page.post(asked, {"tag": "green"})
    work()

    assert Product.objects.filter(tags=["green"]).count() == 3


def test_ticked_rows_beyond_the_limit_are_refused_as_are_those_without_the_right(client, page):
    teas(3)
    ticked = Product.objects.values_list("pk", flat=True)

    answer = page.post(PRODUCTS, {"action": "submit", "selected": list(ticked)}, follow=True)

    assert "At most 2 rows at once" in answer.content.decode()
    client.force_login(make_user("analyst"))
    assert client.get("/bulk-edits/action/", {"list": PRODUCTS, "action": "archive"}).status_code == 403
    client.force_login(make_user("catalog_editor"))
    assert client.get("/bulk-edits/action/", {"list": PRODUCTS, "action": "archive"}).status_code == 404


def test_what_was_done_stays_when_it_is_canceled_and_a_killed_worker_goes_on(page, owner, monkeypatch):
    teas(4)
    monkeypatch.setattr(actions, "CHUNK", 1)
    page.post(page.post(PRODUCTS, {"action": "submit", "all": "1"})["Location"])
    run = ImportRun.objects.get()
    submit = publishing.submit

    def killed(products, *, by, **fields):
        if len(submitted()) == 2:
            raise RuntimeError("killed")
        submit(products, by=by, **fields)

    with monkeypatch.context() as patch:
        replace_service(patch, killed)
        work()
    run.refresh_from_db()
    assert (run.status, run.read, len(submitted())) == ("applying", 2, 2)

    actions.run_bulk_action(run.pk)
    run.refresh_from_db()
    assert (run.status, run.read, run.changed, len(submitted())) == ("applied", 4, 4, 4)

    page.post(page.post(PRODUCTS, {"action": "archive", "all": "1"})["Location"])
    second = ImportRun.objects.first()
    jobs.cancel(second)
    second.refresh_from_db()
    assert (second.message, len(submitted())) == ("It was canceled. Nothing was written.", 4)
    ImportRun.objects.filter(pk=second.pk).update(cancel_wanted=True)
    actions.run_bulk_action(second.pk)
    second.refresh_from_db()
    assert (second.status, second.read) == ("canceled", 0)


def replace_service(patch, service):
    patch.setattr(
        ProductList,
        "bulk_actions",
        [type(one)(**{**vars(one), "service": service}) for one in ProductList.bulk_actions],
    )


def test_a_verb_for_one_row_is_done_row_by_row(owner):
    for subject in ("a", "b", "c"):
        make_ticket(subject)
    data = {"to": owner.pk, "reason": ""}
    run = actions.start("/tickets/", "assign", by=owner, data=query(data))

    work()

    run.refresh_from_db()
    assert (run.status, run.changed) == ("applied", 3)
    assert ImportRow.objects.count() == 0
    assert owner.tickets.count() == 3


def query(data):
    found = QueryDict(mutable=True)
    found.update(data)
    return found
