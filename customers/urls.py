"""Addresses of customers, tickets, articles, and the public pages of support and help."""

from django.urls import URLPattern, URLResolver, include, path

from backoffice.publishing import pages
from customers.models import Article
from customers.views import articles, customers, help, help_centre, privacy, support, tickets

customer_urls = [
    path("", customers.CustomerList.as_view(), name="list"),
    path("new/", customers.NewCustomer.as_view(), name="new"),
    path("erasures/<str:number>/", privacy.ErasureRecord.as_view(), name="erasure"),
    path("packages/<str:number>/", privacy.PackageRecord.as_view(), name="package"),
    path("packages/<str:number>/take/", privacy.take_package, name="package-take"),
    path("<str:number>/privacy/", privacy.Privacy.as_view(), name="privacy"),
    path("<str:number>/privacy/erase/", privacy.AskForErasure.as_view(), name="erase"),
    path("<str:number>/privacy/package/", privacy.ask_for_package, name="package-new"),
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
    path("<str:number>/", tickets.TicketRecord.as_view(), name="ticket"),
    path("<str:number>/compose/", tickets.Compose.as_view(), name="compose"),
    path("<str:number>/take/", tickets.take, name="take"),
    path("<str:number>/handle/", tickets.handle, name="handle"),
    path("<str:number>/status/<slug:status>/", tickets.SetStatus.as_view(), name="status"),
]

article_urls = [
    path("", articles.ArticleList.as_view(), name="list"),
    path("new/", articles.NewArticle.as_view(), name="new"),
    path("categories/", help_centre.CategoryList.as_view(), name="categories"),
    path("categories/new/", help_centre.NewCategory.as_view(), name="category-new"),
    path("categories/<slug:slug>/", help_centre.CategoryRecord.as_view(), name="category"),
    path("categories/<slug:slug>/edit/", help_centre.EditCategory.as_view(), name="category-edit"),
    path("categories/<slug:slug>/delete/", help_centre.DeleteCategory.as_view(), name="category-delete"),
    path("vain/", help_centre.VainSearchList.as_view(), name="vain"),
    path("<slug:slug>/related/", help_centre.Related.as_view(), name="related"),
    path("<slug:slug>/", articles.ArticleRecord.as_view(), name="article"),
    path("<slug:slug>/edit/", articles.EditArticle.as_view(), name="edit"),
    *pages.urls(Article, "<slug:slug>/", slug_field="slug"),
]

help_urls = [
    path("", help.home, name="home"),
    path("suggest/", help.suggest, name="suggest"),
    path("sitemap.xml", help.sitemap, name="sitemap"),
    path("c/<slug:slug>/", help.category, name="category"),
    path("<slug:slug>/helpful/", help.helpful, name="helpful"),
    path("<slug:slug>/", help.article, name="article"),
]

support_urls = [
    path("", support.ask, name="ask"),
    path("sent/<str:signed>/", support.sent, name="sent"),
    path("t/<str:token>/", support.ticket, name="ticket"),
    path("t/<str:token>/renew/", support.renew, name="renew"),
    path("t/<str:token>/files/<int:pk>/", support.attachment, name="file"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/", include((customer_urls, "customers"))),
    path("tickets/", include((ticket_urls, "tickets"))),
    path("articles/", include((article_urls, "articles"))),
    path("help/", include((help_urls, "help"))),
    path("support/", include((support_urls, "support"))),
]
