"""Short words for the tests of sittings."""

from datetime import timedelta

import pytest

from assessments.actions.attempts import start_attempt
from assessments.actions.responses import save_responses
from assessments.models import Attempt
from assessments.rules.saves import Entry
from assessments.tests.factories_exams import ExamFactory
from courses.lib.refusals import Refused
from courses.tests.people import make_person


def begin(exam=None, learner=None, **exam_fields):
    """A live attempt of a fresh learner at a fresh exam."""
    exam = exam or ExamFactory(**exam_fields)
    return start_attempt(exam=exam, by=learner or make_person())


def item(attempt, position=1):
    return attempt.items.select_related("current_event", "version__answer_key").get(position=position)


def tokens(attempt, position=1, *, right=True):
    """The delivery's ids of the right (or wrong) options of a question."""
    row = item(attempt, position)
    fractions = row.version.answer_key.answers
    return [token for token, option in row.tokens.items() if (fractions[str(option)] == "1") is right]


def entry(attempt, position=1, seq=1, *, right=True, value=None, flagged=False):
    chosen = tokens(attempt, position, right=right)[:1] if value is None else value
    return Entry(position, seq, tuple(chosen), flagged)


def save(attempt, *entries, client="tab", epoch=1, by=None):
    return save_responses(
        attempt_id=attempt.pk, by=by or attempt.learner, client_id=client, epoch=epoch, entries=entries
    )


def answer_all(attempt, *, right=None):
    """Answer every question; `right`: how many of them rightly, all by default."""
    count = attempt.items.count()
    right = count if right is None else right
    save(attempt, *[entry(attempt, n, right=n <= right) for n in range(1, count + 1)])


def move_clock(attempt, **ago):
    """Let the attempt have started so much earlier, as the database sees it."""
    shift = timedelta(**ago)
    Attempt.objects.filter(pk=attempt.pk).update(
        started_at=attempt.started_at - shift, deadline_at=attempt.deadline_at - shift
    )
    attempt.refresh_from_db()


def past_deadline(attempt, seconds):
    """Let the deadline be so many seconds ago."""
    move_clock(attempt, seconds=attempt.policy_snapshot["minutes"] * 60 + seconds)


__all__ = [
    "answer_all", "begin", "entry", "item", "move_clock", "past_deadline", "save", "tokens",
]  # fmt: skip


def code_of(deed):
    """The code with which the deed is refused."""
    with pytest.raises(Refused) as refused:
        deed()
    return refused.value.refusal.code
