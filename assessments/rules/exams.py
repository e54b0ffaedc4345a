"""Who may sit an exam, who passed it, and what a pass is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from math import ceil
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import Attempt, AttemptState, Exam, ExamVersion, Practical, Question
from assessments.models.attempts import CLOSED, LIVE
from assessments.rules.kinds import kind_of
from assessments.rules.limits import Agreed, Limits, agreed_with, limits_of
from assessments.rules.sitters import why_not_sit
from assessments.signals import attempt_opening
from courses.lib.compiled import Compiled
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused
from courses.lib.words import in_readers_language
from courses.models.content import ContentState

SHORT = Refusal(
    "exam-short",
    gettext_noop("This exam can't be given in full now. Field Enablement has been told; it opens again soon."),
)


def is_passed(score: Decimal, maximum: Decimal, pass_percent: Decimal) -> bool:
    """Whether score × 100 reaches the pass mark × maximum, in exact decimals. 79.995 % does not pass at 80 %.

    Source: rules.md 3.8.
    """
    return score * 100 >= pass_percent * maximum


def percent_of(score: Decimal, maximum: Decimal) -> Decimal:
    """The share of the maximum in percent, two decimals rounded down, so that what is shown never passes more."""
    return (score * 100 / maximum).quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def has_passed_exam(learner: Person, exam: Exam) -> bool:
    """Whether one of the learner's sittings that count reached the pass mark. One query."""
    return Attempt.objects.passed().filter(learner_id=learner.pk, exam=exam).exists()


@Compiled
def attempts_before_start(learner: Any, exam: Any) -> QuerySet[Any]:
    """The learner's attempts at this exam, newest first, and their open one wherever it is."""
    mine = Attempt.objects.filter(Q(exam=exam) | Q(state__in=LIVE, scored=True), learner_id=learner.pk)
    return mine.select_related("current_run", "exam").order_by("-started_at")


def history_of(learner: Person, exam: Exam) -> list[Attempt]:
    """The learner's attempts at this exam, newest first, and their open one wherever it is. One query."""
    return attempts_before_start(learner=learner, exam=exam)


def sittings_of(learner: Person) -> list[Attempt]:
    """The learner's started attempts that count, at any exam, newest first. One query."""
    mine = Attempt.objects.filter(learner_id=learner.pk, scored=True, state__in=(*LIVE, *CLOSED))
    return list(mine.select_related("current_run", "exam").order_by("-started_at"))


def why_not_start(learner: Person, exam: Exam, now: datetime) -> Refusal | None:
    """Why the learner can't start this exam now: not open, passed, another one open, theirs to know, tries used, or too soon.

    Three queries.
    """
    agreed, apart = agreed_with(learner, exam.pk, now), why_not_sit(learner, exam)
    return why_not_start_after(history_of(learner, exam), exam, now, agreed, apart)


def why_not_start_after(
    history: Sequence[Attempt],
    exam: Exam,
    now: datetime,
    agreed: Sequence[Agreed] = (),
    apart: Refusal | None = None,
) -> Refusal | None:
    """`why_not_start` for what was read already; `exam` with its current version. No query.

    `apart`: from `rules/sitters.py`.
    A sitting that staff scheduled asks neither for tries nor for pauses. Source: rules.md 3.1, 3.2, 3.16, 3.18.
    """
    version = exam.current_version
    if exam.state != ContentState.PUBLISHED or version is None:
        return Refusal("exam-not-open", _("This exam isn't open now."))
    if opened := open_attempt(history):
        sentence = _("You are in the middle of “%(exam)s”. Hand it in before you start another one.") % {
            "exam": opened.exam.title
        }
        return Refusal("attempt-open", sentence, opened.get_absolute_url(), _("Go on there"))
    counted = counted_tries(history, exam)
    if passed := next((one for one in counted if one.current_run and one.current_run.passed), None):
        sentence = _("You have passed this exam. Passing ends it for good.")
        return Refusal("already-passed", sentence, passed.result_url, _("See the result"))
    if apart is not None:
        return apart
    scheduled = scheduled_attempt(history, exam, now)
    limits = limits_of(version, agreed, scheduled)
    outside = _why_not_now(limits, now)
    return outside or (None if scheduled else _why_not_again(counted, limits, now))


def _why_not_now(limits: Limits, now: datetime) -> Refusal | None:
    """The window: not open yet, or over."""
    if limits.opens_at and now < limits.opens_at:
        return Refusal(
            "not-open-yet", _("This exam opens %(opens_at)s.") % {"opens_at": day_and_time(limits.opens_at, now)}
        )
    if limits.closes_at and now >= limits.closes_at:
        return Refusal(
            "window-over",
            _("This exam closed %(closes_at)s. It isn't open any more.")
            % {"closes_at": day_and_time(limits.closes_at, now)},
        )
    return None


def why_not_with_less(limits: Limits, exam: Exam, now: datetime, *, agreed_to: bool) -> Refusal | None:
    """Why a start needs the learner's consent: the window ends before the time does. Source: rules.md 3.16."""
    if agreed_to or not limits.is_cut(now):
        return None
    assert limits.closes_at is not None  # only a window cuts
    left = _("%(minutes_from)s of %(full_minutes)s minutes") % {
        "minutes_from": limits.minutes_from(now),
        "full_minutes": limits.full_minutes,
    }
    sentence = _("The exam closes %(closes_at)s: you would have %(left)s. Agree to that on its page.") % {
        "closes_at": day_and_time(limits.closes_at, now),
        "left": left,
    }
    return Refusal("less-time", sentence, exam.get_absolute_url(), _("To the exam’s page"))


def scheduled_attempt(history: Sequence[Attempt], exam: Exam, now: datetime) -> Attempt | None:
    """The sitting that staff planned for this learner and whose time isn't over."""
    mine = (one for one in history if one.exam_id == exam.pk and one.state == AttemptState.READY)
    return next((one for one in mine if one.closes_at is None or now < one.closes_at), None)


def open_attempt(history: Sequence[Attempt]) -> Attempt | None:
    """The one scored attempt that is started and not ended."""
    return next((one for one in history if one.scored and one.state in LIVE), None)


def counted_tries(history: Sequence[Attempt], exam: Exam) -> list[Attempt]:
    """Ended attempts at this exam that count, newest first. Void ones don't."""
    tries = [one for one in history if one.exam_id == exam.pk and one.scored and one.state in CLOSED]
    return sorted(tries, key=_closed_at, reverse=True)


def _closed_at(attempt: Attempt) -> datetime:
    assert attempt.closed_at is not None  # a constraint: attempt_closed_has_time_and_reason
    return attempt.closed_at


def _why_not_again(counted: Sequence[Attempt], limits: Limits, now: datetime) -> Refusal | None:
    """The retake policy: so many tries in so many days, and the pause after the last one."""
    window = timedelta(days=limits.within_days)
    recent = [closed for closed in map(_closed_at, counted) if closed > now - window]
    if len(recent) >= limits.max_attempts:
        opens = recent[limits.max_attempts - 1] + window
        used = _("You have used your %(max_attempts)s tries in %(within_days)s days.") % {
            "max_attempts": limits.max_attempts,
            "within_days": limits.within_days,
        }
        return Refusal(
            "attempts-used",
            _("%(used)s The next one opens %(opens)s.") % {"used": used, "opens": day_and_time(opens, now)},
        )
    opens = recent[0] + pause_after(len(recent), limits.waits_hours) if recent else now
    if opens > now:
        return Refusal("too-soon", _("You may try the exam again %(opens)s.") % {"opens": day_and_time(opens, now)})
    return None


def pause_after(tries: int, waits_hours: Sequence[int]) -> timedelta:
    """The pause after so many failed tries; the last step of the ladder repeats."""
    if not waits_hours:
        return timedelta(0)
    return timedelta(hours=waits_hours[min(tries, len(waits_hours)) - 1])


def day_and_time(moment: datetime, now: datetime) -> str:
    """A moment in the reader's time zone: "today, 14:34", "tomorrow, 14:34" or "on 5 December, 18:00"."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    days = (local.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days) or _("on %(local)s") % {"local": date_format(local, "j F")}
    return f"{day}, {date_format(local, 'H:i')}"


def tries_left(history: Sequence[Attempt], exam: Exam, limits: Limits, now: datetime) -> int:
    """How many tries the policy still allows in the running window."""
    window = timedelta(days=limits.within_days)
    used = sum(_closed_at(one) > now - window for one in counted_tries(history, exam))
    return max(limits.max_attempts - used, 0)


@dataclass(frozen=True, slots=True)
class RulesPage:
    """What the page before an exam shows: the limits as they hold for this person, and the lock."""

    questions: int
    points_needed: int
    limits: Limits
    minutes_now: int
    is_cut: bool
    refusal: Refusal | None
    open_attempt: Attempt | None
    scheduled: Attempt | None
    tries: Sequence[Attempt]
    tries_left: int
    rules: Sequence[str]
    waits: str
    practice: int
    opens_practicals: bool
    profile_by: str


def rules_page(learner: Person, exam: Exam, now: datetime) -> RulesPage | None:
    """The figures, the lock and the earlier tries of the rules page; None while no version was published.

    Six queries.
    """
    version = exam.current_version
    if version is None:
        return None
    history, agreed = history_of(learner, exam), agreed_with(learner, exam.pk, now)
    scheduled, opened = scheduled_attempt(history, exam, now), open_attempt(history)
    limits = limits_of(version, agreed, scheduled)
    questions, bank = version.cells.aggregate(sum=Sum("count"))["sum"] or 0, _bank_facts(exam)
    return RulesPage(
        questions=questions,
        points_needed=ceil(version.pass_percent * questions / 100),
        limits=limits,
        minutes_now=limits.minutes_from(now),
        is_cut=limits.is_cut(now),
        refusal=why_not_start_after(history, exam, now, agreed, why_not_sit(learner, exam))
        or _not_asked(learner, exam, now),
        open_attempt=opened if opened and opened.exam_id == exam.pk else None,
        scheduled=scheduled,
        tries=counted_tries(history, exam),
        tries_left=tries_left(history, exam, limits, now),
        rules=_scoring_rules(exam),
        practice=bank["practice"],
        waits=_waits_in_words(version),
        opens_practicals=Practical.objects.filter(exam=exam, state=ContentState.PUBLISHED).exists(),
        profile_by=profile_words(has_courses=bank["courses"] > 0, has_topics=bank["topics"] > 0),
    )


def _not_asked(learner: Person, exam: Exam, now: datetime) -> Refusal | None:
    """What refuses the start of an exam that only some are asked for: its gate, asked before somebody presses."""
    if exam.for_asked_only:
        try:
            attempt_opening.send(sender=Attempt, learner=learner, exam=exam, now=now)
        except Refused as refused:
            return refused.refusal
    return None


def _bank_facts(exam: Exam) -> dict[str, int]:
    """How many questions are kept for practice, and how many of the others name a course or, failing that, a topic. One query."""
    asked, nowhere = Q(practice_only=False), Q(objective=None)
    written = Question.objects.filter(bank_id=exam.bank_id, withdrawn_at=None).exclude(current_version=None)
    return written.aggregate(
        practice=Count("pk", filter=~asked),
        courses=Count("pk", filter=asked & ~nowhere),
        topics=Count("pk", filter=asked & nowhere & ~Q(topic="")),
    )


def profile_words(*, has_courses: bool, has_topics: bool) -> str:
    """ "course", "topic", "course and topic", or "" where a profile would have one nameless row."""
    return " and ".join(["course"] * has_courses + ["topic"] * has_topics)


def _scoring_rules(exam: Exam) -> list[str]:
    """The sentence of each scoring rule that the bank uses."""
    used = Question.objects.drawable().filter(bank_id=exam.bank_id)
    pairs = used.order_by().values_list("current_version__kind", "current_version__rule").distinct()
    return sorted({in_readers_language(kind_of(kind).RULES[rule]) for kind, rule in pairs})


def questions_for_practice(exam: Exam) -> int:
    """How many questions of the exam's bank are kept for practice. One query."""
    return Question.objects.for_practice().filter(bank_id=exam.bank_id).count()


def _waits_in_words(version: ExamVersion) -> str:
    """The ladder as a sentence: "after 24 hours, then after 7 days, then after 30 days"."""
    words = [_("after %(hours)s") % {"hours": _hours_in_words(hours)} for hours in version.waits_hours]
    return ", then ".join(words) or _("at once")


def _hours_in_words(hours: int) -> str:
    if hours >= 48 and hours % 24 == 0:
        return _("%(value)s days") % {"value": hours // 24}
    return "1 hour" if hours == 1 else _("%(hours)s hours") % {"hours": hours}
