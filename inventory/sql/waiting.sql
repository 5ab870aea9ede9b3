-- inventory_to_serve: of these variants, those with promises that wait at one warehouse and pieces that are free at another.
-- Promises wait where more is promised and held than is there, and at a warehouse that is closed. Its own statement, so that
-- it sees what the statement that calls it has just posted.
CREATE OR REPLACE FUNCTION inventory_to_serve(variants bigint[]) RETURNS bigint[]
LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT s.variant_id
        FROM inventory_stocklevel s
        JOIN inventory_location l ON l.id = s.location_id
        WHERE s.variant_id = ANY (variants) AND s.allocated > 0 AND l.kind = 'stock'
          AND (s.on_hand - s.allocated - s.held < 0 OR NOT l.is_active)
          AND EXISTS (
              SELECT FROM inventory_stocklevel f JOIN inventory_location p ON p.id = f.location_id
              WHERE f.variant_id = s.variant_id AND f.location_id <> s.location_id AND p.kind = 'stock' AND p.is_active
                AND f.on_hand - f.allocated - f.held > 0)
        ORDER BY s.variant_id);
END
$$;
