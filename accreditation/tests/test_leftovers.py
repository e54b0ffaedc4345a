"""The test database after a session that was cut off."""

import pytest
from django.db import connection

from accreditation.testing import leftovers
from courses.models import Role
from courses.tests.at_once import start

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def marked_again():
    yield
    leftovers._say(leftovers.MARK)


def leave_a_row():
    Role.objects.create(slug="left-over", name="Left over")
    return Role.objects.filter(slug="left-over")


def among_ourselves(monkeypatch):
    """Count nobody who is in the database already: other tests of this process leave connections open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database()")
        (known,) = cursor.fetchone()
    asked = leftovers.WAS_CUT_OFF.replace("pid <> pg_backend_pid()", f"pid <> ALL (ARRAY{known})")
    monkeypatch.setattr(leftovers, "WAS_CUT_OFF", asked)


def test_rows_of_a_session_that_was_cut_off_are_gone(monkeypatch):
    among_ourselves(monkeypatch)
    rows = leave_a_row()

    assert leftovers.begin() is True
    assert not rows.exists()


def test_session_that_ended_in_order_leaves_nothing_to_do():
    rows = leave_a_row()
    leftovers.end()

    assert leftovers.begin() is False
    assert rows.exists()


def test_database_in_which_somebody_else_is_at_work_is_left_alone():
    rows = leave_a_row()

    assert start(leftovers.begin)() is False
    assert rows.exists()


def test_this_session_has_marked_its_database():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        assert cursor.fetchone() == (leftovers.MARK,)
