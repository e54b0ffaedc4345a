"""What a grader thought first is never changed."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER impression_append_only BEFORE UPDATE OR DELETE ON assessments_impression
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER impression_append_only ON assessments_impression;"


class Migration(migrations.Migration):
    dependencies = [("assessments", "0035_own_marks")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
