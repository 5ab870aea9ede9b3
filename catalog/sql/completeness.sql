-- How complete products are. Statements that touch few products assess them at once; of those that touch many the keys are kept
-- in catalog_completenessdue, and a job assesses them. Whoever assesses locks first and reads then, so that the last one sees all.

ALTER TABLE catalog_completeness ADD CONSTRAINT completeness_product FOREIGN KEY (product_id) REFERENCES catalog_product (id) ON DELETE CASCADE;
ALTER TABLE catalog_completenessdue ALTER COLUMN created_at SET DEFAULT now();

CREATE FUNCTION catalog_completeness_weights() RETURNS TABLE (code text, weight int) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    VALUES ('picture', 15), ('alt', 5), ('price', 15), ('barcode', 10), ('title_zh', 10), ('description', 10),
        ('description_zh', 10), ('category', 10), ('brand', 5), ('attributes', 5), ('seo', 5)
$$;

-- The checks that each of the products fails, in the order of catalog_completeness_weights.
CREATE FUNCTION catalog_completeness_of(ids bigint[]) RETURNS TABLE (product_id bigint, missing varchar[]) LANGUAGE sql STABLE AS $$
    SELECT p.id, array_remove(ARRAY[
        CASE WHEN m.product_id IS NULL THEN 'picture' END,
        CASE WHEN m.product_id IS NULL OR m.undescribed THEN 'alt' END,
        CASE WHEN v.product_id IS NULL OR v.unpriced THEN 'price' END,
        CASE WHEN v.product_id IS NULL OR v.unmarked THEN 'barcode' END,
        CASE WHEN p.title_zh = '' THEN 'title_zh' END,
        CASE WHEN p.description = '' THEN 'description' END,
        CASE WHEN p.description_zh = '' THEN 'description_zh' END,
        CASE WHEN p.category_id IS NULL THEN 'category' END,
        CASE WHEN p.brand_id IS NULL THEN 'brand' END,
        CASE WHEN a.product_id IS NOT NULL THEN 'attributes' END,
        CASE WHEN p.seo_title = '' OR p.seo_description = '' THEN 'seo' END
    ], NULL)::varchar[]
    FROM catalog_product p
    LEFT JOIN (SELECT product_id, bool_or(alt = '') AS undescribed FROM catalog_media WHERE product_id = ANY (ids) GROUP BY product_id) m
        ON m.product_id = p.id
    LEFT JOIN (SELECT product_id, bool_or(price = 0) AS unpriced, bool_or(barcode = '') AS unmarked
               FROM catalog_variant WHERE product_id = ANY (ids) AND is_active GROUP BY product_id) v ON v.product_id = p.id
    LEFT JOIN (SELECT DISTINCT product_id FROM catalog_missing_attributes(ids)) a ON a.product_id = p.id
    WHERE p.id = ANY (ids)
$$;

CREATE FUNCTION catalog_completeness_score(missing varchar[]) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 100 - coalesce(sum(weight), 0)::int FROM catalog_completeness_weights() WHERE code = ANY (missing)
$$;

CREATE FUNCTION catalog_assess(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_completeness (product_id, score, missing)
    SELECT id, 0, '{}' FROM catalog_product WHERE id = ANY (ids) ORDER BY id ON CONFLICT DO NOTHING;
    PERFORM FROM catalog_completeness WHERE product_id = ANY (ids) ORDER BY product_id FOR UPDATE;
    UPDATE catalog_completeness c SET score = catalog_completeness_score(n.missing), missing = n.missing
    FROM catalog_completeness_of(ids) n
    WHERE n.product_id = c.product_id AND (c.missing <> n.missing OR c.score <> catalog_completeness_score(n.missing));
END
$$;

CREATE FUNCTION catalog_touched(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(ids) <= 200 THEN
        PERFORM catalog_assess(ids);
    ELSIF ids IS NOT NULL THEN
        INSERT INTO catalog_completenessdue (products) VALUES (ids);
    END IF;
END
$$;

CREATE FUNCTION catalog_product_touched() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
    needs boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO ids FROM new_values;
        IF cardinality(ids) > 200 THEN
            INSERT INTO catalog_completeness (product_id, score, missing) SELECT unnest(ids), 0, '{}';
        END IF;
    ELSE
        needs := EXISTS (SELECT FROM catalog_attributedefinition WHERE is_required);
        -- No join: the plan is made once, and of many rows it would compare each with each.
        SELECT array_agg(id) INTO ids FROM (
            SELECT id, title_zh = '', description = '', description_zh = '', CASE WHEN needs THEN category_id END, category_id IS NULL,
                brand_id IS NULL, seo_title = '' OR seo_description = '', CASE WHEN needs THEN attributes END FROM new_values
            EXCEPT
            SELECT id, title_zh = '', description = '', description_zh = '', CASE WHEN needs THEN category_id END, category_id IS NULL,
                brand_id IS NULL, seo_title = '' OR seo_description = '', CASE WHEN needs THEN attributes END FROM old_values
        ) changed;
    END IF;
    PERFORM catalog_touched(ids);
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog_variant_touched() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT product_id) INTO ids FROM new_values;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT product_id) INTO ids FROM old_values;
    ELSE
        SELECT array_agg(DISTINCT product_id) INTO ids FROM (
            (SELECT id, product_id, is_active, barcode = '', price = 0 FROM new_values
             EXCEPT SELECT id, product_id, is_active, barcode = '', price = 0 FROM old_values)
            UNION ALL
            (SELECT id, product_id, is_active, barcode = '', price = 0 FROM old_values
             EXCEPT SELECT id, product_id, is_active, barcode = '', price = 0 FROM new_values)
        ) changed;
    END IF;
    PERFORM catalog_touched(ids);
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog_media_touched() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT product_id) INTO ids FROM new_values;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT product_id) INTO ids FROM old_values;
    ELSE
        SELECT array_agg(DISTINCT product_id) INTO ids FROM (
            (SELECT id, product_id, alt = '' FROM new_values EXCEPT SELECT id, product_id, alt = '' FROM old_values)
            UNION ALL
            (SELECT id, product_id, alt = '' FROM old_values EXCEPT SELECT id, product_id, alt = '' FROM new_values)
        ) changed;
    END IF;
    PERFORM catalog_touched(ids);
    RETURN NULL;
END
$$;

-- Products in the branch of a category, all of them without one.
CREATE FUNCTION catalog_branch_touched(top bigint) RETURNS void LANGUAGE sql AS $$
    WITH RECURSIVE branch AS (
        SELECT id FROM catalog_category WHERE id = top
        UNION ALL
        SELECT c.id FROM catalog_category c JOIN branch b ON c.parent_id = b.id
    )
    SELECT catalog_touched((SELECT array_agg(id) FROM catalog_product WHERE top IS NULL OR category_id IN (SELECT id FROM branch)))
$$;

CREATE FUNCTION catalog_definition_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.is_required THEN
        PERFORM catalog_branch_touched(OLD.category_id);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.is_required AND (TG_OP = 'INSERT' OR NOT OLD.is_required OR OLD.code <> NEW.code OR OLD.category_id IS DISTINCT FROM NEW.category_id) THEN
        PERFORM catalog_branch_touched(NEW.category_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog_category_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM catalog_attributedefinition WHERE is_required) THEN
        PERFORM catalog_branch_touched(NEW.id);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER touched_new AFTER INSERT ON catalog_product REFERENCING NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_touched();
CREATE TRIGGER touched AFTER UPDATE ON catalog_product REFERENCING OLD TABLE AS old_values NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_touched();
CREATE TRIGGER touched_new AFTER INSERT ON catalog_variant REFERENCING NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_variant_touched();
CREATE TRIGGER touched AFTER UPDATE ON catalog_variant REFERENCING OLD TABLE AS old_values NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_variant_touched();
CREATE TRIGGER touched_gone AFTER DELETE ON catalog_variant REFERENCING OLD TABLE AS old_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_variant_touched();
CREATE TRIGGER touched_new AFTER INSERT ON catalog_media REFERENCING NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_media_touched();
CREATE TRIGGER touched AFTER UPDATE ON catalog_media REFERENCING OLD TABLE AS old_values NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_media_touched();
CREATE TRIGGER touched_gone AFTER DELETE ON catalog_media REFERENCING OLD TABLE AS old_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_media_touched();
CREATE TRIGGER touched AFTER INSERT OR DELETE OR UPDATE OF code, is_required, category_id ON catalog_attributedefinition
FOR EACH ROW EXECUTE FUNCTION catalog_definition_touched();
CREATE TRIGGER touched AFTER UPDATE OF parent_id ON catalog_category
FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION catalog_category_touched();

SELECT catalog_assess(array_agg(id)) FROM catalog_product HAVING count(*) > 0;
