-- By what words the text of a message is found: those of English in any form, all others as they stand, without case and accents,
-- and of Chinese, Japanese and Korean each pair of neighbouring characters, and the last one by itself. Beyond the first hundred thousand characters nothing is found.
-- PostgreSQL builds indexes with a search path of its own: what calls another function of ours brings its path along.
CREATE OR REPLACE FUNCTION customers_words_apart(said text, OUT words text, OUT pairs text[]) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    joined constant text := '[\u2E80-\u2FFF\u3005-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U0003FFFF]+';
BEGIN
    words := left(said, 100000);
    pairs := '{}';
    IF octet_length(words) = length(words) THEN
        RETURN;
    END IF;
    words := normalize(regexp_replace(normalize(words, NFKD), '[\u0300-\u036F]', '', 'g'), NFKC);
    SELECT coalesce(array_agg(DISTINCT p.pair), '{}') INTO pairs
        FROM regexp_matches(words, joined, 'g') r(run)
        CROSS JOIN LATERAL (
            SELECT coalesce(c || lead(c) OVER (ORDER BY n), c) AS pair
            FROM unnest(string_to_array(r.run[1], NULL)) WITH ORDINALITY u(c, n)
        ) p;
    words := regexp_replace(words, joined, ' ', 'g');
END $$;

CREATE OR REPLACE FUNCTION customers_message_words(body text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 SET search_path FROM CURRENT AS $$
DECLARE
    apart record := customers_words_apart(body);
BEGIN
    RETURN strip(to_tsvector('pg_catalog.english', apart.words)) || array_to_tsvector(apart.pairs);
END $$;

-- What is looked for: every word, and every pair; a single Chinese character is the beginning of a pair, or the last one.
-- The last one of several says nothing that its pair does not.
CREATE OR REPLACE FUNCTION customers_message_query(said text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    apart record := customers_words_apart(said);
BEGIN
    RETURN plainto_tsquery('pg_catalog.english', apart.words) && coalesce((
        SELECT string_agg(quote_literal(pair) || CASE WHEN length(pair) = 1 THEN ':*' ELSE '' END, ' & ')::tsquery FROM unnest(apart.pairs) pair
        WHERE length(pair) > 1 OR NOT EXISTS (SELECT 1 FROM unnest(apart.pairs) p WHERE length(p) > 1 AND right(p, 1) = pair)), '');
END $$;

-- The pairs alone: by these short Chinese is found in subjects and names, of which the index of three characters knows nothing.
CREATE OR REPLACE FUNCTION customers_pairs(said text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 500 SET search_path FROM CURRENT AS $$
BEGIN
    IF octet_length(said) = length(said) THEN
        RETURN '';
    END IF;
    RETURN array_to_tsvector((customers_words_apart(said)).pairs);
END $$;

-- Tickets of the first messages that hold what is looked for, one for each message. Always by the index: a guess that a rare word is
-- frequent would read all messages.
CREATE OR REPLACE FUNCTION customers_tickets_saying(said text, most integer) RETURNS SETOF bigint LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_indexscan = off AS $$
BEGIN
    RETURN QUERY SELECT w.ticket_id FROM customers_messagewords w WHERE w.words @@ customers_message_query(said) LIMIT most;
END $$;
