"""The classes of personal data of customers and tickets."""

from django.db.models import Func, Q, QuerySet, TextField
from django.utils.translation import gettext_lazy as _

from customers.models import (
    Address,
    Attachment,
    Collaborator,
    Consent,
    ContactPoint,
    Customer,
    CustomerMerge,
    CustomerNote,
    CustomerSegment,
    DataPackage,
    DisputeFile,
    Draft,
    DuplicatePair,
    FollowUp,
    IncomingMail,
    IndexedCustom,
    ListMember,
    MergedRow,
    Message,
    Ownership,
    OwnershipDispute,
    PromiseCycle,
    SegmentSnapshot,
    Survey,
    Ticket,
    TicketEvent,
    TicketMerge,
    TicketWatcher,
)
from customers.services.erasing import ERASED, DataClass, Rule, Table, everybody, register

# A link that nobody has: what was mailed to the person leads nowhere any more.
FRESH_TOKEN = Func(function="gen_random_uuid", template="%(function)s()::text", output_field=TextField())


def _pairs_of(customer: Customer) -> QuerySet:
    people = everybody(customer)
    return DuplicatePair._base_manager.filter(Q(one__in=people) | Q(other__in=people)).order_by()


def _merges_of(customer: Customer) -> QuerySet:
    people = everybody(customer)
    return CustomerMerge._base_manager.filter(Q(keep__in=people) | Q(lose__in=people)).order_by()


def _merged_away(customer: Customer) -> QuerySet:
    """What merges remember of the records that went, which an undo would give back."""
    kind = Customer._meta.label_lower
    return MergedRow._base_manager.filter(merge__in=_merges_of(customer).values("pk"), kind=kind).order_by()


register(
    DataClass(
        key="customer",
        label=_("Customer"),
        purpose=_("To know who buys and to serve them."),
        rule=Rule.PSEUDONYMISE,
        retention=_(
            "The number stays, so that orders and their sums stay; name, company, note, tags and custom fields go."
        ),
        tables=[
            Table(
                Customer,
                via="pk",
                blank={
                    "name": "{pseudonym}",
                    "company": "",
                    "external_id": "",
                    "note": "",
                    "custom": {},
                    "custom_personal": {},
                    "tags": [],
                    "owner": None,
                    "status": Customer.Status.ERASED,
                },
                traces=["name", "company"],
                names=["number", "external_id"],
                shown=["number", "kind", "language", "price_group", "tax_exempt", "created_at"],
            ),
            Table(IndexedCustom, via="customer", deletes=True),
        ],
        lists=["/customers/"],
    )
)

register(
    DataClass(
        key="contacts",
        label=_("Contacts and addresses"),
        purpose=_("To write, call and deliver."),
        rule=Rule.ERASE,
        retention=_("Nothing stays but a hash by which a contact is recognised when a file brings it again."),
        tables=[
            Table(
                ContactPoint,
                via="customer",
                blank={"raw": "", "normalized": "", "label": "", "is_primary": False},
                traces=["raw", "normalized"],
                deletes=True,
                shown=["kind", "created_at", "ended_at"],
            ),
            Table(
                Address,
                via="customer",
                blank=dict.fromkeys(("name", "company", "line1", "line2", "city", "region", "postal_code"), ""),
                traces=["name", "company", "line1", "line2"],
                deletes=True,
                shown=["kind", "country", "created_at"],
            ),
        ],
    )
)

register(
    DataClass(
        key="consents",
        label=_("Consents"),
        purpose=_("To prove what was agreed to."),
        rule=Rule.PSEUDONYMISE,
        retention=_("The entries stay under the number, without names."),
        tables=[Table(Consent, via="customer", scrub=["source"], shown=["channel", "purpose", "granted", "at"])],
    )
)

register(
    DataClass(
        key="tickets",
        label=_("Tickets, messages and files"),
        purpose=_("To answer what the person asked."),
        rule=Rule.ERASE,
        retention=_("Number, dates and handling stay for the figures; texts, names and files go."),
        tables=[
            Table(
                IncomingMail,
                via="ticket__customer",
                blank={
                    "identifier": "",
                    "sender_name": "",
                    "sender": "",
                    "recipients": "",
                    "subject": ERASED,
                    "facts": {},
                    "html": "",
                },
                traces=["sender_name", "sender"],
                files=["raw"],
                shown=["received_at", "verdict"],
            ),
            Table(
                Collaborator,
                via="ticket__customer",
                blank={"name": "", "email": ""},
                deletes=True,
            ),
            Table(Draft, via="ticket__customer", blank={"body": ERASED, "files": []}, deletes=True),
            Table(Survey, via="ticket__customer", blank={"comment": ""}, shown=["asked_at", "score", "answered_at"]),
            Table(PromiseCycle, via="ticket__customer", shown=["kind", "started_at", "due_at", "ended_at"]),
            Table(TicketWatcher, via="ticket__customer"),
            Table(TicketMerge, via="source__customer", shown=["at"]),
            Table(
                Attachment,
                via="message__ticket__customer",
                blank={"name": ERASED, "sha256": "", "verdict_reason": ""},
                files=["file"],
                deletes=True,
                shown=["size", "content_type", "created_at"],
            ),
            Table(
                Message,
                via="ticket__customer",
                blank={"author_name": "", "author_email": "", "body": ERASED, "message_id": ""},
                shown=["kind", "created_at"],
            ),
            Table(
                Ticket,
                via="customer",
                blank={
                    "subject": ERASED,
                    "requester_name": "",
                    "requester_email": "",
                    "tags": [],
                    "token": FRESH_TOKEN,
                },
                traces=["requester_name", "requester_email"],
                names=["number", "source_number"],
                shown=["number", "status", "channel", "about", "created_at", "solved_at"],
            ),
            Table(TicketEvent, via="ticket__customer", scrub=["old", "new", "reason"], shown=["at", "field"]),
        ],
        lists=["/tickets/"],
    )
)

register(
    DataClass(
        key="packages",
        label=_("Data packages"),
        purpose=_("To tell the person what is held."),
        rule=Rule.ERASE,
        retention=_("The files go; that there was a package stays."),
        tables=[
            Table(
                DataPackage,
                via="customer",
                blank={"file": "", "size": 0, "status": DataPackage.Status.REMOVED, "expires_at": None},
                files=["file"],
                shown=["number", "created_at"],
            )
        ],
    )
)

register(
    DataClass(
        key="care",
        label=_("Notes and follow-ups"),
        purpose=_("To look after the person as agreed."),
        rule=Rule.ERASE,
        retention=_("What was noted goes; that something was planned, when and by whom stays."),
        tables=[
            Table(ListMember, via="customer", deletes=True, shown=["list", "added_at"]),
            Table(CustomerNote, via="customer", blank={"text": ERASED}, deletes=True, shown=["created_at"]),
            Table(
                FollowUp,
                via="customer",
                blank={"what": ERASED},
                scrub=["outcome"],
                shown=["due_on", "status", "created_at", "ended_at"],
            ),
        ],
    )
)

register(
    DataClass(
        key="segments",
        label=_("Segments"),
        purpose=_("To see who buys how much and how often."),
        rule=Rule.PSEUDONYMISE,
        retention=_("The figures stay under the number, without names."),
        tables=[
            Table(CustomerSegment, via="customer", shown=["abc", "lifecycle", "risk", "orders", "revenue"]),
            Table(SegmentSnapshot, via="customer", shown=["as_of", "abc", "lifecycle", "risk", "orders", "revenue"]),
        ],
    )
)

register(
    DataClass(
        key="owners",
        label=_("Owners, disputes and merges"),
        purpose=_("To know who looks after the person, and which records are of one person."),
        rule=Rule.PSEUDONYMISE,
        retention=_("Who looked after whom and when stays; what was said of the person and files go."),
        tables=[
            Table(
                Ownership,
                via="customer",
                scrub=["reason"],
                ignoring=["ends_once"],
                shown=["began_at", "ended_at", "source"],
            ),
            Table(
                DisputeFile,
                via="dispute__customer",
                blank={"name": ERASED, "sha256": ""},
                files=["file"],
                deletes=True,
                shown=["size", "created_at"],
            ),
            Table(
                OwnershipDispute,
                via="customer",
                scrub=["claim", "answer", "decision", "appeal", "final_decision"],
                shown=["number", "status", "created_at", "closed_at"],
            ),
            Table(DuplicatePair, rows=_pairs_of, deletes=True, shown=["score", "status", "found_at"]),
            Table(
                CustomerMerge,
                rows=_merges_of,
                blank={"fields": {}},
                scrub=["choices", "reason"],
                shown=["at", "undone_at"],
            ),
            Table(MergedRow, rows=_merged_away, blank={"before": {}}),
        ],
    )
)
