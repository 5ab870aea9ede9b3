-- inventory_post: the only writer of stock levels, moves and postings.
--
-- moves: [{"kind", "variant", "from", "to", "quantity", "unit_cost", "cause", "reason"}]; ids of rows, whole pieces.
-- Posts all moves, one after the other, or none; returns the ids of the new moves in order. A move may use what an
-- earlier one of the same call brought, never what a later one brings. Levels are locked once, in primary-key order.
-- A physical location (stock, transit) has levels; a virtual one (supplier, customer, ...) none.
--
-- Value follows the moving average: goods leave with their share of the value of their level and arrive with the value
-- they left with, else at `unit_cost`, else at the average of the level, else at the cost of the variant. A level
-- without pieces has no value.
--
-- Raises SQLSTATE HT001 with a JSON list of {"variant", "sku", "location", "place", "place_zh", "available", "asked"}
-- that names every short level.

-- What a move of a kind changes at the level it starts from.
CREATE OR REPLACE FUNCTION inventory_effect(kind text, quantity integer, OUT on_hand integer, OUT allocated integer, OUT held integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN kind IN ('allocated', 'released', 'held', 'unheld') THEN 0 ELSE -quantity END,
           CASE kind WHEN 'allocated' THEN quantity WHEN 'released' THEN -quantity WHEN 'shipped' THEN -quantity ELSE 0 END,
           CASE kind WHEN 'held' THEN quantity WHEN 'unheld' THEN -quantity ELSE 0 END
$$;

-- Every level that `moves` would overdraw. Steps before `failed` have been written already and are taken off again.
CREATE OR REPLACE FUNCTION inventory_shortages(moves jsonb, failed bigint) RETURNS jsonb
LANGUAGE sql AS $$
    WITH step AS (
        SELECT m.ordinality AS n, m.kind, m.variant, m."from", m."to", m.quantity, e.*
        FROM ROWS FROM (jsonb_to_recordset(moves) AS
                        (kind text, variant bigint, "from" bigint, "to" bigint, quantity integer)) WITH ORDINALITY AS m
        CROSS JOIN LATERAL inventory_effect(m.kind, m.quantity) AS e
    ), change AS (
        SELECT n, variant, "from" AS place, on_hand, allocated, held FROM step
        UNION ALL
        SELECT n, variant, "to", quantity, 0, 0 FROM step WHERE kind NOT IN ('allocated', 'released', 'held', 'unheld')
    ), start AS (
        SELECT s.id, s.variant_id, s.location_id, s.backorder_limit,
               s.on_hand - coalesce(sum(c.on_hand) FILTER (WHERE c.n < failed), 0) AS on_hand,
               s.allocated - coalesce(sum(c.allocated) FILTER (WHERE c.n < failed), 0) AS allocated,
               s.held - coalesce(sum(c.held) FILTER (WHERE c.n < failed), 0) AS held
        FROM inventory_stocklevel s
        JOIN change c ON c.variant = s.variant_id AND c.place = s.location_id
        GROUP BY s.id
    ), balance AS (
        SELECT s.id, c.n,
               s.on_hand + sum(c.on_hand) OVER w AS on_hand,
               s.allocated + sum(c.allocated) OVER w AS allocated,
               s.held + sum(c.held) OVER w AS held,
               s.backorder_limit
        FROM start s
        JOIN change c ON c.variant = s.variant_id AND c.place = s.location_id
        WINDOW w AS (PARTITION BY s.id ORDER BY c.n)
    ), broken AS (
        SELECT DISTINCT ON (id) id, n,
               CASE WHEN on_hand - allocated - held + backorder_limit < 0 THEN 'free'
                    WHEN on_hand < 0 THEN 'on_hand' WHEN allocated < 0 THEN 'allocated' ELSE 'held' END AS what
        FROM balance
        WHERE on_hand < 0 OR allocated < 0 OR held < 0 OR on_hand - allocated - held + backorder_limit < 0
        ORDER BY id, n
    ), flow AS (
        SELECT b.id, b.n, c.n AS at,
               CASE b.what WHEN 'free' THEN c.on_hand - c.allocated - c.held WHEN 'on_hand' THEN c.on_hand
                           WHEN 'allocated' THEN c.allocated ELSE c.held END AS amount
        FROM broken b
        JOIN start s USING (id)
        JOIN change c ON c.variant = s.variant_id AND c.place = s.location_id
    ), total AS (
        SELECT id, coalesce(sum(amount) FILTER (WHERE amount > 0 AND at < n), 0) AS brought,
               coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS asked
        FROM flow GROUP BY id
    )
    SELECT jsonb_agg(jsonb_build_object(
        'variant', s.variant_id, 'sku', v.sku, 'location', s.location_id, 'place', l.name, 'place_zh', l.name_zh,
        'available', greatest(t.brought + CASE b.what WHEN 'free' THEN s.on_hand - s.allocated - s.held + s.backorder_limit
                                  WHEN 'on_hand' THEN s.on_hand WHEN 'allocated' THEN s.allocated ELSE s.held END, 0),
        'asked', t.asked) ORDER BY b.n, s.id)
    FROM broken b
    JOIN start s USING (id)
    JOIN total t USING (id)
    JOIN catalog_variant v ON v.id = s.variant_id
    JOIN inventory_location l ON l.id = s.location_id
$$;

-- Locks the levels that `moves` touch, in primary-key order, after creating those that are missing.
CREATE OR REPLACE FUNCTION inventory_lock(moves jsonb) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '3s' AS $$
BEGIN
    -- A variant whose backorder limit is being changed is waited for, so that no new level misses the change.
    INSERT INTO inventory_stocklevel
        (variant_id, location_id, on_hand, allocated, held, incoming, backorder_limit, value, updated_at)
    SELECT v.id, l.id, 0, 0, 0, 0, v.backorder_limit, 0, clock_timestamp()
    FROM (
        SELECT DISTINCT m.variant, place
        FROM jsonb_to_recordset(moves) AS m(variant bigint, "from" bigint, "to" bigint),
             unnest(ARRAY[m."from", m."to"]) AS place
    ) needed
    JOIN inventory_location l ON l.id = needed.place AND l.kind IN ('stock', 'transit')
    JOIN catalog_variant v ON v.id = needed.variant
    WHERE NOT EXISTS (
        SELECT FROM inventory_stocklevel s WHERE s.variant_id = needed.variant AND s.location_id = needed.place)
    ORDER BY v.id, l.id
    FOR SHARE OF v
    ON CONFLICT (variant_id, location_id) DO NOTHING;

    PERFORM s.id
    FROM inventory_stocklevel s
    WHERE (s.variant_id, s.location_id) IN (
        SELECT m.variant, place
        FROM jsonb_to_recordset(moves) AS m(variant bigint, "from" bigint, "to" bigint),
             unnest(ARRAY[m."from", m."to"]) AS place)
    ORDER BY s.id
    FOR NO KEY UPDATE;
END
$$;

CREATE OR REPLACE FUNCTION inventory_post(moves jsonb, actor bigint, request text) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    step record;
    level inventory_stocklevel;
    ids bigint[] := '{}';
    move_id bigint;
    cost numeric;
    worth numeric;
    at_time timestamptz;
BEGIN
    PERFORM inventory_lock(moves);

    -- Taken under the locks, so that the postings of a level are in the order of their times.
    at_time := clock_timestamp();

    FOR step IN
        SELECT m.*, e.on_hand, e.allocated, e.held,
               m.kind IN ('allocated', 'released', 'held', 'unheld') AS promise,
               a.kind IN ('stock', 'transit') AS leaves, b.kind IN ('stock', 'transit') AS arrives,
               v.cost AS variant_cost, v.backorder_limit
        FROM ROWS FROM (jsonb_to_recordset(moves) AS
                        (kind text, variant bigint, "from" bigint, "to" bigint, quantity integer, unit_cost numeric,
                         cause text, reason text)) WITH ORDINALITY AS m
        CROSS JOIN LATERAL inventory_effect(m.kind, m.quantity) AS e
        JOIN inventory_location a ON a.id = m."from"
        JOIN inventory_location b ON b.id = m."to"
        JOIN catalog_variant v ON v.id = m.variant
        ORDER BY m.ordinality
    LOOP
        cost := step.unit_cost;
        worth := 0;
        IF NOT step.promise AND (step.leaves OR (step.arrives AND cost IS NULL)) THEN
            SELECT * INTO level FROM inventory_stocklevel s
            WHERE s.variant_id = step.variant AND s.location_id = CASE WHEN step.leaves THEN step."from" ELSE step."to" END;
            cost := round(CASE WHEN level.on_hand > 0 THEN level.value / level.on_hand ELSE coalesce(step.variant_cost, 0) END, 6);
            IF step.leaves AND level.on_hand > 0 THEN
                worth := round(level.value * step.quantity / level.on_hand, 6);
            END IF;
        END IF;

        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, unit_cost, cause, reason, actor_id, request_id)
        VALUES (at_time, step.kind, step.variant, step."from", step."to", step.quantity, cost,
                coalesce(step.cause, ''), coalesce(step.reason, ''), actor, coalesce(request, ''))
        RETURNING id INTO move_id;
        ids := ids || move_id;

        IF step.leaves THEN
            UPDATE inventory_stocklevel s SET
                on_hand = s.on_hand + step.on_hand, allocated = s.allocated + step.allocated, held = s.held + step.held,
                value = s.value - worth, updated_at = at_time,
                backorder_limit = greatest(step.backorder_limit, s.allocated + step.allocated + s.held + step.held - s.on_hand - step.on_hand)
            WHERE s.variant_id = step.variant AND s.location_id = step."from"
              AND s.on_hand + step.on_hand >= 0 AND s.allocated + step.allocated >= 0 AND s.held + step.held >= 0
              AND s.on_hand + step.on_hand - s.allocated - step.allocated - s.held - step.held + s.backorder_limit >= 0
            RETURNING * INTO level;
            IF NOT FOUND THEN
                RAISE EXCEPTION '%', inventory_shortages(moves, step.ordinality) USING ERRCODE = 'HT001';
            END IF;
            INSERT INTO inventory_stockposting
                (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
            VALUES (level.id, move_id, at_time, step.on_hand, step.allocated, step.held,
                    level.on_hand, level.allocated, level.held, -worth, level.value);
        END IF;

        IF step.arrives AND NOT step.promise THEN
            IF NOT step.leaves THEN
                worth := round(cost * step.quantity, 6);
            END IF;
            UPDATE inventory_stocklevel s SET
                on_hand = s.on_hand + step.quantity, value = s.value + worth, updated_at = at_time,
                backorder_limit = greatest(step.backorder_limit, s.allocated + s.held - s.on_hand - step.quantity)
            WHERE s.variant_id = step.variant AND s.location_id = step."to"
            RETURNING * INTO level;
            INSERT INTO inventory_stockposting
                (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
            VALUES (level.id, move_id, at_time, step.quantity, 0, 0, level.on_hand, level.allocated, level.held, worth, level.value);
        END IF;
    END LOOP;
    IF cardinality(ids) <> jsonb_array_length(moves) THEN
        RAISE EXCEPTION 'A move names a variant or a location that does not exist.' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN ids;
END
$$;

-- A level promises beyond what is there up to the limit of its variant. A limit that is lowered below what has been
-- promised stops new promises and breaks none: the level then keeps what it owes as its limit.
CREATE OR REPLACE FUNCTION inventory_follow_backorder_limit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Planned anew each time: a plan made for one changed variant is ruinous for a million.
    EXECUTE $sql$
        WITH changed AS (
            SELECT n.id, n.backorder_limit FROM new_variants n JOIN old_variants o ON o.id = n.id
            WHERE n.backorder_limit <> o.backorder_limit
        ), locked AS (
            SELECT s.id, c.backorder_limit FROM inventory_stocklevel s JOIN changed c ON c.id = s.variant_id
            ORDER BY s.id FOR NO KEY UPDATE OF s
        )
        UPDATE inventory_stocklevel s
        SET backorder_limit = greatest(l.backorder_limit, s.allocated + s.held - s.on_hand)
        FROM locked l WHERE l.id = s.id
    $sql$;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_follow_backorder_limit ON catalog_variant;
CREATE TRIGGER inventory_follow_backorder_limit
AFTER UPDATE ON catalog_variant REFERENCING OLD TABLE AS old_variants NEW TABLE AS new_variants
FOR EACH STATEMENT EXECUTE FUNCTION inventory_follow_backorder_limit();
