-- The content of articles, which is reviewed and frozen.
CREATE FUNCTION customers_article_contents(bigint[]) RETURNS TABLE (id bigint, content jsonb) LANGUAGE sql STABLE AS $$
    SELECT a.id, jsonb_build_object(
        'slug', a.slug, 'topic', a.topic, 'title', a.title, 'title_zh', a.title_zh, 'body', a.body, 'body_zh', a.body_zh)
    FROM customers_article a WHERE a.id = ANY($1)
$$;

CREATE FUNCTION customers_article_content(bigint) RETURNS jsonb LANGUAGE sql STABLE AS
$$ SELECT content FROM customers_article_contents(ARRAY[$1]) $$;

CREATE FUNCTION customers_article_seen() RETURNS jsonb LANGUAGE sql STABLE AS
$$ SELECT jsonb_build_object('article', (SELECT coalesce(max(pgh_id), 0) FROM customers_articlehistory)) $$;

-- By the row history: whose changes of what is content came after what the revision that went live last had seen.
CREATE FUNCTION customers_article_authors(bigint[]) RETURNS TABLE (id bigint, authors bigint[]) LANGUAGE sql STABLE AS $$
    WITH mark AS (
        SELECT i AS id, coalesce((r.seen ->> 'article')::bigint, 0) AS seen FROM unnest($1) i
        LEFT JOIN backoffice_liveversion l ON l.subject_type = 'customers.article' AND l.subject_id = i
        LEFT JOIN backoffice_revision r ON r.id = l.revision_id
    ),
    change AS (
        SELECT m.id, h.pgh_context_id FROM mark m CROSS JOIN LATERAL (
            SELECT pgh_id, pgh_context_id, lag(told) OVER (ORDER BY pgh_id) IS DISTINCT FROM told AS differs FROM (
                SELECT pgh_id, pgh_context_id, ROW(slug, topic, title, title_zh, body, body_zh) AS told
                FROM customers_articlehistory WHERE pgh_obj_id = m.id
            ) t
        ) h WHERE h.differs AND h.pgh_id > m.seen
    )
    SELECT c.id, array_agg(DISTINCT (x.metadata ->> 'user')::bigint ORDER BY (x.metadata ->> 'user')::bigint)
    FROM change c JOIN pghistory_context x ON x.id = c.pgh_context_id WHERE x.metadata ->> 'user' IS NOT NULL GROUP BY c.id
$$;

CREATE TRIGGER review_of_changed AFTER UPDATE ON customers_article REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('customers.article', 'id', 'slug topic title title_zh body body_zh');
CREATE TRIGGER review_of_deleted AFTER DELETE ON customers_article REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_content_changed('customers.article', 'id', '');
CREATE TRIGGER status_guard AFTER UPDATE ON customers_article REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_status_guard('customers.article');
CREATE TRIGGER status_guard_new AFTER INSERT ON customers_article REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_status_guard('customers.article');

-- The help centre finds live articles by their address, by topic, and by any part of their text.
CREATE INDEX live_article_address ON backoffice_liveversion ((content ->> 'slug')) WHERE subject_type = 'customers.article' AND is_live;
CREATE INDEX live_article_topic ON backoffice_liveversion ((content ->> 'topic'), (content ->> 'title'))
    WHERE subject_type = 'customers.article' AND is_live;
CREATE FUNCTION customers_article_text(jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT upper(concat($1 ->> 'title', ' ', $1 ->> 'title_zh', ' ', $1 ->> 'body', ' ', $1 ->> 'body_zh')) $$;
CREATE INDEX live_article_text ON backoffice_liveversion USING gin (customers_article_text(content) gin_trgm_ops)
    WHERE subject_type = 'customers.article' AND is_live;
