"""A preview lists other programs and tiers too, and rules may be approved to go live on their day."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILL = """
UPDATE accreditation_effect effect SET program_id = proposal.program_id
FROM accreditation_proposal proposal WHERE proposal.id = effect.proposal_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0024_tiers_of_organisations")]

    operations = [
        migrations.AddField(
            model_name="effect",
            name="program",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accreditation.program"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="effect",
            name="program",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accreditation.program"
            ),
        ),
        migrations.AlterModelOptions(
            name='effect',
            options={'ordering': ['outcome', 'learner', 'pk']},
        ),
        migrations.RemoveConstraint(
            model_name='effect',
            name='effect_once_per_person',
        ),
        migrations.AddField(
            model_name='effect',
            name='tier_after',
            field=models.CharField(blank=True, db_default="", max_length=80, verbose_name='tier then'),
        ),
        migrations.AddField(
            model_name='effect',
            name='tier_before',
            field=models.CharField(blank=True, db_default="", max_length=80, verbose_name='tier now'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='approved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='proposal',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='effect',
            name='outcome',
            field=models.CharField(choices=[('gains', 'becomes accredited'), ('loses', 'no longer in force'), ('kept', 'keeps it by the rules that were met'), ('earlier', 'ends earlier'), ('later', 'ends later'), ('tier', 'another tier')], max_length=7),
        ),
        migrations.AddConstraint(
            model_name='effect',
            constraint=models.UniqueConstraint(fields=('proposal', 'program', 'learner'), name='effect_once_per_person_and_program'),
        ),
    ]
