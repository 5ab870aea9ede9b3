"""SELECTs of what the summaries of tickets have wrong. They read `service_touched`, which `upkeep.touch` fills with all tickets."""

from customers.models import TicketFacts, TicketSums, TicketTimes
from customers.services.reporting.facts import COLUMNS, fresh
from customers.services.reporting.sums import FIGURES, SUM_SPANS, TIME_SPANS, by_span, days_of, times_of

FACTS = TicketFacts._meta.db_table
SIGNED = f"(SELECT 1 AS sign, o.* FROM {FACTS} o)"  # noqa: S608 - our own table


def wrong_facts() -> str:
    """Keys of tickets whose facts are not what their events, messages, promises and surveys say, but for those `pending`."""
    row = ", ".join("{0}." + name for name in COLUMNS)
    return f"""
        SELECT ticket_id FROM {FACTS} o FULL JOIN ({fresh()}) n USING (ticket_id)
        WHERE ROW({row.format("o")}) IS DISTINCT FROM ROW({row.format("n")}) AND NOT ticket_id = ANY(%(pending)s)
    """  # noqa: S608 - constants of ours


def wrong_sums(model: type[TicketSums | TicketTimes]) -> str:
    """Keys of the rows that are not what the facts add up to."""
    figures: tuple[str, ...]
    if model is TicketSums:
        keys, figures = "by, queue, item", FIGURES
        rows = by_span(days_of(SIGNED), keys, figures, SUM_SPANS)
    else:
        keys, figures = "by, queue, item, kind, seconds", ("number",)
        rows = by_span(times_of(SIGNED), keys, figures, TIME_SPANS)
    row = ", ".join("coalesce({0}." + name + ", 0)" for name in figures)
    return f"""
        SELECT span, day, {keys} FROM {model._meta.db_table} o FULL JOIN ({rows}) n USING (span, day, {keys})
        WHERE ({row.format("o")}) IS DISTINCT FROM ({row.format("n")})
    """  # noqa: S608 - constants of ours
