"""/components/: every component in every state, for those who build pages and for the browser tests."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.forms import formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from backoffice.charts import BarChart, LineChart, Series, Sparkline
from backoffice.dashboard import Card
from backoffice.generic import Action, Fact, LookupField, Moment
from backoffice.generic.chips import Chip
from backoffice.generic.conflicts import Conflict
from backoffice.generic.forms import formset_summary, summary
from backoffice.models import User
from backoffice.panels import Panel

ICONS = [
    "activity",
    "alert",
    "arrow-down",
    "arrow-up",
    "barcode",
    "bell",
    "book",
    "box",
    "building",
    "calendar",
    "card",
    "cart",
    "chart",
    "check",
    "check-circle",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "clipboard",
    "clipboard-check",
    "clock",
    "copy",
    "dot",
    "download",
    "edit",
    "external",
    "eye",
    "eye-off",
    "file",
    "filter",
    "flag",
    "folder",
    "folder-tree",
    "globe",
    "history",
    "home",
    "image",
    "inbox",
    "info",
    "key",
    "keyboard",
    "layers",
    "lifebuoy",
    "link",
    "list",
    "lock",
    "log-in",
    "log-out",
    "logo",
    "mail",
    "menu",
    "merge",
    "message",
    "minus",
    "monitor",
    "moon",
    "more",
    "paperclip",
    "percent",
    "phone",
    "pin",
    "plus",
    "printer",
    "receipt",
    "refresh",
    "return",
    "scale",
    "search",
    "send",
    "settings",
    "shield",
    "sliders",
    "star",
    "store",
    "sun",
    "tag",
    "tags",
    "ticket",
    "transfer",
    "trash",
    "truck",
    "undo",
    "upload",
    "user",
    "users",
    "warehouse",
    "x",
    "zap",
]
CHOICES = [("a", "Parcel"), ("b", "Pallet"), ("c", "Pick-up")]


class RowForm(forms.Form):
    sku = forms.CharField(label="SKU")
    quantity = forms.IntegerField(label="Quantity", min_value=1)


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As it stands on the invoice.")
    email = forms.EmailField(label="E-mail")
    person = LookupField(model=User, label="Person", required=False)
    method = forms.ChoiceField(label="Shipping", choices=CHOICES)
    day = forms.DateField(label="Date", required=False)
    moment = forms.DateTimeField(label="Moment", required=False)
    file = forms.FileField(label="File", required=False)
    many = forms.MultipleChoiceField(
        label="Several", choices=CHOICES, widget=forms.CheckboxSelectMultiple, required=False
    )
    one = forms.ChoiceField(label="One of", choices=CHOICES, widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="Agreed", help_text="In writing.")
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    fixed = forms.CharField(label="Number", disabled=True, initial="SO-1042", required=False)


@login_required
@require_GET
def components(request: HttpRequest) -> HttpResponse:
    return render(request, "backoffice/components.html", {"title": "Components", **form_states(request), **samples()})


def form_states(request: HttpRequest) -> dict[str, Any]:
    """A form as it is opened, and one that was refused."""
    fresh = SampleForm(prefix="fresh", initial={"name": "Ada", "method": "b"})
    refused = SampleForm({"refused-email": "ada@", "refused-person": "nobody"}, prefix="refused")
    rows = formset_factory(RowForm, extra=2)(
        {"rows-TOTAL_FORMS": 2, "rows-INITIAL_FORMS": 0, "rows-0-sku": "TEA", "rows-0-quantity": 0}, prefix="rows"
    )
    for form in (fresh, refused):
        form.fields["person"].user = request.user  # type: ignore[attr-defined]
    return {
        "fresh": fresh,
        "refused": refused,
        "rows": rows,
        "summary": [*summary(refused), *formset_summary(rows)],
    }


def samples() -> dict[str, Any]:
    """One of everything that is not a form."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
    web, shop = Series("Web", [410, 520, 480, 610, 700, 905]), Series("Shop", [210, 190, 240, 220, 260, 300])
    return {
        "icons": ICONS,
        "tones": [
            ("good", "Delivered"),
            ("info", "Placed"),
            ("warn", "On hold"),
            ("bad", "Overdue"),
            ("neutral", "Draft"),
        ],
        "levels": ["info", "success", "warning", "error"],
        "cards": [
            Card("Awaiting shipment", "1,000+", "#", "oldest from Monday", "warn"),
            Card("Paid today", "87", "#", "", "good"),
            Card("Overdue tickets", "3", "#", "two are yours", "bad"),
            Card("Drafts", "12", "#"),
        ],
        "facts": [Fact("Customer", "Ada Lovelace"), Fact("Placed", "22 Nov 2026, 10:31"), Fact("Note", "")],
        "panels": [
            Panel(
                "Orders",
                ["Number", "Total"],
                [[("SO-1042", "#"), "€120.00"], [("SO-1040", "#"), "€9.50"]],
                numbers=[1],
                url="#",
            ),
            Panel("Returns", empty="No returns yet"),
        ],
        "moments": [
            Moment(now() - timedelta(minutes=3), "Order placed", "Ada", "Paid by card."),
            Moment(
                now() - timedelta(hours=5), "Comment", "Ben", "Customer called about SO-1042.", "message", "comment"
            ),
            Moment(now() - timedelta(days=2), "Internal note", "Cleo", "Handle with care.", "lock", "internal"),
        ],
        "chips": [Chip("Status", "Placed", "#"), Chip("Placed", "from 1 Jan 2026", "#")],
        "conflicts": [Conflict("Name", "Ada King", "Ada Lovelace")],
        "actions": [
            Action("Cancel order", "#", "get", icon="x", danger=True),
            Action("Print", "#", "get", icon="printer"),
        ],
        "bars": BarChart("Orders have more than doubled since January.", months, [web, shop]),
        "curve": LineChart("The web shop overtakes every month.", months, [web, shop]),
        "spark": Sparkline("Rising over six months", web.values),
        "nothing": BarChart("No returns this month.", months, [Series("Returns", [0] * 6)]),
    }
