"""Real servers on the test database: a broker, a worker, web processes. Each is ended with its test."""

import http.client
import json
import os
import signal
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection
from django.test import Client
from redis import Redis

from accreditation.embedded.binaries import valkey_server
from accreditation.embedded.processes import spawn
from accreditation.tests.portals import eventually, free_port, status_of

CSRF = "c" * 32


class Servers:
    """What a test started, and the environment that its processes share."""

    def __init__(self, folder):
        self.folder, self.running = folder, []
        self.broker_port, self.web_port = free_port(), free_port()
        self.broker_url = f"redis://127.0.0.1:{self.broker_port}/0"
        self.redis = Redis.from_url(self.broker_url, socket_timeout=30)

    def environment(self):
        at = connection.settings_dict
        place = quote(at["HOST"], safe="") + (f":{at['PORT']}" if at["PORT"] else "")
        return {
            "DATABASE_URL": f"postgres://{at['USER']}@{place}/{at['NAME']}",
            "REDIS_URL": self.broker_url,
            "CACHE_URL": "",
            "EMAIL_URL": f"filemail:///{self.folder / 'mail'}",
            "RECORDINGS_ROOT": str(self.folder / "recordings"),
            "STATIC_ROOT": str(self.folder),
        }

    def start(self, name, *command):
        child = spawn(name, command, self.folder / f"{name}.log", self.environment())
        self.running.append(child)
        return child

    def start_broker(self):
        keep_nothing = ("--save", "", "--appendonly", "no", "--dir", str(self.folder))
        broker = self.start("valkey", str(valkey_server()), "--port", str(self.broker_port), *keep_nothing)
        assert eventually(self._broker_answers, 60), broker.log_tail()
        return broker

    def _broker_answers(self):
        try:
            return self.redis.ping()
        except OSError:
            return False
        except Exception as problem:
            return "Connection" not in type(problem).__name__ and "Timeout" not in type(problem).__name__

    def start_worker(self):
        """One process for every queue, as `up` starts two."""
        queues = "periodic,notices,standing,media,media_slow"
        return self.start(
            "worker", sys.executable, "-m", "celery", "-A", "accreditation", "worker", "-P", "prefork", "-c", "1",
            "--without-mingle", "--without-gossip", "-Q", queues, "-l", "WARNING",
        )  # fmt: skip

    def start_web(self, workers=1):
        web = self.start(
            "web", sys.executable, "-m", "gunicorn", "accreditation.wsgi", "--bind", f"127.0.0.1:{self.web_port}",
            "--preload", "--worker-class", "gthread", "--workers", str(workers), "--threads", "4", "--log-level", "error",
        )  # fmt: skip
        address = f"http://127.0.0.1:{self.web_port}/healthz"
        assert eventually(lambda: status_of(address) == 200), web.log_tail()
        return web

    def end(self):
        for child in reversed(self.running):
            os.kill(child.process.pid, signal.SIGCONT) if not child.is_gone() else None
            child.kill()
        self.redis.close()

    def mails(self):
        """The Message-ID of every mail that was sent, one for each time."""
        files = Path(self.folder / "mail").glob("*")
        lines = (line for file in files for line in file.read_text().splitlines())
        return [line.partition(": ")[2] for line in lines if line.startswith("Message-ID: ")]


def kill_session(child):
    """What the kernel does to a process and its children when memory runs out."""
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait(60)


def workers_of(child):
    """The pids of a server's own children."""
    pid = child.process.pid
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Browser:
    """A signed-in person who talks JSON to the web process."""

    def __init__(self, person, port):
        client = Client()
        client.force_login(person)
        self.cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF}"
        self.port, self.line = port, None

    def post(self, path, data=None):
        """The status and the JSON of the answer. OSError or HTTPException where the server died in between."""
        if self.line is None:
            self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": self.cookie, "X-CSRFToken": CSRF, "Content-Type": "application/json"}
        try:
            self.line.request("POST", path, json.dumps(data or {}), headers)
            response = self.line.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.line.close()
            self.line = None
            raise
        return response.status, json.loads(body) if "json" in response.headers.get("Content-Type", "") else None
