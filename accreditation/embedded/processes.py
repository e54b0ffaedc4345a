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


@dataclass
class Child:
    """A running child, its log, and the signal that asks it to stop."""

    name: str
    process: subprocess.Popen
    log: Path
    ask: signal.Signals = signal.SIGTERM

    def log_tail(self, lines: int = 30) -> str:
        """The last lines that the child wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.is_file() else ""

    def stop(self, patience: float = 10) -> None:
        """Ask, wait `patience` seconds, then end the whole session."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(self.ask)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)


def spawn(name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Child:
    """Start a command in its own session, so that Ctrl-C reaches `up` alone; its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - commands are built here, never from input
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    ask = signal.SIGINT if name == "postgres" else signal.SIGTERM
    return Child(name, process, log, ask)


def started_at(pid: int) -> str:
    """When the kernel started this process, in clock ticks since boot; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def remember(children: Sequence[Child], record: Path) -> None:
    """Write pids and start times, so that the next start can end what a `kill -9` left behind."""
    rows = [{"name": c.name, "pid": c.process.pid, "started": started_at(c.process.pid)} for c in children]
    partial = record.with_suffix(".part")
    partial.write_text(json.dumps(rows))
    partial.replace(record)


def reap(record: Path) -> list[str]:
    """End the children of an `up` that was killed, and name them. A pid alone is never trusted: its start time must match."""
    rows = json.loads(record.read_text()) if record.is_file() else []
    left = [row for row in rows if row["started"] and started_at(row["pid"]) == row["started"]]
    for row in reversed(left):
        _end(row["pid"], signal.SIGINT if row["name"] == "postgres" else signal.SIGTERM, row["started"])
    record.unlink(missing_ok=True)
    return [row["name"] for row in left]


def _end(pid: int, ask: signal.Signals, started: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, ask)
        for _ in range(100):
            if started_at(pid) != started or _is_zombie(pid):
                return
            time.sleep(0.1)
        os.killpg(pid, signal.SIGKILL)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
