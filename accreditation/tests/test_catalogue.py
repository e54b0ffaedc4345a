"""The programs that ship: what the source documents ask for stands in them."""

from collections import Counter
from itertools import groupby

import pytest
from django.conf import settings
from django.db import transaction

from accreditation.actions.loading import load_programs
from accreditation.models import Program
from accreditation.rules.programs import program_rules, with_rules
from assessments.models import Exam, Practical, QuestionBank, Rubric
from assessments.rules.kinds import kinds
from assessments.rules.worksheets import why_not_author, why_not_fill
from badges.models import Achievement
from courses.models import (
    Asset,
    CompanySize,
    Course,
    JourneyStage,
    LearningPath,
    Lesson,
    Objective,
    Persona,
    Role,
    UseCase,
)
from courses.rules.content import embed_address

pytestmark = pytest.mark.django_db

FILES = sorted((settings.BASE_DIR / "accreditation" / "catalogue").glob("*.yaml"))
KINDS = {
    "role-play": {"session": "required", "disclosure": "partner", "recordings_required": 1, "min_minutes": 15},
    "roi-case": {"recordings_required": 0, "session": "none"},
    "customer-calls": {"recordings_required": 2, "disclosure": "customers", "notes_required": True},
    "sandbox-build": {"links_required": 1, "files_required": 1, "min_minutes": 3, "max_minutes": 10},
}
ROI = {
    "people": "64", "hours_week": "2", "weeks_year": "44", "hour_cost": "110", "time_cost": "619,520",
    "faults": "9", "fault_each": "14,000", "fault_cost": "126,000", "today": "745,520",
    "time_share": "25", "fault_share": "50", "why_so_much": "Half of the waits have another cause.", "gain": "217,880",
    "users": "64", "price": "1,100", "setup_days": "60", "day_cost": "900", "first_year": "124,400",
    "net": "93,480", "roi": "75.1", "payback": "6.85", "half": "-15,460",
    "story": "Six sentences.", "weakest": "The share of the waits.", "against": "Half of it does not carry.",
}  # fmt: skip
USE_CASE_EXAMS = ("continuous-integration", "devsecops", "devops-platform", "agile-management")
SELLER, LEADER, PRACTICE = "accredited-partner-seller", "territory-and-pipeline", "selling-in-practice"
PERSONAS = ["accredited-partner-marketing", "accredited-partner-education", "accredited-partner-product"]
MICRO = [
    "roi-conversation",
    "independent-conversations",
    "use-case-campaign",
    "workshop-facilitation",
    "proof-of-value",
]


@pytest.fixture(scope="module", autouse=True)
def shipped(django_db_setup, django_db_blocker):
    """The shipped files, loaded once for all tests of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_programs(paths=FILES, by=None)
        transaction.set_rollback(True)


def asked(slug):
    """(kind, slug of the target) of everything that a program asks for the first time."""
    program = Program.objects.get(slug=slug)
    groups = program.current_version.groups.filter(is_renewal=False)
    return [(one.kind, one.target.slug) for group in groups for one in group.requirements.all() if one.target]


def test_loading_again_writes_nothing(shipped):
    assert shipped.rows_written > 1000
    assert load_programs(paths=FILES, by=None).rows_written == 0


def test_the_only_warnings_are_that_retakes_repeat_questions(shipped):
    assert all(warning.endswith("let a retake ask something else.") for warning in shipped.warnings)


def test_every_program_ships_open_and_with_a_badge():
    programs = Program.objects.all()

    assert {one.slug for one in programs} == {
        "field-accreditation",
        "strategic-account-leader",
        "partner-core",
        SELLER,
        "account-planning",
        PRACTICE,
        *PERSONAS,
        *MICRO,
    }
    assert all(one.state == "published" and one.achievement for one in programs)


@pytest.mark.parametrize(
    ("model", "slugs"),
    [
        (
            UseCase,
            "scm ci-cd auto-devops devsecops agile-delivery value-stream-management gitops",
        ),
        (CompanySize, "small-business enterprise"),
        (Role, "sal ae sa csm partner-seller"),
        (Persona, "sales marketing education product"),
    ],
)
def test_the_catalogue_words_stand_in_order(model, slugs):
    assert list(model.objects.values_list("slug", flat=True)) == slugs.split()


def test_there_are_journey_stages():
    assert JourneyStage.objects.count() >= 3


def test_field_accreditation_is_four_paths_four_exams_and_an_engagement():
    program = Program.objects.get(slug="field-accreditation")

    wanted = Counter(kind for kind, _ in asked("field-accreditation"))
    assert wanted == {"path": 4, "exam": 4, "practical": 1}
    assert {role.slug for role in program.roles.all()} == {"sal", "ae", "sa", "csm"}
    assert {slug for kind, slug in asked("field-accreditation") if kind == "path"} == set(USE_CASE_EXAMS)


def test_the_engagement_is_recorded():
    (slug,) = [slug for kind, slug in asked("field-accreditation") if kind == "practical"]

    assert Practical.objects.get(slug=slug).recordings_required == 1
    assert Practical.objects.get(slug=slug).kind == "customer_engagement"


def test_the_leaders_path_has_five_courses_with_twenty_four_objectives():
    (slug,) = [slug for kind, slug in asked("strategic-account-leader") if kind == "path"]
    path = LearningPath.objects.get(slug=slug)

    assert path.title == "Building the Territory & Pipeline"
    assert [step.course.objectives.count() for step in path.steps.all()] == [4, 7, 4, 4, 5]


def test_the_leader_takes_an_exam_and_defends_a_plan():
    kinds = dict(asked("strategic-account-leader"))

    assert set(kinds) == {"path", "exam", "practical"}
    assert Practical.objects.get(slug=kinds["practical"]).kind == "account_plan_defence"


def test_the_seller_shows_everything_after_the_core():
    program = with_rules(Program.objects.filter(slug=SELLER)).get()

    kinds = Counter(
        one.target.kind if one.kind == "practical" else one.kind
        for group in program.current_version.groups.filter(is_renewal=False)
        for one in group.requirements.all()
    )
    assert kinds == {"program": 1, "exam": 1, "call_listening": 1, "recorded_demo": 1, "capstone": 1}
    assert all(group.rule == "all_of" for group in program_rules(program.current_version).groups)


def test_the_capstone_is_recorded_or_booked_live():
    assert Practical.objects.get(slug="capstone").session == "optional"


def test_call_listening_asks_five_questions_by_call():
    fields = Practical.objects.get(slug="call-listening").worksheet

    assert [field["kind"] for field in fields] == ["text"] * 5
    assert [len(list(rows)) for _, rows in groupby(field["group"] for field in fields)] == [2, 2, 1]


def test_selling_in_practice_asks_for_the_other_kinds_behind_the_sellers_exam():
    program = with_rules(Program.objects.filter(slug=PRACTICE)).get()
    groups = program_rules(program.current_version).groups

    assert [(group.rule, group.count) for group in groups] == [("all_of", None), ("all_of", None), ("n_of", 1)]
    assert asked(PRACTICE) == [("exam", SELLER)] + [("practical", slug) for slug in KINDS]
    assert {role.slug for role in program.roles.all()} == {"sal", "ae", "partner-seller"}


@pytest.mark.parametrize(("slug", "wanted"), KINDS.items())
def test_every_kind_says_what_it_asks_for(slug, wanted):
    practical = Practical.objects.select_related("exam").get(slug=slug)

    assert practical.kind == slug.replace("-", "_")
    assert practical.exam.slug == SELLER
    assert {name: getattr(practical, name) for name in wanted} == wanted


def test_the_roi_case_checks_every_result_that_follows_from_its_numbers():
    sheet = Practical.objects.get(slug="roi-case").worksheet

    assert Counter(field["kind"] for field in sheet) == {"number": 12, "result": 9, "text": 4}
    assert why_not_author(sheet) == ""
    assert why_not_fill(sheet, ROI) is None


@pytest.mark.parametrize("slug", ["role-play", "roi-case"])
def test_pools_hold_a_brief_for_every_try(slug):
    practical = Practical.objects.get(slug=slug)
    briefs = practical.brief_pool.briefs.select_related("persona", "use_case")

    assert len(briefs) >= practical.max_attempts
    assert {one.persona.slug for one in briefs if one.persona} == {"sales", "marketing", "education", "product"}
    assert all(one.use_case and len(one.pain_points) >= 3 and one.people and one.hidden_notes for one in briefs)


def test_the_capstone_asks_for_eighteen_of_twenty_five_in_five_described_levels():
    version = Rubric.objects.get(slug="capstone").versions.get()
    criteria = list(version.criteria.all())

    assert (version.pass_points, len(criteria)) == (18, 5)
    for criterion in criteria:
        texts = [level.text for level in criterion.levels.order_by("number")]
        assert len(set(texts)) == 5
        assert min(map(len, texts)) > 30


def test_every_rubric_describes_five_levels_and_the_four_steps_between():
    for rubric in Rubric.objects.all():
        for criterion in rubric.versions.get().criteria.all():
            levels = criterion.levels.order_by("number")
            assert [bool(level.raise_text) for level in levels] == [True] * 4 + [False]
            assert all(level.text for level in levels)


@pytest.mark.parametrize(
    ("slug", "held", "drawn"),
    [(SELLER, 40, 20), (LEADER, 40, 20)]
    + [(slug, 15, 10) for slug in USE_CASE_EXAMS]
    + [(slug, 36, 12) for slug in PERSONAS],
)
def test_banks_hold_and_exams_draw_what_was_asked_for(slug, held, drawn):
    exam = Exam.objects.get(slug=slug)

    assert exam.bank.questions.drawable().count() == held
    assert sum(cell.count for cell in exam.current_version.cells.all()) == drawn
    assert exam.current_version.pass_percent == 80


def test_sellers_practise_with_questions_of_every_type():
    kept = Exam.objects.get(slug=SELLER).bank.questions.for_practice()

    assert set(kept.values_list("current_version__kind", flat=True)) == set(kinds())
    assert kept.count() == 8


def test_every_objective_of_the_leader_has_questions():
    courses = LearningPath.objects.get(title__startswith="Building the Territory").courses.all()
    asked_about = set(QuestionBank.objects.get(slug=LEADER).questions.values_list("objective_id", flat=True))

    assert set(Objective.objects.filter(course__in=courses).values_list("pk", flat=True)) == asked_about


@pytest.mark.parametrize("slug", [SELLER, LEADER, *USE_CASE_EXAMS, *PERSONAS])
def test_no_question_is_a_filler(slug):
    questions = QuestionBank.objects.get(slug=slug).questions.select_related("current_version__answer_key")
    versions = [one.current_version for one in questions]

    assert len({version.text for version in versions}) == len(versions)
    assert all(version.answer_key.rationale for version in versions)


def test_account_planning_is_a_program_of_one_course():
    assert asked("account-planning") == [("course", "account-planning")]


def test_every_course_has_lessons_and_every_objective_one():
    assert not Course.objects.filter(lessons=None).exists()
    assert not Objective.objects.filter(lessons=None).exists()
    assert not Lesson.objects.filter(body="", url="").exists()


def test_lessons_come_in_every_kind():
    assert set(Lesson.objects.values_list("kind", flat=True)) == {"handbook", "video", "interactive", "file", "call"}


def test_every_practical_stands_behind_an_exam_of_its_program():
    for program in Program.objects.all():
        exams = exams_asked(program.slug)
        for kind, slug in asked(program.slug):
            assert kind != "practical" or Practical.objects.get(slug=slug).exam.slug in exams


def exams_asked(slug):
    """The exams that a program asks for, itself or by the programs before it."""
    wanted = asked(slug)
    own = {one for kind, one in wanted if kind == "exam"}
    return own.union(*(exams_asked(one) for kind, one in wanted if kind == "program"))


def test_lessons_name_no_address_that_is_not_there_and_no_medium_without_one():
    assert not Lesson.objects.filter(url__contains="example.com").exists()
    assert not Lesson.objects.filter(kind__in=["video", "interactive", "file"], url="").exists()


def test_a_video_can_be_shown_on_its_page():
    (video,) = Lesson.objects.filter(kind="video")

    assert embed_address(video) == video.url


def test_every_shipped_badge_looks_like_no_other():
    badges = Achievement.objects.all()

    assert len({bytes(badge.image) for badge in badges}) == len(badges) == 17
    assert len({badge.icon for badge in badges}) == 17
    tiers = {f"tier-{one}": one for one in ("crawl", "walk", "run")}
    assert {badge.slug: badge.tier for badge in badges if badge.tier} == tiers
    assert Achievement.objects.get(slug="account-planning").alt_text == "Badge: Account Planning, persona Sales"


def test_each_persona_has_three_to_five_use_cases_that_land(shipped):
    for persona in Persona.objects.filter(slug__in=["sales", "marketing", "education", "product"]):
        landing = Asset.objects.filter(personas=persona, wows=True, state="published")
        assert 3 <= landing.count() <= 5
        assert landing.values("use_cases").distinct().count() >= 3
        assert all(one.use_cases.exists() and one.products.exists() and one.verticals.exists() for one in landing)
        assert {"starter_kit", "talk_track", "roi_sheet"} <= set(persona.assets.values_list("kind", flat=True))
