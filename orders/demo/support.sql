-- Tickets of the demonstration shop. Parameters: tickets, agent, lead, demo_question (language, n, subject, question, answer).

CREATE TEMP TABLE demo_ticket ON COMMIT DROP AS
SELECT t.n, nextval('customers_ticket_id_seq') AS id, 'TK-' || nextval('houtai_tk_number') AS number,
       o.number AS about, o.customer_id, o.customer_name, o.email, o.language, q.subject, q.question, q.answer, q.n AS kind,
       least(o.placed_at + make_interval(hours => 5 + (pg_temp.demo_dice(t.n, 42) * 200)::int), now() - make_interval(mins => 20 + mod(t.n, 90))) AS at,
       pg_temp.demo_dice(t.n, 43) AS u
FROM generate_series(1, %(tickets)s) AS t(n)
JOIN LATERAL (SELECT floor(power(pg_temp.demo_dice(t.n, 40), 0.45) * (SELECT count(*) FROM demo_order)) + 1 AS n) pick ON true
JOIN demo_order d ON d.n = pick.n
JOIN orders_order o ON o.id = d.id
JOIN demo_question q ON q.language = o.language
    AND q.n = floor(pg_temp.demo_dice(t.n, 41) * (SELECT count(*) FROM demo_question c WHERE c.language = o.language))
ORDER BY o.placed_at, t.n;
ALTER TABLE demo_ticket ADD COLUMN status text, ADD COLUMN agent bigint, ADD COLUMN answered timestamptz;
UPDATE demo_ticket SET
    status = CASE WHEN at < now() - interval '12 days' THEN CASE WHEN u < 0.9 THEN 'closed' ELSE 'solved' END
                  WHEN at < now() - interval '2 days' THEN CASE WHEN u < 0.6 THEN 'solved' WHEN u < 0.8 THEN 'pending' ELSE 'open' END
                  ELSE CASE WHEN u < 0.5 THEN 'new' WHEN u < 0.8 THEN 'open' ELSE 'pending' END END;
UPDATE demo_ticket SET
    agent = CASE WHEN status = 'new' THEN NULL WHEN pg_temp.demo_dice(n, 44) < 0.75 THEN %(agent)s ELSE %(lead)s END,
    answered = CASE WHEN status IN ('pending', 'solved', 'closed') THEN least(at + make_interval(mins => 10 + (pg_temp.demo_dice(n, 45) * 900)::int), now()) END;

INSERT INTO customers_ticket
    (id, number, subject, customer_id, requester_name, requester_email, queue_id, status, priority, assignee_id, channel, about,
     language, tags, token, created_at, updated_at, last_message_at, solved_at)
SELECT t.id, t.number, t.subject, t.customer_id, t.customer_name, t.email, q.id, t.status,
       1 + floor(pg_temp.demo_dice(t.n, 46) * 3.2)::int, t.agent,
       CASE WHEN pg_temp.demo_dice(t.n, 47) < 0.6 THEN 'mail' ELSE 'form' END, t.about, t.language, ARRAY[]::text[],
       md5(t.id || ':' || pg_temp.demo_dice(t.n, 48)) || left(md5(t.number), 8), t.at, coalesce(t.answered, t.at), coalesce(t.answered, t.at),
       CASE WHEN t.status IN ('solved', 'closed') THEN t.answered END
FROM demo_ticket t, customers_queue q WHERE q.is_default ORDER BY t.n;

INSERT INTO customers_message (ticket_id, kind, author_id, author_name, author_email, body, message_id, created_at)
SELECT id, 'customer', NULL, customer_name, email, replace(question, '{order}', about), '', at FROM demo_ticket ORDER BY n;
INSERT INTO customers_message (ticket_id, kind, author_id, author_name, author_email, body, message_id, sent_at, created_at)
SELECT t.id, 'reply', t.agent, u.name, '', replace(t.answer, '{order}', t.about), '', t.answered, t.answered
FROM demo_ticket t JOIN backoffice_user u ON u.id = t.agent WHERE t.answered IS NOT NULL ORDER BY t.n;
INSERT INTO customers_message (ticket_id, kind, author_id, author_name, author_email, body, message_id, created_at)
SELECT t.id, 'note', t.agent, u.name, '', n.note, '', t.at + interval '5 minutes'
FROM demo_ticket t JOIN backoffice_user u ON u.id = t.agent
JOIN demo_note n ON n.n = mod(t.n, (SELECT count(*) FROM demo_note))
WHERE pg_temp.demo_dice(t.n, 49) < 0.15 ORDER BY t.n;

INSERT INTO customers_ticketevent (ticket_id, at, actor_id, field, old, new, reason)
SELECT id, at, actor, field, old, new, '' FROM (
    SELECT d.id, d.n, 0 AS step, d.at, NULL::bigint AS actor, opening.field, '' AS old, opening.value AS new
    FROM demo_ticket d JOIN customers_ticket t ON t.id = d.id JOIN customers_queue q ON q.id = t.queue_id
    CROSS JOIN LATERAL (VALUES ('status', 'new'), ('priority', t.priority::text), ('queue', q.slug), ('subject', t.subject::text)) AS opening(field, value)
    UNION ALL
    SELECT id, n, 1, at + interval '4 minutes', agent, 'assignee', '', agent::text FROM demo_ticket WHERE agent IS NOT NULL
    UNION ALL
    SELECT id, n, 2, at + interval '4 minutes', agent, 'status', 'new', 'open' FROM demo_ticket WHERE status <> 'new'
    UNION ALL
    SELECT id, n, 3, answered, agent, 'status', 'open', CASE status WHEN 'pending' THEN 'pending' ELSE 'solved' END
    FROM demo_ticket WHERE answered IS NOT NULL
    UNION ALL
    SELECT id, n, 4, answered + interval '4 days', NULL, 'status', 'solved', 'closed' FROM demo_ticket WHERE status = 'closed'
) events ORDER BY n, step;
