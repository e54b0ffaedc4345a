"""People who have shown use cases, for the tests of tiers."""

from datetime import timedelta

from django.utils import timezone

from accreditation.actions.standing import reassess
from accreditation.models import TierHolding
from accreditation.tests.factories import EvidenceFactory, make_program
from assessments.tests.factories_practicals import PracticalFactory
from courses.models import UseCase
from courses.tests.factories import UseCaseFactory
from courses.tests.people import make_person


def use_case(slug):
    return UseCase.objects.filter(slug=slug).first() or UseCaseFactory(slug=slug, name=slug.upper())


def show(learner, practical, *slugs, ago=10, **details):
    """Practicals passed, each on a use case."""
    day = timezone.now().date() - timedelta(days=ago)
    return [
        EvidenceFactory(
            learner=learner, kind="practical", practical=practical, use_case=use_case(one), performed_on=day, **details
        )
        for one in slugs
    ]


def seller(*slugs, program=None, organisation=None, **details):
    """Somebody who holds a program by its only practical, with these use cases, and their tier."""
    learner, practical = make_person(organisation=organisation), PracticalFactory()
    make_program(practical, **(program or {}))
    show(learner, practical, *slugs, **details)
    reassess(learner=learner)
    return learner, practical


def holding(learner):
    return TierHolding.objects.get(learner=learner)
