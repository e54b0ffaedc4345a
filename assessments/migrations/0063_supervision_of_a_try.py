"""A try keeps how alone its learner was; those that there are take what their practicals say today."""

from django.db import migrations, models

FILL = """
UPDATE assessments_submission submission SET supervision = practical.supervision
FROM assessments_practical practical WHERE practical.id = submission.practical_id AND practical.supervision <> ''
"""


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0062_criteria_may_be_aligned'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='supervision',
            field=models.CharField(blank=True, choices=[('', 'not applicable'), ('observed', 'observed'), ('shadowed', 'shadowed'), ('alone', 'alone')], db_default='', default='', editable=False, help_text='How alone the learner was, as its practical said when it was opened.', max_length=8),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
