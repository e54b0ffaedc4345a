"""What the bench runs beside itself: its own PostgreSQL and valkey, and gunicorn as `up` starts it. All of it is stopped."""

import fcntl
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from accreditation.embedded import LOCAL, postgres, postgres_socket
from accreditation.embedded.processes import Child, reap, remember, spawn, stop_in_order
from accreditation.embedded.services import answers, valkey_command, web_command

RECORD = LOCAL / "bench.json"
LOGS = LOCAL / "log"


class Servers:
    """The running children. A signal while one starts waits until it is in the list, so that none is forgotten."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.is_starting = self.is_asked = False

    def interrupt(self, *_: Any) -> None:
        """Handle a signal: end the run, whatever it does."""
        self.is_asked = True
        if not self.is_starting:
            raise KeyboardInterrupt

    def start(self, make: Callable[[], Child]) -> Child:
        """Start a child and remember it, also on disk: the next run ends what a `kill -9` left."""
        self.is_starting = True
        try:
            self.children.append(make())
            remember(self.children, RECORD)
        finally:
            self.is_starting = False
        if self.is_asked:
            raise KeyboardInterrupt
        return self.children[-1]

    def serve(self) -> int:
        """Start gunicorn on a free port and wait until it answers; the port."""
        port = _free_port()
        web = self.start(lambda: spawn("web", web_command(port, dev=False), LOGS / "bench-web.log"))
        for _ in range(300):
            if web.is_gone():
                break
            if answers(f"http://127.0.0.1:{port}/readyz", settings.SITE_HOST):
                return port
            time.sleep(0.1)
        raise CommandError(f"The portal did not answer:\n{web.log_tail()}")


@contextmanager
def servers() -> Iterator[Servers]:
    """Database and broker, ready and empty. What was started is stopped at the end, on errors and on signals too."""
    LOCAL.mkdir(mode=0o700, parents=True, exist_ok=True)
    running = Servers()
    with (LOCAL / "bench.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise CommandError("A bench already runs from this folder.") from problem
        reap(RECORD)
        _on_signals(running.interrupt)
        try:
            _start(running)
            yield running
        finally:
            _on_signals(signal.SIG_IGN)  # a second Ctrl-C may not interrupt the stopping
            _leave_nothing(running)


def _on_signals(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def _start(running: Servers) -> None:
    from accreditation.testing import bench_settings as settings  # sets the environment, so never at import

    if settings.BENCH_OWNS_POSTGRES:
        data, folder = LOCAL / "bench-data", postgres_socket("pgbench")
        postgres.make_cluster(data)
        running.start(lambda: postgres.start(data, folder, LOGS / "bench-postgres.log"))
    running.start(lambda: spawn("valkey", valkey_command(settings.BENCH_VALKEY), LOGS / "bench-valkey.log"))
    _remake_database()


def _leave_nothing(running: Servers) -> None:
    """Drop the database while its server still runs, then stop everything."""
    try:
        if running.children:
            _drop_database()
    except psycopg2.OperationalError:
        pass  # the server never came up, or is gone: there is nothing to drop
    finally:
        stop_in_order(running.children)
        RECORD.unlink(missing_ok=True)


def _on_server(*statements: str) -> None:
    connection.close()
    there = psycopg2.connect(**_address("postgres"))
    there.autocommit = True
    with there.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    there.close()


def _address(database: str) -> dict[str, Any]:
    own = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {"dbname": database} | {name: own[key] for name, key in names.items() if own[key]}


def _drop_database() -> None:
    _on_server(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(connection.settings_dict['NAME'])} WITH (FORCE)")


def _remake_database() -> None:
    """Start from an empty database: an earlier run has used up its learners."""
    _drop_database()
    _on_server(f"CREATE DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
