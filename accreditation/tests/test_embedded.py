"""`make run` as a person meets it: started, stopped, killed, started again. Real servers, nothing of Docker."""

import contextlib
import os
import signal
import stat

import psycopg2
import pytest

from accreditation.embedded import socket_folder
from accreditation.tests.portals import Portal, eventually, free_port

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """One folder for the whole file, so that only the first start makes the database."""
    portal = Portal(tmp_path_factory.mktemp("up") / "local")
    yield portal
    portal.end()


@pytest.fixture
def socket(portal, monkeypatch):
    monkeypatch.setattr("accreditation.embedded.LOCAL", portal.folder)
    return socket_folder("pg", ".s.PGSQL.5432.lock")


def ask(socket, statement):
    """One statement to the running database, committed."""
    connection = psycopg2.connect(host=str(socket), user="postgres", dbname="accreditation")
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_up_tells_the_address_and_the_accounts(portal):
    portal.start(ignore_sigint=True)

    assert portal.ready()
    assert f"http://localhost:{portal.port}/" in portal.text
    assert "learner@example.com" in portal.text and "demo-accreditation" in portal.text
    assert stat.S_IMODE((portal.folder / "env").stat().st_mode) == 0o600
    assert len(portal.processes()) > 8


def test_a_second_shell_needs_nothing_set(portal):
    count = "from accreditation.models import Program; print(Program.objects.count())"

    told = portal.manage("shell", "-v0", "-c", count)

    assert int(told.stdout) > 3, told.stderr


def test_a_second_up_in_the_same_folder_is_refused(portal):
    refused = portal.manage("up", "--no-demo")

    assert refused.returncode == 1
    assert "already runs from this folder" in refused.stderr and "Traceback" not in refused.stderr
    assert portal.ready()


def test_ctrl_c_stops_all_of_it_even_where_a_script_had_sigint_ignored(portal):
    code = portal.signal(signal.SIGINT)

    assert code == 0
    assert portal.processes() == {}
    assert "Traceback" not in portal.text


def test_what_a_kill_9_left_is_ended_by_the_next_start_and_nothing_is_lost(portal, socket):
    portal.start()
    first_address = (portal.folder / "env").read_text().partition("SITE_URL=")[2].split()[0]
    ask(
        socket,
        "INSERT INTO courses_role (slug, name, summary, position) VALUES ('kept', 'Kept', '', 99) RETURNING slug",
    )
    portal.signal(signal.SIGKILL)
    orphans = set(portal.processes())
    assert len(orphans) > 8
    portal.port = free_port()

    portal.start()

    assert "ended what it left: postgres, valkey, web, worker, media, slow, beat" in portal.text
    assert not orphans & set(portal.processes())
    assert portal.ready()
    assert ask(socket, "SELECT name FROM courses_role WHERE slug = 'kept'") == ("Kept",)
    assert f"PORT={portal.port}\n" in (portal.folder / "env").read_text()
    assert f"SITE_URL={first_address}\n" in (portal.folder / "env").read_text()


def test_down_stops_a_living_up(portal):
    stopped = portal.manage("down")

    assert (stopped.returncode, stopped.stdout.strip()) == (0, "Stopped the portal.")
    assert portal.process.wait(120) == 0
    assert portal.processes() == {}
    assert portal.manage("down").stdout.strip() == "Nothing was left running."


def test_a_dead_database_is_started_once_more_and_any_other_death_ends_all(portal, socket):
    portal.start()
    os.kill(portal.pid_of("postgres"), signal.SIGKILL)
    assert eventually(lambda: "starting it once more" in portal.text, 120)
    assert eventually(portal.ready, 120), portal.text
    assert ask(socket, "SELECT name FROM courses_role WHERE slug = 'kept'") == ("Kept",)

    os.kill(portal.pid_of("valkey-server"), signal.SIGKILL)

    assert portal.process.wait(120) == 1
    assert "valkey ended with -9:" in portal.text and "Ready to accept connections" in portal.text
    assert portal.processes() == {}
