-- The content of products, which is reviewed and frozen. Not in it: prices, cost, tax and stock, which are read live.
-- Order is position. A picture is known by its file or its address, a variant by its SKU, category and brand by name.
CREATE FUNCTION catalog_product_contents(bigint[]) RETURNS TABLE (id bigint, content jsonb) LANGUAGE sql STABLE AS $$
    SELECT p.id, jsonb_build_object(
        'handle', p.handle, 'title', p.title, 'title_zh', p.title_zh, 'description', p.description,
        'description_zh', p.description_zh, 'category', c.path, 'brand', b.name, 'product_type', p.product_type,
        'tags', to_jsonb(p.tags), 'options', to_jsonb(p.options), 'attributes', p.attributes,
        'seo_title', p.seo_title, 'seo_description', p.seo_description,
        'variants', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'sku', v.sku, 'barcode', v.barcode, 'options', jsonb_build_array(v.option1, v.option2, v.option3),
                'weight_grams', v.weight_grams, 'requires_shipping', v.requires_shipping
            ) ORDER BY v.position, v.id)
            FROM catalog_variant v WHERE v.product_id = p.id AND v.is_active
        ), '[]'),
        'media', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'file', m.file, 'url', m.url, 'alt', m.alt, 'variant', (SELECT v.sku FROM catalog_variant v WHERE v.id = m.variant_id)
            ) ORDER BY m.position, m.id)
            FROM catalog_media m WHERE m.product_id = p.id
        ), '[]')
    )
    FROM catalog_product p LEFT JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_brand b ON b.id = p.brand_id
    WHERE p.id = ANY($1)
$$;

CREATE FUNCTION catalog_product_content(bigint) RETURNS jsonb LANGUAGE sql STABLE AS
$$ SELECT content FROM catalog_product_contents(ARRAY[$1]) $$;

CREATE FUNCTION catalog_product_seen() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'product', (SELECT coalesce(max(pgh_id), 0) FROM catalog_producthistory),
        'variant', (SELECT coalesce(max(pgh_id), 0) FROM catalog_varianthistory),
        'media', (SELECT coalesce(max(pgh_id), 0) FROM catalog_mediahistory))
$$;

-- By the row history: whose changes of what is content came after what the revision that went live last had seen.
CREATE FUNCTION catalog_product_authors(bigint[]) RETURNS TABLE (id bigint, authors bigint[]) LANGUAGE sql STABLE AS $$
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
    )
    SELECT c.id, array_agg(DISTINCT (x.metadata ->> 'user')::bigint ORDER BY (x.metadata ->> 'user')::bigint)
    FROM change c JOIN pghistory_context x ON x.id = c.pgh_context_id WHERE x.metadata ->> 'user' IS NOT NULL GROUP BY c.id
$$;

-- Triggers fire by name: these after those of the row history (pgtrigger_...), which so tells the edit first, then what it voids.
CREATE TRIGGER review_of_changed AFTER UPDATE ON catalog_product REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'id',
    'handle title title_zh description description_zh category_id brand_id product_type tags options attributes seo_title seo_description');
CREATE TRIGGER review_of_deleted AFTER DELETE ON catalog_product REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'id', '');
CREATE TRIGGER status_guard AFTER UPDATE ON catalog_product REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_status_guard('catalog.product');
CREATE TRIGGER status_guard_new AFTER INSERT ON catalog_product REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_status_guard('catalog.product');

CREATE TRIGGER review_of_changed AFTER UPDATE ON catalog_variant REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id',
    'product_id sku barcode option1 option2 option3 position weight_grams requires_shipping is_active');
CREATE TRIGGER review_of_added AFTER INSERT ON catalog_variant REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id', '');
CREATE TRIGGER review_of_deleted AFTER DELETE ON catalog_variant REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id', '');

CREATE TRIGGER review_of_changed AFTER UPDATE ON catalog_media REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id',
    'product_id variant_id file url alt position');
CREATE TRIGGER review_of_added AFTER INSERT ON catalog_media REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id', '');
CREATE TRIGGER review_of_deleted AFTER DELETE ON catalog_media REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'product_id', '');

CREATE TRIGGER review_of_changed AFTER UPDATE ON catalog_category REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'category_id', 'path', 'catalog_product');
CREATE TRIGGER review_of_changed AFTER UPDATE ON catalog_brand REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('catalog.product', 'brand_id', 'name', 'catalog_product');

-- Who wrote a product is asked of the history of its variants as well.
CREATE INDEX catalog_varianthistory_of_product ON catalog_varianthistory (product_id, pgh_id);
