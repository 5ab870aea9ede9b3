"""Addresses of customers, tickets, articles, and the public pages of support and help."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from backoffice import robots
from backoffice.publishing import pages
from customers.models import Article
from customers.reports.pages import REPORTS, ServiceIndex
from customers.views import (
    agents,
    articles,
    custom,
    customers,
    disputes,
    followups,
    help,
    help_centre,
    lists,
    mail,
    merging,
    ownership,
    privacy,
    promises,
    rating,
    segments,
    support,
    tickets,
    timeline,
)

customer_urls = [
    path("", customers.CustomerList.as_view(), name="list"),
    path("new/", customers.NewCustomer.as_view(), name="new"),
    path("erasures/<str:number>/", privacy.ErasureRecord.as_view(), name="erasure"),
    path("packages/<str:number>/", privacy.PackageRecord.as_view(), name="package"),
    path("packages/<str:number>/take/", privacy.take_package, name="package-take"),
    path("<str:number>/privacy/", privacy.Privacy.as_view(), name="privacy"),
    path("<str:number>/privacy/erase/", privacy.AskForErasure.as_view(), name="erase"),
    path("<str:number>/privacy/package/", privacy.ask_for_package, name="package-new"),
    path("segments/", segments.Overview.as_view(), name="segments"),
    path("segments/limits/", segments.Limits.as_view(), name="segment_limits"),
    path("segments/work-out/", segments.work_out, name="segments_work_out"),
    path("notes/<int:pk>/edit/", followups.EditNote.as_view(), name="note_edit"),
    path("notes/<int:pk>/pin/", followups.pin, name="note_pin"),
    path("fields/", custom.FieldList.as_view(), name="fields"),
    path("fields/new/", custom.NewField.as_view(), name="field_new"),
    path("fields/<int:pk>/", custom.FieldRecord.as_view(), name="field"),
    path("fields/<int:pk>/edit/", custom.EditField.as_view(), name="field_edit"),
    path("fields/<int:pk>/archive/", custom.ArchiveField.as_view(), name="field_archive"),
    path("fields/<int:pk>/restore/", custom.restore, name="field_restore"),
    path("fields/<int:pk>/move/<slug:way>/", custom.move, name="field_move"),
    path("lists/", lists.StaticLists.as_view(), name="lists"),
    path("lists/new/", lists.NewList.as_view(), name="list_new"),
    path("lists/<int:pk>/", lists.StaticListRecord.as_view(), name="static_list"),
    path("lists/<int:pk>/edit/", lists.EditList.as_view(), name="list_edit"),
    path("lists/<int:pk>/delete/", lists.DeleteList.as_view(), name="list_delete"),
    path("pool/", ownership.Pool.as_view(), name="pool"),
    path("pool/rules/", ownership.Rules.as_view(), name="rules"),
    path("mine/", ownership.MyCustomers.as_view(), name="mine"),
    path("merges/<int:pk>/undo/", merging.UndoMerge.as_view(), name="unmerge"),
    path("<str:number>/", customers.CustomerRecord.as_view(), name="customer"),
    path("<str:number>/edit/", customers.EditCustomer.as_view(), name="edit"),
    path("<str:number>/timeline/", timeline.CustomerTimeline.as_view(), name="timeline"),
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
    path("files/<int:pk>/picture/", tickets.picture, name="picture"),
    path("messages/", tickets.MessageList.as_view(), name="messages"),
    path("queues/", tickets.QueuesPage.as_view(), name="queues"),
    path("macros/", tickets.MacroList.as_view(), name="macros"),
    path("macros/new/", tickets.NewMacro.as_view(), name="macro_new"),
    path("macros/<int:pk>/", tickets.MacroRecord.as_view(), name="macro"),
    path("macros/<int:pk>/edit/", tickets.EditMacro.as_view(), name="macro_edit"),
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
    path("<str:number>/compose/macro/<int:pk>/", tickets.macro_text, name="macro_text"),
    path("<str:number>/compose/undo/<int:pk>/", tickets.take_back, name="take_back"),
    path("<str:number>/draft/", tickets.draft, name="draft"),
    path("<str:number>/watch/", tickets.watch, name="watch"),
    path("<str:number>/subject/", tickets.Rename.as_view(), name="rename"),
    path("<str:number>/merge/", tickets.Merge.as_view(), name="merge"),
    path("<str:number>/unmerge/", tickets.Unmerge.as_view(), name="unmerge"),
    path("<str:number>/split/", tickets.Split.as_view(), name="split"),
    path("<str:number>/take/", tickets.take, name="take"),
    path("<str:number>/handle/", tickets.handle, name="handle"),
    path("<str:number>/status/<slug:status>/", tickets.SetStatus.as_view(), name="status"),
]

promise_urls = [
    path("satisfaction/", agents.Satisfaction.as_view(), name="satisfaction"),
    path("calendars/", promises.CalendarList.as_view(), name="calendars"),
    path("calendars/new/", promises.CalendarNew.as_view(), name="calendar_new"),
    path("calendars/<int:pk>/", promises.CalendarRecord.as_view(), name="calendar"),
    path("calendars/<int:pk>/edit/", promises.CalendarEdit.as_view(), name="calendar_edit"),
    path("policies/", promises.PolicyList.as_view(), name="policies"),
    path("policies/new/", promises.PolicyNew.as_view(), name="policy_new"),
    path("policies/<int:pk>/", promises.PolicyRecord.as_view(), name="policy"),
    path("policies/<int:pk>/edit/", promises.PolicyEdit.as_view(), name="policy_edit"),
    path("agents/", agents.AgentList.as_view(), name="agents"),
    path("agents/new/", agents.AgentNew.as_view(), name="agent_new"),
    path("agents/<int:pk>/", agents.AgentRecord.as_view(), name="agent"),
    path("agents/<int:pk>/edit/", agents.AgentEdit.as_view(), name="agent_edit"),
    path("agents/<int:pk>/away/", agents.AgentAway.as_view(), name="agent_away"),
    path("agents/<int:pk>/back/", agents.agent_back, name="agent_back"),
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
    path("satisfaction/<str:signed>/", rating.satisfaction, name="satisfaction"),
    path("t/<str:token>/", support.ticket, name="ticket"),
    path("t/<str:token>/renew/", support.renew, name="renew"),
    path("t/<str:token>/files/<int:pk>/", support.attachment, name="file"),
]

robots.allow("/help/", sitemap="help:sitemap")
robots.allow("/support/$")

service_urls = [
    path("", ServiceIndex.as_view(), name="index"),
    *(path(f"{name}/", view.as_view(), name=name) for name, view, _text in REPORTS),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("duplicates/", include((duplicate_urls, "duplicates"))),
    path("disputes/", include((dispute_urls, "disputes"))),
    *(
        path(f"customers/{name}/{rest}", RedirectView.as_view(url=f"/{name}/{to}", query_string=True, permanent=True))
        for name in ("duplicates", "disputes")
        for rest, to in (("", ""), ("<path:rest>", "%(rest)s"))
    ),
    path("customers/", include((customer_urls, "customers"))),
    path("tickets/", include((promise_urls, "promises"))),
    path("follow-ups/", include((followup_urls, "followups"))),
    path("tickets/", include((ticket_urls, "tickets"))),
    path("articles/", include((article_urls, "articles"))),
    path("help/", include((help_urls, "help"))),
    path("reports/service/", include((service_urls, "service"))),
    path("support/", include((support_urls, "support"))),
]
