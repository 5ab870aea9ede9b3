"""Tickets made one, and parted."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from customers import forms, services
from customers.models import Message, Ticket


class Merge(generic.ActionView):
    """Asks into which ticket; `?into=#12` fills it in. Tickets of different people are merged knowingly only."""

    model = Ticket
    slug_field = "number"
    permission = "customers.change_ticket"
    form_class = forms.MergeForm
    template_name = "tickets/merge.html"
    title = gettext_lazy("Merge into another ticket")
    confirm = gettext_lazy(
        "The messages move into the other ticket, and so does what the customer still writes. It can be undone."
    )
    into: Ticket

    def get_form_kwargs(self, obj: Ticket) -> dict[str, Any]:
        return {"initial": {"into": self.request.GET.get("into", "")}, "ticket": obj, "user": self.user}

    def perform(self, obj: Ticket, fields: dict[str, Any]) -> Any:
        self.into = fields["into"]
        services.merge(obj, by=self.user, **fields)
        self.done = _("%(source)s is merged into this ticket.") % {"source": obj.number}  # type: ignore[misc]
        return obj

    def get_success_url(self, obj: Ticket) -> str:
        return self.into.get_absolute_url()


class Unmerge(generic.ActionView):
    model = Ticket
    slug_field = "number"
    permission = "customers.change_ticket"
    service = services.unmerge
    form_class = forms.ReasonForm
    title = gettext_lazy("Undo the merge")
    confirm = gettext_lazy(
        "The messages that came with it go back. What was written since then stays in the other ticket."
    )
    done = gettext_lazy("%s is a ticket of its own again.")


class Split(generic.ActionView):
    model = Ticket
    slug_field = "number"
    permission = ("customers.change_ticket", "customers.view_message")
    form_class = forms.SplitForm
    template_name = "tickets/split.html"
    title = gettext_lazy("Split")
    confirm = gettext_lazy("Choose the messages that become a ticket of their own.")
    new: Ticket

    def get_form_kwargs(self, obj: Ticket) -> dict[str, Any]:
        thread = (
            Message.objects.visible_to(self.user)
            .filter(ticket=obj)
            .select_related("author")
            .order_by("created_at", "pk")
        )
        return {"thread": list(thread), "initial": {"subject": "" if obj.is_masked else obj.subject}}

    def perform(self, obj: Ticket, fields: dict[str, Any]) -> Any:
        self.new = services.split(obj, by=self.user, **fields)
        self.done = _("Split from %(ticket)s.") % {"ticket": obj.number}  # type: ignore[misc]
        return obj

    def get_success_url(self, obj: Ticket) -> str:
        return self.new.get_absolute_url()
