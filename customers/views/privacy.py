"""What is held about a customer: the data package, the preview of an erasure, and its record."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.base import error_texts
from customers import forms, services
from customers.models import Customer, DataPackage, Erasure

PACKAGES = ("customers.add_datapackage", "customers.view_personal_data")


class Privacy(generic.RecordPage):
    """Everything held about a customer by class, with what an erasure would do."""

    model = Customer
    slug_field = "number"
    permission = "customers.erase_customer"
    list_url = "customers:list"
    template_name = "customers/privacy.html"

    def get_title(self) -> str:
        return _("Privacy: %(number)s") % {"number": self.object.number}

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        customer, user = self.object, self.request.user
        return super().get_context_data(
            preview=services.preview_erasure(customer),
            packages=list(DataPackage.objects.visible_to(user).filter(customer=customer)[:10]),
            erasures=list(Erasure.objects.visible_to(user).filter(customer=customer)),
            may_package=user.has_perms(PACKAGES),  # type: ignore[union-attr]
            **extra,
        )

    def get_actions(self) -> list[generic.Action]:
        if self.object.status == Customer.Status.ERASED:
            return []
        link = reverse("customers:erase", args=[self.object.number])
        return [generic.Action(_("Ask for erasure"), link, method="get", danger=True, icon="trash")]


class AskForErasure(generic.ActionView):
    model = Customer
    slug_field = "number"
    permission = "customers.erase_customer"
    service = services.request_erasure
    form_class = forms.ReasonForm
    title = gettext_lazy("Ask for erasure")
    confirm = gettext_lazy(
        "Somebody else approves it. Then the data are erased at once, and nobody can bring them back."
    )
    done = gettext_lazy("%s waits for the approval of somebody else.")
    danger = True


class ErasureRecord(generic.RecordPage):
    model = Erasure
    slug_field = "number"
    permission = "customers.view_erasure"
    list_url = "customers:list"
    template_name = "customers/erasure.html"
    facts = [
        generic.Column("customer", get=lambda erasure: erasure.customer.number),
        generic.Column("at", kind="datetime"),
        generic.Column("erased_by", gettext_lazy("By")),
        generic.Column("approval"),
        generic.Column("reason"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("customer", "erased_by")

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(
            result=services.told_result(self.object), retained=list(self.object.retained.all()[:100]), **extra
        )


class PackageRecord(generic.RecordPage):
    """The package as a page for reading and printing."""

    model = DataPackage
    slug_field = "number"
    permission = PACKAGES
    list_url = "customers:list"
    template_name = "customers/package.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("customer")

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        told = services.read_package(self.object) if self.object.file else None
        return super().get_context_data(told=told, **extra)


@require_POST
@permission_required(PACKAGES, raise_exception=True)
def ask_for_package(request: HttpRequest, number: str) -> HttpResponseBase:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), number=number)
    back = reverse("customers:privacy", args=[number])
    return generic.act(
        request, services.ask_for_package, customer, done=_("The package is being made; it will stand here."), back=back
    )


@require_POST
@permission_required(PACKAGES, raise_exception=True)
def take_package(request: HttpRequest, number: str) -> HttpResponseBase:
    package = get_object_or_404(DataPackage.objects.visible_to(request.user), number=number)
    try:
        file = services.take_package(package, by=request.user)
    except ValidationError as error:
        for text in error_texts(error):
            messages.error(request, text)
        return redirect(package)
    return FileResponse(file, as_attachment=True, filename=f"{package.number}.json", content_type="application/json")
