-- What the figures and lines of an order say about its derived statuses, as `orders/services/status.py` works them out.
-- Triggers at the end of a transaction refuse an order that says something else.

-- Not in SQL: the condition of the trigger would have it parsed again with every order that is written.
CREATE OR REPLACE FUNCTION orders_payment_status(
    status text, total numeric, paid numeric, refunded numeric, authorized numeric, voided numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN paid - refunded > total THEN 'overcharged'
        WHEN refunded > 0 AND paid - refunded < total AND paid > refunded THEN 'partially_refunded'
        WHEN refunded > 0 AND paid - refunded < total THEN 'refunded'
        WHEN paid > 0 AND paid = refunded THEN 'refunded'
        WHEN paid = 0 AND authorized > 0 THEN 'authorized'
        WHEN paid = 0 AND total = 0 AND status IN ('placed', 'closed') THEN 'paid'
        WHEN paid = 0 AND voided > 0 THEN 'voided'
        WHEN paid = 0 THEN 'none'
        WHEN paid - refunded = total THEN 'paid'
        ELSE 'partially_paid' END;
END
$$;

CREATE OR REPLACE FUNCTION orders_payment_must_agree(key bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    o record;
BEGIN
    SELECT number, payment_status AS says, orders_payment_status(status, total, paid, refunded, authorized, voided) AS is
    INTO o FROM orders_order WHERE id = key;
    IF o.says <> o.is THEN
        RAISE EXCEPTION '%: the payment status says %, the amounts say %.', o.number, o.says, o.is USING ERRCODE = 'check_violation';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION orders_goods_must_agree(key bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    o record;
    l record;
    fulfilment text;
    back text;
BEGIN
    SELECT number, fulfilment_status, return_status INTO o FROM orders_order WHERE id = key;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT coalesce(bool_or(requires_shipping AND quantity > canceled), false) AS parcels,
           coalesce(bool_or(requires_shipping AND quantity > canceled AND fulfilled > 0), false) AS some,
           coalesce(bool_or(requires_shipping AND quantity > canceled AND quantity > fulfilled + canceled), false) AS rest,
           coalesce(sum(fulfilled), 0) AS fulfilled, coalesce(sum(returned), 0) AS returned
    INTO l FROM orders_orderline WHERE order_id = key;
    fulfilment := CASE WHEN NOT l.parcels THEN 'none' WHEN NOT l.some THEN 'unfulfilled' WHEN l.rest THEN 'partial' ELSE 'fulfilled' END;
    back := CASE
        WHEN l.fulfilled > 0 AND EXISTS (SELECT FROM orders_return WHERE order_id = key AND status IN ('requested', 'approved'))
            THEN 'requested'
        WHEN l.returned = 0 THEN 'none'
        WHEN l.returned = l.fulfilled THEN 'returned'
        ELSE 'partial' END;
    IF (o.fulfilment_status, o.return_status) IS DISTINCT FROM (fulfilment, back) THEN
        RAISE EXCEPTION '%: fulfilment and return status say % and %, the lines say % and %.',
            o.number, o.fulfilment_status, o.return_status, fulfilment, back USING ERRCODE = 'check_violation';
    END IF;
END
$$;
