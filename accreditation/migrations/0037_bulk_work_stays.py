"""The journal of bulk work is appended: what was ordered and what was settled stays, but a person's own values may be blanked."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION keep_bulk_deed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
        (NEW.kind, NEW.undoes_id, NEW.people_import_id, NEW.filter, NEW.title, NEW.people, NEW.by_id, NEW.made_at)
            IS DISTINCT FROM
        (OLD.kind, OLD.undoes_id, OLD.people_import_id, OLD.filter, OLD.title, OLD.people, OLD.by_id, OLD.made_at)
        OR NEW.arguments IS DISTINCT FROM OLD.arguments OR OLD.state = 'done'
    THEN
        RAISE EXCEPTION 'the journal of bulk work is only appended to';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bulk_deed_stays BEFORE UPDATE OR DELETE ON accreditation_bulkdeed
    FOR EACH ROW EXECUTE FUNCTION keep_bulk_deed();

CREATE FUNCTION keep_bulk_deed_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
        (NEW.deed_id, NEW.position, NEW.import_row_id, NEW.undoes_id)
            IS DISTINCT FROM (OLD.deed_id, OLD.position, OLD.import_row_id, OLD.undoes_id)
        OR (NEW.person_id IS DISTINCT FROM OLD.person_id AND NEW.person_id IS NOT NULL AND OLD.person_id IS NOT NULL)
        OR (OLD.state <> 'waiting' AND (
            (NEW.state, NEW.settled_at) IS DISTINCT FROM (OLD.state, OLD.settled_at)
            OR (NEW.person_id IS DISTINCT FROM OLD.person_id AND NEW.person_id IS NOT NULL)
            OR (NEW.why <> OLD.why AND NEW.why <> '')
            OR (NEW.before <> OLD.before AND NEW.before <> '{}'::jsonb)
            OR (NEW.after <> OLD.after AND NEW.after <> '{}'::jsonb)
        ))
    THEN
        RAISE EXCEPTION 'the journal of bulk work is only appended to';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bulk_deed_row_stays BEFORE UPDATE OR DELETE ON accreditation_bulkdeedrow
    FOR EACH ROW EXECUTE FUNCTION keep_bulk_deed_row();

CREATE FUNCTION keep_people_import_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
        (NEW.people_import_id, NEW.position, NEW.line, NEW.becomes)
            IS DISTINCT FROM (OLD.people_import_id, OLD.position, OLD.line, OLD.becomes)
        OR (NEW.email <> OLD.email AND NEW.email <> '')
        OR (NEW.values <> OLD.values AND NEW.values <> '{}'::jsonb)
        OR (NEW.seen <> OLD.seen AND NEW.seen <> '{}'::jsonb)
        OR (NEW.problems <> OLD.problems AND NEW.problems <> '[]'::jsonb)
    THEN
        RAISE EXCEPTION 'what was previewed stays as it was seen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER people_import_row_stays BEFORE UPDATE OR DELETE ON accreditation_peopleimportrow
    FOR EACH ROW EXECUTE FUNCTION keep_people_import_row();
"""
BACKWARD = """
DROP TRIGGER bulk_deed_stays ON accreditation_bulkdeed;
DROP FUNCTION keep_bulk_deed();
DROP TRIGGER bulk_deed_row_stays ON accreditation_bulkdeedrow;
DROP FUNCTION keep_bulk_deed_row();
DROP TRIGGER people_import_row_stays ON accreditation_peopleimportrow;
DROP FUNCTION keep_people_import_row();
"""


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0036_bulk_work")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
