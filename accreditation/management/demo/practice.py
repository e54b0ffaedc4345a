"""Selling in practice: sessions, a business case, customer calls and a build, in every state that their pages know."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accreditation.management.demo import deeds, texts
from accreditation.models import User
from assessments.actions.handins import add_file, add_link, declare
from assessments.actions.practicals import hand_in
from assessments.actions.sessions import attest, book_slot
from assessments.clips import repeat_clip
from assessments.models import Booking, LawfulBasis, Practical, Redaction, SessionSlot, Submission
from assessments.rules.agreements import Speaker
from assessments.rules.practicals import criteria_of

EXAM = "accredited-partner-seller"
ROOM = "https://meet.example.com/role-play"


class SellingInPractice:
    """What people do in the program of that name; `clip` lasts a little more than a minute."""

    def __init__(self, people: Mapping[str, User], folder: Path, clip: Path) -> None:
        self.people, self.folder, self.clip = people, folder, clip

    def decided(self) -> None:
        """Rafael's ROI case passed. Nothing else waits for a grader yet, so his is the next."""
        rafael = self.people["rafael"]
        deeds.pass_exam(rafael, EXAM)
        case = deeds.begin_practical(rafael, "roi-case")
        typed = texts.roi_of(_brief(case), case.practical.worksheet)
        hand_in(submission=deeds.fill_in(rafael, case, worksheet=typed), by=rafael)
        deeds.grade_next(self.people["grader"], (4, 4, 3, 5, 4), _note)

    def under_way(self) -> None:
        """Everything else, after those who do it passed their exam."""
        self._times_to_book()
        self._rafael()
        self._ada()
        self._priya_and_sam()

    def _times_to_book(self) -> None:
        for slug, host, grader, days in (
            ("role-play", "manager", None, 3),
            ("role-play", "enablement", "grader", 4),
            ("role-play", "manager", None, 9),
            ("capstone", "manager", "grader2", 6),
        ):
            self._slot(slug, host, grader, days)

    def _slot(self, slug: str, host: str, grader: str | None, days: int) -> SessionSlot:
        day = timezone.now() + timedelta(days=days)
        return SessionSlot.objects.create(
            practical=Practical.objects.get(slug=slug),
            host=self.people[host],
            grader=self.people[grader] if grader else None,
            starts_at=day.replace(hour=14, minute=0, second=0, microsecond=0),
            minutes=45,
            location=ROOM,
        )

    def _book(self, submission: Submission, host: str, grader: str | None = None, *, days: int = 1) -> Booking:
        slot = self._slot("role-play", host, grader, days)
        return book_slot(submission=submission, slot=slot, by=submission.learner)

    def _rafael(self) -> None:
        """His manager played the customer and said so; role-play and calls wait for a grader."""
        rafael = self.people["rafael"]
        submission = deeds.begin_practical(rafael, "role-play")
        booking = _begun(self._book(submission, "manager", days=12), timedelta(days=1))
        attest(booking=booking, took_place=True, text="Started late, because of me.", by=self.people["manager"])
        deeds.bring_recording(rafael, submission, self._session)
        self._declare(submission, 1, ("Samir Nasser",))
        own = {
            one.slug: {"points": "4", "moment": f"{2 + n}:30", "place": "1"}
            for n, one in enumerate(criteria_of(submission))
        }
        hand_in(submission=deeds.fill_in(rafael, submission, self_assessment=own), by=rafael)
        calls = deeds.begin_practical(rafael, "customer-calls")
        for place, call in enumerate(self._calls, start=1):
            deeds.bring_recording(rafael, calls, call, place=place)
            self._declare(calls, place, ("Their head of finance", "Their team lead"))
        hand_in(submission=deeds.fill_in(rafael, calls, notes=texts.CALL_NOTES), by=rafael)

    def _ada(self) -> None:
        """A session ahead, a case half filled in, and a call in which somebody has not agreed yet."""
        ada = self.people["seller"]
        self._book(deeds.begin_practical(ada, "role-play"), "manager", days=2)
        case = deeds.begin_practical(ada, "roi-case")
        deeds.fill_in(ada, case, worksheet=texts.begun_roi(_brief(case)))
        calls = deeds.begin_practical(ada, "customer-calls")
        deeds.bring_recording(ada, calls, self._calls[0])
        self._declare(calls, 1, ("The owner",), waits=("The head of purchasing",))

    def _priya_and_sam(self) -> None:
        """Priya's host has still to say that it took place; Sam's session is on now, with a grader; his build waits."""
        priya, sam = self.people["priya"], self.people["sam"]
        _begun(self._book(deeds.begin_practical(priya, "role-play"), "manager", days=13), timedelta(hours=20))
        _begun(
            self._book(deeds.begin_practical(sam, "role-play"), "enablement", "grader", days=14), timedelta(minutes=10)
        )
        build = deeds.begin_practical(sam, "sandbox-build")
        add_link(
            submission=build, url="https://sandbox.example.com/stop-a-weak-change", title="The stopped change", by=sam
        )
        add_file(submission=build, sent=SimpleUploadedFile("build-it-again.md", texts.BUILD), by=sam)
        deeds.bring_recording(sam, build, self._calls[0])
        hand_in(submission=build, by=sam)

    def _declare(
        self, submission: Submission, place: int, agreed: tuple[str, ...], waits: tuple[str, ...] = ()
    ) -> None:
        today = timezone.now().date()
        speakers = [Speaker(name, today) for name in agreed] + [Speaker(name, None) for name in waits]
        declare(
            submission=submission,
            place=place,
            basis=LawfulBasis.CONSENT,
            speakers=speakers,
            redaction=Redaction.TO_DO if waits else Redaction.DONE,
            purge_on=today + timedelta(days=90),
            by=submission.learner,
        )

    @cached_property
    def _session(self) -> Path:
        return repeat_clip(self.clip, self.folder / "role-play.mp4", 15)

    @cached_property
    def _calls(self) -> tuple[Path, Path]:
        return repeat_clip(self.clip, self.folder / "call-1.mp4", 5), repeat_clip(
            self.clip, self.folder / "call-2.mp4", 6
        )


def _brief(submission: Submission) -> str:
    """Which customer was drawn: the shipped practical always draws one."""
    assert submission.brief is not None
    return submission.brief.slug


def _begun(booking: Booking, ago: timedelta) -> Booking:
    """The booking with its time behind it: a demo can't wait, so the slot moves."""
    now = timezone.now()
    SessionSlot.objects.filter(pk=booking.slot_id).update(starts_at=now - ago)
    Booking.objects.filter(pk=booking.pk).update(booked_at=now - ago - timedelta(days=3))
    return Booking.objects.get(pk=booking.pk)


def _note(criterion: str) -> str:
    return f"{criterion}: I can follow each figure to the brief. Next time say who in their house would contradict it first."
