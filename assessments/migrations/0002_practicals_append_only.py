"""What was handed in, decided or described once never changes: triggers refuse it."""

from django.db import migrations

TABLES = ("rubricversion", "criterion", "level", "submissionversion", "submissionevent", "decision")
FORWARD = "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON assessments_{table} "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change();\n"
    for table in TABLES
)
BACKWARD = "".join(f"DROP TRIGGER {table}_append_only ON assessments_{table};\n" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_practicals"), ("courses", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
