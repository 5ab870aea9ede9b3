-- inventory_candidates: what every open warehouse has of variants whose stock is tracked, by priority and without locks:
-- pieces that are free, and pieces that may be promised, backorders counted. A variant without any warehouse has one row.
CREATE OR REPLACE FUNCTION inventory_candidates(variants bigint[])
RETURNS TABLE (variant bigint, place bigint, free integer, promisable integer)
LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = 'force_generic_plan' AS $$
BEGIN
    RETURN QUERY
        SELECT v.id, l.id, greatest(coalesce(s.on_hand - s.allocated - s.held, 0), 0),
               greatest(coalesce(s.on_hand - s.allocated - s.held + s.backorder_limit, v.backorder_limit), 0)
        FROM catalog_variant v
        LEFT JOIN inventory_location l ON l.kind = 'stock' AND l.is_active
        LEFT JOIN inventory_stocklevel s ON s.variant_id = v.id AND s.location_id = l.id
        WHERE v.id = ANY (variants) AND v.track_stock
        ORDER BY l.priority, l.id;
END
$$;

-- inventory_one_place: the first open warehouse by priority that has all these pieces on its shelves, without locks, as `plan` of
-- `inventory/services/allocation.py` would choose it; NULL where several would have to share them. Also NULL where pieces are asked of
-- a variant whose stock is not tracked, or none of one whose stock is.
CREATE OR REPLACE FUNCTION inventory_one_place(variants bigint[], pieces integer[]) RETURNS bigint
LANGUAGE plpgsql STABLE SET plan_cache_mode = 'force_generic_plan' AS $$
BEGIN
    RETURN (
        SELECT l.id FROM inventory_location l
        WHERE l.kind = 'stock' AND l.is_active AND NOT EXISTS (
            SELECT FROM unnest(variants, pieces) AS a(variant, pieces)
            JOIN catalog_variant v ON v.id = a.variant
            LEFT JOIN inventory_stocklevel s ON s.variant_id = v.id AND s.location_id = l.id
            GROUP BY v.id
            HAVING bool_or(v.track_stock <> (a.pieces > 0))
                OR (v.track_stock AND sum(a.pieces) > coalesce(min(s.on_hand - s.allocated - s.held), 0)))
        ORDER BY l.priority, l.id LIMIT 1);
END
$$;

-- inventory_allocate: writes allocations of a document and posts them, set-wise and all or none.
--
-- items, variants, places, pieces: one entry for each allocation; an item that has one at this place gets more of it.
-- What `inventory_post` would do move by move: nothing arrives, leaves or changes its value, so that a few statements
-- do for any number of entries. Hot levels are locked last, in primary-key order. Raises HT001 like `inventory_post`.
CREATE OR REPLACE FUNCTION inventory_allocate(
    document text, items bigint[], variants bigint[], places bigint[], pieces integer[], actor bigint, request text) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '3s' SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    at_time timestamptz;
    is_short boolean;
BEGIN
    -- Two ways, because ON CONFLICT DO UPDATE runs the history of updates even where there are none.
    IF EXISTS (SELECT FROM inventory_allocation w WHERE w.item = ANY (items)) THEN
        INSERT INTO inventory_allocation (cause, item, variant_id, location_id, quantity, created_at)
        SELECT document, a.item, a.variant, a.place, a.quantity, clock_timestamp()
        FROM unnest(items, variants, places, pieces) AS a(item, variant, place, quantity)
        ORDER BY a.item, a.place
        ON CONFLICT (item, location_id) DO UPDATE SET quantity = inventory_allocation.quantity + excluded.quantity;
    ELSE
        INSERT INTO inventory_allocation (cause, item, variant_id, location_id, quantity, created_at)
        SELECT document, a.item, a.variant, a.place, a.quantity, clock_timestamp()
        FROM unnest(items, variants, places, pieces) AS a(item, variant, place, quantity)
        ORDER BY a.item, a.place;
    END IF;

    -- Levels that are missing are made before any is locked: whoever makes the same one is not kept waiting by us.
    IF NOT inventory_have_levels(variants, places) THEN
        PERFORM inventory_lock(inventory_allocated_moves(document, variants, places, pieces));
        IF NOT inventory_have_levels(variants, places) THEN
            RAISE EXCEPTION 'A move names a variant or a location that does not exist.' USING ERRCODE = 'foreign_key_violation';
        END IF;
    END IF;
    SELECT bool_or(l.free < l.asked) INTO is_short
    FROM (
        SELECT s.on_hand - s.allocated - s.held + s.backorder_limit AS free, w.asked
        FROM (SELECT a.variant, a.place, sum(a.quantity) AS asked
              FROM unnest(variants, places, pieces) AS a(variant, place, quantity) GROUP BY 1, 2) w
        JOIN inventory_stocklevel s ON s.variant_id = w.variant AND s.location_id = w.place
        ORDER BY s.id
        FOR NO KEY UPDATE OF s
    ) l;
    IF is_short THEN
        RAISE EXCEPTION '%', inventory_shortages(inventory_allocated_moves(document, variants, places, pieces)) USING ERRCODE = 'HT001';
    END IF;

    -- Taken under the locks, so that the postings of a level are in the order of their times.
    at_time := clock_timestamp();
    WITH moved AS (
        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, cause, reason, actor_id, request_id)
        SELECT at_time, 'allocated', a.variant, a.place, a.place, a.quantity, document, '', actor, coalesce(request, '')
        FROM unnest(variants, places, pieces) WITH ORDINALITY AS a(variant, place, quantity, n) ORDER BY a.n
        RETURNING id, variant_id, from_location_id, quantity
    ), posted AS (
        INSERT INTO inventory_stockposting
            (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
        SELECT s.id, m.id, at_time, 0, m.quantity, 0, s.on_hand,
               s.allocated + sum(m.quantity) OVER (PARTITION BY s.id ORDER BY m.id), s.held, 0, s.value
        FROM moved m JOIN inventory_stocklevel s ON s.variant_id = m.variant_id AND s.location_id = m.from_location_id
        ORDER BY m.id
        RETURNING level_id, allocated
    )
    UPDATE inventory_stocklevel s SET allocated = s.allocated + p.pieces, updated_at = at_time
    FROM (SELECT level_id, sum(allocated) AS pieces FROM posted GROUP BY level_id) p
    WHERE s.id = p.level_id;
END
$$;

-- Whether there is a level for each of these pairs.
CREATE OR REPLACE FUNCTION inventory_have_levels(variants bigint[], places bigint[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT FROM unnest(variants, places) AS a(variant, place)
        WHERE NOT EXISTS (SELECT FROM inventory_stocklevel s WHERE s.variant_id = a.variant AND s.location_id = a.place));
END
$$;

-- The moves of allocations, as `inventory_post` is told of them.
CREATE OR REPLACE FUNCTION inventory_allocated_moves(document text, variants bigint[], places bigint[], pieces integer[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('kind', 'allocated', 'variant', a.variant, 'from', a.place, 'to', a.place,
                                        'quantity', a.quantity, 'cause', document) ORDER BY a.n)
    FROM unnest(variants, places, pieces) WITH ORDINALITY AS a(variant, place, quantity, n)
$$;

-- inventory_promise: inventory_allocate for who goes on when stock is short.
--
-- Returns {"allocations": [rows]}, or {"short": [as inventory_shortages]} with nothing changed: what was locked for it is
-- free again, and the transaction goes on.
CREATE OR REPLACE FUNCTION inventory_promise(
    document text, items bigint[], variants bigint[], places bigint[], pieces integer[], actor bigint, request text) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_allocate(document, items, variants, places, pieces, actor, request);
    RETURN jsonb_build_object('allocations', (
        SELECT jsonb_agg(to_jsonb(w) ORDER BY w.item, w.location_id) FROM inventory_allocation w
        WHERE (w.item, w.location_id) IN (SELECT a.item, a.place FROM unnest(items, places) AS a(item, place))));
EXCEPTION WHEN SQLSTATE 'HT001' THEN
    RETURN jsonb_build_object('short', SQLERRM::jsonb);
END
$$;
