"""The graders of the demo: what they read, when they are on duty, and how many further readings there may be."""

from collections.abc import Mapping
from datetime import time

from accreditation.models import User
from assessments.actions.gold import make_gold, release_gold
from assessments.actions.graders import decide_policy
from assessments.actions.ruling_clips import work_on_clip
from assessments.actions.rulings import decide_ruling
from assessments.models import DutyHours, GraderProfile, RulingClip, Submission, SubmissionVersion
from assessments.rules.rulings import Clip, Wording

SHIFTS = ((time(9), time(12)), (time(13), time(16)))


def begin_reviews(people: Mapping[str, User]) -> None:
    """Two graders with hours, and one reading a work as long as the demo is being made: its outcomes don't hang on chance."""
    for short in ("grader", "grader2"):
        profile = GraderProfile.objects.create(grader=people[short], is_experienced=True, languages=["en"])
        for weekday in range(5):
            for starts_at, ends_at in SHIFTS:
                DutyHours.objects.create(profile=profile, weekday=weekday, starts_at=starts_at, ends_at=ends_at)
    reason = "One reading each while the first graders found their way."
    decide_policy(further_percent=0, monitor_percent=0, reason=reason, by=people["grader2"])


def make_calibration(people: Mapping[str, User]) -> None:
    """Rafael's passed engagement, with a panel's marks: what graders calibrate on."""
    version = SubmissionVersion.objects.filter(
        submission__learner=people["rafael"], submission__practical__slug="customer-engagement", decisions__passed=True
    ).first()
    if version is None:
        return
    given = version.reviews.get().marks.select_related("criterion")
    gold = make_gold(
        version=version,
        marks={mark.criterion.slug: mark.points for mark in given},
        rationale="Three graders marked it apart and then spoke. Each four rests on what the customer says, not on the slide.",
        consent="Rafael Duarte agreed by mail that graders calibrate on it.",
        by=people["enablement"],
    )
    release_gold(gold=gold, by=people["enablement"])


def begin_ruling_book(people: Mapping[str, User]) -> None:
    """Two edge cases of the recorded demo, one with a clip of Ada's: they stand at the desk of whoever reads the next."""
    shown = Submission.objects.get(learner=people["seller"], practical__slug="recorded-demo")
    consent = "Ada Okafor agreed by mail that graders learn from it."
    clip = Clip(shown.recordings.main().get(), start_ms=4_000, end_ms=16_000, consent=consent)
    for wording in (
        Wording(
            criterion="",
            situation="The screen freezes for some seconds while the voice goes on.",
            ruling="It costs nothing where the result is seen afterwards.",
        ),
        Wording(
            criterion="need-first",
            situation="Opens with a need of the brief and its figure, and names the person only after the first screen.",
            ruling="The person counts where they are named before the second screen; later it stays level 3.",
            level=4,
            clip=clip,
        ),
    ):
        ruling = decide_ruling(rubric=shown.rubric_version.rubric, wording=wording, by=people["enablement"])
        for one in RulingClip.objects.filter(ruling=ruling):
            work_on_clip(clip_id=one.pk)


def open_reviews(people: Mapping[str, User]) -> None:
    """From now on further readings are asked for where they pay."""
    reason = "Agreed with Field Enablement for the first quarter."
    decide_policy(further_percent=25, monitor_percent=3, reason=reason, by=people["grader2"])
