"""What can be found, in one table, and pg_trgm for what was typed wrongly (a trusted extension: the owner may add it)."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

KINDS = [
    ("program", "Programs"),
    ("path", "Learning paths"),
    ("course", "Courses"),
    ("lesson", "Lessons"),
    ("asset", "Library"),
    ("exam", "Exams"),
    ("practical", "Practicals"),
    ("badge", "Badges"),
]


class Migration(migrations.Migration):
    dependencies = [("courses", "0010_asset_versions_append_only")]
    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=KINDS, max_length=12)),
                ("row_id", models.BigIntegerField()),
                ("slug", models.CharField(max_length=120)),
                ("within_id", models.BigIntegerField(blank=True, null=True)),
                ("within_slug", models.CharField(blank=True, max_length=120)),
                ("within", models.CharField(blank=True, max_length=300)),
                ("title", models.CharField(max_length=300)),
                ("words", models.TextField(blank=True)),
                ("summary", models.TextField(blank=True)),
                ("body", models.TextField(blank=True)),
                ("folded", models.TextField(blank=True)),
                ("title_vector", SearchVectorField()),
                ("vector", SearchVectorField()),
            ],
            options={
                "verbose_name_plural": "search entries",
                "ordering": ["kind", "title", "pk"],
                "indexes": [
                    GinIndex(fields=["title_vector"], name="search_entry_by_title"),
                    GinIndex(fields=["vector"], name="search_entry_by_words"),
                    GinIndex(OpClass(models.F("folded"), name="gin_trgm_ops"), name="search_entry_by_trigrams"),
                ],
                "constraints": [models.UniqueConstraint(fields=("kind", "row_id"), name="search_entry_once_per_row")],
            },
        ),
    ]
