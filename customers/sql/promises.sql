-- Business time, promises to tickets, and who gets them. Migrations run this file; every function may be replaced by running it again.

-- Open seconds of a calendar from the beginning of its spans until a moment.
CREATE OR REPLACE FUNCTION customers_business_position(the_calendar bigint, moment timestamptz) RETURNS double precision
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT s.before + extract(epoch FROM least(moment, s.ends) - s.begins)
        FROM customers_openspan s WHERE s.calendar_id = the_calendar AND s.begins <= moment
        ORDER BY s.begins DESC LIMIT 1
    ), 0)
$$;

-- Open seconds between two moments; 0 where the second comes first.
CREATE OR REPLACE FUNCTION customers_business_elapsed(the_calendar bigint, start timestamptz, until timestamptz)
RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT greatest(0, customers_business_position(the_calendar, until) - customers_business_position(the_calendar, start))
$$;

-- The moment when so many open seconds have passed since `start`; NULL beyond the last span.
-- The bound is a whole number of the column's type, or no index could find it.
CREATE OR REPLACE FUNCTION customers_business_due(the_calendar bigint, start timestamptz, seconds double precision)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    target double precision := customers_business_position(the_calendar, start) + seconds;
    bound bigint := ceil(target);
BEGIN
    IF seconds <= 0 THEN
        RETURN start;
    END IF;
    RETURN (
        SELECT s.begins + make_interval(secs => target - s.before) FROM customers_openspan s
        WHERE s.calendar_id = the_calendar AND s.after >= bound ORDER BY s.after LIMIT 1
    );
END $$;

-- Bring the promises of tickets up to what their status, priority, queue and messages say at `at`. Doing it twice changes nothing.
CREATE OR REPLACE FUNCTION customers_follow_promises(tickets bigint[], at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    f record;
    o customers_promisecycle;
    is_done boolean;
    runs boolean;
    is_owed boolean;
    outcome text;
    so_far double precision;
BEGIN
    FOR f IN
        SELECT t.id, t.status, t.priority, k.kind, w.replied, w.asked,
               m.id AS policy, m.calendar_id AS calendar, m.warn_percent, m.escalate_percent,
               60 * CASE k.kind WHEN 'first_reply' THEN m.first_reply WHEN 'next_reply' THEN m.next_reply ELSE m.resolution END AS target
        FROM customers_ticket t
        LEFT JOIN customers_customer c ON c.id = t.customer_id
        LEFT JOIN LATERAL (
            SELECT p.id, p.calendar_id, p.warn_percent, p.escalate_percent, g.first_reply, g.next_reply, g.resolution
            FROM customers_policy p LEFT JOIN customers_policytarget g ON g.policy_id = p.id AND g.priority = t.priority
            WHERE p.is_active AND (p.queue_id IS NULL OR p.queue_id = t.queue_id)
              AND (p.priorities = '{}' OR t.priority = ANY(p.priorities)) AND p.channel IN ('', t.channel)
              AND (p.price_group = '' OR p.price_group = c.price_group)
              AND (p.tag = '' OR p.tag = ANY(t.tags) OR p.tag = ANY(c.tags))
            ORDER BY p.position, p.id LIMIT 1
        ) m ON true
        CROSS JOIN LATERAL (
            SELECT max(g.id) FILTER (WHERE g.kind = 'reply') AS replied, max(g.id) FILTER (WHERE g.kind = 'customer') AS asked
            FROM customers_message g WHERE g.ticket_id = t.id
        ) w
        CROSS JOIN (VALUES ('first_reply'), ('next_reply'), ('resolution')) k(kind)
        WHERE t.id = ANY(tickets) ORDER BY t.id, k.kind
    LOOP
        outcome := NULL;
        is_done := f.status NOT IN ('new', 'open', 'pending', 'on_hold');
        runs := f.status IN ('new', 'open');
        is_owed := NOT is_done AND CASE f.kind
            WHEN 'first_reply' THEN f.replied IS NULL AND f.asked IS NOT NULL
            WHEN 'next_reply' THEN f.replied IS NOT NULL AND f.asked > f.replied
            ELSE true END;
        SELECT p.* INTO o FROM customers_promisecycle p
            WHERE p.ticket_id = f.id AND p.kind = f.kind AND p.state IN ('running', 'paused') FOR UPDATE;

        IF o.id IS NOT NULL THEN
            so_far := o.used;
            IF o.state = 'running' THEN
                so_far := so_far + customers_business_elapsed(o.calendar_id, o.resumed_at, at);
            END IF;
            IF NOT is_owed THEN
                outcome := CASE
                    WHEN f.kind = 'resolution' AND f.status IN ('solved', 'closed') THEN 'fulfilled'
                    WHEN f.kind <> 'resolution' AND f.replied > coalesce(f.asked, 0) THEN 'fulfilled'
                    ELSE 'ended' END;
            -- What is broken stays broken: only a promise that was still kept is replaced by another.
            ELSIF f.policy IS NOT NULL AND (f.policy, f.priority) <> (o.policy_id, o.priority) AND o.level < 2
                  AND (SELECT p.on_change FROM customers_policy p WHERE p.id = o.policy_id) <> 'keep' THEN
                outcome := 'replaced';
            END IF;
            IF outcome IS NOT NULL THEN
                UPDATE customers_promisecycle SET state = outcome, used = round(so_far), ended_at = at,
                       paused = paused + CASE WHEN paused_at IS NULL THEN 0
                                              ELSE round(customers_business_elapsed(calendar_id, paused_at, at)) END,
                       resumed_at = NULL, paused_at = NULL, next_at = NULL
                    WHERE id = o.id RETURNING * INTO o;
                INSERT INTO customers_promiseevent (promise_id, what, at, told) VALUES
                    (o.id, CASE outcome WHEN 'fulfilled' THEN 'fulfil' WHEN 'ended' THEN 'end' ELSE 'replace' END, at, '{}');
            END IF;
            IF outcome IN ('fulfilled', 'ended') OR (outcome = 'replaced' AND f.target IS NULL) THEN
                CONTINUE;
            END IF;
        END IF;

        IF outcome = 'replaced' AND o.id IS NOT NULL OR o.id IS NULL AND is_owed AND runs AND f.target IS NOT NULL THEN
            IF o.id IS NULL OR (SELECT p.on_change FROM customers_policy p WHERE p.id = o.policy_id) = 'restart' THEN
                o.started_at := at;
                o.paused := 0;
                so_far := 0;
            END IF;
            INSERT INTO customers_promisecycle (ticket_id, kind, cycle, policy_id, calendar_id, priority, target, warn_percent,
                    escalate_percent, state, level, started_at, resumed_at, used, paused)
                SELECT f.id, f.kind, 1 + coalesce(max(p.cycle), 0), f.policy, f.calendar, f.priority, f.target, f.warn_percent,
                       f.escalate_percent, 'running', 0, o.started_at, at, round(so_far), o.paused
                FROM customers_promisecycle p WHERE p.ticket_id = f.id AND p.kind = f.kind
                RETURNING * INTO o;
            INSERT INTO customers_promiseevent (promise_id, what, at, told) VALUES (o.id, 'activate', at, '{}');
            PERFORM customers_time_promise(o.id, at);
        END IF;

        IF o.id IS NOT NULL AND o.state = 'running' AND NOT runs THEN
            UPDATE customers_promisecycle SET state = 'paused', paused_at = at, used = round(so_far),
                   resumed_at = NULL, warn_at = NULL, due_at = NULL, escalate_at = NULL, next_at = NULL
                WHERE id = o.id;
            INSERT INTO customers_promiseevent (promise_id, what, at, told) VALUES (o.id, 'pause', at, '{}');
        ELSIF o.id IS NOT NULL AND o.state = 'paused' AND runs THEN
            UPDATE customers_promisecycle SET state = 'running', resumed_at = at, paused_at = NULL,
                   paused = paused + round(customers_business_elapsed(calendar_id, paused_at, at))
                WHERE id = o.id;
            INSERT INTO customers_promiseevent (promise_id, what, at, told) VALUES (o.id, 'resume', at, '{}');
            PERFORM customers_time_promise(o.id, at);
        END IF;
    END LOOP;

    UPDATE customers_ticket t SET promised_at = d.due
    FROM (SELECT u.id, (SELECT min(p.due_at) FROM customers_promisecycle p WHERE p.ticket_id = u.id AND p.state = 'running') AS due
          FROM unnest(tickets) u(id)) d
    WHERE t.id = d.id AND t.promised_at IS DISTINCT FROM d.due;
END $$;

-- Work out when a running promise is to be warned of, is due, and is to be told to the leads.
CREATE OR REPLACE FUNCTION customers_time_promise(promise bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    WITH timed AS (
        SELECT p.id, p.level,
               customers_business_due(p.calendar_id, at, p.target * p.warn_percent / 100.0 - p.used) AS warn,
               customers_business_due(p.calendar_id, at, p.target - p.used) AS due,
               customers_business_due(p.calendar_id, at, p.target * p.escalate_percent / 100.0 - p.used) AS escalate
        FROM customers_promisecycle p WHERE p.id = promise
    )
    UPDATE customers_promisecycle p SET warn_at = t.warn, due_at = t.due, escalate_at = t.escalate,
           next_at = CASE t.level WHEN 0 THEN t.warn WHEN 1 THEN t.due WHEN 2 THEN t.escalate END
    FROM timed t WHERE p.id = t.id
$$;

-- Time the running promises of a calendar anew, whose spans have changed; what they have used so far is kept.
CREATE OR REPLACE FUNCTION customers_time_again(the_calendar bigint, at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    SELECT coalesce(array_agg(ticket_id), '{}') INTO touched FROM (
        SELECT p.ticket_id, customers_time_promise(p.id, p.resumed_at) FROM customers_promisecycle p
        WHERE p.calendar_id = the_calendar AND p.state = 'running' ORDER BY p.id
    ) timed;
    UPDATE customers_ticket t SET promised_at = d.due
    FROM (SELECT u.id, (SELECT min(p.due_at) FROM customers_promisecycle p WHERE p.ticket_id = u.id AND p.state = 'running') AS due
          FROM (SELECT DISTINCT unnest(touched) AS id) u) d
    WHERE t.id = d.id AND t.promised_at IS DISTINCT FROM d.due;
    RETURN cardinality(touched);
END $$;

-- Every level that running promises have reached by `at`: written once, told to whom it concerns. `leads` are [queue, person, name].
-- Of a broken promise those are told as well who watch the ticket, as long as they may see its queue.
-- Returns how many tickets each person is to be told of, and one of them; person 0 stands for all, whoever is told.
CREATE OR REPLACE FUNCTION customers_reach_levels(at timestamptz, most integer, leads jsonb)
RETURNS TABLE (what text, person bigint, tickets bigint, ticket bigint, kind text, due timestamptz) LANGUAGE sql AS $$
    WITH due AS (
        SELECT p.id, p.ticket_id, p.kind, p.level, p.warn_at, p.due_at, p.escalate_at, t.assignee_id, t.queue_id
        FROM customers_promisecycle p JOIN customers_ticket t ON t.id = p.ticket_id
        WHERE p.state = 'running' AND p.next_at <= at
        ORDER BY p.next_at, p.id LIMIT most FOR NO KEY UPDATE OF p SKIP LOCKED
    ), reached AS (
        SELECT d.*, l.what, l.number, l.moment FROM due d
        CROSS JOIN LATERAL (VALUES ('warn', 1, d.warn_at), ('breach', 2, d.due_at), ('escalate', 3, d.escalate_at)) l(what, number, moment)
        WHERE l.number > d.level AND l.moment <= at
    ), lead AS (
        SELECT (e ->> 0)::bigint AS queue, (e ->> 1)::bigint AS person, e ->> 2 AS name FROM jsonb_array_elements(leads) e
    ), crew AS (
        SELECT queue, array_agg(person ORDER BY person) AS people, array_agg(name ORDER BY person) AS names FROM lead GROUP BY queue
    ), watching AS (
        SELECT r.id, array_agg(u.id ORDER BY w.id) AS people, array_agg(coalesce(nullif(u.name, ''), u.email)::text ORDER BY w.id) AS names
        FROM reached r JOIN customers_ticketwatcher w ON w.ticket_id = r.ticket_id
        JOIN backoffice_user u ON u.id = w.user_id AND u.is_active AND u.id IS DISTINCT FROM r.assignee_id
        JOIN customers_queue q ON q.id = r.queue_id
        WHERE r.what = 'breach'
          AND NOT EXISTS (SELECT 1 FROM lead l WHERE r.assignee_id IS NULL AND l.queue = r.queue_id AND l.person = u.id)
          AND (NOT EXISTS (SELECT 1 FROM backoffice_scope s WHERE s.user_id = u.id AND s.kind = 'queue')
               OR EXISTS (SELECT 1 FROM backoffice_scope s WHERE s.user_id = u.id AND s.kind = 'queue' AND s.value = q.slug))
        GROUP BY r.id
    ), told AS (
        SELECT r.id, r.what, r.moment, r.number, r.ticket_id, r.kind, r.due_at,
               CASE WHEN r.assignee_id IS NOT NULL THEN ARRAY[r.assignee_id] ELSE '{}' END
               || CASE WHEN r.assignee_id IS NULL OR r.what = 'escalate' THEN array_remove(coalesce(g.people, '{}'), r.assignee_id::bigint) ELSE '{}' END
               || CASE WHEN r.what = 'breach' THEN coalesce(v.people, '{}') ELSE '{}' END AS people,
               CASE WHEN r.assignee_id IS NOT NULL THEN ARRAY[coalesce(nullif(u.name, ''), u.email)::text] ELSE '{}' END
               || CASE WHEN r.assignee_id IS NULL OR r.what = 'escalate' THEN array_remove(coalesce(g.names, '{}'), coalesce(nullif(u.name, ''), u.email)::text) ELSE '{}' END
               || CASE WHEN r.what = 'breach' THEN coalesce(v.names, '{}') ELSE '{}' END AS names
        FROM reached r LEFT JOIN crew g ON g.queue = r.queue_id LEFT JOIN backoffice_user u ON u.id = r.assignee_id
        LEFT JOIN watching v ON v.id = r.id
    ), written AS (
        INSERT INTO customers_promiseevent (promise_id, what, at, told)
        SELECT t.id, t.what, t.moment, t.names FROM told t ORDER BY t.id, t.number
        ON CONFLICT DO NOTHING RETURNING promise_id, what
    ), moved AS (
        UPDATE customers_promisecycle p SET level = n.number,
               next_at = CASE n.number WHEN 1 THEN p.due_at WHEN 2 THEN p.escalate_at END
        FROM (SELECT id, max(number) AS number FROM reached GROUP BY id) n WHERE p.id = n.id
    ), fresh AS (
        SELECT t.* FROM told t JOIN written w ON w.promise_id = t.id AND w.what = t.what
    )
    SELECT f.what, p.person, count(DISTINCT f.ticket_id), min(f.ticket_id), min(f.kind), min(f.due_at)
    FROM fresh f CROSS JOIN LATERAL unnest(f.people) p(person) GROUP BY f.what, p.person
    UNION ALL
    SELECT f.what, 0, count(*), min(f.ticket_id), min(f.kind), min(f.due_at) FROM fresh f GROUP BY f.what
$$;

-- Raise the priority of tickets whose promise is broken, where the policy says so: once a promise, by one step. Returns how many.
CREATE OR REPLACE FUNCTION customers_raise_priorities(at timestamptz, why text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    raised bigint[];
BEGIN
    WITH broken AS (
        SELECT p.id AS promise, t.id, t.priority FROM customers_policy y
        JOIN customers_promisecycle p ON p.policy_id = y.id AND p.state = 'running' AND p.due_at <= at AND p.level >= 2
        JOIN customers_ticket t ON t.id = p.ticket_id AND t.priority < 4
        WHERE y.raises_priority AND NOT EXISTS (
            SELECT 1 FROM customers_promiseevent e WHERE e.promise_id = p.id AND e.what = 'raise')
        ORDER BY p.id LIMIT 5000 FOR NO KEY UPDATE OF p, t SKIP LOCKED
    ), once AS (
        INSERT INTO customers_promiseevent (promise_id, what, at, told) SELECT b.promise, 'raise', at, '{}' FROM broken b
    ), which AS (
        SELECT DISTINCT b.id, b.priority FROM broken b
    ), told AS (
        INSERT INTO customers_ticketevent (ticket_id, at, actor_id, field, old, new, reason)
        SELECT w.id, clock_timestamp(), NULL, 'priority', w.priority::text, (w.priority + 1)::text, why FROM which w ORDER BY w.id
    ), changed AS (
        UPDATE customers_ticket t SET priority = w.priority + 1, updated_at = now() FROM which w WHERE t.id = w.id RETURNING t.id
    )
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO raised FROM changed;
    PERFORM customers_follow_promises(raised, at);
    RETURN cardinality(raised);
END $$;

-- Give waiting tickets of a queue to those of `people` who are there, able and not full. Locks agents first and waits for nobody:
-- whoever comes while somebody else assigns finds nobody to assign to, so no cap is ever counted twice.
CREATE OR REPLACE FUNCTION customers_assign_waiting(the_queue bigint, people bigint[], way text, at timestamptz, most integer, why text)
RETURNS TABLE (ticket bigint, person bigint) LANGUAGE plpgsql AS $$
DECLARE
    agents bigint[];
    known text[];
    loads integer[];
    lasts timestamptz[];
    t record;
    best record;
    given bigint[] := '{}';
    takers bigint[] := '{}';
BEGIN
    SELECT array_agg(a.id ORDER BY a.id) INTO agents FROM (
        SELECT p.id FROM customers_agentprofile p JOIN backoffice_user u ON u.id = p.user_id
        WHERE p.user_id = ANY(people) AND u.is_active AND p.takes_tickets
          AND NOT (p.absent_from IS NOT NULL AND p.absent_from <= at AND (p.absent_until IS NULL OR p.absent_until > at))
          AND (p.shift_id IS NULL OR EXISTS (
              SELECT 1 FROM customers_openspan s WHERE s.calendar_id = p.shift_id AND s.begins <= at AND s.ends > at))
        ORDER BY p.id FOR NO KEY UPDATE OF p SKIP LOCKED
    ) a;
    IF agents IS NULL THEN
        RETURN;
    END IF;
    -- A statement of its own: it sees what those committed who held the agents before.
    SELECT array_agg(n.load ORDER BY n.id), array_agg(n.last_assigned_at ORDER BY n.id) INTO loads, lasts FROM (
        SELECT p.id, p.last_assigned_at, (SELECT count(*)::integer FROM customers_ticket c
            WHERE c.assignee_id = p.user_id AND c.status IN ('new', 'open', 'pending', 'on_hold')) AS load
        FROM customers_agentprofile p WHERE p.id = ANY(agents)
    ) n;
    SELECT coalesce(array_agg(DISTINCT s.skill), '{}') INTO known FROM customers_agentprofile p, unnest(p.skills) s(skill);
    FOR t IN
        SELECT c.id, c.language, c.tags FROM customers_ticket c
        WHERE c.queue_id = the_queue AND c.assignee_id IS NULL AND c.status IN ('new', 'open')
        ORDER BY c.priority DESC, c.created_at, c.id LIMIT 4 * most FOR NO KEY UPDATE OF c SKIP LOCKED
    LOOP
        EXIT WHEN cardinality(given) >= most;
        SELECT b.place, p.user_id INTO best FROM unnest(agents, loads, lasts) WITH ORDINALITY b(agent, load, last, place)
        JOIN customers_agentprofile p ON p.id = b.agent
        WHERE b.load < p.cap AND (p.languages = '{}' OR t.language = ANY(p.languages))
          AND p.skills::text[] @> ARRAY(SELECT g.tag::text FROM unnest(t.tags) g(tag) WHERE g.tag = ANY(known))
        ORDER BY CASE way WHEN 'least_busy' THEN b.load ELSE 0 END, b.last NULLS FIRST, p.user_id LIMIT 1;
        IF best.place IS NOT NULL THEN
            loads[best.place] := loads[best.place] + 1;
            lasts[best.place] := at + make_interval(secs => (cardinality(given) + 1) * 0.000001);
            given := given || t.id;
            takers := takers || best.user_id::bigint;
        END IF;
    END LOOP;
    UPDATE customers_ticket c SET assignee_id = g.person, updated_at = now()
        FROM unnest(given, takers) g(ticket, person) WHERE c.id = g.ticket;
    INSERT INTO customers_ticketevent (ticket_id, at, actor_id, field, old, new, reason)
        SELECT g.ticket, clock_timestamp(), NULL, 'assignee', '', g.person::text, why
        FROM unnest(given, takers) WITH ORDINALITY g(ticket, person, place) ORDER BY g.place;
    UPDATE customers_agentprofile p SET last_assigned_at = b.last
        FROM unnest(agents, lasts) b(agent, last) WHERE p.id = b.agent AND p.last_assigned_at IS DISTINCT FROM b.last;
    RETURN QUERY SELECT g.ticket, g.person FROM unnest(given, takers) g(ticket, person);
END $$;
