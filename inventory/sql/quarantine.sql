-- Lots past their expiry. A lot in quarantine is promised to nobody: its pieces are held at every level they lie at, so that
-- whatever reads `on_hand - allocated - held` knows without asking for lots. A level's `held` is what live holds hold and
-- what is of lots in quarantine; inventory_post carries the latter with the pieces.

-- Pieces of these, [{"lot", "pieces"}], that are of lots in quarantine. The lots cannot change until the transaction ends.
CREATE OR REPLACE FUNCTION inventory_in_quarantine(pieces jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM l.id FROM inventory_lot l
    WHERE l.id IN (SELECT p.lot FROM jsonb_to_recordset(pieces) AS p(lot bigint)) ORDER BY l.id FOR SHARE;
    RETURN (
        SELECT coalesce(sum(p.pieces), 0) FROM jsonb_to_recordset(pieces) AS p(lot bigint, pieces integer)
        JOIN inventory_lot l ON l.id = p.lot WHERE l.is_quarantined);
END
$$;

-- Puts lots into quarantine that have expired by `today`, and lets those out that have not (any more).
--
-- reasons: {lot: sentence}, the lots to look at. What is promised beyond the pieces that are left waits like a backorder.
-- Locks all levels of the variants in primary-key order, then the lots; returns the variants whose pieces were held.
CREATE OR REPLACE FUNCTION inventory_quarantine(reasons jsonb, today date, actor bigint, request text) RETURNS bigint[]
LANGUAGE plpgsql SET lock_timeout = '3s' AS $$
DECLARE
    lots bigint[] := ARRAY(SELECT key::bigint FROM jsonb_object_keys(reasons) AS key);
    due bigint[];
    at_time timestamptz;
    held bigint[];
BEGIN
    PERFORM s.id FROM inventory_stocklevel s
    WHERE s.variant_id IN (SELECT l.variant_id FROM inventory_lot l WHERE l.id = ANY (lots)) ORDER BY s.id FOR NO KEY UPDATE;
    PERFORM l.id FROM inventory_lot l WHERE l.id = ANY (lots) ORDER BY l.id FOR NO KEY UPDATE;
    -- Levels that others made until the lots were ours.
    PERFORM s.id FROM inventory_stocklevel s
    WHERE s.variant_id IN (SELECT l.variant_id FROM inventory_lot l WHERE l.id = ANY (lots)) ORDER BY s.id FOR NO KEY UPDATE;
    due := ARRAY(SELECT l.id FROM inventory_lot l
                 WHERE l.id = ANY (lots) AND l.is_quarantined <> coalesce(l.expires_on < today, false) ORDER BY l.id);
    at_time := clock_timestamp();

    WITH change AS (
        SELECT p.level_id, s.variant_id, s.location_id, NOT l.is_quarantined AS goes_in, sum(p.quantity)::integer AS pieces,
               l.id AS lot, reasons ->> l.id::text AS reason
        FROM inventory_stockpart p
        JOIN inventory_stocklevel s ON s.id = p.level_id JOIN inventory_lot l ON l.id = p.lot_id
        WHERE p.lot_id = ANY (due) AND p.quantity > 0 GROUP BY p.level_id, s.variant_id, s.location_id, l.id
    ), moved AS (
        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, cause, reason, actor_id, request_id)
        SELECT at_time, CASE WHEN c.goes_in THEN 'quarantined' ELSE 'cleared' END, c.variant_id, c.location_id, c.location_id, c.pieces,
               '', coalesce(c.reason, ''), actor, coalesce(request, '')
        FROM change c ORDER BY c.level_id, c.lot
        RETURNING id, variant_id, from_location_id, CASE kind WHEN 'quarantined' THEN quantity ELSE -quantity END AS held
    ), posted AS (
        INSERT INTO inventory_stockposting
            (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
        SELECT s.id, m.id, at_time, 0, 0, m.held, s.on_hand, s.allocated,
               s.held + sum(m.held) OVER (PARTITION BY s.id ORDER BY m.id), 0, s.value
        FROM moved m JOIN inventory_stocklevel s ON s.variant_id = m.variant_id AND s.location_id = m.from_location_id
        ORDER BY m.id
        RETURNING level_id, inventory_stockposting.held
    ), changed AS (
        UPDATE inventory_stocklevel s SET
            held = s.held + p.pieces, updated_at = at_time,
            backorder_limit = greatest(v.backorder_limit, s.allocated + s.held + p.pieces - s.on_hand)
        FROM (SELECT q.level_id, sum(q.held)::integer AS pieces FROM posted q GROUP BY q.level_id) p, catalog_variant v
        WHERE s.id = p.level_id AND v.id = s.variant_id
        RETURNING s.variant_id
    )
    SELECT coalesce(array_agg(DISTINCT c.variant_id ORDER BY c.variant_id), '{}') INTO held FROM changed c;
    UPDATE inventory_lot SET is_quarantined = NOT is_quarantined, updated_at = at_time WHERE id = ANY (due);
    RETURN held;
END
$$;
