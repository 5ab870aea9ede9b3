"""The shell: preferences, language, navigation, security of the markup, colours."""

import gzip
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from backoffice import navigation
from backoffice.charts import BarChart, LineChart, Series, Sparkline, day_label, month_label, round_up
from backoffice.models import Notification, User
from backoffice.templatetags.houtai import browser
from catalog.models import Brand, Product
from tests.backoffice.pages import ProductList
from tests.backoffice.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backoffice.pages")]
STATIC = Path(settings.BASE_DIR) / "static" / "backoffice"


@pytest.fixture
def owner(client):
    user = User.objects.create_superuser("owner@example.com", name="Olivia <Owner>")
    client.force_login(user)
    return user


# --- Preferences ----------------------------------------------------------------------------------


def test_preferences_are_kept_with_the_account(client, owner):
    for change in ({"theme": "dark"}, {"density": "compact"}, {"shortcuts": "off"}, {"language": "zh-hans"}):
        assert client.post("/preferences/", {**change, "next": "/test/products/"}).url == "/test/products/"

    owner.refresh_from_db()
    assert (owner.theme, owner.density, owner.shortcuts, owner.language) == ("dark", "compact", False, "zh-hans")
    page = client.get("/test/products/").content.decode()
    assert '<html lang="zh-hans" dir="ltr" data-theme="dark" data-density="compact">' in page


def test_unknown_preferences_change_nothing(client, owner):
    client.post(
        "/preferences/", {"theme": "neon", "density": "x", "language": "tlh", "is_superuser": "", "next": "//x.y"}
    )

    owner.refresh_from_db()
    assert (owner.theme, owner.density, owner.language, owner.is_superuser) == ("system", "comfortable", "", True)


def test_a_visitor_switches_the_language_by_cookie(client):
    response = client.post("/preferences/language/", {"language": "zh-hans", "next": "/accounts/login/"})

    assert response.url == "/accounts/login/"
    assert '<html lang="zh-hans"' in client.get("/accounts/login/").content.decode()


def test_preferences_are_not_changed_by_a_link(client, owner):
    assert client.get("/preferences/?theme=dark").status_code == 405


# --- Navigation -----------------------------------------------------------------------------------


def test_the_navigation_shows_what_one_may_see(monkeypatch):
    monkeypatch.setattr(navigation, "_entries", {})
    navigation.register("catalog", "Products", "product-list", permission="catalog.view_product", order=10)
    navigation.register(
        "catalog", "New product", "product-new", permission=("catalog.add_product", "catalog.x"), order=5
    )
    user = make_user("catalog.view_product")

    (section,) = navigation.sections(user, "/test/products/tea/")

    assert (str(section.label), section.current) == ("Catalog", True)
    assert [(link.label, link.url, link.current) for link in section.links] == [("Products", "/test/products/", True)]


def test_no_two_entries_answer_to_the_same_key(owner):
    keys = [link.jump for section in navigation.sections(owner, "/") for link in section.links if link.jump]

    assert sorted(keys) == sorted({*keys})


def test_a_form_leads_back_to_the_list_that_it_stands_under(client, owner):
    page = client.get("/catalog/brands/new/").content.decode()

    assert '<ol><li><a href="/catalog/brands/">Brands</a></li><li aria-current="page">New brand</li></ol>' in page
    assert '<a class="button quiet" href="/catalog/brands/">Cancel</a>' in page


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match="no navigation section 'x'"):
        navigation.register("x", "X", "home")


# --- Notifications --------------------------------------------------------------------------------


def test_notifications_are_counted_listed_and_read(client, owner):
    other = make_user()
    Notification.objects.create(user=owner, text="Import finished", url="/imports/1/")
    Notification.objects.create(user=other, text="Not yours")

    assert 'aria-label="1 unread notification"' in client.get("/notifications/").content.decode()
    assert "Not yours" not in client.get("/notifications/").content.decode()
    client.post("/notifications/")
    assert Notification.objects.filter(read_at=None).get().user == other


# --- Markup ---------------------------------------------------------------------------------------


class Inline(HTMLParser):
    """Collects what a strict content security policy would refuse."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.script = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self.script = tag == "script" and "src" not in given and given.get("type") != "application/json"
        if tag == "style" or str(given.get("href", "")).startswith("javascript:"):
            self.found.append(tag)

    def handle_data(self, data):
        if self.script and data.strip():
            self.found.append(f"script {data.strip()[:40]}")

    def handle_endtag(self, tag):
        self.script = False


PAGES = [
    "/",
    "/components/",
    "/notifications/",
    "/preferences/keys/",
    "/search/?q=tea",
    "/search/",
    "/test/products/?status=draft&q=te",
    "/test/products/?q=zebra",
    "/test/products/tea/?from=",
    "/test/products/tea/edit/",
    "/test/products/tea/shout/",
    "/test/products/new/",
    "/no-such-page/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/password/change/",
    "/admin/",
    "/admin/backoffice/auditevent/",
]


@pytest.mark.parametrize("url", PAGES)
def test_pages_hold_nothing_inline_and_no_unescaped_name(client, owner, url):
    brand = Brand.objects.create(name="<i>Nordic</i>")
    Product.objects.create(handle="tea", title="Tea <img src=x onerror=alert(1)>", brand=brand)
    response = client.get(url, follow=True)
    page = response.content.decode()
    parser = Inline()
    parser.feed(page)

    assert parser.found == []
    assert "Olivia <Owner>" not in page
    assert "default-src 'self'" in response["Content-Security-Policy"].split("; ")
    assert "unsafe" not in response["Content-Security-Policy"]


def test_the_history_page_of_a_row(client, owner):
    product = Product.objects.create(handle="tea", title="Tea")
    product.title = "Black <tea>"
    product.save()
    page = client.get(reverse("history", args=["catalog.product", product.pk])).content.decode()

    assert "<ins>Black &lt;tea&gt;</ins>" in page
    assert "Restore this version" in page


@pytest.mark.parametrize("url", ["/accounts/login/", "/accounts/password/reset/", "/no-such-page/"])
def test_pages_of_visitors(client, url):
    page = client.get(url).content.decode()
    parser = Inline()
    parser.feed(page)

    assert parser.found == []
    assert '<body class="entrance">' in page
    assert "sign up" not in page.lower()


def test_a_list_of_fifty_rows_stays_small(client, owner, monkeypatch):
    monkeypatch.setattr(ProductList, "page_size", 50)
    Product.objects.bulk_create(Product(handle=f"p{i}", title=f"Product number {i}") for i in range(60))
    client.get("/test/products/")

    assert len(client.get("/test/products/").content) < 60 * 1024


# --- Colours --------------------------------------------------------------------------------------


def tokens():
    """The colours of tokens.css: name -> (light, dark)."""
    text = (STATIC / "tokens.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    plain = re.findall(r"--([\w-]+): (#\w{6});", text)
    return {name: (light, dark) for name, light, dark in pairs} | {name: (value, value) for name, value in plain}


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


GROUNDS = ["canvas", "surface", "raised", "sunken", "hover"]
TEXTS = [(text, ground) for text in ("ink", "ink-soft", "muted", "brand") for ground in GROUNDS]
TEXTS += [(tone, f"{tone}-soft") for tone in ("good", "info", "warn", "bad", "neutral", "brand")]
TEXTS += [("on-brand", fill) for fill in ("brand-fill", "brand-fill-hover", "danger-fill", "danger-fill-hover")]
TEXTS += [(tone, "surface") for tone in ("good", "warn", "bad")] + [("bad", "raised")]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_stands_out_from_its_ground(text, ground, scheme):
    colours = tokens()

    assert contrast(colours[text][scheme], colours[ground][scheme]) >= 5.7


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_borders_of_controls_stand_out_from_their_ground(ground, scheme):
    colours = tokens()

    assert contrast(colours["line-strong"][scheme], colours[ground][scheme]) >= 3.3


EVERYWHERE = ("tokens.css", "app.css", "shell.css", "print.css", "app.js", "lookup.js")
BY_MARK = {"data-list": ["list.js"], "data-guard": ["guard.js"], "data-formset": ["formset.js"]}
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def sources(name: str) -> dict[str, str]:
    """The template of this name with all that it extends and includes by name."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in found and (TEMPLATES / name).exists():
            found[name] = (TEMPLATES / name).read_text()
            waiting += re.findall(r'{% (?:extends|include) "([^"]+)"', found[name])
    return found


def own_files(text: str) -> set[Path]:
    return {STATIC.parent / name for name in re.findall(r"{% static '([^']+\.(?:css|js))'", text)}


def pages() -> dict[str, str]:
    """Every template that is a page, with the text of all that it is made of."""
    names = [str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if not path.name.startswith("_")]
    found = {name: sources(name) for name in names}
    return {name: "".join(texts.values()) for name, texts in found.items() if "skeleton.html" in texts}


def test_no_page_loads_more_style_and_script_than_17_kb():
    heavy = {}
    for name, text in pages().items():
        asked = [STATIC / script for mark, scripts in BY_MARK.items() if mark in text for script in scripts]
        size = packed({*(STATIC / one for one in EVERYWHERE), *asked, *own_files(text)})
        if size >= 17 * 1024:
            heavy[name] = size
    assert heavy == {}


def test_each_file_of_style_and_script_is_small_and_some_page_loads_it():
    used = set().union(*map(own_files, pages().values()))
    shared = {STATIC / name for name in (*EVERYWHERE, *(script for scripts in BY_MARK.values() for script in scripts))}
    files = {path for path in STATIC.parent.rglob("*") if path.suffix in {".css", ".js"} and path.name != "admin.css"}

    assert files - used - shared == set()
    assert packed(shared) < 15 * 1024
    assert max(packed([path]) for path in files - shared) < 2.5 * 1024


def packed(files):
    return sum(len(gzip.compress(path.read_bytes())) for path in files)


# --- Charts ---------------------------------------------------------------------------------------


def test_stacked_bars_reach_the_sum():
    chart = BarChart("Up.", ["Jan", "Feb"], [Series("Web", [30, 50]), Series("Shop", [10, 50])])

    assert chart.axis == ["100", "50", "0"]
    assert [(bar.y, bar.height, bar.css) for bar in chart.bars] == [
        ("112", "48", "s1"),
        ("96", "16", "s2"),
        ("80", "80", "s1"),
        ("0", "80", "s2"),
    ]
    assert chart.bars[3].text == "Feb, Shop: 50"
    assert chart.table == [("Jan", ["30", "10"]), ("Feb", ["50", "50"])]


def test_lines_stand_over_their_labels():
    chart = LineChart("Flat.", ["a", "b"], [Series("x", [1, 2])])

    assert chart.lines[0].points == "150,80 450,0"


def test_labels_of_time_are_short():
    assert (month_label(date(2025, 10, 1)), day_label(date(2025, 10, 1))) == ("Oct 2025", "1 Oct")


def test_charts_without_values():
    assert BarChart("None.", [], []).is_empty
    assert LineChart("None.", ["a"], [Series("x", [0])]).is_empty
    assert Sparkline("None.", []).points == ""


@pytest.mark.parametrize(("value", "top"), [(0, 1), (0.3, 0.4), (1, 1), (7, 8), (101, 200), (2240, 3000), (5000, 5000)])
def test_axes_end_at_round_numbers(value, top):
    assert round_up(value) == pytest.approx(top)


def test_templates_write_keys_plainly():
    """`{{ row.pk }}` would be "12,345" in the reader's format: `|stringformat:"d"`, or a property that gives text."""
    key = re.compile(r"\{\{ *(?!attrs\.|widget\.)[\w.]+\.(?:pk|id) *\}\}")
    folder = Path(settings.BASE_DIR) / "templates"

    assert [str(path) for path in folder.rglob("*.html") if key.search(path.read_text())] == []


# --- Words of browsers ----------------------------------------------------------------------------

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        (f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "–"),
    ],
)
def test_browsers_are_named_as_people_name_them(user_agent, words):
    assert browser(user_agent) == words
