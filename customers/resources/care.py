"""What files of follow-ups and of lists of customers hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.resources import ChoiceColumn, CodeColumn, DateColumn, DateTimeColumn, EmailColumn, TextColumn
from customers.masking import PERMISSION
from customers.models import FollowUp, ListMember
from customers.services.upsert.care import upsert_follow_ups, upsert_list_members

NOT_KEPT = gettext_lazy("not kept")
CUSTOMER_HELP = gettext_lazy("Number of the customer, number elsewhere, or e-mail address.")
STATUS = {
    **dict.fromkeys(["open", "planned", "to do", "todo", "not started", "in progress", "未完成", "待办"], "open"),
    **dict.fromkeys(["done", "completed", "complete", "closed", "已完成", "完成"], "done"),
    **dict.fromkeys(["canceled", "cancelled", "deferred", "已取消"], "canceled"),
}


@resources.register
class FollowUpResource(resources.BaseResource):
    """Follow-ups: a row is about what is open for the customer in the same words, else about a new one."""

    key = "follow_ups"
    label = gettext_lazy("Follow-ups")
    permission = "customers.change_followup"
    service = staticmethod(upsert_follow_ups)
    models = (FollowUp,)
    called = ("follow", "tasks", "跟进")

    customer = CodeColumn(
        gettext_lazy("Customer"), aliases=["Customer number", "Customer email", "Related to", "Who", "客户", "客户编号"], max_length=254,
        blank="keep", required=True, help=CUSTOMER_HELP, example="jane@example.com",
    )  # fmt: skip
    what = TextColumn(
        gettext_lazy("What to do"), aliases=["Subject", "Task", "To do", "Activity", "Title", "事项", "待办事项", "跟进内容"], max_length=300,
        blank="keep", required=True, permission=PERMISSION, example="Call about the new catalogue",
    )  # fmt: skip
    due_on = DateColumn(
        gettext_lazy("Due"), aliases=["Due date", "Deadline", "到期日", "截止日期"], blank="keep",
        help=gettext_lazy("Without one it is today."), example="2026-12-01",
    )  # fmt: skip
    assignee = EmailColumn(
        gettext_lazy("Assignee"), aliases=["Assigned to", "Assignee email", "Owner", "负责人"], max_length=254, blank="keep",
        help=gettext_lazy("E-mail address of a colleague; without one it is the customer's owner, else whoever brings the file."),
    )  # fmt: skip
    status = ChoiceColumn(gettext_lazy("Status"), aliases=["State", "状态"], words=STATUS, blank="keep", example="open")
    outcome = TextColumn(
        gettext_lazy("Outcome"), aliases=["What came of it", "Result", "结果"], max_length=500, blank="keep", permission=PERMISSION,
        help=gettext_lazy("One that is done needs it."),
    )  # fmt: skip
    ended_at = DateTimeColumn(
        gettext_lazy("Ended"), aliases=["Completed at", "Completed date", "Closed at", "完成时间"], blank="keep"
    )

    ignored = dict.fromkeys(
        ["customer_name", "ticket", "planned_by", "created_at", "Priority", "Created date", "Reminder"], NOT_KEPT
    )

    def export_queryset(self, where: dict[str, str]) -> Any:
        rows = FollowUp.objects.annotate(customer_number=F("customer__number"), assignee_email=F("assignee__email"))
        return rows.filter(**{LOOKUPS.get(name, name): value for name, value in where.items()}).order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        may_see = user is None or user.has_perm(PERMISSION)
        return [column for column in FOLLOW_UPS if may_see or not column.personal]


LOOKUPS = {"customer": "customer__number__iexact", "assignee": "assignee__email__iexact"}
FOLLOW_UPS = [
    ExportColumn("customer_number", "customer"),
    ExportColumn("what", "what", personal=True),
    ExportColumn("due_on", "due_on", kind="date"),
    ExportColumn("assignee_email", "assignee"),
    ExportColumn("status", "status"),
    ExportColumn("outcome", "outcome", personal=True),
    ExportColumn("ended_at", "ended_at", kind="datetime"),
]


@resources.register
class ListMemberResource(resources.BaseResource):
    """Customers on lists; the lists themselves are made in Houtai."""

    key = "customer_lists"
    label = gettext_lazy("Lists of customers")
    permission = "customers.change_staticlist"
    service = staticmethod(upsert_list_members)
    models = (ListMember,)

    list = TextColumn(
        gettext_lazy("List"), aliases=["List name", "Static segment", "名单", "列表"], max_length=120, blank="keep", required=True,
        help=gettext_lazy("Name of a list that is there."), example="Trade fair",
    )  # fmt: skip
    customer = CodeColumn(
        gettext_lazy("Customer"), aliases=["Customer number", "Customer email", "Email", "External ID", "客户", "客户编号", "邮箱"],
        max_length=254, blank="keep", required=True, help=CUSTOMER_HELP, example="jane@example.com",
    )  # fmt: skip

    ignored = dict.fromkeys(["name", "added_by", "added_at"], NOT_KEPT)

    def export_queryset(self, where: dict[str, str]) -> Any:
        rows = ListMember.objects.filter(customer__merged_into=None)
        rows = rows.annotate(list_name=F("list__name"), customer_number=F("customer__number"))
        names = {"list": "list__name__iexact", "customer": "customer__number__iexact"}
        return rows.filter(**{names.get(name, name): value for name, value in where.items()}).order_by("list", "pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [ExportColumn("list_name", "list"), ExportColumn("customer_number", "customer")]
