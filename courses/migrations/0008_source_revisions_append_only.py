"""A revision of a source is never changed or deleted: what was asked for because of it stays explained."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER source_revision_append_only BEFORE UPDATE OR DELETE ON courses_sourcerevision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER source_revision_append_only ON courses_sourcerevision;"


class Migration(migrations.Migration):
    dependencies = [("courses", "0007_sources")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
