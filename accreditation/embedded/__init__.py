"""Where the embedded default keeps its things. No Django here: settings read it, `manage.py up` fills it."""

import hashlib
import os
import tempfile
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent
LOCAL = Path(os.environ.get("PORTAL_LOCAL") or BASE / ".local")
ENV_FILE = LOCAL / "env"
SOCKET_LIMIT = 100  # bytes; an operating system limit on the path of a unix socket


def is_embedded() -> bool:
    """Whether this process uses the embedded PostgreSQL, that is, no DATABASE_URL is set."""
    return not os.environ.get("DATABASE_URL")


def socket_folder(name: str, longest_file: str) -> Path:
    """The folder of a unix socket: under `.local`, or a hashed one in the temp directory where that path is too long."""
    folder = LOCAL / name
    if len(os.fsencode(folder / longest_file)) <= SOCKET_LIMIT:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"accreditation-{digest}"


def postgres_socket(name: str = "pg") -> Path:
    """The socket folder of the embedded PostgreSQL (`pg`), or of the test cluster (`pgtest`)."""
    return socket_folder(name, ".s.PGSQL.5432.lock")


def valkey_socket(name: str = "valkey") -> Path:
    """The socket file of the embedded broker (`valkey`), or of the bench's own (`valkey-bench`)."""
    return socket_folder(name, "valkey.sock") / "valkey.sock"


def read_env() -> dict[str, str]:
    """The secrets and the port that `up` wrote to `.local/env`; empty before the first start."""
    if not ENV_FILE.is_file():
        return {}
    lines = (line.partition("=") for line in ENV_FILE.read_text().splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in lines}
