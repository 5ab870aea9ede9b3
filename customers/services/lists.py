"""Lists of customers that people put together: made, filled, emptied."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from customers.models import Customer, ListMember, StaticList
from customers.services.customers import must_be_open


def may_keep(static_list: StaticList, user: Any) -> bool:
    """Whether `user` may rename, share or delete the list: who made it, and of shared ones who may transfer customers."""
    return static_list.owner_id == user.pk or (static_list.is_shared and user.has_perm("customers.transfer_customer"))


@transaction.atomic
def save_list(
    static_list: StaticList | None = None, *, by: User, name: str, purpose: str = "", is_shared: bool = True
) -> StaticList:
    """Create a list, or change one. Raises ValidationError for a name in use, and where another's list is made private."""
    if static_list is None:
        found = StaticList(owner=by)
    else:
        found = StaticList.objects.locked().get(pk=static_list.pk)
        _must_keep(found, by)
        if found.owner_id != by.pk and not is_shared:
            raise ValidationError(
                {"is_shared": _("Only %(owner)s can make this list private.") % {"owner": found.owner}}
            )
    found.name, found.purpose, found.is_shared = " ".join(name.split()), purpose.strip(), is_shared
    found.full_clean()
    with explained(StaticList):
        found.save()
    audit.record("customer_list.changed" if static_list else "customer_list.created", found, by=by)
    return found


@transaction.atomic
def delete_list(static_list: StaticList, *, by: User) -> StaticList:
    """Delete a list; the customers stay."""
    found = StaticList.objects.locked().get(pk=static_list.pk)
    _must_keep(found, by)
    audit.record("customer_list.deleted", found, by=by)
    found.delete()
    return static_list


def _must_keep(static_list: StaticList, by: User) -> None:
    if not may_keep(static_list, by):
        raise PermissionDenied


@transaction.atomic
def add_to_list(
    customers: Sequence[Customer], *, by: User | None, static_list: StaticList | None = None, new_list: str = ""
) -> StaticList:
    """Put customers on a list, or on one's own of the name `new_list`, made private where there is none; who is on it stays.

    An action over many rows comes here once for each part of them. Raises ValidationError without a list, and for who was erased or merged.
    """
    if static_list is None:
        if not new_list.strip() or by is None:
            raise ValidationError({"static_list": _("Choose a list, or name a new one.")})
        own = StaticList.objects.filter(owner=by, name__iexact=" ".join(new_list.split()))
        static_list = own.first() or save_list(by=by, name=new_list, is_shared=False)
    rows = list(Customer.objects.locked().filter(pk__in=[one.pk for one in customers]))
    for customer in rows:
        must_be_open(customer)
    ListMember.objects.bulk_create(
        (ListMember(list=static_list, customer=customer, added_by=by) for customer in rows), ignore_conflicts=True
    )
    audit.record("customer_list.filled", static_list, by=by, data={"customers": len(rows)})
    return static_list


@transaction.atomic
def take_off_list(customers: Sequence[Customer], *, by: User | None, static_list: StaticList) -> int:
    """Take customers off a list; how many were on it."""
    rows = ListMember.objects.filter(list=static_list, customer__in=[one.pk for one in customers])
    gone = list(rows.locked().values_list("pk", flat=True))
    ListMember.objects.filter(pk__in=gone).delete()
    audit.record("customer_list.emptied", static_list, by=by, data={"customers": len(gone)})
    return len(gone)
