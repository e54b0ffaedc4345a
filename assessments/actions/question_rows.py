"""The rows of many questions at once: a constant number of statements, however many they are."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from django.db import transaction
from django.db.models import OuterRef, Subquery

from assessments.models import AnswerKey, Option, Question, QuestionBank, QuestionVersion
from assessments.rules.banks import question_hash
from assessments.rules.kinds import WrittenOption, kind_of
from assessments.rules.practice import why_not_use_otherwise
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import SourceRevision


class Keep(Enum):
    """What is said of something that stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP
Source = SourceRevision | Keep | None
"""The revision that a wording is checked against: this one, none, or that of the wording before."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question to write. `options` as its type keeps them (`as_kept`); `place`: fields of `Question` that are to change.

    `source`: the revision that it is checked against, or `KEEP` for that of the version before.
    """

    external_id: str
    kind: str
    text: str
    options: Sequence[WrittenOption]
    rule: str
    rationale: str = ""
    place: Mapping[str, Any] = field(default_factory=dict)
    source: Source = KEEP

    @property
    def content_hash(self) -> str:
        """What a version with this content bears."""
        return question_hash(self.kind, self.text, self.rule, self.options, self.rationale)


@dataclass(frozen=True, slots=True)
class Written:
    """The version that stands for a draft, and whether anything had to be written."""

    version: QuestionVersion
    changed: bool


@transaction.atomic
def write_questions(*, bank: QuestionBank, drafts: Sequence[Draft], by: Person | None = None) -> list[Written]:
    """Write questions or their next versions, in the order of the drafts; the same content again changes nothing.

    The drafts bear different ids and are allowed by `why_not_write`. At most thirteen statements.
    """
    questions, new = _identities(bank, drafts)
    moved = _move(questions, drafts)
    changed = [one for one in drafts if not _stands(questions[one.external_id], one)]
    _write_versions(questions, changed, by)
    _remember([question for question in questions.values() if question.pk in new], by, update=False)
    touched = moved | {questions[one.external_id].pk for one in changed}
    _remember([one for one in questions.values() if one.pk in touched - new], by, update=True)
    touched |= new
    rows = [questions[one.external_id] for one in drafts]
    return [Written(cast(QuestionVersion, row.current_version), row.pk in touched) for row in rows]


def _stands(question: Question, draft: Draft) -> bool:
    version = question.current_version
    if version is None or version.content_hash != draft.content_hash:
        return False
    return version.source_revision_id == _source_id(draft, version)


def _source_id(draft: Draft, before: QuestionVersion | None) -> int | None:
    if isinstance(draft.source, Keep):
        return before.source_revision_id if before else None
    return draft.source.pk if draft.source else None


def _identities(bank: QuestionBank, drafts: Sequence[Draft]) -> tuple[dict[str, Question], set[int]]:
    """The questions' rows by id, locked and then read with their versions, and which of them are new."""
    rows = Question.objects.filter(bank=bank, external_id__in=[one.external_id for one in drafts])
    known = set(rows.values_list("external_id", flat=True))
    missing = [
        Question(bank=bank, external_id=one.external_id, **one.place) for one in drafts if one.external_id not in known
    ]
    if missing:
        Question.objects.bulk_create(missing, ignore_conflicts=True)
    list(rows.order_by("pk").select_for_update().values_list("pk"))
    found = {row.external_id: row for row in rows.select_related("current_version", "objective", "competency")}
    return found, {row.pk for name, row in found.items() if name not in known and row.current_version is None}


def _move(questions: Mapping[str, Question], drafts: Sequence[Draft]) -> set[int]:
    """Put questions where their drafts say; the ids of those that moved. Refused as `why_not_use_otherwise`."""
    moved, names = [], set()
    for draft in drafts:
        question = questions[draft.external_id]
        changed = [name for name, value in draft.place.items() if getattr(question, name) != value]
        if "practice_only" in changed and question.current_version is not None:
            refuse_if(why_not_use_otherwise(question, practice_only=draft.place["practice_only"]))
        for name in changed:
            setattr(question, name, draft.place[name])
        names.update(changed)
        moved += [question] if changed else []
    if moved:
        Question.objects.bulk_update(moved, sorted(names))
    return {question.pk for question in moved}


def _write_versions(questions: Mapping[str, Question], drafts: Sequence[Draft], by: Person | None) -> None:
    """The next version of each, with its options and its key."""
    if not drafts:
        return
    rows = [questions[one.external_id] for one in drafts]
    previous = [row.current_version for row in rows]
    versions = QuestionVersion.objects.bulk_create(
        QuestionVersion(
            question=row,
            number=old.number + 1 if old else 1,
            kind=draft.kind,
            text=draft.text,
            rule=draft.rule,
            content_hash=draft.content_hash,
            source_revision_id=_source_id(draft, old),
            created_by_id=by.pk if by else None,
        )
        for draft, row, old in zip(drafts, rows, previous, strict=True)
    )
    ids = _write_options(versions, drafts, previous)
    AnswerKey.objects.bulk_create(
        _key(draft, version, ids[version.pk]) for draft, version in zip(drafts, versions, strict=True)
    )
    newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number").values("pk")[:1]
    Question.objects.filter(pk__in=[row.pk for row in rows]).update(current_version=Subquery(newest))
    for row, version in zip(rows, versions, strict=True):
        row.current_version = version


def _write_options(
    versions: Sequence[QuestionVersion], drafts: Sequence[Draft], previous: Sequence[QuestionVersion | None]
) -> dict[int, list[int]]:
    """The options' ids by version; one whose text stood before keeps its key, so that statistics can follow it."""
    keys = _known_keys([old.pk for old in previous if old])
    options = [
        Option(
            version=version,
            key=keys.get((old.pk if old else 0, row.group, row.text)) or uuid.uuid4(),
            text=row.text,
            position=position,
            pinned_last=row.last,
            group=row.group,
        )
        for version, draft, old in zip(versions, drafts, previous, strict=True)
        for position, row in enumerate(kind_of(draft.kind).rows(draft.options))
    ]
    ids: dict[int, list[int]] = {version.pk: [] for version in versions}
    for option in Option.objects.bulk_create(options):
        ids[option.version_id].append(option.pk)
    return ids


def _known_keys(previous: Sequence[int]) -> dict[tuple[int, str, str], uuid.UUID]:
    if not previous:
        return {}
    known = Option.objects.filter(version_id__in=previous).values_list("version_id", "group", "text", "key")
    return {(version, group, text): key for version, group, text, key in known}


def _key(draft: Draft, version: QuestionVersion, ids: Sequence[int]) -> AnswerKey:
    return AnswerKey(
        version=version,
        answers=kind_of(draft.kind).key_for(draft.options, ids),
        feedback={str(index): one.feedback for index, one in enumerate(draft.options) if one.feedback},
        rationale=draft.rationale,
    )


def _remember(questions: Sequence[Question], by: Person | None, *, update: bool) -> None:
    """The history that rows written in bulk don't write themselves."""
    if questions:
        Question.history.bulk_history_create(questions, update=update, default_user=by)
