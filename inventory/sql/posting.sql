-- inventory_post: the only writer of stock levels, moves and postings.
--
-- moves: [{"kind", "variant", "from", "to", "quantity", "unit_cost", "cause", "reason"}]; ids of rows, whole pieces. Where bins or
-- lots are named: "taken" and "put", [{"lot", "bin", "pieces"}], at the end that pieces leave and at that where they arrive
-- (parts.sql); of a shipment "today", from which on lots count as expired.
-- Posts all moves, one after the other, or none; returns the ids of the new moves in order. A move may use what an
-- earlier one of the same call brought, never what a later one brings. Levels are locked once, in primary-key order.
-- A physical location (stock, transit) has levels; a virtual one (supplier, customer, ...) none.
--
-- Pieces of lots in quarantine (quarantine.sql) are held: they are when they arrive, and no more when they leave.
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

-- Every level that `moves` would overdraw. What a level owes already it may keep owing, up to the limit of its variant.
CREATE OR REPLACE FUNCTION inventory_shortages(moves jsonb) RETURNS jsonb
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
    ), balance AS (
        SELECT s.id, s.variant_id, s.location_id, s.on_hand AS start_on_hand, s.allocated AS start_allocated, s.held AS start_held, c.n,
               c.on_hand AS d_on_hand, c.allocated AS d_allocated, c.held AS d_held,
               s.on_hand + sum(c.on_hand) OVER w AS on_hand,
               s.allocated + sum(c.allocated) OVER w AS allocated,
               s.held + sum(c.held) OVER w AS held,
               greatest(v.backorder_limit, s.allocated + s.held - s.on_hand
                        + coalesce(sum(c.allocated + c.held - c.on_hand) OVER earlier, 0)) AS backorder_limit
        FROM inventory_stocklevel s
        JOIN change c ON c.variant = s.variant_id AND c.place = s.location_id
        JOIN catalog_variant v ON v.id = s.variant_id
        WINDOW w AS (PARTITION BY s.id ORDER BY c.n),
               earlier AS (PARTITION BY s.id ORDER BY c.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), broken AS (
        SELECT DISTINCT ON (id) *,
               CASE WHEN on_hand - allocated - held + backorder_limit < 0 THEN 'free'
                    WHEN on_hand < 0 THEN 'on_hand' WHEN allocated < 0 THEN 'allocated' ELSE 'held' END AS what
        FROM balance
        WHERE on_hand < 0 OR allocated < 0 OR held < 0 OR on_hand - allocated - held + backorder_limit < 0
        ORDER BY id, n
    ), total AS (
        SELECT b.id, coalesce(sum(f.amount) FILTER (WHERE f.amount > 0 AND a.n < b.n), 0) AS brought,
               coalesce(-sum(f.amount) FILTER (WHERE f.amount < 0), 0) AS asked
        FROM broken b
        JOIN balance a USING (id)
        CROSS JOIN LATERAL (
            SELECT CASE b.what WHEN 'free' THEN a.d_on_hand - a.d_allocated - a.d_held WHEN 'on_hand' THEN a.d_on_hand
                               WHEN 'allocated' THEN a.d_allocated ELSE a.d_held END AS amount
        ) f
        GROUP BY b.id
    )
    SELECT jsonb_agg(jsonb_build_object(
        'variant', b.variant_id, 'sku', v.sku, 'location', b.location_id, 'place', l.name, 'place_zh', l.name_zh,
        'available', greatest(t.brought + CASE b.what
                                  WHEN 'free' THEN b.start_on_hand - b.start_allocated - b.start_held + b.backorder_limit
                                  WHEN 'on_hand' THEN b.start_on_hand WHEN 'allocated' THEN b.start_allocated ELSE b.start_held END, 0),
        'asked', t.asked) ORDER BY b.n, b.id)
    FROM broken b
    JOIN total t USING (id)
    JOIN catalog_variant v ON v.id = b.variant_id
    JOIN inventory_location l ON l.id = b.location_id
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

-- The level as the postings of this call have left it so far.
CREATE OR REPLACE FUNCTION inventory_so_far(level inventory_stocklevel, variant_limit integer) RETURNS inventory_stocklevel
LANGUAGE plpgsql AS $$
DECLARE
    last inventory_stockposting;
BEGIN
    SELECT * INTO last FROM inventory_stockposting p WHERE p.level_id = level.id ORDER BY p.id DESC LIMIT 1;
    IF FOUND THEN
        level.on_hand := last.on_hand_after;
        level.allocated := last.allocated_after;
        level.held := last.held_after;
        level.value := last.value_after;
        level.backorder_limit := greatest(variant_limit, level.allocated + level.held - level.on_hand);
    END IF;
    RETURN level;
END
$$;

-- The plans are made once: planning the last statement anew costs more than posting one move.
CREATE OR REPLACE FUNCTION inventory_post(moves jsonb, actor bigint, request text) RETURNS bigint[]
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    step record;
    level inventory_stocklevel;
    ids bigint[] := '{}';
    move_id bigint;
    cost numeric;
    worth numeric;
    at_time timestamptz;
    postings integer := 0;
    carried jsonb;
    quarantined integer;
    by_parts boolean := false;
BEGIN
    PERFORM inventory_lock(moves);

    -- Taken under the locks, so that the postings of a level are in the order of their times.
    at_time := clock_timestamp();

    FOR step IN
        SELECT m.*, e.on_hand, e.allocated, e.held,
               row_number() OVER (PARTITION BY m.variant ORDER BY m.ordinality) > 1 AS again,
               m.kind IN ('allocated', 'released', 'held', 'unheld') AS promise,
               a.kind IN ('stock', 'transit') AS leaves, b.kind IN ('stock', 'transit') AS arrives,
               v.cost AS variant_cost, v.backorder_limit, v.tracking
        FROM ROWS FROM (jsonb_to_recordset(moves) AS
                        (kind text, variant bigint, "from" bigint, "to" bigint, quantity integer, unit_cost numeric,
                         cause text, reason text, taken jsonb, put jsonb, today date)) WITH ORDINALITY AS m
        CROSS JOIN LATERAL inventory_effect(m.kind, m.quantity) AS e
        JOIN inventory_location a ON a.id = m."from"
        JOIN inventory_location b ON b.id = m."to"
        JOIN catalog_variant v ON v.id = m.variant
        ORDER BY m.ordinality
    LOOP
        cost := step.unit_cost;
        worth := 0;
        carried := NULL;
        IF step.leaves OR (step.arrives AND NOT step.promise) THEN
            SELECT * INTO level FROM inventory_stocklevel s
            WHERE s.variant_id = step.variant AND s.location_id = CASE WHEN step.leaves THEN step."from" ELSE step."to" END;
            IF step.again THEN
                level := inventory_so_far(level, step.backorder_limit);
            END IF;
        END IF;
        IF NOT step.promise AND (step.leaves OR (step.arrives AND cost IS NULL)) THEN
            cost := round(CASE WHEN level.on_hand > 0 THEN level.value / level.on_hand ELSE coalesce(step.variant_cost, 0) END, 6);
            IF step.leaves AND level.on_hand > 0 THEN
                worth := round(level.value * step.quantity / level.on_hand, 6);
            END IF;
        END IF;

        IF step.leaves THEN
            level.on_hand := level.on_hand + step.on_hand;
            level.allocated := level.allocated + step.allocated;
            level.held := level.held + step.held;
            level.value := level.value - worth;
            -- Of lots it is known only below whether pieces leave that are promised to nobody, because they have expired.
            IF level.on_hand < 0 OR level.allocated < 0 OR level.held < 0
               OR ((step.promise OR step.tracking = 'none')
                   AND level.on_hand - level.allocated - level.held + level.backorder_limit < 0) THEN
                RAISE EXCEPTION '%', inventory_shortages(moves) USING ERRCODE = 'HT001';
            END IF;
        END IF;

        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, unit_cost, cause, reason, actor_id, request_id)
        VALUES (at_time, step.kind, step.variant, step."from", step."to", step.quantity, cost,
                coalesce(step.cause, ''), coalesce(step.reason, ''), actor, coalesce(request, ''))
        RETURNING id INTO move_id;
        ids := ids || move_id;

        IF step.leaves THEN
            quarantined := 0;
            IF NOT step.promise
               AND (step.tracking <> 'none' OR step.taken IS NOT NULL OR level.on_hand < level.placed OR by_parts) THEN
                carried := inventory_take(level.id, step.quantity, level.on_hand + step.quantity, step.kind, step.tracking,
                                          step.taken, move_id, at_time, coalesce(step.today, current_date));
                by_parts := true;
                IF step.tracking <> 'none' THEN
                    quarantined := inventory_in_quarantine(carried);
                    level.held := level.held - quarantined;
                    IF level.on_hand - level.allocated - level.held + level.backorder_limit < 0 THEN
                        RAISE EXCEPTION '%', inventory_shortages(moves) USING ERRCODE = 'HT001';
                    END IF;
                END IF;
            END IF;
            INSERT INTO inventory_stockposting
                (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
            VALUES (level.id, move_id, at_time, step.on_hand, step.allocated, step.held - quarantined,
                    level.on_hand, level.allocated, level.held, -worth, level.value);
            postings := postings + 1;
        END IF;

        IF step.arrives AND NOT step.promise THEN
            IF step.leaves THEN
                SELECT * INTO level FROM inventory_stocklevel s
                WHERE s.variant_id = step.variant AND s.location_id = step."to";
                IF step.again OR step."from" = step."to" THEN
                    level := inventory_so_far(level, step.backorder_limit);
                END IF;
            ELSE
                worth := round(cost * step.quantity, 6);
            END IF;
            quarantined := CASE WHEN step.tracking = 'none' THEN 0 ELSE inventory_in_quarantine(coalesce(carried, step.put)) END;
            level.on_hand := level.on_hand + step.quantity;
            level.held := level.held + quarantined;
            level.value := level.value + worth;
            INSERT INTO inventory_stockposting
                (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
            VALUES (level.id, move_id, at_time, step.quantity, 0, quarantined,
                    level.on_hand, level.allocated, level.held, worth, level.value);
            postings := postings + 1;
            IF step.tracking <> 'none' OR step.put IS NOT NULL THEN
                PERFORM inventory_put(level.id, step.quantity, step.tracking, step.put, carried, move_id, at_time);
                by_parts := true;
            END IF;
        END IF;
        level.backorder_limit := greatest(step.backorder_limit, level.allocated + level.held - level.on_hand);
    END LOOP;
    IF cardinality(ids) <> jsonb_array_length(moves) THEN
        RAISE EXCEPTION 'A move names a variant or a location that does not exist.' USING ERRCODE = 'foreign_key_violation';
    END IF;

    -- Each level becomes what its last posting says: one by the shortest way, many by one statement.
    IF postings = 1 THEN
        UPDATE inventory_stocklevel s SET
            on_hand = level.on_hand, allocated = level.allocated, held = level.held, value = level.value,
            updated_at = at_time, backorder_limit = level.backorder_limit,
            placed = CASE WHEN by_parts THEN inventory_placed(s.id) ELSE s.placed END
        WHERE s.id = level.id;
    ELSE
        UPDATE inventory_stocklevel s SET
            on_hand = p.on_hand_after, allocated = p.allocated_after, held = p.held_after, value = p.value_after,
            updated_at = at_time, backorder_limit = greatest(v.backorder_limit, p.allocated_after + p.held_after - p.on_hand_after),
            placed = CASE WHEN by_parts THEN inventory_placed(s.id) ELSE s.placed END
        FROM (SELECT DISTINCT ON (level_id) * FROM inventory_stockposting q WHERE q.move_id = ANY (ids) ORDER BY level_id, id DESC) p,
             catalog_variant v
        WHERE s.id = p.level_id AND v.id = s.variant_id;
    END IF;
    RETURN ids;
END
$$;

-- Whoever writes a level, by whatever road: it is what its last posting says, and nothing before the first.
CREATE OR REPLACE FUNCTION inventory_refuse_level(level bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: a stock level is what its last posting says. Correct it by a stock move.',
        (SELECT v.sku || ' @ ' || l.code FROM inventory_stocklevel s
         JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id WHERE s.id = level)
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stock_level_follows_ledger', TABLE = 'inventory_stocklevel';
END
$$;

CREATE OR REPLACE FUNCTION inventory_follow_ledger() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    last inventory_stockposting;
BEGIN
    SELECT * INTO last FROM inventory_stockposting p WHERE p.level_id = NEW.id ORDER BY p.id DESC LIMIT 1;
    IF NEW.on_hand <> coalesce(last.on_hand_after, 0) OR NEW.allocated <> coalesce(last.allocated_after, 0)
       OR NEW.held <> coalesce(last.held_after, 0) OR NEW.value <> coalesce(last.value_after, 0) THEN
        PERFORM inventory_refuse_level(NEW.id);
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_follow_ledger ON inventory_stocklevel;
CREATE TRIGGER inventory_follow_ledger AFTER UPDATE ON inventory_stocklevel FOR EACH ROW
WHEN (OLD.on_hand <> NEW.on_hand OR OLD.allocated <> NEW.allocated OR OLD.held <> NEW.held OR OLD.value <> NEW.value)
EXECUTE FUNCTION inventory_follow_ledger();
DROP TRIGGER IF EXISTS inventory_begin_empty ON inventory_stocklevel;
CREATE TRIGGER inventory_begin_empty AFTER INSERT ON inventory_stocklevel FOR EACH ROW
WHEN (NEW.on_hand <> 0 OR NEW.allocated <> 0 OR NEW.held <> 0 OR NEW.value <> 0)
EXECUTE FUNCTION inventory_follow_ledger();

-- A level that has postings stays, and stays where it is.
CREATE OR REPLACE FUNCTION inventory_keep_level() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM inventory_stockposting p WHERE p.level_id = OLD.id) THEN
        PERFORM inventory_refuse_level(OLD.id);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS inventory_keep_level ON inventory_stocklevel;
CREATE TRIGGER inventory_keep_level BEFORE DELETE OR UPDATE OF id, variant_id, location_id ON inventory_stocklevel
FOR EACH ROW EXECUTE FUNCTION inventory_keep_level();

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
