"""What an asset said is never changed or deleted: whoever used it can look up what it said then."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER asset_version_append_only BEFORE UPDATE OR DELETE ON courses_assetversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER asset_version_append_only ON courses_assetversion;"


class Migration(migrations.Migration):
    dependencies = [("courses", "0009_library")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
