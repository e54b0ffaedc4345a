"""A comparison that was judged or put aside never changes, and none is deleted."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION comparison_kept_once_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.judged_at IS NOT NULL OR OLD.passed_at IS NOT NULL THEN
        RAISE EXCEPTION 'comparison_kept_once_answered' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER comparison_kept_once_answered BEFORE UPDATE OR DELETE ON assessments_comparison
    FOR EACH ROW EXECUTE FUNCTION comparison_kept_once_answered();
"""
BACKWARD = """
DROP TRIGGER comparison_kept_once_answered ON assessments_comparison;
DROP FUNCTION comparison_kept_once_answered();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0053_judging")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
