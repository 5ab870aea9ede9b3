-- Merged customers: who became part of whom, rows that follow them, and that they stay as they are.
CREATE FUNCTION customers_survivor(bigint) RETURNS bigint LANGUAGE sql STABLE STRICT AS $$
    WITH RECURSIVE way(id, merged_into_id) AS (
        SELECT c.id, c.merged_into_id FROM customers_customer c WHERE c.id = $1
        UNION SELECT c.id, c.merged_into_id FROM way w JOIN customers_customer c ON c.id = w.merged_into_id
    )
    SELECT id FROM way WHERE merged_into_id IS NULL
$$;

-- A row about a merged customer is one about the survivor. The lock is that of the foreign key, taken at once and not at the
-- commit: who merges locks both customers against it, so that either the merge moves the row or the row follows the merge.
CREATE FUNCTION customers_follow_merge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    further bigint;
BEGIN
    LOOP
        SELECT merged_into_id INTO further FROM customers_customer WHERE id = NEW.customer_id FOR KEY SHARE;
        EXIT WHEN further IS NULL;
        NEW.customer_id := further;
    END LOOP;
    RETURN NEW;
END
$$;

-- For the migration of every table whose rows belong to a customer.
CREATE PROCEDURE customers_rows_follow(of regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER follow_merge BEFORE INSERT OR UPDATE OF customer_id ON %s FOR EACH ROW
                    WHEN (NEW.customer_id IS NOT NULL) EXECUTE FUNCTION customers_follow_merge()', of);
END
$$;

CALL customers_rows_follow('customers_contactpoint');
CALL customers_rows_follow('customers_address');
CALL customers_rows_follow('customers_consent');
CALL customers_rows_follow('customers_ticket');

CREATE FUNCTION customers_guard_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS NOT NULL
       AND to_jsonb(OLD) - '{updated_at,search_text}'::text[] <> to_jsonb(NEW) - '{updated_at,search_text}'::text[]
       AND coalesce(current_setting('houtai.erasing', true), '') <> 'on' THEN
        RAISE EXCEPTION '% was merged into %: change that customer.', OLD.number,
            (SELECT number FROM customers_customer WHERE id = customers_survivor(OLD.id)) USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id AND customers_survivor(NEW.merged_into_id) = NEW.id THEN
        RAISE EXCEPTION '% cannot be merged into what became part of it.', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_merged BEFORE UPDATE ON customers_customer FOR EACH ROW
    WHEN (OLD.merged_into_id IS NOT NULL OR NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION customers_guard_merged();
