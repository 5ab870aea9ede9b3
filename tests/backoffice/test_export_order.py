"""The order of the columns in a file: on the page that asks, in the list's address, in templates."""

import pytest
from django.urls import reverse

from backoffice.models import ExportRun, ExportTemplate
from tests.backoffice.test_export_pages import body, make
from tests.factories import make_user, make_variant

pytestmark = pytest.mark.django_db
URL = "/exports/new/?list=%2Fcatalog%2Fvariants%2F%3Fcolumns%3Dprice%26columns%3Dsku"
WANTED = {"format": "csv", "bom": "", "sort": "oldest"}


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def page(client, owner):
    client.force_login(owner)
    make_variant("CUP")
    return client


def lines(response):
    return [(line["key"], line["chosen"]) for line in response.context["form"].lines]


def test_the_order_of_the_list_is_the_first_one(page):
    first, second, *others = lines(page.get(URL))
    assert (first, second, any(chosen for _key, chosen in others)) == (("price", True), ("sku", True), False)
    listed = page.get("/catalog/variants/?columns=price&columns=sku&export=csv&bom=0")
    assert body(listed).decode().splitlines() == ["Price,SKU", "10,CUP"]


def test_columns_move_by_buttons_and_nothing_else_is_lost(page):
    order = [key for key, _chosen in lines(page.get(URL))]
    asked = {**WANTED, "order": order, "columns": ["price", "sku"], "name": "Mine", "move": "down-price"}
    response = page.post(URL, asked)
    assert (response.status_code, ExportTemplate.objects.count()) == (200, 0)
    assert lines(response)[:2] == [("sku", True), ("price", True)]
    assert [key for key, _chosen in lines(response)] == ["sku", "price", *order[2:]]
    assert response.context["form"]["name"].value() == "Mine"
    assert 'value="Mine"' in response.content.decode()


@pytest.mark.parametrize("move", ["up-price", "down-nothing", "sideways-price", "", "down"])
def test_what_is_no_move_changes_nothing(page, move):
    order = [key for key, _chosen in lines(page.get(URL))]
    response = page.post(URL, {**WANTED, "order": order, "columns": ["price", "sku"], "move": move})
    assert [key for key, _chosen in lines(response)] == order


def test_the_last_column_stays_the_last(page):
    order = [key for key, _chosen in lines(page.get(URL))]
    response = page.post(URL, {**WANTED, "order": order, "columns": ["price"], "move": f"down-{order[-1]}"})
    form = response.context["form"]
    assert ([line["key"] for line in form.lines], form.lines[0]["is_first"], form.lines[-1]["is_last"]) == (
        order,
        True,
        True,
    )


def test_the_file_has_the_columns_as_they_came_in(page):
    answer = page.post(URL, {**WANTED, "order": ["sku", "price"], "columns": ["sku", "price"], "action": "export"})
    assert body(page.get(answer.url)).decode().splitlines() == ["SKU,Price", "CUP,10"]


def test_a_template_keeps_the_order_and_gets_another_one(page):
    saved = page.post(URL, {**WANTED, "columns": ["price", "sku"], "name": "Prices", "action": "save"})
    template = ExportTemplate.objects.get()
    assert template.address == "/catalog/variants/?columns=price&columns=sku&sort=oldest"
    change = next(a.url for a in page.get(saved.url).context["actions"] if "template=" in a.url)
    question = page.get(change)
    assert (lines(question)[:2], question.context["form"]["name"].value()) == (
        [("price", True), ("sku", True)],
        "Prices",
    )

    page.post(change, {**WANTED, "columns": ["sku", "price"], "name": "Prices", "action": "save"})
    template.refresh_from_db()
    assert (ExportTemplate.objects.count(), template.address) == (
        1,
        "/catalog/variants/?columns=sku&columns=price&sort=oldest",
    )
    page.post(reverse("exports:repeat", args=[template.pk]))
    with make(ExportRun.objects.get()).file.open() as file:
        assert file.read().decode().splitlines() == ["SKU,Price", "CUP,10"]


def test_nobody_changes_the_template_of_another(page):
    template = ExportTemplate.objects.create(user=make_user("owner"), name="Theirs", address="/catalog/variants/")
    assert page.get(f"{URL}&template={template.pk}").status_code == 404
    assert (
        page.post(
            f"{URL}&template={template.pk}", {**WANTED, "columns": ["sku"], "name": "x", "action": "save"}
        ).status_code
        == 404
    )
