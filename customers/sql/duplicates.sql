-- What of a name counts when two are compared: words in order, without case, marks, punctuation and what companies are.
CREATE FUNCTION customers_name_key(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(word, ' ' ORDER BY word), '') FROM regexp_split_to_table(
        regexp_replace(
            translate(regexp_replace(lower(normalize($1, NFKD)), '[\u0300-\u036f.]', '', 'g'), '，、。·・「」《》“”‘’—–', '             '),
            '(股份有限公司|有限责任公司|有限公司|集团公司|集团|公司)(?=$|[\s()])', '', 'g'),
        '[\s!-/:-@\[-`{-~]+') word
    WHERE word <> '' AND word NOT IN ('gmbh', 'mbh', 'ag', 'kg', 'ohg', 'ug', 'ek', 'ltd', 'limited', 'inc', 'incorporated', 'llc', 'llp',
        'plc', 'co', 'corp', 'corporation', 'company', 'sa', 'sas', 'sarl', 'srl', 'spa', 'sl', 'bv', 'nv', 'ab', 'as', 'aps', 'oy', 'kft', 'pty',
        'und', 'and', 'mr', 'mrs', 'ms', 'dr', 'herr', 'frau')
$$;

-- How alike two such names are, 0 to 1. Chinese names are too short for parts of them to mean anything: equal, or a long one within another.
CREATE FUNCTION customers_alike(text, text) RETURNS real LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN $1 = '' OR $2 = '' THEN 0::real
                WHEN $1 = $2 THEN 1::real
                WHEN $1 ~ '[\u3400-\u9fff]' THEN CASE WHEN length($1) >= 4 AND length($2) >= 4 AND (strpos($1, $2) > 0 OR strpos($2, $1) > 0) THEN 0.8 ELSE 0 END::real
                ELSE similarity($1, $2) END
$$;

-- What of an address of mail says who it is of: nothing of those that every company has.
CREATE FUNCTION customers_mail_key(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN length(k) >= 5 AND k NOT IN ('admin', 'office', 'contact', 'kontakt', 'sales', 'vertrieb', 'support', 'service', 'order',
        'orders', 'einkauf', 'purchasing', 'accounting', 'invoice', 'hello', 'noreply', 'webmaster', 'postmaster') THEN k END
    FROM replace(split_part(split_part($1, '@', 1), '+', 1), '.', '') k
$$;

CREATE FUNCTION customers_code_key(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN length(k) >= 4 THEN k END FROM ltrim(upper(regexp_replace($1, '[^A-Za-z0-9]', '', 'g')), '0') k $$;
