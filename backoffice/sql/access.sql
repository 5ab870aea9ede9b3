-- An owner always remains, whoever asks and however: the group's row is locked first, so that two owners who
-- deactivate each other at once are answered one after the other.
CREATE FUNCTION backoffice_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owners integer;
    lost boolean;
BEGIN
    SELECT id INTO owners FROM auth_group WHERE name = 'owner' FOR NO KEY UPDATE;
    IF TG_TABLE_NAME = 'backoffice_user' THEN
        lost := EXISTS (SELECT 1 FROM backoffice_user_groups WHERE user_id = OLD.id AND group_id = owners);
    ELSE
        lost := OLD.group_id = owners AND EXISTS (SELECT 1 FROM backoffice_user WHERE id = OLD.user_id AND is_active);
    END IF;
    IF lost AND NOT EXISTS (
        SELECT 1 FROM backoffice_user_groups AS held JOIN backoffice_user AS holder ON holder.id = held.user_id
        WHERE held.group_id = owners AND holder.is_active
    ) THEN
        RAISE EXCEPTION 'The last active owner must remain: make somebody else an owner first.'
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER backoffice_keep_an_owner AFTER UPDATE OF is_active ON backoffice_user
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
    EXECUTE FUNCTION backoffice_keep_an_owner();
CREATE CONSTRAINT TRIGGER backoffice_keep_an_owner_deleted AFTER DELETE ON backoffice_user
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (OLD.is_active)
    EXECUTE FUNCTION backoffice_keep_an_owner();
CREATE CONSTRAINT TRIGGER backoffice_keep_an_owner AFTER UPDATE OR DELETE ON backoffice_user_groups
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW
    EXECUTE FUNCTION backoffice_keep_an_owner();

-- The roles of Houtai are found by name.
CREATE FUNCTION backoffice_keep_owner_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The role "owner" keeps its name.' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER backoffice_keep_owner_name BEFORE UPDATE OF name ON auth_group
    FOR EACH ROW WHEN (OLD.name = 'owner' AND NEW.name <> 'owner')
    EXECUTE FUNCTION backoffice_keep_owner_name();

-- What was settled for a user (the second factor, the figures drawn for the home page) is settled anew when a role, its
-- policy, a second factor or the row scope changes.
CREATE FUNCTION backoffice_raise_access_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'backoffice_rolepolicy' THEN
        UPDATE backoffice_user SET access_version = access_version + 1
        WHERE id IN (SELECT user_id FROM backoffice_user_groups WHERE group_id = NEW.group_id);
    ELSE
        UPDATE backoffice_user SET access_version = access_version + 1
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER backoffice_raise_access_version AFTER INSERT OR UPDATE OR DELETE ON backoffice_user_groups
    FOR EACH ROW EXECUTE FUNCTION backoffice_raise_access_version();
CREATE TRIGGER backoffice_raise_access_version AFTER INSERT OR UPDATE OR DELETE ON backoffice_scope
    FOR EACH ROW EXECUTE FUNCTION backoffice_raise_access_version();
CREATE TRIGGER backoffice_raise_access_version AFTER INSERT OR UPDATE ON backoffice_rolepolicy
    FOR EACH ROW EXECUTE FUNCTION backoffice_raise_access_version();
CREATE TRIGGER backoffice_raise_access_version AFTER DELETE ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION backoffice_raise_access_version();

-- A row saved from an older reading must not bring an old version back.
CREATE FUNCTION backoffice_keep_access_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.access_version := OLD.access_version;
    RETURN NEW;
END
$$;

CREATE TRIGGER backoffice_keep_access_version BEFORE UPDATE ON backoffice_user
    FOR EACH ROW WHEN (NEW.access_version < OLD.access_version)
    EXECUTE FUNCTION backoffice_keep_access_version();

-- The shared cache: rate limits count the same in every process.
CREATE UNLOGGED TABLE backoffice_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX backoffice_cache_expires ON backoffice_cache (expires);
