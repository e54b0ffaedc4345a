"""What managers attest of their people, and credits from elsewhere: who may say it, and what is still wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext

from accreditation.models import Attestation, Enrolment, GivenAttestation, GivenCredit, Requirement, User
from accreditation.rules.people import team_of
from courses.lib.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Wanted:
    """A statement that programs ask for of a learner; `given` is the newest one that stands, None where there is none."""

    learner: User
    attestation: Attestation
    programs: Sequence[str]
    given: GivenAttestation | None


def wanted_of(people: QuerySet[User]) -> list[Wanted]:
    """The statements that the programs of these people ask for, the missing ones first. Three queries."""
    enrolled = Enrolment.objects.open().filter(learner__in=people)
    asked = Requirement.objects.filter(
        attestation__isnull=False,
        group__version=F("group__version__program__current_version"),
        group__version__program__enrolments__in=enrolled,
    )
    rows = asked.values_list(
        "group__version__program__enrolments__learner", "attestation", "group__version__program__title"
    ).filter(group__version__program__enrolments__in=enrolled)
    titles: dict[tuple[int, int], list[str]] = {}
    for learner, attestation, title in rows.order_by("group__version__program__title"):
        mine = titles.setdefault((learner, attestation), [])
        mine.extend([title] if title not in mine else [])
    learners = User.objects.in_bulk({learner for learner, _ in titles})
    statements = Attestation.objects.in_bulk({attestation for _, attestation in titles})
    given = _newest(learners, statements)
    found = [Wanted(learners[one[0]], statements[one[1]], programs, given.get(one)) for one, programs in titles.items()]
    return sorted(found, key=lambda one: (one.given is not None, one.learner.name, one.attestation.title))


def _newest(learners: Any, statements: Any) -> dict[tuple[int, int], GivenAttestation]:
    rows = GivenAttestation.objects.filter(learner__in=learners, attestation__in=statements, withdrawn_at=None)
    return {
        (row.learner_id, row.attestation_id): row for row in rows.select_related("by").order_by("performed_on", "pk")
    }


def why_not_attest(attestation: Attestation, learner: User, by: User, on: date, today: date) -> Refusal | None:
    """A manager attests of the people below them, of a day that has been, once a day. Two queries. Source: rules.md 7.12."""
    if not team_of(by).filter(pk=learner.pk).exists():
        return Refusal("not-yours", gettext("Only a manager of this person may attest it."))
    if on > today:
        return Refusal("ahead", gettext("It can be attested of today or of a day that has been, not of one to come."))
    same = Q(attestation=attestation, learner=learner, performed_on=on, withdrawn_at=None)
    if GivenAttestation.objects.filter(same).exists():
        return Refusal(
            "done", gettext("“%(attestation)s” was attested of that day already.") % {"attestation": attestation}
        )
    return None


def why_not_enter_credit(given: GivenCredit, today: date) -> Refusal | None:
    """Somebody else's credit is entered by whoever saw it, once a day, with what tells it apart. One query."""
    if given.learner_id == given.by_id:
        return Refusal("own", gettext("Nobody enters a credit of their own. Ask a colleague."))
    if given.performed_on > today:
        return Refusal("ahead", gettext("The day of a credit is the day it was given, not one to come."))
    if not given.reference.strip():
        return Refusal("no-reference", gettext("Say its number or address, so that anybody can look it up again."))
    same = Q(credit=given.credit_id, learner=given.learner_id, performed_on=given.performed_on, withdrawn_at=None)
    if GivenCredit.objects.filter(same).exists():
        return Refusal("done", gettext("This credit of that day was entered already."))
    return None


def why_not_take_back(given: GivenAttestation | GivenCredit, reason: str) -> Refusal | None:
    """A statement is taken back once, with a reason."""
    if given.withdrawn_at is not None:
        return Refusal("taken-back", gettext("It was taken back already."))
    if not reason.strip():
        return Refusal("no-reason", gettext("Say why it is taken back; the reason stays in the record."))
    return None
