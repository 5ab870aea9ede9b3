"""Who buys, and how they are reached."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import (
    VisibleQuerySet,
    search_index,
    search_text,
    tracked,
)
from backoffice.triggers import append_only
from customers import masking
from customers.masking import MaskingQuerySet, Personal
from customers.models.finding import holding, pairs_index


class Survivor(Func):
    """The customer that a merged one became part of at last; who was never merged is the survivor."""

    function = "customers_survivor"
    output_field = models.BigIntegerField()


class CustomerQuerySet(MaskingQuerySet):
    def in_scope(self, user: Any) -> "CustomerQuerySet":
        """Who was merged is seen as part of the survivor."""
        return self.filter(merged_into=None)

    def search(self, text: str) -> "CustomerQuerySet":
        """Rows whose number, name or company holds `text`, or an e-mail or phone does; each road has its index.

        The number of a merged customer finds the survivor.
        """
        by_name = Customer.objects.filter(holding(text)).order_by().values("pk")
        contacts = ContactPoint.objects.filter(normalized__contains=contact_text(text), ended_at=None)
        return self.filter(
            pk__in=by_name.union(contacts.order_by().values("customer_id"), self.survivors(text).values("found"))
        )

    def absorbed_by(self, customer: "Customer") -> "CustomerQuerySet":
        """Who became part of `customer`, be it by way of another."""
        gone = """WITH RECURSIVE gone(id) AS (
            SELECT id FROM customers_customer WHERE merged_into_id = %s
            UNION SELECT c.id FROM gone g JOIN customers_customer c ON c.merged_into_id = g.id) SELECT id FROM gone"""
        return self.filter(pk__in=RawSQL(gone, [customer.pk]))  # noqa: S611 - a statement of ours

    def survivors(self, number: str) -> "CustomerQuerySet":
        """What the merged customer of this number became part of, as `found`."""
        merged = Customer.objects.filter(number=number.replace("\x00", "").strip().upper(), merged_into__isnull=False)
        return merged.order_by().annotate(found=Survivor("pk"))

    def survivor_of(self, number: str) -> "Customer | None":
        """Who the merged customer of this number became part of, among these rows; None where none was merged."""
        return self.filter(pk__in=Customer.objects.survivors(number).values("found")).first()  # type: ignore[return-value]


def contact_text(text: str) -> str:
    """`text` as it may stand inside a normalised contact: lower case, and a number without what people put between."""
    bare = re.sub(r"[\s()/.-]", "", text)
    digits = bare.removeprefix("+")
    return digits.lstrip("0") or digits if digits.isdigit() and len(digits) > 2 else text.strip().lower()


@tracked()
class Customer(Personal):
    """A person or a company that buys."""

    PERSONAL = {
        "name": masking.name,
        "company": masking.name,
        "note": masking.text,
        "custom_personal": masking.values,
        # Annotations of the list.
        "email": masking.email,
        "phone": masking.phone,
    }
    # Its history has values of fields that became personal later.
    RESTRICTED: ClassVar[Mapping[str, str]] = {"custom": masking.PERMISSION}
    lookup_fields = ("number", "name")

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ARCHIVED = "archived", _("Archived")
        ERASED = "erased", _("Erased")

    number = models.CharField(_("number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PERSON)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    name = models.CharField(_("name"), max_length=200)
    company = models.CharField(_("company"), max_length=200, blank=True)
    external_id = models.CharField(_("number elsewhere"), max_length=100, blank=True)
    tax_id = models.CharField(
        _("tax number"), max_length=40, blank=True, default="", db_default="", help_text=_("VAT number or the like.")
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    tags = ArrayField(models.CharField(max_length=120), verbose_name=_("tags"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)
    tax_exempt = models.BooleanField(_("tax exempt"), default=False)
    price_group = models.CharField(
        _("customer group"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("The code that price lists for this customer have, such as WHOLESALE."),
    )
    custom = models.JSONField(_("custom fields"), default=dict, db_default={}, blank=True, editable=False)
    custom_personal = models.JSONField(
        _("personal custom fields"), default=dict, db_default={}, blank=True, editable=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("owner"),
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = search_text("number", "name", "company", "external_id")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""), name="customer_named", violation_error_message=_("A customer needs a name.")
            ),
            models.UniqueConstraint(
                Upper("external_id"),
                condition=~Q(external_id=""),
                name="customer_external_once",
                violation_error_message=_("Another customer has this number already."),
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="customer_not_in_itself"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(owner=None),
                name="customer_merged_has_no_owner",
                violation_error_message=_("A merged customer has no owner."),
            ),
        ]
        indexes = [
            search_index("customer_search"),
            pairs_index("customer_pairs"),
            models.Index(fields=["name", "id"], name="customer_name"),
            models.Index(fields=["-created_at", "-id"], name="customer_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="customer_status"),
            models.Index(fields=["kind", "-created_at", "-id"], name="customer_kind"),
            models.Index(fields=["owner", "-created_at", "-id"], name="customer_owner"),
            models.Index(
                fields=["price_group", "-created_at", "-id"], condition=~Q(price_group=""), name="customer_price_group"
            ),
            models.Index(fields=["tax_id"], condition=~Q(tax_id=""), name="customer_tax_id"),
            GinIndex(fields=["tags"], name="customer_tags"),
            GinIndex(fields=["custom"], condition=~Q(custom={}), name="customer_custom"),
            GinIndex(fields=["custom_personal"], condition=~Q(custom_personal={}), name="customer_custom_personal"),
        ]
        permissions = [
            ("view_personal_data", _("Can see names, addresses and contacts unmasked")),
            ("merge_customer", _("Can merge customers and undo it")),
            ("claim_customer", _("Can claim customers for themselves")),
            ("transfer_customer", _("Can give customers to others")),
            ("erase_customer", _("Can ask for the erasure of personal data")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="erased_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status = 'erased'"),
                func="""
                    RAISE EXCEPTION 'The data of % were erased; nothing can be added.', OLD.number
                    USING ERRCODE = 'restrict_violation';
                """,
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:customer", args=[self.number])


@tracked()
class ContactPoint(Personal):
    """An e-mail address or phone number; `normalized` (lower case, E.164) is unique while it is in use."""

    PERSONAL = {"raw": masking.contact, "normalized": masking.contact}

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts", verbose_name=_("customer"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    raw = models.CharField(_("as given"), max_length=254)
    normalized = models.CharField(_("normalised"), max_length=254)
    label = models.CharField(_("label"), max_length=60, blank=True)
    is_primary = models.BooleanField(_("primary"), default=False)
    ended_at = models.DateTimeField(_("no longer used since"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("mail came back"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = MaskingQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["kind", "-is_primary", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "normalized"],
                condition=Q(ended_at=None),
                name="contact_live_once",
                violation_error_message=_("Another customer uses this contact."),
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"], condition=Q(is_primary=True, ended_at=None), name="contact_one_primary"
            ),
        ]
        indexes = [GinIndex(fields=["normalized"], opclasses=["gin_trgm_ops"], name="contact_search")]

    def __str__(self) -> str:
        return self.raw


@tracked()
class Address(Personal):
    """Where a customer lives or wants parcels."""

    PERSONAL = {
        "name": masking.name,
        "company": masking.name,
        "line1": masking.text,
        "line2": masking.text,
        "postal_code": masking.text,
    }

    class Kind(models.TextChoices):
        SHIPPING = "shipping", _("Shipping")
        BILLING = "billing", _("Billing")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses", verbose_name=_("customer"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SHIPPING)
    name = models.CharField(_("name"), max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    line1 = models.CharField(_("street"), max_length=200)
    line2 = models.CharField(_("street, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=120)
    region = models.CharField(_("region"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, help_text=_("Two letters, such as DE or CN."))
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = MaskingQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"], condition=Q(is_default=True), name="address_one_default"
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"),
                name="address_country_code",
                violation_error_message=_("Give the country by its two letters, such as DE or CN."),
            ),
        ]
        indexes = [models.Index(fields=["customer"], name="address_of_customer")]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.line1, self.postal_code, self.city, self.country) if part)


@tracked()
class Consent(models.Model):
    """What a customer agreed to, or no longer; append-only, the latest row governs. Undone imports need the history."""

    CHANNELS = {"email": _("E-mail"), "phone": _("Phone"), "post": _("Post")}

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents", verbose_name=_("customer"))
    channel = models.CharField(_("channel"), max_length=20)
    purpose = models.CharField(_("purpose"), max_length=40)
    granted = models.BooleanField(_("granted"))
    source = models.CharField(_("source"), max_length=100)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["customer", "-id"], name="consent_of_customer")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.channel}/{self.purpose}: {self.granted}"

    def get_channel_display(self) -> str:
        return str(self.CHANNELS.get(self.channel, self.channel))
