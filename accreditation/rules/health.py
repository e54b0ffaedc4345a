"""Whether the portal can do its work."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from accreditation.models import MailState, Notice, Reassessment
from assessments import bucket, disk
from assessments.media import media_library_word
from assessments.models import Recording, RecordingState

QUEUE_PATIENCE = timedelta(minutes=3)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _broker() -> str:
    url = settings.BROKER_URL.replace("redis+socket://", "unix://")
    client = Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1)
    client.ping()
    client.close()
    return "ok"


def _storage() -> str:
    root = disk.root()
    root.mkdir(parents=True, exist_ok=True)
    probe = root / ".probe"
    probe.write_bytes(b"1")
    if disk.is_low():
        return "low"
    return "filling" if disk.is_filling() else "ok"


def _queue() -> str:
    """Late when something has waited for its task longer than two sweeps take: mail, standings, recordings."""
    limit = timezone.now() - QUEUE_PATIENCE
    waits = (
        Notice.objects.filter(mail_state=MailState.WAITING, mail_attempts=0, mail_due_at__lt=limit),
        Reassessment.objects.filter(done_at=None, due_at__lt=limit),
        Recording.objects.filter(state=RecordingState.RECEIVED).exclude(events__happened_at__gte=limit),
    )
    return "late" if any(rows.exists() for rows in waits) else "ok"


def _bucket() -> str:
    """Away is no failure: uploads, checks and what lies on this disk go on. Where none is configured, none is missing."""
    return bucket.word() if bucket.is_configured() else "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _broker,
    "storage": _storage,
    "bucket": _bucket,
    "media": media_library_word,
    "queue": _queue,
}


def readiness() -> dict[str, str]:
    """One word for each check (ok, filling, low, away, missing, late or failed) and `status`: failed when a check is."""
    words = {}
    for name, check in CHECKS.items():
        try:
            words[name] = check()
        except Exception:  # whatever the cause, the word is the same: the log of the service itself has the reason
            words[name] = "failed"
    return words | {"status": "failed" if "failed" in words.values() else "ok"}
