-- inventory_promise: writes allocations of a document and posts them, in one call and all or none.
--
-- items, variants, places, pieces: one entry for each allocation; an item that has one at this place gets more of it.
-- Returns {"allocations": [rows]}, or {"short": [as inventory_shortages]} with nothing changed: what was locked for it is
-- free again, and the transaction goes on. Hot levels are locked last.
CREATE OR REPLACE FUNCTION inventory_promise(
    document text, items bigint[], variants bigint[], places bigint[], pieces integer[], actor bigint, request text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    moves jsonb;
    promised jsonb;
BEGIN
    WITH asked AS (
        SELECT * FROM unnest(items, variants, places, pieces) AS a(item, variant, place, quantity)
    ), written AS (
        INSERT INTO inventory_allocation (cause, item, variant_id, location_id, quantity, created_at)
        SELECT document, a.item, a.variant, a.place, a.quantity, clock_timestamp() FROM asked a ORDER BY a.item, a.place
        ON CONFLICT (item, location_id) DO UPDATE SET quantity = inventory_allocation.quantity + excluded.quantity
        RETURNING *
    )
    SELECT jsonb_agg(to_jsonb(w) ORDER BY w.item, w.location_id) INTO promised FROM written w;

    SELECT jsonb_agg(jsonb_build_object('kind', 'allocated', 'variant', a.variant, 'from', a.place, 'to', a.place,
                                        'quantity', a.quantity, 'cause', document) ORDER BY a.n) INTO moves
    FROM unnest(items, variants, places, pieces) WITH ORDINALITY AS a(item, variant, place, quantity, n);
    IF cardinality(items) < 100 THEN
        PERFORM inventory_post(moves, actor, request);
    ELSE
        PERFORM inventory_post_many(moves, actor, request);
    END IF;
    RETURN jsonb_build_object('allocations', promised);
EXCEPTION WHEN SQLSTATE 'HT001' THEN
    RETURN jsonb_build_object('short', SQLERRM::jsonb);
END
$$;
