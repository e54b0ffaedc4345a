"""A learner's way through a program: what is done, open or locked, and the one next step."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accreditation.actions.evidence import record_evidence
from accreditation.actions.programs import author_program, publish_program
from accreditation.models import Program
from accreditation.rules.journeys import first_step, journey, journeys
from accreditation.rules.programs import program_rules, with_rules
from accreditation.rules.standing import standing
from accreditation.rules.steps import NO_WORK, Work
from accreditation.tests.factories import AccreditationFactory, EnrolmentFactory, asks_for, make_program
from assessments.models import Attestation, Booking, SessionSlot
from assessments.rules.exams import sittings_of
from assessments.tests.factories_exams import AttemptFactory, ExamFactory
from assessments.tests.factories_practicals import (
    PracticalFactory,
    SubmissionFactory,
    fail_exam,
    make_grader,
    make_lease,
    marks,
    pass_exam,
    send,
)
from courses.tests.factories import CourseFactory, PathFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner():
    return make_person()


def prove(learner, target, **fields):
    kind = asks_for(target)["kind"]
    facts = {"source": f"tests:{learner.pk}:{kind}:{target.pk}", "performed_on": date.today(), kind: target}
    record_evidence(learner_id=learner.pk, kind=kind, **facts | fields)


def way(learner, program, **fields):
    """The journey of a learner who is on the program."""
    EnrolmentFactory(learner=learner, program=program, **fields)
    return next(one for one in journeys(learner, timezone.now()) if one.program == program)


def stops(shown):
    return [(stage.proof, [step.state for step in stage.steps]) for stage in shown.stages]


def step_at(shown, proof):
    return next(stage for stage in shown.stages if stage.proof == proof).steps[0]


def test_a_fresh_learner_begins_with_the_first_course(learner):
    course = CourseFactory(title="Planning")

    shown = way(learner, make_program(course, CourseFactory(), title="Seller"))

    assert stops(shown) == [("know", ["now", "open"]), ("keep", ["locked"])]
    assert shown.next_step.deed == "Open it"
    assert shown.next_step.title == "Go on with the course: Planning"
    assert shown.next_step.link == course.get_absolute_url()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PathFactory(title="X", courses=[CourseFactory()]), "Go on with the path: X"),
        (lambda: ExamFactory(title="X"), "Take the exam: X"),
        (lambda: make_program(title="X"), "Get accredited first in: X"),
    ],
)
def test_each_kind_has_its_words(learner, make, words):
    assert way(learner, make_program(make(), slug="outer")).next_step.title == words


def test_a_path_says_how_many_courses_are_done(learner):
    courses = CourseFactory.create_batch(3)
    prove(learner, courses[0])

    shown = way(learner, make_program(PathFactory(courses=courses)))

    assert step_at(shown, "know").note == "1 of 3 courses done"


def test_the_due_date_stands_beside_the_next_step(learner):
    shown = way(learner, make_program(), due_on=date(2026, 6, 1))

    assert shown.next_step.note == "due 1 June 2026"


@pytest.fixture
def practical():
    return PracticalFactory(title="Capstone")


def test_a_practical_is_locked_until_its_exam_is_passed(learner, practical):
    wanted = [asks_for(practical.exam), asks_for(practical, "show")]
    program = make_program(groups=[{"title": "All", "rule": "all_of", "count": None, "requirements": wanted}])

    shown = way(learner, program)

    assert step_at(shown, "show").state == "locked"
    assert step_at(shown, "show").refusal.code == "exam-not-passed"
    assert shown.next_step.title.startswith("Take the exam")


def only(practical):
    """A program that asks for the practical alone; its exam stands outside."""
    return make_program(
        groups=[{"title": "All", "rule": "all_of", "count": None, "requirements": [asks_for(practical, "show")]}]
    )


def test_an_exam_outside_the_program_opens_the_practical_too(learner, practical):
    pass_exam(learner, practical.exam)

    shown = way(learner, only(practical))

    assert (step_at(shown, "show").state, step_at(shown, "show").note) == ("now", "open to you")
    assert shown.next_step.title == "Hand in: Capstone"


@pytest.mark.parametrize(
    ("state", "shown_as", "note", "title"),
    [
        ("draft", "now", "begun", "Go on with: Capstone"),
        ("submitted", "now", "handed in, waiting for a grader", "With the graders: Capstone"),
        ("in_review", "now", "a grader is on it", "With the graders: Capstone"),
        ("returned", "now", "given back to you", "Hand in again: Capstone"),
        ("decided", "now", "try 1 was not a pass yet", "Hand in: Capstone"),
        ("withdrawn", "now", "open to you", "Hand in: Capstone"),
    ],
)
def test_a_practical_shows_where_its_newest_try_stands(learner, practical, state, shown_as, note, title):
    pass_exam(learner, practical.exam)
    submission = SubmissionFactory(learner=learner, practical=practical)
    submission.state = state

    shown = journey_with(learner, only(practical), practical, submission)

    step = step_at(shown, "show")
    assert (step.state, step.note, shown.next_step.title) == (shown_as, note, title)
    assert shown.next_step.waits == (state in ("submitted", "in_review"))


@pytest.mark.parametrize(
    ("hours", "live", "took_place", "note", "title"),
    [
        (None, False, None, "no session is booked yet", "Book your session: Capstone"),
        (48, False, None, "your session is on", "Prepare your session: Capstone"),
        (
            -1,
            False,
            None,
            "Ada Okafor still has to say that it took place",
            "Send the recording of your session: Capstone",
        ),
        (-1, True, None, "Ada Okafor still has to say that it took place", "Waits for your host: Capstone"),
        (-1, False, True, "your session took place", "Hand in: Capstone"),
    ],
)
def test_a_practical_with_a_session_says_what_is_next_of_it(learner, practical, hours, live, took_place, note, title):
    practical.session = "required"
    practical.save()
    pass_exam(learner, practical.exam)
    submission = SubmissionFactory(learner=learner, practical=practical)
    if hours is not None:
        meet(submission, hours, make_grader() if live else None, took_place)

    shown = way(learner, only(practical))

    assert note in step_at(shown, "show").note
    assert shown.next_step.title == title
    assert shown.next_step.waits == title.startswith(("Prepare", "Waits"))


def meet(submission, hours, grader, took_place):
    """A session so many hours from now, after one that was called off, and what its host said of it."""
    now, host = timezone.now(), make_person(name="Ada Okafor")
    facts = {"practical": submission.practical, "host": host, "location": "Room 4"}
    slot = SessionSlot.objects.create(grader=grader, starts_at=now + timedelta(hours=hours), **facts)
    gone = SessionSlot.objects.create(starts_at=now, **facts)
    Booking.objects.create(slot=gone, submission=submission, booked_at=now, cancelled_at=now)
    booking = Booking.objects.create(slot=slot, submission=submission, booked_at=now)
    if took_place is not None:
        Attestation.objects.create(booking=booking, by=host, took_place=took_place, said_at=now)


def journey_with(learner, program, practical, submission):
    """The journey as it would be with this submission, whose state need not be stored."""
    shown = with_rules(Program.objects.filter(pk=program.pk)).get()
    found = standing(program_rules(shown.current_version), [], date.today())
    return journey(shown, found, Work({practical.pk: [submission]}, sittings_of(submission.learner)), timezone.now())


def behind_one_exam(*practicals):
    """A program of practicals whose exam stands outside."""
    wanted = [asks_for(one, "show") for one in practicals]
    return make_program(groups=[{"title": "All", "rule": "all_of", "count": None, "requirements": wanted}])


def test_the_next_step_is_the_first_that_can_be_done_now(learner):
    exam = ExamFactory()
    demo, capstone = PracticalFactory(title="Demo", exam=exam), PracticalFactory(title="Capstone", exam=exam)
    pass_exam(learner, exam)
    send(make_lease(learner=learner, practical=demo), marks(2, 2, 2, 2, 2))
    SubmissionFactory(learner=learner, practical=capstone)

    shown = way(learner, behind_one_exam(demo, capstone))

    assert step_at(shown, "show").state == "not-yet"
    assert "The next try opens on" in step_at(shown, "show").note
    assert shown.next_step.title == "Go on with: Capstone"


def test_where_everything_waits_the_next_step_says_until_when(learner, practical):
    pass_exam(learner, practical.exam)
    send(make_lease(learner=learner, practical=practical), marks(2, 2, 2, 2, 2))

    shown = way(learner, only(practical)).next_step

    assert shown.waits
    assert shown.text.startswith("The next try opens on")
    assert shown.deed == "Look at try 1"


def test_where_everything_waits_the_next_step_says_on_whom(learner, practical):
    pass_exam(learner, practical.exam)
    handed_in = SubmissionFactory(learner=learner, practical=practical, handed_in=True)

    shown = way(learner, only(practical)).next_step

    assert shown.waits
    assert shown.text.startswith("Your answer comes by")
    assert shown.link == handed_in.get_absolute_url()


def test_a_failed_exam_says_so_and_when_it_may_be_tried_again(learner):
    exam = ExamFactory(title="X")
    fail_exam(learner, exam)

    shown = way(learner, make_program(exam))

    assert step_at(shown, "know").state == "not-yet"
    assert step_at(shown, "know").note.startswith("Not yet. You may try the exam again tomorrow")
    assert shown.next_step.waits


def test_a_failed_exam_may_be_taken_again_after_its_pause(learner):
    exam = ExamFactory(title="X")
    fail_exam(learner, exam)

    EnrolmentFactory(learner=learner, program=make_program(exam))
    shown = journeys(learner, timezone.now() + timedelta(days=2))[0]

    assert step_at(shown, "know").note == "not yet; you may try again"
    assert shown.next_step.title == "Take the exam again: X"


def test_a_running_exam_is_gone_on_with(learner):
    attempt = AttemptFactory(learner=learner, exam__title="X")

    shown = way(learner, make_program(attempt.exam)).next_step

    assert (shown.title, shown.link) == ("Go on with the exam: X", attempt.get_absolute_url())


def test_what_can_be_done_now_comes_before_what_waits_in_another_program(learner, practical):
    pass_exam(learner, practical.exam)
    SubmissionFactory(learner=learner, practical=practical, handed_in=True)
    EnrolmentFactory(learner=learner, program=only(practical), due_on=date(2026, 6, 1))
    EnrolmentFactory(learner=learner, program=make_program(CourseFactory(title="Planning")))

    shown = first_step(journeys(learner, timezone.now()))

    assert shown.title == "Go on with the course: Planning"


def test_what_is_proved_is_done_with_its_day(learner):
    course = CourseFactory()
    prove(learner, course)

    shown = way(learner, make_program(course, months=24))

    assert stops(shown) == [("know", ["done"]), ("keep", ["done"])]
    assert [stage.percent for stage in shown.stages] == [100, 100]
    assert shown.next_step is None
    assert step_at(shown, "keep").title.startswith("Badge, valid until")


def test_what_ran_out_says_when(learner):
    course = CourseFactory()
    prove(learner, course, performed_on=date(2020, 1, 15))

    shown = way(learner, make_program(course))

    assert step_at(shown, "keep").state == "fading"
    assert step_at(shown, "keep").note == "It ran out on 15 January 2021."


def test_a_requirement_of_a_group_that_is_met_without_it_is_no_next_step(learner):
    first, spare, last = CourseFactory(), CourseFactory(), CourseFactory(title="Last")
    program = make_program(
        groups=[
            {"title": "One", "rule": "n_of", "count": 1, "requirements": [asks_for(first), asks_for(spare)]},
            {"title": "All", "rule": "all_of", "count": None, "requirements": [asks_for(last)]},
        ]
    )
    prove(learner, first)

    shown = way(learner, program)

    assert stops(shown)[0] == ("know", ["done", "open", "now"])
    assert shown.next_step.title == "Go on with the course: Last"


def test_what_is_to_be_kept_up_stands_in_one_stage_with_the_badge(learner):
    keep = {"title": "Keep", "rule": "all_of", "count": None, "requirements": [asks_for(CourseFactory(), "keep")]}

    shown = way(learner, make_program(groups=[keep]))

    assert stops(shown) == [("keep", ["now", "locked"])]


def test_a_program_that_was_withdrawn_is_no_longer_on_the_way(learner):
    program = make_program()
    EnrolmentFactory(learner=learner, program=program)
    Program.objects.update(state="withdrawn")

    assert journeys(learner, timezone.now()) == []


def test_an_ended_enrolment_is_no_longer_on_the_way(learner):
    EnrolmentFactory(learner=learner, withdrawn_at=timezone.now())
    EnrolmentFactory(program=make_program(slug="of-somebody-else"))

    assert journeys(learner, timezone.now()) == []


def test_what_is_due_comes_first(learner):
    late, none, soon = (
        EnrolmentFactory(learner=learner, program=make_program(slug=slug), due_on=due)
        for slug, due in (("late", date(2026, 9, 1)), ("none", None), ("soon", date(2026, 6, 1)))
    )

    assert [one.enrolment for one in journeys(learner, timezone.now())] == [soon, late, none]


def test_a_visitor_sees_what_a_program_asks_for():
    shown = with_rules(Program.objects.filter(pk=make_program().pk)).get()

    found = journey(shown, standing(program_rules(shown.current_version), [], date.today()), NO_WORK, timezone.now())

    assert stops(found) == [("know", ["now"]), ("keep", ["locked"])]


@pytest.mark.parametrize("count", [1, 6])
def test_journeys_take_a_fixed_number_of_queries(learner, django_assert_num_queries, count):
    for number in range(count):
        practical = PracticalFactory()
        whole = [asks_for(PathFactory(courses=[CourseFactory()])), asks_for(practical, "show")]
        group = {"title": "All", "rule": "all_of", "count": None, "requirements": whole}
        program = make_program(groups=[group], slug=f"program-{number}", badge=True)
        EnrolmentFactory(learner=learner, program=program)
        AccreditationFactory(learner=learner, program=program)

    with django_assert_num_queries(7):
        assert len(journeys(learner, timezone.now())) == count


def test_where_one_of_two_is_enough_one_is_counted_and_said(learner):
    first, spare = PracticalFactory(title="Calls"), PracticalFactory(title="Build")
    asked = [asks_for(first) | {"proof": "show"}, asks_for(spare) | {"proof": "show"}]
    program = make_program(groups=[{"title": "One of two", "rule": "n_of", "count": 1, "requirements": asked}])
    before = way(learner, program).stages[0]

    prove(learner, spare)

    after = next(one for one in journeys(learner, timezone.now()) if one.program == program).stages[0]
    assert (before.done, before.needed, before.percent) == (0, 1, 0)
    assert before.choices == ("1 of these 2 is enough: Calls, Build.",)
    assert (after.done, after.needed, after.percent, after.choices) == (1, 1, 100, ())


def test_a_choice_over_two_proofs_is_counted_where_it_was_met(learner):
    course, practical = CourseFactory(), PracticalFactory()
    asked = [asks_for(course) | {"proof": "know"}, asks_for(practical) | {"proof": "show"}]
    program = make_program(groups=[{"title": "Either", "rule": "n_of", "count": 1, "requirements": asked}])
    prove(learner, course)

    know, show, _ = way(learner, program).stages

    assert (know.done, know.needed, show.done, show.needed, show.percent) == (1, 1, 0, 0, 100)


def test_what_fades_says_what_keeps_it(learner):
    first, upkeep = CourseFactory(title="Planning"), CourseFactory(title="What is new")
    group = {"title": "All", "rule": "all_of", "count": None}
    program, _ = author_program(
        slug="kept", values={"title": "Kept"}, validity_months=12,
        groups=[group | {"requirements": [asks_for(first)]}], renewal=[group | {"requirements": [asks_for(upkeep)]}],
    )  # fmt: skip
    publish_program(program=program, by=None)
    prove(learner, first, performed_on=date.today() - timedelta(days=300))

    shown = way(learner, program)

    assert shown.standing.state == "fading"
    assert shown.next_step.title == "Go on with the course: What is new"
    assert shown.next_step.note.startswith("to keep it beyond ")
