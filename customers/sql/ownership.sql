-- The owner of a customer is the one whose period runs, whoever writes which of the two; seen to at the end of the transaction.
INSERT INTO customers_ownership (customer_id, user_id, began_at, source, reason, active_at, ended_how)
SELECT id, owner_id, now(), 'before', '', now(), '' FROM customers_customer WHERE owner_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

CREATE FUNCTION customers_owner_must_agree(customer bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    called text;
BEGIN
    SELECT c.number INTO called FROM customers_customer c
    LEFT JOIN customers_ownership p ON p.customer_id = c.id AND p.ended_at IS NULL
    WHERE c.id = customer AND c.owner_id IS DISTINCT FROM p.user_id;
    IF called IS NOT NULL THEN
        RAISE EXCEPTION 'The owner of % is not the one whose period runs: give the customer to somebody by a transfer.', called
        USING ERRCODE = 'check_violation';
    END IF;
END
$$;
CREATE FUNCTION customers_owner_of_customer() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM customers_owner_must_agree(NEW.id); RETURN NULL; END $$;
CREATE FUNCTION customers_owner_of_period() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM customers_owner_must_agree(NEW.customer_id); RETURN NULL; END $$;

CREATE CONSTRAINT TRIGGER owner_agrees_new AFTER INSERT ON customers_customer DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.owner_id IS NOT NULL) EXECUTE FUNCTION customers_owner_of_customer();
CREATE CONSTRAINT TRIGGER owner_agrees AFTER UPDATE OF owner_id ON customers_customer DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION customers_owner_of_customer();
CREATE CONSTRAINT TRIGGER owner_agrees_new AFTER INSERT ON customers_ownership DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION customers_owner_of_period();
CREATE CONSTRAINT TRIGGER owner_agrees AFTER UPDATE OF ended_at ON customers_ownership DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION customers_owner_of_period();
