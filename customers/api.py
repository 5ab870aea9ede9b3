"""Customers and tickets in the API; personal data is masked for those who may not see it."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import NinjaJSONEncoder
from pydantic import Field, field_validator

from backoffice import api, feed, once
from customers import filters_custom, masking, services
from customers.feed import ARTICLES
from customers.filters import CustomerFilter, TicketFilter
from customers.models import Address, ContactPoint, Customer, CustomField, Message, Queue, Ticket
from customers.services.custom import values_of

LONGEST = 50_000  # characters of a message
MOST = 50  # contacts, addresses or tags of a customer in one request
Line = Annotated[str, Field(max_length=200)]
Tags = Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=MOST)]
Priority = Annotated[int, Field(ge=min(Ticket.Priority.values), le=max(Ticket.Priority.values))]

router = Router(tags=["Customers"])


class CustomerOut(Schema):
    number: str
    kind: str
    status: str
    name: str
    company: str
    external_id: str
    tax_id: str
    language: str
    tags: list[str]
    created_at: datetime
    updated_at: datetime


class ContactOut(Schema):
    kind: str
    value: str
    is_primary: bool

    @staticmethod
    def resolve_value(obj: Any) -> str:
        return str(obj.normalized)


class AddressOut(Schema):
    kind: str
    name: str
    company: str
    line1: str
    line2: str
    postal_code: str
    city: str
    region: str
    country: str
    is_default: bool


class CustomerDetail(CustomerOut):
    note: str
    tax_exempt: bool
    price_group: str
    custom: dict[str, Any]
    contacts: list[ContactOut]
    addresses: list[AddressOut]

    @staticmethod
    def resolve_custom(obj: Any) -> dict[str, Any]:
        return values_of(obj)


class CustomFieldOut(Schema):
    code: str
    name: str
    name_zh: str
    kind: str
    choices: list[dict[str, str]]
    is_required: bool
    is_personal: bool


class TicketOut(Schema):
    number: str
    subject: str
    status: str
    priority: int
    queue: str
    customer: str | None
    assignee: str | None
    channel: str
    about: str
    tags: list[str]
    created_at: datetime
    last_message_at: datetime
    due_on: date | None
    promised_at: datetime | None

    @staticmethod
    def resolve_queue(obj: Any) -> str:
        return str(obj.queue.slug)

    @staticmethod
    def resolve_customer(obj: Any) -> str | None:
        return obj.customer.number if obj.customer else None

    @staticmethod
    def resolve_assignee(obj: Any) -> str | None:
        return obj.assignee.email if obj.assignee else None


class MessageOut(Schema):
    kind: str
    author: str
    body: str
    created_at: datetime

    @staticmethod
    def resolve_author(obj: Any) -> str:
        return str(obj.author or obj.author_name or obj.author_email)


class TicketDetail(TicketOut):
    messages: list[MessageOut]


class Sent(Schema, extra="forbid"):
    """What is sent, in texts that the database can hold."""

    @field_validator("*")
    @classmethod
    def storable(cls, value: Any) -> Any:
        if any(isinstance(text, str) and "\x00" in text for text in (value if isinstance(value, list) else [value])):
            raise ValueError(_("Invisible characters are not possible here."))
        return value


class ContactIn(Sent):
    kind: Literal["email", "phone"]
    value: Annotated[str, Field(min_length=1, max_length=254)]
    label: Annotated[str, Field(max_length=60)] = ""
    is_primary: bool = False


class AddressIn(Sent):
    kind: Literal["shipping", "billing"] = "shipping"
    name: Line = ""
    company: Line = ""
    line1: Line
    line2: Line = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    city: Line = ""
    region: Line = ""
    country: Annotated[str, Field(pattern="^[A-Za-z]{2}$", description="Two letters, such as DE")]
    is_default: bool = False


class CustomerChange(Sent):
    """What is given changes; all else stays. `custom`: code of a custom field -> value, null for none."""

    kind: Literal["person", "company"] = "person"
    name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    company: Line = ""
    external_id: Annotated[str, Field(max_length=100)] = ""
    tax_id: Annotated[str, Field(max_length=60)] = ""
    language: Literal["en", "zh-hans"] = "en"
    tags: Tags = []
    note: Annotated[str, Field(max_length=10_000)] = ""
    tax_exempt: bool = False
    price_group: Annotated[str, Field(max_length=60)] = ""
    custom: dict[str, Any] = {}


class CustomerIn(CustomerChange):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    contacts: Annotated[list[ContactIn], Field(max_length=MOST)] = []
    addresses: Annotated[list[AddressIn], Field(max_length=MOST)] = []


class TicketIn(Sent):
    """What somebody asks. `customer` is a number such as "CU-1042"; without one the e-mail finds the customer."""

    subject: Annotated[str, Field(min_length=1, max_length=300)]
    body: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    customer: Line = ""
    name: Line = ""
    email: Annotated[str, Field(max_length=254)] = ""
    queue: Annotated[
        str, Field(max_length=60, description="Its code; by default the queue for whatever names none, if it is yours")
    ] = ""
    about: Annotated[str, Field(max_length=60, description="Number of an order or another document")] = ""
    language: Literal["", "en", "zh-hans"] = ""
    priority: Priority = Ticket.Priority.NORMAL
    tags: Tags = []


class MessageIn(Sent):
    """`customer`: what the customer wrote elsewhere; `reply`: an answer, which is mailed; `note`: for colleagues alone."""

    kind: Literal["customer", "reply", "note"]
    body: Annotated[str, Field(min_length=1, max_length=LONGEST)]


DOCUMENTED = {"parameters": [*api.documented(CustomerFilter)["parameters"], filters_custom.DOCUMENTED]}


@router.get("/custom-fields", response=list[CustomFieldOut])
@api.requires("customers.view_customfield")
def custom_fields(request: HttpRequest) -> Any:
    """Fields that staff defined for customers, in their order."""
    return CustomField.objects.visible_to(request.user).filter(archived_at=None).order_by("position", "pk")


@router.get("/customers", response=api.Page[CustomerOut], openapi_extra=DOCUMENTED)
@api.requires("customers.view_customer")
def customers(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Customers, the newest first."""
    rows = api.filtered(request, CustomerFilter, Customer.objects.visible_to(request.user))
    return api.page(request, rows, ("-created_at", "-id"), after, limit)


@router.get("/customers/{number}", response=CustomerDetail)
@api.requires("customers.view_customer")
def customer(request: HttpRequest, number: str) -> Any:
    """One customer with contacts and addresses, as far as the permissions go."""
    contacts = ContactPoint.objects.visible_to(request.user).filter(ended_at=None)
    addresses = Address.objects.visible_to(request.user)
    rows = Customer.objects.visible_to(request.user).prefetch_related(
        Prefetch("contacts", contacts), Prefetch("addresses", addresses)
    )
    return rows.survivor_of(number) or get_object_or_404(rows, number__iexact=number)


def _made(request: HttpRequest, schema: Any, found: Any, address: str) -> once.Answer:
    body = schema.model_validate(found, context={"request": request}).model_dump()
    return once.Answer(201, json.loads(NinjaJSONEncoder().encode(body)), address)


@router.post("/customers", response={201: CustomerDetail}, openapi_extra=once.DOCUMENTED)
@api.requires("customers.add_customer", "customers.view_customer", masking.PERMISSION)
def create_customer(request: HttpRequest, wanted: CustomerIn) -> Any:
    """Create a customer with contacts, addresses and custom fields. With an `Idempotency-Key` it is safe to ask again."""

    def create() -> once.Answer:
        fields = wanted.model_dump(exclude={"contacts", "addresses"}, exclude_unset=True)
        contacts = [services.ContactData(**one.model_dump()) for one in wanted.contacts]
        addresses = [services.AddressData(one.model_dump()) for one in wanted.addresses]
        by: Any = request.user
        made = services.create_customer(by=by, contacts=contacts, addresses=addresses, **fields)
        address = reverse("api:customer", args=[made.number])
        return _made(request, CustomerDetail, customer(request, made.number), address)

    return once.answer(request, wanted.model_dump(mode="json"), create)


@router.patch("/customers/{number}", response=CustomerDetail)
@api.requires("customers.change_customer", "customers.view_customer", masking.PERMISSION)
def change_customer(request: HttpRequest, number: str, wanted: CustomerChange) -> Any:
    """Change the fields that are given, custom fields among them; contacts and addresses stay."""
    by: Any = request.user
    fields = wanted.model_dump(exclude_unset=True)
    services.update_customer(customer(request, number), by=by, **fields)
    return customer(request, number)


def _tickets(request: HttpRequest) -> QuerySet[Ticket]:
    return Ticket.objects.visible_to(request.user).select_related("queue", "customer", "assignee")


@router.get("/tickets", response=api.Page[TicketOut], openapi_extra=api.documented(TicketFilter), tags=["Support"])
@api.requires("customers.view_ticket")
def tickets(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Tickets, those with the newest message first."""
    rows = api.filtered(request, TicketFilter, _tickets(request))
    return api.page(request, rows, ("-last_message_at", "-id"), after, limit)


@router.get("/tickets/{number}", response=TicketDetail, tags=["Support"])
@api.requires("customers.view_ticket")
def ticket(request: HttpRequest, number: str) -> Any:
    """One ticket with its conversation; without the permission to read messages it is empty."""
    messages = Message.objects.visible_to(request.user).select_related("author").order_by("created_at", "pk")
    return get_object_or_404(_tickets(request).prefetch_related(Prefetch("messages", messages)), number__iexact=number)


@router.post("/tickets", response={201: TicketDetail}, openapi_extra=once.DOCUMENTED, tags=["Support"])
@api.requires("customers.add_ticket", "customers.view_ticket", masking.PERMISSION)
def open_ticket(request: HttpRequest, wanted: TicketIn) -> Any:
    """Open a ticket with what somebody asks. With an `Idempotency-Key` it is safe to ask again."""
    return once.answer(request, wanted.model_dump(mode="json"), lambda: _open(request, wanted))


def _open(request: HttpRequest, wanted: TicketIn) -> once.Answer:
    by: Any = request.user
    fields = wanted.model_dump(include={"subject", "body", "about", "language", "priority", "tags"})
    made = services.open_ticket(
        by=by,
        customer=_asking(request, wanted),
        requester_name=wanted.name,
        requester_email=wanted.email,
        queue=_queue(wanted.queue, by),
        channel=Ticket.Channel.API,
        **fields,
    )
    return _made(request, TicketDetail, ticket(request, made.number), reverse("api:ticket", args=[made.number]))


def _asking(request: HttpRequest, wanted: TicketIn) -> Customer | None:
    if not (wanted.customer or wanted.name or wanted.email):
        raise ValidationError({"customer": _("Choose the customer, or give a name.")})
    if not wanted.customer:
        return services.find_by_email(wanted.email) if wanted.email else None
    rows = Customer.objects.visible_to(request.user)
    found = rows.survivor_of(wanted.customer) or rows.filter(number__iexact=wanted.customer).first()
    if found is None:
        raise ValidationError({"customer": _("There is no customer %(number)s.") % {"number": wanted.customer}})
    return found


def _queue(slug: str, by: Any) -> Queue | None:
    """The queue of this code; without one the default, or another of `by` where that is not theirs."""
    mine = Queue.objects.in_scope(by).filter(is_active=True)
    found = mine.filter(slug__iexact=slug).first() if slug else mine.order_by("-is_default", "pk").first()
    if slug and found is None:
        raise ValidationError({"queue": _("There is no queue %(code)s.") % {"code": slug}})
    return found


@router.post(
    "/tickets/{number}/messages", response={201: TicketDetail}, openapi_extra=once.DOCUMENTED, tags=["Support"]
)
@api.requires("customers.change_ticket", "customers.view_ticket", "customers.view_message")
def write_message(request: HttpRequest, number: str, wanted: MessageIn) -> Any:
    """Add to a ticket: what the customer wrote, an answer (it needs the permission `customers.reply_ticket`), or a note.

    What the customer writes about a closed ticket opens one that follows it: the answer is the ticket that has the message.
    """
    by: Any = request.user
    found = get_object_or_404(_tickets(request), number__iexact=number)
    if wanted.kind == Message.Kind.REPLY and not by.has_perm("customers.reply_ticket"):
        raise api.lacking("customers.reply_ticket")

    def write() -> once.Answer:
        if wanted.kind == Message.Kind.CUSTOMER:
            message = services.customer_writes(found, body=wanted.body, by=by)
        else:
            verb = services.reply if wanted.kind == Message.Kind.REPLY else services.note
            message = verb(found, body=wanted.body, by=by)
        there = message.ticket.number
        return _made(request, TicketDetail, ticket(request, there), reverse("api:ticket", args=[there]))

    return once.answer(request, wanted.model_dump(mode="json"), write)


@router.get("/articles", auth=None, throttle=feed.THROTTLE, openapi_extra=feed.PAGE, tags=["Content"])
@api.public
def articles(
    request: HttpRequest,
    after: str = "",
    updated_since: datetime | None = None,
    limit: api.Limit = 50,
    language: str = "en",
) -> Any:
    """Published articles in the order in which they were published."""
    feed.refuse_unknown(request, "updated_since", *feed.PAGING)
    asked = {"after": after, "updated_since": updated_since, "limit": limit, "language": language}
    return feed.answer(request, ARTICLES.page(**asked))  # type: ignore[arg-type]


@router.get("/articles/{slug}", auth=None, throttle=feed.THROTTLE, openapi_extra=feed.ONE, tags=["Content"])
@api.public
def article(request: HttpRequest, slug: str, language: str = "en") -> Any:
    """One published article."""
    feed.refuse_unknown(request, "language")
    return feed.answer(request, ARTICLES.one(slug, language=language))
