"""Graders: pausing them, letting them go on; and deciding how many further readings there may be."""

from django.db import transaction

from assessments.actions.history import save_as
from assessments.models import GraderProfile, ReviewPolicy
from courses.lib.clock import database_now
from courses.lib.people import Person


@transaction.atomic
def pause_grader(*, grader: Person, reason: str, by: Person | None) -> GraderProfile:
    """Give a grader no more work until the lead lets them go on. What they hold they may finish."""
    profile, _ = GraderProfile.objects.select_for_update().get_or_create(grader_id=grader.pk)
    if profile.paused_at is None:
        profile.paused_at, profile.pause_reason = database_now(), reason[:300]
        save_as(profile, by)
    return profile


@transaction.atomic
def resume_grader(*, profile: GraderProfile, by: Person) -> GraderProfile:
    """Let a paused grader take work again; nothing changes where they aren't paused."""
    profile = GraderProfile.objects.select_for_update().get(pk=profile.pk)
    if profile.paused_at is not None:
        profile.paused_at, profile.pause_reason = None, ""
        save_as(profile, by)
    return profile


@transaction.atomic
def decide_policy(*, further_percent: int, monitor_percent: int, reason: str, by: Person) -> ReviewPolicy:
    """Decide how many further readings there may be from now on, in whole percent of the first ones, with the reason."""
    return ReviewPolicy.objects.create(
        further_percent=further_percent,
        monitor_percent=monitor_percent,
        reason=reason,
        decided_by_id=by.pk,
        decided_at=database_now(),
    )
