"""What happened to a try, step by step, as its learner may read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from assessments.models import Submission, SubmissionEvent, SubmissionState, SubmissionVersion

WORDS: Mapping[str, str] = {
    SubmissionState.DRAFT: "Opened",
    SubmissionState.SUBMITTED: "Handed in",
    SubmissionState.IN_REVIEW: "Taken by a grader",
    SubmissionState.RETURNED: "Given back",
    SubmissionState.DECIDED: "Decided",
    SubmissionState.WITHDRAWN: "Withdrawn",
}


APPEALS = {"appealed": "You appealed"}


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step: when, what, and in words what came with it. `receipt` where something was handed in."""

    happened_at: datetime
    words: str
    detail: str
    receipt: str


def history_of(submission: Submission) -> list[HistoryStep]:
    """Every step of a try, the newest first: who read it stays unsaid, why it was given back doesn't. Four queries."""
    versions = iter(submission.versions.prefetch_related("recordings", "files").order_by("number"))
    return [_step(event, versions) for event in submission.events.all()][::-1]


def _step(event: SubmissionEvent, versions: Iterator[SubmissionVersion]) -> HistoryStep:
    words, detail, receipt = WORDS[event.new], "", ""
    if event.new == SubmissionState.SUBMITTED and (version := next(versions, None)):
        detail, receipt = f"Version {version.number}: {contents_of(version)}.", version.receipt
    if event.old == event.new == SubmissionState.DECIDED:
        words, detail = APPEALS.get(event.reason, "Read once more"), "" if event.reason in APPEALS else event.reason
    if event.new == SubmissionState.RETURNED:
        detail = event.reason
    if event.new == SubmissionState.WITHDRAWN:
        detail = "This try does not count."
    return HistoryStep(event.happened_at, words, detail, receipt)


def contents_of(version: SubmissionVersion) -> str:
    """What a version holds, in words. No query where recordings and files are loaded."""
    counted = (
        (len(version.recordings.all()), "recording"),
        (len(version.links), "link"),
        (len(version.files.all()), "file"),
    )
    parts = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counted if count]
    parts += ["worksheet"] * bool(version.worksheet) + ["notes"] * bool(version.notes.strip())
    return ", ".join(parts) or "the session itself"
