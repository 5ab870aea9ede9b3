-- Every trigger asks first whether it is told to do nothing. As django-pgtrigger writes this function it catches an error where
-- nobody says so, which is always, and each time that costs more than what most triggers do: half of the time of orders that come
-- in by file. The same answer without the error, as one expression that PostgreSQL takes into the trigger.
CREATE OR REPLACE FUNCTION {function}(trigger_name name) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(trigger_name = ANY (nullif(current_setting('pgtrigger.ignore', true), '')::text[]), false)
$$;
