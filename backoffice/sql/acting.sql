-- backoffice_act: tells the history who acts, as pghistory does before statements that write; for calls that begin with SELECT.
-- context: {"id", "facts"} (`backoffice.context.told`), or null outside one.
CREATE OR REPLACE FUNCTION backoffice_act(context jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF context ? 'id' THEN
        PERFORM set_config('pghistory.context_id', context ->> 'id', true),
                set_config('pghistory.context_metadata', context ->> 'facts', true);
    END IF;
END
$$;

-- In place of the function of pghistory, which every history trigger calls for the key of its context: the context is written once
-- in a transaction, and again when its facts change, and not with every statement; and no error is caught to find that there is none.
-- PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE has to stay off: it would put the function of the library back after every `migrate`.
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    known text := nullif(current_setting('pghistory.context_id', true), '');
    facts text := nullif(current_setting('pghistory.context_metadata', true), '');
BEGIN
    IF known IS NULL OR facts IS NULL THEN
        RETURN NULL;
    END IF;
    IF current_setting('pghistory.written', true) IS DISTINCT FROM known || facts THEN
        INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
        VALUES (known::uuid, facts::jsonb, now(), now())
        ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata, updated_at = excluded.updated_at
        WHERE pghistory_context.metadata <> excluded.metadata;
        PERFORM set_config('pghistory.written', known || facts, true);
    END IF;
    RETURN known::uuid;
END
$$;
