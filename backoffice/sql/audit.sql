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
