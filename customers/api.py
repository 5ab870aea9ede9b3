"""Customers and tickets in the API; personal data is masked for those who may not see it."""

from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from backoffice import api, feed
from customers import filters_custom
from customers.feed import ARTICLES
from customers.filters import CustomerFilter, TicketFilter
from customers.models import Address, ContactPoint, Customer, CustomField, Message, Ticket
from customers.services.custom import values_of

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
