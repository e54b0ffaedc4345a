"""Indexes that no query asks: two repeat the start of a unique constraint, one made every save write all the others."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0025_one_recording_less'),
    ]

    operations = [
        migrations.AlterField(
            model_name='attemptitem',
            name='attempt',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='assessments.attempt'),
        ),
        migrations.AlterField(
            model_name='attemptitem',
            name='current_event',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.responseevent'),
        ),
        migrations.AlterField(
            model_name='responseevent',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='assessments.attemptitem'),
        ),
    ]
