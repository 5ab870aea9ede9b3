-- inventory_post_many: does what inventory_post does, for many moves of which no two touch the same level, in three
-- statements instead of three for each move. Where two do, a level would be overdrawn, or bins and lots are concerned,
-- inventory_post takes over and says what is wrong. Postings are written before the levels that follow from them.
--
-- Statistics lag behind: after an undo, or a load that was broken off, they call tables empty that are about to hold all these
-- moves, and each move would be compared with each level. Where they know of fewer rows than there are moves, tables are hashed;
-- variants, of which there may be many nonetheless, are looked up one by one.
CREATE OR REPLACE FUNCTION inventory_post_many(moves jsonb, actor bigint, request text) RETURNS bigint[]
LANGUAGE plpgsql SET plan_cache_mode = 'force_custom_plan' SET enable_nestloop = on AS $$
DECLARE
    ids bigint[];
    at_time timestamptz;
BEGIN
    IF jsonb_array_length(moves) > (
        SELECT min(c.reltuples) FROM pg_class c
        WHERE c.oid IN ('inventory_stocklevel'::regclass, 'inventory_stockmove'::regclass, 'inventory_stockposting'::regclass)
    ) THEN
        SET LOCAL enable_nestloop = off;
    END IF;
    PERFORM inventory_lock(moves);
    -- Taken under the locks, so that the postings of a level are in the order of their times.
    at_time := clock_timestamp();

    IF EXISTS (
        WITH step AS (
            SELECT m.variant, m."from", m."to", m.quantity, m.taken, m.put, m.kind IN ('allocated', 'released', 'held', 'unheld') AS promise, e.*
            FROM jsonb_to_recordset(moves) AS
                 m(kind text, variant bigint, "from" bigint, "to" bigint, quantity integer, taken jsonb, put jsonb)
            CROSS JOIN LATERAL inventory_effect(m.kind, m.quantity) AS e
        ), change AS (
            SELECT variant, "from" AS place, on_hand, allocated, held, taken IS NOT NULL AS by_parts FROM step
            UNION ALL
            SELECT variant, "to", quantity, 0, 0, put IS NOT NULL FROM step WHERE NOT promise
        )
        SELECT FROM change c JOIN inventory_stocklevel s ON s.variant_id = c.variant AND s.location_id = c.place
        GROUP BY s.id
        HAVING count(*) > 1 OR bool_or(
            c.by_parts OR (s.is_tracked AND c.on_hand <> 0) OR s.on_hand + c.on_hand < s.placed
            OR s.on_hand + c.on_hand < 0 OR s.allocated + c.allocated < 0 OR s.held + c.held < 0
            OR s.on_hand + c.on_hand - s.allocated - c.allocated - s.held - c.held + s.backorder_limit < 0)
    ) THEN
        SET LOCAL enable_nestloop = on;  -- its plans are kept for the session
        RETURN inventory_post(moves, actor, request);
    END IF;

    WITH posted AS (
        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, unit_cost, cause, reason, actor_id, request_id)
        SELECT at_time, m.kind, m.variant, m."from", m."to", m.quantity,
               CASE WHEN m.kind NOT IN ('allocated', 'released', 'held', 'unheld')
                         AND (a.kind IN ('stock', 'transit') OR (b.kind IN ('stock', 'transit') AND m.unit_cost IS NULL))
                    THEN round(CASE WHEN s.on_hand > 0 THEN s.value / s.on_hand ELSE coalesce(v.cost, 0) END, 6)
                    ELSE m.unit_cost END,
               coalesce(m.cause, ''), coalesce(m.reason, ''), actor, coalesce(request, '')
        FROM ROWS FROM (jsonb_to_recordset(moves) AS
                        (kind text, variant bigint, "from" bigint, "to" bigint, quantity integer, unit_cost numeric,
                         cause text, reason text)) WITH ORDINALITY AS m
        JOIN inventory_location a ON a.id = m."from"
        JOIN inventory_location b ON b.id = m."to"
        CROSS JOIN LATERAL (SELECT cost FROM catalog_variant WHERE id = m.variant LIMIT 1) v
        LEFT JOIN inventory_stocklevel s ON s.variant_id = m.variant
            AND s.location_id = CASE WHEN a.kind IN ('stock', 'transit') THEN m."from" ELSE m."to" END
        ORDER BY m.ordinality
        RETURNING id
    )
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO ids FROM posted;
    IF cardinality(ids) <> jsonb_array_length(moves) THEN
        RAISE EXCEPTION 'A move names a variant or a location that does not exist.' USING ERRCODE = 'foreign_key_violation';
    END IF;

    INSERT INTO inventory_stockposting
        (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
    SELECT s.id, m.id, at_time, e.on_hand, e.allocated, e.held, s.on_hand + e.on_hand, s.allocated + e.allocated,
           s.held + e.held, -worth, s.value - worth
    FROM inventory_stockmove m
    JOIN inventory_stocklevel s ON s.variant_id = m.variant_id AND s.location_id = m.from_location_id
    CROSS JOIN LATERAL inventory_effect(m.kind, m.quantity) AS e
    CROSS JOIN LATERAL (SELECT CASE WHEN e.on_hand < 0 AND s.on_hand > 0
                                    THEN round(s.value * m.quantity / s.on_hand, 6) ELSE 0 END) AS w(worth)
    WHERE m.id = ANY (ids)
    UNION ALL
    SELECT s.id, m.id, at_time, m.quantity, 0, 0, s.on_hand + m.quantity, s.allocated, s.held, worth, s.value + worth
    FROM inventory_stockmove m
    JOIN inventory_stocklevel s ON s.variant_id = m.variant_id AND s.location_id = m.to_location_id
    LEFT JOIN inventory_stocklevel f ON f.variant_id = m.variant_id AND f.location_id = m.from_location_id
    CROSS JOIN LATERAL (SELECT CASE WHEN f.id IS NULL THEN round(m.unit_cost * m.quantity, 6)
                                    WHEN f.on_hand > 0 THEN round(f.value * m.quantity / f.on_hand, 6) ELSE 0 END) AS w(worth)
    WHERE m.id = ANY (ids) AND m.kind NOT IN ('allocated', 'released', 'held', 'unheld')
    ORDER BY 2, 4;

    UPDATE inventory_stocklevel s SET
        on_hand = p.on_hand_after, allocated = p.allocated_after, held = p.held_after, value = p.value_after, updated_at = at_time,
        backorder_limit = greatest(v.backorder_limit, p.allocated_after + p.held_after - p.on_hand_after)
    FROM inventory_stockposting p
    JOIN inventory_stockmove m ON m.id = p.move_id
    CROSS JOIN LATERAL (SELECT backorder_limit FROM catalog_variant WHERE id = m.variant_id LIMIT 1) v
    WHERE p.move_id = ANY (ids) AND m.id = ANY (ids) AND s.id = p.level_id;
    RETURN ids;
END
$$;
