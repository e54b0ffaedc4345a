"""The columns that the list of recordings replaced."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0024_fill_recordings")]

    operations = [
        migrations.RemoveConstraint(
            model_name='practical',
            name='practical_asks_for_recording_or_notes',
        ),
        migrations.RemoveField(
            model_name='historicalpractical',
            name='recording_required',
        ),
        migrations.RemoveField(
            model_name='practical',
            name='recording_required',
        ),
        migrations.RemoveField(
            model_name='submissionversion',
            name='recording',
        ),
        migrations.AddConstraint(
            model_name='practical',
            constraint=models.CheckConstraint(condition=models.Q(('recordings_required__gte', 1), ('notes_required', True), _connector='OR'), name='practical_asks_for_recording_or_notes'),
        ),
    ]
