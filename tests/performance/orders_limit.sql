CREATE TEMP TABLE staged (row int GENERATED ALWAYS AS IDENTITY, order_number text, date timestamptz, email text, customer_name text, currency text,
    country text, fulfilment text, financial text, shipping numeric, total numeric, sku text, title text, quantity int, unit_price numeric) ON COMMIT DROP;
SET LOCAL work_mem = '128MB';
ANALYZE staged;
SET LOCAL enable_nestloop = off;
INSERT INTO orders_order (number, customer_id, customer_name, email, phone, language, billing_address, shipping_address, status, payment_status,
    fulfilment_status, return_status, source, source_number, currency, prices_include_tax, subtotal, discount, shipping, shipping_tax_rate, tax, total,
    paid, refunded, note, tags, cancel_reason, placed_at, closed_at, created_at, updated_at)
SELECT 'SO-' || nextval('houtai_so_number'), c.customer_id, s.customer_name, s.email, '', 'en', jsonb_build_object('country', s.country),
    jsonb_build_object('country', s.country), 'closed', 'paid', 'fulfilled', 'none', 'import', s.order_number, s.currency, true,
    s.total - s.shipping, 0, s.shipping, 0, 0, s.total, s.total, 0, '', '{}', '', s.date, s.date, now(), now()
FROM staged s LEFT JOIN customers_contactpoint c ON c.kind = 'email' AND c.normalized = s.email AND c.ended_at IS NULL
WHERE s.total IS NOT NULL ORDER BY s.row;
CREATE TEMP TABLE placed ON COMMIT DROP AS SELECT o.id, o.number, s.row, s.order_number, s.date, s.total FROM staged s
JOIN orders_order o ON o.source = 'import' AND o.source_number = s.order_number WHERE s.total IS NOT NULL;
ANALYZE placed;
INSERT INTO orders_orderline (order_id, position, variant_id, sku, title, quantity, unit_price, discount, order_discount, tax_name, tax_rate,
    requires_shipping, net, tax, gross, allocated, fulfilled, canceled, returned)
SELECT p.id, s.row - p.row, v.id, s.sku, s.title, s.quantity, s.unit_price, 0, 0, '', 0, true, s.quantity * s.unit_price, 0, s.quantity * s.unit_price, 0,
    s.quantity, 0, 0
FROM staged s JOIN placed p USING (order_number) LEFT JOIN catalog_variant v ON upper(v.sku) = upper(s.sku) ORDER BY s.row;
INSERT INTO orders_fulfilment (number, order_id, location_id, status, carrier, tracking_number, created_at, shipped_at)
SELECT p.number || '-F1', p.id, (SELECT min(id) FROM inventory_location WHERE kind = 'stock'), 'shipped', '', '', p.date, p.date FROM placed p ORDER BY p.row;
INSERT INTO orders_fulfilmentline (fulfilment_id, order_line_id, quantity)
SELECT f.id, l.id, l.quantity FROM placed p JOIN orders_fulfilment f ON f.order_id = p.id JOIN orders_orderline l ON l.order_id = p.id ORDER BY l.id;
INSERT INTO orders_payment (order_id, amount, method, reference, at)
SELECT p.id, p.total, 'unknown', '', p.date FROM placed p ORDER BY p.row;
INSERT INTO backoffice_auditevent (verb, subject_type, subject_id, subject, reason, data, source, request_id, at)
SELECT 'order.imported', 'orders.order', p.id, p.number, '', '{}', 'bench', '', now() FROM placed p ORDER BY p.row;
ANALYZE orders_order, orders_orderline
