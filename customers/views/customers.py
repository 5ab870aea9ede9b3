"""Pages of customers."""

from collections.abc import Sequence
from copy import copy
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.forms import formset_summary
from backoffice.generic.records import TIMELINE_LENGTH, event_moment
from backoffice.models import AuditEvent
from customers import forms, services
from customers.filters import CustomerFilter
from customers.filters_custom import fields_for
from customers.models import Address, ContactPoint, Customer
from customers.services import segments
from customers.services.custom import FIELD
from customers.services.lists import add_to_list, take_off_list
from customers.views import custom, segment_columns, surroundings
from customers.views.merging import MERGE
from customers.views.ownership import ownership_actions
from customers.views.timeline import moments

EDIT = ("customers.change_customer", "customers.view_personal_data")


def primary_contact(kind: str) -> Subquery:
    """The contact of `kind` that a customer prefers."""
    live = ContactPoint.objects.filter(customer=OuterRef("pk"), kind=kind, ended_at=None)
    return Subquery(live.order_by("-is_primary", "pk").values("raw")[:1])


def tags_of(customer: Customer) -> str:
    return ", ".join(customer.tags)


class CustomerList(generic.ListPage):
    model = Customer
    key = "customers"
    permission = "customers.view_customer"
    filterset_class = CustomerFilter
    columns = [
        generic.Column("name", link=True),
        generic.Column("number"),
        generic.Column("company"),
        generic.Column("email", gettext_lazy("E-mail")),
        generic.Column("phone", gettext_lazy("Phone")),
        generic.Column("kind"),
        generic.Column("tags", get=tags_of, sql=generic.joined("tags")),
        generic.Column("price_group"),
        generic.Column("owner", pgettext_lazy("of a customer", "Owner"), sql=generic.named("owner")),
        generic.Column("status", kind="badge"),
        generic.Column("created_at", kind="date"),
        *segment_columns.COLUMNS,
    ]
    default_columns = [
        "name",
        "number",
        "company",
        "email",
        "lifecycle",
        "abc",
        "tags",
        "owner",
        "status",
        "created_at",
    ]
    ordering = {
        "newest": ("-created_at", "-id"),
        "oldest": ("created_at", "id"),
        "name": ("name", "id"),
        "-name": ("-name", "-id"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Active"), "status=active"),
        generic.Tab(gettext_lazy("Companies"), "kind=company"),
        generic.Tab(gettext_lazy("Mine"), "held=mine"),
        generic.Tab(gettext_lazy("Archived"), "status=archived"),
        *(generic.Tab(label, query) for label, query in segments.WORKLISTS),
    ]
    bulk_actions = [
        generic.BulkAction(
            "tag",
            gettext_lazy("Add tags"),
            services.add_tags,
            permission="customers.change_customer",
            form_class=forms.TagsForm,
            batch=True,
        ),
        generic.BulkAction(
            "follow_up",
            gettext_lazy("Follow up today"),
            services.follow_up_today,
            permission="customers.add_followup",
            batch=True,
        ),
        generic.BulkAction(
            "plan",
            gettext_lazy("Plan follow-ups"),
            services.plan_follow_ups,
            permission="customers.add_followup",
            form_class=forms.PlanForm,
            batch=True,
            is_rare=True,
        ),
        generic.BulkAction(
            "to_list",
            gettext_lazy("Add to a list"),
            add_to_list,
            permission="customers.change_staticlist",
            form_class=forms.AddToListForm,
            batch=True,
            is_rare=True,
        ),
        generic.BulkAction(
            "off_list",
            gettext_lazy("Take off a list"),
            take_off_list,
            permission="customers.change_staticlist",
            form_class=forms.TakeOffListForm,
            batch=True,
            is_rare=True,
        ),
    ]
    create_url = "customers:new"
    create_permission = "customers.add_customer"
    imported_as = "customers"
    empty_title = gettext_lazy("No customers yet")
    empty_text = gettext_lazy("Customers come by orders, tickets and imports, or are created here.")

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset().select_related("owner", "segment")
        return rows.annotate(
            email=primary_contact(ContactPoint.Kind.EMAIL),
            phone=primary_contact(ContactPoint.Kind.PHONE),
            planned=segment_columns.planned(),
        )

    def get_columns(self) -> Sequence[generic.Column]:
        """With one for each custom field."""
        return [*super().get_columns(), *custom.columns_of(fields_for(self.request))]


class CustomerRecord(generic.RecordPage):
    model = Customer
    permission = "customers.view_customer"
    slug_field = "number"
    list_url = "customers:list"
    list_page = CustomerList
    template_name = "customers/customer_record.html"
    facts = [
        generic.Column("number"),
        generic.Column("kind"),
        generic.Column("company"),
        generic.Column("external_id"),
        generic.Column("tax_id"),
        generic.Column("language"),
        generic.Column("owner", pgettext_lazy("of a customer", "Owner")),
        generic.Column("price_group"),
        generic.Column("tax_exempt"),
        generic.Column("created_at", kind="datetime"),
        generic.Column("note"),
    ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The number of a merged customer leads on to the survivor."""
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            survivor = Customer.objects.visible_to(request.user).survivor_of(kwargs["number"])
            if survivor is None:
                raise
            return redirect(survivor)

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset().select_related("owner", "segment")
        return rows.annotate(on_lists=surroundings.lists_of(self.request.user))

    def get_facts(self) -> list[generic.Fact]:
        return [*super().get_facts(), *custom.facts_of(self.object)]

    def get_actions(self) -> list[generic.Action]:
        customer, may = self.object, self.request.user.has_perms  # type: ignore[union-attr]
        actions = []
        if customer.status == Customer.Status.ERASED:
            return self._privacy_action() if may(["customers.erase_customer"]) else []
        if may(EDIT):
            link = reverse("customers:edit", args=[customer.number])
            actions.append(generic.Action(_("Edit"), link, method="get", primary=True, icon="edit"))
        if may(["customers.change_customer"]):
            actions += [
                generic.Action(
                    _("Record consent"),
                    reverse("customers:consent", args=[customer.number]),
                    method="get",
                    icon="check",
                ),
                self._archive_action(),
            ]
        if may(MERGE):
            link = reverse("customers:merge", args=[customer.number])
            actions.append(generic.Action(_("Merge with another"), link, method="get", icon="merge"))
        actions += ownership_actions(self.request.user, customer)
        return [*actions, *self._privacy_action()] if may(["customers.erase_customer"]) else actions

    def _privacy_action(self) -> list[generic.Action]:
        link = reverse("customers:privacy", args=[self.object.number])
        return [generic.Action(_("Privacy"), link, method="get", icon="shield")]

    def _archive_action(self) -> generic.Action:
        if self.object.status == Customer.Status.ARCHIVED:
            return generic.Action(_("Bring back"), reverse("customers:restore", args=[self.object.number]), icon="undo")
        link = reverse("customers:archive", args=[self.object.number])
        return generic.Action(_("Archive"), link, method="get", icon="folder", danger=True)

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        user, customer = self.request.user, self.object
        contacts = ContactPoint.objects.visible_to(user).filter(customer=customer)
        return super().get_context_data(
            contacts=list(contacts.order_by("-ended_at", "kind", "-is_primary", "pk")),
            addresses=list(Address.objects.visible_to(user).filter(customer=customer)),
            may_note=user.has_perm("customers.change_customer") and customer.status != Customer.Status.ERASED,
            new_ticket_url=self._new_ticket_url(),
            **surroundings.of(user, customer),
            **extra,
        )

    def _new_ticket_url(self) -> str:
        allowed = self.request.user.has_perm("customers.add_ticket") and self.object.status != Customer.Status.ERASED
        return f"{reverse('tickets:new')}?customer=%23{self.object.pk}" if allowed else ""

    def get_moments(self) -> list[generic.Moment]:
        """What was written of those who became part of the customer."""
        gone = Customer.objects.absorbed_by(self.object).order_by().values("pk")
        events = AuditEvent.objects.filter(subject_type=Customer._meta.label_lower, subject_id__in=gone)
        return [event_moment(event) for event in events.select_related("actor")[:TIMELINE_LENGTH]]

    @cached_property
    def timeline(self) -> list[generic.Moment]:
        """What happened last, across modules; all of it has a page of its own."""
        return moments(self.request.user, self.object)[0]


class CustomerForm(generic.FormPage):
    """Create or edit a customer with contacts and addresses."""

    model = Customer
    form_class = forms.CustomerForm
    slug_field = "number"
    service = services.save_customer
    template_name = "customers/customer_form.html"
    done = gettext_lazy("%s saved.")
    addresses: Any = None

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        live = self.object.contacts.filter(ended_at=None) if self.object else []
        initial = [
            {"key": c.pk, "kind": c.kind, "value": c.raw, "label": c.label, "is_primary": c.is_primary} for c in live
        ]
        stored = self.object.addresses.all() if self.object else []
        rows = [{"key": a.pk, **{name: getattr(a, name) for name in services.ADDRESS_FIELDS}} for a in stored]
        self.addresses = forms.AddressFormSet(data, prefix="addresses", initial=rows)
        return forms.ContactFormSet(data, prefix="contacts", initial=initial)

    def prepared_formset(self, data: Any = None, files: Any = None) -> Any:
        """The contacts; they are right only together with the addresses."""
        contacts = super().prepared_formset(data, files)
        if data is not None and not self.addresses.is_valid():
            contacts.is_valid = lambda: False
        return contacts

    def groups(self, form: Any) -> list[tuple[str, list[Any]]]:
        """Custom fields stand together."""
        plain = [
            (title, [one for one in fields if not one.name.startswith(FIELD)]) for title, fields in super().groups(form)
        ]
        asked = [form[name] for name in form.fields if name.startswith(FIELD)]
        return [*plain, (_("Custom fields"), asked)] if asked else plain

    @property
    def formsets(self) -> list[Any]:
        return [self.formset, self.addresses] if self.formset is not None else []

    def perform(self, form: Any) -> Customer:
        fields = form.parted(form.cleaned_data)
        fields["contacts"] = [forms.ContactForm.data_of(row) for row in self.formset.filled()]
        fields["addresses"] = [
            services.AddressData({name: row[name] for name in services.ADDRESS_FIELDS}, pk=row.get("key"))
            for row in self.addresses.filled()
        ]
        return services.save_customer(self.object, by=self.request.user, **fields)

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        context = super().get_context_data(form, addresses=self.addresses, **extra)
        context["summary"] += formset_summary(self.addresses)
        return context

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form writes into a copy, so that a refusal leaves the record on the page as it is stored."""
        return {**super().get_form_kwargs(), "instance": copy(self.object), "user": self.request.user}


class NewCustomer(CustomerForm):
    """Who looks like somebody known is shown with them first; "somebody else" saves all the same."""

    permission = "customers.add_customer"
    look_alikes: Sequence[services.LookAlike] = ()

    def perform(self, form: Any) -> Customer:
        customer = super().perform(form)
        if not self.request.POST.get("somebody_else"):
            self.look_alikes = self._look_alikes(form, customer)
            if self.look_alikes:
                raise ValidationError(_("This may be a customer you have already: see below."), code="looks_alike")
        return customer

    def _look_alikes(self, form: Any, customer: Customer) -> list[services.LookAlike]:
        fields = form.cleaned_data
        return services.look_alikes(
            name=fields["name"],
            company=fields["company"],
            tax_id=fields["tax_id"],
            contacts=[forms.ContactForm.data_of(row) for row in self.formset.filled()],
            postal_codes=[row["postal_code"] for row in self.addresses.filled() if row["postal_code"]],
            apart=customer,
        )

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        """Names of those whom the reader may not see in full are masked."""
        seen = Customer.objects.visible_to(self.request.user).in_bulk([one.customer.pk for one in self.look_alikes])
        shown = [(seen.get(one.customer.pk), one) for one in self.look_alikes]
        return super().get_context_data(form, look_alikes=shown, **extra)


class EditCustomer(CustomerForm):
    permission = EDIT
    reason = True


class ArchiveCustomer(generic.ActionView):
    model = Customer
    slug_field = "number"
    permission = "customers.change_customer"
    service = services.archive_customer
    form_class = forms.ReasonForm
    title = gettext_lazy("Archive")
    confirm = gettext_lazy(
        "The customer leaves the working lists. Orders and tickets stay, and you can bring the customer back."
    )
    done = gettext_lazy("%s archived.")
    danger = True


class RecordConsent(generic.ActionView):
    model = Customer
    slug_field = "number"
    permission = "customers.change_customer"
    service = services.record_consent
    form_class = forms.ConsentForm
    title = gettext_lazy("Record consent")
    confirm = gettext_lazy("Entries are kept for good; the latest one of a channel and purpose governs.")
    done = gettext_lazy("Recorded.")


def _customer(request: HttpRequest, number: str) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(request.user), number=number)


@require_POST
@permission_required("customers.change_customer", raise_exception=True)
def restore(request: HttpRequest, number: str) -> HttpResponse:
    customer = _customer(request, number)
    return generic.act(request, services.restore_customer, customer, done=_("%s is active again."))


@require_POST
@permission_required("customers.change_customer", raise_exception=True)
def note(request: HttpRequest, number: str) -> HttpResponse:
    customer = _customer(request, number)
    text = request.POST.get("note", "")[:2000]
    return generic.act(request, services.add_note, customer, done=_("Note kept."), note=text)
