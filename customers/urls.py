"""Addresses of customers, tickets, articles, and the public pages of support and help."""

from django.urls import URLPattern, URLResolver, include, path

from backoffice.publishing import pages
from customers.models import Article
from customers.views import articles, customers, disputes, help, merging, ownership, support, tickets

customer_urls = [
    path("", customers.CustomerList.as_view(), name="list"),
    path("new/", customers.NewCustomer.as_view(), name="new"),
    path("pool/", ownership.Pool.as_view(), name="pool"),
    path("mine/", ownership.MyCustomers.as_view(), name="mine"),
    path("merges/<int:pk>/undo/", merging.UndoMerge.as_view(), name="unmerge"),
    path("<str:number>/", customers.CustomerRecord.as_view(), name="customer"),
    path("<str:number>/edit/", customers.EditCustomer.as_view(), name="edit"),
    path("<str:number>/note/", customers.note, name="note"),
    path("<str:number>/consent/", customers.RecordConsent.as_view(), name="consent"),
    path("<str:number>/archive/", customers.ArchiveCustomer.as_view(), name="archive"),
    path("<str:number>/restore/", customers.restore, name="restore"),
    path("<str:number>/claim/", ownership.claim, name="claim"),
    path("<str:number>/release/", ownership.ReleaseCustomer.as_view(), name="release"),
    path("<str:number>/give/", ownership.GiveCustomer.as_view(), name="give"),
    path("<str:number>/dispute/", ownership.DisputeOwner.as_view(), name="dispute"),
    path("<str:number>/merge/", merging.MergeCustomers.as_view(), name="merge"),
]

duplicate_urls = [
    path("", merging.PairList.as_view(), name="list"),
    path("<int:pk>/", merging.PairRecord.as_view(), name="pair"),
    path("<int:pk>/dismiss/", merging.dismiss, name="dismiss"),
]

dispute_urls = [
    path("", disputes.DisputeList.as_view(), name="list"),
    path("<str:number>/", disputes.DisputeRecord.as_view(), name="dispute"),
    path("<str:number>/answer/", disputes.Answer.as_view(), name="answer"),
    path("<str:number>/decide/", disputes.Decide.as_view(), name="decide"),
    path("<str:number>/appeal/", disputes.Appeal.as_view(), name="appeal"),
    path("<str:number>/appeal/decide/", disputes.DecideAppeal.as_view(), name="decide-appeal"),
    path("<str:number>/withdraw/", disputes.withdraw, name="withdraw"),
    path("<str:number>/files/<int:pk>/", disputes.evidence, name="file"),
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
    path("customers/duplicates/", include((duplicate_urls, "duplicates"))),
    path("customers/disputes/", include((dispute_urls, "disputes"))),
    path("customers/", include((customer_urls, "customers"))),
    path("tickets/", include((ticket_urls, "tickets"))),
    path("articles/", include((article_urls, "articles"))),
    path("help/", include((help_urls, "help"))),
    path("support/", include((support_urls, "support"))),
]
