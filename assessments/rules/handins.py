"""Links, files and agreements of a try: what may be added, what is still missing, and who may open a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assessments.models import (
    Attestation,
    Lease,
    Practical,
    Submission,
    SubmissionFile,
    SubmissionLink,
    SubmissionVersion,
)
from assessments.models.practicals import EDITABLE_STATES
from assessments.rules.comparisons import compares
from assessments.rules.worksheets import WorksheetRow, rows_of
from courses.lib.people import Person
from courses.lib.refusals import Refusal

MOST_FILES = 10
MOST_LINKS = 20
FILES_AN_HOUR = 40
MOST_FILE_BYTES = 20 << 20
LOOKED_AT = 1 << 16
SUFFIXES: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".zip": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".docx": (b"PK\x03\x04",),
    ".pptx": (b"PK\x03\x04",),
    ".ods": (b"PK\x03\x04",),
    ".odt": (b"PK\x03\x04",),
    ".odp": (b"PK\x03\x04",),
    ".csv": (),
    ".txt": (),
    ".md": (),
    ".json": (),
    ".yaml": (),
    ".yml": (),
}
"""What a file may be called, and how its bytes then begin; text has no beginning of its own, it is UTF-8."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Links and files of an open try, and why none can be added."""

    links: tuple[SubmissionLink, ...]
    files: tuple[SubmissionFile, ...]
    refusal: Refusal | None


def evidence_of(submission: Submission) -> Evidence | None:
    """Links and files of a try; None where its practical takes none. Two queries."""
    if not submission.practical.takes_evidence:
        return None
    return Evidence(tuple(submission.links.all()), tuple(submission.files.kept()), why_not_take_evidence(submission))


def why_not_add(submission: Submission) -> Refusal | None:
    """Why a try takes no link, file or agreement: it is handed in, or its practical asks for none."""
    if submission.state not in EDITABLE_STATES:
        return Refusal("submission-closed", _("This try is handed in, so nothing can be added or taken out."))
    return None


def why_not_take_evidence(submission: Submission) -> Refusal | None:
    """Why a try takes no links and files."""
    if not submission.practical.takes_evidence:
        return Refusal("evidence-not-wanted", _("This practical doesn't ask for links or files."))
    return why_not_add(submission)


def why_not_link(submission: Submission, url: str) -> Refusal | None:
    """Why a link can't be added: there are enough, or it is there. One query."""
    known = set(submission.links.values_list("url", flat=True))
    if url in known:
        return Refusal("link-there", _("This link is there already."))
    if len(known) >= MOST_LINKS:
        return Refusal(
            "links-full", _("%(most_links)s links are enough. Take one out first.") % {"most_links": MOST_LINKS}
        )
    return None


def why_not_size(size: int) -> Refusal | None:
    """Why a file of so many bytes is not taken. Pure."""
    if size == 0:
        return Refusal("empty-file", _("This file is empty."))
    if size > MOST_FILE_BYTES:
        return Refusal(
            "too-large",
            _("At most %(value)s MB a file. Share a larger one by link.") % {"value": MOST_FILE_BYTES >> 20},
        )
    return None


def why_not_another_file(submission: Submission, now: datetime) -> Refusal | None:
    """Why a learner can't send a file now: they sent many within the hour, whatever they took out. One query."""
    since = now - timedelta(hours=1)
    lately = SubmissionFile.objects.filter(submission__learner=submission.learner_id, sent_at__gt=since)
    if lately.count() < FILES_AN_HOUR:
        return None
    return Refusal(
        "too-fast",
        _("You sent %(files_an_hour)s files within an hour. Try again in a while.") % {"files_an_hour": FILES_AN_HOUR},
    )


def why_not_file(submission: Submission, sha256: str) -> Refusal | None:
    """Why a file can't be added: there are enough, or it is there under another name. One query."""
    kept = dict(submission.files.kept().values_list("sha256", "name"))
    if sha256 in kept:
        return Refusal("file-there", _("This file is there already, as %(kept)s.") % {"kept": kept[sha256]})
    if len(kept) >= MOST_FILES:
        return Refusal(
            "files-full",
            _("%(most_files)s files are enough. Take one out first, or pack them.") % {"most_files": MOST_FILES},
        )
    return None


def why_not_kind(name: str, begins: bytes) -> Refusal | None:
    """Why a file of this name, with these first bytes, is not taken: kind, or name and bytes that disagree. Pure."""
    suffix = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    if suffix not in SUFFIXES:
        listed = ", ".join(sorted(one[1:] for one in SUFFIXES))
        return Refusal(
            "file-kind", _("Files of this kind are not taken. Send one of: %(listed)s.") % {"listed": listed}
        )
    starts = SUFFIXES[suffix]
    if (starts and not begins.startswith(starts)) or (not starts and not _is_text(begins)):
        return Refusal(
            "file-kind", _("This file is called %(suffix)s but is something else inside.") % {"suffix": suffix}
        )
    return None


def _is_text(begins: bytes) -> bool:
    if b"\0" in begins:
        return False
    try:
        begins.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(begins) - 3  # a character may be cut at the end of the part that was looked at
    return True


def why_not_prove(submission: Submission) -> Refusal | None:
    """What is missing of links and files before a try can be handed in. Two queries; none where it takes none."""
    practical = submission.practical
    if not practical.takes_evidence:
        return None
    return _why_not_enough("link", submission.links.count(), practical.links_required) or _why_not_enough(
        "file", submission.files.kept().count(), practical.files_required
    )


def _why_not_enough(word: str, there: int, wanted: int) -> Refusal | None:
    if there >= wanted:
        return None
    few = f"{wanted} {word}{'' if wanted == 1 else 's'}"
    return Refusal(
        f"{word}s-missing", _("Add %(few)s: they show your work. There %(there)s.") % {"few": few, "there": _is(there)}
    )


def _is(there: int) -> str:
    return _("is none yet") if there == 0 else f"{'is' if there == 1 else 'are'} {there}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a reader is told about the people in a recording: no names."""

    place: int
    people: int
    basis: str
    redaction: str
    purge_on: date


@dataclass(frozen=True, slots=True)
class Proof:
    """What a version was handed in with beside recordings and notes; blind for readers who don't know whose it is.

    `remark`: what the customer of its session wrote, for graders alone.
    """

    rows: tuple[WorksheetRow, ...]
    links: tuple[Mapping[str, str], ...]
    files: tuple[SubmissionFile, ...]
    agreements: tuple[Agreement, ...]
    is_blind: bool = False
    remark: str = ""

    @property
    def is_there(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.rows or self.links or self.files or self.agreements or self.remark)


def proof_of(practical: Practical, version: SubmissionVersion, *, is_blind: bool = False, remark: str = "") -> Proof:
    """What a version was handed in with beside recordings and notes, its worksheet as it was asked then. One query.

    `remark`: for graders, what `remarks` finds on its session.
    """
    agreements = (
        Agreement(
            one["place"], len(one["speakers"]), one["basis"], one["redaction"], date.fromisoformat(one["purge_on"])
        )
        for one in version.disclosures
    )
    asked = version.worksheet_fields or (practical.worksheet if version.worksheet else [])
    rows = rows_of(asked, version.worksheet)
    return Proof(tuple(rows), tuple(version.links), tuple(version.files.all()), tuple(agreements), is_blind, remark)


def remarks() -> QuerySet[Attestation]:
    """What the customers of sessions that took place wrote for the grader, newest first; to be filtered by its try."""
    return Attestation.objects.filter(took_place=True).order_by("-said_at")


def name_for(user: Person, file: SubmissionFile) -> str:
    """What a file is called for this person: graders don't see who the learner is. Source: rules.md 5.7."""
    knows = file.submission.learner_id == user.pk or user.has_perm("assessments.view_submission")
    return file.name if knows else file.blind_name


def may_open(user: Person, file: SubmissionFile, now: datetime) -> bool:
    """Whether this person may have a file: its learner, who may view all submissions, or who reads or compares it.

    A grader holds a live lease on a task whose version was handed in with it; a judge has it in the pair that waits for
    them. One query beside permissions, more for judges.
    """
    if file.submission.learner_id == user.pk or user.has_perm("assessments.view_submission"):
        return True
    leases = Lease.objects.holding(now).filter(grader_id=user.pk, task__submission_version__files=file.pk)
    return user.has_perm("assessments.grade") and (leases.exists() or compares(user, file))
