-- Parcels that have not left never hold more of a line than it has open: what is neither shipped nor canceled. Checked when the
-- transaction ends, so that pieces may go from parcel to parcel, and out of a parcel into what is shipped, step by step.
CREATE OR REPLACE FUNCTION orders_parcels_within_line() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
    line record;
BEGIN
    IF TG_TABLE_NAME = 'orders_orderline' THEN
        checked := NEW.id;
    ELSE
        checked := NEW.order_line_id;
        IF NOT EXISTS (SELECT FROM orders_fulfilment WHERE id = NEW.fulfilment_id AND status IN ('pending', 'packed')) THEN
            RETURN NULL; -- it has left, or will not
        END IF;
    END IF;
    SELECT n.sku, n.title, n.quantity - n.fulfilled - n.canceled AS open, o.number,
           (SELECT coalesce(sum(l.quantity), 0) FROM orders_fulfilmentline l JOIN orders_fulfilment f ON f.id = l.fulfilment_id
            WHERE l.order_line_id = n.id AND f.status IN ('pending', 'packed')) AS packing
    INTO line
    FROM orders_orderline n JOIN orders_order o ON o.id = n.order_id WHERE n.id = checked;
    IF line.packing > line.open THEN
        RAISE EXCEPTION '%, %: % pieces are open, and % lie in parcels.', line.number, coalesce(nullif(line.sku, ''), line.title), line.open, line.packing
        USING ERRCODE = 'check_violation', CONSTRAINT = 'parcels_within_line', TABLE = 'orders_fulfilmentline';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS orders_parcels_within_line ON orders_fulfilmentline;
CREATE CONSTRAINT TRIGGER orders_parcels_within_line AFTER INSERT OR UPDATE ON orders_fulfilmentline
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_parcels_within_line();
DROP TRIGGER IF EXISTS orders_line_covers_parcels ON orders_orderline;
CREATE CONSTRAINT TRIGGER orders_line_covers_parcels AFTER UPDATE ON orders_orderline
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.quantity - NEW.fulfilled - NEW.canceled < OLD.quantity - OLD.fulfilled - OLD.canceled)
EXECUTE FUNCTION orders_parcels_within_line();
