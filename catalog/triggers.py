"""Triggers of products that keep other tables true, whoever writes: former addresses and the names of tags."""

import pgtrigger

# What was published may be bookmarked and linked to; what never was needs no redirect.
keep_former_address = pgtrigger.Trigger(
    name="keep_former_address",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("handle"),
    condition=pgtrigger.Condition("upper(OLD.handle) <> upper(NEW.handle)"),
    func="""
        DELETE FROM catalog_productredirect WHERE upper(handle) = upper(NEW.handle);
        IF OLD.published_at IS NOT NULL THEN
            INSERT INTO catalog_productredirect (handle, product_id) VALUES (OLD.handle, NEW.id)
            ON CONFLICT ((upper(handle))) DO UPDATE SET product_id = NEW.id, created_at = now();
        END IF;
        RETURN NULL;
    """,
)

# Statement-level, so that an import of a hundred thousand products pays once.
welcome_new = pgtrigger.Trigger(
    name="welcome_new",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="added"),
    func="""
        DELETE FROM catalog_productredirect r USING added a WHERE upper(r.handle) = upper(a.handle);
        INSERT INTO catalog_tag (name) SELECT DISTINCT unnest(tags) FROM added ORDER BY 1 ON CONFLICT DO NOTHING;
        RETURN NULL;
    """,
)

remember_tags = pgtrigger.Trigger(
    name="remember_tags",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("tags"),
    condition=pgtrigger.Condition("OLD.tags IS DISTINCT FROM NEW.tags"),
    func="""
        INSERT INTO catalog_tag (name) SELECT DISTINCT unnest(NEW.tags) ORDER BY 1 ON CONFLICT DO NOTHING;
        RETURN NULL;
    """,
)
