"""Addresses of customers, tickets, articles, and the public pages of support and help."""

from django.urls import URLPattern, URLResolver, include, path

from backoffice.publishing import pages
from customers.models import Article
from customers.views import articles, customers, followups, help, segments, support, tickets, timeline

customer_urls = [
    path("", customers.CustomerList.as_view(), name="list"),
    path("new/", customers.NewCustomer.as_view(), name="new"),
    path("segments/", segments.Overview.as_view(), name="segments"),
    path("segments/limits/", segments.Limits.as_view(), name="segment_limits"),
    path("segments/work-out/", segments.work_out, name="segments_work_out"),
    path("notes/<int:pk>/edit/", followups.EditNote.as_view(), name="note_edit"),
    path("notes/<int:pk>/pin/", followups.pin, name="note_pin"),
    path("<str:number>/", customers.CustomerRecord.as_view(), name="customer"),
    path("<str:number>/edit/", customers.EditCustomer.as_view(), name="edit"),
    path("<str:number>/timeline/", timeline.CustomerTimeline.as_view(), name="timeline"),
    path("<str:number>/note/", customers.note, name="note"),
    path("<str:number>/consent/", customers.RecordConsent.as_view(), name="consent"),
    path("<str:number>/archive/", customers.ArchiveCustomer.as_view(), name="archive"),
    path("<str:number>/restore/", customers.restore, name="restore"),
]

followup_urls = [
    path("", followups.FollowUpList.as_view(), name="list"),
    path("new/", followups.NewFollowUp.as_view(), name="new"),
    path("<int:pk>/", followups.FollowUpRecord.as_view(), name="followup"),
    path("<int:pk>/edit/", followups.EditFollowUp.as_view(), name="edit"),
    path("<int:pk>/done/", followups.CompleteFollowUp.as_view(), name="done"),
    path("<int:pk>/cancel/", followups.CancelFollowUp.as_view(), name="cancel"),
]

ticket_urls = [
    path("", tickets.TicketList.as_view(), name="list"),
    path("new/", tickets.NewTicket.as_view(), name="new"),
    path("files/<int:pk>/", tickets.attachment, name="file"),
    path("<str:number>/", tickets.TicketRecord.as_view(), name="ticket"),
    path("<str:number>/compose/", tickets.Compose.as_view(), name="compose"),
    path("<str:number>/take/", tickets.take, name="take"),
    path("<str:number>/handle/", tickets.handle, name="handle"),
    path("<str:number>/status/<slug:status>/", tickets.SetStatus.as_view(), name="status"),
]

article_urls = [
    path("", articles.ArticleList.as_view(), name="list"),
    path("new/", articles.NewArticle.as_view(), name="new"),
    path("<slug:slug>/", articles.ArticleRecord.as_view(), name="article"),
    path("<slug:slug>/edit/", articles.EditArticle.as_view(), name="edit"),
    *pages.urls(Article, "<slug:slug>/", slug_field="slug"),
]

help_urls = [
    path("", help.home, name="home"),
    path("<slug:slug>/", help.article, name="article"),
]

support_urls = [
    path("", support.ask, name="ask"),
    path("sent/<str:signed>/", support.sent, name="sent"),
    path("t/<str:token>/", support.ticket, name="ticket"),
    path("t/<str:token>/files/<int:pk>/", support.attachment, name="file"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/", include((customer_urls, "customers"))),
    path("follow-ups/", include((followup_urls, "followups"))),
    path("tickets/", include((ticket_urls, "tickets"))),
    path("articles/", include((article_urls, "articles"))),
    path("help/", include((help_urls, "help"))),
    path("support/", include((support_urls, "support"))),
]
