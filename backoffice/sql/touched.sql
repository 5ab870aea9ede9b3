-- A live version that is brought up, because its prices changed, gets a new position and nothing else.
CREATE OR REPLACE FUNCTION backoffice_live_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A live version is taken down, never deleted.' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.position <> OLD.position
        AND (NEW.subject_type, NEW.subject_id, NEW.revision_id, NEW.review_id, NEW.is_live, NEW.published_at, NEW.expires_at)
        IS NOT DISTINCT FROM (OLD.subject_type, OLD.subject_id, OLD.revision_id, OLD.review_id, OLD.is_live, OLD.published_at, OLD.expires_at)
    THEN
        NEW.content := OLD.content;
    ELSE
        SELECT r.content INTO NEW.content FROM backoffice_review v JOIN backoffice_revision r ON r.id = v.revision_id
        WHERE v.id = NEW.review_id AND v.revision_id = NEW.revision_id AND v.digest = r.digest
          AND v.subject_type = NEW.subject_type AND v.subject_id = NEW.subject_id AND v.state IN ('approved', 'published');
        IF NOT FOUND THEN
            RAISE EXCEPTION '% % cannot go live: its revision has no approved review.', NEW.subject_type, NEW.subject_id
            USING ERRCODE = 'check_violation';
        END IF;
        NEW.content_position := NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('backoffice_live_position'));
    NEW.position := nextval('backoffice_live_position');
    NEW.content_position := coalesce(NEW.content_position, NEW.position);
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END
$$;
