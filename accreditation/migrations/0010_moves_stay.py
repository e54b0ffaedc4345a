"""A move is never changed or deleted."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER move_append_only BEFORE UPDATE OR DELETE ON accreditation_move FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER move_append_only ON accreditation_move;"


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0009_organisations")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
