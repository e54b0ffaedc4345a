"""What the lead decided about further readings is never changed; a new row follows."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER review_policy_append_only BEFORE UPDATE OR DELETE ON assessments_reviewpolicy
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER review_policy_append_only ON assessments_reviewpolicy;"


class Migration(migrations.Migration):
    dependencies = [("assessments", "0041_graders_and_offers")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
