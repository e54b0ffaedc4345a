"""The rule that says where a learner stands: cases first, then what must hold for all evidence."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import Fact, GroupRules, RequirementRules, months_later
from accreditation.rules.standing import standing

TODAY = date(2026, 5, 20)
RANK = ("not_started", "in_progress", "lapsed", "fading", "accredited")


def wants(kind, target, *courses):
    return RequirementRules(target, kind, "know", target, f"{kind} {target}", courses)


def all_of(*requirements):
    return GroupRules("Proofs", "all_of", None, requirements)


def n_of(count, *requirements):
    return GroupRules("Some proofs", "n_of", count, requirements)


def program(*groups, months=12):
    return ProgramRules(1, 99, months, groups)


def fact(kind, target, days_ago=10, *, pk=1, valid_until=None):
    return Fact(pk, kind, target, TODAY - timedelta(days=days_ago), valid_until)


TWO = program(all_of(wants("exam", 1), wants("practical", 2)))
EXAM, WORK = fact("exam", 1, pk=1), fact("practical", 2, 5, pk=2)
PATH = program(all_of(wants("path", 7, 11, 12)))
ANY = program(n_of(1, wants("exam", 1), wants("exam", 2)))
NESTED = program(all_of(wants("program", 5)))
HELD = {5: [(TODAY - timedelta(days=3), TODAY + timedelta(days=100))]}


@pytest.mark.parametrize(
    ("rules", "facts", "held", "state"),
    [
        (TWO, [], {}, "not_started"),
        (TWO, [EXAM], {}, "in_progress"),
        (TWO, [EXAM, WORK], {}, "accredited"),
        (TWO, [EXAM, fact("practical", 3)], {}, "in_progress"),
        (TWO, [EXAM, fact("course", 2)], {}, "in_progress"),
        (TWO, [fact("exam", 1, 400), fact("practical", 2, 400, pk=2)], {}, "lapsed"),
        (TWO, [EXAM, WORK, fact("revocation", 99, 5, pk=3)], {}, "revoked"),
        (TWO, [EXAM, WORK, fact("revocation", 98, 5, pk=3)], {}, "accredited"),
        (TWO, [EXAM, fact("practical", 2, 5, pk=2, valid_until=TODAY - timedelta(days=1))], {}, "lapsed"),
        (PATH, [fact("course", 11)], {}, "in_progress"),
        (PATH, [fact("course", 11), fact("course", 12, pk=2)], {}, "accredited"),
        (program(all_of(wants("path", 7))), [fact("course", 11)], {}, "not_started"),
        (ANY, [], {}, "not_started"),
        (ANY, [fact("exam", 2)], {}, "accredited"),
        (program(n_of(2, wants("exam", 1), wants("exam", 2))), [fact("exam", 2)], {}, "in_progress"),
        (NESTED, [], {}, "not_started"),
        (NESTED, [], HELD, "accredited"),
        (NESTED, [], {5: [(TODAY, TODAY + timedelta(days=3))]}, "fading"),
        (NESTED, [fact("revocation", 99, 2)], HELD, "revoked"),
        (NESTED, [fact("revocation", 99, 4)], HELD, "accredited"),
        (program(), [EXAM], {}, "not_started"),
        (program(all_of()), [EXAM], {}, "not_started"),
    ],
)
def test_evidence_leads_to_a_state(rules, facts, held, state):
    assert standing(rules, facts, TODAY, held=held).state == state


@pytest.mark.parametrize(
    ("days_before_the_end", "state"),
    [(91, "accredited"), (90, "accredited"), (89, "fading"), (0, "fading"), (-1, "lapsed")],
)
def test_the_last_ninety_days_fade_and_the_last_day_still_counts(days_before_the_end, state):
    end = months_later(EXAM.performed_on, 12)

    found = standing(program(all_of(wants("exam", 1))), [EXAM], end - timedelta(days=days_before_the_end))

    assert (found.state, found.valid_until) == (state, end)
    assert found.is_in_force is (state != "lapsed")


def test_it_holds_from_the_last_proof():
    found = standing(TWO, [EXAM, WORK], TODAY)

    assert found.completed_on == WORK.performed_on
    assert found.valid_until == date(2027, 5, 15)
    assert found.facts == (1, 2)


def test_a_proof_with_an_earlier_end_shortens_it():
    until = TODAY + timedelta(days=30)

    found = standing(TWO, [EXAM, fact("practical", 2, 5, pk=2, valid_until=until)], TODAY)

    assert (found.state, found.valid_until) == ("fading", until)


def test_proof_after_a_revocation_counts_again():
    before, revocation, after = fact("exam", 1, 9), fact("revocation", 99, 8, pk=2), fact("exam", 1, 7, pk=3)
    rules = program(all_of(wants("exam", 1)))

    assert standing(rules, [before, revocation], TODAY).state == "revoked"
    assert standing(rules, [before, revocation, after], TODAY).facts == (3,)


def test_the_later_of_two_revocations_counts():
    facts = [fact("exam", 1, 7), fact("revocation", 99, 8, pk=2), fact("revocation", 99, 6, pk=3)]

    assert standing(program(all_of(wants("exam", 1))), facts, TODAY).state == "revoked"


def test_an_old_proof_without_end_does_not_hide_a_newer_one():
    rules = program(all_of(wants("exam", 1)))
    old, new = fact("exam", 1, 500, pk=1), fact("exam", 1, 5, pk=2, valid_until=TODAY + timedelta(days=200))

    found = standing(rules, [old, new], TODAY)

    assert (found.state, found.completed_on) == ("accredited", new.performed_on)
    assert found.facts == (1, 2)


def test_an_optional_proof_that_ends_soon_does_not_shorten_the_group():
    rules = program(n_of(1, wants("exam", 1), wants("exam", 2)))
    ending = fact("exam", 2, 3, pk=2, valid_until=TODAY + timedelta(days=1))

    assert standing(rules, [EXAM, ending], TODAY).valid_until > TODAY + timedelta(days=300)
    assert standing(rules, [ending], TODAY).valid_until == TODAY + timedelta(days=1)


def test_a_path_says_how_far_it_is():
    (one,) = standing(PATH, [fact("course", 12)], TODAY).requirements

    assert (one.done, one.total, one.is_met) == (1, 2, False)


@pytest.mark.parametrize(
    ("rules", "facts", "words"),
    [
        (TWO, [EXAM], "Still open: practical 2."),
        (program(), [], "This program asks for nothing yet."),
        (TWO, [EXAM, WORK], "It holds until 15 May 2027."),
        (TWO, [EXAM, fact("practical", 2, 300, pk=2)], "It holds until 10 May 2027."),
    ],
)
def test_the_reason_is_a_sentence(rules, facts, words):
    assert standing(rules, facts, TODAY).reason == words


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 15), 1, date(2026, 12, 15)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_later_ends_with_the_month(day, months, later):
    assert months_later(day, months) == later


WIDE = program(
    all_of(wants("exam", 1), wants("path", 7, 11, 12)),
    n_of(1, wants("practical", 2), wants("practical", 3), wants("program", 5)),
)
DAYS = st.integers(0, 800).map(lambda ago: TODAY - timedelta(days=ago))
ENDS = st.one_of(st.none(), st.integers(-50, 800).map(lambda ahead: TODAY + timedelta(days=ahead)))
SUBJECTS = st.sampled_from(
    [("exam", 1), ("course", 11), ("course", 12), ("practical", 2), ("practical", 3), ("exam", 8)]
)
FACTS = st.lists(st.tuples(SUBJECTS, DAYS, ENDS), max_size=12).map(
    lambda rows: [Fact(pk, kind, target, day, end) for pk, ((kind, target), day, end) in enumerate(rows, 1)]
)
REVOCATIONS = st.lists(DAYS.map(lambda day: Fact(1000, "revocation", 99, day)), max_size=2)
IN_FORCE = st.one_of(
    st.just({}),
    st.tuples(DAYS, st.integers(0, 300).map(lambda ahead: TODAY + timedelta(days=ahead))).map(lambda pair: {5: [pair]}),
)


def measure(found):
    return RANK.index(found.state), found.valid_until or date.min


@given(FACTS, REVOCATIONS, IN_FORCE, st.randoms())
def test_the_order_of_evidence_never_matters(facts, revocations, held, chance):
    shuffled = facts + revocations
    chance.shuffle(shuffled)

    assert standing(WIDE, shuffled, TODAY, held=held) == standing(WIDE, facts + revocations, TODAY, held=held)


@given(FACTS, FACTS, IN_FORCE)
def test_more_good_evidence_never_lowers_a_standing(facts, more, held):
    before = standing(WIDE, facts, TODAY, held=held)

    after = standing(WIDE, facts + more, TODAY, held=held)

    assert measure(after) >= measure(before)


@given(FACTS, DAYS)
def test_a_revocation_leaves_only_what_came_after_it(facts, day):
    revoked = standing(WIDE, [*facts, Fact(1000, "revocation", 99, day)], TODAY)
    newer = standing(WIDE, [one for one in facts if one.performed_on > day], TODAY)

    assert revoked.groups == newer.groups
    assert revoked.is_in_force == newer.is_in_force
    assert revoked.state == ("revoked" if not newer.completed_on else newer.state)


@given(FACTS, IN_FORCE)
def test_what_is_in_force_has_dates_and_stands_on_evidence_that_holds(facts, held):
    found = standing(WIDE, facts, TODAY, held=held)

    if found.is_in_force:
        assert found.completed_on <= TODAY <= found.valid_until
        for group in found.basis:
            holding = [one for one in group.members if one.is_met and (one.ends_on or TODAY) >= TODAY]
            assert len(holding) >= group.rules.needed


@given(FACTS, IN_FORCE, st.integers(1, 400))
def test_time_alone_never_improves_a_standing(facts, held, days):
    now = standing(WIDE, facts, TODAY, held=held)
    later = standing(WIDE, facts, TODAY + timedelta(days=days), held=held)

    assert later.is_in_force <= now.is_in_force


@given(DAYS, st.integers(1, 120))
def test_months_later_lands_in_the_month_that_was_asked_for(day, months):
    later = months_later(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
