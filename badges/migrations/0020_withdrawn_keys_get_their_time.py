"""Keys that were withdrawn before the time was kept: it was no later than now."""

from django.db import migrations

FILL = """
ALTER TABLE badges_signingkey DISABLE TRIGGER signing_key_stays;
UPDATE badges_signingkey SET withdrawn_at = now() WHERE state = 'withdrawn' AND withdrawn_at IS NULL;
ALTER TABLE badges_signingkey ENABLE TRIGGER signing_key_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0019_live_in_order")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
