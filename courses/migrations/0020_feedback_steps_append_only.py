"""What was done about a remark, when and by whom is never changed or deleted."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER feedback_step_append_only BEFORE UPDATE OR DELETE ON courses_feedbackstep
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER feedback_step_append_only ON courses_feedbackstep;"


class Migration(migrations.Migration):
    dependencies = [("courses", "0019_fill_feedback")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
