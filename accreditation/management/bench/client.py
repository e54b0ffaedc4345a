"""A closed-loop load generator: each client sends its next request when the last one is answered, on one connection."""

import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from accreditation.testing.bench_views import CPU_MS, STATEMENTS

TIMEOUT_SECONDS = 30
CSRF = "benchbenchbenchbenchbenchbench00"
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
FIGURES = re.compile(rf"\r\n{STATEMENTS}: (\d+)\r\n{CPU_MS}: ([\d.]+)".encode())


class WrongAnswer(Exception):
    """An answer that is not the expected one. A benchmark of error pages is a defect, so it ends the run."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a browser would send it."""

    path: str
    session: str = ""
    method: str = "GET"
    body: bytes = b""
    content_type: str = ""
    accept: str = "text/html"

    def encode(self) -> bytes:
        """The bytes for the wire; a POST brings the token that the CSRF check wants."""
        cookies = [f"sessionid={self.session}"] if self.session else []
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: localhost", f"Accept: {self.accept}"]
        if self.method == "POST":
            cookies.append(f"csrftoken={CSRF}")
            lines += [f"X-CSRFToken: {CSRF}", f"Content-Length: {len(self.body)}"]
            lines += [f"Content-Type: {self.content_type}"] if self.content_type else []
        if cookies:
            lines.append(f"Cookie: {'; '.join(cookies)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be: its status, and a pattern somewhere in it."""

    status: int
    proof: re.Pattern[bytes]

    def check(self, request: Request, status: int, text: bytes) -> None:
        """Raises `WrongAnswer` with what came instead."""
        if status != self.status or not self.proof.search(text):
            said = text[:1500].decode(errors="replace")
            raise WrongAnswer(
                f"{request.method} {request.path} was to answer {self.status} with "
                f"{self.proof.pattern.decode()}, and answered {status}:\n{said}"
            )


@dataclass(slots=True)
class Answer:
    """An answer as it came, and what it cost."""

    status: int
    head: bytes
    body: bytes
    seconds: float
    statements: int
    cpu_ms: float


@dataclass(slots=True)
class Sample:
    """What one measurement saw. Times in seconds, CPU in milliseconds of the server's thread."""

    elapsed: float = 0
    seconds: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    body: bytes = b""

    def take(self, answer: Answer) -> None:
        """Count one answer."""
        self.seconds.append(answer.seconds)
        self.statements.append(answer.statements)
        self.cpu_ms.append(answer.cpu_ms)
        self.body = answer.body


class Connection:
    """One keep-alive connection; opened again when the server has closed it between two requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def send(self, request: Request) -> Answer:
        """Send and read the whole answer. The time runs from the first byte sent to the last one read."""
        data = request.encode()
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        self.socket.sendall(data)
        head, body = self._read(self.socket, request)
        seconds = time.perf_counter() - began
        if b"\r\nconnection: close" in head.lower():
            self.close()
        cost = FIGURES.search(head)
        statements, cpu_ms = (int(cost[1]), float(cost[2])) if cost else (0, 0.0)
        return Answer(int(head[9:12]), head, body, seconds, statements, cpu_ms)

    def _read(self, source: socket.socket, request: Request) -> tuple[bytes, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more(source, request)
        head, _, body = got.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length is None:
            raise WrongAnswer(f"{request.path} answered without a length:\n{head.decode(errors='replace')}")
        while len(body) < int(length[1]):
            body += self._more(source, request)
        return head, body

    def _more(self, source: socket.socket, request: Request) -> bytes:
        piece = source.recv(1 << 16)
        if not piece:
            raise WrongAnswer(f"The server closed the connection in the middle of {request.path}.")
        return piece

    def close(self) -> None:
        """Close; the next `send` opens a new connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class Load:
    """N clients at once on one feed of requests, until the time or the requests are used up."""

    def __init__(self, port: int, feed: Iterator[Request], expected: Expected) -> None:
        self.port, self.feed, self.expected = port, feed, expected
        self.lock, self.over = threading.Lock(), threading.Event()
        self.sample = Sample()
        self.fault: BaseException | None = None

    def run(self, clients: int, seconds: float, at_most: int) -> Sample:
        """Measure. Raises what went wrong in any client."""
        self.feed = itertools.islice(self.feed, at_most)
        threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]
        began = time.perf_counter()
        self.deadline = began + seconds
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:
            self.over.set()
        self.sample.elapsed = time.perf_counter() - began
        if self.fault:
            raise self.fault
        return self.sample

    def _client(self) -> None:
        connection = Connection(self.port)
        try:
            while not self.over.is_set() and time.perf_counter() < self.deadline:
                if (request := self._next()) is None:
                    break
                answer = connection.send(request)
                self.expected.check(request, answer.status, answer.head + answer.body)
                self._count(answer)
        except BaseException as fault:  # it belongs to the caller's thread, which raises it
            self.fault = fault
            self.over.set()
        finally:
            connection.close()

    def _next(self) -> Request | None:
        with self.lock:
            request = next(self.feed, None)
        if request is None:
            self.over.set()
        return request

    def _count(self, answer: Answer) -> None:
        with self.lock:
            self.sample.take(answer)
