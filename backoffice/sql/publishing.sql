-- Content is reviewed before the public sees it. A subject is a row of a table of a module that has registered itself by
-- functions named after its table: for catalog_product
--   catalog_product_contents(bigint[])  the content of these rows, as (id, content jsonb)
--   catalog_product_authors(bigint[])   who changed it since it last went live, as (id, authors bigint[])
--   catalog_product_seen()              how far the row history has come, for the next call of the former
-- and by the triggers backoffice_content_changed and backoffice_status_guard. Its columns id, status, published_at and
-- updated_at are written here. Everybody locks subjects first, in the order of their keys, then reviews, then live versions.

CREATE SEQUENCE backoffice_live_position;

CREATE FUNCTION backoffice_digest(jsonb) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT encode(sha256(convert_to($1::text, 'UTF8')), 'hex') $$;

CREATE FUNCTION backoffice_table(kind text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT replace($1, '.', '_') $$;

CREATE FUNCTION backoffice_lock_subjects(kind text, ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT 1 FROM %I WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', backoffice_table(kind)) USING ids;
END
$$;

-- The digest of each of these rows as it is now.
CREATE FUNCTION backoffice_digests(kind text, ids bigint[]) RETURNS TABLE (id bigint, digest text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT c.id, backoffice_digest(c.content) FROM %I($1) c', backoffice_table(kind) || '_contents'
    ) USING ids;
END
$$;

-- Update subjects by a statement of $1 kind and $2 keys. Of many rows the triggers must be told that they are many: their
-- plans are made once, and join old and new rows one by one.
CREATE FUNCTION backoffice_update_subjects(statement text, kind text, ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    joins text := current_setting('enable_nestloop');
    plans text := current_setting('plan_cache_mode');
BEGIN
    IF cardinality(ids) > 500 THEN
        PERFORM set_config('enable_nestloop', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true);
    END IF;
    EXECUTE format(statement, backoffice_table(kind)) USING kind, ids;
    PERFORM set_config('enable_nestloop', joins, true), set_config('plan_cache_mode', plans, true);
END
$$;

-- Revisions of these rows as they are now; where the last one says the same, that one. The rows are locked already.
-- "known" names the authors where the caller knows them, as of rows that it made itself.
CREATE FUNCTION backoffice_capture(kind text, ids bigint[], by_user bigint, said text, known bigint[] DEFAULT NULL)
RETURNS TABLE (subject bigint, revision bigint, digest text) LANGUAGE plpgsql AS $$
DECLARE
    stem text := backoffice_table(kind);
    authors text := CASE WHEN known IS NULL
        THEN format('LEFT JOIN %I($2) w ON w.id = c.id', stem || '_authors') ELSE 'CROSS JOIN (SELECT $5 AS authors) w' END;
BEGIN
    RETURN QUERY EXECUTE format(
        $query$
        WITH now_is AS MATERIALIZED (
            SELECT c.id, c.content, backoffice_digest(c.content) AS digest, coalesce(w.authors, '{}') AS authors
            FROM %I($2) c %s
        ),
        compared AS MATERIALIZED (
            SELECT n.*, l.id AS last_id, coalesce(l.number, 0) AS last_number,
                   coalesce(l.digest = n.digest AND l.authors @> n.authors AND l.authors <@ n.authors, false) AS is_same
            FROM now_is n LEFT JOIN LATERAL (
                SELECT r.id, r.number, r.digest, r.authors FROM backoffice_revision r
                WHERE r.subject_type = $1 AND r.subject_id = n.id ORDER BY r.number DESC LIMIT 1
            ) l ON true
        ),
        made AS (
            INSERT INTO backoffice_revision
                (subject_type, subject_id, number, content, digest, authors, seen, created_by_id, created_at, note)
            SELECT $1, c.id, c.last_number + 1, c.content, c.digest, c.authors, (SELECT %I()), $3, clock_timestamp(), $4
            FROM compared c WHERE NOT c.is_same ORDER BY c.id
            RETURNING subject_id, id, digest::text
        )
        SELECT * FROM made UNION ALL SELECT c.id, c.last_id, c.digest FROM compared c WHERE c.is_same
        $query$, stem || '_contents', authors, stem || '_seen'
    ) USING kind, ids, by_user, said, known;
END
$$;

-- Rows of reviews and live versions have triggers of their own each, whose plans must not be made anew: plan_cache_mode.
-- Ask for these rows to be reviewed; waived, nobody needs to be asked. They are locked, drafts or published, and without a
-- pending review.
CREATE FUNCTION backoffice_submit(
    kind text, ids bigint[], by_user bigint, said text, publish timestamptz, expires timestamptz, waive boolean,
    known bigint[] DEFAULT NULL
) RETURNS TABLE (subject bigint, review bigint) LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
BEGIN
    -- What the capture writes is not yet seen by the statement that calls it.
    RETURN QUERY
    INSERT INTO backoffice_review
        (subject_type, subject_id, revision_id, digest, state, requested_by_id, requested_at, note, reason, publish_at, expires_at, waived)
    SELECT kind, c.subject, c.revision, c.digest, CASE WHEN waive THEN 'approved' ELSE 'open' END, by_user, clock_timestamp(),
           said, '', publish, expires, waive
    FROM backoffice_capture(kind, ids, by_user, said, known) c ORDER BY c.subject
    RETURNING subject_id, id;
    PERFORM backoffice_update_subjects(
        'UPDATE %I SET status = ''in_review'', updated_at = now() WHERE id = ANY($2) AND status IN (''draft'', ''published'')', kind, ids
    );
END
$$;

-- Make the revisions of these approved reviews live. The subjects are locked, and their digests were compared.
CREATE FUNCTION backoffice_go_live(kind text, reviews bigint[]) RETURNS bigint LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
DECLARE
    subjects bigint[];
BEGIN
    WITH moved AS (
        UPDATE backoffice_review SET state = 'published', ended_at = clock_timestamp()
        WHERE id = ANY(reviews) AND subject_type = kind AND state = 'approved' RETURNING id, subject_id
    )
    SELECT array_agg(id), array_agg(subject_id ORDER BY subject_id) INTO reviews, subjects FROM moved;
    IF subjects IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO backoffice_liveversion AS l
        (subject_type, subject_id, revision_id, review_id, content, is_live, has_changes, published_at, expires_at, position, changed_at)
    SELECT kind, r.subject_id, r.revision_id, r.id, '{}', true, false, clock_timestamp(), r.expires_at, 0, now()
    FROM backoffice_review r WHERE r.id = ANY(reviews) ORDER BY r.subject_id
    ON CONFLICT (subject_type, subject_id) DO UPDATE SET
        revision_id = excluded.revision_id, review_id = excluded.review_id, content = excluded.content, is_live = true,
        has_changes = false, published_at = excluded.published_at, expires_at = excluded.expires_at;
    PERFORM backoffice_update_subjects(
        'UPDATE %I SET status = ''published'', published_at = clock_timestamp(), updated_at = now() WHERE id = ANY($2)', kind, subjects
    );
    RETURN cardinality(subjects);
END
$$;

-- Take the live versions of these rows down; their tombstones stay. Those that were published become drafts. Locked already.
CREATE FUNCTION backoffice_take_down(kind text, ids bigint[]) RETURNS TABLE (subject bigint) LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
DECLARE
    subjects bigint[];
BEGIN
    WITH down AS (
        UPDATE backoffice_liveversion SET is_live = false, has_changes = false
        WHERE subject_type = kind AND subject_id = ANY(ids) AND is_live RETURNING subject_id
    )
    SELECT array_agg(subject_id ORDER BY subject_id) INTO subjects FROM down;
    PERFORM backoffice_update_subjects(
        'UPDATE %I SET status = ''draft'', updated_at = now() WHERE id = ANY($2) AND status = ''published''', kind, subjects
    );
    RETURN QUERY SELECT unnest(subjects);
END
$$;

-- End the pending reviews of these rows as withdrawn or void; the rows go back to published where something of them is
-- live, else to draft. Locked already.
CREATE FUNCTION backoffice_end_reviews(kind text, ids bigint[], become text, why text) RETURNS TABLE (subject bigint, review bigint)
LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
BEGIN
    RETURN QUERY
    UPDATE backoffice_review r SET state = become, ended_at = clock_timestamp(), reason = coalesce(nullif(why, ''), r.reason)
    WHERE r.subject_type = kind AND r.subject_id = ANY(ids) AND r.state IN ('open', 'approved') RETURNING r.subject_id, r.id;
    PERFORM backoffice_update_subjects(
        $query$
        UPDATE %I t SET updated_at = now(), status = CASE WHEN EXISTS (
            SELECT 1 FROM backoffice_liveversion l WHERE l.subject_type = $1 AND l.subject_id = t.id AND l.is_live
        ) THEN 'published' ELSE 'draft' END
        WHERE t.id = ANY($2) AND t.status IN ('in_review', 'scheduled')
        $query$, kind, ids
    );
END
$$;

-- Put back what was taken down and says the same still, by the approval that it had. Drafts, and locked already.
CREATE FUNCTION backoffice_revive(kind text, ids bigint[]) RETURNS bigint LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
DECLARE
    reviews bigint[];
    subjects bigint[];
BEGIN
    WITH again AS (
        INSERT INTO backoffice_review
            (subject_type, subject_id, revision_id, digest, state, requested_by_id, requested_at, note, decided_by_id, decided_at, reason,
             expires_at, waived)
        SELECT v.subject_type, v.subject_id, v.revision_id, v.digest, 'approved', v.requested_by_id, v.requested_at, v.note,
               v.decided_by_id, v.decided_at, v.reason, l.expires_at, v.waived
        FROM backoffice_liveversion l JOIN backoffice_review v ON v.id = l.review_id
        JOIN backoffice_digests(kind, ids) d ON d.id = l.subject_id AND d.digest = v.digest
        WHERE l.subject_type = kind AND NOT l.is_live AND (l.expires_at IS NULL OR l.expires_at > now())
          AND NOT EXISTS (SELECT 1 FROM backoffice_review p
                          WHERE p.subject_type = kind AND p.subject_id = l.subject_id AND p.state IN ('open', 'approved'))
        ORDER BY v.subject_id RETURNING id, subject_id
    )
    SELECT array_agg(id), array_agg(subject_id) INTO reviews, subjects FROM again;
    IF reviews IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM backoffice_update_subjects('UPDATE %I SET status = ''in_review'' WHERE id = ANY($2) AND status = ''draft''', kind, subjects);
    RETURN backoffice_go_live(kind, reviews);
END
$$;

-- Void the pending reviews of these rows that say something else by now, and mark what is live and has changes. Locked already.
CREATE FUNCTION backoffice_recheck(kind text, subjects bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    stale bigint[];
BEGIN
    SELECT array_agg(r.subject_id) INTO stale FROM backoffice_review r
    WHERE r.subject_type = kind AND r.state IN ('open', 'approved') AND r.subject_id = ANY(subjects);
    IF stale IS NOT NULL THEN
        SELECT array_agg(r.subject_id) INTO stale FROM backoffice_review r
        LEFT JOIN backoffice_digests(kind, stale) d ON d.id = r.subject_id
        WHERE r.subject_type = kind AND r.state IN ('open', 'approved') AND r.subject_id = ANY(stale)
          AND r.digest IS DISTINCT FROM d.digest;
    END IF;
    IF stale IS NOT NULL THEN
        PERFORM backoffice_end_reviews(kind, stale, 'void', '');
    END IF;
    -- Of few it is found out whether they differ; of many it is taken for granted.
    IF cardinality(subjects) <= 200 THEN
        UPDATE backoffice_liveversion l SET has_changes = r.digest IS DISTINCT FROM d.digest
        FROM backoffice_revision r, backoffice_digests(kind, subjects) d
        WHERE l.subject_type = kind AND l.subject_id = ANY(subjects) AND l.is_live AND r.id = l.revision_id AND d.id = l.subject_id
          AND l.has_changes <> (r.digest IS DISTINCT FROM d.digest);
    ELSE
        UPDATE backoffice_liveversion l SET has_changes = true
        WHERE l.subject_type = kind AND l.subject_id = ANY(subjects) AND l.is_live AND NOT l.has_changes;
    END IF;
END
$$;

-- What was changed is no longer what was reviewed: whoever changes it, and by whichever road.
-- Arguments: kind of the subject, the column that names it, the columns that are content; with a fourth, a table whose
-- column of that name refers to the changed row (the products of a category).
CREATE FUNCTION backoffice_content_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind CONSTANT text := TG_ARGV[0];
    subjects bigint[];
BEGIN
    IF NOT EXISTS (SELECT 1 FROM backoffice_review WHERE subject_type = kind AND state IN ('open', 'approved'))
        AND NOT EXISTS (SELECT 1 FROM backoffice_liveversion WHERE subject_type = kind AND is_live) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        EXECUTE format(
            'SELECT array_agg(DISTINCT s) FROM (SELECT unnest(ARRAY[o.%1$I, n.%1$I]) AS s FROM old_rows o JOIN new_rows n ON n.id = o.id'
            ' WHERE (%2$s) IS DISTINCT FROM (%3$s)) c',
            CASE WHEN TG_NARGS = 4 THEN 'id' ELSE TG_ARGV[1] END,
            (SELECT string_agg(format('o.%I', c), ', ') FROM unnest(string_to_array(TG_ARGV[2], ' ')) c),
            (SELECT string_agg(format('n.%I', c), ', ') FROM unnest(string_to_array(TG_ARGV[2], ' ')) c)
        ) INTO subjects;
    ELSIF TG_OP = 'INSERT' THEN
        EXECUTE format('SELECT array_agg(DISTINCT %I) FROM new_rows', TG_ARGV[1]) INTO subjects;
    ELSE
        EXECUTE format('SELECT array_agg(DISTINCT %I) FROM old_rows', TG_ARGV[1]) INTO subjects;
    END IF;
    IF TG_NARGS = 4 AND subjects IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(id) FROM %I WHERE %I = ANY($1)', TG_ARGV[3], TG_ARGV[1]) INTO subjects USING subjects;
    END IF;
    IF subjects IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME <> backoffice_table(kind) THEN
        PERFORM backoffice_lock_subjects(kind, subjects);
    END IF;
    IF TG_TABLE_NAME = backoffice_table(kind) AND TG_OP = 'DELETE' THEN
        PERFORM backoffice_end_reviews(kind, subjects, 'void', '');
        PERFORM backoffice_take_down(kind, subjects);
        RETURN NULL;
    END IF;
    PERFORM backoffice_recheck(kind, subjects);
    RETURN NULL;
END
$$;

-- The status of a working copy agrees with what is live and what is in review.
CREATE FUNCTION backoffice_status_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind CONSTANT text := TG_ARGV[0];
    settled bigint[];
    wrong bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT n.id INTO wrong FROM new_rows n WHERE n.status IN ('published', 'scheduled') LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION '% % is published by the approval of a review, not by its status.', TG_TABLE_NAME, wrong
            USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END IF;
    SELECT n.id INTO wrong FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE o.status <> n.status AND (
        n.status = 'published' AND NOT EXISTS (
            SELECT 1 FROM backoffice_liveversion l WHERE l.subject_type = kind AND l.subject_id = n.id AND l.is_live)
        OR n.status = 'scheduled' AND NOT EXISTS (
            SELECT 1 FROM backoffice_review r WHERE r.subject_type = kind AND r.subject_id = n.id AND r.state = 'approved')
        OR n.status = 'in_review' AND NOT EXISTS (
            SELECT 1 FROM backoffice_review r WHERE r.subject_type = kind AND r.subject_id = n.id AND r.state IN ('open', 'approved'))
        OR n.status IN ('draft', 'archived') AND EXISTS (
            SELECT 1 FROM backoffice_liveversion l WHERE l.subject_type = kind AND l.subject_id = n.id AND l.is_live)
    ) LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '% %: its status and its reviews or its live version disagree.', TG_TABLE_NAME, wrong
        USING ERRCODE = 'check_violation';
    END IF;
    -- Whoever ends a review by the status, as the undo of an import does, withdraws it.
    SELECT array_agg(n.id) INTO settled FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE o.status IN ('in_review', 'scheduled') AND n.status NOT IN ('in_review', 'scheduled');
    IF settled IS NOT NULL THEN
        UPDATE backoffice_review SET state = 'withdrawn', ended_at = clock_timestamp()
        WHERE subject_type = kind AND subject_id = ANY(settled) AND state IN ('open', 'approved');
    END IF;
    RETURN NULL;
END
$$;

-- A review is about a revision and its digest for good; who decides is none of the authors.
CREATE FUNCTION backoffice_review_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked record;
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.revision_id, OLD.digest, OLD.subject_type, OLD.subject_id, OLD.requested_by_id, OLD.waived)
        IS DISTINCT FROM (NEW.revision_id, NEW.digest, NEW.subject_type, NEW.subject_id, NEW.requested_by_id, NEW.waived) THEN
        RAISE EXCEPTION 'Review % stays about what was asked.', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' OR NEW.decided_by_id IS NOT NULL THEN
        SELECT subject_type, subject_id, digest, authors INTO asked FROM backoffice_revision WHERE id = NEW.revision_id;
        IF (asked.subject_type, asked.subject_id, asked.digest) IS DISTINCT FROM (NEW.subject_type, NEW.subject_id, NEW.digest::varchar) THEN
            RAISE EXCEPTION 'A review has the digest of its revision.' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.decided_by_id = ANY(asked.authors) THEN
            RAISE EXCEPTION 'Nobody decides on content that they wrote themselves. Ask a colleague.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_not_decided_by_an_author';
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER backoffice_review_guard BEFORE INSERT OR UPDATE ON backoffice_review
    FOR EACH ROW EXECUTE FUNCTION backoffice_review_guard();

-- Only what was approved is live. Positions are given under a lock that is held to the commit: they are in its order.
CREATE FUNCTION backoffice_live_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A live version is taken down, never deleted.' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT r.content INTO NEW.content FROM backoffice_review v JOIN backoffice_revision r ON r.id = v.revision_id
    WHERE v.id = NEW.review_id AND v.revision_id = NEW.revision_id AND v.digest = r.digest
      AND v.subject_type = NEW.subject_type AND v.subject_id = NEW.subject_id AND v.state IN ('approved', 'published');
    IF NOT FOUND THEN
        RAISE EXCEPTION '% % cannot go live: its revision has no approved review.', NEW.subject_type, NEW.subject_id
        USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('backoffice_live_position'));
    NEW.position := nextval('backoffice_live_position');
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE TRIGGER backoffice_live_guard BEFORE INSERT OR DELETE
    OR UPDATE OF subject_type, subject_id, revision_id, review_id, content, is_live, published_at, expires_at, position, changed_at
    ON backoffice_liveversion FOR EACH ROW EXECUTE FUNCTION backoffice_live_guard();
