"""The data package of one customer: everything held, by class, with purpose, rule and retention; see docs/privacy.md."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice import audit, verbs
from backoffice.models import AuditEvent, User
from backoffice.numbering import next_number
from customers.models import Customer, DataPackage
from customers.services.erasing import DataClass, Fate, Table, preview_erasure

FORMAT = "houtai.customer-data/1"
KEPT = timedelta(days=14)
NOT_TOLD = {"token", "owner", "sha256", "verdict_reason", "message_id", "base"}


def data_package(customer: Customer) -> dict[str, Any]:
    """Everything that is held about `customer`, as JSON can hold it: the shape is `FORMAT`."""
    preview = preview_erasure(customer)
    return {
        "format": FORMAT,
        "customer": customer.number,
        "holder": settings.COMPANY_NAME,
        "made_at": timezone.now(),
        "classes": [_class(fate, customer) for fate in preview.fates],
        "log": _log(customer),
    }


def _class(fate: Fate, customer: Customer) -> dict[str, Any]:
    entry: DataClass = fate.entry
    return {
        "key": entry.key,
        "label": str(entry.label),
        "purpose": str(entry.purpose),
        "rule": entry.rule.value,
        "rule_label": str(entry.rule.label),
        "retention": fate.sentence,
        "kept_until": fate.until,
        "tables": [told for table in entry.tables if (told := _table(table, customer))["rows"]],
    }


def _table(table: Table, customer: Customer) -> dict[str, Any]:
    names = _fields(table, table.model)
    rows = table.of(customer).order_by("pk").values(*names)
    return {
        "name": str(table.model._meta.verbose_name_plural),
        "fields": {name: str(table.model._meta.get_field(name).verbose_name) for name in names},  # type: ignore[union-attr]
        "rows": list(rows),
        "earlier": _earlier(table, customer),
    }


def _fields(table: Table, model: Any) -> list[str]:
    known = {field.name for field in model._meta.concrete_fields}
    wanted = dict.fromkeys([*table.shown, *table.names, *table.traces, *table.blank, *table.scrub, *table.files])
    return [name for name in wanted if name in known and name not in NOT_TOLD]


def _earlier(table: Table, customer: Customer) -> list[dict[str, Any]]:
    """What stood there before, for rows that tell of the person by name."""
    if table.history is None or not table.traces:
        return []
    keys = list(table.of(customer).values_list("pk", flat=True))
    names = _fields(table, table.history)
    found = table.past(customer, keys).order_by("pgh_id").values("pgh_created_at", "pgh_label", *names)
    return [{"at": row.pop("pgh_created_at"), "event": row.pop("pgh_label"), **row} for row in found]


def _log(customer: Customer) -> list[dict[str, Any]]:
    events = AuditEvent.objects.about(customer).order_by("pk").values_list("at", "verb", "reason")
    return [{"at": at, "what": verbs.words(verb)[0], "reason": reason} for at, verb, reason in events]


@transaction.atomic
def ask_for_package(customer: Customer, *, by: User) -> DataPackage:
    """Have the package made by a job. Raises ValidationError where the data were erased."""
    if customer.status == Customer.Status.ERASED:
        raise ValidationError(_("The data of %(number)s were erased already.") % {"number": customer.number})
    package = DataPackage.objects.create(number=next_number("DP"), customer=customer, made_by=by)
    app.configure_task("customers.make_package").defer(package=package.pk)
    audit.record("customer.package_asked", customer, by=by, data={"package": package.number})
    return package


@transaction.atomic
def make_package(pk: int) -> None:
    """Write the file of a package that waits; does nothing where somebody was faster."""
    package = DataPackage.objects.locked().get(pk=pk)
    if package.status != DataPackage.Status.WAITING:
        return
    customer = Customer.objects.get(pk=package.customer_id)
    with translation.override(customer.language):
        text = json.dumps(data_package(customer), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    content = ContentFile(text.encode())
    package.file.save(f"{package.number}.json", content, save=False)
    package.status, package.size = DataPackage.Status.DONE, content.size
    package.expires_at = timezone.now() + KEPT
    package.save()
    audit.record("customer.package_made", customer, by=package.made_by, data={"package": package.number})


def read_package(package: DataPackage) -> dict[str, Any]:
    """What the file says, for the readable page: each row as its (name, value) pairs, without what is empty."""
    with package.file.open("rb") as file:
        told: dict[str, Any] = json.load(file)
    for table in (table for one in told["classes"] for table in one["tables"]):
        names = table["fields"]
        table["shown"] = [[(names[key], value) for key, value in row.items() if value] for row in table["rows"]]
    return told


def take_package(package: DataPackage, *, by: User) -> Any:
    """The file, opened for a download, which is recorded. Raises ValidationError where there is none (any more)."""
    if not package.file:
        raise ValidationError(_("%(package)s has no file.") % {"package": package.number})
    audit.record("customer.package_taken", package.customer, by=by, data={"package": package.number})
    return package.file.open("rb")


def remove_expired_packages() -> int:
    """Remove the files that were kept long enough; returns how many."""
    expired: Sequence[DataPackage] = list(
        DataPackage.objects.filter(status=DataPackage.Status.DONE, expires_at__lte=timezone.now())
    )
    for package in expired:
        storage, name = package.file.storage, str(package.file.name)
        DataPackage.objects.filter(pk=package.pk).update(file="", size=0, status=DataPackage.Status.REMOVED)
        storage.delete(name)
    return len(expired)
