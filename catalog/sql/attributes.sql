-- Attributes of products fit the definitions of their category's path, whoever writes: the product, a definition, or a
-- category that moves. What no definition names is left alone. Writers of values share a lock that writers of definitions
-- hold alone, after that of the tree.

-- PL/pgSQL, for a function in SQL that is called a million times is planned as often.
CREATE FUNCTION catalog_attribute_fits(kind text, choices jsonb, value jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    is_of text := jsonb_typeof(value);
    said text;
BEGIN
    IF kind = 'text' THEN
        RETURN is_of = 'string' AND value <> '""';
    ELSIF kind = 'number' THEN
        IF is_of <> 'number' THEN
            RETURN false;
        END IF;
        RETURN length(ltrim(translate(trim_scale((value #>> '{}')::numeric)::text, '-.', ''), '0')) <= 15;
    ELSIF kind = 'boolean' THEN
        RETURN is_of = 'boolean';
    ELSIF kind = 'choice' THEN
        RETURN is_of = 'string' AND choices @> jsonb_build_array(jsonb_build_object('code', value));
    ELSIF kind = 'choices' THEN
        IF is_of <> 'array' THEN
            RETURN false;
        END IF;
        RETURN value <> '[]' AND jsonb_array_length(value) = (
            SELECT count(*) FROM jsonb_array_elements(choices) c(choice) WHERE value @> jsonb_build_array(choice -> 'code'));
    ELSIF kind = 'date' AND is_of = 'string' THEN
        said := value #>> '{}';
        IF said !~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN
            RETURN false;
        END IF;
        RETURN substr(said, 9)::int <= extract(day FROM
            make_date(left(said, 4)::int, substr(said, 6, 2)::int, 1) + interval '1 month - 1 day');
    END IF;
    RETURN false;
END
$$;

-- Definitions that hold in each of these categories; 0 stands for none.
CREATE FUNCTION catalog_attributes_of(categories bigint[])
RETURNS TABLE (category_id bigint, definition_id bigint, code varchar, kind varchar, choices jsonb, is_required boolean)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (
        SELECT c.id AS category_id, c.id AS above, c.parent_id FROM catalog_category c WHERE c.id = ANY (categories)
        UNION ALL
        SELECT up.category_id, c.id, c.parent_id FROM up JOIN catalog_category c ON c.id = up.parent_id
    )
    SELECT up.category_id, d.id, d.code, d.kind, d.choices, d.is_required
    FROM up JOIN catalog_attributedefinition d ON d.category_id = up.above
    UNION ALL
    SELECT c.id, d.id, d.code, d.kind, d.choices, d.is_required
    FROM (SELECT DISTINCT unnest(categories)) c(id) CROSS JOIN catalog_attributedefinition d WHERE d.category_id IS NULL
$$;

-- Values that their definitions refuse.
CREATE FUNCTION catalog_unfit_attributes(ids bigint[])
RETURNS TABLE (product_id bigint, definition_id bigint, code varchar, value jsonb)
LANGUAGE sql STABLE AS $$
    WITH concerned AS MATERIALIZED (
        SELECT id, coalesce(category_id, 0) AS category_id, attributes FROM catalog_product
        WHERE id = ANY (ids) AND attributes <> '{}'
    )
    SELECT p.id, d.definition_id, d.code, p.attributes -> d.code FROM concerned p
    JOIN catalog_attributes_of((SELECT array_agg(DISTINCT category_id) FROM concerned)) d ON d.category_id = p.category_id
    WHERE p.attributes ? d.code AND NOT catalog_attribute_fits(d.kind, d.choices, p.attributes -> d.code)
$$;

-- Required attributes that the products lack.
CREATE FUNCTION catalog_missing_attributes(ids bigint[]) RETURNS TABLE (product_id bigint, definition_id bigint)
LANGUAGE sql STABLE AS $$
    WITH concerned AS MATERIALIZED (
        SELECT id, coalesce(category_id, 0) AS category_id, attributes FROM catalog_product WHERE id = ANY (ids)
    )
    SELECT p.id, d.definition_id FROM concerned p
    JOIN catalog_attributes_of((SELECT array_agg(DISTINCT category_id) FROM concerned)) d ON d.category_id = p.category_id
    WHERE d.is_required AND NOT p.attributes ? d.code
$$;

CREATE FUNCTION catalog_refuse_unfit_attributes(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT u.*, d.name, d.kind, p.handle INTO wrong FROM catalog_unfit_attributes(ids) u
    JOIN catalog_attributedefinition d ON d.id = u.definition_id JOIN catalog_product p ON p.id = u.product_id
    ORDER BY u.product_id, u.code LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Product %: % is no value of the attribute "%" (%).', wrong.handle, wrong.value, wrong.name, wrong.kind
        USING ERRCODE = 'check_violation', CONSTRAINT = 'product_attributes_fit', TABLE = 'catalog_product',
              DETAIL = jsonb_build_object('product', wrong.handle, 'value', wrong.value #>> '{}', 'definition', wrong.definition_id)::text;
    END IF;
END
$$;

CREATE FUNCTION catalog_index_attributes(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM catalog_indexedattribute WHERE product_id = ANY (ids);
    INSERT INTO catalog_indexedattribute (product_id, code, number)
    SELECT product_id, code, number FROM (
        SELECT p.id AS product_id, e.key AS code, CASE
            WHEN jsonb_typeof(e.value) = 'number' THEN (e.value #>> '{}')::numeric
            WHEN jsonb_typeof(e.value) = 'string' AND length(e.value #>> '{}') = 10
                AND catalog_attribute_fits('date', '[]', e.value) THEN (e.value #>> '{}')::date - DATE '2000-01-01' END AS number
        FROM catalog_product p CROSS JOIN jsonb_each(p.attributes) e WHERE p.id = ANY (ids) AND length(e.key) <= 60
    ) v WHERE abs(number) < 1e24;
$$;

CREATE FUNCTION catalog_product_attributes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint[];
    indexed bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO checked FROM new_values WHERE attributes <> '{}';
        indexed := checked;
    ELSIF EXISTS (SELECT FROM new_values WHERE attributes <> '{}') OR EXISTS (SELECT FROM old_values WHERE attributes <> '{}') THEN
        SELECT array_agg(n.id), array_agg(n.id) FILTER (WHERE n.attributes <> o.attributes) INTO checked, indexed
        FROM new_values n JOIN old_values o ON o.id = n.id
        WHERE n.attributes <> o.attributes OR n.category_id IS DISTINCT FROM o.category_id;
    END IF;
    IF checked IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(hashtext('catalog_attributedefinition'));
        PERFORM catalog_refuse_unfit_attributes(checked);
    END IF;
    IF indexed IS NOT NULL THEN
        PERFORM catalog_index_attributes(indexed);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER attributes_of_new AFTER INSERT ON catalog_product REFERENCING NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_attributes();
CREATE TRIGGER attributes_of_changed AFTER UPDATE ON catalog_product REFERENCING OLD TABLE AS old_values NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_product_attributes();

-- In place of a foreign key, which would look at each row by itself: nobody but these triggers writes here.
CREATE FUNCTION catalog_forget_attributes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalog_indexedattribute i USING old_values o WHERE i.product_id = o.id AND o.attributes <> '{}';
    RETURN NULL;
END
$$;
CREATE TRIGGER attributes_of_deleted AFTER DELETE ON catalog_product REFERENCING OLD TABLE AS old_values
FOR EACH STATEMENT EXECUTE FUNCTION catalog_forget_attributes();

-- Products in the branch of a category, all of them without one, that have any of these attributes.
CREATE FUNCTION catalog_products_with(top bigint, codes text[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE branch AS (
        SELECT id FROM catalog_category WHERE id = top
        UNION ALL
        SELECT c.id FROM catalog_category c JOIN branch b ON c.parent_id = b.id
    )
    SELECT array_agg(p.id ORDER BY p.id) FROM catalog_product p
    WHERE p.attributes ?| codes AND (top IS NULL OR p.category_id IN (SELECT id FROM branch))
$$;

CREATE FUNCTION catalog_definition_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('catalog_category'));
    PERFORM pg_advisory_xact_lock(hashtext('catalog_attributedefinition'));
    WITH RECURSIVE branch AS (
        SELECT id FROM catalog_category WHERE id = NEW.category_id
        UNION ALL
        SELECT c.id FROM catalog_category c JOIN branch b ON c.parent_id = b.id
    ), up AS (
        SELECT id, parent_id FROM catalog_category WHERE id = NEW.category_id
        UNION ALL
        SELECT c.id, c.parent_id FROM catalog_category c JOIN up ON c.id = up.parent_id
    )
    SELECT coalesce(c.path, '') INTO other FROM catalog_attributedefinition d LEFT JOIN catalog_category c ON c.id = d.category_id
    WHERE d.id <> NEW.id AND lower(d.code) = lower(NEW.code) AND d.category_id IS DISTINCT FROM NEW.category_id
      AND (d.category_id IS NULL OR NEW.category_id IS NULL
           OR d.category_id IN (SELECT id FROM branch UNION ALL SELECT id FROM up))
    ORDER BY c.path NULLS FIRST LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The attribute "%" is defined for "%" already, which is on the same path.', NEW.code, other
        USING ERRCODE = 'unique_violation', CONSTRAINT = 'attribute_once_on_path', TABLE = 'catalog_attributedefinition',
              DETAIL = jsonb_build_object('code', NEW.code, 'category', other)::text;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER once_on_path BEFORE INSERT OR UPDATE OF code, category_id ON catalog_attributedefinition
FOR EACH ROW EXECUTE FUNCTION catalog_definition_once();

CREATE FUNCTION catalog_definition_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('catalog_attributedefinition'));
    PERFORM catalog_refuse_unfit_attributes(catalog_products_with(NEW.category_id, ARRAY[NEW.code::text]));
    RETURN NULL;
END
$$;
-- Deferrable, so that values can be converted together with their definition.
CREATE CONSTRAINT TRIGGER definition_fits_values AFTER INSERT OR UPDATE ON catalog_attributedefinition
DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION catalog_definition_fits();

CREATE FUNCTION catalog_moved_attributes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    clash record;
    codes text[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('catalog_attributedefinition'));
    WITH RECURSIVE branch AS (
        SELECT id FROM catalog_category WHERE id = NEW.id
        UNION ALL
        SELECT c.id FROM catalog_category c JOIN branch b ON c.parent_id = b.id
    )
    SELECT d.code, c.path INTO clash FROM catalog_attributedefinition d
    JOIN catalog_attributes_of(ARRAY[NEW.parent_id]) a ON lower(a.code) = lower(d.code)
    JOIN catalog_category c ON c.id = d.category_id
    WHERE d.category_id IN (SELECT id FROM branch) ORDER BY d.code LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The attribute "%" of "%" is defined on the new path already.', clash.code, clash.path
        USING ERRCODE = 'unique_violation', CONSTRAINT = 'attribute_once_on_path', TABLE = 'catalog_attributedefinition',
              DETAIL = jsonb_build_object('code', clash.code, 'category', clash.path)::text;
    END IF;
    SELECT array_agg(a.code::text) INTO codes FROM catalog_attributes_of(ARRAY[NEW.parent_id]) a;
    IF codes IS NOT NULL THEN
        PERFORM catalog_refuse_unfit_attributes(catalog_products_with(NEW.id, codes));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER moved_with_attributes AFTER UPDATE ON catalog_category
FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION catalog_moved_attributes();
