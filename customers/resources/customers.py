"""What customer files hold: columns of Houtai, of both generations of Shopify, of WooCommerce, Spree, Odoo, Zendesk, Northwind and Olist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy

from backoffice import countries, resources
from backoffice.generic import Column as ExportColumn
from backoffice.resources import BooleanColumn, ChoiceColumn, CodeColumn, Column, ListColumn, TextColumn
from customers.masking import PERMISSION
from customers.models import Address, Consent, ContactPoint, Customer
from customers.resources import custom_columns
from customers.resources.rows import CustomerRows
from customers.services import normalize_email
from customers.services.upsert import CONSENTS, PURPOSE, correct_consents, upsert_customers

NOT_KEPT = gettext_lazy("not kept")
WORKED_OUT = gettext_lazy("worked out from orders and messages")
SEGMENTS = ("lifecycle", "abc", "rfm", "risk")
COUNTED = gettext_lazy("counted from the orders here")
SUPPLIERS = {"supplierid", "supplier id", "supplier code", "vendor id", "vendor code", "供应商编码", "供应商编号"}
KINDS = {
    **dict.fromkeys(["person", "individual", "个人"], "person"),
    **dict.fromkeys(["company", "business", "organization", "organisation", "公司", "企业"], "company"),
}
STATUS = {
    **dict.fromkeys(["active", "enabled", "正常", "启用"], "active"),
    **dict.fromkeys(["archived", "disabled", "已归档", "停用"], "archived"),
}
ADDRESS_KINDS = {
    **dict.fromkeys(["shipping", "delivery", "收货"], "shipping"),
    **dict.fromkeys(["billing", "invoice", "账单"], "billing"),
}


def _personal(kind: type[Column], label: Any, **kwargs: Any) -> Any:
    """A column of personal data."""
    return kind(label, permission=PERMISSION, **kwargs)


class ContactColumn(TextColumn):
    """E-mail addresses, mostly one: each in its one form, and as given."""

    kind = gettext_lazy("e-mail")

    def read(self, text: str, decimal: str = ".") -> Any:
        whole = super().read(text, decimal)
        parts = (
            [part for part in re.split(r"[\s,;，；、/]+", whole) if part] if whole.count("@") > 1 else [whole.strip()]
        )
        bare = [part.strip("<>'").removeprefix("mailto:") for part in parts]
        return [(normalize_email(typed), typed) for typed in bare]

    def empty(self) -> Any:
        return None


class CountryColumn(TextColumn):
    """A country by its letters or its name."""

    kind = gettext_lazy("country")

    def read(self, text: str, decimal: str = ".") -> Any:
        return countries.code_of(super().read(text, decimal))


class PartColumn(TextColumn):
    """One of several columns that make an address."""

    many = True


@resources.register
class CustomerResource(resources.BaseResource):
    """Customers with contacts and addresses; a further row of a customer adds another address or contact."""

    key = "customers"
    label = gettext_lazy("Customers")
    permission = "customers.change_customer"
    service = staticmethod(upsert_customers)
    needs = (("number", "external_id", "email", "phone"),)
    called = ("kunden", "客户")
    models = (Consent, ContactPoint, Address, Customer)
    lifted = ("customers.Consent:append_only",)

    number = CodeColumn(
        gettext_lazy("Number"),
        max_length=40,
        blank="keep",
        help=gettext_lazy("Houtai's own number; blank for a new customer."),
    )
    external_id = CodeColumn(
        gettext_lazy("Number elsewhere"),
        aliases=["External ID", "Customer ID", "customerID", "Customer number", "Customer no", "Kundennummer", "Kunden-Nr", "Kunde Nr", "ID", "User ID", "Requester external id",
                 "客户编号", "客户编码", "会员编号", "会员号", "用户ID"],
        max_length=100,
        blank="keep",
        help=gettext_lazy("Names the customer; without one the number does, else the e-mail address, else the phone number."),
        example="A-1001",
    )  # fmt: skip
    name = _personal(
        TextColumn,
        gettext_lazy("Name"),
        aliases=["Full name", "Customer name", "Display name", "display_name", "contactName", "Contact name", "Contact", "Complete name",
                 "姓名", "客户名称", "客户姓名", "联系人", "收货人", "会员名称", "昵称"],
        max_length=200,
        blank="keep",
        help=gettext_lazy("Without one it is put together from first and last name, else the company or the e-mail address."),
        example="Jane Doe",
    )  # fmt: skip
    first_name = _personal(
        TextColumn,
        gettext_lazy("First name"),
        aliases=["Given name", "Forename", "Vorname", "名"],
        max_length=150,
        blank="keep",
    )
    last_name = _personal(
        TextColumn,
        gettext_lazy("Last name"),
        aliases=["Family name", "Surname", "Nachname", "姓"],
        max_length=150,
        blank="keep",
    )
    company = _personal(
        TextColumn,
        gettext_lazy("Company"),
        aliases=["Company name", "companyName", "Default address company", "Organization", "Organisation", "Firma", "Related company", "parent_id",
                 "公司", "公司名称", "单位", "企业名称"],
        max_length=200,
    )  # fmt: skip
    kind = ChoiceColumn(
        gettext_lazy("Kind"), aliases=["Customer type", "company_type", "客户类型"], words=KINDS, blank="keep",
        help=gettext_lazy("person or company; without one a row that names only a company is one."),
    )  # fmt: skip
    is_company = BooleanColumn(gettext_lazy("Is a company"))
    status = ChoiceColumn(gettext_lazy("Status"), aliases=["客户状态"], words=STATUS, blank="keep")
    email = _personal(
        ContactColumn,
        gettext_lazy("E-mail"),
        aliases=[
            "Email address",
            "Mail",
            "user_email",
            "Requester email",
            "Email 1",
            "E-mail 1",
            "E-mail 1 - Value",
            "Primary email",
            "邮箱",
            "电子邮箱",
            "电子邮件",
        ],
        max_length=254,
        blank="keep",
        help=gettext_lazy("Becomes the preferred address; another one that the customer has stays."),
        example="jane@example.com",
    )
    other_emails = _personal(
        ListColumn,
        gettext_lazy("Further e-mail addresses"),
        aliases=["Email 2", "E-mail 2", "E-mail 2 - Value", "Secondary email", "Other email", "备用邮箱"],
        max_length=254,
        blank="keep",
    )
    phone = _personal(
        CodeColumn,
        gettext_lazy("Phone"),
        aliases=[
            "Phone number",
            "Telephone",
            "Tel",
            "Telefon",
            "Phone 1",
            "Phone 1 - Value",
            "Primary phone",
            "Home phone",
            "Telefon privat",
            "电话",
            "联系电话",
            "手机",
            "手机号",
            "手机号码",
        ],
        max_length=60,
        blank="keep",
        help=gettext_lazy("A number without country code is one of the country of the row."),
        example="+49 30 901820",
    )
    mobile = _personal(
        CodeColumn,
        gettext_lazy("Mobile"),
        aliases=["Mobile phone", "Cell", "Cell phone", "Mobil", "Handy", "Phone 2 - Value"],
        max_length=60,
        blank="keep",
    )
    other_phones = _personal(
        ListColumn,
        gettext_lazy("Further phone numbers"),
        aliases=[
            "Business phone",
            "Work phone",
            "Office phone",
            "Phone 2",
            "Other phone",
            "Telefon geschäftlich",
            "座机",
            "固定电话",
        ],
        max_length=60,
        blank="keep",
    )
    address_phone = _personal(
        CodeColumn,
        gettext_lazy("Phone of the address"),
        aliases=["Default address phone"],
        max_length=60,
        blank="keep",
        help=gettext_lazy("Kept as a contact unless it is somebody else's."),
    )
    address_kind = ChoiceColumn(
        gettext_lazy("Kind of the address"), aliases=["Address type", "地址类型"], words=ADDRESS_KINDS, blank="keep"
    )
    address_name = _personal(TextColumn, gettext_lazy("Name in the address"), max_length=200, blank="keep")
    address_company = _personal(TextColumn, gettext_lazy("Company in the address"), max_length=200, blank="keep")
    address1 = _personal(
        TextColumn,
        gettext_lazy("Street"),
        aliases=[
            "Address",
            "Address 1",
            "Address line 1",
            "Default address address1",
            "Street address",
            "Straße",
            "Strasse",
            "地址",
            "详细地址",
            "收货地址",
        ],
        max_length=200,
        blank="keep",
        help=gettext_lazy("An address is kept with street, city and country; addresses are added, none is removed."),
        example="Obere Str. 57",
    )
    address2 = _personal(
        TextColumn,
        gettext_lazy("Street, second line"),
        aliases=["Address 2", "Address line 2", "Default address address2", "Street2"],
        max_length=200,
        blank="keep",
    )
    city = TextColumn(
        gettext_lazy("City"),
        aliases=["Default address city", "Town", "Ort", "Stadt", "城市", "市"],
        max_length=120,
        blank="keep",
        example="Berlin",
    )
    district = _personal(
        TextColumn,
        gettext_lazy("District"),
        aliases=["区", "区县", "县区", "区/县"],
        max_length=80,
        blank="keep",
        help=gettext_lazy("Stands before the street."),
    )
    region = TextColumn(
        gettext_lazy("Region"),
        aliases=["Province", "Province code", "State", "state_id", "Default address province code", "Default address province", "County",
                 "省", "省份"],
        max_length=120,
        blank="keep",
    )  # fmt: skip
    postal_code = _personal(
        CodeColumn,
        gettext_lazy("Postal code"),
        aliases=["Zip", "Zip code", "Postcode", "postalCode", "PLZ", "Default address zip", "邮编", "邮政编码"],
        max_length=20,
        blank="keep",
        example="12209",
    )
    country = CountryColumn(
        gettext_lazy("Country"),
        aliases=[
            "Country code",
            "Country / Region",
            "country_id",
            "Default address country code",
            "Default address country",
            "Land",
            "国家",
        ],
        max_length=80,
        blank="keep",
        help=gettext_lazy("Two letters, three letters or the name."),
        example="Germany",
    )
    default_address = BooleanColumn(gettext_lazy("Default address"), aliases=["默认地址"])
    billing = _personal(
        PartColumn,
        gettext_lazy("Billing address"),
        system="WooCommerce",
        patterns=[
            r"billing (first name|last name|company|address ?1|address ?2|city|state|province|region|postcode|zip|country|phone)"
        ],
        blank="keep",
    )
    shipping = _personal(
        PartColumn,
        gettext_lazy("Shipping address"),
        system="WooCommerce",
        patterns=[
            r"shipping (first name|last name|company|address ?1|address ?2|city|state|province|region|postcode|zip|country|phone)"
        ],
        blank="keep",
    )
    tags = ListColumn(
        gettext_lazy("Tags"),
        aliases=["Customer tags", "category_id", "标签", "客户标签"],
        max_length=120,
        example="VIP, wholesale",
    )
    note = _personal(Column, gettext_lazy("Note"), aliases=["Notes", "Comment", "Internal note", "备注"])
    language = TextColumn(gettext_lazy("Language"), aliases=["Locale", "lang", "语言"], blank="keep")
    tax_exempt = BooleanColumn(gettext_lazy("Tax exempt"), aliases=["免税"])
    price_group = TextColumn(
        gettext_lazy("Customer group"),
        aliases=["Price group", "Customer group code", "Pricelist", "客户组", "客户分组", "会员等级"],
        max_length=60,
        help=gettext_lazy("The code that price lists for this customer have."),
        example="WHOLESALE",
    )
    tax_id = TextColumn(
        gettext_lazy("Tax number"),
        aliases=["VAT number", "VAT ID", "Tax ID", "Tax code", "USt-IdNr", "USt-ID", "税号", "纳税人识别号"],
        max_length=40,
        help=gettext_lazy("VAT number or the like."),
        example="DE811907980",
    )
    accepts_email = BooleanColumn(
        gettext_lazy("Accepts e-mail marketing"),
        aliases=["Accepts email marketing", "Accepts marketing", "Email marketing", "接受邮件营销"],
        help=gettext_lazy("Yes is kept as a consent; no withdraws one that was given."),
        example="yes",
    )
    accepts_sms = BooleanColumn(gettext_lazy("Accepts SMS marketing"), aliases=["SMS marketing", "接受短信营销"])

    custom_value = _personal(
        PartColumn,
        gettext_lazy("Custom field"),
        aliases=["custom.CODE", "自定义：名称"],
        patterns=custom_columns.PATTERNS,
        help=gettext_lazy(
            "One column for each custom field, called custom. and its code, or by its name. An empty cell takes the value away."
        ),
        blank="clear",
    )

    ignored = {
        **dict.fromkeys(SEGMENTS, WORKED_OUT),
        **dict.fromkeys(["Total spent", "Total orders", "Orders", "Orders count", "Total spend", "AOV", "累计消费", "订单数"], COUNTED),
        **dict.fromkeys(
            ["Fax", "Contact title", "contactTitle", "Title", "Username", "user_login", "Last active", "Date registered", "Sign up", "role",
             "restriction", "details", "Accepts WhatsApp marketing", "Billing email", "Website", "Phone/Mobile", "created_at", "updated_at"],
            NOT_KEPT,
        ),
    }  # fmt: skip

    def further(self) -> dict[str, str]:
        return custom_columns.known_names()

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        if "customer unique id" in headers:
            return "Olist", {
                "customer unique id": "external_id",
                "customer id": "",
                "customer zip code prefix": "postal_code",
                "customer city": "city",
                "customer state": "region",
            }
        if SUPPLIERS & set(headers):  # whom suppliers send to talk to is no customer
            return "", {"contactname": "", "contact name": ""}
        return ("Northwind", {}) if {"customerid", "contactname"} <= set(headers) else ("", {})

    def staged(
        self, rows: Iterator[tuple[int, list[str]]], mapping: Any
    ) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
        reader = CustomerRows(mapping, self.columns())
        return reader.names, reader.read(rows)

    def settle(self, run: Any, *, backwards: bool) -> None:
        correct_consents(run.number, backwards=backwards)

    def export_queryset(self, where: dict[str, str]) -> QuerySet:
        live = ContactPoint.objects.filter(customer=OuterRef("pk"), ended_at=None)
        found: dict[str, Any] = {}
        for kind, name in (("email", "emails"), ("phone", "phones")):
            first = live.filter(kind=kind).order_by("-is_primary", "pk")
            found[name] = ArraySubquery(first.values("normalized"))
        for name, channel in CONSENTS.items():
            latest = Consent.objects.filter(customer=OuterRef("pk"), channel=channel, purpose=PURPOSE).order_by("-pk")
            found[name] = Subquery(latest.values("granted")[:1])
        parts = {name: F(f"addresses__{column}") for name, column in ADDRESS.items()}
        conditions = {LOOKUPS.get(name, name): value for name, value in where.items()}
        rows = Customer.objects.select_related("segment").annotate(**found, **parts)
        return rows.filter(**conditions).order_by("pk", "addresses__pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        may_see = user is None or user.has_perm(PERMISSION)
        every = [*EXPORT, *custom_columns.export_columns()]
        return [column for column in every if may_see or not column.personal]


ADDRESS = {
    "address_kind": "kind",
    "address_name": "name",
    "address_company": "company",
    "address1": "line1",
    "address2": "line2",
    "city": "city",
    "region": "region",
    "postal_code": "postal_code",
    "country": "country",
    "default_address": "is_default",
}
LOOKUPS = {
    "external_id": "external_id__iexact",
    "email": "emails__contains",
    "phone": "phones__contains",
    "tag": "tags__contains",
    **{name: f"segment__{name}" for name in ("lifecycle", "abc", "risk")},
}
PERSONAL_COLUMNS = {name for name, column in CustomerResource().columns().items() if column.permission == PERMISSION}


def _column(name: str, **kwargs: Any) -> ExportColumn:
    return ExportColumn(name, name, personal=name in PERSONAL_COLUMNS, **kwargs)


def _first(name: str) -> Any:
    return lambda customer: (getattr(customer, name) or [""])[0]


def _others(name: str) -> Any:
    return lambda customer: ", ".join((getattr(customer, name) or [])[1:])


def _segment(name: str) -> Any:
    return lambda customer: getattr(getattr(customer, "segment", None), name, "")


EXPORT = [
    *(_column(name) for name in ("number", "external_id", "name", "company", "kind", "status", "language")),
    _column("tags", get=lambda customer: ", ".join(customer.tags)),
    _column("note"),
    _column("tax_exempt", kind="bool"),
    _column("price_group"),
    _column("tax_id"),
    _column("email", get=_first("emails")),
    _column("other_emails", get=_others("emails")),
    _column("phone", get=_first("phones")),
    _column("other_phones", get=_others("phones")),
    *(_column(name, kind="bool") for name in CONSENTS),
    *(_column(name, kind="bool" if name == "default_address" else "text") for name in ADDRESS),
    *(_column(name, get=_segment(name)) for name in SEGMENTS),
]
