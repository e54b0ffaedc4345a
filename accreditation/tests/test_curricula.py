"""A path that changes later changes no rules: they are proposed, previewed, and go live by a person's decision."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accreditation.actions.programs import author_program
from accreditation.actions.proposals import discard_proposal, publish_proposal, settle_preview
from accreditation.actions.reassessing import reassess_all
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_standings
from accreditation.models import Accreditation, Outcome, Proposal, ProposalState, StandingState
from accreditation.rules.proposals import both_rules, difference
from accreditation.tests.factories import EvidenceFactory, asks_for, make_enablement, make_program
from courses.actions.content import author_path, publish_content, withdraw_content
from courses.models import Course
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
DAY = timedelta(days=1)


class World:
    """A path of two courses, a program that asks for it, and somebody who holds it."""

    def __init__(self):
        self.courses = [CourseFactory(lessons=1, title=title) for title in ("Discovery", "Value", "Closing")]
        self.path = self.lay(*self.courses[:2])
        publish_content(content=self.path, by=None)
        self.program = make_program(self.path)
        self.holder = make_person()
        for course in self.courses[:2]:
            EvidenceFactory(learner=self.holder, kind="course", course=course, performed_on=TODAY - timedelta(days=10))
        reassess(learner=self.holder)

    def lay(self, *courses):
        return author_path(slug="selling", values={"title": "Selling"}, courses=courses)[0]

    def standing(self):
        reassess_all(program=self.program)
        reassess(learner=self.holder)
        return Accreditation.objects.get(learner=self.holder).state


@pytest.fixture
def world():
    return World()


def proposed():
    return Proposal.objects.filter(state=ProposalState.PROPOSED)


def test_a_course_that_a_path_gets_takes_nothing_from_anybody(world):
    world.lay(*world.courses)

    assert world.standing() == StandingState.ACCREDITED


def test_it_is_proposed_once_and_the_list_says_whom_it_touches(world):
    sweep_standings()
    assert not proposed().exists()

    world.lay(*world.courses)
    sweep_standings()
    sweep_standings()

    proposal = proposed().get()
    assert proposal.proposed_by is None
    assert proposal.counts[Outcome.KEPT] == 1
    assert any("“Closing”" in words for how, words in difference(*both_rules(proposal)) if how == "added")


def test_published_holders_keep_it_to_their_end_and_newcomers_need_the_new_course(world):
    until = Accreditation.objects.get(learner=world.holder).valid_until
    world.lay(*world.courses)
    sweep_standings()
    settle_preview(proposal_id=proposed().get().pk)

    publish_proposal(proposal=proposed().get(), by=make_enablement())

    newcomer = make_person()
    for course in world.courses[:2]:
        EvidenceFactory(learner=newcomer, kind="course", course=course, performed_on=TODAY + DAY)
    reassess(learner=newcomer, now=timezone.now() + DAY)
    assert world.standing() == StandingState.ACCREDITED
    assert Accreditation.objects.get(learner=world.holder).valid_until == until
    assert Accreditation.objects.get(learner=newcomer).state == StandingState.IN_PROGRESS
    sweep_standings()
    assert not proposed().exists()


def test_what_was_discarded_is_not_proposed_again_but_another_change_is(world):
    world.lay(*world.courses)
    sweep_standings()
    discard_proposal(proposal=proposed().get(), by=make_enablement())

    sweep_standings()
    assert not proposed().exists()

    world.lay(world.courses[0])
    sweep_standings()
    assert proposed().count() == 1


def test_a_course_that_is_withdrawn_is_asked_for_no_more_by_anybody(world):
    newcomer = make_person()
    EvidenceFactory(learner=newcomer, kind="course", course=world.courses[0], performed_on=TODAY)

    withdraw_content(content=Course.objects.get(pk=world.courses[1].pk), by=None)
    reassess(learner=newcomer)
    sweep_standings()

    assert Accreditation.objects.get(learner=newcomer).state == StandingState.ACCREDITED
    assert not proposed().exists()


def test_loading_the_program_again_takes_what_its_path_has_now_and_nothing_else_is_written(world):
    def load():
        group = {"title": "Proofs", "rule": "all_of", "count": None, "requirements": [asks_for(world.path)]}
        slug, title = world.program.slug, world.program.title
        return author_program(slug=slug, values={"title": title}, validity_months=12, groups=[group])

    assert load()[1] is False
    world.lay(*world.courses)
    assert load()[1] is True
    assert load()[1] is False
    assert world.program.versions.count() == 2
