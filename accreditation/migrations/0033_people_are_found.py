"""A part of a name or an address finds a person among 100,000."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0032_programs_are_found")]
    operations = [
        migrations.AddIndex(
            model_name="user",
            index=GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="user_by_part_of_name"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="user_by_part_of_email"),
        ),
    ]
