"""What a criterion shows may be said later; what it says never changes."""

from django.db import migrations

WORDED = "id, rubric_version_id, slug, area, name, position, source_revision_id"
FORWARD = f"""
DROP TRIGGER criterion_append_only ON assessments_criterion;
CREATE TRIGGER criterion_append_only BEFORE DELETE OR UPDATE OF {WORDED} ON assessments_criterion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER criterion_append_only ON assessments_criterion;
CREATE TRIGGER criterion_append_only BEFORE UPDATE OR DELETE ON assessments_criterion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0061_alignments")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
