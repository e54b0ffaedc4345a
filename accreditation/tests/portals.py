"""Running the real thing: `manage.py up` in a folder of its own, and looking at what is left of it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from accreditation.testing import waiting

ROOT = Path(__file__).parents[2]
PATIENCE = 150
OF_TESTS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ISSUER_SECRET", "SITE_URL", "ALLOWED_HOSTS", "DEBUG", "CACHE_URL",
            "CSRF_TRUSTED_ORIGINS", "REQUIRE_MFA", "STATIC_MANIFEST", "EMAIL_URL", "PORT", "TEST_DATABASE_NAME")  # fmt: skip


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**variables):
    """The environment without what the suite put there."""
    return {name: value for name, value in os.environ.items() if name not in OF_TESTS} | variables


def manage(*words, **variables):
    """One `manage.py` command in a process of its own; what it said and its exit code."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env=clean_environment(**variables), capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip


def eventually(is_so, seconds=PATIENCE):
    """Wait until it is so, longer than for a page: processes start and end."""
    return waiting.eventually(is_so, seconds)


def status_of(address):
    try:
        with urllib.request.urlopen(address, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


class Portal:
    """`manage.py up --no-demo` in a folder; one at a time."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.said = folder.parent / f"{folder.name}.said"

    def manage(self, *words, **variables):
        return manage(*words, PORTAL_LOCAL=str(self.folder), **variables)

    def start(self, *, ignore_sigint=False):
        """Start it and wait until it is ready. Ignoring SIGINT is what a script's "&" does to us."""
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--no-demo"],
                cwd=ROOT, env=clean_environment(PORTAL_LOCAL=str(self.folder), PORT=str(self.port)),
                stdout=output, stderr=output,
                preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignore_sigint else None,
            )  # fmt: skip
        assert eventually(lambda: "portal is ready" in self.text or self.process.poll() is not None), self.text
        assert self.process.poll() is None, self.text

    @property
    def text(self):
        return self.said.read_text()

    def ready(self):
        return status_of(f"http://127.0.0.1:{self.port}/readyz") == 200

    def signal(self, number):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def processes(self):
        """The pids of everything that runs for this folder, with their command lines."""
        return {pid: _command(pid) for pid in filter(str.isdigit, os.listdir("/proc")) if self._is_ours(pid)}

    def _is_ours(self, pid):
        """Servers write their title over their environment, so their folder and command line tell as well."""
        try:
            place = Path(f"/proc/{pid}/cwd").readlink()
            told = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return str(self.folder).encode() in told or place.is_relative_to(self.folder)

    def pid_of(self, word):
        return next(int(pid) for pid, line in self.processes().items() if word in line.split(" ")[0])

    def end(self):
        """Whatever happened: nothing is left."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            os.kill(int(pid), signal.SIGKILL)


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
