-- backoffice_record: writes audit events of one subject, for verbs that a database function carries out as a whole;
-- `backoffice.audit.record` writes all others. origin and request: facts of the context in force (`audit.facts`).
CREATE OR REPLACE FUNCTION backoffice_record(
    verbs text[], kind text, key bigint, called text, actor bigint, origin text, request text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO backoffice_auditevent (at, verb, actor_id, subject_type, subject_id, subject, reason, data, source, request_id)
    SELECT clock_timestamp(), v.verb, actor, kind, key, left(called, 200), '', '{}', origin, request
    FROM unnest(verbs) WITH ORDINALITY AS v(verb, n) ORDER BY v.n;
END
$$;

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
