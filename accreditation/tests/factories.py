"""Rows of the top app for the tests."""

from datetime import date, timedelta

import factory
from django.contrib.auth.models import Group
from django.utils import timezone

from accreditation.actions.programs import author_program, publish_program
from accreditation.models import (
    Accreditation,
    Enrolment,
    Evidence,
    Invitation,
    Notice,
    Organisation,
    Program,
    Reassessment,
)
from accreditation.roles import ENABLEMENT
from badges.tests.factories import make_achievement
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person

KINDS = {
    "Course": "course",
    "LearningPath": "path",
    "Exam": "exam",
    "Practical": "practical",
    "Program": "program",
    "Attestation": "attestation",
    "ExternalCredit": "credit",
}


def asks_for(target, proof="know"):
    """A requirement as an author writes it."""
    kind = KINDS[type(target).__name__]
    return {"kind": kind, "proof": proof, kind: target}


def make_program(*targets, groups=None, badge=False, publish=True, months=12, **values):
    """A program that asks for all of `targets`; written and published by the real actions."""
    slug = values.pop("slug", None) or f"program-{Program.objects.count() + 1}"
    targets = targets or (() if groups else (CourseFactory(lessons=1),))
    whole = {"title": "Proofs", "rule": "all_of", "count": None, "requirements": [asks_for(one) for one in targets]}
    values.setdefault("title", slug.replace("-", " ").capitalize())
    if badge:
        values["achievement"] = make_achievement(slug=slug, name=values["title"])
    program, _ = author_program(slug=slug, values=values, validity_months=months, groups=groups or [whole])
    return publish_program(program=program, by=None) if publish else program


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    slug = factory.Sequence(lambda n: f"partner-{n}")
    name = factory.Sequence(lambda n: f"Partner {n}")


class EvidenceFactory(factory.django.DjangoModelFactory):
    """A completed course; `exam=`, `practical=` or `program=` with `kind=` make the others."""

    class Meta:
        model = Evidence

    learner = factory.LazyFunction(make_person)
    kind = "course"
    source = factory.Sequence(lambda n: f"tests.row:{n}")
    performed_on = factory.LazyFunction(lambda: timezone.now().date())


class EnrolmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Enrolment

    learner = factory.LazyFunction(make_person)
    program = factory.LazyFunction(make_program)


class AccreditationFactory(factory.django.DjangoModelFactory):
    """In force for half a year more."""

    class Meta:
        model = Accreditation

    learner = factory.LazyFunction(make_person)
    program = factory.LazyFunction(make_program)
    version = factory.LazyAttribute(lambda o: o.program.current_version)
    state = "accredited"
    completed_on = factory.LazyFunction(lambda: date.today() - timedelta(days=180))
    valid_until = factory.LazyFunction(lambda: date.today() + timedelta(days=180))
    computed_at = factory.LazyFunction(timezone.now)


class ReassessmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Reassessment

    learner = factory.LazyFunction(make_person)
    due_at = factory.LazyFunction(timezone.now)


class NoticeFactory(factory.django.DjangoModelFactory):
    """Unread, without mail; `mail=True` lets its mail wait."""

    class Meta:
        model = Notice

    class Params:
        mail = factory.Trait(mail_state="waiting", mail_due_at=factory.LazyFunction(timezone.now))

    recipient = factory.LazyFunction(make_person)
    kind = "decision"
    key = factory.Sequence(lambda n: f"fact:{n}")
    title = factory.Sequence(lambda n: f"Notice {n}")
    text = "Each criterion has its next step."
    link = "/programs/"


class InvitationFactory(factory.django.DjangoModelFactory):
    """Open; `groups=["grader"]` asks the person to join these groups."""

    class Meta:
        model = Invitation
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"invited{n}@example.com")
    invited_by = factory.LazyFunction(lambda: make_enablement())

    @factory.post_generation
    def groups(self, create, extracted, **kwargs):
        self.groups.set(Group.objects.filter(name__in=extracted or ()))


def make_enablement(**fields):
    """Somebody who runs the portal in the administration."""
    return make_person(groups=[ENABLEMENT], is_staff=True, **fields)
