"""The graders: who they are, who could read a given work, and when they are on duty."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from assessments.models import (
    Conflict,
    EndOfLease,
    GraderProfile,
    Lease,
    Review,
    SubmissionVersion,
)
from assessments.models.conflicts import related
from assessments.rules.duty import Roster


def graders() -> QuerySet[Any]:
    """Active people whose groups let them grade, or who got that right themselves, and who aren't paused."""
    right = Permission.objects.filter(content_type__app_label="assessments", codename="grade")
    by_group = Group.objects.filter(user=OuterRef("pk"), permissions__in=right)
    paused = GraderProfile.objects.filter(grader=OuterRef("pk"), paused_at__isnull=False)
    people = get_user_model()._default_manager.filter(is_active=True).order_by("pk")
    return people.filter(Exists(by_group) | Exists(right.filter(user=OuterRef("pk")))).filter(~Exists(paused))


def free_for(version: SubmissionVersion, now: datetime) -> QuerySet[Any]:
    """Graders who could read this work: `claimable` seen from the other side. Source: rules.md 5.2, 5.8.

    Without conflict, in the practical's pool, of its persona and language, who haven't marked it and didn't give it back
    within a day. Whether they hold other work or need a rest isn't asked. `version` with submission, practical, brief
    and learner loaded.
    """
    submission = version.submission
    learner: Any = submission.learner
    rows = Conflict.objects.filter(grader=OuterRef("pk"), learner=learner.pk)
    gave_back = Lease.objects.filter(
        grader=OuterRef("pk"),
        task__submission_version=version,
        end=EndOfLease.GIVEN_BACK,
        released_at__gt=now - timedelta(days=1),
    )
    marked = Review.objects.filter(submission_version=version, grader=OuterRef("pk"))
    free = (
        graders()
        .exclude(related(learner.pk, learner.manager_id or 0, learner.organisation_id or 0))
        .filter(~Exists(rows.standing_for(version.handed_in_at)), ~Exists(gave_back), ~Exists(marked))
        .filter(_reads(submission))
    )
    pool = submission.practical.reviewer_pool_id
    return free.filter(reviewer_pools=pool) if pool else free


def _reads(submission: Any) -> Q:
    """No profile, or one whose languages and personas are empty or hold those of this work."""
    profile = GraderProfile.objects.filter(grader=OuterRef("pk"))
    of_language = Q(languages=[]) | Q(languages__contains=[submission.language])
    persona = submission.brief.persona_id if submission.brief else None
    heard = GraderProfile.personas.through.objects.filter(graderprofile=OuterRef("pk"))
    of_persona = ~Exists(heard) | Exists(heard.filter(persona_id=persona)) if persona else Q()
    return ~Exists(profile) | Exists(profile.filter(of_language).filter(of_persona))


def rosters_of(people: QuerySet[Any]) -> dict[int, Roster]:
    """person -> their roster, without hours where they have none. Three queries."""
    profiles = GraderProfile.objects.prefetch_related("duty_hours", "absences")
    hours = {profile.grader_id: profile for profile in profiles}
    return {pk: _roster_of(zone, hours.get(pk)) for pk, zone in people.values_list("pk", "time_zone")}


def _roster_of(zone: str, profile: GraderProfile | None) -> Roster:
    if profile is None:
        return Roster(zone, ())
    hours = tuple((one.weekday, one.starts_at, one.ends_at) for one in profile.duty_hours.all())
    return Roster(zone, hours, tuple((one.starts_on, one.ends_on) for one in profile.absences.all()))


def readers_of(practical: Any) -> QuerySet[Any]:
    """The graders of a practical's pool; all where it has none."""
    if practical.reviewer_pool_id is None:
        return graders()
    return graders().filter(reviewer_pools=practical.reviewer_pool_id)


def with_hours(rosters: Mapping[int, Roster]) -> list[Roster]:
    """Those whose hours are known: capacity is reckoned with them alone."""
    return [one for one in rosters.values() if one.hours]
