-- Related products, the parts of bundles and the Chinese texts of pictures are content too: these take the place of the
-- functions of publishing.sql, which is older than their tables. A related product is known by its handle.
CREATE OR REPLACE FUNCTION catalog_product_contents(bigint[]) RETURNS TABLE (id bigint, content jsonb) LANGUAGE sql STABLE AS $$
    SELECT p.id, jsonb_build_object(
        'handle', p.handle, 'title', p.title, 'title_zh', p.title_zh, 'description', p.description,
        'description_zh', p.description_zh, 'category', c.path, 'brand', b.name, 'product_type', p.product_type,
        'tags', to_jsonb(p.tags), 'options', to_jsonb(p.options), 'attributes', p.attributes,
        'seo_title', p.seo_title, 'seo_description', p.seo_description,
        'variants', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'sku', v.sku, 'barcode', v.barcode, 'options', jsonb_build_array(v.option1, v.option2, v.option3),
                'weight_grams', v.weight_grams, 'requires_shipping', v.requires_shipping, 'parts', coalesce((
                    SELECT jsonb_agg(jsonb_build_object('sku', c.sku, 'quantity', p.quantity) ORDER BY p.position, p.id)
                    FROM catalog_bundlepart p JOIN catalog_variant c ON c.id = p.component_id WHERE p.bundle_id = v.id
                ), '[]')
            ) ORDER BY v.position, v.id)
            FROM catalog_variant v WHERE v.product_id = p.id AND v.is_active
        ), '[]'),
        'media', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'file', m.file, 'url', m.url, 'alt', m.alt, 'alt_zh', m.alt_zh, 'variant', (SELECT v.sku FROM catalog_variant v WHERE v.id = m.variant_id)
            ) ORDER BY m.position, m.id)
            FROM catalog_media m WHERE m.product_id = p.id
        ), '[]'),
        'related', coalesce((
            SELECT jsonb_agg(jsonb_build_object('kind', r.kind, 'handle', o.handle) ORDER BY r.position, r.id)
            FROM catalog_relation r JOIN catalog_product o ON o.id = r.other_id WHERE r.product_id = p.id
        ), '[]')
    )
    FROM catalog_product p LEFT JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_brand b ON b.id = p.brand_id
    WHERE p.id = ANY($1)
$$;

CREATE OR REPLACE FUNCTION catalog_product_seen() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'product', (SELECT coalesce(max(pgh_id), 0) FROM catalog_producthistory),
        'variant', (SELECT coalesce(max(pgh_id), 0) FROM catalog_varianthistory),
        'media', (SELECT coalesce(max(pgh_id), 0) FROM catalog_mediahistory),
        'relation', (SELECT coalesce(max(pgh_id), 0) FROM catalog_relationhistory),
        'part', (SELECT coalesce(max(pgh_id), 0) FROM catalog_bundleparthistory))
$$;

-- By the row history: whose changes of what is content came after what the revision that went live last had seen.
CREATE OR REPLACE FUNCTION catalog_product_authors(bigint[]) RETURNS TABLE (id bigint, authors bigint[]) LANGUAGE sql STABLE AS $$
    WITH mark AS (
        SELECT i AS id, coalesce(r.seen, '{}') AS seen FROM unnest($1) i
        LEFT JOIN backoffice_liveversion l ON l.subject_type = 'catalog.product' AND l.subject_id = i
        LEFT JOIN backoffice_revision r ON r.id = l.revision_id
    ),
    change AS (
        SELECT m.id, h.pgh_context_id FROM mark m CROSS JOIN LATERAL (
            SELECT pgh_id, pgh_context_id, pgh_label, lag(told) OVER (ORDER BY pgh_id) IS DISTINCT FROM told AS differs FROM (
                SELECT pgh_id, pgh_context_id, pgh_label, ROW(handle, title, title_zh, description, description_zh, category_id,
                    brand_id, product_type, tags, options, attributes, seo_title, seo_description) AS told
                FROM catalog_producthistory WHERE pgh_obj_id = m.id
            ) t
        ) h WHERE h.differs AND h.pgh_id > coalesce((m.seen ->> 'product')::bigint, 0)
        UNION ALL
        SELECT m.id, h.pgh_context_id FROM mark m CROSS JOIN LATERAL (
            SELECT pgh_id, pgh_context_id, pgh_label, lag(told) OVER (PARTITION BY pgh_obj_id ORDER BY pgh_id) IS DISTINCT FROM told AS differs
            FROM (
                SELECT pgh_id, pgh_context_id, pgh_label, pgh_obj_id,
                    ROW(product_id, sku, barcode, option1, option2, option3, position, weight_grams, requires_shipping, is_active) AS told
                FROM catalog_varianthistory WHERE product_id = m.id
            ) t
        ) h WHERE (h.differs OR h.pgh_label = 'delete') AND h.pgh_id > coalesce((m.seen ->> 'variant')::bigint, 0)
        UNION ALL
        SELECT m.id, h.pgh_context_id FROM mark m CROSS JOIN LATERAL (
            SELECT pgh_id, pgh_context_id FROM catalog_mediahistory WHERE product_id = m.id
        ) h WHERE h.pgh_id > coalesce((m.seen ->> 'media')::bigint, 0)
        UNION ALL
        SELECT m.id, h.pgh_context_id FROM mark m JOIN catalog_relationhistory h ON h.product_id = m.id
        WHERE h.pgh_id > coalesce((m.seen ->> 'relation')::bigint, 0)
        UNION ALL
        SELECT m.id, h.pgh_context_id FROM mark m JOIN catalog_variant v ON v.product_id = m.id
        JOIN catalog_bundleparthistory h ON h.bundle_id = v.id WHERE h.pgh_id > coalesce((m.seen ->> 'part')::bigint, 0)
    )
    SELECT c.id, array_agg(DISTINCT (x.metadata ->> 'user')::bigint ORDER BY (x.metadata ->> 'user')::bigint)
    FROM change c JOIN pghistory_context x ON x.id = c.pgh_context_id WHERE x.metadata ->> 'user' IS NOT NULL GROUP BY c.id
$$;

CREATE OR REPLACE TRIGGER content_changed AFTER UPDATE ON catalog_media REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id',
    'product_id variant_id file url alt alt_zh position');

-- Parts belong to the product of their bundle.
CREATE FUNCTION catalog_parts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    products bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT v.product_id) INTO products FROM new_rows p JOIN catalog_variant v ON v.id = p.bundle_id;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT v.product_id) INTO products FROM old_rows p JOIN catalog_variant v ON v.id = p.bundle_id;
    ELSE
        SELECT array_agg(DISTINCT v.product_id) INTO products FROM old_rows o JOIN new_rows n ON n.id = o.id
        JOIN catalog_variant v ON v.id IN (o.bundle_id, n.bundle_id)
        WHERE (o.bundle_id, o.component_id, o.quantity, o.position) <> (n.bundle_id, n.component_id, n.quantity, n.position);
    END IF;
    PERFORM backoffice_lock_subjects('catalog.product', products);
    PERFORM backoffice_recheck('catalog.product', products);
    RETURN NULL;
END
$$;

CREATE TRIGGER content_changed AFTER UPDATE ON catalog_bundlepart REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_parts_changed();
CREATE TRIGGER content_added AFTER INSERT ON catalog_bundlepart REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_parts_changed();
CREATE TRIGGER content_deleted AFTER DELETE ON catalog_bundlepart REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_parts_changed();

CREATE TRIGGER content_changed AFTER UPDATE ON catalog_relation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id', 'product_id other_id kind position');
CREATE TRIGGER content_added AFTER INSERT ON catalog_relation REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id', '');
CREATE TRIGGER content_deleted AFTER DELETE ON catalog_relation REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id', '');

-- Whoever is named gets another name: those who name it say something else.
CREATE FUNCTION catalog_name_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    products bigint[];
BEGIN
    IF TG_TABLE_NAME = 'catalog_product' THEN
        SELECT array_agg(DISTINCT product_id) INTO products FROM catalog_relation WHERE other_id = NEW.id;
    ELSE
        SELECT array_agg(DISTINCT v.product_id) INTO products FROM catalog_bundlepart p JOIN catalog_variant v ON v.id = p.bundle_id
        WHERE p.component_id = NEW.id;
    END IF;
    IF products IS NOT NULL THEN
        PERFORM backoffice_lock_subjects('catalog.product', products);
        PERFORM backoffice_recheck('catalog.product', products);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER name_changed AFTER UPDATE OF handle ON catalog_product
    FOR EACH ROW WHEN (OLD.handle <> NEW.handle) EXECUTE FUNCTION catalog_name_changed();
CREATE TRIGGER name_changed AFTER UPDATE OF sku ON catalog_variant
    FOR EACH ROW WHEN (OLD.sku <> NEW.sku) EXECUTE FUNCTION catalog_name_changed();

-- What is read live of a product has changed: those who follow the feed must read it again (backoffice/publishing/touched.py).
-- Of every product, live or not: one that goes live at the same moment is told with the price that was there before.
CREATE FUNCTION catalog_prices_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text;
BEGIN
    -- Plans are made anew each time, by the number of rows that there are.
    IF TG_OP = 'UPDATE' THEN
        changed := format('SELECT unnest(ARRAY[o.%1$I, n.%1$I]) FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE (%2$s) IS DISTINCT FROM (%3$s)',
            TG_ARGV[0],
            (SELECT string_agg(format('o.%I', c), ', ') FROM unnest(string_to_array(TG_ARGV[1], ' ')) c),
            (SELECT string_agg(format('n.%I', c), ', ') FROM unnest(string_to_array(TG_ARGV[1], ' ')) c));
    ELSE
        changed := format('SELECT %I FROM %I', TG_ARGV[0], CASE TG_OP WHEN 'INSERT' THEN 'new_rows' ELSE 'old_rows' END);
    END IF;
    IF TG_TABLE_NAME = 'catalog_pricelistitem' THEN
        changed := format('SELECT product_id FROM catalog_variant WHERE id IN (%s)', changed);
    END IF;
    -- A new variant is told only where its SKU is public already, as that of one that was deleted.
    IF TG_TABLE_NAME = 'catalog_variant' AND TG_OP = 'INSERT' THEN
        changed := format('SELECT subject_id FROM backoffice_liveversion WHERE subject_type = ''catalog.product'' AND is_live AND subject_id IN (%s)', changed);
    END IF;
    EXECUTE format('INSERT INTO backoffice_touched (subject_type, subject_id) SELECT DISTINCT ''catalog.product'', p FROM (%s) c(p)', changed);
    RETURN NULL;
END
$$;

CREATE TRIGGER prices_changed AFTER UPDATE ON catalog_variant REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_prices_changed('product_id',
    'product_id sku option1 option2 option3 price compare_at is_active');
CREATE TRIGGER prices_added AFTER INSERT ON catalog_variant REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_prices_changed('product_id');
CREATE TRIGGER prices_removed AFTER DELETE ON catalog_variant REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_prices_changed('product_id');
CREATE TRIGGER prices_changed AFTER UPDATE ON catalog_pricelistitem REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_prices_changed('variant_id', 'price_list_id variant_id price compare_at');
CREATE TRIGGER prices_added AFTER INSERT ON catalog_pricelistitem REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_prices_changed('variant_id');
CREATE TRIGGER prices_removed AFTER DELETE ON catalog_pricelistitem REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_prices_changed('variant_id');
