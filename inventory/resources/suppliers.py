"""Supplier files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.resources import BooleanColumn, CodeColumn, EmailColumn, LinesColumn, TextColumn, WholeColumn
from inventory.models import Supplier
from inventory.services import upsert_suppliers

NOT_KEPT = gettext_lazy("not kept")


@resources.register
class SupplierResource(resources.BaseResource):
    """Suppliers, by code: columns of Houtai, Odoo and the Northwind company."""

    key = "suppliers"
    label = gettext_lazy("Suppliers")
    permission = "inventory.change_supplier"
    service = staticmethod(upsert_suppliers)
    models = (Supplier,)
    headless = {
        "AdventureWorks": ("BusinessEntityID", "AccountNumber", "Name", "CreditRating", "PreferredVendorStatus", "ActiveFlag", "PurchasingWebServiceURL", "ModifiedDate")
    }  # fmt: skip

    code = CodeColumn(
        gettext_lazy("Code"),
        aliases=["Supplier ID", "supplierID", "Supplier code", "Vendor code", "Vendor ID", "Account number", "BusinessEntityID", "ref",
                 "Reference", "供应商编码", "供应商编号", "供应商代码", "编码"],
        required=True,
        max_length=40,
        help=gettext_lazy("Names the supplier, whatever the letter case."),
        example="ACME",
    )  # fmt: skip
    name = TextColumn(
        gettext_lazy("Name"),
        aliases=["Company name", "companyName", "Supplier", "Supplier name", "Vendor", "Vendor name", "display_name",
                 "供应商", "供应商名称", "公司名称", "名称"],
        required=True,
        blank="keep",
        max_length=200,
        help=gettext_lazy("Needed to create a supplier."),
        example="Acme Ltd.",
    )  # fmt: skip
    email = EmailColumn(
        gettext_lazy("E-mail"), aliases=["Mail", "Email address", "邮箱", "电子邮箱"], max_length=254,
        example="sales@example.com",
    )  # fmt: skip
    phone = TextColumn(gettext_lazy("Phone"), aliases=["Telephone", "Phone number", "电话", "联系电话"], max_length=40)
    address = LinesColumn(
        gettext_lazy("Address"),
        aliases=["Street", "Street2", "Address1", "Address2", "Address line 1", "Address line 2", "City", "Region",
                 "State", "State_id", "Province", "Postal code", "postalCode", "Zip", "Country", "Country_id", "地址", "详细地址",
                 "省份", "城市", "邮编", "国家"],
        help=gettext_lazy("What stands in several columns becomes one line each."),
    )  # fmt: skip
    lead_time_days = WholeColumn(
        gettext_lazy("Lead time (days)"),
        aliases=["Lead time", "Delivery lead time", "delay", "average lead time", "交货周期", "交货天数"],
        example="14",
    )
    is_active = BooleanColumn(gettext_lazy("Active"), aliases=["Active flag", "是否启用", "启用"])

    ignored = dict.fromkeys(
        [
            "Contact name",
            "contactName",
            "Contact title",
            "contactTitle",
            "Fax",
            "Home page",
            "homePage",
            "Website",
            "CreditRating",
            "PreferredVendorStatus",
            "PurchasingWebServiceURL",
            "ModifiedDate",
        ],
        NOT_KEPT,
    )

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        """AdventureWorks has two numbers for a supplier; its other files refer to the first one."""
        if {"businessentityid", "accountnumber"} <= set(headers):
            return "adventureworks", {"accountnumber": ""}
        return "", {}

    def export_queryset(self, where: dict[str, str]) -> Any:
        return Supplier.objects.filter(**where).order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            *(ExportColumn(name, name) for name in ("code", "name", "email", "phone", "address")),
            ExportColumn("lead_time_days", "lead_time_days", kind="number"),
            ExportColumn("is_active", "is_active", kind="bool"),
        ]
