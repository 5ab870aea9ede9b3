"""What the public sees of the demonstration shop, and what waits for its reviewers."""

from datetime import timedelta

from django.utils import timezone

from backoffice import demo, publishing
from backoffice.context import acting
from backoffice.models import User
from backoffice.publishing import rows
from catalog.models import Product
from catalog.services import update_product
from customers.models import Article
from orders.demo import catalogue

PRODUCT, ARTICLE = Product._meta.label_lower, Article._meta.label_lower
EVERY = 21


def drafts() -> list[int]:
    """Keys of the curated products that were never published, and so never sold."""
    return list(Product.objects.order_by("pk").values_list("pk", flat=True)[: len(catalogue.ITEMS)])[EVERY - 1 :: EVERY]


def load() -> None:
    """Let one person submit everything and another approve it; leave some of each state for the reviewers to see."""
    editor, reviewer = (
        User.objects.get(email=demo.address(role)) for role in ("catalog_editor", "catalog_reviewer")
    )  # fmt: skip
    sold = Product.objects.exclude(pk__in=drafts()).order_by("pk").values_list("pk", flat=True)
    for kind, keys in (
        (PRODUCT, list(sold)),
        (ARTICLE, list(Article.objects.order_by("pk").values_list("pk", flat=True))),
    ):
        reviews = rows.submit(kind, keys, by=editor, authors=[editor.pk])
        rows.approve(kind, list(reviews.values()), by=reviewer)
    with acting(source="command:demo", user=editor):
        load_reviews(editor, reviewer)


def load_reviews(editor: User, reviewer: User) -> None:
    new, *_more = Product.objects.filter(pk__in=drafts()).order_by("pk")
    publishing.submit([new], by=editor, note="New in the range. Pictures are final.")
    in_review, scheduled, rejected, edited = Product.objects.published().order_by("pk")[:4]
    for product in (in_review, scheduled, rejected, edited):
        update_product(product, by=editor, seo_title=f"{product.title} | Houtai", tags=[*product.tags, "autumn"])
    [review] = publishing.submit([in_review], by=editor, note="Autumn campaign: tag and search title.")
    publishing.comment(review, by=reviewer, text="Is the tag meant for all colours?")
    publishing.comment(review, by=editor, text="Yes, all of them.")
    later = timezone.now() + timedelta(days=3)
    publishing.approve(
        publishing.submit([scheduled], by=editor, publish_at=later, expires_at=later + timedelta(days=60)), by=reviewer
    )
    [review] = publishing.submit([rejected], by=editor)
    publishing.comment(review, by=reviewer, text="The search title repeats the name of the shop.")
    publishing.reject([review], by=reviewer, reason="Shorten the search title, please.")
    [article, *_articles] = Article.objects.order_by("pk")
    Article.objects.filter(pk=article.pk).update(body=f"{article.body}\n\nWe answer within one working day.")
    publishing.submit([article], by=editor, note="How long an answer takes.")
