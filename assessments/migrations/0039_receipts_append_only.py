"""A receipt of what was removed never changes, and neither a purge nor a legal hold is ever deleted: triggers refuse it."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER purgereceipt_append_only BEFORE UPDATE OR DELETE ON assessments_purgereceipt
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purge_stays BEFORE DELETE ON assessments_purge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purge_keeps_its_target BEFORE UPDATE OF recording_id, file_id, rule ON assessments_purge
    FOR EACH ROW WHEN (OLD.recording_id IS DISTINCT FROM NEW.recording_id OR OLD.file_id IS DISTINCT FROM NEW.file_id
        OR OLD.rule IS DISTINCT FROM NEW.rule) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_hold_stays BEFORE DELETE ON assessments_legalhold
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_hold_lifted_once BEFORE UPDATE ON assessments_legalhold
    FOR EACH ROW WHEN (OLD.lifted_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER legal_hold_lifted_once ON assessments_legalhold;
DROP TRIGGER legal_hold_stays ON assessments_legalhold;
DROP TRIGGER purge_keeps_its_target ON assessments_purge;
DROP TRIGGER purge_stays ON assessments_purge;
DROP TRIGGER purgereceipt_append_only ON assessments_purgereceipt;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0038_retention"), ("courses", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
