"""The rules of DESIGN about files, imports, tables and templates, held by machine."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from backoffice.apps import own_apps

ROOT = Path(settings.BASE_DIR)
MODULES = ("catalog", "inventory", "customers", "orders")
BELOW = {
    "backoffice": set(),
    "catalog": {"backoffice"},
    "customers": {"backoffice"},
    "inventory": {"backoffice", "catalog"},
    "orders": {"backoffice", "catalog", "customers", "inventory"},
}
LAYERS = {  # a file imports from its own layer and those before it
    "models": 0,
    "services": 1,
    **dict.fromkeys(
        (
            "forms",
            "filters",
            "resources",
            "tasks",
            "approvals",
            "search",
            "dashboard",
            "panels",
            "previews",
            "privacy",
            "api",
            "people",
            "navigation",
            "verification",
        ),
        2,
    ),
    **dict.fromkeys(("views", "admin", "reports"), 3),
    "urls": 4,
}
HELPERS = {
    "__init__",
    "apps",
    "conftest",
    "constants",
}  # anything else is a helper of services, and named by what it is about
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "misc"}


def sources(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts]


ALL_SOURCES = [path for package in BELOW for path in sources(package)]


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Full names of what a file imports, "orders.models" for each name taken from there as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def layer(name: str) -> int | None:
    """The layer of a module's part "orders.views.lists"; None for helpers and the platform."""
    package, _dot, rest = name.partition(".")
    part = rest.partition(".")[0]
    return LAYERS.get(part) if package in MODULES else None


def test_modules_import_only_from_modules_below():
    wrong = [
        f"{dotted(path)} imports {name}"
        for package, below in BELOW.items()
        for path in sources(package)
        for name in imports(path)
        if (top := name.partition(".")[0]) in BELOW and top != package and top not in below
    ]
    assert wrong == []


def test_parts_of_a_module_import_only_from_lower_parts():
    wrong = []
    for module in MODULES:
        for path in sources(module):
            own = layer(dotted(path))
            for name in imports(path):
                if own is not None and name.startswith(f"{module}.") and (layer(name) or 0) > own:
                    wrong.append(f"{dotted(path)} imports {name}")
    assert wrong == []


def test_no_import_stands_inside_a_function():
    wrong = []
    for path in ALL_SOURCES:
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
                wrong += [f"{path.relative_to(ROOT)}:{node.lineno}" for node in inner]
    assert wrong == []


def test_files_are_named_by_what_they_are():
    wrong = [
        str(path.relative_to(ROOT))
        for path in ALL_SOURCES
        if path.stem in FORBIDDEN_NAMES or path.parent.name in FORBIDDEN_NAMES
    ]
    assert wrong == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_parts_of_every_module(module):
    """Parts that are no layer are helpers: they stand below the views, and services, resources or tasks use them."""
    present = {path.stem for path in (ROOT / module).glob("*.py")} | {
        path.parent.name for path in (ROOT / module).glob("*/__init__.py")
    }
    structure = {"management", "migrations", "templatetags", "sql"}
    helpers = present - set(LAYERS) - HELPERS - structure
    used = {name for path in sources(module) for name in imports(path)}
    unused = {helper for helper in helpers if f"{module}.{helper}" not in used}
    assert {"models", "services", "urls"} <= present
    assert unused == set()


# --- Tables -----------------------------------------------------------------------------------------

NO_HISTORY = {
    "backoffice.Invitation": "its verbs are in the audit",
    "backoffice.DocumentSequence": "a counter; the documents are the record",
    "backoffice.Editing": "a sign of life",
    "backoffice.SavedView": "a convenience of one person",
    "backoffice.BulkEdit": "part of the record of a run",
    "backoffice.ImportMapping": "a convenience of one person",
    "backoffice.FeedReader": "a place in a list",
    "backoffice.Touched": "a queue; the prices have their history",
    "backoffice.WebhookDelivery": "it is the log itself",
    "backoffice.Notification": "a convenience of one person",
    "backoffice.ApiAnswer": "what was answered; the order has its history",
    "backoffice.ApiToken": "its verbs are in the audit",
    "backoffice.Heartbeat": "a sign of life",
    "backoffice.JobProgress": "the progress of a job",
    "backoffice.JobFailure": "the log of a job",
    "backoffice.ImportRun": "the run is itself the record; its verbs are in the audit",
    "backoffice.ImportRow": "part of the record of a run",
    "backoffice.Review": "its row says who asked, decided and when; its verbs are in the audit",
    "backoffice.LiveVersion": "it shows revisions, which are append-only; the verbs are in the audit",
    "catalog.Repricing": "the run is itself the record; its verbs are in the audit",
    "catalog.RepricingRow": "part of the record of a run",
    "catalog.ProductRedirect": "written by a trigger; the product's own history has its handles",
    "catalog.Tag": "the names in products' tags, whose history has them",
    "customers.Draft": "what one person has not sent yet; what is sent has its history",
    "customers.OpenSpan": "worked out from calendars, which have a history",
    "customers.PromiseCycle": "its events are append-only",
    "customers.ArticleAddress": "former addresses, which the articles' history has",
    "customers.ArticleVote": "one answer of a reader, never changed",
    "customers.DataPackage": "a file for some days; its verbs are in the audit",
    "customers.Retained": "part of the record of an erasure; its verbs are in the audit",
    "customers.ServiceMark": "how far the summaries are",
    "customers.MessageWords": "an index of messages, written by triggers",
    "customers.TicketFacts": "a summary of tickets, which verify proves",
    "customers.TicketSums": "a summary of tickets, which verify proves",
    "customers.TicketTimes": "a summary of tickets, which verify proves",
    "customers.Suppression": "a hash, never changed",
    "customers.IndexedCustom": "an index of the customers' custom fields, written by a trigger",
    "customers.CustomerSegment": "worked out anew; SegmentSnapshot is its history",
    "customers.SegmentRun": "the run is itself the record; its verbs are in the audit",
    "customers.SegmentSnapshot": "a history itself, which can be worked out anew",
    "customers.Throttle": "counts of an hour",
    "customers.VainSearch": "counts of words",
    "customers.Ownership": "periods, ended once and otherwise never changed",
    "customers.MergedRow": "part of the record of a merge",
    "customers.IncomingMail": "it is the log itself; its verbs are in the audit",
    "catalog.Completeness": "a score, worked out by triggers",
    "catalog.CompletenessDue": "products that a job is about to assess",
    "catalog.IndexedAttribute": "an index of the products' attributes, written by a trigger",
    "orders.SentMail": "it is the log itself",
    "orders.DailySales": "a summary of orders, which verify proves",
    "orders.CategorySales": "a summary of orders, which verify proves",
    "orders.CohortSales": "a summary of orders, which verify proves",
    "orders.CustomerSales": "a summary of orders, which verify proves",
    "orders.DelaySums": "a summary of orders, which verify proves",
    "orders.PlaceSales": "a summary of orders, which verify proves",
    "orders.ProductMargin": "a summary of orders, which verify proves",
    "orders.ProductPlace": "a summary of orders, which verify proves",
    "orders.ProductSales": "a summary of orders, which verify proves",
    "orders.ReturnSums": "a summary of orders, which verify proves",
    "orders.ShippedByPlace": "a summary of orders, which verify proves",
    "orders.ShippedByProduct": "a summary of orders, which verify proves",
    "orders.TaxDocuments": "a summary of orders, which verify proves",
    "orders.TaxSales": "a summary of orders, which verify proves",
    "orders.SalesMark": "how far the summaries are",
    "inventory.CountLine": "adds up its entries, which have a history, and the ledger, which is append-only",
    "inventory.StockPeriod": "an instant whose balances verify proves",
    "inventory.StockBalance": "sums of postings, which verify proves",
    "inventory.StockTotal": "sums of balances",
    "inventory.StockFigures": "a summary of the ledger, written anew every night",
    "inventory.StockSummary": "a summary of the ledger, written anew every night",
    "inventory.SaleCost": "a summary of the ledger, which verify proves",
    "inventory.DailyFlow": "a summary of the ledger, which verify proves",
    "inventory.Scan": "a key that was used, and the answer; what it did is in the ledger and the documents' histories",
    "inventory.FlowMark": "how far the summaries are",
    "inventory.SoldOut": "a mark that follows from the levels, which verify proves",
    "inventory.StockLevel": "written by the ledger alone, which is append-only",
    "inventory.StockPart": "its postings are its history",
}


def own_models():
    return [
        model
        for config in own_apps()
        for model in config.get_models()
        if not model._meta.proxy and model._meta.managed and not hasattr(model, "pgh_id")
    ]


def is_append_only(model) -> bool:
    return any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", []))


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_every_table_has_a_history_or_a_reason(model):
    has_history = hasattr(model, "history")
    assert has_history or is_append_only(model) or model._meta.label in NO_HISTORY
    assert not (has_history and model._meta.label in NO_HISTORY)


def test_roles_have_a_history_though_their_table_is_djangos():
    assert hasattr(apps.get_model("backoffice.RoleHolding"), "history")


# --- Templates --------------------------------------------------------------------------------------

INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style[\s>]", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\s(src|type=\"application/json\"))[^>]*>", re.I),
    "a handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a javascript address": re.compile(r"href\s*=\s*[\"']?javascript:", re.I),
}
TEMPLATES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "/mail" not in str(path)]


@pytest.mark.parametrize("what", INLINE)
def test_templates_have_no(what):
    wrong = [str(path.relative_to(ROOT)) for path in TEMPLATES if INLINE[what].search(path.read_text())]
    assert wrong == []
