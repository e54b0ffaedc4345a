"""What the embedded default refuses, and where it keeps its things; no server is started here."""

import json
import os
import pwd
import signal
import socket
import stat
import subprocess

import pytest

from accreditation import embedded
from accreditation.embedded import binaries, postgres, services
from accreditation.embedded.binaries import Unusable
from accreditation.embedded.processes import Child, reap, remember, spawn, started_at
from accreditation.management.commands import up
from accreditation.tests.portals import eventually, manage

SERVED = {"DATABASE_URL": "postgres://nobody@localhost/nothing", "SECRET_KEY": "x", "ISSUER_SECRET": "y",
          "SITE_URL": "http://localhost:8000"}  # fmt: skip


@pytest.mark.parametrize("name", ["SECRET_KEY", "ISSUER_SECRET", "SITE_URL"])
def test_a_missing_variable_refuses_to_start_and_is_named(name):
    refused = manage("check", **{key: value for key, value in SERVED.items() if key != name})

    assert refused.returncode == 1
    assert f"{name} is not set" in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DEBUG": "true"}, "DEBUG works only in embedded mode"),
        ({"PORT": "eight"}, "PORT must be a whole number, not 'eight'"),
        ({"DATABASE_URL": "localhost/portal"}, "DATABASE_URL is no address of a PostgreSQL"),
        ({"DATABASE_URL": "sqlite:///portal"}, "DATABASE_URL is no address of a PostgreSQL"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL is no address of a Redis"),
        ({"SITE_URL": "portal.example.com"}, "SITE_URL must begin with http"),
        ({"DEBUG": "maybe"}, "DEBUG must be true or false, not 'maybe'"),
    ],
)
def test_a_wrong_variable_refuses_to_start_and_is_named(variables, sentence):
    refused = manage("check", **SERVED | variables)

    assert refused.returncode == 1
    assert sentence in refused.stderr and "Traceback" not in refused.stderr


def test_up_says_that_the_given_database_does_not_answer(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"postgres://nobody@127.0.0.1:{probe.getsockname()[1]}/nothing"
        refused = manage("up", PORTAL_LOCAL=str(tmp_path), PORT="0", **SERVED | {"DATABASE_URL": address})

    assert refused.returncode == 1
    assert "The database doesn't answer" in refused.stderr and "Traceback" not in refused.stderr
    assert not (tmp_path / "env").exists()


def test_up_asks_under_the_name_of_the_site(live_server, settings):
    settings.ALLOWED_HOSTS = ["portal.example.com"]

    assert services.answers(f"{live_server.url}/healthz", "portal.example.com")
    assert not services.answers(f"{live_server.url}/healthz", "localhost")


def test_a_taken_port_is_told_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(Unusable, match="PORT=8100 make run"):
            services.refuse_taken(taken.getsockname()[1])


def test_a_cluster_of_another_major_version_is_refused(tmp_path):
    (tmp_path / "PG_VERSION").write_text("13\n")

    with pytest.raises(Unusable, match=r"was made by PostgreSQL 13, this is \d\d\. .*pg_dump"):
        postgres.make_cluster(tmp_path)


def test_a_server_that_is_too_old_is_refused(tmp_path):
    fake = tmp_path / "postgres"
    fake.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.2'\n")
    fake.chmod(0o755)

    with pytest.raises(Unusable, match="PostgreSQL 14 is not supported; 15 to 18 are"):
        binaries.postgres_major(tmp_path)


def test_without_any_server_the_text_says_what_to_do(monkeypatch):
    monkeypatch.setattr(binaries, "_package", lambda name: None)
    monkeypatch.setattr(binaries.shutil, "which", lambda name: None)
    monkeypatch.setattr(binaries, "DEBIAN", binaries.Path("/nowhere"))
    monkeypatch.delenv("PG_BIN", raising=False)

    with pytest.raises(Unusable, match="DATABASE_URL"):
        binaries.postgres_folder()
    with pytest.raises(Unusable, match="REDIS_URL"):
        binaries.valkey_server()


def test_root_without_user_namespaces_is_told_three_ways_out(monkeypatch):
    monkeypatch.delenv("PORTAL_PG_USER", raising=False)
    monkeypatch.setattr(binaries.os, "geteuid", lambda: 0)
    monkeypatch.setattr(binaries.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1))

    with pytest.raises(Unusable, match=r"normal user.*PORTAL_PG_USER.*DATABASE_URL"):
        binaries.as_other_user()


def test_a_named_user_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("PORTAL_PG_USER", "nobody-of-that-name")
    monkeypatch.setattr(binaries.os, "geteuid", lambda: 0)

    with pytest.raises(Unusable, match="no such user"):
        binaries.as_other_user()


def test_root_may_start_postgresql_as_a_user_of_the_system(monkeypatch, tmp_path):
    given, nobody = [], pwd.getpwnam("nobody")
    monkeypatch.setenv("PORTAL_PG_USER", "nobody")
    monkeypatch.setattr(binaries.os, "geteuid", lambda: 0)
    monkeypatch.setattr(binaries.os, "chown", lambda *asked: given.append(asked))
    local = tmp_path / "local"
    (local / "data").mkdir(parents=True)
    local.chmod(0o700)

    binaries.hand_over(local / "data")

    assert given == [(local / "data", nobody.pw_uid, nobody.pw_gid)]
    assert stat.S_IMODE(local.stat().st_mode) == 0o711
    assert binaries.as_other_user()[:2] == ["setpriv", f"--reuid={nobody.pw_uid}"]


def test_nobody_but_root_needs_another_user(monkeypatch):
    monkeypatch.setattr(binaries.os, "geteuid", lambda: 1000)

    assert binaries.as_other_user() == []


def test_a_socket_path_that_is_too_long_falls_back_to_a_hashed_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded, "LOCAL", tmp_path)
    near = embedded.valkey_socket()
    monkeypatch.setattr(embedded, "LOCAL", tmp_path / ("long" * 30))
    far, other = embedded.valkey_socket(), embedded.postgres_socket()

    assert near.is_relative_to(tmp_path)
    assert len(os.fsencode(far)) <= embedded.SOCKET_LIMIT
    assert not far.is_relative_to(tmp_path) and far.parent != other


def test_a_pid_alone_is_never_trusted(tmp_path):
    stranger = spawn("web", ["sleep", "30"], tmp_path / "log")
    record = tmp_path / "up.json"
    record.write_text(json.dumps([{"name": "web", "pid": stranger.process.pid, "started": "another boot:1"}]))

    ended = reap(record)

    assert ended == [] and stranger.process.poll() is None
    stranger.stop()


def test_a_session_is_ended_with_everything_that_its_leader_left(tmp_path):
    leader = spawn("web", ["sh", "-c", "sleep 60 & echo $!; wait"], tmp_path / "log")
    while not leader.log_tail():
        pass
    worker = int(leader.log_tail())
    remember([leader], tmp_path / "up.json")

    ended = manage("down", PORTAL_LOCAL=str(tmp_path))

    assert ended.stdout.strip() == "Ended: web"
    leader.process.wait(60)
    assert eventually(lambda: started_at(worker) == "", 60)


def test_a_log_that_was_never_written_has_no_tail(tmp_path):
    assert Child("web", None, tmp_path / "none").log_tail() == ""


def test_ctrl_c_ends_a_command_in_the_middle_and_waits_for_nothing(monkeypatch):
    portal = up.Command()
    portal.stopping = portal.in_command = False
    monkeypatch.setattr(up, "call_command", lambda *words, **options: os.kill(os.getpid(), signal.SIGUSR1))
    before = signal.signal(signal.SIGUSR1, portal._ask_to_stop)

    with pytest.raises(KeyboardInterrupt):
        portal._command("migrate")

    assert portal.stopping and not portal.in_command
    signal.signal(signal.SIGUSR1, before)
