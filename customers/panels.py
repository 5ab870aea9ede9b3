"""Panels on the pages of customers."""

from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from backoffice import panels
from backoffice.references import linked
from backoffice.templatetags.houtai import badge, relative_time
from customers import services
from customers.models import CustomerMerge, Ownership, Ticket


@panels.register("customers.customer", order=20, permission="customers.view_ticket")
def tickets_panel(user: Any, customer: Any) -> panels.Panel:
    """The newest tickets of a customer."""
    rows = Ticket.objects.visible_to(user).filter(customer=customer)[:10]
    return panels.Panel(
        title=_("Tickets"),
        columns=[_("Ticket"), _("Subject"), _("Status"), _("Last message")],
        rows=[
            [
                (ticket.number, ticket.get_absolute_url()),
                ticket.subject,
                badge(ticket.get_status_display(), ticket.status),
                relative_time(ticket.last_message_at),
            ]
            for ticket in rows
        ],
        empty=_("This customer has asked nothing yet."),
        url=f"{reverse('tickets:list')}?customer=%23{customer.pk}",
    )


@panels.register("customers.ticket", order=60, permission="customers.view_article")
def articles_panel(user: Any, ticket: Any) -> panels.Panel | None:
    """Public articles that may answer the ticket, by its subject and the customer's latest message (`words`, annotated by the page), to be put into the answer."""
    found = services.suggested_articles(f"{ticket.subject} {getattr(ticket, 'words', None) or ''}")
    if not found:
        return None
    rows = [(article, services.citation(article, ticket.language)) for article in found]
    return panels.Panel(title=_("Articles that may answer it"), template="help/_panel.html", context={"rows": rows})


@panels.register("customers.ticket", order=5, permission="customers.view_ticket")
def suppressed_panel(user: Any, ticket: Any) -> panels.Panel | None:
    """Says why a ticket has no customer where the data of whoever asks were erased before."""
    if ticket.customer_id or not ticket.requester_email or getattr(ticket, "is_masked", False):
        return None
    found = services.suppression_of(ticket.requester_email)
    if found is None:
        return None
    return panels.Panel(title=_("Erased before"), template="customers/_suppressed.html", context={"suppression": found})


@panels.register("customers.ticket", order=40, permission="customers.add_followup")
def follow_ups_panel(user: Any, ticket: Any) -> panels.Panel | None:
    """The ways to the follow-ups of a ticket's customer and to a new one; nothing is read for it."""
    if not ticket.customer_id or not user.has_perm("customers.view_personal_data"):
        return None
    customer = f"customer=%23{ticket.customer_id}"
    return panels.Panel(
        title=_("Follow-ups"),
        template="customers/_ticket_follow_ups.html",
        context={"plan_url": f"{reverse('followups:new')}?{customer}&ticket=%23{ticket.pk}"},
        url=f"{reverse('followups:list')}?{customer}&status=open",
    )


@panels.register("customers.customer", order=30, permission="customers.view_ownership")
def owners_panel(user: Any, customer: Any) -> panels.Panel:
    """Who has looked after a customer, since when and why; the present owner first."""
    rows = list(Ownership.objects.visible_to(user).filter(customer=customer).select_related("user", "given_by")[:10])
    return panels.Panel(
        title=_("Owners"),
        columns=[_("Owner"), _("Since"), _("Until"), _("How"), _("Why")],
        rows=[
            [
                row.user,
                relative_time(row.began_at),
                relative_time(row.ended_at) if row.ended_at else badge(_("today"), "good"),
                row.get_source_display(),
                _why(row),
            ]
            for row in rows
        ],
        empty=_("Nobody owns this customer; it is in the claim pool."),
    )


def _why(row: Ownership) -> Any:
    """What was said, who did it, and how long nobody can dispute it."""
    said = [row.reason, _("by %(user)s") % {"user": row.given_by} if row.given_by and row.given_by != row.user else ""]
    if row.is_protected and row.ended_at is None:
        said.append(
            _("protected until %(day)s") % {"day": formats.date_format(timezone.localdate(row.protected_until))}
        )
    if row.ended_at:
        said.append(_("ended: %(how)s") % {"how": row.get_ended_how_display()})
    return linked(" · ".join(part for part in said if part))


@panels.register("customers.customer", order=40, permission="customers.view_customermerge")
def merges_panel(user: Any, customer: Any) -> panels.Panel | None:
    """Who became part of a customer, and the way back."""
    rows = list(CustomerMerge.objects.visible_to(user).filter(keep=customer).select_related("lose", "by")[:10])
    if not rows:
        return None
    may_undo = user.has_perms(["customers.merge_customer", "customers.view_personal_data"])
    return panels.Panel(
        title=_("Merged into this customer"),
        columns=[_("Number"), _("Name"), _("Merged"), _("By"), ""],
        rows=[
            [
                row.lose.number,
                row.lose.name,
                relative_time(row.at),
                row.by,
                _("undone")
                if row.undone_at
                else (_("Undo"), reverse("customers:unmerge", args=[row.pk]))
                if may_undo
                else "",
            ]
            for row in rows
        ],
    )


@panels.register("customers.customer", order=50, permission="customers.view_staticlist")
def lists_panel(user: Any, customer: Any) -> panels.Panel | None:
    """The lists that the customer is on (`on_lists`, annotated by the page)."""
    rows = getattr(customer, "on_lists", None)
    if not rows:
        return None
    return panels.Panel(title=_("On these lists"), template="customers/_on_lists.html", context={"lists": rows})
