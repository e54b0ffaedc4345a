"""What was agreed to and where parts began never changes: triggers refuse it."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER recordingconsent_append_only BEFORE UPDATE OR DELETE ON assessments_recordingconsent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER partmark_append_only BEFORE UPDATE OR DELETE ON assessments_partmark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER partmark_append_only ON assessments_partmark;
DROP TRIGGER recordingconsent_append_only ON assessments_recordingconsent;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0030_recorder"), ("courses", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
