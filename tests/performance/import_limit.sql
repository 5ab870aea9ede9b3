CREATE TEMP TABLE staged (row int GENERATED ALWAYS AS IDENTITY, handle text, title text, description text, category text, brand text,
    product_type text, status text, sku text, barcode text, price text, compare_at text, weight_grams text) ON COMMIT DROP;
SET LOCAL work_mem = '128MB';
SET LOCAL gin_pending_list_limit = '256MB';
ANALYZE staged;
CREATE TEMP TABLE wrong (row int, code text) ON COMMIT DROP;
INSERT INTO wrong
SELECT row, 'handle' FROM staged WHERE handle = '' OR length(handle) > 200
UNION ALL SELECT row, 'title' FROM staged WHERE title = '' OR length(title) > 255
UNION ALL SELECT row, 'sku' FROM staged WHERE sku = '' OR length(sku) > 100
UNION ALL SELECT row, 'barcode' FROM staged WHERE barcode !~ '^(\d{8}|\d{12,14})?$'
UNION ALL SELECT row, 'price' FROM staged WHERE price !~ '^\d{1,12}(\.\d{1,2})?$'
UNION ALL SELECT row, 'compare_at' FROM staged WHERE compare_at <> '' AND compare_at !~ '^\d{1,12}(\.\d{1,2})?$'
UNION ALL SELECT row, 'weight_grams' FROM staged WHERE weight_grams !~ '^\d{0,9}$'
UNION ALL SELECT row, 'status' FROM staged WHERE status NOT IN ('draft', 'published', 'archived');
INSERT INTO wrong SELECT row, 'sku twice' FROM (SELECT row, row_number() OVER (PARTITION BY upper(sku)) AS n FROM staged) s WHERE n > 1;
INSERT INTO wrong SELECT row, 'handle twice' FROM (SELECT row, row_number() OVER (PARTITION BY upper(handle)) AS n FROM staged) s WHERE n > 1;
INSERT INTO wrong SELECT s.row, 'sku elsewhere' FROM staged s JOIN catalog_variant v ON upper(v.sku) = upper(s.sku)
    JOIN catalog_product p ON p.id = v.product_id WHERE upper(p.handle) <> upper(s.handle);
INSERT INTO catalog_category (name, name_zh, number, path, position, created_at, updated_at)
SELECT DISTINCT split_part(category, ' > ', 1), '', '', '', 0, now(), now() FROM staged s
WHERE NOT EXISTS (SELECT 1 FROM catalog_category c WHERE c.path = split_part(s.category, ' > ', 1));
INSERT INTO catalog_category (name, name_zh, number, path, position, parent_id, created_at, updated_at)
SELECT DISTINCT split_part(s.category, ' > ', 2), '', '', '', 0, p.id, now(), now() FROM (SELECT DISTINCT category FROM staged) s
JOIN catalog_category p ON p.path = split_part(s.category, ' > ', 1)
WHERE NOT EXISTS (SELECT 1 FROM catalog_category c WHERE c.path = p.path || ' > ' || split_part(s.category, ' > ', 2));
INSERT INTO catalog_category (name, name_zh, number, path, position, parent_id, created_at, updated_at)
SELECT DISTINCT split_part(s.category, ' > ', 3), '', '', '', 0, p.id, now(), now() FROM (SELECT DISTINCT category FROM staged) s
JOIN catalog_category p ON p.path = split_part(s.category, ' > ', 1) || ' > ' || split_part(s.category, ' > ', 2)
WHERE NOT EXISTS (SELECT 1 FROM catalog_category c WHERE c.path = s.category);
INSERT INTO catalog_brand (name, created_at, updated_at)
SELECT DISTINCT brand, now(), now() FROM staged s WHERE brand <> '' AND NOT EXISTS (SELECT 1 FROM catalog_brand b WHERE lower(b.name) = lower(s.brand));
SET LOCAL enable_nestloop = off;
INSERT INTO catalog_product AS t (handle, title, title_zh, description, description_zh, product_type, tags, status, options, attributes, seo_title,
    seo_description, published_at, created_at, updated_at, category_id, brand_id)
SELECT s.handle, s.title, '', s.description, '', s.product_type, '{}', s.status, '{}', '{}', '', '', CASE WHEN s.status = 'published' THEN now() END,
    now(), now(), c.id, b.id
FROM staged s LEFT JOIN catalog_category c ON c.path = s.category LEFT JOIN catalog_brand b ON lower(b.name) = lower(s.brand)
ORDER BY s.row
ON CONFLICT (upper(handle)) DO UPDATE SET title = EXCLUDED.title, description = EXCLUDED.description, product_type = EXCLUDED.product_type,
    status = EXCLUDED.status, category_id = EXCLUDED.category_id, brand_id = EXCLUDED.brand_id, updated_at = now()
WHERE (t.title, t.description, t.product_type, t.status, t.category_id, t.brand_id) IS DISTINCT FROM
    (EXCLUDED.title, EXCLUDED.description, EXCLUDED.product_type, EXCLUDED.status, EXCLUDED.category_id, EXCLUDED.brand_id);
INSERT INTO catalog_variant AS t (sku, barcode, title, option1, option2, option3, position, price, compare_at, weight_grams, tax_class,
    requires_shipping, track_stock, tracking, backorder_limit, is_active, created_at, updated_at, product_id)
SELECT s.sku, s.barcode, s.title, '', '', '', 0, s.price::numeric, nullif(s.compare_at, '')::numeric, nullif(s.weight_grams, '')::int, 'standard',
    true, true, 'none', 0, true, now(), now(), p.id
FROM staged s JOIN catalog_product p ON upper(p.handle) = upper(s.handle)
ORDER BY s.row
ON CONFLICT (upper(sku)) DO UPDATE SET barcode = EXCLUDED.barcode, title = EXCLUDED.title, price = EXCLUDED.price, compare_at = EXCLUDED.compare_at,
    weight_grams = EXCLUDED.weight_grams, updated_at = now()
WHERE (t.barcode, t.title, t.price, t.compare_at, t.weight_grams) IS DISTINCT FROM
    (EXCLUDED.barcode, EXCLUDED.title, EXCLUDED.price, EXCLUDED.compare_at, EXCLUDED.weight_grams);
ANALYZE catalog_product, catalog_variant;
