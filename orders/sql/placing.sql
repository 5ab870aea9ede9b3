-- What placing writes, each in one call and all or none. What is written was worked out by `orders/services`; promises of
-- stock come last, because levels that many want stay locked from there to the end of the transaction.
--
-- parts: [{"line", "variant", "place", "quantity"}], what stock promises; actor, origin, request: who does it, through what.
-- Both return {"short": [as inventory_shortages]} or {"busy": true} where stock is short or others hold the levels for more
-- than 3 s. Nothing is changed or locked then, and the transaction goes on.

-- The rates of tax in a region of a country: [[tax class, name, rate]], or NULL where there are none. Of each class the last one
-- counts: that of the region comes after the one of its country, and that after the one for everywhere else.
CREATE OR REPLACE FUNCTION orders_rates(goes_to text, goes_into text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET plan_cache_mode = 'force_generic_plan' AS $$
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_build_array(r.tax_class, r.name, r.rate::text) ORDER BY r.country, r.region)
            FROM orders_taxrate r WHERE r.country IN (goes_to, '') AND r.region IN (goes_into, ''));
END
$$;

-- orders_ask: what must be known before an order is placed that goes to a region of a country: {"rates": as orders_rates,
-- "stock": [rows of inventory_candidates]}.
CREATE OR REPLACE FUNCTION orders_ask(goes_to text, goes_into text, variants bigint[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET plan_cache_mode = 'force_generic_plan' AS $$
BEGIN
    RETURN jsonb_build_object(
        'rates', orders_rates(goes_to, goes_into),
        'stock', (SELECT jsonb_agg(jsonb_build_array(c.variant, c.place, c.free, c.promisable) ORDER BY c.n)
                  FROM inventory_candidates(variants) WITH ORDINALITY AS c(variant, place, free, promisable, n)));
END
$$;

-- orders_take: writes a new order with its lines.
--
-- asked: {"order", "lines": columns by name, "verbs", "actor", "context": as backoffice_act} and one of these two:
-- "parts"; their "line" is the position of the line in "lines", from 0.
-- "to": [country, region], "rates": as orders_rates, by which the taxes were worked out. All pieces that the lines have as allocated
-- are then promised at the warehouse of inventory_one_place. Where there is none, or where the rates are others by now, nothing
-- is written, and the answer is {"otherwise": as orders_ask}.
-- Returns {"id", "number", "lines": [ids in the order of "lines"]}.
CREATE OR REPLACE FUNCTION orders_take(asked jsonb) RETURNS jsonb
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    actor bigint := asked ->> 'actor';
    request text := left(coalesce(asked #>> '{context,facts,request_id}', ''), 40);
    origin text := left(coalesce(asked #>> '{context,facts,source}', ''), 100);
    key bigint;
    called text;
    ids bigint[];
    items bigint[];
    variants bigint[];
    pieces integer[];
    place bigint;
BEGIN
    IF asked ? 'to' THEN
        SELECT array_agg(l.variant_id), array_agg(l.allocated) INTO variants, pieces
        FROM jsonb_to_recordset(asked -> 'lines') AS l(variant_id bigint, allocated integer);
        place := inventory_one_place(variants, pieces);
        IF place IS NULL
           OR orders_rates(asked #>> '{to,0}', asked #>> '{to,1}') IS DISTINCT FROM nullif(asked -> 'rates', 'null') THEN
            RETURN orders_otherwise(asked);
        END IF;
    END IF;
    PERFORM backoffice_act(asked -> 'context');

    called := 'SO-' || nextval('houtai_so_number');
    INSERT INTO orders_order
        (number, customer_id, customer_name, email, phone, language, billing_address, shipping_address, status, payment_status,
         fulfilment_status, return_status, source, source_number, currency, prices_include_tax, subtotal, discount, shipping,
         shipping_tax_rate, tax, total, paid, refunded, note, tags, cancel_reason, placed_at, closed_at, canceled_at,
         created_by_id, created_at, updated_at)
    SELECT called, o.customer_id, o.customer_name, o.email, o.phone, o.language, o.billing_address, o.shipping_address, o.status,
           o.payment_status, o.fulfilment_status, o.return_status, o.source, o.source_number, o.currency, o.prices_include_tax,
           o.subtotal, o.discount, o.shipping, o.shipping_tax_rate, o.tax, o.total, o.paid, o.refunded, o.note, o.tags,
           o.cancel_reason, o.placed_at, o.closed_at, o.canceled_at, o.created_by_id, o.created_at, o.updated_at
    FROM jsonb_populate_record(NULL::orders_order, asked -> 'order') o
    RETURNING id INTO key;

    WITH written AS (
        INSERT INTO orders_orderline
            (order_id, position, variant_id, sku, title, quantity, unit_price, discount, order_discount, tax_name, tax_rate,
             requires_shipping, net, tax, gross, allocated, fulfilled, canceled, returned)
        SELECT key, l.position, l.variant_id, l.sku, l.title, l.quantity, l.unit_price, l.discount, l.order_discount, l.tax_name,
               l.tax_rate, l.requires_shipping, l.net, l.tax, l.gross, l.allocated, l.fulfilled, l.canceled, l.returned
        FROM jsonb_populate_recordset(NULL::orders_orderline, asked -> 'lines') l
        ORDER BY l.position
        RETURNING id, variant_id, allocated
    )
    SELECT coalesce(array_agg(w.id ORDER BY w.id), '{}'),
           array_agg(w.id ORDER BY w.id) FILTER (WHERE w.allocated > 0),
           array_agg(w.variant_id ORDER BY w.id) FILTER (WHERE w.allocated > 0),
           array_agg(w.allocated ORDER BY w.id) FILTER (WHERE w.allocated > 0)
    INTO ids, items, variants, pieces FROM written w;

    PERFORM backoffice_record(ARRAY(SELECT jsonb_array_elements_text(asked -> 'verbs')), 'orders.order', key, called, actor, origin, request);
    IF place IS NULL THEN
        PERFORM orders_promise(called, ids, asked -> 'parts', actor, request);
    ELSIF items IS NOT NULL THEN
        PERFORM inventory_allocate(called, items, variants, array_fill(place, ARRAY[cardinality(items)]), pieces, actor, request);
    END IF;
    RETURN jsonb_build_object('id', key, 'number', called, 'lines', ids);
EXCEPTION
    WHEN SQLSTATE 'HT001' THEN
        IF asked ? 'to' THEN
            RETURN orders_otherwise(asked);  -- others were faster
        END IF;
        RETURN jsonb_build_object('short', SQLERRM::jsonb);
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN '{"busy": true}';
END
$$;

CREATE OR REPLACE FUNCTION orders_otherwise(asked jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    RETURN jsonb_build_object('otherwise', orders_ask(asked #>> '{to,0}', asked #>> '{to,1}', ARRAY(
        SELECT l.variant_id FROM jsonb_to_recordset(asked -> 'lines') AS l(variant_id bigint) WHERE l.variant_id IS NOT NULL)));
END
$$;

-- orders_place: places a draft. seen: `xmin` of the order as it was read; where it is another by now, or the lines are,
-- nothing is done and the answer is {"stale": true}. header, rows: columns that change; "line" of a part is the position of
-- the line in rows, from 0. Returns {}.
CREATE OR REPLACE FUNCTION orders_place(
    key bigint, seen text, header jsonb, rows jsonb, parts jsonb, actor bigint, origin text, request text) RETURNS jsonb
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    found record;
    ids bigint[];
BEGIN
    SELECT o.number, o.xmin::text AS version INTO found FROM orders_order o WHERE o.id = key FOR NO KEY UPDATE;
    SELECT array_agg(l.id ORDER BY l.id) INTO ids FROM orders_orderline l WHERE l.order_id = key;
    IF found.version IS DISTINCT FROM seen OR ids IS DISTINCT FROM (
        SELECT array_agg(r.id ORDER BY r.id) FROM jsonb_to_recordset(rows) AS r(id bigint)
    ) THEN
        RETURN '{"stale": true}';
    END IF;

    UPDATE orders_orderline l SET
        order_discount = r.order_discount, net = r.net, tax = r.tax, gross = r.gross, allocated = r.allocated
    FROM jsonb_populate_recordset(NULL::orders_orderline, rows) r WHERE l.id = r.id;
    UPDATE orders_order o SET
        status = h.status, payment_status = h.payment_status, fulfilment_status = h.fulfilment_status,
        return_status = h.return_status, subtotal = h.subtotal, tax = h.tax, total = h.total, placed_at = h.placed_at,
        updated_at = h.updated_at
    FROM jsonb_populate_record(NULL::orders_order, header) h WHERE o.id = key;

    PERFORM backoffice_record(ARRAY['order.placed'], 'orders.order', key, found.number, actor, origin, request);
    PERFORM orders_promise(found.number, ids, parts, actor, request);
    RETURN '{}';
EXCEPTION
    WHEN SQLSTATE 'HT001' THEN
        RETURN jsonb_build_object('short', SQLERRM::jsonb);
    WHEN lock_not_available OR deadlock_detected THEN
        RETURN '{"busy": true}';
END
$$;

-- Allocates parts to the lines of an order; `ids` are its lines, counted from 0 by "line" of the parts.
CREATE OR REPLACE FUNCTION orders_promise(document text, ids bigint[], parts jsonb, actor bigint, request text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    items bigint[];
    variants bigint[];
    places bigint[];
    pieces integer[];
BEGIN
    SELECT array_agg(ids[p.line + 1] ORDER BY p.n), array_agg(p.variant ORDER BY p.n), array_agg(p.place ORDER BY p.n),
           array_agg(p.quantity ORDER BY p.n)
    INTO items, variants, places, pieces
    FROM ROWS FROM (jsonb_to_recordset(parts) AS (line integer, variant bigint, place bigint, quantity integer))
         WITH ORDINALITY AS p(line, variant, place, quantity, n);
    IF items IS NOT NULL THEN
        PERFORM inventory_allocate(document, items, variants, places, pieces, actor, request);
    END IF;
END
$$;
