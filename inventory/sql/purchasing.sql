-- What purchase orders keep true, whoever writes them: the sum of an order's lines, what receipts brought of each line,
-- and `incoming` of the levels: what open orders (ordered, partially received) still bring to a warehouse.

CREATE OR REPLACE FUNCTION inventory_purchase_open(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT status IN ('ordered', 'partially_received') $$;

-- changes: [{"variant", "location", "pieces"}]. Levels that are missing are created, and all are locked in primary-key order.
CREATE OR REPLACE FUNCTION inventory_add_incoming(changes jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF changes IS NULL THEN
        RETURN;
    END IF;
    PERFORM inventory_lock((SELECT jsonb_agg(jsonb_build_object('variant', c.variant, 'from', c.location, 'to', c.location))
                            FROM jsonb_to_recordset(changes) AS c(variant bigint, location bigint)));
    UPDATE inventory_stocklevel s SET incoming = s.incoming + c.pieces
    FROM jsonb_to_recordset(changes) AS c(variant bigint, location bigint, pieces integer)
    WHERE s.variant_id = c.variant AND s.location_id = c.location;
END
$$;

-- lines: [{"purchase_order", "variant", "amount", "pieces"}], signed: what the lines of a statement add and take away.
CREATE OR REPLACE FUNCTION inventory_add_purchase_lines(lines jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_purchaseorder o SET subtotal = o.subtotal + d.amount
    FROM (SELECT l.purchase_order, sum(l.amount) AS amount
          FROM jsonb_to_recordset(lines) AS l(purchase_order bigint, amount numeric) GROUP BY 1 HAVING sum(l.amount) <> 0) d
    WHERE o.id = d.purchase_order;
    PERFORM inventory_add_incoming((
        SELECT jsonb_agg(jsonb_build_object('variant', d.variant, 'location', d.location_id, 'pieces', d.pieces))
        FROM (SELECT l.variant, o.location_id, sum(l.pieces) AS pieces
              FROM jsonb_to_recordset(lines) AS l(purchase_order bigint, variant bigint, pieces integer)
              JOIN inventory_purchaseorder o ON o.id = l.purchase_order
              WHERE inventory_purchase_open(o.status)
              GROUP BY 1, 2 HAVING sum(l.pieces) <> 0) d));
END
$$;

CREATE OR REPLACE FUNCTION inventory_purchase_lines_added() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_add_purchase_lines((
        SELECT jsonb_agg(jsonb_build_object('purchase_order', purchase_order_id, 'variant', variant_id,
                                            'amount', quantity * unit_cost, 'pieces', outstanding))
        FROM new_lines));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION inventory_purchase_lines_removed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_add_purchase_lines((
        SELECT jsonb_agg(jsonb_build_object('purchase_order', purchase_order_id, 'variant', variant_id,
                                            'amount', -quantity * unit_cost, 'pieces', -outstanding))
        FROM old_lines));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION inventory_purchase_lines_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_add_purchase_lines((
        SELECT jsonb_agg(d) FROM (
            SELECT purchase_order_id AS purchase_order, variant_id AS variant, -quantity * unit_cost AS amount, -outstanding AS pieces
            FROM old_lines
            UNION ALL
            SELECT purchase_order_id, variant_id, quantity * unit_cost, outstanding FROM new_lines
        ) d));
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS inventory_lines_added ON inventory_purchaseorderline;
CREATE TRIGGER inventory_lines_added AFTER INSERT ON inventory_purchaseorderline
REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION inventory_purchase_lines_added();
DROP TRIGGER IF EXISTS inventory_lines_removed ON inventory_purchaseorderline;
CREATE TRIGGER inventory_lines_removed AFTER DELETE ON inventory_purchaseorderline
REFERENCING OLD TABLE AS old_lines FOR EACH STATEMENT EXECUTE FUNCTION inventory_purchase_lines_removed();
DROP TRIGGER IF EXISTS inventory_lines_changed ON inventory_purchaseorderline;
CREATE TRIGGER inventory_lines_changed AFTER UPDATE ON inventory_purchaseorderline
REFERENCING OLD TABLE AS old_lines NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION inventory_purchase_lines_changed();

-- Orders that open, close or go elsewhere take what they still bring along.
CREATE OR REPLACE FUNCTION inventory_purchase_orders_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_add_incoming((
        SELECT jsonb_agg(jsonb_build_object('variant', d.variant_id, 'location', d.location_id, 'pieces', d.pieces))
        FROM (
            SELECT l.variant_id, side.location_id, sum(side.sign * l.outstanding) AS pieces
            FROM old_orders o JOIN new_orders n ON n.id = o.id
            CROSS JOIN LATERAL (VALUES (o.location_id, -inventory_purchase_open(o.status)::int),
                                       (n.location_id, inventory_purchase_open(n.status)::int)) AS side(location_id, sign)
            JOIN inventory_purchaseorderline l ON l.purchase_order_id = n.id
            WHERE inventory_purchase_open(o.status) <> inventory_purchase_open(n.status) OR o.location_id <> n.location_id
            GROUP BY 1, 2 HAVING sum(side.sign * l.outstanding) <> 0
        ) d));
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_orders_changed ON inventory_purchaseorder;
CREATE TRIGGER inventory_orders_changed AFTER UPDATE ON inventory_purchaseorder
REFERENCING OLD TABLE AS old_orders NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION inventory_purchase_orders_changed();

-- lines: [{"line", "accepted", "rejected"}], signed: what receipts brought of lines of purchase orders.
CREATE OR REPLACE FUNCTION inventory_add_received(lines jsonb) RETURNS void
LANGUAGE sql AS $$
    UPDATE inventory_purchaseorderline l SET accepted = l.accepted + d.accepted, rejected = l.rejected + d.rejected
    FROM (SELECT r.line, sum(r.accepted) AS accepted, sum(r.rejected) AS rejected
          FROM jsonb_to_recordset(lines) AS r(line bigint, accepted integer, rejected integer) GROUP BY 1
          HAVING sum(r.accepted) <> 0 OR sum(r.rejected) <> 0) d
    WHERE l.id = d.line
$$;

CREATE OR REPLACE FUNCTION inventory_receipt_lines_written() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM inventory_add_received((
            SELECT jsonb_agg(jsonb_build_object('line', purchase_line_id, 'accepted', quantity, 'rejected', rejected))
            FROM new_lines WHERE purchase_line_id IS NOT NULL));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM inventory_add_received((
            SELECT jsonb_agg(jsonb_build_object('line', purchase_line_id, 'accepted', -quantity, 'rejected', -rejected))
            FROM old_lines WHERE purchase_line_id IS NOT NULL));
    ELSE
        PERFORM inventory_add_received((
            SELECT jsonb_agg(d) FROM (
                SELECT purchase_line_id AS line, -quantity AS accepted, -rejected AS rejected FROM old_lines
                UNION ALL
                SELECT purchase_line_id, quantity, rejected FROM new_lines
            ) d WHERE d.line IS NOT NULL));
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_received_added ON inventory_receiptline;
CREATE TRIGGER inventory_received_added AFTER INSERT ON inventory_receiptline
REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION inventory_receipt_lines_written();
DROP TRIGGER IF EXISTS inventory_received_removed ON inventory_receiptline;
CREATE TRIGGER inventory_received_removed AFTER DELETE ON inventory_receiptline
REFERENCING OLD TABLE AS old_lines FOR EACH STATEMENT EXECUTE FUNCTION inventory_receipt_lines_written();
DROP TRIGGER IF EXISTS inventory_received_changed ON inventory_receiptline;
CREATE TRIGGER inventory_received_changed AFTER UPDATE ON inventory_receiptline
REFERENCING OLD TABLE AS old_lines NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION inventory_receipt_lines_written();

-- changes: [{"variant", "location", "pieces", "value", "cause", "reason"}]. Adds a signed value to what lies at a level and
-- moves no piece: a move of kind "revalued" over the pieces concerned, and its posting. All or none; levels are locked once,
-- in primary-key order. A level without pieces has no value, so nothing can be added there.
CREATE OR REPLACE FUNCTION inventory_revalue(changes jsonb, actor bigint, request text) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    step record;
    level inventory_stocklevel;
    ids bigint[] := '{}';
    move_id bigint;
    at_time timestamptz;
BEGIN
    PERFORM inventory_lock((SELECT jsonb_agg(jsonb_build_object('variant', c.variant, 'from', c.location, 'to', c.location))
                            FROM jsonb_to_recordset(changes) AS c(variant bigint, location bigint)));
    at_time := clock_timestamp();
    FOR step IN
        SELECT c.* FROM ROWS FROM (jsonb_to_recordset(changes) AS
            (variant bigint, location bigint, pieces integer, value numeric, cause text, reason text)) WITH ORDINALITY AS c
        ORDER BY c.ordinality
    LOOP
        SELECT * INTO STRICT level FROM inventory_stocklevel s WHERE s.variant_id = step.variant AND s.location_id = step.location;
        IF level.on_hand < step.pieces OR level.value + step.value < 0 THEN
            RAISE EXCEPTION 'A level can lose no more value than it has, and has none without pieces.' USING ERRCODE = 'check_violation';
        END IF;
        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, unit_cost, cause, reason, actor_id, request_id)
        VALUES (at_time, 'revalued', step.variant, step.location, step.location, step.pieces, NULL,
                coalesce(step.cause, ''), coalesce(step.reason, ''), actor, coalesce(request, ''))
        RETURNING id INTO move_id;
        ids := ids || move_id;
        INSERT INTO inventory_stockposting
            (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
        VALUES (level.id, move_id, at_time, 0, 0, 0, level.on_hand, level.allocated, level.held, step.value, level.value + step.value);
        UPDATE inventory_stocklevel s SET value = level.value + step.value, updated_at = at_time WHERE s.id = level.id;
    END LOOP;
    RETURN ids;
END
$$;
