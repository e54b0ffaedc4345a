"""Which works a judge may see, and when a comparison may be judged.

Source: rules.md 5.22.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_noop

from assessments.models import Comparison, JudgedWork, JudgingSet, Recording, Review, SubmissionFile
from assessments.models.conflicts import clashes
from assessments.models.retention import GONE_STATES
from courses.lib.people import Person
from courses.lib.refusals import Refusal

CLOSED = Refusal("closed", gettext_noop("This set was closed. What you judged is kept and counts."))
JUDGED = Refusal("judged", gettext_noop("You have judged this pair already, and judgements are not changed."))
PASSED = Refusal("passed", gettext_noop("This pair was put aside, so it was not counted. Go on with the next one."))
NOT_SHOWN = Refusal("not-shown", gettext_noop("This pair can’t be judged by you any more. Go on with the next one."))


def works_for(judging: JudgingSet, judge: Person) -> QuerySet[JudgedWork]:
    """The works that a judge may see: without conflict, not marked by them before, and still kept."""
    learner, since = "version__submission__learner", OuterRef("version__handed_in_at")
    marked = Review.objects.filter(submission_version=OuterRef("version"), grader_id=judge.pk)
    gone = Recording.objects.filter(versions=OuterRef("version"), stored__in=GONE_STATES)
    works = JudgedWork.objects.filter(judging=judging).exclude(clashes(judge, learner, since))
    return works.filter(~Exists(marked), ~Exists(gone))


def open_pair(judging: JudgingSet, judge: Person) -> Comparison | None:
    """The pair that waits for this judge."""
    rows = Comparison.objects.open().filter(judging=judging, judge_id=judge.pk)
    return rows.select_related("first__version", "second__version").first()


def is_shown(comparison: Comparison, judge: Person) -> bool:
    """Whether both works may still be seen by this judge."""
    both = (comparison.first_id, comparison.second_id)
    return works_for(comparison.judging, judge).filter(pk__in=both).count() == 2


def why_not_judge(comparison: Comparison, judge: Person) -> Refusal | None:
    """Why a pair can't be judged: closed, judged or put aside before, or a conflict became known. Two queries at most."""
    if comparison.judged_at is not None:
        return JUDGED
    if comparison.passed_at is not None:
        return PASSED
    if comparison.judging.closed_at is not None:
        return CLOSED
    return None if is_shown(comparison, judge) else NOT_SHOWN


def compares(judge: Person, thing: Recording | SubmissionFile) -> bool:
    """Whether a recording or file is of the pair that waits for this judge, in a set that is open. Two queries at most."""
    held = "files" if isinstance(thing, SubmissionFile) else "recordings"
    pk = thing.main_id or thing.pk if isinstance(thing, Recording) else thing.pk
    either = Q(**{f"first__version__{held}": pk}) | Q(**{f"second__version__{held}": pk})
    rows = Comparison.objects.open().filter(either, judge_id=judge.pk, judging__closed_at__isnull=True)
    return any(is_shown(one, judge) for one in rows.select_related("judging").distinct())
