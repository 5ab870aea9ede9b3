"""The shop's pages of products: what is live and nothing else, in the reader's language, with headers for caches."""

import pytest
from django.test import Client

from backoffice import publishing
from backoffice.publishing import pages as publishing_pages
from catalog import services
from catalog.models import Product
from tests.factories import make_product, make_user, picture, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    """A stranger."""
    return Client()


@pytest.fixture
def as_editor(client, editor) -> Client:
    client.force_login(editor)
    return client


def fetched(reader: Client, address: str):
    """The answer with its file read to the end and closed, which the end of the request would do."""
    answer = reader.get(address)
    answer.getvalue()
    for close in answer._resource_closers:
        close()
    return answer


def text(answer) -> str:
    return answer.content.decode()


def test_the_page_says_what_is_live_with_the_price_of_today(reader):
    product = make_product(
        "Mug", published=True, title_zh="杯子", description="Blue.", variants=[{"sku": "MUG", "price": 12}]
    )
    services.update_product(product, by=make_user(), title="Secret name")
    services.update_variant(product.variants.get(), by=make_user(), price=9)

    answer = reader.get("/p/mug/")

    assert answer.status_code == 200
    assert "<h1>Mug</h1>" in text(answer)
    assert "€9.00" in text(answer)
    assert "Secret name" not in text(answer)
    assert "csrfmiddlewaretoken" not in text(answer)


def test_a_preview_and_the_page_are_the_same_part(reader, editor):
    product = make_product("Mug", published=True, description="Blue.")
    client = Client()
    client.force_login(editor)
    from_page = text(reader.get("/p/mug/"))
    told = publishing_pages.with_live(Product.objects.filter(pk=product.pk)).get()
    link = publishing_pages.Standing(told).preview_for(editor)

    from_preview = text(client.get(link.url))

    def part(page: str) -> str:
        return page[page.index("<article") : page.index("</article>")]

    assert part(from_page) == part(from_preview)


def test_search_engines_get_their_texts_one_address_and_the_languages(reader):
    make_product("Mug", published=True, seo_title="Best mug", seo_description='A "blue" mug')
    page = text(reader.get("/p/mug/?language=zh-hans"))

    assert "<title>Best mug · " in page
    assert '<link rel="canonical" href="http://localhost:8000/p/mug/">' in page
    assert '<link rel="alternate" hreflang="zh-hans" href="http://localhost:8000/p/mug/?language=zh-hans">' in page
    assert '<meta name="description" content="A &quot;blue&quot; mug">' in page
    assert '<meta property="og:title" content="Best mug">' in page


def test_texts_come_in_the_language_of_the_reader_or_of_the_address(reader):
    make_product("Mug", published=True, title_zh="杯子")

    assert "<h1>Mug</h1>" in text(reader.get("/p/mug/"))
    assert "<h1>杯子</h1>" in text(reader.get("/p/mug/", headers={"Accept-Language": "zh-Hans"}))
    assert "<h1>杯子</h1>" in text(reader.get("/p/mug/?language=zh-hans"))
    assert "<h1>Mug</h1>" in text(reader.get("/p/mug/?language=xx"))


def test_caches_may_keep_the_page_and_are_told_when_it_is_another(reader):
    product = make_product("Mug", published=True, variants=[{"sku": "MUG", "price": 12}])
    first = reader.get("/p/mug/")
    assert first["Cache-Control"] == "max-age=60, public"
    assert {"Accept-Language", "Cookie"} <= set(first["Vary"].split(", "))

    again = reader.get("/p/mug/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")

    services.update_variant(product.variants.get(), by=make_user(), price=9)
    assert reader.get("/p/mug/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_page_of_somebody_who_is_signed_in_is_kept_by_nobody_else(as_editor):
    make_product("Mug", published=True)
    assert as_editor.get("/p/mug/")["Cache-Control"] == "max-age=60, private"


def test_former_addresses_and_other_capitals_lead_to_the_present_one(reader):
    product = make_product("Mug", published=True)
    services.update_product(product, by=make_user("catalog_editor"), handle="cup")
    assert reader.get("/p/mug/").status_code == 200  # until the new one is public

    publish(product)

    for former in ("mug", "MUG", "CUP"):
        answer = reader.get(f"/p/{former}/?language=en")
        assert (answer.status_code, answer["Location"]) == (301, "/p/cup/?language=en")


def test_what_is_not_public_is_not_there_and_what_was_is_gone(reader):
    make_product("Draft", handle="draft")
    gone = make_product("Gone", published=True)
    publishing.unpublish([gone], by=make_user())

    assert [reader.get(f"/p/{handle}/").status_code for handle in ("draft", "gone", "never", "a/b", "x\x00")] == [
        404,
        410,
        404,
        404,
        404,
    ]
    assert "Gone" not in text(reader.get("/p/gone/"))


def test_related_products_are_links_where_they_are_public(reader):
    pot, secret = make_product("Pot", published=True), make_product("Secret")
    product = make_product("Mug")
    services.set_relations(product, [(pot, "related"), (secret, "accessory")], by=make_user())
    publish(product)

    page = text(reader.get("/p/mug/"))

    assert '<a href="/p/pot/">Pot</a>' in page
    assert "Secret" not in page


def test_only_pictures_of_live_versions_are_served_and_for_good(reader):
    product, draft = make_product("Mug"), make_product("Draft")
    shown = services.attach_media(product, by=make_user(), file=picture(hue=1), alt="A mug").file.name
    hidden = services.attach_media(draft, by=make_user(), file=picture(hue=2)).file.name
    publish(product)

    answer = fetched(reader, f"/p/pictures/{shown}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    small = fetched(reader, f"/p/pictures/480/{shown}")
    assert (small.status_code, small["Content-Type"]) == (200, "image/webp")
    assert f'<img src="/p/pictures/1200/{shown}" alt="A mug">' in text(reader.get("/p/mug/"))
    others = (hidden, f"481/{shown}", "products/../../manage.py", "products/x.svg", "x")
    assert [reader.get(f"/p/pictures/{name}").status_code for name in others] == [404] * 5

    publishing.unpublish([product], by=make_user())
    assert reader.get(f"/p/pictures/{shown}").status_code == 404


def test_the_map_names_every_live_product(reader):
    assert "<sitemap>" not in text(reader.get("/sitemap.xml"))
    make_product("Draft")
    make_product("Mug & more", handle="mug&more", published=True)

    assert "<loc>http://localhost:8000/sitemap-0.xml</loc>" in text(reader.get("/sitemap.xml"))
    part = reader.get("/sitemap-0.xml")
    assert part["Content-Type"] == "application/xml"
    assert text(part).count("<loc>") == 1
    assert "<loc>http://localhost:8000/p/mug&amp;more/</loc>" in text(part)
    assert reader.get("/sitemap-1.xml").status_code == 404


def test_the_record_links_to_the_page_while_it_is_live(as_editor):
    product = make_product("Mug", published=True)
    assert 'href="/p/mug/"' in text(as_editor.get("/catalog/products/mug/"))
    publishing.unpublish([product], by=make_user())
    assert 'href="/p/mug/"' not in text(as_editor.get("/catalog/products/mug/"))


def test_a_page_costs_few_queries_however_much_it_shows(reader, django_assert_num_queries):
    for number in (1, 3):
        others = [make_product(f"Other {number} {place}", published=True) for place in range(number)]
        variants = [{"sku": f"V{number}{place}", "price": 5, "option1": str(place)} for place in range(number)]
        product = make_product(f"Mug {number}", options=["Size"], variants=variants)
        services.set_relations(product, [(other, "related") for other in others], by=make_user())
        publish(product)
        with django_assert_num_queries(3):
            reader.get(f"/p/mug-{number}/")
