"""The gate of a practical and the recording of what was handed in. No practical has a row before this one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0008_exams_guards")]
    operations = [
        migrations.AddField(
            "practical",
            "exam",
            models.ForeignKey(
                "assessments.exam",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="practicals",
                help_text="Opens it.",
            ),
        ),
        migrations.AddField(
            "historicalpractical",
            "exam",
            models.ForeignKey(
                "assessments.exam",
                blank=True,
                null=True,
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                help_text="Opens it.",
            ),
        ),
        migrations.AddField(
            "submissionversion",
            "recording",
            models.ForeignKey(
                "assessments.recording",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
            ),
        ),
    ]
