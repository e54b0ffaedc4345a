"""What `manage.py demo --json` prints: accounts, and one address for each state that there is."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from accreditation.management.demo.people import ACCOUNTS, PASSWORD
from accreditation.models import User
from assessments.models import Attempt, Recording, RecordingState, Submission
from badges.models import Credential


def listing() -> dict[str, Any]:
    """One document; paths start with "/". Reads only."""
    return {
        "accounts": _accounts(),
        "attempt": _one_per_state(Attempt.objects.order_by("pk"), _attempt_path),
        "submission": _one_per_state(Submission.objects.order_by("pk"), lambda row: f"/submissions/{row.pk}/"),
        "recording": _one_per_state(Recording.objects.order_by("pk"), _recording_path),
        "credential": _credentials(),
    }


def _accounts() -> list[dict[str, Any]]:
    people = User.objects.filter(email__in=ACCOUNTS).prefetch_related("groups").order_by("pk")
    return [
        {"email": one.email, "password": PASSWORD, "groups": sorted(group.name for group in one.groups.all())}
        for one in people
    ]


def _one_per_state(rows: QuerySet[Any], path: Any) -> dict[str, str]:
    return {row.state: path(row) for row in rows}


def _attempt_path(attempt: Model) -> str:
    ended = getattr(attempt, "state", "") in ("submitted", "graded")
    return f"/attempts/{attempt.pk}/result/" if ended else f"/attempts/{attempt.pk}/"


def _recording_path(recording: Recording) -> str:
    """Only a ready one can be played; the others say where they stand."""
    return f"/recordings/{recording.pk}/{'media' if recording.state == RecordingState.READY else 'status'}"


def _credentials() -> dict[str, str | None]:
    now = timezone.now()
    issued = Credential.objects.filter(state=Credential.State.ISSUED).order_by("issued_at")
    found = {
        "live": issued.exclude(expires_at__lt=now).last(),
        "revoked": Credential.objects.filter(state=Credential.State.REVOKED).last(),
        "expired": issued.filter(expires_at__lt=now).last(),
    }
    return {name: f"/credentials/{row.pk}/" if row else None for name, row in found.items()}
