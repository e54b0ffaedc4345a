"""The shared limit: counted per caller and window, blind to what the client says of itself."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from redis.exceptions import RedisError

from courses.lib import limits


def call(who="a", now=0.0):
    return limits.seconds_to_wait("check", who, allowed=2, per_seconds=60, now=now)


def test_calls_beyond_the_limit_wait_for_the_next_window():
    assert [call(now=10), call(now=11), call(now=12), call(now=59), call(now=60)] == [0, 0, 48, 1, 0]


def test_callers_and_names_are_counted_apart():
    assert [call("a"), call("a"), call("b")] == [0, 0, 0]
    assert limits.seconds_to_wait("other", "a", allowed=1, per_seconds=60, now=0) == 0


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"])
def test_forwarding_headers_of_the_client_are_not_read(header):
    request = RequestFactory().get("/", headers={header: "203.0.113.9"})
    request.user = AnonymousUser()

    assert limits.caller(request) == "127.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "header", "seen"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_wrote_down_is_read(settings, proxies, header, seen):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": header})
    request.user = AnonymousUser()

    assert limits.caller(request) == seen


def test_a_signed_in_person_is_counted_as_such_and_a_socket_has_a_name(django_user_model):
    request = RequestFactory().get("/")
    request.user = django_user_model(pk=7)
    assert limits.caller(request) == "person 7"

    request.user = AnonymousUser()
    request.META["REMOTE_ADDR"] = ""
    assert limits.caller(request) == "local socket"


@pytest.mark.parametrize("error", [RedisError, ValueError])
def test_a_cache_that_is_away_lets_everybody_pass(monkeypatch, error):
    def away(key):
        raise error

    monkeypatch.setattr(limits.cache, "incr", away)
    assert [call() for _ in range(5)] == [0] * 5
