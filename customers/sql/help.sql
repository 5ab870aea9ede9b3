-- The help centre finds live articles by words of English in any form (stemmed) and, of either language, by any part of their text.
CREATE OR REPLACE FUNCTION customers_article_words(jsonb) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('pg_catalog.english', coalesce($1 ->> 'title', '')), 'A')
        || setweight(to_tsvector('pg_catalog.english', coalesce($1 ->> 'body', '')), 'C')
$$;
CREATE INDEX live_article_words ON backoffice_liveversion USING gin (customers_article_words(content))
    WHERE subject_type = 'customers.article' AND is_live;

-- Whatever topics there are already become categories.
INSERT INTO customers_helpcategory (topic, slug, name, name_zh, position, created_at)
SELECT DISTINCT ON (upper(topic)) topic,
       left(coalesce(nullif(btrim(regexp_replace(lower(topic), '[^a-z0-9]+', '-', 'g'), '-'), ''), 'topic'), 60) || CASE
           WHEN btrim(regexp_replace(lower(topic), '[^a-z0-9]+', '-', 'g'), '-') IN ('', 'new')
             OR count(*) OVER (PARTITION BY btrim(regexp_replace(lower(topic), '[^a-z0-9]+', '-', 'g'), '-')) > 1
           THEN '-' || left(md5(topic), 8) ELSE '' END,
       topic, '', 100, now()
FROM (SELECT topic FROM customers_article UNION SELECT content ->> 'topic' FROM backoffice_liveversion
      WHERE subject_type = 'customers.article' AND is_live) t
WHERE topic <> '' ORDER BY upper(topic), topic;
