"""An embedded PostgreSQL cluster: made once, started as a direct child, reached by a unix socket only."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg2

from accreditation.embedded.binaries import Unusable, as_other_user, hand_over, postgres_folder, postgres_major
from accreditation.embedded.processes import Child, spawn

DATABASE = "accreditation"
UNSAFE_AND_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def make_cluster(data: Path) -> None:
    """Create the cluster where it is missing; refuse one that another major version made."""
    folder = postgres_folder()
    major = postgres_major(folder)
    version = data / "PG_VERSION"
    if version.is_file():
        if version.read_text().strip() != str(major):
            raise Unusable(
                f"{data} was made by PostgreSQL {version.read_text().strip()}, this is {major}. Start the old version "
                "once more (PG_BIN), dump it with pg_dump, move the folder away and load the dump."
            )
        return
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    hand_over(data)
    command = [
        *as_other_user(),
        str(folder / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own paths
    if done.returncode:
        raise Unusable(f"initdb failed:\n{done.stderr.strip()}")


def start(data: Path, socket: Path, log: Path, *, settings: Sequence[str] = ()) -> Child:
    """Start the server on `socket` and wait until it answers; raises `Unusable` with its log when it does not."""
    socket.mkdir(mode=0o700, parents=True, exist_ok=True)
    hand_over(socket)
    command = [*as_other_user(), str(postgres_folder() / "postgres"), "-D", str(data), "-k", str(socket)]
    for setting in ("listen_addresses=", "max_connections=400", *settings):
        command += ["-c", setting]
    child = spawn("postgres", command, log)
    for _ in range(300):
        if child.process.poll() is not None:
            break
        if answers(socket):
            return child
        time.sleep(0.1)
    raise Unusable(f"PostgreSQL did not start:\n{child.log_tail()}")


def answers(socket: Path) -> bool:
    """Whether a server behind the socket takes a connection."""
    try:
        psycopg2.connect(host=str(socket), user="postgres", dbname="postgres", connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def make_database(socket: Path, name: str = DATABASE) -> None:
    """Create the database where it is missing."""
    connection = psycopg2.connect(host=str(socket), user="postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
