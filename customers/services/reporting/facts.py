"""What reports count of the tickets whose keys stand in the temporary table `service_touched`."""

# ruff: noqa: S608 - statements of constants of ours

from customers.models import TicketFacts
from customers.services.reporting.subjects import subjects

UNSOLVED = "('new', 'open', 'pending', 'on_hold')"
WAITS = "('new', 'open')"  # for us
SOLVED = "('solved', 'closed')"
COLUMNS: tuple[str, ...] = tuple(field.get_attname() for field in TicketFacts._meta.concrete_fields)


def _elapsed(start: str, until: str) -> str:
    """Business seconds by the calendar of the ticket; by the clock where the shop has none."""
    return f"""CASE WHEN c.calendar IS NULL THEN greatest(0, extract(epoch FROM {until} - {start})::double precision)
               ELSE customers_business_elapsed(c.calendar, {start}, {until}) END"""


def _day(moment: str) -> str:
    return f"({moment} AT TIME ZONE %(zone)s)::date"


def _subjects() -> str:
    """SELECT of ticket, kind and key."""
    found = [
        f"SELECT ticket_id, '{one.kind}' AS kind, item::text AS item FROM ({one.rows}) r_{one.kind}"
        for one in subjects()
    ]
    return " UNION ".join(found) or "SELECT NULL::bigint AS ticket_id, NULL AS kind, NULL AS item WHERE false"


# Of the policy for a queue.
CALENDAR_OF = """(SELECT y.calendar_id FROM customers_policy y WHERE y.is_active AND (y.queue_id IS NULL OR y.queue_id = {queue})
         ORDER BY y.position, y.id LIMIT 1)"""
# The calendar in which the ticket was first promised something, else that of the policy for its queue.
CALENDARS = f"""
    SELECT t.*, coalesce(
        (SELECT p.calendar_id FROM customers_promisecycle p WHERE p.ticket_id = t.id ORDER BY p.id LIMIT 1),
        {CALENDAR_OF.format(queue="t.queue_id")}
    ) AS calendar
    FROM service_touched x JOIN customers_ticket t ON t.id = x.id
"""
# Each status with when it began. Tickets begin unsolved when they are created; those that come from another system solved are
# told solved at once, and were so from `solved_at` on, which counts for the last solving of all.
STATUSES = f"""
    SELECT id, 0 AS place, 'new' AS status, NULL AS previous, created_at AS at FROM ticket
    UNION ALL
    SELECT id, place, status, coalesce(previous, 'new'),
           CASE WHEN previous IS NULL AND status IN {UNSOLVED} THEN created_at
                WHEN previous IS NULL THEN coalesce(solved_at, created_at)
                WHEN place = last_solving AND now_status IN {SOLVED} THEN coalesce(solved_at, at)
                ELSE at END
    FROM (
        SELECT e.*, max(place) FILTER (WHERE status IN {SOLVED} AND coalesce(previous, 'new') IN {UNSOLVED})
                        OVER (PARTITION BY id) AS last_solving
        FROM (
            SELECT t.id, t.created_at, t.solved_at, t.status AS now_status, e.new AS status, e.at,
                   row_number() OVER w AS place, lag(e.new) OVER w AS previous
            FROM ticket t JOIN customers_ticketevent e ON e.ticket_id = t.id AND e.field = 'status'
            WINDOW w AS (PARTITION BY t.id ORDER BY e.id)
        ) e
    ) s
"""
MOVES = f"""
    SELECT s.*, lead(s.at) OVER (PARTITION BY s.id ORDER BY s.place) AS until,
           max(place) FILTER (WHERE previous IN {UNSOLVED} AND status IN {SOLVED}) OVER (PARTITION BY s.id) AS solving
    FROM ({STATUSES}) s
"""
LIVES = f"""
    SELECT m.id,
           array_agg({_day("m.at")} ORDER BY m.place) FILTER (WHERE m.previous NOT IN {UNSOLVED} AND m.status IN {UNSOLVED}) AS reopened_on,
           array_agg({_day("m.at")} ORDER BY m.place) FILTER (WHERE m.previous IN {UNSOLVED} AND m.status IN {SOLVED}) AS done_on,
           array_agg({_day("m.at")} ORDER BY m.place) FILTER (WHERE m.previous IN {UNSOLVED} AND m.status IN ('spam', 'merged')) AS aside_on,
           count(*) FILTER (WHERE m.previous IN {SOLVED} AND m.status IN {UNSOLVED}) AS reopens,
           max(m.at) FILTER (WHERE m.place = m.solving) AS solved_at,
           round(sum({_elapsed("m.at", "m.until")}) FILTER (WHERE m.status IN {WAITS} AND m.place < m.solving))::int AS seconds
    FROM ({MOVES}) m JOIN ticket c USING (id) GROUP BY m.id
"""
TALKS = f"""
    SELECT m.id, min(m.at) FILTER (WHERE m.kind = 'reply' AND m.at >= m.asked) AS replied_at,
           round(min({_elapsed("m.asked", "m.at")}) FILTER (WHERE m.kind = 'reply' AND m.at >= m.asked))::int AS seconds,
           count(*) FILTER (WHERE m.kind = 'reply') AS replies
    FROM (
        SELECT t.id, g.kind, g.created_at AS at, min(g.created_at) FILTER (WHERE g.kind = 'customer') OVER (PARTITION BY t.id) AS asked
        FROM ticket t JOIN customers_message g ON g.ticket_id = t.id WHERE g.kind IN ('customer', 'reply')
    ) m JOIN ticket c USING (id) GROUP BY m.id
"""
PROMISES = f"""
    SELECT p.ticket_id AS id, jsonb_agg(jsonb_build_array({_day("p.started_at")}, p.policy_id || ':' || p.kind,
        CASE WHEN p.level >= 3 THEN 'long' WHEN p.level = 2 THEN 'broken'
             WHEN p.state = 'fulfilled' AND p.level = 1 THEN 'nearly' WHEN p.state = 'fulfilled' THEN 'kept'
             WHEN p.level = 1 THEN 'warned' ELSE 'running' END) ORDER BY p.id) AS promises
    FROM service_touched x JOIN customers_promisecycle p ON p.ticket_id = x.id
    WHERE p.level >= 2 OR p.state IN ('running', 'paused', 'fulfilled') GROUP BY p.ticket_id
"""


def fresh() -> str:
    """SELECT of TicketFacts. Parameter: `zone`. What was merged or is spam is about nothing."""
    about = f"""
        SELECT ticket_id AS id, jsonb_object_agg(kind, items) AS subjects
        FROM (SELECT ticket_id, kind, jsonb_agg(DISTINCT item) AS items FROM ({_subjects()}) s GROUP BY ticket_id, kind) k
        GROUP BY ticket_id
    """
    values = {
        "ticket_id": "t.id",
        "queue": "t.queue_id",
        "assignee": "coalesce(t.assignee_id, 0)",
        "priority": "t.priority",
        "channel": "t.channel",
        "tags": "ARRAY(SELECT DISTINCT tag FROM unnest(t.tags) tag ORDER BY tag)::varchar(120)[]",
        "subjects": "CASE WHEN t.status IN ('merged', 'spam') THEN '{}' ELSE coalesce(a.subjects, '{}') END",
        "created_on": _day("t.created_at"),
        "reopened_on": "coalesce(l.reopened_on, '{}')",
        "done_on": "coalesce(l.done_on, '{}')",
        "aside_on": "coalesce(l.aside_on, '{}')",
        "replied_on": _day("k.replied_at"),
        "reply_seconds": "k.seconds",
        "replies": "coalesce(k.replies, 0)",
        "solved_on": f"CASE WHEN t.status IN {SOLVED} THEN {_day('l.solved_at')} END",
        "solve_seconds": f"CASE WHEN t.status IN {SOLVED} AND l.solved_at IS NOT NULL THEN coalesce(l.seconds, 0) END",
        "reopens": "coalesce(l.reopens, 0)",
        "promises": "coalesce(p.promises, '[]')",
        "asked_on": _day("v.asked_at"),
        "rated_on": f"CASE WHEN v.score IS NOT NULL THEN {_day('v.answered_at')} END",
        "score": "v.score",
        "commented": "coalesce(v.comment, '') <> ''",
        "rated_queue": "coalesce(v.queue_id, CASE WHEN v.id IS NOT NULL THEN t.queue_id END)",
        "rated_agent": "coalesce(v.agent_id, CASE WHEN v.id IS NOT NULL THEN 0 END)",
    }
    return f"""
        WITH ticket AS MATERIALIZED ({CALENDARS}), life AS ({LIVES}), talk AS ({TALKS}), promise AS ({PROMISES}), about AS ({about})
        SELECT {", ".join(f"{values[name]} AS {name}" for name in COLUMNS)}
        FROM ticket t LEFT JOIN life l USING (id) LEFT JOIN talk k USING (id) LEFT JOIN promise p USING (id)
        LEFT JOIN about a USING (id) LEFT JOIN customers_survey v ON v.ticket_id = t.id
    """
