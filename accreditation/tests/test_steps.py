"""A program that asks for another one: whatever is proved in that one more, and whenever, takes nothing away."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.actions.reassessing import reassess_all
from accreditation.actions.standing import reassess
from accreditation.models import Accreditation
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import Fact, GroupRules, RequirementRules
from accreditation.rules.standing import standing
from accreditation.tests.factories import EvidenceFactory, make_program
from courses.tests.factories import CourseFactory, PathFactory
from courses.tests.people import make_person

DAY = date(2024, 1, 1)
CORE = ProgramRules(
    1, "core", 12, (GroupRules("All", "all_of", None, (RequirementRules(1, "exam", "know", "a", "A"),)),)
)
OUTER = ProgramRules(
    2,
    "outer",
    12,
    (
        GroupRules(
            "All",
            "all_of",
            None,
            (RequirementRules(2, "exam", "know", "b", "B"), RequirementRules(3, "program", "know", "core", "Core")),
        ),
    ),
)
DAYS = st.integers(0, 1200)


def outer_on(today, a, b=(4,)):
    """The outer program of who passed the core's exam and the own one on these days."""
    facts = [
        Fact(n, "exam", name, DAY + timedelta(days=day))
        for n, (name, day) in enumerate([*(("a", day) for day in a), *(("b", day) for day in b)])
        if DAY + timedelta(days=day) <= today
    ]
    core = standing(CORE, facts, today)
    return standing(OUTER, facts, today, held={"core": core.steps})


def test_an_earlier_proof_of_the_core_takes_nothing_from_what_asks_for_it():
    # day 244 lengthens the core, so that day 335 renews it no more: that day dates the outer program all the same
    today = DAY + timedelta(days=354)

    few, more = outer_on(today, [0, 335]), outer_on(today, [0, 244, 335])

    assert few.valid_until == more.valid_until == date(2025, 12, 1)
    assert few.state == more.state == "accredited"


@given(a=st.lists(DAYS, max_size=6), b=st.lists(DAYS, max_size=3), more=DAYS, today=DAYS)
def test_more_proofs_of_the_core_never_shorten_what_asks_for_it(a, b, more, today):
    day = DAY + timedelta(days=today)

    before, after = outer_on(day, a, b), outer_on(day, [*a, more], b)

    assert (after.valid_until or date.min) >= (before.valid_until or date.min)


@pytest.mark.django_db
def test_everybody_at_once_and_one_by_one_store_it_the_same():
    course, own = CourseFactory(lessons=1), CourseFactory(lessons=1)
    core = make_program(PathFactory(courses=[course]))
    outer = make_program(core, PathFactory(courses=[own]), slug="outer")
    learner, today = make_person(), date.today()
    days = [today - timedelta(days=ago) for ago in (354, 110, 19)]
    for n, day in enumerate(days):
        EvidenceFactory(learner=learner, course=course, performed_on=day, source=f"core:{n}")
    EvidenceFactory(learner=learner, course=own, performed_on=days[0])

    reassess_all(program=core)
    stored = Accreditation.objects.get(program=outer)
    at_once = (stored.valid_until, stored.cycles, stored.steps)
    Accreditation.objects.all().delete()
    reassess(learner=learner)

    row = Accreditation.objects.get(program=outer)
    assert (row.valid_until, row.cycles, row.steps) == at_once
    assert row.valid_until > today + timedelta(days=300)
    assert [one[0] for one in Accreditation.objects.get(program=core).steps] == days


def test_what_nobody_asks_for_decides_nothing():
    # the renewal is met by a proof that is older than the accreditation: from its first day on, not from the next record on
    first = GroupRules("All", "all_of", None, (RequirementRules(1, "exam", "know", "a", "A", valid_months=3),))
    upkeep = GroupRules("Upkeep", "all_of", None, (RequirementRules(2, "exam", "know", "b", "B"),))
    rules = ProgramRules(1, "core", 12, (first,), (upkeep,), grace_days=30)
    facts = [Fact(1, "exam", "a", DAY), Fact(2, "exam", "b", DAY - timedelta(days=20))]
    odd = Fact(3, "course", "none of these", DAY + timedelta(days=40))
    today = DAY + timedelta(days=60)

    few, more = standing(rules, facts, today), standing(rules, [*facts, odd], today)

    assert (few.valid_until, few.cycles) == (more.valid_until, more.cycles)
    assert few.valid_until == date(2024, 12, 12)
