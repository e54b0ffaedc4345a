"""Crawl, walk, run: by distinct use cases within accreditations in force."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import Fact, GroupRules, RequirementRules
from accreditation.rules.standing import standing
from accreditation.rules.tiers import USUAL_TIERS, tier_standing

TODAY = date(2026, 5, 20)


def rules(*practicals, program="seller", valid_months=None):
    asked = tuple(
        RequirementRules(n, "practical", "show", slug, slug, valid_months=valid_months)
        for n, slug in enumerate(practicals)
    )
    return ProgramRules(1, program, 12, (GroupRules("All", "all_of", None, asked),))


def proofs(*use_cases, days_ago=10, practical="capstone", **details):
    return [
        Fact(pk, "practical", practical, TODAY - timedelta(days=days_ago), use_case=one, **details)
        for pk, one in enumerate(use_cases, 1)
    ]


def tier(facts, *programs, today=TODAY):
    asked = programs or (rules("capstone"),)
    return tier_standing(USUAL_TIERS, [(one, standing(one, facts, today)) for one in asked], facts, today)


def slug(found):
    return found.tier.slug if found.tier else None


@pytest.mark.parametrize(
    ("use_cases", "expected", "next_tier", "missing"),
    [
        ("", None, "crawl", 1),
        ("a", "crawl", "walk", 1),
        ("aa", "crawl", "walk", 1),
        ("ab", "walk", "run", 3),
        ("abc", "walk", "run", 2),
        ("abcd", "walk", "run", 1),
        ("abcde", "run", None, 0),
        ("abcdef", "run", None, 0),
    ],
)
def test_distinct_use_cases_make_a_tier(use_cases, expected, next_tier, missing):
    found = tier(proofs(*use_cases))

    assert slug(found) == expected
    assert (found.next_tier.slug if found.next_tier else None, found.missing) == (next_tier, missing)


def test_one_complex_solution_is_enough_for_run():
    found = tier(proofs("a", is_complex=True))

    assert (slug(found), found.complex_until) == ("run", found.valid_until)


def test_a_tier_ends_at_midnight_with_the_use_case_that_it_needs():
    last = TODAY + timedelta(days=3)
    facts = [*proofs("a"), *proofs("b", valid_until=last)]

    assert (slug(tier(facts, today=last)), tier(facts).valid_until) == ("walk", last)
    assert slug(tier(facts, today=last + timedelta(days=1))) == "crawl"


def test_without_an_accreditation_in_force_there_is_none():
    assert slug(tier(proofs(*"abcde"), rules("capstone", "demo"))) is None
    assert slug(tier(proofs(*"abcde", days_ago=400))) is None


def test_only_practicals_that_a_program_in_force_names_count():
    facts = [*proofs("a"), *proofs("b", practical="demo")]

    assert slug(tier(facts)) == "crawl"
    assert slug(tier(facts, rules("capstone"), rules("demo", program="other"))) == "walk"


def test_who_keeps_it_by_the_rules_before_keeps_the_tier():
    before, begun = rules("demo"), TODAY - timedelta(days=1)
    kept = replace(rules("capstone"), in_force_from=begun, before=before)
    facts = proofs("devsecops", practical="demo")
    now = standing(kept, facts, TODAY)

    assert now.is_kept
    assert slug(tier_standing(USUAL_TIERS, [(kept, now)], facts, TODAY)) == "crawl"


def test_a_use_case_of_two_programs_counts_once():
    facts = [*proofs("a"), *proofs("a", practical="demo")]

    assert slug(tier(facts, rules("capstone"), rules("demo", program="other"))) == "crawl"


def test_what_was_revoked_proves_no_use_case():
    facts = [*proofs("a", "b", days_ago=30), *proofs("c", days_ago=5)]
    revocation = Fact(99, "revocation", "seller", TODAY - timedelta(days=20))

    found = tier([*facts, revocation])

    assert (slug(found), list(found.use_cases)) == ("crawl", ["c"])


def test_an_age_limit_ends_a_use_case_before_its_accreditation():
    facts = [*proofs("a", days_ago=10), *proofs("b", days_ago=100)]

    assert slug(tier(facts, rules("capstone", valid_months=3))) == "crawl"
