"""Updates as the rules of standing see them: who is asked, what ends when, what brings it back."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.programs import AS_STORED
from accreditation.rules.proofs import CountRules, Fact, GroupRules, RequirementRules, months_later
from accreditation.rules.reasons import next_step, reasons
from accreditation.rules.standing import standing
from accreditation.rules.updates import UpdatePartRules, UpdateRules, deed_in_words

DAY = date(2026, 5, 20)
RANK = ("not_started", "in_progress", "lapsed", "fading", "accredited")
LESSONS = UpdatePartRules(11, "course", "course", 2)
QUESTIONS = UpdatePartRules(12, "exam", "exam", 3)
CRITERIA = UpdatePartRules(13, "practical", "demo")


def on(days, target="exam", pk=1, kind=None, **more):
    """Proved so many days after the change."""
    kinds = {"course": "course", "demo": "practical", 11: "update", 12: "update", "program": "revocation"}
    return Fact(pk, kind or kinds.get(target, "exam"), target, DAY + timedelta(days=days), **more)


def need(pk, target, **more):
    kind = {"course": "course", "demo": "practical"}.get(target, "exam")
    return RequirementRules(pk, kind, "know", target, target, **more)


def asks(*targets, rule="all_of", count=None):
    return GroupRules("All", rule, count, tuple(need(n, one) for n, one in enumerate(targets)))


def update(*parts, due=30, **more):
    return UpdateRules(7, 1, "New stages", DAY, DAY + timedelta(days=due), parts, **more)


def program(*groups, updates=(), **more):
    return ProgramRules(1, "program", 12, groups, updates=updates, **more)


BOTH = program(asks("course", "exam"), updates=(update(LESSONS, QUESTIONS),))
HELD = [on(-100, "course"), on(-100, "exam", 2)]
READ, ANSWERED = on(5, 11, 3), on(8, 12, 4)


def at(days, rules=BOTH, facts=HELD, **more):
    return standing(rules, facts, DAY + timedelta(days=days), **more)


@pytest.mark.parametrize(
    ("facts", "days", "state", "until"),
    [
        (HELD, 0, "fading", 30),
        (HELD, 30, "fading", 30),
        (HELD, 31, "lapsed", 30),
        ([*HELD, READ], 31, "lapsed", 30),
        ([*HELD, READ, ANSWERED], 31, "accredited", 265),
        ([*HELD, READ, replace(ANSWERED, performed_on=DAY + timedelta(days=30))], 31, "accredited", 265),
        ([*HELD, READ, replace(ANSWERED, performed_on=DAY + timedelta(days=50))], 49, "accredited", 265),
        ([on(0, "course"), on(0, "exam", 2)], 31, "accredited", 365),
        ([on(-100, "course"), on(3, "exam", 2)], 31, "lapsed", 30),
        ([on(-100, "course"), on(3, "exam", 2), READ], 31, "accredited", 368),
        ([on(-1, "course"), on(-1, "exam", 2)], 31, "lapsed", 30),
        ([], 31, "not_started", None),
        ([on(-100, "course")], 31, "in_progress", None),
        ([on(-100, "course"), on(40, "exam", 2)], 41, "in_progress", None),
        ([on(-100, "course"), on(40, "exam", 2), on(45, 11, 3)], 46, "accredited", 405),
        ([on(-500, "course"), on(-500, "exam", 2)], 31, "lapsed", -135),
    ],
)
def test_who_stands_on_what_changed_catches_up_by_the_day_or_loses_it_until_then(facts, days, state, until):
    found = at(days, facts=facts)

    assert (found.state, found.valid_until) == (state, DAY + timedelta(days=until) if until is not None else None)


def test_done_in_time_it_is_one_time_of_holding_done_late_there_is_a_gap():
    late = replace(ANSWERED, performed_on=DAY + timedelta(days=60))

    start, end = DAY - timedelta(days=100), DAY + timedelta(days=265)
    assert at(70, facts=[*HELD, READ, ANSWERED]).cycles == ((start, end),)
    assert at(70, facts=[*HELD, READ, late]).cycles == ((start, DAY + timedelta(days=30)), (late.performed_on, end))


def test_it_says_what_to_do_by_when_and_what_ended():
    found = at(0)

    assert (
        found.reason
        == "It ends on 19 June 2026 unless you catch up with “New stages”: read 2 lessons and answer 3 questions."
    )
    assert next_step(found) == "Catch up with “New stages” by 19 June 2026: read 2 lessons and answer 3 questions."
    assert [one.code for one in reasons(BOTH, found, DAY)] == ["fades", "update-asked", "met", "met"]
    gone = at(31, facts=[*HELD, READ])
    assert gone.reason == (
        "It ended on 19 June 2026: “New stages” was not caught up with by then. Answer 3 questions, and it holds again."
    )
    assert next_step(at(31, facts=[*HELD, READ, ANSWERED])) is None


def test_a_far_day_leaves_it_accredited_and_asks_all_the_same():
    found = at(0, program(asks("course", "exam"), updates=(update(LESSONS, due=200),)))

    assert (found.state, found.valid_until) == ("accredited", DAY + timedelta(days=200))
    assert next_step(found).startswith("Catch up with")


def test_an_update_that_is_due_after_its_end_takes_nothing():
    found = at(0, program(asks("course", "exam"), updates=(update(LESSONS, due=300),)))

    assert (found.state, found.valid_until, found.update) == ("accredited", DAY + timedelta(days=265), None)
    assert [one.is_needed for one in found.updates] == [False]


def test_who_does_not_stand_on_what_changed_is_not_asked():
    rules = program(asks("exam", "other", rule="n_of", count=1), updates=(update(QUESTIONS),))

    assert at(31, rules, [on(-100, "other")]).state == "accredited"
    assert at(31, rules, [on(-100, "other"), on(-100, "exam", 2)]).state == "accredited"
    assert at(31, rules, [on(-100, "exam")]).state == "lapsed"
    assert at(31, rules, [on(-100, "exam"), on(31, "other", 2)]).state == "accredited"


def test_a_practical_is_shown_by_passing_it_again():
    rules = program(asks("exam", "demo"), updates=(update(CRITERIA),))
    facts = [on(-100, "exam"), on(-90, "demo", 2)]

    assert at(31, rules, facts).state == "lapsed"
    assert at(31, rules, [*facts, on(20, "demo", 3)]).valid_until == months_later(DAY + timedelta(days=20), 12)


def test_practicals_that_are_counted_go_stale_too():
    count = RequirementRules(0, "proofs", "keep", 0, "Two", count=CountRules(2, targets=("demo", "call")))
    rules = program(GroupRules("All", "all_of", None, (count,)), updates=(update(CRITERIA),))
    facts = [on(-100, "demo"), on(-100, "call", 2, kind="practical")]

    assert at(31, rules, facts).state == "lapsed"
    assert at(31, rules, [*facts, on(10, "call", 3, kind="practical")]).state == "accredited"


def test_holders_by_a_renewal_are_asked_as_well():
    renewal = replace(BOTH, renewal=(asks("upkeep"),))
    facts = [on(-400, "course"), on(-400, "exam", 2), on(-100, "upkeep", 3)]

    assert at(31, renewal, facts).state == "lapsed"
    assert at(60, renewal, [*facts, on(40, 11, 4), on(50, 12, 5)]).valid_until == DAY + timedelta(days=265)
    assert at(60, renewal, [*facts, on(40, 11, 4), on(50, 12, 5)]).cycles[-1][0] == DAY + timedelta(days=50)


def test_who_keeps_it_by_the_rules_before_is_asked_and_gets_it_back():
    old = program(asks("course"))
    rules = program(
        asks("course", "exam"), in_force_from=DAY + timedelta(days=10), before=old, updates=(update(LESSONS),)
    )
    facts = [on(-100, "course")]

    assert (at(20, rules, facts).is_kept, at(20, rules, facts).valid_until) == (True, DAY + timedelta(days=30))
    assert at(31, rules, facts).state == "lapsed"
    back = at(60, rules, [*facts, on(50, 11, 2)])
    assert (back.is_kept, back.state, back.valid_until) == (True, "accredited", DAY + timedelta(days=265))


def test_a_revocation_takes_what_was_caught_up_with_before_it():
    revoked = [*HELD, READ, ANSWERED, on(10, "program", 9)]

    assert at(20, facts=revoked).state == "revoked"
    assert at(20, facts=[*revoked, on(15, "course", 20), on(15, "exam", 21)]).state == "accredited"


def test_two_updates_are_each_asked_for_what_they_are_about():
    second = UpdateRules(
        8,
        2,
        "New prices",
        DAY + timedelta(days=10),
        DAY + timedelta(days=20),
        (UpdatePartRules(21, "exam", "exam", 1),),
    )
    rules = replace(BOTH, updates=(update(LESSONS), second))

    found = at(10, rules)
    assert (found.valid_until, found.update.rules.title) == (DAY + timedelta(days=20), "New prices")
    assert at(25, rules, [*HELD, READ]).valid_until == DAY + timedelta(days=20)
    assert at(25, rules, [*HELD, READ, on(22, 21, 4, kind="update")]).valid_until == DAY + timedelta(days=265)


def test_the_day_is_inclusive_and_leap_days_are_days():
    leap = UpdateRules(7, 1, "Leap", date(2028, 2, 1), date(2028, 2, 29), (LESSONS,))
    rules = program(asks("course"), updates=(leap,))
    facts = [Fact(1, "course", "course", date(2028, 1, 31))]

    assert standing(rules, facts, date(2028, 2, 29)).is_in_force
    assert not standing(rules, facts, date(2028, 3, 1)).is_in_force
    back = [*facts, Fact(2, "update", 11, date(2028, 2, 29))]
    assert standing(rules, back, date(2028, 3, 1)).cycles == ((date(2028, 1, 31), date(2029, 1, 31)),)


def test_what_another_zone_dates_tomorrow_is_in_time_today():
    tomorrow = [*HELD, READ, replace(ANSWERED, performed_on=DAY + timedelta(days=31))]

    assert at(30, facts=tomorrow).valid_until == DAY + timedelta(days=265)


def test_an_update_that_was_withdrawn_never_was():
    assert at(31, replace(BOTH, updates=())) == at(31, program(asks("course", "exam")))


def test_rules_are_stored_with_their_updates():
    assert AS_STORED.validate_json(AS_STORED.dump_json(BOTH)).updates[0].parts[1].count == 3


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([LESSONS], "read 2 lessons"),
        ([LESSONS, replace(LESSONS, count=1), QUESTIONS], "read 3 lessons and answer 3 questions"),
        (
            [replace(LESSONS, count=1), replace(QUESTIONS, count=1), CRITERIA],
            "read 1 lesson, answer 1 question and pass 1 practical",
        ),
    ],
)
def test_the_deed_is_counted_in_words(parts, words):
    assert deed_in_words(parts) == words


def facts_of_any_kind():
    subjects = st.sampled_from(["course", "exam", "other", "demo", "upkeep", 11, 12, 21])
    days = st.integers(-420, 120)
    ends = st.one_of(st.none(), st.integers(0, 500))
    rows = st.tuples(subjects, days, ends)
    return st.lists(rows, max_size=9).map(
        lambda found: [
            on(day, subject, pk, kind="update" if subject == 21 else None)
            if end is None
            else on(
                day, subject, pk, kind="update" if subject == 21 else None, valid_until=DAY + timedelta(days=day + end)
            )
            for pk, (subject, day, end) in enumerate(found, 1)
        ]
    )


SECOND = UpdateRules(
    8, 2, "Prices", DAY + timedelta(days=20), DAY + timedelta(days=60),
    (UpdatePartRules(21, "exam", "exam", 1), CRITERIA),
)  # fmt: skip
ANY = [
    replace(BOTH, updates=(*BOTH.updates, SECOND)),
    program(
        asks("course"), asks("exam", "other", rule="n_of", count=1), updates=(update(LESSONS, QUESTIONS), SECOND),
        renewal=(asks("upkeep"),), grace_days=20,
    ),
    program(
        asks("course", "demo"), updates=(update(LESSONS), SECOND), in_force_from=DAY + timedelta(days=10),
        before=program(asks("course")),
    ),
]  # fmt: skip


@given(rules=st.sampled_from(ANY), facts=facts_of_any_kind(), day=st.integers(-50, 200), data=st.data())
def test_the_order_of_entry_never_matters(rules, facts, day, data):
    assert at(day, rules, data.draw(st.permutations(facts))) == at(day, rules, facts)


@given(rules=st.sampled_from(ANY), facts=facts_of_any_kind(), more=facts_of_any_kind(), day=st.integers(-50, 200))
def test_more_evidence_never_lowers_a_standing(rules, facts, more, day):
    known = [one for one in facts if one.performed_on <= DAY + timedelta(days=day)]
    extra = [replace(one, pk=one.pk + 50) for one in more if one.performed_on <= DAY + timedelta(days=day)]

    before, after = at(day, rules, known), at(day, rules, [*known, *extra])

    assert before.is_in_force <= after.is_in_force
    assert RANK.index(after.state) >= RANK.index(before.state) or before.state == "accredited"
    if before.is_in_force:
        assert after.valid_until >= before.valid_until


@given(rules=st.sampled_from(ANY), facts=facts_of_any_kind(), day=st.integers(-50, 200))
def test_an_update_only_ever_takes_time_and_only_after_its_day(rules, facts, day):
    asked, free = at(day, rules, facts), at(day, replace(rules, updates=()), facts)

    assert asked.is_in_force <= free.is_in_force
    first = min(one.due_on for one in rules.updates)
    for start, end in free.cycles:
        assert any(a == start and b >= min(end, first) for a, b in asked.cycles) or start > first
    for start, end in asked.cycles:
        assert any(a <= start and end <= b for a, b in free.cycles)


@given(rules=st.sampled_from(ANY[:2]), facts=facts_of_any_kind(), day=st.integers(-50, 200), later=st.integers(0, 100))
def test_a_day_that_is_past_says_what_it_said_then(rules, facts, day, later):
    then = DAY + timedelta(days=day)
    known = [one for one in facts if one.performed_on <= then]

    said = standing(rules, known, then)
    looked_back = standing(rules, known, then + timedelta(days=later))

    in_force = any(start <= then <= end for start, end in looked_back.cycles)
    assert in_force == said.is_in_force


def test_percents_play_no_part():
    assert at(31, facts=[replace(one, percent=Decimal(50)) for one in HELD]).state == "lapsed"
