"""What a host said of a session is never changed."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER attestation_append_only BEFORE UPDATE OR DELETE ON assessments_attestation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER attestation_append_only ON assessments_attestation;"


class Migration(migrations.Migration):
    dependencies = [("assessments", "0033_live_sessions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
