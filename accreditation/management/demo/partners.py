"""Sellers of the demo's partner who became accredited before the portal, so that their organisation holds a tier."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accreditation.actions.evidence import record_evidence
from accreditation.actions.mail_choices import choose_manners
from accreditation.actions.people import make_learner
from accreditation.models import (
    EvidenceKind,
    Manner,
    NoticeKind,
    Organisation,
    Program,
    Requirement,
    RequirementKind,
    User,
)
from accreditation.models.programs import TARGETS
from courses.models import Persona, Role, UseCase, Vertical

PROGRAM = "accredited-partner-seller"
SELLERS = (
    ("Lena Vogel", "sales", 330, {"capstone": ("devsecops", "education"), "recorded-demo": ("ci-cd", "")}),
    ("Tariq Mansour", "sales", 45, {"capstone": ("ci-cd", "retail"), "recorded-demo": ("gitops", "")}),
)
"""Name, persona, how many days ago, and on which use case in which vertical each practical was passed."""


def accredit_before(organisation: Organisation) -> None:
    """Two sellers with everything that their program asks for, entered as what was proved before the portal."""
    for name, persona, days, shown in SELLERS:
        seller = _seller(name, persona, organisation)
        _prove(seller, Program.objects.get(slug=PROGRAM), timezone.now().date() - timedelta(days=days), shown)


def _seller(name: str, persona: str, organisation: Organisation) -> User:
    """They don't sign in, and get no mail."""
    seller = User.objects.create(
        email=f"{name.replace(' ', '.')}@example.com".lower(),
        name=name,
        password=make_password(None),
        organisation=organisation,
        role=Role.objects.filter(slug="partner-seller").first(),
        persona=Persona.objects.filter(slug=persona).first(),
    )
    make_learner(person=seller)
    choose_manners(manners=dict.fromkeys(NoticeKind.values, Manner.NEVER), by=seller)
    return seller


def _prove(seller: User, program: Program, day: date, shown: Mapping[str, tuple[str, str]]) -> None:
    """Everything that a program and those before it ask for."""
    asked = Requirement.objects.filter(group__version=program.current_version_id, group__is_renewal=False)
    for one in asked.select_related(*TARGETS).order_by("pk"):
        if one.kind == RequirementKind.PROGRAM and one.program:
            _prove(seller, one.program, day, shown)
        elif one.kind == RequirementKind.PATH and one.path:
            for step in one.path.steps.select_related("course"):
                _record(seller, EvidenceKind.COURSE, day, course=step.course)
        elif one.kind in EvidenceKind.values:
            _record(seller, one.kind, day, **{one.kind: one.target}, **_details(one, shown))


def _details(one: Requirement, shown: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Which use case a practical was about, and in which vertical."""
    use_case, vertical = shown.get(one.practical.slug, ("", "")) if one.practical else ("", "")
    return {
        "use_case": UseCase.objects.filter(slug=use_case).first(),
        "vertical": Vertical.objects.filter(slug=vertical).first(),
    }


def _record(seller: User, kind: str, day: date, **details: Any) -> None:
    target = details.get(kind)
    source = f"before:{seller.pk}:{kind}:{target.pk if target else ''}"
    record_evidence(learner_id=seller.pk, kind=kind, source=source, performed_on=day, **details)
