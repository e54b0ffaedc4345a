"""Counts of proofs, ages, groups in groups, and the shorter way for those who renew."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import Condition, CountRules, Fact, GroupRules, RequirementRules
from accreditation.rules.standing import standing

TODAY = date(2026, 5, 20)
RANK = ("not_started", "in_progress", "lapsed", "fading", "accredited")


def ago(days):
    return TODAY - timedelta(days=days)


def call(days_ago, pk=1, **details):
    return Fact(pk, "practical", "call", ago(days_ago), **{"supervision": "alone"} | details)


def exam(days_ago, pk=100, target="exam"):
    return Fact(pk, "exam", target, ago(days_ago))


def calls(**limits):
    count = CountRules(3, Condition(supervision=("alone",)), **{"within_days": 180, "targets": ("call",)} | limits)
    return RequirementRules(1, "proofs", "keep", 0, "Three calls", count=count)


def wants(target, kind="exam", **more):
    return RequirementRules(2, kind, "know", target, target, **more)


def all_of(*requirements, groups=()):
    return GroupRules("All", "all_of", None, requirements, groups)


def program(*groups, **more):
    return ProgramRules(1, "program", 12, groups, **more)


ON_X = {"at_least": ((1, Condition(use_case="x")),)}
THREE = [call(10, 1), call(60, 2), call(170, 3)]


@pytest.mark.parametrize(
    ("limits", "facts", "state"),
    [
        ({}, THREE, "fading"),
        ({}, THREE[:2], "in_progress"),
        ({}, [*THREE[:2], call(180, 3)], "fading"),
        ({}, [*THREE[:2], call(181, 3)], "lapsed"),
        ({}, [*THREE[:2], call(191, 3)], "in_progress"),
        ({}, [*THREE[:2], call(20, 3, supervision="observed")], "in_progress"),
        ({}, [*THREE[:2], Fact(3, "practical", "demo", ago(20), supervision="alone")], "in_progress"),
        ({"targets": ()}, [*THREE[:2], Fact(3, "practical", "demo", ago(20), supervision="alone")], "accredited"),
        ({"within_days": None}, [call(1, 1), call(300, 2), call(900, 3)], "accredited"),
        ({}, [call(181, 1), call(200, 2), call(340, 3)], "lapsed"),
        (ON_X, THREE, "in_progress"),
        (ON_X, [*THREE[:2], call(170, 3, use_case="x")], "fading"),
        (ON_X, [call(2, 1), call(2, 2), call(2, 3, use_case="x"), call(170, 4, use_case="x")], "accredited"),
    ],
)
def test_a_number_of_proofs_within_days(limits, facts, state):
    assert standing(program(all_of(calls(**limits))), facts, TODAY).state == state


def test_a_count_ends_when_one_too_few_is_left():
    found = standing(program(all_of(calls())), THREE, TODAY)

    assert found.valid_until == ago(170) + timedelta(days=180)
    assert standing(program(all_of(calls())), THREE, found.valid_until).is_in_force
    assert standing(program(all_of(calls())), THREE, found.valid_until + timedelta(days=1)).state == "lapsed"


def test_a_count_says_what_it_lacks():
    (one,) = standing(program(all_of(calls(**ON_X))), THREE[:2], TODAY).requirements

    assert (one.done, one.total) == (2, 3)
    assert one.lacks == ((1, Condition()), (1, Condition(use_case="x")))


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        (Condition(), True),
        (Condition(use_case="x", product="p", persona="sales"), True),
        (Condition(use_case="y"), False),
        (Condition(product="q"), False),
        (Condition(persona="product"), False),
        (Condition(is_complex=True), True),
        (Condition(min_percent=Decimal(72)), True),
        (Condition(min_percent=Decimal("72.1")), False),
        (Condition(supervision=("observed", "shadowed")), False),
    ],
)
def test_a_condition_asks_for_what_it_names(condition, fits):
    proof = call(1, use_case="x", product="p", persona="sales", is_complex=True, percent=Decimal(72))

    assert condition.fits(proof) is fits


def test_a_proof_without_score_or_depth_meets_no_condition_on_them():
    assert not Condition(min_percent=Decimal(1)).fits(call(1))
    assert not Condition(is_complex=True).fits(call(1))


def test_a_proof_has_an_age_limit_of_its_own():
    rules = program(all_of(wants("exam", valid_months=2)))

    found = standing(rules, [exam(30)], TODAY)

    assert (found.state, found.valid_until) == ("fading", date(2026, 6, 20))
    assert standing(rules, [exam(90)], TODAY).state == "lapsed"


NESTED = program(
    GroupRules(
        "Either way", "n_of", 1, (),
        (all_of(wants("a"), wants("b")), GroupRules("One", "n_of", 1, (wants("c"), wants("d")))),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("done", "state"),
    [("", "not_started"), ("a", "in_progress"), ("ab", "accredited"), ("d", "accredited"), ("ac", "accredited")],
)
def test_groups_nest(done, state):
    facts = [exam(5, pk, target) for pk, target in enumerate(done, 1)]

    assert standing(NESTED, facts, TODAY).state == state


RENEWED = program(all_of(wants("exam"), wants("demo", "practical")), renewal=(all_of(wants("upkeep")),), grace_days=30)
FIRST = [exam(400), Fact(2, "practical", "demo", ago(390))]  # until 25 April 2026


@pytest.mark.parametrize(
    ("more", "state", "is_renewal"),
    [
        ([], "lapsed", True),
        ([exam(40, 3, "upkeep")], "accredited", False),
        ([exam(200, 3, "upkeep")], "accredited", False),
        ([exam(380, 3, "upkeep")], "lapsed", True),
        ([exam(5, 3, "upkeep")], "accredited", False),
        ([exam(5, 3)], "accredited", False),
    ],
)
def test_renewal_is_shorter_and_open_for_days_of_grace(more, state, is_renewal):
    found = standing(RENEWED, FIRST + more, TODAY)

    assert (found.state, found.is_renewal) == (state, is_renewal)


def test_a_renewal_begins_another_time_and_names_what_it_stands_on():
    found = standing(RENEWED, [*FIRST, exam(40, 3, "upkeep")], TODAY)

    assert found.cycles == ((ago(390), date(2026, 4, 25)), (ago(40), date(2027, 4, 10)))
    assert found.facts == (3,)
    assert found.completed_on == ago(40)


def test_after_the_days_of_grace_the_whole_way_is_asked():
    late = date(2026, 4, 25) + timedelta(days=31)
    upkeep = Fact(3, "exam", "upkeep", late)

    found = standing(RENEWED, [*FIRST, upkeep], late)

    assert (found.state, found.is_renewal) == ("lapsed", False)
    assert [one.rules.title for one in found.requirements] == ["exam", "demo"]


def test_while_it_fades_the_renewal_is_asked():
    found = standing(RENEWED, FIRST, date(2026, 3, 1))

    assert (found.state, found.is_renewal) == ("fading", True)
    assert [(one.rules.title, one.is_met) for one in found.requirements] == [("upkeep", False)]


def test_what_another_program_held_once_counts_for_the_past():
    rules = program(all_of(wants("core", "program"), wants("exam")))
    held = {"core": [(ago(500), ago(100))]}

    assert standing(rules, [exam(450)], TODAY, held=held).state == "lapsed"
    assert standing(rules, [exam(50)], TODAY, held=held).state == "in_progress"


WIDE = program(
    all_of(wants("exam", valid_months=18)),
    GroupRules("Ways", "n_of", 1, (calls(**ON_X),), (all_of(wants("demo", "practical"), wants("core", "program")),)),
    renewal=(GroupRules("Upkeep", "n_of", 1, (calls(), wants("upkeep"))),),
    grace_days=40,
)
DAYS = st.integers(0, 1200).map(ago)
SUBJECTS = st.sampled_from([("exam", "exam"), ("exam", "upkeep"), ("practical", "call"), ("practical", "demo")])
CASES = st.sampled_from([None, "x", "y"])
LONE = st.sampled_from(["", "observed", "alone", "alone"])
FACTS = st.lists(st.tuples(SUBJECTS, DAYS, CASES, LONE), max_size=14).map(
    lambda rows: [
        Fact(pk, kind, target, day, None, lone, case) for pk, ((kind, target), day, case, lone) in enumerate(rows, 1)
    ]
)
HELD = st.lists(st.tuples(DAYS, st.integers(1, 400)), max_size=2).map(
    lambda rows: {"core": [(start, start + timedelta(days=days)) for start, days in rows]}
)


def measure(found):
    return RANK.index(found.state), found.valid_until or date.min


@given(FACTS, FACTS, HELD)
def test_more_good_evidence_never_lowers_a_renewed_standing(facts, more, held):
    assert measure(standing(WIDE, facts + more, TODAY, held=held)) >= measure(standing(WIDE, facts, TODAY, held=held))


@given(FACTS, HELD, st.randoms())
def test_the_order_never_matters_for_renewals_and_counts(facts, held, chance):
    shuffled = list(facts)
    chance.shuffle(shuffled)

    assert standing(WIDE, shuffled, TODAY, held=held) == standing(WIDE, facts, TODAY, held=held)


@given(FACTS, HELD, st.integers(1, 500))
def test_a_day_looked_back_on_says_what_it_said_then(facts, held, days):
    """What was in force on a day stands in the times of holding it, whenever one looks."""
    day = ago(days)
    then = standing(WIDE, [one for one in facts if one.performed_on <= day], day, held=held)
    now = standing(WIDE, facts, TODAY, held=held)

    assert any(start <= day <= end for start, end in now.cycles) == then.is_in_force
