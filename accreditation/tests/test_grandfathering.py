"""Rules that change: who held it on that day keeps it to the end that it had, and renews by the new rules."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.programs import AS_STORED
from accreditation.rules.proofs import Condition, CountRules, Fact, GroupRules, RequirementRules
from accreditation.rules.standing import standing

DAY = date(2026, 5, 20)
RANK = ("not_started", "in_progress", "lapsed", "fading", "accredited")


def on(days, target="exam", pk=1, **more):
    """Proved so many days after the rules changed."""
    return Fact(pk, "exam", target, DAY + timedelta(days=days), **more)


def asks(*targets):
    wanted = tuple(RequirementRules(n, "exam", "know", one, one) for n, one in enumerate(targets))
    return GroupRules("All", "all_of", None, wanted)


def program(*targets, **more):
    return ProgramRules(1, "program", 12, (asks(*targets),), **more)


OLD = program("exam")
NEW = program("exam", "demo", in_force_from=DAY, before=OLD)
STRICT = replace(NEW, before=None)


@pytest.mark.parametrize(
    ("rules", "facts", "days", "state"),
    [
        (STRICT, [on(-100)], 0, "in_progress"),
        (NEW, [on(-100)], 0, "accredited"),
        (NEW, [on(0)], 0, "accredited"),
        (NEW, [on(1)], 1, "in_progress"),
        (NEW, [on(-100)], 264, "fading"),
        (NEW, [on(-100)], 265, "fading"),
        (NEW, [on(-100)], 266, "lapsed"),
        (NEW, [on(-366)], 0, "in_progress"),
        (NEW, [on(-365)], 0, "fading"),
        (NEW, [on(-100), on(200, pk=2)], 266, "lapsed"),
        (NEW, [on(-100), on(200, "demo", 2)], 366, "accredited"),
        (NEW, [on(-100, valid_until=DAY - timedelta(days=1))], 0, "not_started"),
        (NEW, [on(-100), Fact(9, "revocation", "program", DAY + timedelta(days=3))], 3, "revoked"),
        (NEW, [on(-100)], -1, "in_progress"),
    ],
)
def test_who_held_it_on_that_day_keeps_it_to_its_end(rules, facts, days, state):
    # the proof of day 200 makes a whole way with the exam, which has no end of its own
    assert standing(rules, facts, DAY + timedelta(days=days)).state == state


def test_it_says_that_the_rules_before_keep_it_and_what_the_new_ones_ask():
    found = standing(NEW, [on(-100)], DAY)

    assert (found.is_kept, found.valid_until, found.facts) == (True, date(2027, 2, 9), (1,))
    assert found.reason == "By the rules that you met it holds until 9 February 2027."
    assert [one.rules.title for one in found.requirements if not one.is_met] == ["demo"]


def test_who_meets_the_new_rules_as_well_stands_on_them():
    found = standing(NEW, [on(-100), on(-90, "demo", 2)], DAY)

    assert (found.is_kept, found.valid_until) == (False, date(2027, 2, 19))


def test_renewal_is_by_the_new_rules():
    renewed = replace(NEW, renewal=(asks("upkeep"),), grace_days=30)

    assert standing(renewed, [on(-300), on(60, "upkeep", 2)], DAY + timedelta(days=70)).valid_until == date(2027, 7, 19)


def test_rules_change_twice():
    later = DAY + timedelta(days=50)
    third = program("exam", "demo", "call", in_force_from=later, before=NEW)

    assert standing(third, [on(-100)], later).is_kept
    assert standing(replace(third, before=STRICT), [on(-100)], later).state == "in_progress"


def test_rules_come_back_from_the_store_as_they_were():
    count = CountRules(3, Condition(use_case=4, min_percent=Decimal("72.5")), ((1, Condition(persona=2)),), 180, (1, 2))
    deep = GroupRules(
        "Way", "n_of", 1, (RequirementRules(1, "proofs", "keep", 5, "Three", count=count),), (asks("7", "8"),)
    )
    rules = ProgramRules(1, 99, 12, (deep,), (asks("3"),), 60, 30, DAY, OLD)

    stored = AS_STORED.validate_python(AS_STORED.dump_python(rules, mode="json"))

    assert stored == rules


ENDS = st.sampled_from([None, None, DAY - timedelta(days=20), DAY + timedelta(days=60)])
SUBJECTS = st.sampled_from(["exam", "demo", "upkeep"])
FACTS = st.lists(st.tuples(st.integers(-500, 300), SUBJECTS, ENDS), max_size=7).map(
    lambda rows: [on(days, target, pk, valid_until=end) for pk, (days, target, end) in enumerate(rows, 1)]
)
RULES = st.sampled_from([NEW, replace(NEW, renewal=(asks("upkeep"),), grace_days=30)])
DAYS = st.integers(-10, 500).map(lambda n: DAY + timedelta(days=n))


@given(RULES, FACTS, DAYS, st.randoms())
def test_order_never_matters(rules, facts, today, chance):
    shuffled = list(facts)
    chance.shuffle(shuffled)

    assert standing(rules, shuffled, today) == standing(rules, facts, today)


@given(RULES, FACTS, FACTS, DAYS)
def test_more_evidence_never_lowers_it(rules, facts, more, today):
    less, all_ = standing(rules, facts, today), standing(rules, facts + more, today)

    assert RANK.index(all_.state) >= RANK.index(less.state)
    assert (all_.valid_until or date.min) >= (less.valid_until or date.min)


@given(RULES, FACTS, DAYS)
def test_keeping_what_was_held_never_makes_it_less(rules, facts, today):
    strict = standing(replace(rules, before=None), facts, today)

    assert (standing(rules, facts, today).valid_until or date.min) >= (strict.valid_until or date.min)


@given(RULES, FACTS, st.integers(0, 600))
def test_nobody_who_held_it_that_day_loses_it_before_its_end(rules, facts, days):
    known = [one for one in facts if one.performed_on <= DAY]
    then = standing(OLD, known, DAY)
    today = DAY + timedelta(days=days)

    if then.is_in_force and today <= then.valid_until:
        assert standing(rules, facts, today).is_in_force
