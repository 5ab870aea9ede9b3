"""Addresses of reviews, revisions and previews; the entry of the navigation and the card of the home page."""

from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _

from backoffice import dashboard, navigation
from backoffice.models import User
from backoffice.publishing import registry
from backoffice.publishing.views import previews, queue, review, revisions
from backoffice.publishing.waiting import waiting_for

review_urls = (
    [
        path("", queue.ReviewList.as_view(), name="list"),
        path("<int:pk>/", review.ReviewRecord.as_view(), name="review"),
        path("<int:pk>/decide/", review.Decide.as_view(), name="decide"),
        path("<int:pk>/comment/", review.comment, name="comment"),
        path("<int:pk>/withdraw/", review.withdraw, name="withdraw"),
    ],
    "reviews",
)
revision_urls = (
    [
        path("<str:label>/<int:pk>/", revisions.RevisionList.as_view(), name="list"),
        path("<str:label>/<int:pk>/<int:number>/restore/", revisions.Restore.as_view(), name="restore"),
    ],
    "revisions",
)
preview_urls = (
    [
        path("<str:signed>/", previews.page, name="page"),
        path("<str:signed>/pictures/<int:place>/", previews.picture, name="picture"),
    ],
    "preview",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("reviews/", include(review_urls)),
    path("revisions/", include(revision_urls)),
    path("preview/", include(preview_urls)),
]

REVIEWERS = ("catalog.view_product", "customers.view_article")
navigation.register("content", _("Reviews"), "reviews:list", REVIEWERS, order=10, icon="check-circle", jump="w")


@dashboard.card(permission="", order=45)
def waiting_for_my_review(user: User) -> dashboard.Card | None:
    """What waits, for those who decide."""
    if not any(user.has_perm(one.permission) for one in registry.kinds()):
        return None
    waiting = dashboard.capped(waiting_for(user))
    tone = "" if waiting == "0" else "warn"
    return dashboard.Card(_("Waiting for my review"), waiting, reverse("reviews:list"), tone=tone)
