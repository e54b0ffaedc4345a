"""What a learner appealed against, and why, is never changed."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER appeal_append_only BEFORE UPDATE OR DELETE ON assessments_appeal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER appeal_append_only ON assessments_appeal;"


class Migration(migrations.Migration):
    dependencies = [("assessments", "0046_appeals")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
