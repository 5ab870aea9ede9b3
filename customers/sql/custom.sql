-- Custom fields of customers: every value belongs to a field and fits it, whoever writes. Writers of values share a lock that
-- writers of fields hold alone.

CREATE FUNCTION customers_custom_fits(kind text, choices jsonb, value jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    is_of text := jsonb_typeof(value);
    said text;
BEGIN
    IF kind = 'text' THEN
        RETURN is_of = 'string' AND value <> '""';
    ELSIF kind = 'boolean' THEN
        RETURN is_of = 'boolean';
    ELSIF kind = 'choice' THEN
        RETURN is_of = 'string' AND choices @> jsonb_build_array(jsonb_build_object('code', value));
    ELSIF kind = 'number' THEN
        IF is_of <> 'number' THEN
            RETURN false;
        END IF;
        RETURN length(ltrim(translate(trim_scale((value #>> '{}')::numeric)::text, '-.', ''), '0')) <= 15;
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

CREATE FUNCTION customers_custom_values(ids bigint[]) RETURNS TABLE (customer_id bigint, number varchar, code text, value jsonb, is_personal boolean)
LANGUAGE sql STABLE AS $$
    SELECT c.id, c.number, e.key, e.value, e.is_personal FROM customers_customer c CROSS JOIN LATERAL (
        SELECT key, value, false AS is_personal FROM jsonb_each(c.custom)
        UNION ALL SELECT key, value, true FROM jsonb_each(c.custom_personal)
    ) e WHERE c.id = ANY (ids)
$$;

CREATE FUNCTION customers_refuse_unfit_custom(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT v.*, f.id AS field, f.name INTO wrong FROM customers_custom_values(ids) v
    LEFT JOIN customers_customfield f ON f.code = v.code
    WHERE f.id IS NULL OR f.is_personal <> v.is_personal OR NOT customers_custom_fits(f.kind, f.choices, v.value)
    ORDER BY v.customer_id, v.code LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Customer %: % is no value of the custom field "%".', wrong.number, wrong.value, coalesce(wrong.name, wrong.code)
        USING ERRCODE = 'check_violation', CONSTRAINT = 'customer_custom_fits', TABLE = 'customers_customer';
    END IF;
END
$$;

CREATE FUNCTION customers_index_custom(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM customers_indexedcustom WHERE customer_id = ANY (ids);
    INSERT INTO customers_indexedcustom (customer_id, code, number)
    SELECT v.customer_id, v.code, CASE f.kind WHEN 'number' THEN (v.value #>> '{}')::numeric ELSE (v.value #>> '{}')::date - DATE '2000-01-01' END
    FROM customers_custom_values(ids) v JOIN customers_customfield f ON f.code = v.code AND f.kind IN ('number', 'date');
$$;

CREATE FUNCTION customers_check_custom() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO changed FROM new_values WHERE custom <> '{}' OR custom_personal <> '{}';
    ELSIF EXISTS (SELECT FROM new_values WHERE custom <> '{}' OR custom_personal <> '{}')
       OR EXISTS (SELECT FROM old_values WHERE custom <> '{}' OR custom_personal <> '{}') THEN
        SELECT array_agg(n.id) INTO changed FROM new_values n JOIN old_values o ON o.id = n.id
        WHERE (n.custom, n.custom_personal) IS DISTINCT FROM (o.custom, o.custom_personal);
    END IF;
    IF changed IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(hashtext('customers_customfield'));
        PERFORM customers_refuse_unfit_custom(changed);
        PERFORM customers_index_custom(changed);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER custom_of_new AFTER INSERT ON customers_customer REFERENCING NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION customers_check_custom();
CREATE TRIGGER custom_of_changed AFTER UPDATE ON customers_customer REFERENCING OLD TABLE AS old_values NEW TABLE AS new_values
FOR EACH STATEMENT EXECUTE FUNCTION customers_check_custom();

-- In place of a foreign key, which would look at each row by itself: nobody but these triggers writes there.
CREATE FUNCTION customers_forget_custom() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM customers_indexedcustom i USING old_values o
    WHERE i.customer_id = o.id AND (o.custom <> '{}' OR o.custom_personal <> '{}');
    RETURN NULL;
END
$$;
CREATE TRIGGER custom_of_deleted AFTER DELETE ON customers_customer REFERENCING OLD TABLE AS old_values
FOR EACH STATEMENT EXECUTE FUNCTION customers_forget_custom();

-- Deferrable, so that values can move together with their field.
CREATE FUNCTION customers_custom_field_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('customers_customfield'));
    IF TG_OP = 'DELETE' THEN
        PERFORM customers_refuse_unfit_custom(customers_with_custom(OLD.code));
    ELSE
        PERFORM customers_refuse_unfit_custom(customers_with_custom(OLD.code) || customers_with_custom(NEW.code));
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION customers_with_custom(code text) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(id), '{}') FROM customers_customer
    WHERE custom <> '{}' AND custom ? code OR custom_personal <> '{}' AND custom_personal ? code
$$;
CREATE CONSTRAINT TRIGGER field_fits_values AFTER UPDATE OR DELETE ON customers_customfield
DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION customers_custom_field_fits();
