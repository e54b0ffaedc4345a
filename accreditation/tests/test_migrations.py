"""The short path of a new database and the long one of an old database lead to the same models."""

import pytest
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from courses.lib.squashing import AllAtOnce

SQUASHED = [
    ("assessments", "0001_squashed_0054_comparisons_kept"),
    ("accreditation", "0002_squashed_0008_upload_notices"),
]


@pytest.mark.parametrize(("app", "name"), SQUASHED)
def test_a_squashed_migration_leads_to_the_models_of_those_it_replaces(app, name):
    short, long = MigrationLoader(None), MigrationLoader(None, replace_migrations=False)
    last = short.get_migration(app, name).replaces[-1]

    found, wanted = short.project_state((app, name)), long.project_state(last)

    assert len([key for key in found.models if key[0] == app]) > 15
    assert MigrationAutodetector(found, wanted).changes(short.graph, trim_to_apps={app}) == {}


@pytest.mark.django_db
def test_operations_at_once_make_tables_that_point_at_each_other_and_take_them_back():
    link = {"on_delete": models.PROTECT, "null": True}
    key = ("id", models.BigAutoField(primary_key=True))
    both = AllAtOnce(
        [
            CreateModel("Heads", [key, ("other", models.ForeignKey("courses.tails", **link))]),
            CreateModel("Tails", [key, ("other", models.ForeignKey("courses.heads", **link))]),
        ]
    )
    names = {"courses_heads", "courses_tails"}
    before, after = ProjectState(), ProjectState()
    both.state_forwards("courses", after)

    with connection.schema_editor() as editor:
        both.database_forwards("courses", editor, before, after)
    assert names <= set(connection.introspection.table_names())
    with connection.schema_editor() as editor:
        both.database_backwards("courses", editor, after, before)
    assert not names & set(connection.introspection.table_names())
    assert both.describe() == "2 operations at once"
