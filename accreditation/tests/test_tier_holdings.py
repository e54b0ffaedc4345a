"""The tier that a person holds: stored beside every standing, the same one by one and for everybody, gone by midnight."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.actions.evidence import withdraw_evidence
from accreditation.actions.reassessing import reassess_all
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_standings
from accreditation.actions.tiers import author_tiers, compute_tiers
from accreditation.models import Accreditation, ProgramReassessment, Tier, TierHolding
from accreditation.tests.depth import holding, seller, show
from accreditation.tests.factories import make_enablement, make_program
from accreditation.tests.program_texts import SMALL, load, mistakes_of
from assessments.tests.factories_practicals import PracticalFactory
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def said(learner):
    row = holding(learner)
    return row.tier, row.valid_until, row.use_cases, row.complex_until, row.changes_after


@pytest.mark.parametrize(
    ("slugs", "tier"), [("a", "crawl"), ("ab", "walk"), ("abcd", "walk"), ("abcde", "run"), ("aaaaa", "crawl")]
)
def test_use_cases_make_the_tier_that_is_stored(slugs, tier):
    learner, _ = seller(*slugs)

    assert (holding(learner).tier, len(holding(learner).use_cases)) == (tier, len(set(slugs)))


def test_a_complex_solution_is_run_for_as_long_as_it_holds():
    learner, _ = seller("a", is_complex=True)

    row = holding(learner)
    assert (row.tier, row.complex_until) == ("run", row.valid_until)


def test_who_has_shown_nothing_has_no_row():
    learner = make_person()

    reassess(learner=learner)

    assert not TierHolding.objects.exists()


def test_without_an_accreditation_in_force_there_is_no_tier():
    learner, practical = make_person(), PracticalFactory()
    make_program(practical, CourseFactory(lessons=1))
    show(learner, practical, *"abcde")

    reassess(learner=learner)

    assert not TierHolding.objects.exists()


def test_evidence_withdrawn_takes_the_tier_back():
    learner, practical = seller("a")
    (proof,) = show(learner, practical, "b")
    reassess(learner=learner)
    assert holding(learner).tier == "walk"

    withdraw_evidence(evidence=proof, reason="Not theirs.", by=make_enablement())
    reassess(learner=learner)

    assert holding(learner).tier == "crawl"


def test_midnight_takes_a_use_case_and_the_sweep_finds_it():
    last = timezone.now().date() + timedelta(days=3)
    learner, practical = seller("a")
    show(learner, practical, "b", valid_until=last)
    reassess(learner=learner)
    assert (holding(learner).tier, holding(learner).changes_after) == ("walk", last)
    midnight = datetime.combine(last + timedelta(days=1), time(), UTC)

    sweep_standings(now=midnight - timedelta(seconds=1))
    assert holding(learner).tier == "walk"
    sweep_standings(now=midnight)
    assert (holding(learner).tier, len(holding(learner).use_cases)) == ("crawl", 1)


def test_everybody_at_once_says_what_one_by_one_says():
    practical, other = PracticalFactory(), PracticalFactory()
    program = make_program(practical)
    make_program(other, CourseFactory(lessons=1), slug="never-held")
    people = [make_person() for _ in range(7)]
    for number, one in enumerate(people):
        show(one, practical, *"abcdef"[:number], ago=40 * number + 5)
        show(one, other, "z")
    show(people[1], practical, "q", is_complex=True)

    reassess_all(program=program)

    wholesale = {one.pk: said(one) for one in people[1:]}
    assert not TierHolding.objects.filter(learner=people[0]).exists()
    TierHolding.objects.all().delete()
    Accreditation.objects.all().delete()
    for one in people:
        reassess(learner=one)
    assert wholesale == {one.pk: said(one) for one in people[1:]}
    assert {row[0] for row in wholesale.values()} == {"walk", "run"}


def test_statements_do_not_grow_with_the_people_and_a_second_run_writes_nothing():
    practical = PracticalFactory()
    make_program(practical)

    def statements(number):
        people = [make_person() for _ in range(number)]
        for one in people:
            show(one, practical, "a", "b")
            Accreditation.objects.create(
                learner=one, program=practical.requirement_set.get().group.version.program,
                version=practical.requirement_set.get().group.version, state="accredited", computed_at=timezone.now(),
                completed_on=timezone.now().date(), valid_until=timezone.now().date() + timedelta(days=300),
            )  # fmt: skip
        keys = sorted(one.pk for one in people)
        with CaptureQueriesContext(connection) as counted:
            assert compute_tiers(learners=keys, now=timezone.now()) == number
        assert compute_tiers(learners=keys, now=timezone.now()) == 0
        return len(counted)

    assert statements(2) == statements(9)


def tier(slug, use_cases, **more):
    return {"slug": slug, "title": slug.capitalize(), "use_cases": use_cases, "complex_is_enough": False} | more


def test_thresholds_are_data_and_new_ones_reach_everybody():
    learner, _ = seller("a", "b")
    ProgramReassessment.objects.all().delete()

    assert author_tiers(tiers=[tier("bronze", 2), tier("gold", 3)])
    sweep_standings()

    assert holding(learner).tier == "bronze"
    assert not author_tiers(tiers=[tier("bronze", 2), tier("gold", 3)])
    assert author_tiers(tiers=[tier("gold", 2)])
    assert list(Tier.objects.values_list("slug", "use_cases")) == [("gold", 2)]


def test_two_tiers_never_ask_for_the_same_number():
    author_tiers(tiers=[tier("bronze", 2), tier("gold", 3)])
    author_tiers(tiers=[tier("gold", 2), tier("bronze", 3)])

    with pytest.raises(IntegrityError), transaction.atomic():
        Tier.objects.filter(slug="gold").update(use_cases=3)
        connection.check_constraints()


def test_a_tier_in_force_has_its_last_day():
    with pytest.raises(IntegrityError):
        TierHolding.objects.create(learner=make_person(), tier="run", computed_at=timezone.now())


TIERS = """
tiers:
- {slug: crawl, title: Crawl, use_cases: 1}
- {slug: run, title: Run, use_cases: %s, complex_is_enough: true}
"""


def test_a_file_writes_tiers_with_their_badges(tmp_path):
    load(tmp_path, SMALL + TIERS % 4)

    assert list(Tier.objects.values_list("slug", "use_cases", "complex_is_enough")) == [
        ("crawl", 1, False),
        ("run", 4, True),
    ]
    assert "asks for no more use cases" in mistakes_of(tmp_path, TIERS % 1)[0][1]
    assert "tiers stand in one file" in mistakes_of(tmp_path, TIERS % 4, TIERS % 5)[0][1]
