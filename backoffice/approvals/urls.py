"""Addresses below /approvals/."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from backoffice import navigation, references
from backoffice.approvals import views
from backoffice.models import Approval

app_name = "approvals"
urlpatterns = [
    path("", views.ApprovalList.as_view(), name="approvals"),
    path("<str:number>/", views.ApprovalRecord.as_view(), name="approval"),
    path("<str:number>/approve/", views.Approve.as_view(), name="approve"),
    path("<str:number>/reject/", views.Reject.as_view(), name="reject"),
    path("<str:number>/withdraw/", views.Withdraw.as_view(), name="withdraw"),
]

navigation.register(
    "system",
    _("Approvals"),
    "approvals:approvals",
    permission="backoffice.view_approval",
    order=5,
    icon="check-circle",
)
references.register(prefix="AP", model=Approval)
