"""A key that was used changes by its correction only; what an applied correction changed is history."""

from django.db import migrations

FORWARD = """
DROP TRIGGER answer_key_immutable ON assessments_answerkey;
CREATE TRIGGER answer_key_immutable BEFORE INSERT OR DELETE OR UPDATE OF id, version_id, fractions, feedback, rationale
    ON assessments_answerkey FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_part();
CREATE FUNCTION refuse_change_of_applied_regrade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM assessments_regrade WHERE id = OLD.regrade_id AND state = 'applied')
       AND (TG_OP = 'DELETE' OR OLD.outcome IN ('kept', 'withdrawn')
            OR (OLD.regrade_id, OLD.attempt_id, OLD.mark_before, OLD.mark_after, OLD.score_before, OLD.score_after,
                OLD.maximum_before, OLD.maximum_after, OLD.passed_before, OLD.passed_after)
               IS DISTINCT FROM
               (NEW.regrade_id, NEW.attempt_id, NEW.mark_before, NEW.mark_after, NEW.score_before, NEW.score_after,
                NEW.maximum_before, NEW.maximum_after, NEW.passed_before, NEW.passed_after)) THEN
        RAISE EXCEPTION 'what an applied regrade changed is history' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER regrade_change_kept BEFORE UPDATE OR DELETE ON assessments_regradechange
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_applied_regrade();
CREATE FUNCTION refuse_change_of_regrade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('applied', 'dropped')
       OR (OLD.version_id, OLD.effect, OLD.answers, OLD.reason, OLD.made_by_id, OLD.made_at)
          IS DISTINCT FROM (NEW.version_id, NEW.effect, NEW.answers, NEW.reason, NEW.made_by_id, NEW.made_at) THEN
        RAISE EXCEPTION 'a regrade is history' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER regrade_kept BEFORE UPDATE OR DELETE ON assessments_regrade
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_regrade();
"""
BACKWARD = """
DROP TRIGGER regrade_kept ON assessments_regrade;
DROP FUNCTION refuse_change_of_regrade();
DROP TRIGGER regrade_change_kept ON assessments_regradechange;
DROP FUNCTION refuse_change_of_applied_regrade();
DROP TRIGGER answer_key_immutable ON assessments_answerkey;
CREATE TRIGGER answer_key_immutable BEFORE INSERT OR UPDATE OR DELETE ON assessments_answerkey
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_part();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0016_regrades")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
