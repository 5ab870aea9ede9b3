"""Addresses of customers, tickets, articles, and the public pages of support and help."""

from django.urls import URLPattern, URLResolver, include, path

from backoffice.publishing import pages
from customers.models import Article
from customers.views import articles, customers, help, mail, support, tickets

customer_urls = [
    path("", customers.CustomerList.as_view(), name="list"),
    path("new/", customers.NewCustomer.as_view(), name="new"),
    path("<str:number>/", customers.CustomerRecord.as_view(), name="customer"),
    path("<str:number>/edit/", customers.EditCustomer.as_view(), name="edit"),
    path("<str:number>/note/", customers.note, name="note"),
    path("<str:number>/consent/", customers.RecordConsent.as_view(), name="consent"),
    path("<str:number>/archive/", customers.ArchiveCustomer.as_view(), name="archive"),
    path("<str:number>/restore/", customers.restore, name="restore"),
]

ticket_urls = [
    path("", tickets.TicketList.as_view(), name="list"),
    path("new/", tickets.NewTicket.as_view(), name="new"),
    path("files/<int:pk>/", tickets.attachment, name="file"),
    path("mail/", mail.IncomingMailList.as_view(), name="mails"),
    path("mail/<int:pk>/", mail.IncomingMailRecord.as_view(), name="mail"),
    path("mail/<int:pk>/raw/", mail.raw, name="mail-raw"),
    path("mail/<int:pk>/ticket/", mail.MakeTicket.as_view(), name="mail-release"),
    path("mail/<int:pk>/again/", mail.TakeInAgain.as_view(), name="mail-again"),
    path("mailboxes/", mail.MailboxList.as_view(), name="mailboxes"),
    path("mailboxes/new/", mail.NewMailbox.as_view(), name="mailbox-new"),
    path("mailboxes/<int:pk>/", mail.MailboxRecord.as_view(), name="mailbox"),
    path("mailboxes/<int:pk>/edit/", mail.EditMailbox.as_view(), name="mailbox-edit"),
    path("mailboxes/<int:pk>/fetch/", mail.FetchNow.as_view(), name="mailbox-fetch"),
    path("mailboxes/<int:pk>/test/", mail.TestConnection.as_view(), name="mailbox-test"),
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
    path("tickets/", include((ticket_urls, "tickets"))),
    path("articles/", include((article_urls, "articles"))),
    path("help/", include((help_urls, "help"))),
    path("support/", include((support_urls, "support"))),
]
