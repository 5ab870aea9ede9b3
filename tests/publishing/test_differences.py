"""The readable difference of two contents, and of two texts."""

import re

from hypothesis import given
from hypothesis import strategies as st

from backoffice.publishing.differences import Change, changes, text
from backoffice.text_difference import beside, marked, spans

OLD = {
    "title": "Linen shirt",
    "description": "A light shirt of washed linen, for long summers and short trips to the sea.",
    "tags": ["linen", "summer"],
    "options": ["Colour"],
    "attributes": {"material": "linen", "care": {"wash": 30}},
    "variants": [{"sku": "RED", "weight_grams": 200}, {"sku": "BLUE", "weight_grams": 200}],
    "media": [{"file": "a.png", "alt": "Front"}, {"url": "https://x/b.png", "alt": "Back"}],
    "related": ["cap", "scarf"],
}


def found(old, new):
    return {
        section.key: [(one.label, one.kind, one.old, one.new) for one in section.changes]
        for section in changes(old, new)
    }


def test_nothing_changed_is_nothing_shown():
    assert changes(OLD, dict(OLD)) == []


def test_changes_stand_by_section_and_things_are_matched_by_name():
    new = OLD | {
        "title": "Cotton shirt",
        "tags": ["summer"],
        "attributes": {"material": "cotton", "care": {"wash": 40}, "fit": "slim"},
        "variants": [{"sku": "BLUE", "weight_grams": 210}, {"sku": "GREEN", "weight_grams": 220}],
        "media": [{"url": "https://x/b.png", "alt": "Back"}, {"file": "a.png", "alt": "The front"}],
        "related": ["cap"],
    }

    assert found(OLD, new) == {
        "fields": [("Title", "changed", "Linen shirt", "Cotton shirt"), ("Tags", "changed", "linen, summer", "summer")],
        "attributes": [
            ("Material", "changed", "linen", "cotton"),
            ("Care · Wash", "changed", "30", "40"),
            ("Fit", "added", "", "slim"),
        ],
        "variants": [
            ("BLUE · Weight grams", "changed", "200", "210"),
            ("GREEN", "added", "", "Sku: GREEN, Weight grams: 220"),
            ("RED", "removed", "Sku: RED, Weight grams: 200", ""),
        ],
        "media": [
            ("a.png · Alt", "changed", "Front", "The front"),
            ("Order", "moved", "a.png, b.png", "b.png, a.png"),
        ],
        "related": [("Related", "changed", "cap, scarf", "cap")],
    }


def test_of_nothing_to_something_every_thing_stands_by_itself():
    assert found(None, {"title": "Tea", "title_zh": "", "variants": OLD["variants"], "media": []}) == {
        "fields": [("Title", "added", "", "Tea")],
        "variants": [
            ("RED", "added", "", "Sku: RED, Weight grams: 200"),
            ("BLUE", "added", "", "Sku: BLUE, Weight grams: 200"),
        ],
    }


def test_labels_name_the_keys():
    [section] = changes({"seo_title": "a"}, {"seo_title": "b"}, {"seo_title": "SEO title"})

    assert [one.label for one in section.changes] == ["SEO title"]


def test_short_values_are_shown_whole_and_long_ones_word_by_word():
    assert plain(Change("Title", "changed", "Linen shirt", "Cotton shirt").html) == "[-Linen shirt] → [+Cotton shirt]"
    new = OLD["description"].replace("washed", "fresh")
    assert plain(Change("Description", "changed", OLD["description"], new).html) == (
        "A light shirt of [-washed][+fresh] linen, for long summers and short trips to the sea."
    )


def plain(html):
    """The marks as signs; they are words as well, for those who do not see them."""
    html = re.sub(r'<del><span class="visually-hidden">removed: </span>(.*?)</del>', r"[-\1]", html)
    return re.sub(r'<ins><span class="visually-hidden">added: </span>(.*?)</ins>', r"[+\1]", html)


def test_markup_in_a_text_stays_text():
    html = marked("<b>old</b> text", "<script>new</script> text")

    assert "<b>" not in html
    assert "<script>" not in html


def test_long_stretches_without_a_change_are_left_out():
    old = "word " * 500
    html = marked(old + "old", old + "new")

    assert len(html) < 400
    assert plain(html).endswith("word [-old][+new]")


def test_chinese_is_compared_by_character():
    assert plain(marked("轻薄的亚麻衬衫", "轻薄的棉质衬衫")) == "轻薄的[-亚麻][+棉质]衬衫"


def test_both_sides_of_a_conflict_mark_their_own_words():
    one, other = beside(
        "A long text about washed linen shirts for the whole long summer.", "A long text about cotton shirts."
    )

    assert "<mark>" in one
    assert beside("Theirs", "Mine") == ("Theirs", "Mine")
    assert re.sub("<.*?>", "", other) == "A long text about cotton shirts."


texts = st.text(alphabet="ab c\n中文.<&", max_size=60)


@given(texts, texts)
def test_the_spans_give_both_texts_back(old, new):
    parts = spans(old, new)

    assert "".join(span.text for span in parts if span.kind != "added") == old
    assert "".join(span.text for span in parts if span.kind != "removed") == new


scalars = st.one_of(st.none(), st.booleans(), st.integers(2, 99), st.text("abc ", max_size=6))
skus = st.lists(st.sampled_from("ABCDE"), unique=True, max_size=4)


@st.composite
def contents(draw):
    return {
        "title": draw(st.text("ab ", max_size=8)),
        "tags": draw(st.lists(st.sampled_from(["x", "y", "z"]), max_size=3)),
        "attributes": draw(st.dictionaries(st.sampled_from(["m", "n"]), scalars, max_size=2)),
        "variants": [{"sku": sku, "weight": draw(scalars)} for sku in draw(skus)],
        "media": [{"file": name, "alt": draw(st.text("ab", max_size=3))} for name in draw(skus)],
    }


def leaves(value, path=()):
    """(path, value in words) of every leaf; things are named, not numbered."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for thing in value:
            yield from leaves(thing, (*path, thing.get("sku") or thing.get("file")))
    elif text(value, {}):
        yield path, text(value, {})


@given(contents())
def test_a_content_does_not_differ_from_itself(content):
    assert changes(content, dict(content)) == []


@given(contents(), contents())
def test_every_leaf_that_changed_is_shown(old, new):
    shown = [one for section in changes(old, new) for one in section.changes]
    before, after = dict(leaves(old)), dict(leaves(new))

    for path in {*before, *after}:
        if before.get(path) != after.get(path):
            assert any(before.get(path, "") in one.old and after.get(path, "") in one.new for one in shown), path


@given(contents(), contents())
def test_another_order_is_shown(old, new):
    both = {one["sku"] for one in old["variants"]} & {one["sku"] for one in new["variants"]}
    was, now = ([one["sku"] for one in side["variants"] if one["sku"] in both] for side in (old, new))
    moves = [
        one
        for section in changes(old, new)
        if section.key == "variants"
        for one in section.changes
        if one.kind == "moved"
    ]

    assert [(one.old, one.new) for one in moves] == ([(", ".join(was), ", ".join(now))] if was != now else [])
