"""Counters of progress beside each standing; a standing for everybody who is enrolled; all of it computed again soon."""

import django.contrib.postgres.fields
from django.db import migrations, models

ENROLLED = """
INSERT INTO accreditation_accreditation (learner_id, program_id, version_id, state, computed_at)
SELECT enrolment.learner_id, enrolment.program_id, program.current_version_id, 'not_started', now()
FROM accreditation_enrolment enrolment JOIN accreditation_program program ON program.id = enrolment.program_id
WHERE enrolment.withdrawn_at IS NULL AND program.current_version_id IS NOT NULL
ON CONFLICT (learner_id, program_id) DO NOTHING
"""
COMPUTE_AGAIN = """
INSERT INTO accreditation_programreassessment (program_id, due_at)
SELECT id, now() FROM accreditation_program WHERE current_version_id IS NOT NULL
ON CONFLICT (program_id) WHERE done_at IS NULL DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accreditation', "0021_evidence_verticals"),
        ('badges', '0022_erased_authors'),
    ]

    operations = [
        migrations.AddField(
            model_name='accreditation',
            name='asked',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='requirements asked'),
        ),
        migrations.AddField(
            model_name='accreditation',
            name='met',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='requirements met'),
        ),
        migrations.AddField(
            model_name='accreditation',
            name='open_requirements',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None),
        ),
        migrations.AddIndex(
            model_name='accreditation',
            index=models.Index(fields=['program', 'state'], name='accreditation_by_program_state'),
        ),
        migrations.RunSQL(ENROLLED, migrations.RunSQL.noop),
        migrations.RunSQL(COMPUTE_AGAIN, migrations.RunSQL.noop),
    ]
