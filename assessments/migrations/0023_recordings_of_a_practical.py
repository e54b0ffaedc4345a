"""A practical may ask for several recordings, and a recording may have a camera track beside it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0022_question_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='comment',
            name='recording',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='assessments.recording'),
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='recordings_required',
            field=models.PositiveSmallIntegerField(default=1, help_text='How many; 0 for none.'),
        ),
        migrations.AddField(
            model_name='practical',
            name='recordings_required',
            field=models.PositiveSmallIntegerField(default=1, help_text='How many; 0 for none.'),
        ),
        migrations.AddField(
            model_name='recording',
            name='main',
            field=models.ForeignKey(blank=True, help_text='What this camera track shows.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tracks', to='assessments.recording'),
        ),
        migrations.AddField(
            model_name='recording',
            name='place',
            field=models.PositiveSmallIntegerField(default=1, help_text='Which of the recordings asked for it is, from 1.'),
        ),
        migrations.AddField(
            model_name='submissionversion',
            name='recordings',
            field=models.ManyToManyField(blank=True, related_name='versions', to='assessments.recording'),
        ),
        migrations.AddConstraint(
            model_name='recording',
            constraint=models.CheckConstraint(condition=models.Q(('place__gte', 1)), name='recording_place_from_one'),
        ),
        migrations.AddConstraint(
            model_name='recording',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'discarded'), _negated=True), fields=('main',), name='recording_one_camera_track'),
        ),
    ]
