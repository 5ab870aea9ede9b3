-- Bins, lots and serial numbers. A part is so many pieces of a level in this bin, or of this lot; pieces without a bin are
-- not put away yet. Of a variant with lots or serial numbers the parts are the whole level (stock_level_in_lots); of others
-- they are what lies in bins, and what is in no bin has no part, so that a shop without bins pays nothing.
--
-- Parts are written here, under the lock of their level, and each change is a posting. Raises SQLSTATE HT002 with
-- {"problem", "sku", "tracking", "place", "place_zh", "lot", "bin", "available", "asked"}.

-- The sum of the parts of a level, as its last posting says.
CREATE OR REPLACE FUNCTION inventory_placed(level_key bigint) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT p.placed_after FROM inventory_partposting p WHERE p.level_id = level_key ORDER BY p.id DESC LIMIT 1), 0)
$$;

CREATE OR REPLACE FUNCTION inventory_refuse_part(
    problem text, level_key bigint, lot_key bigint, bin_key bigint, available integer, asked integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', (
        SELECT jsonb_build_object(
            'problem', problem, 'sku', v.sku, 'tracking', v.tracking, 'place', l.name, 'place_zh', l.name_zh,
            'lot', (SELECT o.number FROM inventory_lot o WHERE o.id = lot_key),
            'bin', (SELECT b.code FROM inventory_bin b WHERE b.id = bin_key), 'available', available, 'asked', asked)
        FROM inventory_stocklevel s
        JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
        WHERE s.id = level_key)
    USING ERRCODE = 'HT002';
END
$$;

CREATE OR REPLACE FUNCTION inventory_change_part(
    level_key bigint, bin_key bigint, lot_key bigint, change integer, move_key bigint, at_time timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    part inventory_stockpart;
BEGIN
    IF lot_key IS NULL THEN
        SELECT * INTO part FROM inventory_stockpart p
        WHERE p.level_id = level_key AND p.bin_id = bin_key AND p.lot_id IS NULL;
    ELSE
        SELECT * INTO part FROM inventory_stockpart p
        WHERE p.level_id = level_key AND p.lot_id = lot_key AND p.bin_id IS NOT DISTINCT FROM bin_key;
    END IF;
    IF NOT FOUND THEN
        INSERT INTO inventory_stockpart (level_id, bin_id, lot_id) VALUES (level_key, bin_key, lot_key) RETURNING * INTO part;
    END IF;
    IF change > 0 AND EXISTS (SELECT FROM inventory_bin b WHERE b.id = bin_key AND NOT b.is_active) THEN
        PERFORM inventory_refuse_part('closed_bin', level_key, lot_key, bin_key, 0, change);
    END IF;
    INSERT INTO inventory_partposting (level_id, part_id, move_id, at, quantity, after, placed_after)
    VALUES (level_key, part.id, move_key, at_time, change, part.quantity + change, inventory_placed(level_key) + change);
    UPDATE inventory_stockpart SET quantity = part.quantity + change WHERE id = part.id;
END
$$;

-- Takes the pieces that leave a level off its parts and returns them by lot: [{"lot", "pieces"}].
--
-- wanted: [{"lot", "bin", "pieces"}], where a key that is left out means any; NULL: any pieces. First expired, first out; then
-- what is not put away; then as one walks. What is expired is shipped only where its lot is named.
-- before: what was on hand before the move.
CREATE OR REPLACE FUNCTION inventory_take(
    level_key bigint, pieces integer, before integer, kind text, tracking text, wanted jsonb, move_key bigint,
    at_time timestamptz, today date) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    want record;
    part record;
    missing integer;
    portion integer;
    named integer;
    loose integer := CASE WHEN tracking = 'none' THEN before - inventory_placed(level_key) ELSE 0 END;
    gone jsonb := '[]';
BEGIN
    IF wanted IS NOT NULL THEN
        SELECT sum(w.pieces) INTO named FROM jsonb_to_recordset(wanted) AS w(pieces integer) WHERE w.pieces > 0;
        IF named IS DISTINCT FROM pieces THEN
            PERFORM inventory_refuse_part('sum', level_key, NULL, NULL, coalesce(named, 0), pieces);
        END IF;
    END IF;
    FOR want IN
        SELECT w.lot, w.bin, w.pieces
        FROM ROWS FROM (jsonb_to_recordset(coalesce(wanted, jsonb_build_array(jsonb_build_object('pieces', pieces))))
                        AS (lot bigint, bin bigint, pieces integer)) WITH ORDINALITY AS w
        WHERE w.pieces > 0 ORDER BY w.ordinality
    LOOP
        missing := want.pieces;
        IF want.bin IS NULL AND want.lot IS NULL THEN
            portion := least(missing, loose);
            loose := loose - portion;
            missing := missing - portion;
        END IF;
        FOR part IN
            SELECT p.bin_id, p.lot_id, p.quantity
            FROM inventory_stockpart p
            LEFT JOIN inventory_lot l ON l.id = p.lot_id
            LEFT JOIN inventory_bin b ON b.id = p.bin_id
            WHERE p.level_id = level_key AND p.quantity > 0
              AND (want.lot IS NULL OR p.lot_id = want.lot) AND (want.bin IS NULL OR p.bin_id = want.bin)
              AND (kind <> 'shipped' OR want.lot IS NOT NULL OR l.expires_on IS NULL OR (l.expires_on >= today AND NOT l.is_quarantined))
            ORDER BY l.expires_on, l.id, b.id IS NOT NULL, b.position, b.code, p.id
            LIMIT missing
        LOOP
            portion := least(missing, part.quantity);
            PERFORM inventory_change_part(level_key, part.bin_id, part.lot_id, -portion, move_key, at_time);
            gone := gone || jsonb_build_object('lot', part.lot_id, 'pieces', portion);
            missing := missing - portion;
            EXIT WHEN missing = 0;
        END LOOP;
        IF missing > 0 THEN
            PERFORM inventory_refuse_part(
                CASE WHEN kind = 'shipped' AND want.lot IS NULL AND EXISTS (
                         SELECT FROM inventory_stockpart p JOIN inventory_lot l ON l.id = p.lot_id
                         WHERE p.level_id = level_key AND p.quantity > 0 AND l.expires_on < today
                           AND (want.bin IS NULL OR p.bin_id = want.bin))
                     THEN 'expired' ELSE 'not_there' END,
                level_key, want.lot, want.bin, want.pieces - missing, want.pieces);
        END IF;
    END LOOP;
    RETURN gone;
END
$$;

-- Puts the pieces that arrive at a level into its parts.
--
-- wanted: [{"lot", "bin", "pieces"}]; a bin that is left out: not put away. carried: by lot, what left the level that the move
-- starts from; NULL where it starts outside, and the lots have to be named.
CREATE OR REPLACE FUNCTION inventory_put(
    level_key bigint, pieces integer, tracking text, wanted jsonb, carried jsonb, move_key bigint, at_time timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    named integer;
    step record;
BEGIN
    IF wanted IS NOT NULL THEN
        SELECT sum(w.pieces) INTO named FROM jsonb_to_recordset(wanted) AS w(pieces integer) WHERE w.pieces > 0;
        IF named IS DISTINCT FROM pieces THEN
            PERFORM inventory_refuse_part('sum', level_key, NULL, NULL, coalesce(named, 0), pieces);
        END IF;
    END IF;
    IF tracking = 'none' THEN
        FOR step IN
            SELECT w.lot, w.bin, sum(w.pieces)::integer AS pieces FROM jsonb_to_recordset(wanted) AS w(lot bigint, bin bigint, pieces integer)
            WHERE w.pieces > 0 GROUP BY w.lot, w.bin ORDER BY w.bin
        LOOP
            IF step.lot IS NOT NULL THEN
                PERFORM inventory_refuse_part('no_lots', level_key, step.lot, step.bin, 0, step.pieces);
            END IF;
            IF step.bin IS NOT NULL THEN
                PERFORM inventory_change_part(level_key, step.bin, NULL, step.pieces, move_key, at_time);
            END IF;
        END LOOP;
        RETURN;
    END IF;

    -- What left and what arrives are laid side by side: where a lot of the one meets a bin of the other, pieces go there.
    FOR step IN
        WITH gone AS (
            SELECT c.lot, c.pieces, sum(c.pieces) OVER (ORDER BY c.lot, c.ordinality) AS up_to
            FROM ROWS FROM (jsonb_to_recordset(coalesce(carried, wanted)) AS (lot bigint, pieces integer)) WITH ORDINALITY AS c
            WHERE c.pieces > 0
        ), come AS (
            SELECT w.lot, w.bin, w.pieces, sum(w.pieces) OVER (ORDER BY w.lot, w.ordinality) AS up_to
            FROM ROWS FROM (jsonb_to_recordset(coalesce(wanted, jsonb_build_array(jsonb_build_object('pieces', pieces))))
                            AS (lot bigint, bin bigint, pieces integer)) WITH ORDINALITY AS w
            WHERE w.pieces > 0
        )
        SELECT g.lot, c.lot AS named, c.bin, sum(least(g.up_to, c.up_to) - greatest(g.up_to - g.pieces, c.up_to - c.pieces))::integer AS pieces
        FROM gone g JOIN come c ON g.up_to - g.pieces < c.up_to AND c.up_to - c.pieces < g.up_to
        GROUP BY g.lot, c.lot, c.bin
        UNION ALL
        SELECT NULL, NULL, NULL, pieces WHERE wanted IS NULL AND carried IS NULL
        ORDER BY 1, 3
    LOOP
        IF step.lot IS NULL THEN
            PERFORM inventory_refuse_part('lots_missing', level_key, NULL, step.bin, 0, step.pieces);
        ELSIF step.named IS NOT NULL AND step.named <> step.lot THEN
            PERFORM inventory_refuse_part('other_lots', level_key, step.named, step.bin, 0, step.pieces);
        ELSIF tracking = 'serial' AND step.pieces > 1 THEN
            PERFORM inventory_refuse_part('serial_one', level_key, step.lot, step.bin, 1, step.pieces);
        ELSIF tracking = 'serial' AND EXISTS (SELECT FROM inventory_stockpart p WHERE p.lot_id = step.lot AND p.quantity > 0) THEN
            PERFORM inventory_refuse_part('serial_twice', level_key, step.lot, step.bin, 0, step.pieces);
        END IF;
        PERFORM inventory_change_part(level_key, step.bin, step.lot, step.pieces, move_key, at_time);
    END LOOP;
END
$$;

-- Moves pieces within their levels, from bin to bin or out of "not put away yet": on hand stays what it is.
--
-- rows: [{"level", "lot", "from", "to", "pieces", "cause", "reason"}]; NULL as a bin is "not put away", as a lot any. All or
-- none, one after the other; levels are locked once, in primary-key order. Returns the ids of the moves.
CREATE OR REPLACE FUNCTION inventory_put_away(rows jsonb, actor bigint, request text) RETURNS bigint[]
LANGUAGE plpgsql SET lock_timeout = '3s' AS $$
DECLARE
    step record;
    part record;
    missing integer;
    portion integer;
    ids bigint[] := '{}';
    move_id bigint;
    at_time timestamptz;
BEGIN
    PERFORM s.id FROM inventory_stocklevel s
    WHERE s.id IN (SELECT r.level FROM jsonb_to_recordset(rows) AS r(level bigint)) ORDER BY s.id FOR NO KEY UPDATE;
    at_time := clock_timestamp();
    FOR step IN
        SELECT r.*, s.id AS level_id, s.variant_id, s.location_id, s.on_hand, v.tracking
        FROM ROWS FROM (jsonb_to_recordset(rows) AS
                        (level bigint, lot bigint, "from" bigint, "to" bigint, pieces integer, cause text, reason text)) WITH ORDINALITY AS r
        JOIN inventory_stocklevel s ON s.id = r.level
        JOIN catalog_variant v ON v.id = s.variant_id
        ORDER BY r.ordinality
    LOOP
        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, unit_cost, cause, reason, actor_id, request_id)
        VALUES (at_time, 'put_away', step.variant_id, step.location_id, step.location_id, step.pieces, NULL,
                coalesce(step.cause, ''), coalesce(step.reason, ''), actor, coalesce(request, ''))
        RETURNING id INTO move_id;
        ids := ids || move_id;
        IF step.tracking = 'none' AND step."from" IS NULL THEN
            IF step.on_hand - inventory_placed(step.level_id) < step.pieces THEN
                PERFORM inventory_refuse_part('loose', step.level_id, NULL, NULL, step.on_hand - inventory_placed(step.level_id), step.pieces);
            END IF;
            PERFORM inventory_change_part(step.level_id, step."to", NULL, step.pieces, move_id, at_time);
            CONTINUE;
        END IF;
        missing := step.pieces;
        FOR part IN
            SELECT p.lot_id, p.quantity FROM inventory_stockpart p LEFT JOIN inventory_lot l ON l.id = p.lot_id
            WHERE p.level_id = step.level_id AND p.quantity > 0 AND p.bin_id IS NOT DISTINCT FROM step."from"
              AND (step.lot IS NULL OR p.lot_id = step.lot)
            ORDER BY l.expires_on, l.id LIMIT missing
        LOOP
            portion := least(missing, part.quantity);
            PERFORM inventory_change_part(step.level_id, step."from", part.lot_id, -portion, move_id, at_time);
            IF step.tracking <> 'none' OR step."to" IS NOT NULL THEN
                PERFORM inventory_change_part(step.level_id, step."to", part.lot_id, portion, move_id, at_time);
            END IF;
            missing := missing - portion;
            EXIT WHEN missing = 0;
        END LOOP;
        IF missing > 0 THEN
            PERFORM inventory_refuse_part(CASE WHEN step."from" IS NULL THEN 'loose' ELSE 'not_there' END,
                                          step.level_id, step.lot, step."from", step.pieces - missing, step.pieces);
        END IF;
    END LOOP;
    IF cardinality(ids) <> jsonb_array_length(rows) THEN
        RAISE EXCEPTION 'There is no such stock level.' USING ERRCODE = 'foreign_key_violation';
    END IF;
    UPDATE inventory_stocklevel s SET placed = p.placed, updated_at = at_time
    FROM (SELECT DISTINCT ON (q.level_id) q.level_id, q.placed_after AS placed FROM inventory_partposting q
          WHERE q.move_id = ANY (ids) ORDER BY q.level_id, q.id DESC) p
    WHERE s.id = p.level_id AND s.placed <> p.placed;
    RETURN ids;
END
$$;

-- --- What holds whoever writes ------------------------------------------------------------------

-- A part fits its level: the bin is of the location, the lot of the variant, and there is a lot where the variant asks for one.
CREATE OR REPLACE FUNCTION inventory_fit_part() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    level record;
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.level_id, OLD.bin_id, OLD.lot_id) IS DISTINCT FROM (NEW.level_id, NEW.bin_id, NEW.lot_id) THEN
        RAISE EXCEPTION 'A part of a stock level stays where it is. Move its pieces.' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT s.variant_id, s.location_id, v.sku, v.tracking INTO level
    FROM inventory_stocklevel s JOIN catalog_variant v ON v.id = s.variant_id WHERE s.id = NEW.level_id;
    IF TG_OP = 'INSERT' AND NEW.bin_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM inventory_bin b WHERE b.id = NEW.bin_id AND b.location_id = level.location_id) THEN
        RAISE EXCEPTION '%: the bin belongs to another location.', level.sku
        USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_part_fits', TABLE = 'inventory_stockpart';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.lot_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM inventory_lot l WHERE l.id = NEW.lot_id AND l.variant_id = level.variant_id) THEN
        RAISE EXCEPTION '%: the lot belongs to another variant.', level.sku
        USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_part_fits', TABLE = 'inventory_stockpart';
    END IF;
    IF (TG_OP = 'INSERT' OR NEW.quantity > OLD.quantity) AND (level.tracking = 'none') <> (NEW.lot_id IS NULL) THEN
        RAISE EXCEPTION '%: a piece has a lot exactly where the variant is tracked by one.', level.sku
        USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_part_fits', TABLE = 'inventory_stockpart';
    END IF;
    NEW.is_serial := level.tracking = 'serial';
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS inventory_fit_part ON inventory_stockpart;
CREATE TRIGGER inventory_fit_part BEFORE INSERT OR UPDATE ON inventory_stockpart
FOR EACH ROW EXECUTE FUNCTION inventory_fit_part();

-- A part is what its last posting says, nothing before the first, and stays.
CREATE OR REPLACE FUNCTION inventory_part_follows_ledger() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.quantity <> coalesce(
        (SELECT p.after FROM inventory_partposting p WHERE p.part_id = NEW.id ORDER BY p.id DESC LIMIT 1), 0) THEN
        RAISE EXCEPTION 'Stock by bin and lot is what its last posting says. Correct it by a stock move.'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stock_part_follows_ledger', TABLE = 'inventory_stockpart';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_part_follows_ledger ON inventory_stockpart;
CREATE TRIGGER inventory_part_follows_ledger AFTER UPDATE ON inventory_stockpart FOR EACH ROW
WHEN (OLD.quantity <> NEW.quantity) EXECUTE FUNCTION inventory_part_follows_ledger();
DROP TRIGGER IF EXISTS inventory_part_begins_empty ON inventory_stockpart;
CREATE TRIGGER inventory_part_begins_empty AFTER INSERT ON inventory_stockpart FOR EACH ROW
WHEN (NEW.quantity <> 0) EXECUTE FUNCTION inventory_part_follows_ledger();
DROP TRIGGER IF EXISTS inventory_part_stays ON inventory_stockpart;
CREATE TRIGGER inventory_part_stays AFTER DELETE ON inventory_stockpart FOR EACH ROW
EXECUTE FUNCTION inventory_part_follows_ledger();

-- What a level says of its parts: their sum, and whether the variant asks for lots.
CREATE OR REPLACE FUNCTION inventory_level_follows_variant() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_tracked := (SELECT v.tracking <> 'none' FROM catalog_variant v WHERE v.id = NEW.variant_id);
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS inventory_level_is_tracked ON inventory_stocklevel;
CREATE TRIGGER inventory_level_is_tracked BEFORE INSERT ON inventory_stocklevel
FOR EACH ROW EXECUTE FUNCTION inventory_level_follows_variant();
DROP TRIGGER IF EXISTS inventory_level_stays_tracked ON inventory_stocklevel;
CREATE TRIGGER inventory_level_stays_tracked BEFORE UPDATE ON inventory_stocklevel FOR EACH ROW
WHEN (OLD.is_tracked <> NEW.is_tracked) EXECUTE FUNCTION inventory_level_follows_variant();

CREATE OR REPLACE FUNCTION inventory_level_follows_parts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.placed <> inventory_placed(NEW.id) THEN
        PERFORM inventory_refuse_level(NEW.id);
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_level_follows_parts ON inventory_stocklevel;
CREATE TRIGGER inventory_level_follows_parts AFTER UPDATE ON inventory_stocklevel FOR EACH ROW
WHEN (OLD.placed <> NEW.placed) EXECUTE FUNCTION inventory_level_follows_parts();
DROP TRIGGER IF EXISTS inventory_level_begins_without_parts ON inventory_stocklevel;
CREATE TRIGGER inventory_level_begins_without_parts AFTER INSERT ON inventory_stocklevel FOR EACH ROW
WHEN (NEW.placed <> 0) EXECUTE FUNCTION inventory_level_follows_parts();

-- How closely a variant is tracked changes only while none of it is there.
CREATE OR REPLACE FUNCTION catalog_stocked(variants bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT s.variant_id FROM inventory_stocklevel s WHERE s.variant_id = ANY (variants) AND s.on_hand > 0
$$;

CREATE OR REPLACE FUNCTION inventory_keep_tracking() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM s.id FROM inventory_stocklevel s WHERE s.variant_id = NEW.id ORDER BY s.id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM inventory_stocklevel s WHERE s.variant_id = NEW.id AND s.on_hand > 0) THEN
        RAISE EXCEPTION '%: there is stock of it. How it is tracked can change once none is left.', NEW.sku
        USING ERRCODE = 'check_violation', CONSTRAINT = 'variant_tracking_kept', TABLE = 'catalog_variant';
    END IF;
    UPDATE inventory_stocklevel SET is_tracked = NEW.tracking <> 'none'
    WHERE variant_id = NEW.id AND is_tracked <> (NEW.tracking <> 'none');
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_keep_tracking ON catalog_variant;
CREATE TRIGGER inventory_keep_tracking AFTER UPDATE OF tracking ON catalog_variant FOR EACH ROW
WHEN (OLD.tracking <> NEW.tracking) EXECUTE FUNCTION inventory_keep_tracking();

-- Bins and lots that were used stay where they belong; a bin with pieces stays open.
CREATE OR REPLACE FUNCTION inventory_keep_bin() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.location_id <> NEW.location_id AND EXISTS (SELECT FROM inventory_stockpart p WHERE p.bin_id = NEW.id) THEN
        RAISE EXCEPTION 'Bin % was used and stays at its location.', OLD.code
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bin_stays', TABLE = 'inventory_bin';
    END IF;
    IF OLD.is_active AND NOT NEW.is_active AND EXISTS (SELECT FROM inventory_stockpart p WHERE p.bin_id = NEW.id AND p.quantity > 0) THEN
        RAISE EXCEPTION 'Bin % is not empty.', OLD.code
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bin_emptied', TABLE = 'inventory_bin';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS inventory_keep_bin ON inventory_bin;
CREATE TRIGGER inventory_keep_bin BEFORE UPDATE OF location_id, is_active ON inventory_bin
FOR EACH ROW EXECUTE FUNCTION inventory_keep_bin();

CREATE OR REPLACE FUNCTION inventory_keep_lot() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.variant_id <> NEW.variant_id AND EXISTS (SELECT FROM inventory_stockpart p WHERE p.lot_id = NEW.id) THEN
        RAISE EXCEPTION 'Lot % was used and stays with its variant.', OLD.number
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lot_stays', TABLE = 'inventory_lot';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS inventory_keep_lot ON inventory_lot;
CREATE TRIGGER inventory_keep_lot BEFORE UPDATE OF variant_id ON inventory_lot
FOR EACH ROW EXECUTE FUNCTION inventory_keep_lot();
