"""What was signed in favour of an award never changes, and what was taken back stays so: a trigger refuses anything else."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION badges_endorsement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['state', 'withdrawn_at', 'withdrawn_by_id', 'reason', 'hidden_at', 'resign_due_at', 'succeeded_at'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'an endorsement stays as it was signed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'withdrawn' AND (NEW.state, NEW.withdrawn_at, NEW.withdrawn_by_id, NEW.reason)
       IS DISTINCT FROM (OLD.state, OLD.withdrawn_at, OLD.withdrawn_by_id, OLD.reason) THEN
        RAISE EXCEPTION 'a withdrawn endorsement stays withdrawn' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER endorsement_stays BEFORE UPDATE OR DELETE ON badges_endorsement
    FOR EACH ROW EXECUTE FUNCTION badges_endorsement_stays();
"""
BACKWARD = """
DROP TRIGGER endorsement_stays ON badges_endorsement;
DROP FUNCTION badges_endorsement_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0017_endorsements")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
