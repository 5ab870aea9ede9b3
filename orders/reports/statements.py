"""What each report reads: one statement over a summary, with a column for every field of SalesRow.

`Asked` is what the address asks for. A statement is a function of it that gives SQL and its parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Max

from backoffice.reports.periods import SAME_DAY, Period, today
from orders.models import (
    CategorySales,
    CustomerSales,
    DelaySums,
    PlaceSales,
    ProductMargin,
    ProductSales,
    ReturnSums,
    SalesRow,
    ShippedByPlace,
    ShippedByProduct,
    Summary,
    TaxDocuments,
    TaxSales,
)

AMOUNTS = ("orders", "pieces", "net", "tax", "gross")
SHIPPED = ("pieces", "net", "uncosted", "cost")
MARGIN = "{s}.net - {s}.uncosted - {s}.cost"
BEGAN = "DATE '1970-01-01'"


@dataclass(frozen=True)
class Asked:
    """A period, what it is compared with, and what narrows the rows; None narrows nothing.

    `locations` are the keys of those that may be seen; `unit` is what a row of time is: day, week or month.
    `lean`: what one page shows, of `items` alone where these are known to lead. Nothing was sold after `latest`.
    """

    period: Period
    before: Period | None
    shift: str
    currency: str
    unit: str = "day"
    by: str = ""
    source: str | None = None
    country: str | None = None
    category: int | None = None
    cause: int | None = None
    locations: tuple[int, ...] | None = None
    within: int = 2
    lean: bool = False
    items: tuple[int, ...] | None = None
    latest: date = date.max

    @property
    def parameters(self) -> dict[str, Any]:
        before = self.before or self.period
        return {
            "first": self.period.first, "last": self.period.last, "before_first": before.first, "before_last": before.last,
            "shift": self.shift, "currency": self.currency, "unit": self.unit, "source": self.source, "country": self.country,
            "category": self.category, "cause": self.cause, "locations": list(self.locations or ()), "within": self.within, "today": today(),
            "step": f"1 {self.unit}", "items": list(self.items or ()),
        }  # fmt: skip


def rows(columns: Mapping[str, str], source: str) -> str:
    """SELECT of `columns` (expressions by field), everything else being empty, `of` the number of rows."""
    fields = SalesRow._meta.concrete_fields
    given = {field.name: _empty(field) for field in fields}
    given |= {"of": "count(*) OVER ()", "currency": "%(currency)s", **columns}
    types = {models.IntegerField: "bigint", models.DecimalField: "numeric"}
    for kind, name in types.items():
        given |= {field.name: f"({given[field.name]})::{name}" for field in fields if isinstance(field, kind)}
    return f"SELECT {', '.join(f'{value} AS {name}' for name, value in given.items())} FROM {source}"  # noqa: S608


def _empty(field: models.Field) -> str:
    if isinstance(field, ArrayField):
        return "'{}'::bigint[]"
    if field.null:
        return f"NULL::{'date' if isinstance(field, models.DateField) else 'numeric'}"
    return "''" if isinstance(field, models.CharField) else "0"


# --- Sums of a period -------------------------------------------------------------------------------


def sums(summary: type[Summary], keys: str, figures: str, narrowed: str, *, before: bool = False) -> str:
    """SELECT of `keys` and `figures` over the rows of the days of the period, or of the one before."""
    low, high = ("before_first", "before_last") if before else ("first", "last")
    source = f"{summary._meta.db_table} WHERE span = 'd' AND day BETWEEN %({low})s AND %({high})s AND {narrowed}"
    return f"SELECT {keys}, {figures} FROM {source} GROUP BY {keys}"  # noqa: S608 - names of ours


def covering(summary: type[Summary], period: Period, latest: date, narrowed: str) -> str:
    """SELECT of the rows of a summary that together are the period; months and years stand in for their days."""
    runs = list(period.cover(latest)) or [("d", period.first, period.last)]
    return " UNION ALL ".join(
        f"SELECT * FROM {summary._meta.db_table} WHERE span = '{span}'"  # noqa: S608 - dates and names of ours
        f" AND day BETWEEN '{begin:%Y-%m-%d}' AND '{end:%Y-%m-%d}' AND {narrowed}"
        for span, begin, end in runs
    )


def latest_day(summary: type[Summary]) -> date:
    """The last day of which the summary knows anything; by its index."""
    found: date | None = summary._default_manager.filter(span="d").aggregate(latest=Max("day"))["latest"]
    return found or date.min


def _narrowed(asked: Asked, *columns: str) -> str:
    """The conditions of those columns that narrow anything."""
    wanted = {
        "source": "source = %(source)s" if asked.source is not None else "",
        "country": "country = %(country)s" if asked.country is not None else "",
        "location": "location = ANY(%(locations)s)" if asked.locations is not None else "",
    }
    return " AND ".join(["currency = %(currency)s", *(wanted[name] for name in columns if wanted[name])])


def _figures(*names: str) -> str:
    return ", ".join(f"sum({name}) AS {name}" for name in names)


def _each(alias: str, *names: str) -> dict[str, str]:
    return {name: f"coalesce({alias}.{name}, 0)" for name in names}


# --- Over time, and by one key ----------------------------------------------------------------------


def over_time(
    asked: Asked, summary: type[Summary], narrowed: str, figures: str, names: tuple[str, ...], about: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:  # fmt: skip
    """A row for each day, week or month of the period, also where nothing happened.

    Days and weeks are compared with days of the same number: the last of a longer month are those of no day.
    """
    begin = "date_trunc(%(unit)s, {day}::timestamp)::date"
    table = summary._meta.db_table
    moved = begin.format(day="(day + %(shift)s::interval)")
    now = f"""(SELECT {begin.format(day="day")} AS day, {figures} FROM {table}
               WHERE span = 'd' AND day BETWEEN %(first)s AND %(last)s AND {narrowed} GROUP BY 1)"""  # noqa: S608
    fitting = "true" if asked.unit == "month" else SAME_DAY
    then = f"""(SELECT {moved} AS day, {figures} FROM {table} WHERE span = 'd'
                AND day BETWEEN %(before_first)s AND %(before_last)s AND {fitting} AND {narrowed} GROUP BY 1)"""  # noqa: S608
    source = f"""
        (SELECT g::date AS day FROM generate_series({begin.format(day="%(first)s::date")}::timestamp, %(last)s::date::timestamp,
                                                   %(step)s::interval) g) d
        LEFT JOIN {now} s USING (day)
    """  # noqa: S608 - names of ours
    columns = {"id": f"d.day - {BEGAN}", "day": "d.day", "code": "d.day::text", **_each("s", *names), **more}
    columns["compared"] = f"coalesce({about.format(s='s')}, 0)"
    if asked.before:
        source += f" LEFT JOIN {then} b USING (day)"
        columns["before"] = f"coalesce({about.format(s='b')}, 0)"
    return rows(columns, source)


def by_key(
    asked: Asked, summary: type[Summary], key: str, narrowed: str, figures: str, names: tuple[str, ...], about: str,
    more: Mapping[str, str],
) -> str:  # fmt: skip
    """A row for each value of a few columns, out of a summary of days."""
    now = sums(summary, key, figures, narrowed)
    source = f"({now}) s"
    columns = {**_each("s", *names), "compared": f"coalesce({about.format(s='s')}, 0)"}
    if asked.before:
        then = sums(summary, key, figures, narrowed, before=True)
        source += f" LEFT JOIN ({then}) b USING ({key})"
        columns["before"] = f"coalesce({about.format(s='b')}, 0)"
    return rows({"id": f"row_number() OVER (ORDER BY {key})", **columns, **more}, source)


NAMES = {
    "product": ("catalog_product", "handle", "title", "title_zh"),
    "category": ("catalog_category", "path", "path", "path"),
    "customer": ("customers_customer", "number", "name", "name"),
    "location": ("inventory_location", "code", "name", "name_zh"),
    "cause": ("orders_returncause", "code", "name", "name_zh"),
}


def name_of(kind: str, key: str) -> dict[str, str]:
    """Code and names of what `key` is the primary key of, looked up for the rows of a page alone."""
    table, *names = NAMES[kind]
    found = [f"coalesce((SELECT n.{name} FROM {table} n WHERE n.id = {key}), '')" for name in names]  # noqa: S608
    return dict(zip(("code", "name", "name_zh"), found, strict=True))


def by_item(
    asked: Asked, summary: type[Summary], kind: str, figures: tuple[str, ...], about: str, narrowed: str
) -> str:
    """A row for each product, category or customer.

    What decides the order is added up for all of them; names, and what it was before, for the rows of a page alone, and
    so are the other figures where a page is asked for (`lean`): of many thousands that takes a tenth of the time.
    """
    latest = latest_day(summary) if summary in (ProductMargin, ShippedByProduct) else asked.latest
    ranks = [name for name in figures if f"{{s}}.{name}" in about]
    summed = () if asked.lean else figures
    sums = ", ".join([f"sum({about.format(s='t')}) AS compared", *(f"sum({name}) AS {name}" for name in summed)])
    covered = covering(summary, asked.period, latest, narrowed)
    now = f"SELECT item, {sums} FROM ({covered}) t GROUP BY item"  # noqa: S608 - names of ours
    if asked.items is not None:
        of_one = covering(summary, asked.period, latest, f"{narrowed} AND item = i.item")
        now = f"""
            SELECT i.item, c.* FROM unnest(%(items)s::bigint[]) AS i(item)
            CROSS JOIN LATERAL (SELECT {sums} FROM ({of_one}) t HAVING count(*) > 0) c
        """  # noqa: S608 - names of ours
    columns = {"id": "s.item", "compared": "s.compared", **{name: f"s.{name}" for name in summed}}
    inner = rows({"of": "0", **columns}, f"({now}) s")
    outer = {field.name: f"r.{field.name}" for field in SalesRow._meta.concrete_fields} | name_of(kind, "r.id")
    one = covering(summary, asked.period, latest, f"{narrowed} AND item = r.id")
    outer |= {name: f"(SELECT sum({name}) FROM ({one}) t)" for name in figures if name not in summed}  # noqa: S608
    if asked.before:
        then = covering(summary, asked.before, latest, f"{narrowed} AND item = r.id")
        outer["before"] = (
            f"(SELECT coalesce({about.format(s='b')}, 0) FROM (SELECT {_figures(*ranks)} FROM ({then}) t) b)"  # noqa: S608
        )
    return f"SELECT {', '.join(f'{value} AS {name}' for name, value in outer.items())} FROM ({inner}) r"  # noqa: S608


LEADERS = 1000


def leading(asked: Asked, summary: type[Summary], narrowed: str) -> str:
    """SELECT of items that come to most in any of the years that the period touches, and of what no other can exceed.

    What a summary leads by is never negative, so an item comes to no more in the period than in all of these years.
    """
    years = range(asked.period.first.year, asked.period.last.year + 1)
    led = summary.leads if summary.keys == ("item",) else f"sum({summary.leads})"
    grouped = "" if summary.keys == ("item",) else "GROUP BY item"
    lists = ", ".join(
        f"""y{year} AS MATERIALIZED (
            SELECT item, {led} AS led FROM {summary._meta.db_table} WHERE span = 'y' AND day = '{year}-01-01'
            AND {narrowed} {grouped} ORDER BY led DESC LIMIT {LEADERS})"""  # noqa: S608 - names of ours
        for year in years
    )
    items = " UNION ".join(f"SELECT item FROM y{year}" for year in years)  # noqa: S608 - years
    bound = f"(SELECT CASE WHEN count(*) < {LEADERS} THEN 0 ELSE min(led) END FROM y{{year}})"  # noqa: S608 - years
    bounds = " + ".join(bound.format(year=year) for year in years)
    return f"WITH {lists} SELECT array(SELECT item FROM ({items}) u), {bounds}"  # noqa: S608 - names of ours


# --- The reports ------------------------------------------------------------------------------------


def sales(asked: Asked) -> str:
    """What was sold in each day, week or month."""
    names = (*AMOUNTS, "refunded")
    narrowed = _narrowed(asked, "source", "country")
    return over_time(asked, PlaceSales, narrowed, _figures(*names), names, "{s}.gross")


def by_channel(asked: Asked) -> str:
    return _by_word(asked, PlaceSales, "source", (*AMOUNTS, "refunded"), "{s}.gross", ("country",))


def by_country(asked: Asked) -> str:
    return _by_word(asked, PlaceSales, "country", (*AMOUNTS, "refunded"), "{s}.gross", ("source",))


def _by_word(
    asked: Asked, summary: type[Summary], key: str, names: tuple[str, ...], about: str, narrowed: tuple[str, ...]
) -> str:
    code = {"code": f"s.{key}"}
    return by_key(asked, summary, key, _narrowed(asked, *narrowed), _figures(*names), names, about, code)


def by_product(asked: Asked) -> str:
    narrowed = _narrowed(asked)
    if asked.category is not None:
        within = "SELECT p.product_id FROM orders_productplace p WHERE p.categories @> ARRAY[%(category)s]::bigint[]"
        narrowed += f" AND item IN ({within})"
    return by_item(asked, ProductSales, "product", AMOUNTS, "{s}.gross", narrowed)


def by_category(asked: Asked) -> str:
    return by_item(asked, CategorySales, "category", AMOUNTS, "{s}.gross", _narrowed(asked))


def by_customer(asked: Asked) -> str:
    return by_item(asked, CustomerSales, "customer", AMOUNTS, "{s}.gross", narrowed_of(asked, CustomerSales))


def narrowed_of(asked: Asked, summary: type[Summary]) -> str:
    """The conditions of a ranked list over a summary that is not narrowed by category."""
    if summary is CustomerSales:
        return f"{_narrowed(asked)} AND item <> 0"
    return _narrowed(asked, "location") if summary is ShippedByProduct else _narrowed(asked)


def margin_items(asked: Asked) -> type[Summary]:
    """The summary of products: of all locations together, or of those that may be seen."""
    return ProductMargin if asked.locations is None else ShippedByProduct


def margin(asked: Asked) -> str:
    """What is left of what was shipped, over time or by one key."""
    if asked.by == "product":
        summary = margin_items(asked)
        return by_item(asked, summary, "product", SHIPPED, MARGIN, narrowed_of(asked, summary))
    narrowed = _narrowed(asked, "location", "source", "country")
    if asked.by in ("source", "country"):
        code = {"code": f"s.{asked.by}"}
        return by_key(asked, ShippedByPlace, asked.by, narrowed, _figures(*SHIPPED), SHIPPED, MARGIN, code)
    if asked.by == "location":
        more = {"id": "s.location", **name_of("location", "s.location")}
        return by_key(asked, ShippedByPlace, "location", narrowed, _figures(*SHIPPED), SHIPPED, MARGIN, more)
    return over_time(asked, ShippedByPlace, narrowed, _figures(*SHIPPED), SHIPPED, MARGIN)


MOST_WORDS = 5


def returns(asked: Asked) -> str:
    """By reason, with what was written most often; or by what was written, of one reason or of all."""
    names = ("orders", "pieces", "resellable", "damaged", "missing", "net", "refunded")
    counted = "returns" if asked.by != "words" or asked.cause is not None else "led"
    figures = f"sum({counted}) AS orders, sum(announced) AS pieces, {_figures(*names[2:])}"
    narrowed = _narrowed(asked)
    if asked.cause is not None:
        narrowed += " AND cause = %(cause)s"
    if asked.by == "words":
        return by_key(asked, ReturnSums, "reason", narrowed, figures, names, "{s}.orders", {"code": "s.reason"})
    words = f"""
        coalesce((SELECT string_agg(w.reason || ' (' || w.times || ')', ', ' ORDER BY w.times DESC, w.reason) FROM (
            SELECT reason, sum(returns) AS times FROM orders_returnsums
            WHERE span = 'd' AND day BETWEEN %(first)s AND %(last)s AND cause = s.cause AND reason <> '' AND {narrowed}
            GROUP BY reason ORDER BY times DESC, reason LIMIT {MOST_WORDS}) w), '')
    """  # noqa: S608 - names of ours
    more = {"id": "s.cause", **name_of("cause", "s.cause"), "words": words}
    return by_key(asked, ReturnSums, "cause", narrowed, figures, names, "{s}.orders", more)


def late(asked: Asked) -> str:
    """Orders of which a parcel took longer than so many days; what is still open is late once these have passed."""
    names = ("orders", "late", "waiting")
    gone = f"{DelaySums.OPEN} < delay"
    waiting = f"delay = {DelaySums.OPEN} AND day + postponed < %(today)s::date - %(within)s::int"
    figures = f"""
        sum(orders) AS orders,
        coalesce(sum(orders) FILTER (WHERE delay > %(within)s OR {waiting}), 0) AS late,
        coalesce(sum(orders) FILTER (WHERE {waiting}), 0) AS waiting,
        round(sum(delay::numeric * orders) FILTER (WHERE {gone}) / nullif(sum(orders) FILTER (WHERE {gone}), 0), 1) AS days
    """
    narrowed = _narrowed(asked, "source", "country")
    if asked.by in ("source", "country"):
        more = {"code": f"s.{asked.by}", "days": "s.days"}
        return by_key(asked, DelaySums, asked.by, narrowed, figures, names, "{s}.late", more)
    return over_time(asked, DelaySums, narrowed, figures, names, "{s}.late", {"days": "s.days"})


def taxes(asked: Asked) -> str:
    """By country and rate, in the whole period or in each of its months: of issued documents, or of orders placed."""
    summary: type[Summary] = TaxSales if asked.by == "orders" else TaxDocuments
    names: tuple[str, ...] = ("orders", "net", "tax", "gross")
    figures = _figures(*names)
    if summary is TaxDocuments:
        credited = "coalesce(sum(tax) FILTER (WHERE kind = 'credit_note'), 0) AS refunded"
        figures = f"sum(documents) AS orders, {_figures(*names[1:])}, {credited}"
        names = (*names, "refunded")
    month = "date_trunc('month', {day}::timestamp)::date" if asked.unit == "month" else "NULL::date"
    narrowed = _narrowed(asked, "country")

    def summed(low: str, high: str, day: str) -> str:
        return f"""(SELECT {month.format(day=day)} AS month, country, rate, {figures} FROM {summary._meta.db_table}
            WHERE span = 'd' AND day BETWEEN %({low})s AND %({high})s AND {narrowed} GROUP BY 1, 2, 3)"""  # noqa: S608

    columns = {
        "id": "row_number() OVER (ORDER BY s.month, s.country, s.rate)", "day": "s.month", "country": "s.country",
        "rate": "s.rate", "code": "s.country || ' ' || s.rate", "compared": "s.tax", **_each("s", *names),
    }  # fmt: skip
    source = f"{summed('first', 'last', 'day')} s"
    if asked.before:
        then = summed("before_first", "before_last", "(day + %(shift)s::interval)")
        source += f""" LEFT JOIN {then} b
            ON (b.country, b.rate) = (s.country, s.rate) AND b.month IS NOT DISTINCT FROM s.month"""
        columns["before"] = "coalesce(b.tax, 0)"
    return rows(columns, source)


COHORT_MONTHS = 12


def cohorts(asked: Asked) -> str:
    """Customers by the month of their first order, and how many of them ordered in each of the months after it."""
    months = "extract(year FROM age(c.month, c.first)) * 12 + extract(month FROM age(c.month, c.first))"
    after = f"""
        array(SELECT coalesce(c.{{name}}, 0)::bigint FROM generate_series(1, {COHORT_MONTHS}) k
              LEFT JOIN orders_cohortsales c ON c.first = s.first AND c.currency = %(currency)s AND {months} = k ORDER BY k)
    """  # noqa: S608 - names of ours
    columns = {
        "id": f"s.first - {BEGAN}", "day": "s.first", "code": "s.first::text", "pieces": "s.customers", "orders": "s.orders",
        "gross": "s.gross", "compared": "s.customers",
        "customers_after": after.format(name="customers"), "orders_after": after.format(name="orders"),
    }  # fmt: skip
    source = """
        (SELECT first, sum(customers) FILTER (WHERE month = first) AS customers, sum(orders) AS orders, sum(gross) AS gross
         FROM orders_cohortsales
         WHERE currency = %(currency)s AND first BETWEEN date_trunc('month', %(first)s::timestamp)::date AND %(last)s
         GROUP BY 1 HAVING sum(customers) FILTER (WHERE month = first) > 0) s
    """
    if asked.before:
        source += """ LEFT JOIN (
            SELECT (first + %(shift)s::interval)::date AS first, sum(customers) AS customers FROM orders_cohortsales
            WHERE currency = %(currency)s AND month = first GROUP BY 1) b USING (first)"""
        columns["before"] = "coalesce(b.customers, 0)"
    return rows(columns, source)
