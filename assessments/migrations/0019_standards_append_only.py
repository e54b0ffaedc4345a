"""What the database itself refuses: a judgement that changes."""

from django.db import migrations

FORWARD = (
    "CREATE TRIGGER judgement_append_only BEFORE UPDATE OR DELETE ON assessments_judgement "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change();"
)
BACKWARD = "DROP TRIGGER judgement_append_only ON assessments_judgement;"


class Migration(migrations.Migration):
    dependencies = [("assessments", "0018_standards")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
