-- The trade of the demonstration shop, in set-based steps each headed by a line "-- step" with its name.
-- Parameters: orders, customers, days, ledger_days. Tables given: demo_person (names and places), demo_variant,
-- demo_warehouse, demo_brand (which supplier sells a brand).
-- pg_temp.demo_dice(n, salt) is a reproducible random number in [0, 1).

-- step: customers
CREATE TEMP TABLE demo_customer ON COMMIT DROP AS
SELECT g.n, nextval('customers_customer_id_seq') AS id, 'CU-' || nextval('houtai_cu_number') AS number,
       pg_temp.demo_dice(n, 1) < 0.06 AS company,
       (SELECT p FROM demo_person p WHERE p.n = floor(pg_temp.demo_dice(g.n, 2) * (SELECT count(*) FROM demo_person))) AS person,
       now() - make_interval(days => (%(days)s * sqrt(pg_temp.demo_dice(n, 3)))::int + 1) AS created_at
FROM generate_series(1, %(customers)s) AS g(n);
ALTER TABLE demo_customer ADD PRIMARY KEY (n);
ANALYZE demo_customer;

INSERT INTO customers_customer
    (id, number, kind, status, name, company, external_id, language, tags, note, tax_exempt, created_at, updated_at)
SELECT id, number, CASE WHEN company THEN 'company' ELSE 'person' END, 'active', (person).name,
       CASE WHEN company THEN (person).company ELSE '' END, '', (person).language,
       CASE WHEN pg_temp.demo_dice(n, 4) < 0.05 THEN ARRAY['vip'] WHEN company THEN ARRAY['wholesale'] ELSE ARRAY[]::text[] END,
       '', false, created_at, created_at
FROM demo_customer ORDER BY n;

INSERT INTO customers_contactpoint (customer_id, kind, raw, normalized, label, is_primary, created_at)
SELECT id, 'email', (person).mailbox || n || '@example.com', (person).mailbox || n || '@example.com', '', true, created_at
FROM demo_customer ORDER BY n;
INSERT INTO customers_contactpoint (customer_id, kind, raw, normalized, label, is_primary, created_at)
SELECT id, 'phone', phone, phone, '', true, created_at
FROM (SELECT *, CASE (person).country WHEN 'CN' THEN '+861390' ELSE '+491511' END || lpad(n::text, 7, '0') AS phone
      FROM demo_customer WHERE pg_temp.demo_dice(n, 5) < 0.4) reachable ORDER BY n;
INSERT INTO customers_address
    (customer_id, kind, name, company, line1, line2, city, region, postal_code, country, is_default, created_at)
SELECT id, 'shipping', (person).name, CASE WHEN company THEN (person).company ELSE '' END,
       (person).street || ' ' || (1 + mod(n, 120)), '', (person).city, '', (person).postal_code, (person).country, true, created_at
FROM demo_customer ORDER BY n;
INSERT INTO customers_consent (customer_id, channel, purpose, granted, source, at)
SELECT id, 'email', 'marketing', pg_temp.demo_dice(n, 6) < 0.7, 'checkout', created_at
FROM demo_customer WHERE pg_temp.demo_dice(n, 7) < 0.6 ORDER BY n;

-- step: orders
CREATE TEMP TABLE demo_day ON COMMIT DROP AS
SELECT day, age, greatest(1, round(%(orders)s * weight / sum(weight) OVER ()))::int AS orders
FROM (
    SELECT current_date - age AS day, age,
           (1 + 0.8 * (%(days)s - age) / %(days)s)
           * CASE extract(month FROM current_date - age)
                 WHEN 11 THEN 1.5 WHEN 12 THEN 1.8 WHEN 1 THEN 0.8 WHEN 7 THEN 0.75 WHEN 8 THEN 0.8 ELSE 1 END
           * CASE extract(isodow FROM current_date - age) WHEN 7 THEN 0.8 WHEN 1 THEN 1.2 ELSE 1 END
           * (0.85 + 0.3 * pg_temp.demo_dice(age, 8)) AS weight
    FROM generate_series(0, %(days)s - 1) AS age
) days;

CREATE TEMP TABLE demo_order ON COMMIT DROP AS
SELECT x.n, nextval('orders_order_id_seq') AS id, 'SO-' || nextval('houtai_so_number') AS number,
       x.placed_at, x.age, c.id AS customer_id, c.person, c.n AS customer_n, c.company,
       w.id AS location_id, x.fate, (c.person).tax_rate AS rate
FROM (
    SELECT row_number() OVER (ORDER BY placed_at) AS n, placed_at, age
    FROM (
        SELECT CASE WHEN d.age = 0 THEN d.day + (now() - d.day) * pg_temp.demo_dice(d.age * 100003 + k, 9)
                    ELSE d.day + make_interval(secs => 6 * 3600 + 16 * 3600 * pg_temp.demo_dice(d.age * 100003 + k, 9)) END AS placed_at, d.age
        FROM demo_day d, generate_series(1, d.orders) AS k
    ) moments
) AS y
CROSS JOIN LATERAL (
    SELECT y.n, y.placed_at, y.age, pg_temp.demo_dice(y.n, 10) AS u
) AS z
CROSS JOIN LATERAL (
    SELECT z.n, z.placed_at, z.age,
           CASE WHEN z.age > 12 THEN CASE WHEN u < 0.04 THEN 'canceled' ELSE 'shipped' END
                WHEN z.age > 3 THEN CASE WHEN u < 0.05 THEN 'canceled' WHEN u < 0.80 THEN 'shipped' WHEN u < 0.88 THEN 'partial'
                                         WHEN u < 0.97 THEN 'paid' ELSE 'unpaid' END
                ELSE CASE WHEN u < 0.04 THEN 'draft' WHEN u < 0.07 THEN 'canceled' WHEN u < 0.30 THEN 'shipped'
                          WHEN u < 0.42 THEN 'partial' WHEN u < 0.85 THEN 'paid' ELSE 'unpaid' END
           END AS fate
) AS x
JOIN demo_customer c ON c.n = 1 + floor(power(pg_temp.demo_dice(x.n, 11), 1.6) * %(customers)s)
JOIN LATERAL (
    SELECT id FROM demo_warehouse
    WHERE place = CASE WHEN (c.person).country = 'CN' THEN 2 WHEN pg_temp.demo_dice(x.n, 12) < 0.7 THEN 0 ELSE 1 END
) w ON true
ORDER BY x.n;
ALTER TABLE demo_order ADD PRIMARY KEY (n);
ANALYZE demo_order;

CREATE TEMP TABLE demo_line ON COMMIT DROP AS
SELECT o.n, k, nextval('orders_orderline_id_seq') AS id, v.id AS variant_id, v.sku, v.title, v.price, v.cost, q.quantity,
       CASE WHEN pg_temp.demo_dice(o.n * 7 + k, 16) < 0.06 THEN round(v.price * q.quantity * 0.1, 2) ELSE 0 END AS discount, o.rate,
       CASE WHEN o.fate = 'shipped' THEN q.quantity
            WHEN o.fate = 'partial' AND (k = 1 OR size.lines = 1) THEN CASE WHEN size.lines = 1 AND q.quantity > 1 THEN 1 ELSE q.quantity END
            ELSE 0 END AS fulfilled
FROM demo_order o
CROSS JOIN LATERAL (SELECT 1 + floor(pg_temp.demo_dice(o.n, 13) * 5)::int AS lines) size
CROSS JOIN LATERAL generate_series(1, size.lines) AS k
JOIN demo_variant v ON v.n = floor(power(pg_temp.demo_dice(o.n * 7 + k, 14), 1.5) * (SELECT count(*) FROM demo_variant))
CROSS JOIN LATERAL (SELECT 1 + floor(power(pg_temp.demo_dice(o.n * 7 + k, 15), 3) * 4)::int AS quantity) q
ORDER BY o.n, k;
ALTER TABLE demo_line ADD COLUMN gross numeric, ADD COLUMN tax numeric, ADD COLUMN allocated int, ADD COLUMN returned int NOT NULL DEFAULT 0;
UPDATE demo_line l SET
    gross = CASE WHEN o.fate = 'canceled' THEN 0 ELSE price * quantity - discount END,
    tax = CASE WHEN o.fate = 'canceled' THEN 0
               ELSE price * quantity - discount - round((price * quantity - discount) / (1 + l.rate), 2) END,
    allocated = CASE WHEN o.fate IN ('partial', 'paid', 'unpaid') THEN l.quantity - l.fulfilled ELSE 0 END
FROM demo_order o WHERE o.n = l.n;
CREATE INDEX ON demo_line (n);
CREATE INDEX ON demo_line (id);
ANALYZE demo_line;

-- One piece of the first line of some older orders comes back.
CREATE TEMP TABLE demo_return ON COMMIT DROP AS
SELECT o.n, l.id AS line_id, nextval('orders_return_id_seq') AS id, 'RT-' || nextval('houtai_rt_number') AS number,
       pg_temp.demo_dice(o.n, 18) < 0.6 AS resellable, round(l.gross / l.quantity, 2) AS worth,
       o.placed_at + make_interval(days => 9 + floor(pg_temp.demo_dice(o.n, 19) * 8)::int) AS at
FROM demo_order o JOIN demo_line l ON l.n = o.n AND l.k = 1
WHERE o.fate = 'shipped' AND o.age > 20 AND pg_temp.demo_dice(o.n, 17) < 0.06
ORDER BY o.n;
ALTER TABLE demo_return ADD PRIMARY KEY (n);
ANALYZE demo_return;
UPDATE demo_line l SET returned = 1 FROM demo_return r WHERE r.line_id = l.id;

CREATE TEMP TABLE demo_sum ON COMMIT DROP AS
SELECT l.n, sum(l.gross) AS subtotal, sum(l.tax) AS line_tax, sum(l.quantity) AS quantity, sum(l.fulfilled) AS fulfilled,
       sum(l.returned) AS returned, CASE WHEN sum(l.gross) < 60 THEN 4.90 ELSE 0 END AS shipping
FROM demo_line l GROUP BY l.n;
ALTER TABLE demo_sum ADD PRIMARY KEY (n);
ANALYZE demo_sum;

INSERT INTO orders_order
    (id, number, customer_id, customer_name, email, phone, language, billing_address, shipping_address, status,
     payment_status, fulfilment_status, return_status, source, source_number, currency, prices_include_tax,
     subtotal, discount, shipping, shipping_tax_rate, tax, total, paid, refunded, note, tags, cancel_reason,
     placed_at, closed_at, canceled_at, created_by_id, created_at, updated_at)
SELECT o.id, o.number, o.customer_id, (o.person).name, (o.person).mailbox || o.customer_n || '@example.com', '',
       (o.person).language, address, address,
       CASE WHEN o.fate = 'draft' THEN 'draft' WHEN o.fate = 'canceled' THEN 'canceled'
            WHEN o.fate = 'shipped' AND o.age > 25 AND m.paid > 0 THEN 'closed' ELSE 'placed' END,
       CASE WHEN m.paid = 0 THEN 'none' WHEN m.refunded = 0 THEN 'paid'
            WHEN m.refunded < m.paid THEN 'partially_refunded' ELSE 'refunded' END,
       CASE WHEN o.fate = 'canceled' THEN 'none' WHEN s.fulfilled = 0 THEN 'unfulfilled'
            WHEN s.fulfilled < s.quantity THEN 'partial' ELSE 'fulfilled' END,
       CASE WHEN s.returned = 0 THEN 'none' WHEN s.returned < s.fulfilled THEN 'partial' ELSE 'returned' END,
       CASE WHEN pg_temp.demo_dice(o.n, 20) < 0.7 THEN 'web' WHEN pg_temp.demo_dice(o.n, 20) < 0.9 THEN 'marketplace' ELSE 'staff' END, '', 'EUR', true,
       s.subtotal, 0, s.shipping, o.rate, m.tax, m.total, m.paid, m.refunded, '', ARRAY[]::text[],
       CASE WHEN o.fate = 'canceled' THEN 'Customer changed their mind' ELSE '' END, o.placed_at,
       CASE WHEN o.fate = 'shipped' AND o.age > 25 AND m.paid > 0 THEN o.placed_at + interval '21 days' END,
       CASE WHEN o.fate = 'canceled' THEN o.placed_at + interval '5 hours' END, NULL, o.placed_at, o.placed_at
FROM demo_order o
JOIN demo_sum s ON s.n = o.n
LEFT JOIN demo_return r ON r.n = o.n
CROSS JOIN LATERAL (
    SELECT CASE WHEN o.fate = 'canceled' THEN 0 ELSE s.subtotal + s.shipping END AS total,
           CASE WHEN o.fate = 'canceled' THEN 0
                ELSE s.line_tax + s.shipping - round(s.shipping / (1 + o.rate), 2) END AS tax,
           CASE WHEN o.fate IN ('shipped', 'partial', 'paid') AND pg_temp.demo_dice(o.n, 21) < 0.97 THEN s.subtotal + s.shipping ELSE 0 END AS paid,
           CASE WHEN o.fate = 'shipped' AND pg_temp.demo_dice(o.n, 21) < 0.97 THEN coalesce(r.worth, 0) ELSE 0 END AS refunded
) m
CROSS JOIN LATERAL (
    SELECT jsonb_build_object('name', (o.person).name, 'company', CASE WHEN o.company THEN (o.person).company ELSE '' END,
        'line1', (o.person).street || ' ' || (1 + mod(o.customer_n, 120)), 'line2', '', 'city', (o.person).city, 'region', '',
        'postal_code', (o.person).postal_code, 'country', (o.person).country) AS address
) a
ORDER BY o.n;

-- step: lines
INSERT INTO orders_orderline
    (id, order_id, position, variant_id, sku, title, quantity, unit_price, discount, order_discount, tax_name, tax_rate,
     net, tax, gross, allocated, fulfilled, canceled, returned, requires_shipping)
SELECT l.id, o.id, l.k, l.variant_id, l.sku, l.title, l.quantity, l.price, l.discount, 0, (SELECT t.name FROM orders_taxrate t WHERE t.rate = l.rate ORDER BY t.country LIMIT 1), l.rate,
       l.gross - l.tax, l.tax, l.gross, l.allocated, l.fulfilled, CASE WHEN o.fate = 'canceled' THEN l.quantity ELSE 0 END, l.returned, true
FROM demo_line l JOIN demo_order o ON o.n = l.n ORDER BY l.n, l.k;

-- step: payments
ANALYZE orders_order;
INSERT INTO orders_payment (order_id, amount, method, reference, at)
SELECT o.id, x.paid, CASE WHEN (o.person).country = 'CN' THEN 'alipay' WHEN pg_temp.demo_dice(o.n, 22) < 0.6 THEN 'card' ELSE 'transfer' END,
       'PAY' || lpad(o.n::text, 8, '0'), least(o.placed_at + make_interval(mins => (pg_temp.demo_dice(o.n, 23) * 240)::int), now())
FROM demo_order o JOIN orders_order x ON x.id = o.id WHERE x.paid > 0 ORDER BY o.n;

-- step: shipments
CREATE TEMP TABLE demo_parcel ON COMMIT DROP AS
SELECT o.n, nextval('orders_fulfilment_id_seq') AS id,
       least(o.placed_at + make_interval(hours => 8 + (pg_temp.demo_dice(o.n, 24) * 60)::int), now()) AS shipped_at
FROM demo_order o WHERE o.fate IN ('shipped', 'partial') ORDER BY o.n;
ALTER TABLE demo_parcel ADD PRIMARY KEY (n);
ANALYZE demo_parcel;
INSERT INTO orders_fulfilment
    (id, number, order_id, location_id, status, carrier, tracking_number, created_at, packed_at, shipped_at, delivered_at)
SELECT p.id, o.number || '-F1', o.id, o.location_id, CASE WHEN o.age > 6 THEN 'delivered' ELSE 'shipped' END,
       CASE WHEN (o.person).country = 'CN' THEN 'SF Express' ELSE 'DHL' END, 'TRK' || lpad(o.n::text, 9, '0'),
       p.shipped_at - interval '2 hours', p.shipped_at - interval '1 hour', p.shipped_at,
       CASE WHEN o.age > 6 THEN p.shipped_at + interval '50 hours' END
FROM demo_parcel p JOIN demo_order o ON o.n = p.n ORDER BY p.n;
INSERT INTO orders_fulfilmentline (fulfilment_id, order_line_id, quantity)
SELECT p.id, l.id, l.fulfilled FROM demo_parcel p JOIN demo_line l ON l.n = p.n WHERE l.fulfilled > 0 ORDER BY p.n, l.k;

-- step: returns
INSERT INTO orders_return (id, number, order_id, status, reason, location_id, created_at, received_at)
SELECT r.id, r.number, o.id, 'closed', CASE WHEN r.resellable THEN 'Does not fit' ELSE 'Arrived damaged' END, o.location_id,
       r.at - interval '5 days', r.at
FROM demo_return r JOIN demo_order o ON o.n = r.n ORDER BY r.n;
INSERT INTO orders_returnline (order_return_id, order_line_id, quantity, resellable, damaged, restocked, scrapped, value, reason_id)
SELECT r.id, r.line_id, 1, r.resellable::int, (NOT r.resellable)::int, r.resellable::int, (NOT r.resellable)::int, r.worth,
       (SELECT id FROM orders_returncause WHERE code = CASE WHEN r.resellable THEN 'too_small' ELSE 'damaged_on_arrival' END)
FROM demo_return r ORDER BY r.n;
INSERT INTO orders_refund (order_id, order_return_id, amount, method, reference, reason, at)
SELECT o.id, r.id, x.refunded, 'transfer', 'REF' || lpad(o.n::text, 8, '0'), 'Return ' || r.number, r.at
FROM demo_return r JOIN demo_order o ON o.n = r.n JOIN orders_order x ON x.id = o.id WHERE x.refunded > 0 ORDER BY r.n;
-- Where the triggers of their lines and refunds are off.
UPDATE orders_return t SET value = r.worth, refunded = x.refunded
FROM demo_return r JOIN demo_order o ON o.n = r.n JOIN orders_order x ON x.id = o.id
WHERE t.id = r.id AND (t.value, t.refunded) IS DISTINCT FROM (r.worth, x.refunded);

-- step: stock
-- What moved in the days that the ledger covers; older orders were taken in from the system before.
CREATE TEMP TABLE demo_event ON COMMIT DROP AS
SELECT l.variant_id, o.location_id, l.cost, o.placed_at AS at, 2 AS rank, 'allocated' AS kind, l.allocated + l.fulfilled AS quantity, o.number AS cause
FROM demo_line l JOIN demo_order o ON o.n = l.n
WHERE o.age < %(ledger_days)s AND l.allocated + l.fulfilled > 0
UNION ALL
SELECT l.variant_id, o.location_id, l.cost, p.shipped_at, 3, 'shipped', l.fulfilled, o.number
FROM demo_line l JOIN demo_order o ON o.n = l.n JOIN demo_parcel p ON p.n = l.n
WHERE o.age < %(ledger_days)s AND l.fulfilled > 0
UNION ALL
SELECT l.variant_id, o.location_id, l.cost, r.at, 1, 'returned', 1, r.number
FROM demo_return r JOIN demo_order o ON o.n = r.n JOIN demo_line l ON l.id = r.line_id
WHERE r.resellable AND o.age < %(ledger_days)s;

-- Deliveries: at the start of every quarter each level receives what the quarter asks, the first time with a reserve.
CREATE TEMP TABLE demo_source ON COMMIT DROP AS
SELECT v.id AS variant_id, v.sku, v.cost, s.id AS supplier_id
FROM demo_variant v JOIN catalog_variant c ON c.id = v.id JOIN catalog_product p ON p.id = c.product_id
JOIN catalog_brand b ON b.id = p.brand_id JOIN demo_brand d ON d.brand = b.name JOIN inventory_supplier s ON s.code = d.supplier;
ALTER TABLE demo_source ADD PRIMARY KEY (variant_id);
ANALYZE demo_source;
CREATE TEMP TABLE demo_need ON COMMIT DROP AS
SELECT variant_id, location_id, floor(extract(epoch FROM now() - at) / 86400 / 91)::int AS quarter, sum(quantity)::int AS quantity
FROM demo_event WHERE kind = 'allocated' GROUP BY 1, 2, 3;
ANALYZE demo_need;
CREATE TEMP TABLE demo_delivery ON COMMIT DROP AS
SELECT * FROM (
    SELECT v.variant_id, w.id AS location_id, v.supplier_id, v.cost, q.quarter,
           now() - make_interval(days => least((q.quarter + 1) * 91, %(ledger_days)s)) AS at,
           coalesce(need.quantity, 0)
           + CASE WHEN q.quarter = q.last AND pg_temp.demo_dice(v.variant_id * 3 + w.place, 25) >= 0.05
                  THEN (pg_temp.demo_dice(v.variant_id * 3 + w.place, 26) * 45)::int ELSE 0 END AS quantity
    FROM demo_source v CROSS JOIN demo_warehouse w
    CROSS JOIN (SELECT quarter, max(quarter) OVER () AS last
                FROM generate_series(0, greatest((%(ledger_days)s - 1) / 91, 0)) AS quarter) q
    LEFT JOIN demo_need need ON need.variant_id = v.variant_id AND need.location_id = w.id AND need.quarter = q.quarter
) needed WHERE quantity > 0;
INSERT INTO inventory_receipt (number, location_id, supplier_id, reference, note, created_at)
SELECT 'RC-' || nextval('houtai_rc_number'), location_id, supplier_id, 'Quarterly delivery', '', at
FROM (SELECT DISTINCT location_id, supplier_id, at FROM demo_delivery ORDER BY at, location_id, supplier_id) deliveries;
CREATE TEMP TABLE demo_receipt ON COMMIT DROP AS
SELECT r.id, r.number, r.created_at, d.location_id, d.supplier_id, d.quarter, d.lines
FROM inventory_receipt r
JOIN (SELECT location_id, supplier_id, quarter, at, count(*) AS lines FROM demo_delivery GROUP BY 1, 2, 3, 4) d
ON d.location_id = r.location_id AND d.supplier_id = r.supplier_id AND d.at = r.created_at;
INSERT INTO demo_event
SELECT d.variant_id, d.location_id, d.cost, d.at, 0, 'received', d.quantity, r.number
FROM demo_delivery d JOIN demo_receipt r USING (location_id, supplier_id, quarter);

-- step: purchasing
-- Who sells what, some of it also dearer elsewhere; and rules for what sells best in a warehouse.
INSERT INTO inventory_supplieritem
    (supplier_id, variant_id, supplier_sku, pack_size, minimum, lead_time_days, cost, currency, is_preferred, created_at, updated_at)
SELECT t.supplier_id, t.variant_id, t.code || '-' || lpad(t.variant_id::text, 5, '0'), t.pack, t.pack, NULL, t.cost, 'EUR', true, now(), now()
FROM (SELECT x.*, s.code, (ARRAY[1, 1, 2, 4, 6, 10])[1 + floor(pg_temp.demo_dice(x.variant_id, 40) * 6)::int] AS pack
      FROM demo_source x JOIN inventory_supplier s ON s.id = x.supplier_id) t
ORDER BY t.variant_id;
INSERT INTO inventory_supplieritem
    (supplier_id, variant_id, supplier_sku, pack_size, minimum, lead_time_days, cost, currency, is_preferred, created_at, updated_at)
SELECT s.other, x.variant_id, '', 1, 1, 3, round(x.cost * 1.15, 2), 'EUR', false, now(), now()
FROM demo_source x
JOIN (SELECT id, coalesce(lead(id) OVER (ORDER BY id), min(id) OVER ()) AS other FROM inventory_supplier) s ON s.id = x.supplier_id
WHERE pg_temp.demo_dice(x.variant_id, 41) < 0.1 ORDER BY x.variant_id;
INSERT INTO inventory_reorderrule (variant_id, location_id, minimum, maximum, multiple, is_active, created_at, updated_at)
SELECT variant_id, location_id, greatest(4, sold / 2), greatest(15, sold), 1, true, now(), now() FROM (
    SELECT variant_id, location_id, sum(quantity)::int AS sold FROM demo_event
    WHERE kind = 'allocated' AND at > now() - interval '90 days' GROUP BY 1, 2
    ORDER BY 3 DESC, 1, 2 LIMIT greatest(20, least(20000, (SELECT count(*) FROM demo_source)))
) best ORDER BY variant_id, location_id;

-- Each delivery was ordered before it came, but for those that are too large to look at.
CREATE TEMP TABLE demo_purchase ON COMMIT DROP AS
SELECT nextval('inventory_purchaseorder_id_seq') AS id, 'PO-' || nextval('houtai_po_number') AS number, r.* FROM (
    SELECT r.id AS receipt_id, r.location_id, r.supplier_id, r.quarter, r.created_at AS came_at, s.lead_time_days,
           floor(pg_temp.demo_dice(r.id, 42) * 5)::int - 2 AS late
    FROM demo_receipt r JOIN inventory_supplier s ON s.id = r.supplier_id
    WHERE r.lines <= 1000 ORDER BY r.created_at, r.id) r;
INSERT INTO inventory_purchaseorder
    (id, number, supplier_id, location_id, status, currency, exchange_rate, source, source_number, expected_on, subtotal, tax, freight, note,
     cancel_reason, created_at, ordered_at, mailed_at, closed_at, updated_at)
SELECT id, number, supplier_id, location_id, 'received', 'EUR', 1, '', '', (came_at - make_interval(days => late))::date, 0, 0, 0, '', '',
       came_at - make_interval(days => lead_time_days + 1), came_at - make_interval(days => lead_time_days),
       came_at - make_interval(days => lead_time_days), came_at, came_at
FROM demo_purchase ORDER BY id;
UPDATE inventory_receipt r SET purchase_order_id = p.id, reference = 'DN ' || 40000 + p.id FROM demo_purchase p WHERE p.receipt_id = r.id;
CREATE TEMP TABLE demo_purchase_line ON COMMIT DROP AS
SELECT nextval('inventory_purchaseorderline_id_seq') AS id, t.* FROM (
    SELECT p.id AS purchase_order_id, p.receipt_id, d.variant_id, d.quantity, d.cost, i.supplier_sku,
           CASE WHEN pg_temp.demo_dice(p.id * 1009 + d.variant_id, 43) < 0.02 THEN 1 ELSE 0 END AS rejected,
           row_number() OVER (PARTITION BY p.id ORDER BY d.variant_id) - 1 AS position
    FROM demo_purchase p JOIN demo_delivery d USING (location_id, supplier_id, quarter)
    JOIN inventory_supplieritem i ON i.variant_id = d.variant_id AND i.is_preferred
    ORDER BY p.id, d.variant_id) t;
ANALYZE demo_purchase_line;
INSERT INTO inventory_purchaseorderline
    (id, purchase_order_id, position, variant_id, supplier_sku, quantity, unit_cost, accepted, rejected, canceled, source_line)
SELECT id, purchase_order_id, position, variant_id, supplier_sku, quantity + rejected, cost, 0, 0, 0, ''
FROM demo_purchase_line ORDER BY id;

-- step: ledger
ANALYZE demo_event;
ANALYZE demo_delivery;
INSERT INTO inventory_stocklevel (variant_id, location_id, on_hand, allocated, held, incoming, backorder_limit, value, updated_at)
SELECT e.variant_id, e.location_id, 0, 0, 0, 0, 0, 0, max(e.at)
FROM demo_event e GROUP BY e.variant_id, e.location_id ORDER BY 1, 2;

ANALYZE inventory_stocklevel;
CREATE TEMP TABLE demo_move ON COMMIT DROP AS
SELECT nextval('inventory_stockmove_id_seq') AS id, ordered.* FROM (
    SELECT e.*, s.id AS level_id FROM demo_event e
    JOIN inventory_stocklevel s ON s.variant_id = e.variant_id AND s.location_id = e.location_id
    ORDER BY e.at, e.rank, e.cause, e.variant_id) ordered;
ANALYZE demo_move;
INSERT INTO inventory_stockmove
    (id, at, kind, variant_id, from_location_id, to_location_id, quantity, unit_cost, cause, reason, request_id)
SELECT m.id, m.at, m.kind, m.variant_id,
       CASE m.kind WHEN 'received' THEN s.supplier WHEN 'returned' THEN s.customer ELSE m.location_id END,
       CASE m.kind WHEN 'shipped' THEN s.customer ELSE m.location_id END,
       m.quantity, CASE m.kind WHEN 'allocated' THEN NULL ELSE m.cost END, m.cause, '', ''
FROM demo_move m, (SELECT max(id) FILTER (WHERE kind = 'supplier') AS supplier, max(id) FILTER (WHERE kind = 'customer') AS customer
                   FROM inventory_location) s
ORDER BY m.id;
INSERT INTO inventory_stockposting
    (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
SELECT level_id, id, at, d_on_hand, d_allocated, 0, sum(d_on_hand) OVER before, sum(d_allocated) OVER before, 0,
       d_on_hand * cost, sum(d_on_hand * cost) OVER before
FROM (
    SELECT *, CASE kind WHEN 'allocated' THEN 0 WHEN 'shipped' THEN -quantity ELSE quantity END AS d_on_hand,
           CASE kind WHEN 'allocated' THEN quantity WHEN 'shipped' THEN -quantity ELSE 0 END AS d_allocated
    FROM demo_move
) m
WINDOW before AS (PARTITION BY level_id ORDER BY id)
ORDER BY id;
ANALYZE inventory_stockposting;
UPDATE inventory_stocklevel s SET on_hand = p.on_hand_after, allocated = p.allocated_after, value = p.value_after
FROM (SELECT DISTINCT ON (level_id) * FROM inventory_stockposting ORDER BY level_id, id DESC) p WHERE p.level_id = s.id;
INSERT INTO inventory_allocation (cause, item, variant_id, location_id, quantity, created_at)
SELECT o.number, l.id, l.variant_id, o.location_id, l.allocated, o.placed_at
FROM demo_line l JOIN demo_order o ON o.n = l.n WHERE l.allocated > 0 ORDER BY l.id;
INSERT INTO inventory_receiptline (receipt_id, variant_id, purchase_line_id, quantity, unit_cost, rejected, reject_reason)
SELECT r.id, d.variant_id, p.id, d.quantity, d.cost, coalesce(p.rejected, 0), CASE WHEN p.rejected > 0 THEN 'damaged' ELSE '' END
FROM demo_delivery d JOIN demo_receipt r USING (location_id, supplier_id, quarter)
LEFT JOIN demo_purchase_line p ON p.receipt_id = r.id AND p.variant_id = d.variant_id ORDER BY r.id, d.variant_id;
-- Where the triggers of receipt lines are off.
UPDATE inventory_purchaseorderline l SET accepted = p.quantity, rejected = p.rejected
FROM demo_purchase_line p WHERE p.id = l.id AND (l.accepted, l.rejected) IS DISTINCT FROM (p.quantity, p.rejected);

-- step: timelines
INSERT INTO backoffice_auditevent (at, verb, actor_id, subject_type, subject_id, subject, reason, data, source, request_id)
SELECT at, verb, NULL, 'orders.order', id, number, '', '{}', source, '' FROM (
    SELECT x.placed_at AS at, 0 AS step, 'order.placed' AS verb, x.id, x.number, x.source, o.n
    FROM demo_order o JOIN orders_order x ON x.id = o.id WHERE o.age < %(ledger_days)s AND o.fate <> 'draft'
    UNION ALL
    SELECT p.at, 1, 'order.paid', x.id, x.number, x.source, o.n
    FROM demo_order o JOIN orders_order x ON x.id = o.id JOIN orders_payment p ON p.order_id = x.id WHERE o.age < %(ledger_days)s
    UNION ALL
    SELECT p.shipped_at, 2, 'order.shipped', x.id, x.number, 'page', o.n
    FROM demo_order o JOIN orders_order x ON x.id = o.id JOIN demo_parcel p ON p.n = o.n WHERE o.age < %(ledger_days)s
    UNION ALL
    SELECT r.at, 3, 'order.refunded', x.id, x.number, 'page', o.n
    FROM demo_order o JOIN orders_order x ON x.id = o.id JOIN demo_return r ON r.n = o.n
    WHERE o.age < %(ledger_days)s AND x.refunded > 0
    UNION ALL
    SELECT x.canceled_at, 1, 'order.canceled', x.id, x.number, 'page', o.n
    FROM demo_order o JOIN orders_order x ON x.id = o.id WHERE o.age < %(ledger_days)s AND o.fate = 'canceled'
) moments ORDER BY at, n, step;
