"""What a learner reads after the decision: the outcome, every criterion with the step to the next level, comments."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.models import (
    Comment,
    Criterion,
    Decision,
    Recording,
    Review,
    ReviewKind,
    RubricVersion,
    Submission,
    SubmissionState,
)
from assessments.models.reviews import Visibility
from assessments.models.rubrics import HIGHEST_LEVEL
from assessments.rules.decisions import level_of, mean_points
from assessments.rules.players import Player, player_of
from assessments.rules.timelines import shown_of
from courses.lib.words import number_in_words


@dataclass(frozen=True, slots=True)
class CriterionFeedback:
    """One criterion: mean of the marks, its level rounded down, what that level says, and what raises it."""

    criterion: Criterion
    mean: Decimal
    level: int
    said: str
    raise_text: str

    @property
    def next_level(self) -> int:
        """The number of the level that `raise_text` leads to."""
        return self.level + 1

    @property
    def dots(self) -> list[tuple[float, bool]]:
        """The five dots of the drawing: place and whether reached."""
        return [(7 + 22.5 * (number - 1), number <= self.level) for number in range(1, HIGHEST_LEVEL + 1)]


@dataclass(frozen=True, slots=True)
class CommentFeedback:
    """A comment and the pseudonym of who wrote it."""

    comment: Comment
    grader: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One point of the score line."""

    x: str
    width: str
    state: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """All that the feedback page shows. Graders are pseudonyms; their own words stay theirs."""

    decision: Decision
    title: str
    lead: str
    criteria: tuple[CriterionFeedback, ...]
    comments: tuple[CommentFeedback, ...]
    segments: tuple[Segment, ...]
    recordings: tuple[Recording, ...]
    recording: Recording | None
    player: Player | None


def feedback_on(submission: Submission, tries_left: int, place: int | None = None) -> Feedback | None:
    """The feedback of a decided submission, None before: nothing of a reading shows until the decision stands.

    `place` says which of several recordings is shown. Eight queries, however many graders, criteria and comments there are.
    """
    if submission.state != SubmissionState.DECIDED:
        return None
    decision = submission.decisions.select_related("version", "appeal__against").latest("decided_at", "pk")
    reviews = list(
        decision.version.reviews.exclude(kind=ReviewKind.GOLD).order_by("sent_at", "pk").prefetch_related("marks")
    )
    comments = _comments(decision, reviews)
    recordings = tuple(decision.version.recordings.order_by("place"))
    recording = shown_of(recordings, place)
    return Feedback(
        decision=decision,
        title=outcome_title(decision),
        lead=outcome_lead(decision, reviews, tries_left),
        criteria=_criteria(submission, reviews),
        comments=comments,
        segments=segments_of(int(decision.total), decision.maximum, decision.pass_points),
        recordings=recordings,
        recording=recording,
        player=player_of(recording, [one.comment for one in comments]),
    )


def outcome_title(decision: Decision) -> str:
    """The outcome in one sentence: what is there, or how much is missing."""
    if decision.passed:
        return _("Passed with %(total)s of %(maximum)s") % {"total": decision.total, "maximum": decision.maximum}
    short = decision.pass_points - int(decision.total)
    return ngettext("Not yet: %(count)s point short", "Not yet: %(count)s points short", short) % {
        "count": count(short)
    }


def outcome_lead(decision: Decision, reviews: list[Review], tries_left: int) -> str:
    """Who read it, what they came to, and what is left."""
    read = ngettext(
        "%(readers)s grader read your work and came to %(totals)s.",
        "%(readers)s graders read your work without seeing each other’s marks and came to %(totals)s.",
        len(reviews),
    ) % {
        "readers": count(len(reviews)).capitalize(),
        "totals": _(" and ").join(str(review.total) for review in reviews),
    }
    need = _("%(pass_points)s of %(maximum)s passes.") % {
        "pass_points": decision.pass_points,
        "maximum": decision.maximum,
    }
    if decision.passed:
        return f"{read} {need}"
    tries = ngettext("You have %(tries)s try left.", "You have %(tries)s tries left.", tries_left) % {
        "tries": count(tries_left)
    }
    return f"{read} {need} {tries}"


def count(number: int) -> str:
    """A small number in words, a larger one in digits."""
    return number_in_words(number, up_to=10)


def _criteria(submission: Submission, reviews: list[Review]) -> tuple[CriterionFeedback, ...]:
    points: dict[int, list[int]] = defaultdict(list)
    for review in reviews:
        for mark in review.marks.all():
            points[mark.criterion_id].append(mark.points)
    criteria = submission.rubric_version.criteria.order_by("position").prefetch_related("levels")
    return tuple(_one_criterion(criterion, points[criterion.pk]) for criterion in criteria)


def _one_criterion(criterion: Criterion, points: list[int]) -> CriterionFeedback:
    number = level_of(points)
    level = next(level for level in criterion.levels.all() if level.number == number)
    return CriterionFeedback(criterion, mean_points(points), number, level.text, level.raise_text)


def _comments(decision: Decision, reviews: list[Review]) -> tuple[CommentFeedback, ...]:
    names = {
        review.grader_id: _("Grader %(value)s") % {"value": chr(ord("A") + place)}
        for place, review in enumerate(reviews)
    }
    rows = Comment.objects.filter(
        submission_version=decision.version_id, visibility=Visibility.LEARNER, grader_id__in=names
    ).as_read()
    return tuple(CommentFeedback(row, names[row.grader_id]) for row in rows)


def segments_of(total: int, maximum: int, needed: int) -> tuple[Segment, ...]:
    """The score line: one segment a point, filled up to the total, a mark at the point that passes."""
    width = 100 / maximum
    return tuple(
        Segment(
            x=f"{(point - 1) * width + width * 0.12:.2f}",
            width=f"{width * 0.76:.2f}",
            state="on" if point <= total else "off",
            is_cut=point == needed,
        )
        for point in range(1, maximum + 1)
    )


def criteria_of(version: RubricVersion) -> list[Criterion]:
    """The criteria of a wording as a practical's page shows them, with their levels. Two queries."""
    return list(version.criteria.order_by("position").prefetch_related("levels"))
