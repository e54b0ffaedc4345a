"""Programs name items of the library to use on the way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0034_saved_report_views"), ("courses", "0012_search_is_kept")]
    operations = [
        migrations.AddField(
            model_name="program",
            name="assets",
            field=models.ManyToManyField(
                blank=True,
                help_text="To use on the way. Shown to those for whom they are.",
                related_name="programs",
                to="courses.asset",
                verbose_name="items of the library",
            ),
        ),
    ]
