"""What a live attempt may show. Everything that leaves for a question page is named here; the key is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from assessments.models import Attempt, AttemptItem, Option
from assessments.rules.attempts import digest_of
from assessments.rules.kinds import ShownOption, ShownQuestion, kind_of
from courses.lib.words import in_readers_language


@dataclass(frozen=True, slots=True)
class Delivered:
    """One question on the page."""

    position: int
    text: str
    rule: str
    controls: SafeString
    answered: bool
    flagged: bool
    digest: str


def deliver(attempt: Attempt) -> list[Delivered]:
    """Every question of the attempt in its stored order, with what is answered. Two queries."""
    items = list(attempt.items.select_related("version", "current_event").order_by("position"))
    versions = {item.version_id for item in items}
    rows = Option.objects.filter(version__in=versions).values_list("pk", "text", "group")
    texts = {pk: (text, group) for pk, text, group in rows}
    return [_delivered(item, texts) for item in items]


def _delivered(item: AttemptItem, texts: Mapping[int, tuple[str, str]]) -> Delivered:
    kind, event = kind_of(item.version.kind), item.current_event
    answer = answer_of(item)
    options = [
        ShownOption(token, texts[option][0], token in answer, texts[option][1]) for token, option in item.tokens.items()
    ]
    flagged = event.flagged if event else False
    return Delivered(
        position=item.position,
        text=item.version.text,
        rule=in_readers_language(kind.RULES[item.version.rule]),
        controls=kind.render(ShownQuestion(item.position, item.version.text, options, answer, item.version.rule)),
        answered=event.answered if event else False,
        flagged=flagged,
        digest=digest_of(answer, flagged=flagged) if event else "",
    )


def answer_of(item: AttemptItem) -> Sequence[str]:
    """The current answer as the page sends it."""
    return kind_of(item.version.kind).deliver(item.current_event.value, item.tokens) if item.current_event else []


@dataclass(frozen=True, slots=True)
class Overview:
    """One question in the list before handing in."""

    position: int
    answered: bool
    flagged: bool
    digest: str


def overview(attempt: Attempt) -> list[Overview]:
    """What is answered and flagged, in order. One query, which reads no question text."""
    rows = attempt.items.order_by("position").values_list(
        "position", "current_event__answered", "current_event__flagged", "current_event__digest"
    )
    return [Overview(position, bool(done), bool(flag), digest or "") for position, done, flag, digest in rows]
