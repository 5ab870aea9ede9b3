"""The help centre: categories, search in two languages, opinions, related articles, addresses that lead on."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from customers import services
from customers.models import Article, ArticleVote, HelpCategory, VainSearch
from tests.factories import make_article, make_user, publish

pytestmark = pytest.mark.django_db


def slugs(articles):
    return [article.slug for article in articles]


def test_a_new_topic_becomes_a_category_once_whatever_its_case():
    make_article("returns", topic="Orders & parcels")
    make_article("late", topic="ORDERS & PARCELS")
    make_article("pay", topic="支付", published=False)

    found = {category.topic: category.slug for category in HelpCategory.objects.all()}
    assert found["Orders & parcels"] == "orders-parcels"
    assert len(found) == 2
    assert found["支付"].startswith("topic-")


def test_categories_stand_in_their_order_with_those_below(client):
    make_article("returns", topic="Orders")
    make_article("invoices", topic="Money")
    make_article("plain", topic="")
    lead = make_user("support_lead")
    orders, money = HelpCategory.objects.get(topic="Orders"), HelpCategory.objects.get(topic="Money")
    services.save_category(orders, by=lead, name_zh="订单", position=1)
    services.save_category(money, by=lead, parent=orders)

    shelves = client.get("/help/").context["shelves"]

    assert [(shelf.category and shelf.category.topic, slugs(shelf.articles)) for shelf in shelves] == [
        ("Orders", ["returns"]),
        (None, ["plain"]),
    ]
    assert [(one.category.topic, slugs(one.articles)) for one in shelves[0].below] == [("Money", ["invoices"])]
    client.cookies["django_language"] = "zh-hans"
    assert "订单" in client.get("/help/c/orders/").content.decode()
    assert "Invoices" in client.get("/help/c/money/").content.decode()


def test_there_is_no_third_level():
    lead = make_user("support_lead")
    top = services.save_category(by=lead, name="Top")
    middle = services.save_category(by=lead, name="Middle", parent=top)

    with pytest.raises(ValidationError, match="two levels"):
        services.save_category(by=lead, name="Low", parent=middle)
    with pytest.raises(IntegrityError, match="two levels"), transaction.atomic():
        HelpCategory.objects.create(topic="Low", slug="low", name="Low", parent=middle)
    with pytest.raises(IntegrityError, match="two levels"), transaction.atomic():
        HelpCategory.objects.filter(pk=top.pk).update(parent=middle)


def test_only_an_empty_category_is_deleted():
    make_article("returns", topic="Orders")
    lead = make_user("owner")
    empty = services.save_category(by=lead, name="Empty")

    with pytest.raises(ValidationError, match="There are articles"):
        services.delete_category(HelpCategory.objects.get(topic="Orders"), by=lead)
    services.delete_category(empty, by=lead)
    assert list(HelpCategory.objects.values_list("topic", flat=True)) == ["Orders"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return", ["returns"]),  # the stem
        ("sending back", ["returns"]),
        ("shiping", ["shipping"]),  # spelled alike
        ("退货", ["returns"]),
        ("如何退货", ["returns"]),  # words around it
        ("运费", ["shipping"]),
        ("arrive", ["shipping"]),
        ("%", []),
        ("zebra", []),
    ],
)
def test_search_finds_by_words_of_both_languages(text, expected):
    make_article(
        "returns",
        title="Returns",
        body="Send it back within 30 days.",
        title_zh="怎样退货",
        body_zh="三十天内可以退货。",
    )
    make_article(
        "shipping", title="Shipping", body="Parcels arrive in two days.", title_zh="配送", body_zh="运费五元。"
    )

    assert slugs(services.find_articles(text, limit=5)) == expected


def test_the_title_counts_more_than_the_text():
    make_article("other", title="Other things", body="A word about invoices and more.")
    make_article("invoices", title="Invoices", body="Where they are.")

    assert slugs(services.find_articles("invoices", limit=5)) == ["invoices", "other"]


def test_searches_in_vain_are_counted_and_name_nobody(client):
    make_article("returns")
    for text in ("zebra crossing", "Zebra  Crossing", "jane@example.com", "4915550101", "returns"):
        client.get("/help/", {"q": text})

    assert list(VainSearch.objects.values_list("text", "count")) == [("zebra crossing", 2)]


def test_opinions_count_once_for_each_reader_and_version(client, django_assert_num_queries):
    article = make_article("returns")
    assert client.get("/help/returns/helpful/").status_code == 405

    client.post("/help/returns/helpful/", {"helpful": "yes"})
    client.post("/help/returns/helpful/", {"helpful": "no"})
    client.cookies.clear()
    client.post("/help/returns/helpful/", {"helpful": "no"})

    row = services.with_votes(Article.objects.filter(pk=article.pk)).get()
    assert (row.helped, row.not_helped) == (1, 1)
    services.save_article(article, by=make_user("support_lead"), body="Better.")
    publish(article)
    client.post("/help/returns/helpful/", {"helpful": "yes"})
    row = services.with_votes(Article.objects.filter(pk=article.pk)).get()
    assert (row.helped, row.not_helped) == (1, 0)
    assert ArticleVote.objects.count() == 3


def test_staff_see_which_articles_do_not_help(client, sign_in):
    good, bad = make_article("returns"), make_article("invoices")
    for number in range(3):
        services.vote(services.live_article(bad.slug), reader=str(number), is_helpful=number == 0, language="en")
        services.vote(services.live_article(good.slug), reader=str(number), is_helpful=number > 0, language="en")
    sign_in("support_lead")

    assert [row.object.slug for row in client.get("/articles/?unhelpful=true").context["rows"]] == ["invoices"]


def test_related_are_those_that_staff_chose_then_those_of_category_and_words():
    article = make_article("returns", title="Returns of parcels", topic="Orders")
    near = make_article("parcels", title="Parcels", topic="Orders")
    chosen = make_article("gift-cards", title="Gift cards", topic="Money")
    make_article("elsewhere", title="Opening hours", topic="Shop")
    services.set_related(article, related=[chosen], by=make_user("support_lead"))

    assert slugs(services.related_articles(services.live_article("returns"))) == [chosen.slug, near.slug]


def test_a_former_address_leads_to_the_present_one(client):
    article = make_article("returns")
    services.save_article(article, by=make_user("support_lead"), slug="send-back")
    assert client.get("/help/returns/").status_code == 200  # until the change is published

    article.refresh_from_db()
    publish(article)

    moved = client.get("/help/returns/")
    assert (moved.status_code, moved["Location"]) == (301, "/help/send-back/")
    with pytest.raises(ValidationError, match="Another article was public under this address"):
        make_article("returns")


def test_a_macro_cites_a_public_article_in_the_readers_language():
    make_article("returns", title="Returns", title_zh="退货")
    make_article("secret", published=False)

    assert services.cite("returns", "zh-hans") == "退货: http://localhost:8000/help/returns/"
    assert services.cite("returns", "en") == "Returns: http://localhost:8000/help/returns/"
    assert services.cite("secret", "en") == ""


def test_pages_cost_the_same_however_many_articles(client, django_assert_num_queries):
    for number in range(3):
        make_article(f"returns-{number}", topic=f"Topic {number}")
    for address, count in (("/help/", 2), ("/help/?q=returns", 1), ("/help/c/topic-1/", 3), ("/help/returns-1/", 5)):
        with django_assert_num_queries(count):
            assert client.get(address).status_code == 200
    for number in range(3, 9):
        make_article(f"returns-{number}", topic=f"Topic {number}")
    for address, count in (("/help/", 2), ("/help/?q=returns", 1), ("/help/c/topic-1/", 3), ("/help/returns-1/", 5)):
        with django_assert_num_queries(count):
            assert client.get(address).status_code == 200


def test_the_map_lists_live_articles(client):
    make_article("returns")
    make_article("secret", published=False)

    text = client.get("/help/sitemap.xml").content.decode()
    assert "<loc>http://localhost:8000/help/returns/</loc>" in text
    assert "secret" not in text


def test_suggestions_are_a_fragment(client):
    make_article("returns", title="Returns", title_zh="退货")

    assert "/help/returns/" in client.get("/help/suggest/?q=I want to return it").content.decode()
    assert client.get("/help/suggest/?q=zebra").content.decode().strip() == ""
    with translation.override("zh-hans"):
        assert slugs(services.suggested_articles("我要退货")) == ["returns"]


def test_staff_pages(sign_in, client):
    article = make_article("returns", topic="Orders")
    other = make_article("invoices", topic="Money")
    sign_in("support_lead")

    for address in ("/articles/", "/articles/categories/", "/articles/categories/new/", "/articles/categories/orders/",
                    "/articles/categories/orders/edit/", "/articles/vain/", "/articles/returns/related/", "/articles/returns/edit/"):  # fmt: skip
        assert client.get(address).status_code == 200, address
    response = client.post("/articles/returns/related/", {"related": [other.pk]})
    assert response.status_code == 302
    assert list(article.chosen.values_list("other", flat=True)) == [other.pk]
    client.post("/articles/categories/new/", {"name": "Care", "position": 5})
    assert HelpCategory.objects.get(name="Care").slug == "care"
