"""Practicals name items of the library to use for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0063_supervision_of_a_try"), ("courses", "0012_search_is_kept")]
    operations = [
        migrations.AddField(
            model_name="practical",
            name="assets",
            field=models.ManyToManyField(
                blank=True,
                help_text="To use for it. Shown to those for whom they are.",
                related_name="practicals",
                to="courses.asset",
                verbose_name="items of the library",
            ),
        ),
    ]
