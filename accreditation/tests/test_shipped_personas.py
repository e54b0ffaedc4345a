"""The shipped persona programs and micro-credentials, as their files say them: no row is written."""

from collections import Counter
from datetime import date

import pytest
import yaml
from django.conf import settings

from accreditation.rules.histories import HistoryFile, Simulation, program_asked
from accreditation.rules.program_files import ProgramFile
from accreditation.rules.requirement_files import everything

PERSONAS = ("sales", "marketing", "education", "product")
CAPSTONES = {"sales": "capstone"} | {one: f"capstone-{one}" for one in PERSONAS[1:]}
PROGRAMS = {"sales": "accredited-partner-seller"} | {one: f"accredited-partner-{one}" for one in PERSONAS[1:]}
MICRO = {
    "roi-conversation": "sales",
    "independent-conversations": "sales",
    "use-case-campaign": "marketing",
    "workshop-facilitation": "education",
    "proof-of-value": "product",
}
KINDS = {"course", "path", "exam", "practical", "program", "attestation", "credit", "proofs"}


def shipped():
    """All files as one."""
    whole = {}
    for path in sorted((settings.BASE_DIR / "accreditation" / "catalogue").glob("*.yaml")):
        for section, said in yaml.safe_load(path.read_text()).items():
            if isinstance(said, list):
                whole.setdefault(section, []).extend(said)
            else:
                whole[section] = said
    return ProgramFile.model_validate(whole)


CONTENT = shipped()
BRIEFS = {pool.slug: pool.briefs for pool in CONTENT.brief_pools}
LESSONS = {course.slug: course.lessons for course in CONTENT.courses}


def program(slug):
    return program_asked(CONTENT, slug)


def asked(slug):
    return everything([*program(slug).groups, *program(slug).renewal])


def on_the_day(slug, day, *facts):
    """What the engine says of somebody with these facts, on a day."""
    said = [{"kind": kind, "ref": ref, "on": on} | more for kind, ref, on, more in facts]
    history = HistoryFile.model_validate({"id": "ada", "facts": said})
    return Simulation(CONTENT, program(slug)).outcome(history, date.fromisoformat(day))


def fact(kind, ref, on, **more):
    return kind, ref, on, more


CORE = fact("path", "partner-core", "2026-01-10")
SELLER_EXAM = fact("exam", "accredited-partner-seller", "2026-02-01", score=85)
LISTENING = fact("practical", "call-listening", "2026-02-05", score=9)
DEMO = fact("practical", "recorded-demo", "2026-02-10", score=18)


def session(persona, on, **more):
    return fact("practical", CAPSTONES[persona], on, score=18, **more)


def ground(persona):
    """Everything before the capstone."""
    if persona == "sales":
        return [CORE, SELLER_EXAM, LISTENING, DEMO]
    exam = fact("exam", PROGRAMS[persona], "2026-02-01", score=84)
    return [CORE, fact("course", f"partner-{persona}", "2026-01-20"), exam]


def test_the_shipped_programs_ask_in_every_way_that_there_is():
    programs = [one for one in CONTENT.programs if one.slug in {*PROGRAMS.values(), *MICRO, "partner-core"}]
    rules = [rule for one in programs for rule in everything([*one.groups, *one.renewal])]

    assert {rule.kind for rule in rules} == KINDS
    assert any(rule.kind == "credit" and rule.valid_months for rule in rules)
    (count,) = [rule for rule in rules if rule.kind == "proofs" and rule.at_least]
    assert (count.count, count.within_days, count.supervision) == (3, 180, ["alone"])
    assert [(one.count, one.use_case) for one in count.at_least] == [(1, "devsecops")]
    groups = [group for one in programs for group in one.groups]
    assert any(group.groups for group in groups)
    assert any(group.rule == "n_of" and group.count < group.size for group in groups)


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_persona_program_is_the_core_and_one_persona_with_a_badge_of_its_own(persona):
    part = program(PROGRAMS[persona])

    assert (part.roles, part.personas) == (["partner-seller"], [persona])
    assert "program:partner-core" in {rule.named for rule in everything(part.groups)}
    assert part.badge.tier == "" and part.badge.persona.lower() == persona
    assert part.badge.name == part.title


def test_whoever_fits_no_persona_takes_marketing():
    (fallback,) = [one.slug for one in CONTENT.catalogue.personas if one.fallback]

    assert fallback == "marketing"
    assert "fit none" in program(PROGRAMS[fallback]).description.replace("\n", " ")


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_briefs_of_a_persona_cover_three_to_five_use_cases_in_several_trades(persona):
    briefs = BRIEFS[CAPSTONES[persona]]

    assert {one.persona for one in briefs} == {persona}
    assert 3 <= len({one.use_case for one in briefs}) == len(briefs) <= 5
    assert sum(one.complex for one in briefs) == 1
    assert len({one.industry for one in briefs}) == len(briefs) and len({one.vertical for one in briefs} - {None}) > 2
    for one in briefs:
        assert one.size and one.size_text and one.region and one.tools and one.people and one.hidden_notes
        assert len(one.pain_points) >= 3


@pytest.mark.parametrize("persona", PERSONAS[1:])
def test_the_course_of_a_persona_teaches_each_of_its_objectives(persona):
    (course,) = [one for one in CONTENT.courses if one.slug == f"partner-{persona}"]
    words = [len(lesson.body.split()) for lesson in course.lessons]

    assert 4 <= len(course.lessons) <= 6 and min(words) > 150
    assert {lesson.objective for lesson in course.lessons} == {one.slug for one in course.objectives}
    assert set(course.use_cases) == {one.use_case for one in BRIEFS[CAPSTONES[persona]]}


@pytest.mark.parametrize("persona", PERSONAS[1:])
def test_the_bank_of_a_persona_holds_three_times_what_its_exam_draws(persona):
    (bank,) = [one for one in CONTENT.banks if one.slug == PROGRAMS[persona]]
    (exam,) = [one for one in CONTENT.exams if one.slug == PROGRAMS[persona]]
    held = Counter(question.difficulty for question in bank.questions)

    assert (len(bank.questions), exam.pass_percent) == (36, 80)
    assert all(held[cell.difficulty] >= 3 * cell.count for cell in exam.blueprint)
    assert all(cell.course == f"partner-{persona}" for cell in exam.blueprint)
    assert {question.objective for question in bank.questions} == {
        f"partner-{persona}/{one.slug}"
        for course in CONTENT.courses
        if course.slug == f"partner-{persona}"
        for one in course.objectives
    }


@pytest.mark.parametrize("persona", PERSONAS[1:])
def test_the_right_answer_of_a_persona_can_not_be_told_from_its_length_or_place(persona):
    (bank,) = [one for one in CONTENT.banks if one.slug == PROGRAMS[persona]]
    single = [one.options for one in bank.questions if one.type == "single"]
    lengths = [([len(one.text) for one in options], [one.correct for one in options].index(True)) for options in single]

    assert len({one.text for one in bank.questions}) == len(bank.questions)
    assert all(one.rationale for one in bank.questions)
    assert sum(sizes[place] == max(sizes) for sizes, place in lengths if sizes.count(max(sizes)) == 1) < 0.4 * len(
        single
    )
    assert max(Counter(place for _, place in lengths).values()) < 0.4 * len(single)


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_career_that_meets_everything_is_accredited_and_one_without_the_core_is_not(persona):
    facts = [*ground(persona), session(persona, "2026-03-01", use_case="scm")]
    slug = PROGRAMS[persona]

    found = on_the_day(slug, "2026-03-01", *facts)
    assert (found.standing.state, found.standing.valid_until) == ("accredited", date(2027, 3, 1))
    assert found.tier.tier.slug == "crawl"
    for missing in range(len(facts)):
        left = [one for number, one in enumerate(facts) if number != missing]
        assert on_the_day(slug, "2026-03-01", *left).standing.state == "in_progress", facts[missing]


@pytest.mark.parametrize("persona", PERSONAS)
def test_one_session_renews_the_persona_and_the_core(persona):
    facts = [*ground(persona), session(persona, "2026-03-01"), session(persona, "2027-01-20")]

    for slug in (PROGRAMS[persona], "partner-core"):
        found = on_the_day(slug, "2027-06-01", *facts)
        assert (found.standing.state, found.standing.valid_until) == ("accredited", date(2028, 1, 20)), slug
        assert on_the_day(slug, "2027-06-01", *facts[:-1]).standing.state == "lapsed"


def test_the_core_names_no_practical_so_that_it_alone_makes_no_tier():
    calls = [fact("practical", "capstone", "2026-03-01", score=18, use_case="scm")]

    found = on_the_day("partner-core", "2026-03-01", CORE, *calls)

    assert (found.standing.valid_until, found.tier.tier) == (date(2027, 3, 1), None)


@pytest.mark.parametrize("persona", PERSONAS)
def test_one_session_is_enough_in_the_days_of_grace_and_not_after_them(persona):
    facts = [*ground(persona), session(persona, "2026-03-01")]

    late = on_the_day(PROGRAMS[persona], "2027-04-01", *facts, session(persona, "2027-03-30"))
    too_late = on_the_day(PROGRAMS[persona], "2027-05-01", *facts, session(persona, "2027-04-20"))

    assert (late.standing.state, len(late.standing.cycles)) == ("accredited", 2)
    assert too_late.standing.state == "lapsed"


@pytest.mark.parametrize("persona", PERSONAS)
def test_two_use_cases_make_it_walk_and_one_complex_solution_makes_it_run(persona):
    facts = [*ground(persona), session(persona, "2026-03-01", use_case="scm")]
    plain = session(persona, "2026-03-20", use_case="devsecops")
    large = session(persona, "2026-03-20", use_case="gitops", complex=True)

    assert on_the_day(PROGRAMS[persona], "2026-04-01", *facts, plain).tier.tier.slug == "walk"
    assert on_the_day(PROGRAMS[persona], "2026-04-01", *facts, large).tier.tier.slug == "run"


FINANCE = fact("credit", "business-finance-certificate", "2024-06-01")
ROI_EXAM = [SELLER_EXAM, fact("course", "partner-closing", "2026-01-10")]
ROI = [*ROI_EXAM, fact("practical", "roi-case", "2026-03-01", score=18)]
EDUCATION = [*ground("education"), session("education", "2026-03-01")]
CAREERS = {
    "roi-conversation": [*ROI, fact("practical", "role-play", "2026-03-01", score=18)],
    "use-case-campaign": [
        *ground("marketing")[1:],
        fact("practical", "campaign-plan", "2026-02-20", score=14),
        fact("attestation", "campaign-was-run", "2026-03-01"),
    ],
    "workshop-facilitation": [
        *EDUCATION,
        fact("practical", "enablement-workshop", "2026-02-20", score=15),
        fact("credit", "facilitation-certificate", "2025-05-01"),
    ],
    "proof-of-value": [
        *ground("product")[2:],
        fact("path", "devops-platform", "2026-02-10"),
        fact("practical", "proof-of-value", "2026-03-01", score=14),
        fact("attestation", "proof-was-decided", "2026-02-25"),
    ],
}
AGAIN = {
    "roi-conversation": fact("attestation", "roi-in-front-of-a-customer", "2027-02-01"),
    "use-case-campaign": fact("practical", "campaign-plan", "2027-02-01", score=16),
    "workshop-facilitation": fact("attestation", "workshop-was-led", "2027-02-01"),
    "proof-of-value": fact("practical", "proof-of-value", "2027-02-01", score=18),
}


@pytest.mark.parametrize("slug", CAREERS)
def test_a_micro_credential_is_earned_by_all_of_it_and_renewed_by_one_thing(slug):
    facts, again = CAREERS[slug], [AGAIN[slug]]
    if slug == "workshop-facilitation":
        again.append(session("education", "2027-02-01"))  # the persona under it has to hold as well

    assert on_the_day(slug, "2026-04-01", *facts).standing.state == "accredited"
    assert on_the_day(slug, "2026-04-01", *facts[:-1]).standing.state == "in_progress"
    assert on_the_day(slug, "2027-04-01", *facts, *again).standing.state == "accredited"
    assert on_the_day(slug, "2027-04-01", *facts).standing.state == "lapsed"


def test_a_word_of_the_manager_and_a_young_certificate_stand_in_for_the_role_play():
    word = fact("attestation", "roi-in-front-of-a-customer", "2026-03-10")
    old = fact("credit", "business-finance-certificate", "2022-06-01")

    assert on_the_day("roi-conversation", "2026-04-01", *ROI, word, FINANCE).standing.state == "accredited"
    assert on_the_day("roi-conversation", "2026-04-01", *ROI, word).standing.state == "in_progress"
    assert on_the_day("roi-conversation", "2026-04-01", *ROI, word, old).standing.state == "in_progress"
    ended = on_the_day("roi-conversation", "2027-05-30", *ROI, word, FINANCE, AGAIN["roi-conversation"])
    assert ended.standing.state == "accredited"


def call(on, use_case, supervision="alone"):
    return fact("practical", "customer-conversation", on, score=14, use_case=use_case, supervision=supervision)


def test_three_conversations_hold_as_long_as_three_are_young_enough():
    calls = [call("2026-03-01", "ci-cd"), call("2026-04-01", "devsecops"), call("2026-05-01", "scm")]
    slug = "independent-conversations"

    held = on_the_day(slug, "2026-05-01", SELLER_EXAM, *calls)
    assert (held.standing.state, held.standing.valid_until) == ("accredited", date(2026, 8, 28))
    assert on_the_day(slug, "2026-08-29", SELLER_EXAM, *calls).standing.state == "lapsed"
    again = on_the_day(slug, "2026-08-29", SELLER_EXAM, *calls, call("2026-08-29", "scm"))
    assert (again.standing.state, again.standing.valid_until) == (
        "fading",
        date(2026, 9, 28),
    )  # April's is the next to go


@pytest.mark.parametrize("third", [call("2026-05-01", "scm"), call("2026-05-01", "devsecops", supervision="shadowed")])
def test_conversations_without_security_or_with_a_colleague_are_too_few(third):
    calls = [call("2026-03-01", "ci-cd"), call("2026-04-01", "agile-delivery"), third]

    found = on_the_day("independent-conversations", "2026-05-02", SELLER_EXAM, *calls)

    assert found.standing.state == "in_progress"
    assert "too-few" in {one.code for one in found.reasons}


@pytest.mark.parametrize(("slug", "persona"), MICRO.items())
def test_a_micro_credential_belongs_to_a_persona(slug, persona):
    part = program(slug)

    assert part.personas == [persona] and part.badge.shape == "hexagon"
    assert part.badge.persona.lower() == persona


def test_every_practical_of_these_programs_stands_behind_an_exam_that_they_ask_for():
    practicals = {one.slug: one.exam for one in CONTENT.practicals}
    for slug in [*PROGRAMS.values(), *MICRO]:
        exams = _exams(slug)
        for rule in asked(slug):
            for one in [rule.ref] if rule.kind == "practical" else rule.practicals:
                assert practicals[one] in exams, (slug, one)


def _exams(slug):
    """The exams that a program asks for, itself or by the programs before it."""
    own = {rule.ref for rule in asked(slug) if rule.kind == "exam"}
    return own.union(*(_exams(rule.ref) for rule in asked(slug) if rule.kind == "program"))
