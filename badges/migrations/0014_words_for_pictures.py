"""Badges from before alternative texts get the one that they would be given now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("badges", "0013_designs_of_badges")]
    operations = [
        migrations.RunSQL(
            "UPDATE badges_achievement SET alt_text = 'Badge: ' || name WHERE alt_text = ''", migrations.RunSQL.noop
        )
    ]
