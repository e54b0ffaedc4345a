"""When a practical opens, what may be handed in, and what a learner is told about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from assessments.models import Brief, Criterion, Decision, Practical, Recording, Submission, SubmissionState
from assessments.models.practicals import EDITABLE_STATES, OPEN_STATES, TRANSITIONS, SubmissionQuerySet
from assessments.rules.agreements import why_not_hear
from assessments.rules.exams import has_passed_exam
from assessments.rules.handins import why_not_prove
from assessments.rules.recordings import Place, current_recordings, places_of, why_not_use
from assessments.rules.self_assessments import SelfRow, self_rows, why_not_assess
from assessments.rules.sessions import booking_of, is_marked_live, why_not_attested, why_not_meet
from assessments.rules.worksheets import why_not_fill
from courses.lib.clock import show_moment
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.models.content import ContentState


def tries_of(learner: Person, practical: Practical) -> list[Submission]:
    """The learner's tries, newest first, withdrawn ones among them. One query."""
    return list(Submission.objects.filter(learner_id=learner.pk, practical=practical).order_by("-number"))


def tries_left(learner: Person, practical: Practical) -> int:
    """How many tries may still be opened; withdrawn ones don't count. One query."""
    return _left(practical, tries_of(learner, practical))


def pass_of(tries: Sequence[Submission]) -> Decision | None:
    """The latest decision on these tries that stands and is a pass, with its try; None where there is none. One query."""
    decided = [one.pk for one in tries if one.state == SubmissionState.DECIDED]
    standing = Decision.objects.filter(submission__in=decided).order_by("submission_id", "-decided_at")
    found = standing.distinct("submission_id").select_related("submission") if decided else []
    return max((one for one in found if one.passed), key=lambda one: one.decided_at, default=None)


def why_not_open(learner: Person, practical: Practical, now: datetime) -> Refusal | None:
    """Why the learner can't open a try: withdrawn, gate, an open try, tries used, cool-down. Source: rules.md 4.1.

    Three queries at most.
    """
    if practical.state != ContentState.PUBLISHED:
        return Refusal("withdrawn", _("This practical is not offered at the moment."))
    tries = tries_of(learner, practical)
    return (
        _open_already(tries)
        or _behind_the_exam(learner, practical)
        or why_not_again(practical, tries, now)
        or _no_brief(practical)
    )


def why_not_again(practical: Practical, tries: list[Submission], now: datetime) -> Refusal | None:
    """Why another try can't be opened after these, newest first: all used, or too soon. No query. Source: rules.md 4.1."""
    return _all_tries_used(practical, tries) or _cooling_down(practical, tries, now)


def _left(practical: Practical, tries: list[Submission]) -> int:
    return max(0, practical.max_attempts - sum(one.state != SubmissionState.WITHDRAWN for one in tries))


def _open_already(tries: list[Submission]) -> Refusal | None:
    for one in tries:
        if one.state in EDITABLE_STATES:
            sentence = _("Your try %(number)s is open. Finish it, or withdraw it, before the next one.") % {
                "number": one.number
            }
            return Refusal(
                "already-open", sentence, one.get_absolute_url(), _("Open try %(number)s") % {"number": one.number}
            )
        if one.state in OPEN_STATES and one.promised_at:
            sentence = _("Your try %(number)s is with the graders. Your answer comes by %(promised_at)s.") % {
                "number": one.number,
                "promised_at": show_moment(one.promised_at),
            }
            return Refusal("already-open", sentence, one.get_absolute_url(), _("See where it stands"))
    return None


def _behind_the_exam(learner: Person, practical: Practical) -> Refusal | None:
    return None if has_passed_exam(learner, practical.exam) else behind_its_exam(practical)


def behind_its_exam(practical: Practical) -> Refusal:
    """What stands before a practical whose exam was not passed yet."""
    sentence = _("Pass the exam “%(exam)s” first. This opens the same minute.") % {"exam": practical.exam.title}
    return Refusal("exam-not-passed", sentence, practical.exam.get_absolute_url(), _("Open the exam"))


def _all_tries_used(practical: Practical, tries: list[Submission]) -> Refusal | None:
    if _left(practical, tries):
        return None
    sentence = _("You have used all %(max_attempts)s tries. Field Enablement can tell you how to go on.") % {
        "max_attempts": practical.max_attempts
    }
    return Refusal("tries-used", sentence)


def _cooling_down(practical: Practical, tries: list[Submission], now: datetime) -> Refusal | None:
    ends = [end for one in tries if (end := one.decided_at or one.withdrawn_at)]
    opens_at = max(ends) + timedelta(hours=practical.cool_down_hours) if ends else now
    if opens_at <= now:
        return None
    last = tries[0]
    sentence = _("The next try opens on %(opens_at)s.") % {"opens_at": show_moment(opens_at)}
    return Refusal(
        "cooling-down", sentence, last.get_absolute_url(), _("Look at try %(number)s") % {"number": last.number}
    )


def _no_brief(practical: Practical) -> Refusal | None:
    if practical.brief_pool_id is None or Brief.objects.drawable().filter(pool_id=practical.brief_pool_id).exists():
        return None
    return Refusal("no-brief", _("There is no customer brief to draw at the moment. Ask Field Enablement for one."))


def brief_choices(learner: Person, practical: Practical) -> list[Brief]:
    """The equally good briefs for the learner's next try: never seen before, the learner's persona first.

    Seen is also what they know as a role-play's customer or as a grader. When every brief was seen, the one whose last
    use lies furthest back. Source: rules.md 4.2.
    Two queries; empty where the practical has no pool.
    """
    if practical.brief_pool_id is None:
        return []
    briefs = list(Brief.objects.drawable().filter(pool_id=practical.brief_pool_id).order_by("pk"))
    seen = dict(
        _known_to(learner)
        .filter(brief__pool_id=practical.brief_pool_id)
        .values_list("brief__slug")
        .annotate(last=Max("opened_at"))
        .values_list("brief__slug", "last")
    )
    unseen = [brief for brief in briefs if brief.slug not in seen]
    if unseen:
        return _best_for_persona(unseen, learner.persona_id)
    return sorted(briefs, key=lambda brief: seen[brief.slug])[:1]


def _known_to(learner: Person) -> SubmissionQuerySet:
    """Tries whose brief a person knows: their own, and those whose customer they played or which they marked."""
    played = Q(bookings__slot__host=learner.pk) | Q(bookings__slot__grader=learner.pk)
    return Submission.objects.filter(Q(learner=learner.pk) | played | Q(review_tasks__leases__grader=learner.pk))


def _best_for_persona(briefs: list[Brief], persona_id: int | None) -> list[Brief]:
    own = [brief for brief in briefs if persona_id is not None and brief.persona_id == persona_id]
    neutral = [brief for brief in briefs if brief.persona_id is None]
    return own or neutral or briefs


def why_not_edit(submission: Submission) -> Refusal | None:
    """Why notes and recording of a submission can't change: only drafts and returned ones take changes."""
    if submission.state in EDITABLE_STATES:
        return None
    return Refusal(
        "not-editable", _("This is %(state)s now, so it can't be changed.") % {"state": submission.get_state_display()}
    )


def why_not_hand_in(submission: Submission, now: datetime) -> Refusal | None:
    """Why a submission can't be handed in: its state, its recordings, what is written, its session, what proves it.

    The server looks at its own rows, never at what a browser says. A session that a grader marks live needs no
    recording. Seven queries at most, eight more where others are heard. Source: rules.md 4.3.
    """
    booking = booking_of(submission)
    return (
        why_not_move(TRANSITIONS, old=submission.state, new=SubmissionState.SUBMITTED)
        or why_not_meet(submission, booking, now)
        or (None if is_marked_live(booking) else _why_not_recorded(submission, now))
        or why_not_attested(booking)
        or _why_not_written(submission)
        or why_not_prove(submission)
    )


def _why_not_recorded(submission: Submission, now: datetime) -> Refusal | None:
    unusable = (_why_not_place(submission, place) for place in places_of(submission))
    return next(filter(None, unusable), None) or why_not_hear(submission, now)


def _why_not_place(submission: Submission, place: Place) -> Refusal | None:
    refusal = why_not_use(place.recording)
    if refusal is None or submission.practical.recordings_required == 1:
        return refusal
    return Refusal(
        refusal.code, _("Recording %(number)s: %(sentence)s") % {"number": place.number, "sentence": refusal.sentence}
    )


def _why_not_written(submission: Submission) -> Refusal | None:
    if submission.practical.notes_required and not submission.notes.strip():
        return Refusal("notes-missing", _("Write your notes first: they are what is read."))
    return why_not_fill(submission.practical.worksheet, submission.worksheet) or _why_not_self(submission)


def _why_not_self(submission: Submission) -> Refusal | None:
    if not submission.practical.self_assessment:
        return None
    return why_not_assess(self_rows_of(submission, list(current_recordings(submission).values())))


def criteria_of(submission: Submission) -> list[Criterion]:
    """The criteria that a try is marked on, those of the rubric version that it was opened with. One query."""
    return list(Criterion.objects.filter(rubric_version=submission.rubric_version_id).order_by("position"))


def self_rows_of(submission: Submission, recordings: Sequence[Recording]) -> list[SelfRow]:
    """How the learner marked themselves on each criterion; none where the practical doesn't ask. One query."""
    if not submission.practical.self_assessment:
        return []
    return self_rows(criteria_of(submission), submission.self_assessment, recordings)


def why_not_withdraw(submission: Submission, now: datetime) -> Refusal | None:
    """Why a submission can't be withdrawn: a grader has taken it, or it is over. Source: rules.md 4.4. One query."""
    if submission.state == SubmissionState.WITHDRAWN:
        return Refusal("withdrawn-already", _("You withdrew this try."))
    if submission.review_tasks.filter(leases__isnull=False).exists():
        return Refusal("taken", _("A grader has taken your work, so it can't be withdrawn any more."))
    return why_not_move(TRANSITIONS, old=submission.state, new=SubmissionState.WITHDRAWN)


def why_not_return(submission: Submission, now: datetime) -> Refusal | None:
    """Why staff can't give a submission back: it is not handed in, or decided (an appeal's matter, for two people)."""
    return why_not_move(TRANSITIONS, old=submission.state, new=SubmissionState.RETURNED)
