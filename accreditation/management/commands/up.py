"""`manage.py up`: the whole portal in one foreground process tree."""

import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accreditation import embedded
from accreditation.embedded import binaries, postgres
from accreditation.embedded.processes import Child, reap, remember, spawn

LOCAL = embedded.LOCAL
RECORD = LOCAL / "up.json"
LOGS = LOCAL / "log"
CATALOGUE = settings.BASE_DIR / "accreditation" / "catalogue"


class Command(BaseCommand):
    """Start database, broker, web, workers and beat; stop them all on Ctrl-C. Keeps its data in `.local`."""

    help = "Run the whole portal in one process tree. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--dev` serves with the reloading development server."""
        parser.add_argument("--dev", action="store_true", help="serve with Django's reloading development server")
        parser.add_argument("--no-demo", action="store_true", help="load no demo data on the first run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal comes or a child dies."""
        self.stopping = False
        self.children: list[Child] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        LOCAL.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (LOCAL / "lock").open("w") as lock:
            self._take(lock)
            try:
                self._start(**options)
                self._watch()
            except binaries.Unusable as problem:
                raise CommandError(str(problem)) from problem
            finally:
                self._stop()

    def _ask_to_stop(self, *_: Any) -> None:
        self.stopping = True

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _take(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise CommandError(
                "The portal already runs from this folder. Stop it first, or look at .local/env for its port."
            ) from problem

    def _start(self, *, dev: bool, no_demo: bool, **_: Any) -> None:
        if left := reap(RECORD):
            self._say(f"An earlier start was killed; ended what it left: {', '.join(left)}")
        port = write_env()
        if settings.EMBEDDED:
            self._say("Database …")
            self._start_postgres()
        if not settings.REDIS_URL:
            self._say("Broker …")
            self._add(spawn("valkey", valkey_command(), LOGS / "valkey.log"))
        self._say("Migrations and programs …")
        self._manage("migrate", "--noinput", "-v0")
        if not settings.DEBUG:
            self._manage("collectstatic", "--noinput", "-v0")
        self._manage("load_program", "--quiet", *map(str, sorted(CATALOGUE.glob("*.yaml"))))
        self._say("Web, workers and beat …")
        for name, command in services(port, dev=dev).items():
            self._add(spawn(name, command, LOGS / f"{name}.log"))
        self._await_ready(port)
        if settings.DEBUG and not no_demo and not self.stopping:
            self._say("Demo data …")
            self._demo()
        self._say(ready_text(port))

    def _start_postgres(self) -> None:
        data, socket = LOCAL / "pg-data", embedded.postgres_socket()
        postgres.make_cluster(data)
        self._add(postgres.start(data, socket, LOGS / "postgres.log"))
        postgres.make_database(socket)

    def _add(self, child: Child) -> None:
        self.children.append(child)
        remember(self.children, RECORD)

    def _manage(self, *words: str) -> None:
        if self.stopping:
            return
        done = subprocess.run([sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL)  # noqa: S603
        if done.returncode and not self.stopping:
            raise CommandError(f"manage.py {words[0]} failed; its message stands above.")

    def _demo(self) -> None:
        """The portal runs without its demo too, so a fault there is told and no more."""
        try:
            self._manage("demo", "--if-empty")
        except CommandError:
            self._say("The demo data could not be made. The portal runs without it; `rm -rf .local` starts over.")

    def _await_ready(self, port: int) -> None:
        for _ in range(600):
            if self.stopping or self._dead():
                return
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise CommandError(f"The portal did not become ready within a minute. Logs: {LOGS}")

    def _dead(self) -> Child | None:
        return next((child for child in self.children if child.process.poll() is not None), None)

    def _watch(self) -> None:
        restarted = False
        while not self.stopping:
            if dead := self._dead():
                if dead.name == "postgres" and not restarted:
                    restarted = True
                    self._say("PostgreSQL ended; starting it once more.")
                    self.children.remove(dead)
                    self._start_postgres()
                    continue
                raise CommandError(f"{dead.name} ended with {dead.process.returncode}:\n{dead.log_tail()}")
            time.sleep(0.2)

    def _stop(self) -> None:
        if not self.children:
            return
        self._say("Stopping …")
        last = [child for child in self.children if child.name in ("valkey", "postgres")]
        first = [child for child in self.children if child not in last]
        for child in [*first, *sorted(last, key=lambda one: one.name == "postgres")]:
            child.stop()
        RECORD.unlink(missing_ok=True)


def write_env() -> int:
    """Write secrets, port and address to `.local/env` (0600); secrets and SITE_URL stay as first written. Returns the port."""
    known = embedded.read_env()
    port = int(os.environ.get("PORT") or known.get("PORT") or 8000)
    known.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
    known.setdefault("ISSUER_SECRET", secrets.token_urlsafe(48))
    known.setdefault("SITE_URL", os.environ.get("SITE_URL") or f"http://localhost:{port}")
    known["PORT"] = str(port)
    descriptor = os.open(embedded.ENV_FILE.with_suffix(".part"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in known.items())
    embedded.ENV_FILE.with_suffix(".part").replace(embedded.ENV_FILE)
    return port


def valkey_command() -> list[str]:
    """The broker on a unix socket; it keeps nothing on disk, because nothing in it is the truth."""
    socket = embedded.valkey_socket()
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "port": "0",
        "dir": str(socket.parent),
        "save": "",
        "appendonly": "no",
    }
    options["maxmemory-policy"] = "noeviction"
    return [str(binaries.valkey_server()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def services(port: int, *, dev: bool) -> dict[str, list[str]]:
    """The commands of web, the two workers and beat. Two workers: recordings must never starve closers and mail."""
    web = [
        sys.executable,
        "-m",
        "gunicorn",
        "accreditation.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
    ]
    web += [
        "--workers",
        "2",
        "--threads",
        "8",
        "--timeout",
        "120",
        "--graceful-timeout",
        "8",
    ]
    if dev:
        web = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    celery = [sys.executable, "-m", "celery", "-A", "accreditation"]
    worker = [*celery, "worker", "-P", "prefork", "-c", "1", "--without-mingle", "--without-gossip", "-l", "WARNING"]
    return {
        "web": web,
        "worker": [*worker, "-n", "work@%h", "-Q", "periodic,notices,standing"],
        "media": [*worker, "-n", "media@%h", "-Q", "media,media_slow"],
        "beat": [*celery, "beat", "-s", str(LOCAL / "beat"), "--pidfile=", "-l", "WARNING"],
    }


def ready_text(port: int) -> str:
    """What a newcomer needs: the address, and whom to sign in as."""
    from accreditation.management.commands.demo import ACCOUNTS, PASSWORD

    lines = [f"\nThe portal is ready: http://localhost:{port}/"]
    if settings.DEBUG:
        lines += [
            f"Demo accounts, password {PASSWORD}:",
            *(f"  {email:<32} {what}" for email, what in ACCOUNTS.items()),
        ]
        lines += [
            f"Mails it sent: http://localhost:{port}/dev/mail/",
            "Ctrl-C stops everything; the data stays in .local.",
        ]
    return "\n".join(lines)
