-- Whatever may be sold out has a row in inventory_soldout, written in the transaction that makes it so. Rows are only added here, in
-- any number for one variant and without a unique index, so that selling waits for nobody; `refresh_sold_out` takes away what is not
-- sold out any more.
CREATE OR REPLACE FUNCTION inventory_level_sold_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_soldout (variant_id) VALUES (OLD.variant_id);
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_level_sold_out ON inventory_stocklevel;
CREATE TRIGGER inventory_level_sold_out AFTER UPDATE ON inventory_stocklevel FOR EACH ROW
WHEN (OLD.on_hand - OLD.allocated - OLD.held > 0 AND NEW.on_hand - NEW.allocated - NEW.held <= 0)
EXECUTE FUNCTION inventory_level_sold_out();
DROP TRIGGER IF EXISTS inventory_level_gone ON inventory_stocklevel;
CREATE TRIGGER inventory_level_gone AFTER DELETE ON inventory_stocklevel FOR EACH ROW
WHEN (OLD.on_hand - OLD.allocated - OLD.held > 0)
EXECUTE FUNCTION inventory_level_sold_out();

CREATE OR REPLACE FUNCTION inventory_variants_sold_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_soldout (variant_id) SELECT id FROM new_rows WHERE track_stock;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_variants_sold_out ON catalog_variant;
CREATE TRIGGER inventory_variants_sold_out AFTER INSERT ON catalog_variant REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION inventory_variants_sold_out();

CREATE OR REPLACE FUNCTION inventory_variant_tracked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_soldout (variant_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_variant_tracked ON catalog_variant;
CREATE TRIGGER inventory_variant_tracked AFTER UPDATE ON catalog_variant FOR EACH ROW
WHEN (NEW.track_stock AND NOT OLD.track_stock) EXECUTE FUNCTION inventory_variant_tracked();

-- Where a warehouse closes, what lies there is for sale no more.
CREATE OR REPLACE FUNCTION inventory_location_sold_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_soldout (variant_id)
    SELECT variant_id FROM inventory_stocklevel WHERE location_id = NEW.id AND on_hand - allocated - held > 0;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inventory_location_sold_out ON inventory_location;
CREATE TRIGGER inventory_location_sold_out AFTER UPDATE ON inventory_location FOR EACH ROW
WHEN (OLD.is_active AND OLD.kind = 'stock' AND NOT (NEW.is_active AND NEW.kind = 'stock'))
EXECUTE FUNCTION inventory_location_sold_out();
