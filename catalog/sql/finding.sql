-- The form in which text is searched: capitals without accents, full-width and half-width forms made the same, one blank at most,
-- and blanks around each Chinese, Japanese or Korean character. A trigram index cannot find a fragment of two characters, but it
-- finds words: so each of these characters is one, and "茶叶" is looked for as " 茶 叶 ".
CREATE OR REPLACE FUNCTION catalog_search_form(words text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF octet_length(words) = length(words) THEN
        RETURN upper(words);
    END IF;
    RETURN regexp_replace(regexp_replace(
        upper(normalize(regexp_replace(normalize(words, NFKD), '[\u0300-\u036F]', '', 'g'), NFKC)),
        '([\u2E80-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U0003FFFF])', ' \1 ', 'g'), '\s+', ' ', 'g');
END
$$;

-- What is text in the attributes is searched along: codes of choices, and what was typed.
CREATE FUNCTION catalog_product_search(title text, title_zh text, handle text, product_type text, attributes jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF attributes = '{}' THEN
        RETURN catalog_search_form(title || ' ' || title_zh || ' ' || handle || ' ' || product_type || ' ');
    END IF;
    RETURN catalog_search_form(title || ' ' || title_zh || ' ' || handle || ' ' || product_type || ' '
        || translate(jsonb_path_query_array(attributes, '$.*[*] ? (@.type() == "string")')::text, '[]",', '    '));
END
$$;

CREATE FUNCTION catalog_bare_code(code text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN translate(upper(code), '-_./ ', '');

-- A SKU with hyphens is found without them as well.
CREATE FUNCTION catalog_variant_search(sku text, barcode text, title text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF translate(sku, '-_./ ', '') = sku THEN
        RETURN catalog_search_form(sku || ' ' || barcode || ' ' || title || ' ');
    END IF;
    RETURN catalog_search_form(sku || ' ' || barcode || ' ' || title || ' ' || translate(sku, '-_./ ', '') || ' ');
END
$$;

-- For typing errors: rows with words like these, the most similar first.
CREATE FUNCTION catalog_similar_products(words text, most int) RETURNS TABLE (id bigint, alike real) LANGUAGE sql STABLE
SET pg_trgm.word_similarity_threshold = 0.5 AS $$
    SELECT p.id, word_similarity(words, p.search_text) FROM catalog_product p
    WHERE words <% p.search_text ORDER BY 2 DESC, 1 DESC LIMIT most
$$;

CREATE FUNCTION catalog_similar_variants(words text, most int) RETURNS TABLE (id bigint, product_id bigint, alike real) LANGUAGE sql STABLE
SET pg_trgm.word_similarity_threshold = 0.5 AS $$
    SELECT v.id, v.product_id, word_similarity(words, v.search_text) FROM catalog_variant v
    WHERE words <% v.search_text ORDER BY 3 DESC, 1 DESC LIMIT most
$$;
