"""Brings the suite its own PostgreSQL before pytest-django reads the settings, and the fixtures that every test may use.

Without DATABASE_URL a second embedded cluster (`.local/pgtest`) runs with its safety off: it is fast and thrown away.
It has a lock of its own, so `make test` works while `make run` runs.
"""

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from accreditation.embedded import LOCAL
from accreditation.testing import cluster, waiting
from accreditation.testing.browser import browse, chromium, devices  # noqa: F401 - pytest finds fixtures by their name here

os.environ.update(
    SECRET_KEY="only-for-tests-and-long-enough-to-pass-the-deploy-checks-0123456789",
    ISSUER_SECRET="only-for-tests-issuer-secret-0123456789",
    SITE_URL="http://localhost:8000",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    CSRF_TRUSTED_ORIGINS="http://localhost:8000",
    DEBUG="false",
    REQUIRE_MFA="false",
    STATIC_MANIFEST="false",
    CACHE_URL="locmemcache://",
    EMAIL_URL="memorymail://",
    DISK_ALARM_PERCENT="0",
    DISK_RESERVE_GIB="0",
    DISK_RESERVE_PERCENT="0",
)
UNSET = """REDIS_URL PORT ORGANISATION_NAME EMBED_HOSTS BEHIND_PROXY SECURE_SSL_REDIRECT SESSION_HOURS CONN_MAX_AGE
RECORDINGS_ROOT STATIC_ROOT DEFAULT_FROM_EMAIL LOG_LEVEL FILE_SCANNER STORAGE_URL TRUSTED_PROXIES WHISPER_MODEL_DIR
X_ACCEL_PREFIX OFFERED_LANGUAGES"""
for name in UNSET.split():
    os.environ.pop(name, None)
(LOCAL / "static").mkdir(parents=True, exist_ok=True)
cluster.provide()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Words are compiled before the first test asks for them."""
    from accreditation.catalogues import ensure_compiled

    ensure_compiled()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster that this process started."""
    cluster.stop()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes never name a test: a packed file holds the time it was made at, and parallel workers must agree on names."""
    return "bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Once the database stands: empty it where the last session was cut off, and mark it as in use until this one ends.

    A session that is killed in a test that commits leaves its rows behind, and the next one would stumble over them.
    """
    result = yield
    if fixturedef.argname == "django_db_setup":
        from accreditation.testing import leftovers

        blocker = request.getfixturevalue("django_db_blocker")
        fixturedef.addfinalizer(lambda: _unblocked(blocker, leftovers.end))
        _unblocked(blocker, leftovers.begin)
    return result


def _unblocked(blocker: Any, deed: Callable[[], object]) -> None:
    with blocker.unblock():
        deed()


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """`eventually(is_so)`: for tests of the apps below, which don't import from this one."""
    return waiting.eventually


@pytest.fixture
def nobody_hurries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens writes its rows, and no task is hurried: only sweeps find them."""
    for topic in ("badges", "learning", "people", "programs"):
        monkeypatch.setattr(f"accreditation.receivers.{topic}.nudge", lambda *_: None)


@pytest.fixture(autouse=True)
def _fast_and_private(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap password hashes, few RSA keys, eager tasks, and a recordings folder that goes with the test."""
    from accreditation.testing import keys

    monkeypatch.setattr("badges.signing._new_key", keys.new_key)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.MEDIA_STORAGE_ROOT = tmp_path / "recordings"
    from accreditation.celery import app

    app.conf.task_always_eager = True
    app.conf.task_eager_propagates = False


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Rate limits, cached sessions and the memory of a broker that was away never reach the next test."""
    from django.core.cache import cache

    from courses.lib import tasks

    cache.clear()
    tasks._away_until = 0.0
