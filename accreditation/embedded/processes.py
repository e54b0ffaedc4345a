"""Child processes of `up`: started in sessions of their own, stopped in order, found again after a `kill -9`."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from accreditation.embedded import BASE

LAST = ("valkey", "postgres")
"""The servers that the others lean on: stopped after them, in this order."""


class Stoppable(Protocol):
    """A running process that can be asked to stop, looked after, and ended with its whole session."""

    name: str

    def ask(self) -> None:
        """Ask it to stop by itself."""

    def is_gone(self) -> bool:
        """Whether it has ended."""

    def kill(self) -> None:
        """End whatever is left of its session."""


def asking(name: str) -> signal.Signals:
    """The signal for a clean end; of PostgreSQL's three, the one that doesn't wait for its clients."""
    return signal.SIGINT if name == "postgres" else signal.SIGTERM


@dataclass
class Child:
    """A child of this process, and its log."""

    name: str
    process: subprocess.Popen
    log: Path

    def log_tail(self, lines: int = 30) -> str:
        """The last lines that the child wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.is_file() else ""

    def ask(self) -> None:
        """Ask it to stop by itself."""
        self.process.send_signal(asking(self.name))

    def is_gone(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """End whatever is left of its session: a leader that died by itself may leave workers behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)

    def stop(self) -> None:
        """Stop this one alone."""
        stop_in_order([self])


@dataclass
class Orphan:
    """A process of an earlier `up`, known by its pid and the moment of its start."""

    name: str
    pid: int
    started: str

    def ask(self) -> None:
        """Ask it to stop by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, asking(self.name))

    def is_gone(self) -> bool:
        """Whether it has ended; a zombie whose parent doesn't look has."""
        return not self.started or started_at(self.pid) != self.started

    def kill(self) -> None:
        """End whatever is left of its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def stop_in_order(running: Sequence[Stoppable], patience: float = 10) -> None:
    """Ask all that do work at once, then the broker, then the database; end each session that needs longer."""
    for group in (
        [one for one in running if one.name not in LAST],
        *([o for o in running if o.name == n] for n in LAST),
    ):
        for one in group:
            one.ask()
        end = time.monotonic() + patience
        while time.monotonic() < end and not all(one.is_gone() for one in group):
            time.sleep(0.05)
        for one in group:
            one.kill()


def spawn(name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Child:
    """Start a command in its own session, so that Ctrl-C reaches `up` alone; its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - commands are built here, never from input
            command,
            cwd=BASE,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    return Child(name, process, log)


def started_at(pid: int) -> str:
    """When this process started: the boot, and clock ticks since it. Empty for a zombie or no process at all."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else f"{boot}:{fields[19]}"


def remember(children: Sequence[Child], record: Path) -> None:
    """Write pids and start times, this process's own first: the next start ends what a `kill -9` left behind."""
    rows = [{"name": "up", "pid": os.getpid(), "started": started_at(os.getpid())}]
    rows += [{"name": c.name, "pid": c.process.pid, "started": started_at(c.process.pid)} for c in children]
    partial = record.with_suffix(".part")
    partial.write_text(json.dumps(rows))
    partial.replace(record)


def remembered(record: Path) -> list[Orphan]:
    """The processes of the record that still run. A pid alone is never trusted: its start must match."""
    rows = json.loads(record.read_text()) if record.is_file() else []
    return [one for one in (Orphan(**row) for row in rows) if not one.is_gone()]


def reap(record: Path) -> list[str]:
    """End the children of an `up` that was killed, and name them. Only for who holds the lock: no `up` runs then."""
    left = [one for one in remembered(record) if one.name != "up"]
    stop_in_order(left)
    record.unlink(missing_ok=True)
    return [one.name for one in left]
