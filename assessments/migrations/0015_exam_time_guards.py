"""What the database itself refuses: a noted outage that changes."""

from django.db import migrations

FORWARD = (
    "CREATE TRIGGER outage_append_only BEFORE UPDATE OR DELETE ON assessments_outage "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change();"
)
BACKWARD = "DROP TRIGGER outage_append_only ON assessments_outage;"


class Migration(migrations.Migration):
    dependencies = [("assessments", "0014_exam_time")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
