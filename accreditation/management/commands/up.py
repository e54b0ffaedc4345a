"""`manage.py up`: the whole portal in one foreground process tree."""

import fcntl
import os
import secrets
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.utils import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from accreditation import embedded
from accreditation.catalogues import ensure_compiled
from accreditation.embedded import binaries, postgres
from accreditation.embedded.processes import Child, reap, remember, spawn, stop_in_order
from accreditation.embedded.services import answers, refuse_taken, valkey_command, web_command, worker_commands

LOCAL = embedded.LOCAL
RECORD = LOCAL / "up.json"
LOGS = LOCAL / "log"
CATALOGUE = settings.BASE_DIR / "accreditation" / "catalogue"
PROGRAMS = sorted(map(str, CATALOGUE.glob("*.yaml")))
PATIENCE = 120  # seconds until /readyz has to answer
OLDEST_POSTGRES = 15


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
        self.stopping = self.in_command = False
        self.children: list[Child] = []
        # A script that starts us with "&" has SIGINT ignored, and we inherit that: so all three are set.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        LOCAL.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (LOCAL / "lock").open("a") as lock:
            self._take(lock)
            try:
                self._start(**options)
                self._watch()
            except KeyboardInterrupt:
                pass  # asked to stop in the middle of a command: its transaction is rolled back, the next start does it again
            except binaries.Unusable as problem:
                raise CommandError(str(problem)) from problem
            finally:
                self._stop()

    def _ask_to_stop(self, *_: Any) -> None:
        self.stopping = True
        if self.in_command:
            self.in_command = False
            raise KeyboardInterrupt

    def _command(self, *words: str, **options: Any) -> None:
        """A command in this process, because one of its own would read the whole of Django again. Ctrl-C ends it at once."""
        if self.stopping:
            return
        self.in_command = True
        try:
            call_command(*words, **options)
        finally:
            self.in_command = False
            connection.close()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _take(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise CommandError(
                "The portal already runs from this folder. Stop it first (make down), or look at .local/env for its port."
            ) from problem

    def _start(self, *, dev: bool, no_demo: bool, **_: Any) -> None:
        if left := reap(RECORD):
            self._say(f"An earlier start was killed; ended what it left: {', '.join(left)}")
        port = write_env()
        refuse_taken(port)
        remember(self.children, RECORD)
        for step in (
            self._start_servers,
            self._migrate,
            self._load_first_programs,
            lambda: self._start_web(port, dev=dev),
            self._load_programs,
            lambda: self._await_ready(port),
            self._start_workers,
            lambda: None if no_demo else self._demo(),
            lambda: self._say(ready_text(port)),
        ):
            if self.stopping:
                return
            step()

    def _start_servers(self) -> None:
        if settings.EMBEDDED:
            self._say("Database …")
            self._start_postgres()
        if not settings.REDIS_URL:
            self._say("Broker …")
            self._add(spawn("valkey", valkey_command(embedded.valkey_socket()), LOGS / "valkey.log"))
        refuse_absent_servers()

    def _start_postgres(self) -> None:
        data, folder = LOCAL / "pg-data", embedded.postgres_socket()
        postgres.make_cluster(data)
        self._add(postgres.start(data, folder, LOGS / "postgres.log"))
        postgres.make_database(folder)

    def _add(self, child: Child) -> None:
        self.children.append(child)
        remember(self.children, RECORD)

    def _migrate(self) -> None:
        self._say("Migrations …")
        ensure_compiled()
        self._command("migrate", interactive=False, verbosity=0)
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        if not settings.DEBUG:
            self._command("collectstatic", interactive=False, verbosity=0)

    def _start_web(self, port: int, *, dev: bool) -> None:
        self._say("Web …")
        self._add(spawn("web", web_command(port, dev=dev), LOGS / "web.log"))

    def _start_workers(self) -> None:
        """After the first page: they would only take the processor away from it."""
        self._say("Workers and beat …")
        for name, command in worker_commands().items():
            self._add(spawn(name, command, LOGS / f"{name}.log"))

    def _load_first_programs(self) -> None:
        """On the first run before the web process: who asks /readyz should find what the portal is about."""
        from accreditation.models import Program

        self.has_programs = Program.objects.exists()
        if not self.has_programs:
            self._say("Programs …")
            self._command("load_program", *PROGRAMS, quiet=True)

    def _load_programs(self) -> None:
        """On later runs while the web process starts."""
        if self.has_programs:
            self._command("load_program", *PROGRAMS, quiet=True)

    def _await_ready(self, port: int) -> None:
        end = time.monotonic() + PATIENCE
        while not answers(f"http://127.0.0.1:{port}/readyz", settings.SITE_HOST):
            if self.stopping or self._dead():
                return
            if time.monotonic() > end:
                raise CommandError(f"The portal did not become ready within two minutes. Logs: {LOGS}")
            time.sleep(0.1)

    def _demo(self) -> None:
        """On the first run, in a process that Ctrl-C can end. The portal runs without it too: a fault is told, no more."""
        from accreditation.models import User

        has_people = User.objects.exists()
        connection.close()
        if has_people or not settings.DEBUG or self._dead():
            return
        self._say("Demo data …")
        demo = spawn("demo", [sys.executable, "manage.py", "demo"], LOGS / "demo.log")
        self._add(demo)
        while not (self.stopping or demo.is_gone()):
            time.sleep(0.1)
        if demo.process.poll():
            self._say(f"{demo.log_tail()}\nThe demo data could not be made. The portal runs without it.")
        if demo.is_gone():
            self.children.remove(demo)

    def _dead(self) -> Child | None:
        return next((child for child in self.children if child.is_gone()), None)

    def _watch(self) -> None:
        restarted = False
        while not self.stopping:
            if dead := self._dead():
                if dead.name != "postgres" or restarted:
                    raise CommandError(f"{dead.name} ended with {dead.process.returncode}:\n{dead.log_tail()}")
                restarted = True
                self._say("PostgreSQL ended; starting it once more.")
                self.children.remove(dead)
                self._start_postgres_again()
            time.sleep(0.2)

    def _start_postgres_again(self, tries: int = 5) -> None:
        """Processes of the dead server may hold its memory for a moment, and it refuses to start beside them."""
        for rest in reversed(range(tries)):
            try:
                self._start_postgres()
                return
            except binaries.Unusable:
                if not rest:
                    raise
                time.sleep(1)

    def _stop(self) -> None:
        if self.children:
            self._say("Stopping …")
        connection.close()
        stop_in_order(self.children)
        RECORD.unlink(missing_ok=True)


def write_env() -> int:
    """Write secrets, port and address to `.local/env` (0600); secrets and SITE_URL stay as first written. Returns the port.

    Only embedded mode has that file: with DATABASE_URL everything comes from the environment.
    """
    port: int = settings.PORT
    if not settings.EMBEDDED:
        return port
    known = embedded.read_env()
    known.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
    known.setdefault("ISSUER_SECRET", secrets.token_urlsafe(48))
    known.setdefault("SITE_URL", os.environ.get("SITE_URL") or f"http://localhost:{port}")
    known["PORT"] = str(port)
    partial = embedded.ENV_FILE.with_suffix(".part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in known.items())
    partial.replace(embedded.ENV_FILE)
    return port


def refuse_absent_servers() -> None:
    """Raise CommandError where the database or the broker doesn't answer, or the database is too old."""
    try:
        connection.ensure_connection()
    except OperationalError as problem:
        raise CommandError(f"The database doesn't answer: {str(problem).strip()}") from None
    if (major := connection.cursor().connection.server_version // 10000) < OLDEST_POSTGRES:
        raise CommandError(f"This is PostgreSQL {major}; the portal needs {OLDEST_POSTGRES} or later.")
    try:
        until(Redis.from_url(settings.BROKER_URL.replace("redis+socket://", "unix://"), socket_timeout=2).ping)
    except (RedisError, ValueError) as problem:
        raise CommandError(f"The broker doesn't answer: {problem}") from None


def until(ask: Callable[[], Any], tries: int = 50) -> None:
    """Ask again for five seconds while the server starts; the last error is raised."""
    for rest in reversed(range(tries)):
        try:
            ask()
            return
        except RedisError:
            if not rest:
                raise
            time.sleep(0.1)


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
