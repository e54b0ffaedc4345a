"""`manage.py simulate_program`: invented careers against the rules of a file."""

import io
import json
import time
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

CORE = """
exams:
  - {slug: core, title: Core exam, bank: core, pass_percent: "80", blueprint: [{course: core, count: 1}]}
"""
PROGRAM = (
    CORE
    + """
rubrics:
  - slug: call
    title: Call
    pass_points: 6
    criteria:
      - {slug: a, area: A, name: A, levels: [a, b, c, d, e], raises: [a, b, c, d]}
      - {slug: b, area: A, name: B, levels: [a, b, c, d, e], raises: [a, b, c, d]}
practicals:
  - {slug: call, title: Customer call, kind: customer_calls, exam: core, rubric: call}
programs:
  - slug: seller
    title: Seller
    roles: [seller]
    time_zone: Pacific/Auckland
    groups:
      - {title: Know, requirements: [{kind: exam, ref: core, proof: know}]}
      - title: Keep
        requirements:
          - {kind: proofs, proof: keep, title: Two calls, practicals: [call], count: 2, within_days: 180, supervision: alone}
"""
)
TWO = """
programs:
  - {slug: core, title: Core, groups: [{title: All, requirements: [{kind: course, ref: basics, proof: know}]}]}
  - {slug: seller, title: Seller, groups: [{title: All, requirements: [{kind: program, ref: core, proof: know}]}]}
"""


def fact(kind, ref, on, **details):
    return {"kind": kind, "ref": ref, "on": on, **details}


EXAM = fact("exam", "core", "2026-01-05", score=85)
CALLS = [
    fact("practical", "call", f"2026-0{month}-10", supervision="alone", use_case=case)
    for month, case in ((2, "ci"), (3, "ops"))
]


@pytest.fixture
def simulate(tmp_path):
    def run(file, *histories, document=None, flags=(), **options):
        (tmp_path / "program.yaml").write_text(file)
        whole = {"histories": [{"id": str(n), "facts": facts} for n, facts in enumerate(histories)]}
        (tmp_path / "histories.json").write_text(json.dumps(document or whole))
        out = io.StringIO()
        paths = [str(tmp_path / "program.yaml"), str(tmp_path / "histories.json")]
        named = [word for name, value in options.items() for word in (f"--{name}", value)]
        call_command("simulate_program", *paths, *named, *flags, stdout=out)
        return out.getvalue()

    def answer(*args, **options):
        return json.loads(run(*args, flags=("--json",), **options))

    answer.text = run
    return answer


def test_each_history_has_its_standing_tier_reasons_and_next_step(simulate):
    found = simulate(PROGRAM, [EXAM, *CALLS], [EXAM, CALLS[0]], [], at="2026-04-01")

    assert found["at"] == "2026-04-01"
    done, half, none = found["histories"]
    assert (done["standing"], done["tier"], done["valid_until"]) == ("accredited", "walk", "2026-08-09")
    assert {"code": "met", "requirement": "exam:core"} in done["reasons"]
    assert done["next_step"] is None
    assert (half["standing"], half["tier"], half["valid_until"]) == ("in_progress", None, None)
    assert {"code": "too-few", "requirement": "proofs:Two calls"} in half["reasons"]
    assert half["next_step"] == "Prove “Two calls”."
    assert (none["standing"], none["next_step"]) == ("not_started", "Pass the written exam “Core exam”.")


@pytest.mark.parametrize(
    ("facts", "at", "standing"),
    [
        ([*CALLS, EXAM], "2026-04-01", "accredited"),
        ([EXAM, *CALLS], "2026-03-09", "in_progress"),
        ([EXAM, *CALLS], "2026-08-09", "fading"),
        ([EXAM, *CALLS], "2026-08-10", "lapsed"),
        ([fact("exam", "core", "2026-01-05", score=79), *CALLS], "2026-04-01", "in_progress"),
        ([fact("exam", "core", "2026-01-05", score=80), *CALLS], "2026-04-01", "accredited"),
        ([EXAM, CALLS[0], CALLS[1] | {"score": 5}], "2026-04-01", "in_progress"),
        ([EXAM, CALLS[0], CALLS[1] | {"score": 6}], "2026-04-01", "accredited"),
        ([EXAM, CALLS[0], CALLS[1] | {"score": 61}], "2026-04-01", "accredited"),
        ([EXAM, CALLS[0], CALLS[1] | {"score": 59}], "2026-04-01", "in_progress"),
        ([EXAM, CALLS[0], CALLS[1] | {"supervision": "observed"}], "2026-04-01", "in_progress"),
        ([EXAM, *CALLS, fact("withdrawal", "core", "2026-03-20")], "2026-04-01", "in_progress"),
        ([EXAM, *CALLS, fact("withdrawal", "exam:core", "2026-03-20")], "2026-04-01", "in_progress"),
        ([EXAM, *CALLS, fact("withdrawal", "course:core", "2026-03-20")], "2026-04-01", "accredited"),
        ([EXAM, *CALLS, fact("withdrawal", "core", "2026-01-04")], "2026-04-01", "accredited"),
        ([EXAM, *CALLS, fact("withdrawal", "core", "2026-05-01")], "2026-04-01", "accredited"),
        ([EXAM, *CALLS, fact("withdrawal", "seller", "2026-03-20")], "2026-04-01", "revoked"),
    ],
)
def test_facts_lead_to_a_standing(simulate, facts, at, standing):
    (found,) = simulate(PROGRAM, facts, at=at)["histories"]

    assert found["standing"] == standing


def test_tiers_are_those_of_the_file(simulate):
    own = (
        PROGRAM
        + "tiers:\n  - {slug: bronze, title: Bronze, use_cases: 1}\n  - {slug: gold, title: Gold, use_cases: 3}\n"
    )

    assert simulate(own, [EXAM, *CALLS], at="2026-04-01")["histories"][0]["tier"] == "bronze"


def test_a_moment_is_taken_in_the_time_zone_of_the_program(simulate):
    found = simulate(PROGRAM, [EXAM, *CALLS], at="2026-08-09T13:00:00+00:00")

    assert (found["at"], found["histories"][0]["standing"]) == ("2026-08-10", "lapsed")


@pytest.mark.parametrize(
    ("at", "tier"), [("2026-04-01T10:59:59+00:00", "run"), ("2026-04-01T11:00:00+00:00", "walk"), ("2026-04-01", "run")]
)
def test_a_use_case_counts_through_its_last_day_in_the_time_zone_of_the_program(simulate, at, tier):
    more = [fact("practical", "call", "2026-03-15", use_case=case) for case in ("qa", "plan")]
    ending = fact("practical", "call", "2026-03-15", use_case="last", valid_until="2026-04-01")

    (found,) = simulate(PROGRAM, [EXAM, *CALLS, *more, ending], at=at)["histories"]

    assert (found["standing"], found["tier"]) == ("accredited", tier)


def test_a_program_may_ask_for_another_of_its_file(simulate):
    course = fact("course", "basics", "2026-01-05")
    stated = fact("accreditation", "core", "2026-01-05", valid_until="2026-02-01")

    by_rules, by_statement, over = simulate(TWO, [course], [stated], [stated], at="2026-02-01")["histories"]

    assert (by_rules["standing"], by_rules["valid_until"]) == ("accredited", "2027-01-05")
    assert (by_statement["standing"], by_statement["valid_until"]) == ("fading", "2026-02-01")
    (over,) = simulate(TWO, [stated], at="2026-02-02")["histories"]
    assert over["standing"] == "lapsed"
    (gone,) = simulate(TWO, [stated, fact("withdrawal", "core", "2026-01-20")], at="2026-02-01")["histories"]
    assert gone["standing"] == "not_started"


def test_one_of_several_programs_is_named(simulate):
    found = simulate(TWO, [fact("course", "basics", "2026-01-05")], at="2026-02-01", program="core")

    assert found["histories"][0]["reasons"][1] == {"code": "met", "requirement": "course:basics"}


def test_another_audience_is_said_and_changes_nothing(simulate):
    person = {"role": "architect", "persona": None, "organisation": None, "time_zone": "Europe/Berlin"}
    document = {"histories": [{"id": "x", "person": person, "facts": [EXAM, *CALLS]}]}

    (found,) = simulate(PROGRAM, document=document, at="2026-04-01")["histories"]

    assert found["standing"] == "accredited"
    assert found["reasons"][0] == {"code": "outside-audience", "requirement": None}


def test_people_read_it_line_by_line(simulate):
    text = simulate.text(PROGRAM, [EXAM, CALLS[0]], at="2026-04-01")

    assert "0: in_progress. Still open: Two calls." in text
    assert "too-few" in text
    assert "next: Prove “Two calls”." in text


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"histories": [{"id": "a", "facts": [{**EXAM, "scor": 1}]}]}, "histories[0].facts[0].scor: is not a key"),
        ({"histories": [{"id": "a", "person": {"name": "Ada"}}]}, "histories[0].person.name: is not a key"),
        ({"histories": [{"id": "a", "facts": [{"kind": "exam", "on": "2026-01-01"}]}]}, "facts[0].ref: is missing"),
        ({"histories": [{"id": "a", "facts": [fact("exam", "core", "2026-02-30")]}]}, "histories[0].facts[0].on:"),
        ({"histories": [{"id": "a", "person": {"time_zone": "Moon"}}]}, "`Moon` is no time zone"),
        ({"histories": [{"id": "a"}, {"id": "a"}]}, "the id `a` is given twice"),
        ({"people": []}, "people: is not a key"),
        ([], "file:"),
    ],
)
def test_mistakes_in_histories_are_named_by_their_path(simulate, document, words):
    with pytest.raises(CommandError, match=r"(?s).*") as refused:
        simulate(PROGRAM, document=document or [[]], at="2026-04-01")

    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("programs: 3", {}, "program.yaml:1: programs"),
        (TWO, {"program": "other"}, "no program `other`. There are: core, seller."),
        (CORE, {}, "no single program to simulate"),
    ],
)
def test_a_program_file_that_will_not_do_is_refused(simulate, file, options, words):
    with pytest.raises(CommandError) as refused:
        simulate(file, [], **options)

    assert words in str(refused.value)


def test_a_day_that_is_none_is_refused():
    with pytest.raises(CommandError, match="must be a day such as"):
        call_command("simulate_program", "a.yaml", "b.json", "--at", "tomorrow")


FACTS = '{"histories": [{"id": "a", "facts": [%s]}]}'
LONG = """
programs:
  - slug: seller
    title: Seller
    validity_months: 120
    renewal_window_days: 365
    grace_days: 365
    groups: [{title: All, requirements: [{kind: exam, ref: core, proof: know, valid_months: 120}]}]
    renewal: [{title: All, requirements: [{kind: exam, ref: core, proof: know}]}]
"""


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"histories": [{"id": "a", "id": "b"}]}', "`id` is given twice in one object"),
        ('{"histories": [{"id": true}]}', "histories[0].id"),
        (FACTS % '{"kind": "exam", "ref": "core", "on": 0}', "facts[0].on: must be a day such as 2026-05-20"),
        (FACTS % '{"kind": "exam", "ref": "core", "on": "2026-01-01T00:00:00Z"}', "must be a day such as 2026-05-20"),
        (FACTS % '{"kind": "exam", "ref": "core", "on": "9999-12-31"}', "before the year 9999"),
        (FACTS % '{"kind": "exam", "ref": "core", "on": "2026-01-01", "score": NaN}', "facts[0].score"),
    ],
)
def test_a_hostile_file_of_histories_is_refused_in_words(tmp_path, raw, words):
    (tmp_path / "program.yaml").write_text(PROGRAM)
    (tmp_path / "histories.json").write_text(raw)

    with pytest.raises(CommandError) as found:
        call_command("simulate_program", str(tmp_path / "program.yaml"), str(tmp_path / "histories.json"))

    assert words in str(found.value)
    assert found.value.returncode == 1


@pytest.mark.parametrize("word", ['!!int ""', '!!bool "abc"', '!!timestamp "abc"', "[" * 5000])
def test_a_hostile_program_file_is_refused_in_words(simulate, word):
    with pytest.raises(CommandError, match=r"program\.yaml:1: can't be read"):
        simulate(f"programs: {word}")


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "9999-12-31", "0001-01-01"])
def test_a_day_at_the_ends_of_the_calendar_is_refused_in_words(simulate, at):
    with pytest.raises(CommandError, match="must be of the years 2 to 9998"):
        simulate(PROGRAM, [], at=at)


@pytest.mark.parametrize(
    ("on", "at", "standing", "until"),
    [
        ("9998-12-31", "9998-12-31", "accredited", "9999-12-31"),
        ("0001-01-01", "0002-01-01", "accredited", "0011-01-01"),
        ("0001-01-01", "2026-01-01", "lapsed", "0011-01-01"),
    ],
)
def test_months_and_windows_end_with_the_calendar(simulate, on, at, standing, until):
    found = simulate(LONG, [fact("exam", "core", on)], at=at)["histories"][0]

    assert (found["standing"], found["valid_until"]) == (standing, until)


def test_an_end_before_the_first_window_is_no_mistake(simulate):
    facts = [fact("exam", "core", "0001-01-01", valid_until="0001-01-02")]

    assert simulate(LONG, facts, at="0002-01-01")["histories"][0]["standing"] == "lapsed"


def test_thousands_of_facts_about_one_thing_take_no_longer_than_they_are_many(simulate):
    first = date(2000, 1, 1)
    days = [(first + timedelta(days=number)).isoformat() for number in range(8000)]
    started = time.process_time()

    found = simulate(LONG, [fact("exam", "core", day) for day in days] + [fact("withdrawal", "x", day) for day in days])

    assert found["histories"][0]["standing"] == "accredited"
    assert time.process_time() - started < 8
