-- One order with all its rows by one call, written by hand and stock last: what `bench_placing` calls the limit. It knows no
-- rates of tax, no discounts, one warehouse, and what is refused it says in two words.
CREATE OR REPLACE FUNCTION bench_place(variants bigint[], quantities integer[], place bigint) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    name text := 'SO-' || nextval('houtai_so_number');
    sale bigint;
    amount numeric;
    moment timestamptz;
    sold integer;
BEGIN
    PERFORM set_config('pghistory.context_id', gen_random_uuid()::text, true),
            set_config('pghistory.context_metadata', '{"source": "command:bench_placing", "request_id": ""}', true);
    SELECT sum(v.price * w.quantity) INTO amount
    FROM unnest(variants, quantities) AS w(variant, quantity) JOIN catalog_variant v ON v.id = w.variant;
    INSERT INTO orders_order
        (number, customer_name, email, phone, language, billing_address, shipping_address, status, payment_status,
         fulfilment_status, return_status, source, source_number, currency, prices_include_tax, subtotal, discount, shipping,
         shipping_tax_rate, tax, total, paid, refunded, note, tags, cancel_reason, placed_at, created_at, updated_at)
    VALUES (name, '', '', '', 'en', '{}', '{}', 'placed', 'none', 'unfulfilled', 'none', 'staff', '', 'EUR', true, amount, 0, 0,
            0, 0, amount, 0, 0, '', '{}', '', clock_timestamp(), clock_timestamp(), clock_timestamp())
    RETURNING id INTO sale;
    INSERT INTO orders_orderline
        (order_id, position, variant_id, sku, title, quantity, unit_price, discount, order_discount, tax_name, tax_rate,
         requires_shipping, net, tax, gross, allocated, fulfilled, canceled, returned)
    SELECT sale, w.n - 1, v.id, v.sku, v.title, w.quantity, v.price, 0, 0, '', 0, v.requires_shipping, v.price * w.quantity, 0,
           v.price * w.quantity, w.quantity, 0, 0, 0
    FROM unnest(variants, quantities) WITH ORDINALITY AS w(variant, quantity, n) JOIN catalog_variant v ON v.id = w.variant
    ORDER BY w.n;
    INSERT INTO backoffice_auditevent (at, verb, subject_type, subject_id, subject, reason, data, source, request_id)
    SELECT clock_timestamp(), verb, 'orders.order', sale, name, '', '{}', 'command:bench_placing', ''
    FROM unnest(ARRAY['order.created', 'order.placed']) AS verb;
    INSERT INTO inventory_allocation (cause, item, variant_id, location_id, quantity, created_at)
    SELECT name, l.id, l.variant_id, place, l.quantity, clock_timestamp() FROM orders_orderline l WHERE l.order_id = sale;

    PERFORM FROM inventory_stocklevel s WHERE s.location_id = place AND s.variant_id = ANY (variants)
    ORDER BY s.id FOR NO KEY UPDATE;
    moment := clock_timestamp();
    WITH moved AS (
        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, cause, reason, request_id)
        SELECT moment, 'allocated', w.variant, place, place, w.quantity, name, '', ''
        FROM unnest(variants, quantities) AS w(variant, quantity)
        RETURNING id, variant_id, quantity
    )
    INSERT INTO inventory_stockposting
        (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
    SELECT s.id, m.id, moment, 0, m.quantity, 0, s.on_hand, s.allocated + m.quantity, s.held, 0, s.value
    FROM moved m JOIN inventory_stocklevel s ON s.variant_id = m.variant_id AND s.location_id = place;
    UPDATE inventory_stocklevel s SET allocated = s.allocated + w.quantity, updated_at = moment
    FROM unnest(variants, quantities) AS w(variant, quantity)
    WHERE s.variant_id = w.variant AND s.location_id = place
      AND s.on_hand - s.allocated - s.held + s.backorder_limit >= w.quantity;
    GET DIAGNOSTICS sold = ROW_COUNT;
    IF sold <> cardinality(variants) THEN
        RAISE EXCEPTION 'sold out';
    END IF;
END
$$
