"""What the checks of a recording noted that a second pair of eyes should know of. They inform, they never score."""

from typing import Any

from django.utils.translation import gettext as _

from assessments.models import Enrichment, EnrichmentKind, EnrichmentState, SubmissionVersion

LEAST_TALK_PERCENT = 20
LONGEST_SILENCE_MS = 3 * 60_000


def flags_in(voice: dict[str, Any]) -> list[str]:
    """Sentences about one recording, from what its voice enrichment found; none where nothing is remarkable."""
    heard, spoken = voice.get("heard_ms", 0), voice.get("voiced_ms", 0)
    longest = max((stop - start for start, stop in voice.get("silences", [])), default=0)
    flags = []
    if heard and 100 * spoken < LEAST_TALK_PERCENT * heard:
        flags.append(_("Somebody speaks in %(value)s %% of the recording only.") % {"value": 100 * spoken // heard})
    if longest > LONGEST_SILENCE_MS:
        flags.append(_("Nobody speaks for %(value)s minutes at a stretch.") % {"value": longest // 60000})
    return flags


def flags_of(version: SubmissionVersion) -> list[str]:
    """Sentences about what was handed in. One query."""
    found = Enrichment.objects.filter(
        recording__versions=version, kind=EnrichmentKind.VOICE, state=EnrichmentState.DONE
    ).order_by("recording__place")
    return [flag for voice in found.values_list("data", flat=True) for flag in flags_in(voice)]
