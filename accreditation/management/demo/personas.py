"""The persona programs of the demo: people who hold one, whose proofs fade, who let one lapse, and who came back in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from accreditation.actions.evidence import ask_for_reassessment
from accreditation.actions.ledger import settle_fact
from accreditation.actions.programs import enrol
from accreditation.actions.statements import attest, enter_credit
from accreditation.management.demo import deeds
from accreditation.models import Attestation, Evidence, EvidenceKind, ExternalCredit, GivenCredit, Program, User
from accreditation.rules.ledger import ATTEMPTS
from assessments.models import Attempt, Brief, Practical
from assessments.rules.decisions import maximum_of
from courses.lib.inserts import append
from courses.models import Course, PathCourse

SELLING = "accredited-partner"


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that somebody did so many days ago. `brief`: slug of the customer that was drawn; `points` of its rubric."""

    kind: str
    slug: str
    days_ago: int
    brief: str = ""
    points: int = 0


def _conversation(days_ago: int, occasion: str, points: int) -> Done:
    return Done("practical", "customer-conversation", days_ago, occasion, points)


CAREERS: Mapping[str, Sequence[Done]] = {
    # Holds the persona and a micro-credential; three use cases, two of them in one vertical.
    "wen": (
        Done("path", "partner-core", 300),
        Done("course", "partner-education", 280),
        Done("exam", f"{SELLING}-education", 270),
        Done("practical", "capstone-education", 200, "lindenhof-schools", 21),
        Done("practical", "capstone-education", 150, "masomo-learning", 19),
        Done("practical", "enablement-workshop", 90, points=16),
        Done("practical", "capstone-education", 60, "hartwell-nursing-college", 20),
    ),
    # The persona runs out within weeks, and one of two use cases with it; the micro-credential stays.
    "ines": (
        Done("path", "partner-core", 400),
        Done("course", "partner-marketing", 390),
        Done("exam", f"{SELLING}-marketing", 380),
        Done("practical", "capstone-marketing", 345, "tidewater-toys", 18),
        Done("practical", "campaign-plan", 100, "salveo-pharma", 16),
    ),
    # Let it run out and came back within the days of grace, with a complex solution; the micro-credential lapsed.
    "tomasz": (
        Done("path", "devops-platform", 500),
        Done("path", "partner-core", 470),
        Done("course", "partner-product", 460),
        Done("exam", f"{SELLING}-product", 450),
        Done("practical", "capstone-product", 430, "nordhavn-pay", 20),
        Done("practical", "proof-of-value", 420, "shirakawa-robotics", 15),
        Done("practical", "capstone-product", 40, "meridor-mobility", 23),
    ),
    # Three conversations led alone, the oldest of which soon counts no more.
    "seller": (
        _conversation(168, "somebody-with-several-valid-copies", 14),
        _conversation(75, "somebody-who-has-to-prove-security", 16),
        _conversation(20, "somebody-who-releases-rarely", 17),
    ),
}
ENROLLED: Mapping[str, Sequence[str]] = {
    "wen": (f"{SELLING}-education", "workshop-facilitation", "partner-core"),
    "ines": (f"{SELLING}-marketing", "use-case-campaign", "partner-core"),
    "tomasz": (f"{SELLING}-product", "proof-of-value", "partner-core"),
    "seller": ("independent-conversations", "roi-conversation"),
    "priya": (f"{SELLING}-marketing",),
    "june": (f"{SELLING}-product",),
}
ATTESTED = (("ines", "campaign-was-run", 30), ("seller", "roi-in-front-of-a-customer", 15))
CREDITS = (
    ("wen", "facilitation-certificate", 310, "Trainer, class of spring, number 2231", None),
    ("tomasz", "kubernetes-administrator", 1200, "CKA-2300-004417", None),
    ("seller", "business-finance-certificate", 400, "Evening course 118, passed", None),
)


class Personas:
    """What these people did before today. Exams are sat; the rest stands in the ledger as entered by hand."""

    def __init__(self, people: Mapping[str, User]) -> None:
        self.people = people
        self.today = timezone.now().date()

    def make(self) -> None:
        """All of it; standings and badges are computed afterwards."""
        boss = self.people["enablement"]
        programs = {one.slug: one for one in Program.objects.all()}
        for short, slugs in ENROLLED.items():
            for slug in slugs:
                enrol(learner=self.people[short], program=programs[slug], by=boss, due_on=None)
        for short, career in CAREERS.items():
            self._record(self.people[short], career)
        for short, slug, days in ATTESTED:
            self._attest(short, slug, days)
        for short, slug, days, reference, until in CREDITS:
            self._credit(short, slug, days, reference, until)

    def _day(self, days_ago: int) -> date:
        return self.today - timedelta(days=days_ago)

    def _record(self, person: User, career: Sequence[Done]) -> None:
        for done in career:
            if done.kind == "exam":
                self._sit(person, done)
        append([row for done in career if done.kind != "exam" for row in self._rows(person, done)])
        ask_for_reassessment(learner_id=person.pk)

    def _sit(self, person: User, done: Done) -> None:
        """A real sitting, since it opens the practicals for the renewal, moved to its day; the ledger follows."""
        attempt, ago = deeds.pass_exam(person, done.slug), timedelta(days=done.days_ago)
        times = ("started_at", "deadline_at", "closed_at")
        Attempt.objects.filter(pk=attempt.pk).update(**{name: F(name) - ago for name in times})
        settle_fact(source=ATTEMPTS, key=attempt.pk, reason="The demo moves it to its day.")

    def _rows(self, person: User, done: Done) -> list[Evidence]:
        """A path is as many rows as it has courses, everything else one."""
        if done.kind != "path":
            return [self._row(person, done, **_about(done))]
        steps = PathCourse.objects.filter(path__slug=done.slug).select_related("course")
        return [self._row(person, done, kind=EvidenceKind.COURSE, course=step.course) for step in steps]

    def _row(self, person: User, done: Done, **about: Any) -> Evidence:
        key = about.get("course") or done.slug
        source = f"demo:{person.pk}:{done.kind}:{getattr(key, 'slug', key)}:{done.days_ago}"
        return Evidence(learner=person, source=source, performed_on=self._day(done.days_ago), **about)

    def _attest(self, short: str, slug: str, days: int) -> None:
        row = Attestation.objects.get(slug=slug)
        attest(attestation=row, learner=self.people[short], by=self.people["partner-manager"], on=self._day(days))

    def _credit(self, short: str, slug: str, days: int, reference: str, until: date | None) -> None:
        enter_credit(
            given=GivenCredit(
                credit=ExternalCredit.objects.get(slug=slug),
                learner=self.people[short],
                by=self.people["enablement"],
                performed_on=self._day(days),
                reference=reference,
                valid_until=until,
            )
        )


def _about(done: Done) -> dict[str, Any]:
    if done.kind == "course":
        return {"kind": EvidenceKind.COURSE, "course": Course.objects.get(slug=done.slug)}
    practical = Practical.objects.select_related("rubric_version").get(slug=done.slug)
    about = {
        "kind": EvidenceKind.PRACTICAL,
        "practical": practical,
        "supervision": practical.supervision,
        "score": done.points,
        "maximum": maximum_of(practical.rubric_version.criteria.count()),
    }
    return about | (_shown(practical, done.brief) if done.brief else {})


def _shown(practical: Practical, brief: str) -> dict[str, Any]:
    """What a passed try of this brief proves."""
    row = Brief.objects.drawable().get(pool=practical.brief_pool_id, slug=brief)
    names = ("use_case_id", "product_id", "persona_id", "vertical_id", "is_complex")
    return {name: getattr(row, name) for name in names}
