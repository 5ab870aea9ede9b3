"""Refunds that are asked for, granted and executed."""

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice import generic
from backoffice.generic import Badge
from backoffice.templatetags.houtai import tone_of
from orders import forms, forms_money, services
from orders.filters import RefundFilter
from orders.forms import method_name
from orders.models import RefundGrant
from orders.views.records import Offer, always, offered
from orders.views.timeline import Timeline

Status = RefundGrant.Status


def method_of(grant: RefundGrant) -> str:
    return method_name(grant.method)


class RefundList(generic.ListPage):
    model = RefundGrant
    key = "refunds"
    title = gettext_lazy("Refunds")
    permission = "orders.view_refundgrant"
    filterset_class = RefundFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("status", kind="badge"),
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("order.customer_name", gettext_lazy("Customer"), permission="customers.view_personal_data"),
        generic.Column("amount", kind="money", currency="order.currency"),
        generic.Column("method", get=method_of),
        generic.Column("reason"),
        generic.Column("asked_by", gettext_lazy("Asked for by"), sql=generic.named("asked_by")),
        generic.Column("asked_at", kind="relative"),
        generic.Column("granted_by", gettext_lazy("Granted by"), sql=generic.named("granted_by")),
        generic.Column("ended_at", kind="relative"),
        generic.Column("approval", link="approval", sql=F("approval__number")),
    ]
    default_columns = [
        "number",
        "status",
        "order.number",
        "order.customer_name",
        "amount",
        "method",
        "reason",
        "asked_by",
        "asked_at",
    ]
    ordering = {"newest": ("-asked_at", "-pk"), "oldest": ("asked_at", "pk")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        generic.Tab(gettext_lazy("To approve"), "status=asked&sort=oldest"),
        generic.Tab(gettext_lazy("To execute"), "status=granted&sort=oldest"),
        generic.Tab(gettext_lazy("Failed"), "status=failed"),
    ]
    bulk_actions = [
        generic.BulkAction(
            "execute",
            gettext_lazy("Mark as sent"),
            services.execute_refund,
            permission="orders.execute_refund",
            confirm=gettext_lazy("The money has left, and customers get a mail."),
        )
    ]
    empty_title = gettext_lazy("No refunds yet")
    empty_text = gettext_lazy("A refund is granted on the page of an order that was paid.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order", "asked_by", "granted_by", "approval")


GRANT_OFFERS = [
    Offer("execute", gettext_lazy("Mark as sent"), "orders.execute_refund", lambda p: p.object.status == Status.GRANTED, always, icon="check"),
    Offer("fail", gettext_lazy("Mark as failed"), "orders.execute_refund", lambda p: p.object.status == Status.GRANTED, icon="x", danger=True),
]  # fmt: skip


class RefundRecord(Timeline, generic.RecordPage):
    model = RefundGrant
    permission = "orders.view_refundgrant"
    slug_field = "number"
    list_url = "orders:refunds"
    list_page = RefundList
    facts = [
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("amount", kind="money", currency="order.currency"),
        generic.Column("method", get=method_of),
        generic.Column("reason"),
        generic.Column("order_return", link="order_return"),
        generic.Column("asked_by", gettext_lazy("Asked for by")),
        generic.Column("asked_at", kind="datetime"),
        generic.Column("approval", link="approval"),
        generic.Column("granted_by", gettext_lazy("Granted by")),
        generic.Column("granted_at", kind="datetime"),
        generic.Column("ended_by"),
        generic.Column("ended_at", kind="datetime"),
        generic.Column("failure"),
    ]

    def get_queryset(self) -> QuerySet:
        names = ("order", "order_return", "approval", "asked_by", "granted_by", "ended_by")
        return super().get_queryset().select_related(*names)

    def get_badges(self) -> list[Badge]:
        return [Badge(self.object.get_status_display(), tone_of(self.object.status))]

    def get_actions(self) -> list[generic.Action]:
        actions = offered(self, GRANT_OFFERS, "refund-")
        if self.object.status == Status.ASKED and generic.may(self.request.user, "backoffice.view_approval"):
            url = self.object.approval.get_absolute_url()
            actions.append(
                generic.Action(_("Go to the approval"), url, method="get", primary=True, icon="check-circle")
            )
        return actions


class RefundAction(generic.ActionView):
    model = RefundGrant
    slug_field = "number"
    permission = "orders.execute_refund"


class Execute(RefundAction):
    form_class = forms_money.ExecuteForm
    service = services.execute_refund
    title = gettext_lazy("Mark as sent")
    confirm = gettext_lazy("The money has left, and the customer gets a mail.")
    done = gettext_lazy("%s is executed.")


class Fail(RefundAction):
    form_class = forms.ReasonForm
    service = services.fail_refund
    title = gettext_lazy("Mark as failed")
    confirm = gettext_lazy("The money was not sent. It can be granted anew.")
    done = gettext_lazy("%s has failed.")
    danger = True
