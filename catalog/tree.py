"""Triggers that keep the category tree a tree, and every path right, whoever writes."""

import pgtrigger

# One lock for the whole tree: two moves at once could close a ring, and a child could be added below a path that
# is just changing. Statements after it see what the holder before has committed.
below_its_parent = pgtrigger.Trigger(
    name="below_its_parent",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("name", "parent_id", "path"),
    declare=[("above", "text")],
    func="""
        PERFORM pg_advisory_xact_lock(hashtext('catalog_category'));
        IF NEW.parent_id IS NULL THEN
            NEW.path := NEW.name;
            RETURN NEW;
        END IF;
        IF TG_OP = 'UPDATE' AND EXISTS (
            WITH RECURSIVE ancestor AS (
                SELECT id, parent_id FROM catalog_category WHERE id = NEW.parent_id
                UNION
                SELECT c.id, c.parent_id FROM catalog_category c JOIN ancestor a ON c.id = a.parent_id
            )
            SELECT FROM ancestor WHERE id = NEW.id
        ) THEN
            RAISE EXCEPTION 'A category cannot stand below itself: %.', NEW.name
            USING ERRCODE = 'check_violation', CONSTRAINT = 'category_not_its_own_parent';
        END IF;
        SELECT path INTO above FROM catalog_category WHERE id = NEW.parent_id;
        NEW.path := above || ' > ' || NEW.name;
        RETURN NEW;
    """,
)

carry_path_down = pgtrigger.Trigger(
    name="carry_path_down",
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.path IS DISTINCT FROM NEW.path"),
    func="""
        UPDATE catalog_category SET path = NEW.path || ' > ' || name WHERE parent_id = NEW.id;
        RETURN NULL;
    """,
)
