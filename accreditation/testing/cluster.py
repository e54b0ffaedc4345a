"""The throw-away PostgreSQL of the test suite, beside the one of `make run` and never in its way."""

import fcntl
import os
from typing import IO
from urllib.parse import quote

from accreditation.embedded import LOCAL, postgres, postgres_socket
from accreditation.embedded.processes import Child, reap, remember

RECORD = LOCAL / "pgtest.json"
_running: list[Child] = []
_lock: list[IO[str]] = []


def provide() -> None:
    """Set DATABASE_URL to a running server: the given one, or the test cluster, started here.

    Workers of pytest-xdist inherit the variable. A second suite in the same folder waits for the first.
    """
    if os.environ.get("DATABASE_URL"):
        return
    LOCAL.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (LOCAL / "pgtest.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    _lock.append(lock)
    reap(RECORD)
    data, socket = LOCAL / "pgtest-data", postgres_socket("pgtest")
    postgres.make_cluster(data)
    _running.append(postgres.start(data, socket, LOCAL / "log" / "pgtest.log", settings=postgres.UNSAFE_AND_FAST))
    remember(_running, RECORD)
    os.environ["DATABASE_URL"] = f"postgres://postgres@{quote(str(socket), safe='')}/postgres"


def stop() -> None:
    """Stop the cluster if this process started it."""
    for child in _running:
        child.stop()
        RECORD.unlink(missing_ok=True)
    _running.clear()
