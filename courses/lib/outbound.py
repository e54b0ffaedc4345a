"""The one client for requests to other machines. Nothing else in the portal may open a connection to a foreign address.

It is off until `OUTBOUND_USES` names what it may be used for. A name is resolved once; every number that it stands for must
be public; the connection goes to exactly the number that was checked, and TLS asks for the name. No proxy of the environment
is read, no cookie kept, no password sent to another place than it was meant for, and time and size are limited whatever
the other side does.

Source: ASVS 5.0 V1.3.6 and V15.3.2.
"""

import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPException
from os import dup
from socket import SHUT_RDWR, SOCK_STREAM, create_connection, getaddrinfo, socket
from urllib.parse import urljoin

import urllib3
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import SSLError as SecondSSLError

from courses.lib.addresses import Target, is_public, target_of
from courses.lib.refusals import Refusal

REDIRECTS = 3
ADDRESSES = 4
REDIRECTING = (301, 302, 303, 307, 308)
FOR_GOOD = (301, 308)
SECONDS = 15.0
MAX_BYTES = 1_048_576
CHUNK = 16_384
# All that another origin than the one first asked is ever told.
HARMLESS = frozenset({"accept", "accept-language", "if-modified-since", "if-none-match", "user-agent"})


class OutboundFailed(Exception):
    """A request that brought no answer. `code` is stable; the text is one plain sentence without secrets."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class OutboundRefused(OutboundFailed):
    """A request that was never made, or not followed, because it isn't allowed. Trying again doesn't help."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: status, the address that answered in the end, headers in lower case, and the whole body."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    has_moved: bool = False
    """Every step that led here said that it is for good."""

    @property
    def is_fine(self) -> bool:
        """Whether the other side took it."""
        return 200 <= self.status < 300

    def seconds_to_wait(self) -> int:
        """What `Retry-After` asks for, as seconds from now or as a date; 0 where it says nothing readable."""
        wanted = self.headers.get("retry-after", "").strip()
        if wanted.isascii() and wanted.isdigit():
            return int(wanted[:9])
        try:
            return max(0, int((parsedate_to_datetime(wanted) - timezone.now()).total_seconds()))
        except (TypeError, ValueError):
            return 0


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `use` is what it is for, one of OUTBOUND_USES. Only GET and HEAD follow redirects."""

    use: str
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = SECONDS
    max_bytes: int = MAX_BYTES


def is_configured(use: str) -> bool:
    """Whether requests for this use may leave at all."""
    return use in settings.OUTBOUND_USES


def why_not_ask(url: str, *, use: str) -> Refusal | None:
    """Why this address would be refused as it is written; asks nobody, so a name may still turn out not to be public."""
    target = _target(url)
    if isinstance(target, Refusal):
        return target
    if not is_configured(use):
        return Refusal(
            "outbound_off", _("This portal sends nothing to other services yet. Its operator can switch it on.")
        )
    return None


def ask(request: Ask) -> Reply:
    """Make one request and return the answer, whatever its status.

    Raises OutboundRefused where it isn't allowed, OutboundFailed where no whole answer came in time. Blocks for at most
    `seconds` in all, redirects included.
    """
    if refusal := why_not_ask(request.url, use=request.use):
        raise OutboundRefused(refusal.code, refusal.sentence)
    ends_at, url, first = time.monotonic() + request.seconds, request.url, None
    steps: list[int] = []
    for _hop in range(REDIRECTS + 1):
        target = _target(url)
        if isinstance(target, Refusal):
            raise OutboundRefused(target.code, target.sentence)
        first = first or target.origin
        reply = _one_hop(request, target, ends_at, is_first=target.origin == first)
        if (
            reply.status not in REDIRECTING
            or request.method not in ("GET", "HEAD")
            or not reply.headers.get("location")
        ):
            return replace(reply, has_moved=bool(steps) and all(one in FOR_GOOD for one in steps))
        steps.append(reply.status)
        url = urljoin(target.url, reply.headers["location"]).partition("#")[0]
    raise OutboundRefused("too_many_redirects", _("The address leads on too many times."))


def _target(url: str) -> Target | Refusal:
    ports = frozenset(int(one) for one in settings.OUTBOUND_PORTS)
    return target_of(url.partition("#")[0], ports=ports, local=frozenset(settings.OUTBOUND_LOCAL))


def _one_hop(request: Ask, target: Target, ends_at: float, *, is_first: bool) -> Reply:
    given = {name.lower(): value for name, value in request.headers.items()}
    headers = {name: value for name, value in given.items() if is_first or name in HARMLESS}
    headers |= {"user-agent": f"accreditation-portal (+{settings.SITE_URL})", "accept-encoding": "gzip, identity"}
    addresses = _resolve(target, ends_at)
    try:
        with _connected(target, addresses, ends_at) as connection:
            connection.request(
                request.method,
                target.path,
                body=request.body,
                headers=headers,
                preload_content=False,
                decode_content=False,
            )
            reply = _read(connection, request, target)
    except (HTTPError, HTTPException, OSError, ValueError, zlib.error) as problem:
        raise _failure(problem, ends_at) from problem
    if time.monotonic() >= ends_at:  # an answer that ends with the connection looks whole when it was cut off
        raise OutboundFailed("too_slow", _("No answer came in time."))
    return reply


def _resolve(target: Target, ends_at: float) -> list[str]:
    """The numbers that the name stands for, asked once; refused where any of them is not public."""
    numbers = _in_time(lambda: getaddrinfo(target.host, target.port, type=SOCK_STREAM), ends_at)
    found = [str(one[4][0]) for one in numbers]
    if not found:
        raise OutboundFailed("unknown_name", _("Nobody knows this name."))
    if not target.is_local and not all(is_public(one) for one in found):
        raise OutboundRefused(
            "not_public", _("This name leads to an address inside a network. Only public ones are asked.")
        )
    return list(dict.fromkeys(found))


def _in_time(deed: Callable[[], list], ends_at: float) -> list:
    """What the deed returns, or a failure when the time is over: a name server can't be told how long to take."""
    answer: list = []
    problem: list[Exception] = []

    def work() -> None:
        try:
            answer.extend(deed())
        except (OSError, UnicodeError) as error:
            problem.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(max(0.0, ends_at - time.monotonic()))
    if thread.is_alive():
        raise OutboundFailed("too_slow", _("No answer came in time."))
    if problem:
        raise OutboundFailed("unknown_name", _("Nobody knows this name."))
    return answer


@contextmanager
def _connected(target: Target, addresses: list[str], ends_at: float) -> Iterator[HTTPConnection]:
    """A connection to one of these numbers, cut off when the time is over, however slowly bytes drip."""
    raw = _open(addresses, target.port, ends_at)
    guard = socket(fileno=dup(raw.fileno()))
    alarm = threading.Timer(max(0.0, ends_at - time.monotonic()), _cut, [guard])
    alarm.daemon = True
    alarm.start()
    connection = _connection(target, raw, max(0.1, ends_at - time.monotonic()))
    try:
        connection.connect()
        yield connection
    finally:
        alarm.cancel()
        connection.close()
        raw.close()
        guard.close()


def _open(addresses: list[str], port: int, ends_at: float) -> socket:
    """The first of these numbers that answers. They are numbers, so no name is looked up again."""
    for number, address in enumerate(addresses[:ADDRESSES], 1):
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            return create_connection((address, port), timeout=left / 2 if number < len(addresses) else left)
        except OSError:
            if number == min(ADDRESSES, len(addresses)):
                raise
    raise ConnectionError


def _cut(guard: socket) -> None:
    try:
        guard.shutdown(SHUT_RDWR)
    except OSError:  # it is closed already
        return


def _connection(target: Target, raw: socket, seconds: float) -> HTTPConnection:
    """urllib3's connection over a socket that is open already; with TLS for the name."""
    if target.scheme == "https":
        secure = _OpenHTTPS(target.host, target.port, timeout=seconds, ssl_context=tls_context())
        secure.opened = raw
        return secure
    plain = _OpenHTTP(target.host, target.port, timeout=seconds)
    plain.opened = raw
    return plain


class _OpenHTTP(HTTPConnection):
    opened: socket

    def _new_conn(self) -> socket:
        return self.opened


class _OpenHTTPS(HTTPSConnection):
    opened: socket

    def _new_conn(self) -> socket:
        return self.opened


@cache
def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or newer, the certificate and its name checked against the system's authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _read(connection: HTTPConnection, request: Ask, target: Target) -> Reply:
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    body = b"" if request.method == "HEAD" else _body(answer, headers.get("content-encoding", ""), request.max_bytes)
    return Reply(answer.status, target.url, headers, body)


def _body(answer: urllib3.BaseHTTPResponse, encoding: str, most: int) -> bytes:
    """The whole body, unpacked, never more than `most` bytes of it in memory."""
    packed = encoding.strip().lower() in ("gzip", "x-gzip")
    if not packed and encoding.strip().lower() not in ("", "identity"):
        raise OutboundFailed("bad_answer", _("The answer is packed in a way that is not taken."))
    unpack, body = zlib.decompressobj(31), bytearray()
    for chunk in answer.stream(CHUNK, decode_content=False):
        body += unpack.decompress(chunk, most + 1 - len(body)) if packed else chunk
        if len(body) > most or (packed and unpack.unconsumed_tail):
            raise OutboundFailed("too_large", _("The answer is too large."))
    return bytes(body)


def _failure(problem: Exception, ends_at: float) -> OutboundFailed:
    """One plain sentence for what went wrong below; the library's own words may hold the address, so they stay out."""
    if time.monotonic() >= ends_at - 0.05 or isinstance(problem, TimeoutError):
        return OutboundFailed("too_slow", _("No answer came in time."))
    if isinstance(problem, ssl.SSLError | SecondSSLError):
        return OutboundFailed("bad_certificate", _("The other side's certificate is not in order."))
    if isinstance(problem, ConnectionError):
        return OutboundFailed("no_connection", _("The other side doesn't answer."))
    return OutboundFailed("bad_answer", _("The other side's answer can't be read."))
