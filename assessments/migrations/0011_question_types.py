"""What the other question types need: rows in groups, keys of any shape, topics beside objectives, practice and enemies."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0010_attempt_permission'),
        ('courses', '0002_append_only'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='blueprintcell',
            name='blueprint_cell_course_or_objective',
        ),
        migrations.AlterField(
            model_name='answerkey',
            name='fractions',
            field=models.JSONField(db_column='fractions', default=dict),
        ),
        migrations.RenameField(
            model_name='answerkey',
            old_name='fractions',
            new_name='answers',
        ),
        migrations.AddField(
            model_name='answerkey',
            name='feedback',
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='blueprintcell',
            name='topic',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='historicalquestion',
            name='practice_only',
            field=models.BooleanField(db_default=False, default=False, help_text='Asked in practice sets, never in an exam.'),
        ),
        migrations.AddField(
            model_name='historicalquestion',
            name='title',
            field=models.CharField(blank=True, db_default='', help_text="For lists; learners don't see it.", max_length=200),
        ),
        migrations.AddField(
            model_name='historicalquestion',
            name='topic',
            field=models.CharField(blank=True, db_default='', help_text='Where no objective fits, for example the category of an imported file.', max_length=200),
        ),
        migrations.AddField(
            model_name='option',
            name='group',
            field=models.CharField(blank=True, db_default='', max_length=10),
        ),
        migrations.AddField(
            model_name='question',
            name='enemies',
            field=models.ManyToManyField(blank=True, help_text='Questions that give this one away: one attempt never asks both.', to='assessments.question'),
        ),
        migrations.AddField(
            model_name='question',
            name='practice_only',
            field=models.BooleanField(db_default=False, default=False, help_text='Asked in practice sets, never in an exam.'),
        ),
        migrations.AddField(
            model_name='question',
            name='title',
            field=models.CharField(blank=True, db_default='', help_text="For lists; learners don't see it.", max_length=200),
        ),
        migrations.AddField(
            model_name='question',
            name='topic',
            field=models.CharField(blank=True, db_default='', help_text='Where no objective fits, for example the category of an imported file.', max_length=200),
        ),
        migrations.AlterField(
            model_name='question',
            name='objective',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='courses.objective'),
        ),
        migrations.AddConstraint(
            model_name='blueprintcell',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('course__isnull', True), ('objective__isnull', True)), models.Q(('course__isnull', True), ('topic', '')), models.Q(('objective__isnull', True), ('topic', '')), _connector='OR'), name='blueprint_cell_one_kind_of_topic'),
        ),
    ]
