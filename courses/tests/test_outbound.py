"""The one client for other machines: what it refuses to ask, what it keeps to itself, and when it gives up."""

import ast
import gzip
import time
from pathlib import Path

import pytest
from django.conf import settings as given

from courses.lib import outbound
from courses.lib.addresses import Target, is_public, target_of
from courses.lib.outbound import Ask, OutboundFailed, OutboundRefused, ask, why_not_ask
from courses.lib.refusals import Refusal
from courses.tests.far_machines import certificate_for, far_machine, reply
from courses.tests.hostile_urls import HOSTS, WHOLE

PORTS = frozenset({443, 8443})
FINE = (
    ("https://example.com", "https://example.com/"),
    ("https://Hooks.Example.com:443/a?b=1", "https://hooks.example.com/a?b=1"),
    ("https://example.com:8443/x", "https://example.com:8443/x"),
    ("https://xn--mnchen-3ya.example/ü".replace("ü", "%C3%BC"), "https://xn--mnchen-3ya.example/%C3%BC"),
    ("HTTPS://example.com/a/b;c=d?e=f&g=h", "https://example.com/a/b;c=d?e=f&g=h"),
)


@pytest.fixture
def far(settings):
    """A machine that may be asked for trying things out."""
    with far_machine() as machine:
        settings.OUTBOUND_USES, settings.OUTBOUND_LOCAL = ["webhooks"], [machine.place]
        yield machine


def get(url, **more):
    return ask(Ask("webhooks", url, **({"seconds": 5.0} | more)))


def refused(deed, kind=OutboundFailed):
    with pytest.raises(kind) as caught:
        deed()
    return caught.value.code


@pytest.mark.parametrize(("written", "sent"), FINE)
def test_a_plain_public_address_is_taken(written, sent):
    assert target_of(written, ports=PORTS, local=frozenset()).url == sent


@pytest.mark.parametrize("url", [f"https://{host}/" for host in HOSTS] + list(WHOLE))
def test_an_odd_spelling_is_refused_before_anybody_is_asked(url):
    assert isinstance(target_of(url, ports=PORTS, local=frozenset()), Refusal)


def test_there_are_more_than_a_hundred_odd_spellings():
    assert len(HOSTS) + len(WHOLE) > 100


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2001:4860:4860::8888", "2a00:1450::1"])
def test_a_public_number_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "::8.8.8.8",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%lo",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "5f00::1",
        "2620:4f:8000::1",
        "localhost",
        "127.1",
        "0177.0.0.1",
    ],
)
def test_a_number_inside_a_network_is_not_public(address):
    assert not is_public(address)


def test_nothing_leaves_until_its_use_is_named(far, settings):
    settings.OUTBOUND_USES = ["links"]

    assert refused(lambda: get(far.url()), OutboundRefused) == "outbound_off"
    assert why_not_ask("https://example.com/", use="links") is None
    assert far.asked == []


def test_an_answer_comes_back_whole(far):
    far.answers["/hook"] = reply(201, b'{"ok": true}', X_Kind="a")

    answer = ask(Ask("webhooks", far.url("/hook"), "POST", {"Content-Type": "application/json"}, b"{}"))

    assert (answer.status, answer.is_fine, answer.body, answer.headers["x-kind"]) == (201, True, b'{"ok": true}', "a")
    ((method, path, headers, body),) = far.asked
    assert (method, path, body, headers["host"], headers["content-type"]) == (
        "POST",
        "/hook",
        b"{}",
        far.place,
        "application/json",
    )


def test_proxies_of_the_environment_are_not_asked(far, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert get(far.url()).body == b"fine"


def _names(monkeypatch, *turns):
    """Each time that a name is looked up, the next of these lists of numbers; returns how often that was."""
    asked = []

    def look_up(host, port, **_):
        asked.append(host)
        return [(2, 1, 6, "", (one, port)) for one in turns[min(len(asked), len(turns)) - 1]]

    monkeypatch.setattr(outbound, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("numbers", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:169.254.169.254"], ["fe80::1%2"]])
def test_a_name_for_an_inner_number_is_refused(settings, monkeypatch, numbers):
    settings.OUTBOUND_USES = ["webhooks"]
    _names(monkeypatch, numbers)

    assert refused(lambda: get("https://rebind.example/"), OutboundRefused) == "not_public"


@pytest.fixture
def secure(settings, monkeypatch, tmp_path):
    """A machine with a certificate for hooks.example.com; whoever connects to 8.8.8.8 reaches it."""
    server, client = certificate_for("hooks.example.com", tmp_path)
    with far_machine(server) as machine:
        settings.OUTBOUND_USES, settings.OUTBOUND_PORTS = ["webhooks"], [str(machine.port)]
        monkeypatch.setattr(outbound, "tls_context", lambda: client)
        machine.connected, really = [], outbound.create_connection

        def connect(address, timeout):
            machine.connected.append(address[0])
            return really(("127.0.0.1", machine.port), timeout=timeout)

        monkeypatch.setattr(outbound, "create_connection", connect)
        yield machine


def test_the_number_that_was_checked_is_the_one_connected_to(secure, monkeypatch):
    looked_up = _names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])

    answer = get(f"https://hooks.example.com:{secure.port}/")

    assert (answer.status, looked_up, secure.connected) == (200, ["hooks.example.com"], ["8.8.8.8"])
    assert secure.asked[0][2]["host"] == f"hooks.example.com:{secure.port}"


def test_a_name_that_changes_at_a_redirect_is_checked_anew(secure, monkeypatch):
    _names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    secure.answers["/"] = reply(302, b"", Location="/next")

    assert refused(lambda: get(f"https://hooks.example.com:{secure.port}/"), OutboundRefused) == "not_public"
    assert len(secure.asked) == 1


def test_a_certificate_for_another_name_is_refused(secure, monkeypatch):
    _names(monkeypatch, ["8.8.8.8"])

    assert refused(lambda: get(f"https://other.example.com:{secure.port}/")) == "bad_certificate"
    assert secure.asked == []


def test_the_next_number_is_tried_where_one_does_not_answer(secure, monkeypatch):
    _names(monkeypatch, ["8.8.4.4", "8.8.8.8"])
    connect = outbound.create_connection

    def first_is_dead(address, timeout):
        if address[0] == "8.8.4.4":
            raise ConnectionRefusedError
        return connect(address, timeout=timeout)

    monkeypatch.setattr(outbound, "create_connection", first_is_dead)

    assert get(f"https://hooks.example.com:{secure.port}/").status == 200


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "https://u:p@example.com/",
        "//10.0.0.1/",
        "gopher://a.b/",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(far, to):
    far.answers["/"] = reply(302, b"", Location=to)

    assert isinstance(why_not_ask(to, use="webhooks"), Refusal) or to.startswith("//")
    refused(lambda: get(far.url()), OutboundRefused)


def test_three_redirects_are_followed_and_the_fourth_is_not(far):
    for number in range(4):
        far.answers[f"/{number}"] = reply(307, b"", Location=f"/{number + 1}")

    assert get(far.url("/1")).url.endswith("/4")
    assert refused(lambda: get(far.url("/0")), OutboundRefused) == "too_many_redirects"


def test_what_is_posted_is_never_sent_on(far):
    far.answers["/"] = reply(307, b"", Location="/other")

    assert ask(Ask("webhooks", far.url(), "POST", body=b"secret")).status == 307
    assert len(far.asked) == 1


def test_secrets_stay_with_the_first_machine(far, settings):
    with far_machine() as other:
        settings.OUTBOUND_LOCAL = [far.place, other.place]
        far.answers["/"] = reply(302, b"", Location="/again")
        far.answers["/again"] = reply(302, b"", Location=other.url())

        get(far.url(), headers={"Authorization": "Bearer x", "Cookie": "a=b", "X-Key": "k", "Accept": "text/html"})

    assert far.asked[1][2]["authorization"] == "Bearer x"
    assert not {"authorization", "cookie", "x-key", "referer"} & set(other.asked[0][2])
    assert other.asked[0][2]["accept"] == "text/html"


def test_a_large_answer_is_dropped(far):
    far.answers["/"] = reply(200, b"x" * 5000)

    assert len(get(far.url(), max_bytes=5000).body) == 5000
    assert refused(lambda: get(far.url(), max_bytes=4999)) == "too_large"


def test_a_packed_answer_is_unpacked_and_a_bomb_is_not(far):
    far.answers["/small"] = reply(200, gzip.compress(b"hello"), Content_Encoding="gzip")
    far.answers["/bomb"] = reply(200, gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    far.answers["/odd"] = reply(200, b"x", Content_Encoding="br")
    far.answers["/torn"] = reply(200, b"not packed", Content_Encoding="gzip")

    assert get(far.url("/small")).body == b"hello"
    assert [refused(lambda path=path: get(far.url(path))) for path in ("/bomb", "/odd", "/torn")] == [
        "too_large",
        "bad_answer",
        "bad_answer",
    ]


def drip(head):
    """An answer of one byte every 50 ms, without end, after these first bytes."""

    def send(handler):
        handler.wfile.write(head)
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    return send


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_a_slow_answer_is_cut_off_in_time(far, head):
    far.answers["/"] = drip(head)
    began = time.monotonic()

    assert refused(lambda: get(far.url(), seconds=0.6)) == "too_slow"
    assert time.monotonic() - began < 2


def test_a_slow_name_server_is_cut_off_in_time(settings, monkeypatch):
    settings.OUTBOUND_USES = ["webhooks"]
    monkeypatch.setattr(outbound, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])

    assert refused(lambda: get("https://slow.example/", seconds=0.2)) == "too_slow"


def test_a_torn_answer_a_closed_port_and_a_forged_header_are_failures(far):
    far.answers["/torn"] = reply(200, b"half", Content_Length="400")
    far.answers["/noise"] = lambda handler: handler.wfile.write(b"SSH-2.0-x\r\n")

    assert [refused(lambda path=path: get(far.url(path))) for path in ("/torn", "/noise")] == ["bad_answer"] * 2
    assert refused(lambda: get(far.url(), headers={"X-A": "b\r\nX-C: d"})) == "bad_answer"


def test_a_machine_that_is_away_is_a_failure(settings):
    with far_machine() as machine:
        settings.OUTBOUND_USES, settings.OUTBOUND_LOCAL = ["webhooks"], [machine.place]

    assert refused(lambda: get(machine.url())) == "no_connection"


@pytest.mark.parametrize(
    ("header", "least"), [("120", 120), ("", 0), ("soon", 0), ("-5", 0), ("Wed, 21 Oct 2065 07:28:00 GMT", 1000)]
)
def test_the_wait_that_the_other_side_asks_for_is_read(header, least):
    answer = outbound.Reply(429, "", {"retry-after": header}, b"")

    assert answer.seconds_to_wait() >= least


def test_a_local_address_is_taken_only_as_it_is_named():
    local = frozenset({"127.0.0.1:8123"})

    assert target_of("http://127.0.0.1:8123/x", ports=PORTS, local=local) == Target(
        "http", "127.0.0.1", 8123, "/x", True
    )
    for other in (
        "http://127.0.0.1:8124/",
        "http://2130706433:8123/",
        "http://u@127.0.0.1:8123/",
        "http://127.1:8123/",
    ):
        assert isinstance(target_of(other, ports=PORTS, local=local), Refusal)


def test_nobody_else_opens_connections():
    """The bench and the health of embedded mode speak to this machine only, and storage to the bucket of the settings."""
    clients = {
        "urllib3",
        "requests",
        "httpx",
        "aiohttp",
        "http.client",
        "urllib.request",
        "pycurl",
        "ftplib",
        "telnetlib",
    }
    own = {"courses/lib/outbound.py", "accreditation/management/bench/client.py", "accreditation/embedded/services.py"}
    root, found = Path(given.BASE_DIR), set()
    for app in ("accreditation", "assessments", "badges", "courses"):
        for path in sorted((root / app).rglob("*.py")):
            name = str(path.relative_to(root))
            if "/tests/" in name or "/testing/" in name or name in own:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found |= {f"{name}: {one}" for one in names if one in clients or one.split(".")[0] in clients}

    assert found == set()
