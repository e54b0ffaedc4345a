"""The processes of the portal, as commands; and looking whether one is there."""

import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

from accreditation.embedded import LOCAL
from accreditation.embedded.binaries import Unusable, valkey_server


def refuse_taken(port: int) -> None:
    """Raise Unusable where something else listens on the port: it would answer in our place."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as problem:
            raise Unusable(f"Port {port} can't be used ({problem}). Take another one: PORT=8100 make run") from None


def answers(address: str, host: str = "localhost") -> bool:
    """Whether the page is there and well, asked under the name that the portal listens to."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=5):  # noqa: S310 - our own address
            return True
    except (urllib.error.URLError, OSError):
        return False


def valkey_command(place: Path) -> list[str]:
    """The broker on a unix socket; it keeps nothing on disk, because nothing in it is the truth."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "unixsocket": str(place),
        "unixsocketperm": "700",
        "port": "0",
        "dir": str(place.parent),
        "save": "",
        "appendonly": "no",
    }
    options["maxmemory-policy"] = "noeviction"
    return [str(valkey_server()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def web_command(port: int, *, dev: bool) -> list[str]:
    """The web server; with `dev` Django's own, which reads changed code again."""
    if dev:
        return [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", "accreditation.wsgi", "--bind", f"127.0.0.1:{port}", "--preload"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    return [*command, "--timeout", "120", "--graceful-timeout", "8", "--log-level", "warning"]


def worker_commands() -> dict[str, list[str]]:
    """The workers and beat. Recordings must never starve closers and mail, nor a slow copy the checks of recordings."""
    celery = [sys.executable, "-m", "celery", "-A", "accreditation"]
    worker = [*celery, "worker", "-P", "prefork", "-c", "1", "--without-mingle", "--without-gossip", "-l", "WARNING"]
    return {
        "worker": [*worker, "-n", "work@%h", "-Q", "periodic,notices,standing"],
        "media": [*worker, "-n", "media@%h", "-Q", "media"],
        "slow": [*worker, "-n", "slow@%h", "-Q", "media_slow"],
        "beat": [*celery, "beat", "-s", str(LOCAL / "beat"), "--pidfile=", "-l", "WARNING"],
    }
