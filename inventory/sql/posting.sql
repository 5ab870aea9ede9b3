-- inventory_post: the only writer of stock levels, moves and postings.
--
-- moves: [{"kind", "variant", "from", "to", "quantity", "unit_cost", "cause", "reason"}]; ids of rows, whole pieces.
-- Posts all moves, in order, or none; returns the ids of the new moves in order. Levels are locked once, in
-- primary-key order. A physical location (stock, transit) has levels; a virtual one (supplier, customer, ...) none.
--
--   kind                     from: on hand  allocated  held    to: on hand
--   allocated / released             -        + / -      -          -
--   held / unheld                    -          -      + / -        -
--   shipped                         -q         -q        -         +q
--   every other                     -q          -        -         +q
--
-- Value follows the moving average: goods leave at the average of their level and arrive at `unit_cost`, else at the
-- average they left with, else at the average of the level, else at the cost of the variant. A level without pieces
-- has no value.
--
-- Raises SQLSTATE HT001 with a JSON list of {"variant", "location", "available", "asked"} when pieces are short.
CREATE OR REPLACE FUNCTION inventory_post(moves jsonb, actor bigint, request text) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    short jsonb;
    step record;
    level inventory_stocklevel;
    ids bigint[] := '{}';
    move_id bigint;
    cost numeric;
    worth numeric;
    at_time timestamptz := clock_timestamp();
BEGIN
    PERFORM set_config('lock_timeout', '3s', true);

    INSERT INTO inventory_stocklevel
        (variant_id, location_id, on_hand, allocated, held, incoming, backorder_limit, value, updated_at)
    SELECT v.id, l.id, 0, 0, 0, 0, v.backorder_limit, 0, at_time
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
    ON CONFLICT (variant_id, location_id) DO NOTHING;

    PERFORM s.id
    FROM inventory_stocklevel s
    WHERE (s.variant_id, s.location_id) IN (
        SELECT m.variant, place
        FROM jsonb_to_recordset(moves) AS m(variant bigint, "from" bigint, "to" bigint),
             unnest(ARRAY[m."from", m."to"]) AS place)
    ORDER BY s.id
    FOR UPDATE;

    -- Every short level is named at once, before anything is written.
    WITH change AS (
        SELECT m.variant, m."from" AS place,
               CASE WHEN m.kind IN ('allocated', 'released', 'held', 'unheld') THEN 0 ELSE -m.quantity END AS on_hand,
               CASE m.kind WHEN 'allocated' THEN m.quantity WHEN 'released' THEN -m.quantity
                           WHEN 'shipped' THEN -m.quantity ELSE 0 END AS allocated,
               CASE m.kind WHEN 'held' THEN m.quantity WHEN 'unheld' THEN -m.quantity ELSE 0 END AS held
        FROM jsonb_to_recordset(moves) AS m(kind text, variant bigint, "from" bigint, quantity bigint)
        UNION ALL
        SELECT m.variant, m."to", m.quantity, 0, 0
        FROM jsonb_to_recordset(moves) AS m(kind text, variant bigint, "to" bigint, quantity bigint)
        WHERE m.kind NOT IN ('allocated', 'released', 'held', 'unheld')
    ), net AS (
        SELECT s.id, s.variant_id, s.location_id, s.on_hand, s.allocated, s.held, s.backorder_limit,
               sum(c.on_hand) AS d_on_hand, sum(c.allocated) AS d_allocated, sum(c.held) AS d_held
        FROM change c
        JOIN inventory_stocklevel s ON s.variant_id = c.variant AND s.location_id = c.place
        GROUP BY s.id
    )
    SELECT jsonb_agg(jsonb_build_object(
        'variant', variant_id, 'location', location_id,
        'available', CASE WHEN on_hand + d_on_hand < 0 AND d_on_hand >= d_allocated + d_held THEN on_hand
                          ELSE greatest(on_hand - allocated - held + backorder_limit, 0) END,
        'asked', CASE WHEN on_hand + d_on_hand < 0 AND d_on_hand >= d_allocated + d_held THEN -d_on_hand
                      ELSE d_allocated + d_held - d_on_hand END) ORDER BY id)
    INTO short
    FROM net
    WHERE on_hand + d_on_hand < 0 OR allocated + d_allocated < 0 OR held + d_held < 0
       OR on_hand + d_on_hand < allocated + d_allocated + held + d_held - backorder_limit;
    IF short IS NOT NULL THEN
        RAISE EXCEPTION '%', short USING ERRCODE = 'HT001';
    END IF;

    FOR step IN
        SELECT m.*, m.kind IN ('allocated', 'released', 'held', 'unheld') AS promise,
               a.kind IN ('stock', 'transit') AS leaves, b.kind IN ('stock', 'transit') AS arrives, v.cost AS variant_cost
        FROM ROWS FROM (jsonb_to_recordset(moves) AS
                        (kind text, variant bigint, "from" bigint, "to" bigint, quantity integer, unit_cost numeric,
                         cause text, reason text)) WITH ORDINALITY AS m
        JOIN inventory_location a ON a.id = m."from"
        JOIN inventory_location b ON b.id = m."to"
        JOIN catalog_variant v ON v.id = m.variant
        ORDER BY m.ordinality
    LOOP
        cost := step.unit_cost;
        IF step.leaves AND NOT step.promise THEN
            SELECT * INTO level FROM inventory_stocklevel WHERE variant_id = step.variant AND location_id = step."from";
            cost := CASE WHEN level.on_hand > 0 THEN level.value / level.on_hand ELSE coalesce(step.variant_cost, 0) END;
        ELSIF step.arrives AND cost IS NULL AND NOT step.promise THEN
            SELECT * INTO level FROM inventory_stocklevel WHERE variant_id = step.variant AND location_id = step."to";
            cost := CASE WHEN level.on_hand > 0 THEN level.value / level.on_hand ELSE coalesce(step.variant_cost, 0) END;
        END IF;
        cost := round(cost, 6);

        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, unit_cost, cause, reason, actor_id, request_id)
        VALUES (at_time, step.kind, step.variant, step."from", step."to", step.quantity, cost,
                coalesce(step.cause, ''), coalesce(step.reason, ''), actor, coalesce(request, ''))
        RETURNING id INTO move_id;
        ids := ids || move_id;

        IF step.leaves THEN
            worth := CASE WHEN step.promise THEN 0
                          WHEN level.on_hand = step.quantity THEN -level.value
                          ELSE -round(cost * step.quantity, 6) END;
            UPDATE inventory_stocklevel SET
                on_hand = on_hand - CASE WHEN step.promise THEN 0 ELSE step.quantity END,
                allocated = allocated + CASE step.kind WHEN 'allocated' THEN step.quantity WHEN 'released' THEN -step.quantity
                                                       WHEN 'shipped' THEN -step.quantity ELSE 0 END,
                held = held + CASE step.kind WHEN 'held' THEN step.quantity WHEN 'unheld' THEN -step.quantity ELSE 0 END,
                value = value + worth, updated_at = at_time
            WHERE variant_id = step.variant AND location_id = step."from"
            RETURNING * INTO level;
            INSERT INTO inventory_stockposting
                (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
            VALUES (level.id, move_id, at_time,
                    CASE WHEN step.promise THEN 0 ELSE -step.quantity END,
                    CASE step.kind WHEN 'allocated' THEN step.quantity WHEN 'released' THEN -step.quantity
                                   WHEN 'shipped' THEN -step.quantity ELSE 0 END,
                    CASE step.kind WHEN 'held' THEN step.quantity WHEN 'unheld' THEN -step.quantity ELSE 0 END,
                    level.on_hand, level.allocated, level.held, worth, level.value);
        END IF;

        IF step.arrives AND NOT step.promise THEN
            worth := round(cost * step.quantity, 6);
            UPDATE inventory_stocklevel SET on_hand = on_hand + step.quantity, value = value + worth, updated_at = at_time
            WHERE variant_id = step.variant AND location_id = step."to"
            RETURNING * INTO level;
            INSERT INTO inventory_stockposting
                (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
            VALUES (level.id, move_id, at_time, step.quantity, 0, 0, level.on_hand, level.allocated, level.held, worth, level.value);
        END IF;
    END LOOP;
    RETURN ids;
END
$$;

-- A level promises beyond what is there up to the limit of its variant.
CREATE OR REPLACE FUNCTION inventory_follow_backorder_limit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_stocklevel SET backorder_limit = NEW.backorder_limit
    WHERE variant_id = NEW.id AND backorder_limit <> NEW.backorder_limit;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER inventory_follow_backorder_limit
AFTER UPDATE OF backorder_limit ON catalog_variant
FOR EACH ROW WHEN (OLD.backorder_limit <> NEW.backorder_limit) EXECUTE FUNCTION inventory_follow_backorder_limit();
