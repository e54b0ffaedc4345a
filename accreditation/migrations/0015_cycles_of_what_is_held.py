"""Accreditations that were computed before the times of holding them were kept: the one time that is known."""

from django.db import migrations

FILL = """
UPDATE accreditation_accreditation SET cycles = ARRAY[ARRAY[completed_on, valid_until]]
WHERE completed_on IS NOT NULL AND valid_until IS NOT NULL AND cycles = '{}' AND state IN ('accredited', 'fading', 'lapsed')
"""


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0014_requirements_as_data")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
