"""Files of the help centre: who may publish, and what stays public."""

import io

import pytest
from django.core.management import call_command

from backoffice.imports import undoing
from backoffice.models import ImportRun, LiveVersion, Review
from customers.models import Article
from tests.backoffice.test_import_tables import bring as bring_any
from tests.backoffice.test_import_tables import counts
from tests.factories import make_article, make_user

pytestmark = pytest.mark.django_db


def bring(tmp_path, text, *options):
    result = bring_any(tmp_path, "articles", text, *options)
    assert result["read"] == result["new"] + result["changed"] + result["unchanged"] + result["refused"]
    return result


def reasons(result):
    return [(found["row"], found["column"], found["message"]) for found in result["errors"]]


TEXT = 'slug,topic,title,title_zh,body,status\nreturns,Orders,Returns,退货,"Send it back.\n\nWe pay.",published\n,Orders,How to pay?,,By card.,\n'


def test_articles_come_in_two_languages_and_keep_their_address(tmp_path):
    lead = make_user("support_lead")
    result = bring(tmp_path, TEXT, "--by", lead.email)
    assert (result["errors"], counts(result)) == ([], (2, 0, 0, 0))
    first, second = Article.objects.order_by("topic", "-slug")
    assert (first.slug, first.title_zh, first.body, first.status, first.author) == (
        "returns", "退货", "Send it back.\n\nWe pay.", "in_review", lead,
    )  # fmt: skip
    assert Review.objects.get().requested_by == lead
    assert (second.slug, second.status, second.published_at) == ("how-to-pay", "draft", None)
    assert counts(bring(tmp_path, TEXT)) == (0, 0, 2, 0)


def test_what_is_public_stays_until_the_file_is_reviewed(tmp_path):
    make_article("returns", body="Old")
    editor = make_user("catalog_editor")
    result = bring(tmp_path, TEXT.replace("\n,Orders,", "\npay,Orders,"), "--by", editor.email)
    assert counts(result) == (1, 1, 0, 0)
    assert LiveVersion.objects.values_list("content__body", "has_changes").get() == ("Old", True)
    assert dict(Article.objects.values_list("slug", "status")) == {"returns": "published", "pay": "draft"}


def test_states_move_and_undo_brings_them_back(tmp_path):
    make_article("returns")
    text = "slug,status\nreturns,{}\n"
    bring(tmp_path, text.format("archived"))
    assert not LiveVersion.objects.live().exists()
    result = bring(tmp_path, text.format("published"))
    assert (counts(result), Article.objects.get().status) == ((0, 1, 0, 0), "in_review")
    undoing.undo(ImportRun.objects.get(number=result["run"]), by=None)
    assert Article.objects.get().status == "archived"
    assert not Review.objects.pending().exists()


def test_questions_and_answers_and_refusals(tmp_path):
    result = bring(
        tmp_path,
        "id,question,answer\nfaq-1,如何退货？,三十天内。\n,怎么付款？,刷卡。\nnew,New,Text\nempty,Empty,\n",
        "--partial",
    )
    assert reasons(result) == [
        (3, "slug", "Give the address in Latin letters: it cannot be made from this title."),
        (4, "slug", "The address “new” is in use by Houtai itself."),
        (5, "body", "There is no such article yet, and to create it this is needed: text."),
    ]
    assert Article.objects.get().title == "如何退货？"


def test_an_export_comes_back_as_it_went(tmp_path):
    make_article("returns", title_zh="退货", body="One\n\nTwo ")
    make_article("pay", published=False)
    path = tmp_path / "out.csv"
    call_command("export_csv", "articles", output=str(path), stderr=io.StringIO())
    assert counts(bring(tmp_path, path.read_bytes())) == (0, 0, 2, 0)


def test_dry_run_writes_nothing(tmp_path):
    assert counts(bring(tmp_path, TEXT, "--dry-run")) == (2, 0, 0, 0)
    assert not Article.objects.exists()
