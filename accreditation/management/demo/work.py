"""The work of the demo: something in every state that a page can show."""

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from accreditation.actions.evidence import record_evidence
from accreditation.actions.programs import enrol
from accreditation.management.demo import deeds
from accreditation.management.demo.earlier import sit_before
from accreditation.management.demo.partners import accredit_before
from accreditation.management.demo.personas import Personas
from accreditation.management.demo.practice import SellingInPractice
from accreditation.management.demo.reviews import begin_reviews, begin_ruling_book, make_calibration, open_reviews
from accreditation.management.demo.texts import CALLS
from accreditation.models import Accreditation, EvidenceKind, Program, User
from accreditation.rules.awards import award_facts, current_standing
from assessments.actions.claims import claim_next
from assessments.actions.interventions import schedule_attempt, void_attempt
from assessments.actions.practicals import return_submission, withdraw_submission
from assessments.actions.review_statistics import compute_review_statistics_now
from assessments.actions.timekeeping import adjust_time, pause_attempt
from assessments.clips import make_clip
from assessments.models import Exam
from badges.actions.credentials import issue_credential
from badges.actions.revocations import confirm_revocation, request_revocation
from courses.actions.feedback import answer_feedback, publish_feedback, tell_us
from courses.models import Course
from courses.rules.feedback import About

GOOD = (4, 4, 3, 4, 4)
SHORT = (4, 3, 3, 4, 3)
FOUR = ("continuous-integration", "devsecops", "devops-platform", "agile-management")


class DemoWork:
    """Everything that the demo's people have done; `made` keeps what `--json` prints."""

    def __init__(self, people: Mapping[str, User]) -> None:
        self.people = people
        self.folder = Path(tempfile.mkdtemp(prefix="demo-"))

    def make(self) -> None:
        """All of it, in the order in which people would do it. About twenty seconds, most of it for the clips."""
        begin_reviews(self.people)
        self._clips()
        self._enrolments()
        self._accredited()
        self._seller()
        self._micro_credential()
        self.practice.decided()
        self._others()
        self.practice.under_way()
        self._learner()
        Personas(self.people).make()
        sit_before()
        make_calibration(self.people)
        begin_ruling_book(self.people)
        open_reviews(self.people)
        deeds.settle()
        compute_review_statistics_now(now=timezone.now())

    def _clips(self) -> None:
        self.clip = make_clip(self.folder / "session.mp4", 65)
        self.other = make_clip(self.folder / "second-session.mp4", 70)
        self.silent = make_clip(self.folder / "muted.mp4", 62, sound=False)
        self.practice = SellingInPractice(self.people, self.folder, self.clip)

    def _enrolments(self) -> None:
        today = timezone.now().date()
        boss = self.people["enablement"]
        for short, slug, days in (
            ("learner", "field-accreditation", 30),
            ("learner", "strategic-account-leader", None),
            ("seller", "accredited-partner-seller", 14),
            ("seller", "partner-core", None),
            ("seller", "selling-in-practice", None),
            ("priya", "accredited-partner-seller", None),
            ("priya", "selling-in-practice", 21),
            ("sam", "accredited-partner-seller", None),
            ("june", "partner-core", 7),
            ("rafael", "field-accreditation", None),
            ("rafael", "selling-in-practice", 60),
            ("hana", "account-planning", None),
        ):
            due_on = today + timedelta(days=days) if days else None
            enrol(learner=self.people[short], program=Program.objects.get(slug=slug), by=boss, due_on=due_on)

    def _learner(self) -> None:
        """Mateo is in the middle of a course, and said something about a lesson."""
        mateo = self.people["learner"]
        deeds.do_path(mateo, "devsecops")
        deeds.do_course(mateo, "account-planning", lessons=4)
        self._open_attempt()
        lesson = Course.objects.get(slug="account-planning").lessons.order_by("position").first()
        if lesson is None:
            return
        remark = tell_us(
            lesson_id=lesson.pk,
            kind="idea",
            text="An example of a filled-in plan would help.",
            about=About(lesson.get_absolute_url(), lesson.title, "courses:lesson", str(lesson.pk)),
            by=mateo,
        )
        boss = self.people["enablement"]
        answer_feedback(
            feedback=remark, state="done", answer="Good idea. The last lesson has one since today.", by=boss
        )
        publish_feedback(
            feedback=remark,
            shown_to="everybody",
            title="An example of a filled-in account plan",
            sentence="The last lesson of Account planning shows one.",
            by=boss,
        )

    def _open_attempt(self) -> None:
        """Samir has an exam open, and a month for it; Hana's is paused; Tomas may sit one when he likes."""
        samir, boss = self.people["manager"], self.people["enablement"]
        attempt = deeds.begin_exam(samir, "devsecops", right=4, wrong=1)
        adjust_time(attempt=attempt, seconds=30 * 24 * 3600, reason="The demo keeps one attempt open.", by=boss)
        paused = deeds.begin_exam(self.people["hana"], "agile-management", right=3)
        pause_attempt(attempt=paused, reason="The fire alarm went off.", by=boss)
        exam = Exam.objects.get(slug="agile-management")
        schedule_attempt(
            exam=exam, learner=self.people["grader2"], opens_at=None, closes_at=None, reason="A second date.", by=boss
        )

    def _accredited(self) -> None:
        """Rafael went the whole way of a program; Priya and Sam hold the core, and Sam's badge was revoked by two people."""
        rafael = self.people["rafael"]
        for slug in FOUR:
            deeds.do_path(rafael, slug)
            deeds.pass_exam(rafael, slug)
        deeds.hand_in_recording(rafael, "customer-engagement", self.clip)
        deeds.grade_next(self.people["grader"], GOOD, _note)
        for short in ("priya", "sam", "seller"):
            deeds.do_path(self.people[short], "partner-core")
        if northbeam := self.people["seller"].organisation:
            accredit_before(northbeam)
        deeds.settle()
        self._revoke("sam")

    def _revoke(self, short: str) -> None:
        held = Accreditation.objects.get(learner=self.people[short], program__slug="partner-core")
        if held.credential is None:
            return
        reason = "The courses were done by somebody else."
        request = request_revocation(credential=held.credential, reason=reason, by=self.people["enablement"])
        confirm_revocation(request=request, by=self.people["grader2"])

    def _seller(self) -> None:
        """Ada passed the exam at the second try; one practical passed, one was a point short, one is begun."""
        ada = self.people["seller"]
        deeds.pass_exam(ada, "accredited-partner-seller")
        deeds.do_course(ada, "call-listening")
        deeds.hand_in_worksheet(ada, "call-listening", CALLS)
        deeds.grade_next(self.people["grader"], (4, 4, 4), _note)
        deeds.hand_in_recording(ada, "recorded-demo", self.other)
        deeds.grade_next(self.people["grader"], SHORT, _note)
        deeds.begin_upload(ada, deeds.begin_practical(ada, "capstone"), self.clip)

    def _micro_credential(self) -> None:
        """Hana's micro-credential ran out: she was awarded it more than two years ago."""
        hana = self.people["hana"]
        program = Program.objects.select_related("achievement", "current_version").get(slug="account-planning")
        course = Course.objects.get(slug="account-planning")
        long_ago = timezone.now() - timedelta(days=800)
        record_evidence(
            learner_id=hana.pk,
            kind=EvidenceKind.COURSE,
            source=f"demo:{hana.pk}",
            performed_on=long_ago.date(),
            course=course,
        )
        deeds.settle()
        held = Accreditation.objects.select_related("learner", "program", "version").get(learner=hana, program=program)
        facts = award_facts(held, current_standing(held, long_ago + timedelta(days=1)))
        if program.achievement is None:
            return
        held.credential = issue_credential(achievement=program.achievement, holder=hana, facts=facts)
        held.save(update_fields=["credential"])

    def _others(self) -> None:
        """June's exam was no pass; Sam's was void, his next was one. Two hand-ins of his wait for a grader, and his browser
        died while he recorded the third."""
        priya, june, sam = self.people["priya"], self.people["june"], self.people["sam"]
        deeds.do_course(june, "partner-platform", lessons=2)
        deeds.sit_exam(june, "accredited-partner-seller", right=11)
        attempt = deeds.sit_exam(sam, "accredited-partner-seller", right=18)
        void_attempt(attempt=attempt, cause="incident", reason="The building lost power.", by=self.people["enablement"])
        self._priya_and_hana(priya)
        deeds.pass_exam(sam, "accredited-partner-seller")
        deeds.hand_in_worksheet(sam, "call-listening", CALLS)
        deeds.hand_in_recording(sam, "recorded-demo", self.other)
        deeds.break_off_recording(sam, deeds.begin_practical(sam, "capstone"), self.clip)

    def _priya_and_hana(self, priya: User) -> None:
        """Priya's work is being read, was given back, has no sound; Hana took one hand-in back."""
        deeds.pass_exam(priya, "accredited-partner-seller")
        deeds.hand_in_worksheet(priya, "call-listening", CALLS)
        claim_next(by=self.people["grader2"])  # before the next one waits: both are equally old in one transaction
        returned = deeds.hand_in_recording(priya, "recorded-demo", self.clip)
        return_submission(
            submission=returned,
            reason="The screen can't be read. Record it again with a larger font.",
            by=self.people["enablement"],
        )
        deeds.bring_recording(priya, deeds.begin_practical(priya, "capstone"), self.silent)
        hana = self.people["hana"]
        deeds.pass_exam(hana, "territory-and-pipeline")
        withdraw_submission(submission=deeds.hand_in_recording(hana, "account-plan-defence", self.other), by=hana)


def _note(criterion: str) -> str:
    return f"{criterion}: strong where you ask for a figure. Next time say who carries that cost."
