"""What the periodic sweeps find and finish. One bad row never stops the others."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accreditation import tasks
from accreditation.actions import sweeps
from accreditation.actions.programs import author_program, enrol
from accreditation.actions.sweeps import sweep_awards, sweep_notices, sweep_reminders, sweep_standings
from accreditation.models import Accreditation, Notice, Reassessment
from accreditation.tests.earning import earned
from accreditation.tests.factories import (
    AccreditationFactory,
    EnrolmentFactory,
    NoticeFactory,
    OrganisationFactory,
    ReassessmentFactory,
    asks_for,
    make_enablement,
    make_program,
)
from assessments.tests.factories_practicals import make_grader, make_task
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 20)
NOON = timezone.make_aware(timezone.datetime(2026, 5, 20, 12))


def spoil(monkeypatch, name, bad):
    """Let the deed of a sweep fail for one row."""
    deed = getattr(sweeps, name)

    def picky(**arguments):
        if bad in arguments.values():
            raise ValueError("this row is poisoned")
        return deed(**arguments)

    monkeypatch.setattr(sweeps, name, picky)


def test_one_bad_reassessment_stops_no_other(monkeypatch, caplog):
    rows = ReassessmentFactory.create_batch(3)
    spoil(monkeypatch, "settle_reassessment", rows[0].pk)

    assert sweep_standings() == 2
    assert list(Reassessment.objects.filter(done_at=None)) == [rows[0]]
    assert "this row is poisoned" in caplog.text


def test_one_bad_award_stops_no_other(monkeypatch, caplog):
    rows = [earned() for _ in range(3)]
    spoil(monkeypatch, "issue_award", rows[1].pk)

    assert sweep_awards() == 2
    assert Accreditation.objects.filter(credential=None).get() == rows[1]
    assert "this row is poisoned" in caplog.text


def test_one_bad_mail_stops_no_other(monkeypatch, caplog):
    rows = NoticeFactory.create_batch(3, mail=True)
    spoil(monkeypatch, "deliver_notice", rows[2].pk)

    assert sweep_notices() == 2
    assert len(mail.outbox) == 2
    assert "this row is poisoned" in caplog.text


def test_a_reassessment_that_failed_comes_after_the_others():
    waiting = ReassessmentFactory(due_at=timezone.now() + timedelta(minutes=5))

    assert sweep_standings() == 0
    waiting.refresh_from_db()
    assert waiting.done_at is None


@pytest.mark.parametrize(
    ("state", "days", "asked"),
    [
        ("accredited", 89, True),
        ("accredited", 90, False),
        ("accredited", -1, True),
        ("fading", 30, False),
        ("fading", 0, False),
        ("fading", -1, True),
        ("lapsed", -1, False),
    ],
)
def test_what_ran_out_overnight_is_computed_again(state, days, asked):
    now = timezone.now()
    AccreditationFactory(state=state, valid_until=now.date() + timedelta(days=days))

    sweep_standings(now=now)

    assert Reassessment.objects.exists() is asked


def test_a_badge_that_fades_says_so_the_next_morning():
    row = earned()
    later = timezone.now() + timedelta(days=300)
    Accreditation.objects.filter(pk=row.pk).update(valid_until=later.date() + timedelta(days=60))

    sweep_standings(now=later)

    assert Reassessment.objects.filter(learner=row.learner).exclude(done_at=None).exists()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (14, "due in 14 days"),
        (7, "due in 7 days"),
        (1, "due in 1 day"),
        (0, "due today"),
        (-1, "is overdue"),
        (13, None),
        (-2, None),
        (15, None),
    ],
)
def test_a_due_date_is_recalled_on_certain_days(days, words):
    row = EnrolmentFactory(due_on=TODAY + timedelta(days=days))

    assert sweep_reminders(now=NOON) == (words is not None)

    titles = Notice.objects.filter(recipient=row.learner).values_list("title", flat=True)
    assert [words in title for title in titles] == ([True] if words else [])


def test_a_reminder_is_told_once_a_day_and_date():
    row = EnrolmentFactory(due_on=TODAY)

    for _ in range(3):
        sweep_reminders(now=NOON)

    assert Notice.objects.filter(recipient=row.learner).count() == 1


@pytest.mark.parametrize("why", ["withdrawn", "suspended", "accredited"])
def test_whoever_has_nothing_to_do_is_not_reminded(why):
    row = EnrolmentFactory(
        due_on=TODAY,
        learner=make_person(is_active=why != "suspended"),
        withdrawn_at=NOON if why == "withdrawn" else None,
    )
    if why == "accredited":
        AccreditationFactory(learner=row.learner, program=row.program)

    assert sweep_reminders(now=NOON) == 0


@pytest.mark.parametrize(("days", "told"), [(90, True), (30, True), (7, True), (1, True), (2, False), (0, True)])
def test_the_end_of_an_accreditation_is_foretold(days, told):
    row = AccreditationFactory(valid_until=TODAY + timedelta(days=days))

    sweep_reminders(now=NOON)

    assert Notice.objects.filter(recipient=row.learner, kind="fading").exists() is told


def test_the_manager_hears_it_too_and_the_holder_what_to_do():
    manager = make_person()
    course = CourseFactory(lessons=1)
    program = make_program(course)
    row = AccreditationFactory(
        learner=make_person(name="Lea", manager=manager), program=program, version=program.current_version,
        valid_until=TODAY + timedelta(days=7),
    )  # fmt: skip

    sweep_reminders(now=NOON)
    sweep_reminders(now=NOON)

    own = Notice.objects.get(recipient=row.learner, kind="fading")
    assert f"Complete the course “{course.title}”" in own.text
    assert Notice.objects.get(recipient=manager).title == f"Lea: {program} runs out in 7 days"


def test_a_manager_of_another_organisation_hears_nothing():
    manager = make_person(organisation=OrganisationFactory())
    AccreditationFactory(learner=make_person(manager=manager), valid_until=TODAY + timedelta(days=7))

    sweep_reminders(now=NOON)

    assert not Notice.objects.filter(recipient=manager).exists()


def with_times(**times):
    """A program whose rules say these days, and the version that says so."""
    course = CourseFactory(lessons=1)
    whole = {"title": "Proofs", "rule": "all_of", "count": None, "requirements": [asks_for(course)]}
    program = make_program(course)
    program, _ = author_program(slug=program.slug, values={}, validity_months=12, groups=[whole], **times)
    return {"program": program, "version": program.current_version}


def test_the_day_after_its_end_says_until_when_the_renewal_is_open():
    row = AccreditationFactory(state="lapsed", valid_until=TODAY - timedelta(days=1), **with_times(grace_days=30))

    sweep_reminders(now=NOON)

    notice = Notice.objects.get(recipient=row.learner)
    assert notice.title.endswith("ran out")
    assert f"The renewal is open until {TODAY + timedelta(days=29):%-d %B %Y}." in notice.text


def test_a_shorter_window_is_told_when_it_opens():
    AccreditationFactory(valid_until=TODAY + timedelta(days=90), **with_times(renewal_window_days=60))

    assert sweep_reminders(now=NOON) == 0
    assert sweep_reminders(now=NOON + timedelta(days=30)) == 1


def test_graders_are_told_once_a_day_that_work_waits():
    grader = make_grader()
    make_person()
    task = make_task()
    now = task.due_at - timedelta(hours=47)

    sweep_reminders(now=now)
    sweep_reminders(now=now)

    (notice,) = Notice.objects.filter(kind="review_due")
    assert (notice.recipient, notice.title) == (grader, "1 recording waits for a grader")


def test_without_work_that_is_due_soon_no_grader_is_told():
    make_grader()
    task = make_task()

    sweep_reminders(now=task.due_at - timedelta(hours=49))

    assert not Notice.objects.filter(kind="review_due").exists()


def test_two_waiting_recordings_are_named_as_two():
    make_grader()
    due = [make_task().due_at for _ in range(2)]

    sweep_reminders(now=max(due))

    assert Notice.objects.filter(title="2 recordings wait for a grader").exists()


def test_somebody_else_s_enrolment_is_news_with_its_date():
    learner, program = make_person(), make_program(title="Seller", summary="Sells.")

    enrol(learner=learner, program=program, by=make_enablement(), due_on=TODAY)

    notice = Notice.objects.get(recipient=learner)
    assert (notice.title, notice.text) == ("You are on Seller", "Sells. It is due 20 May 2026.")


@pytest.mark.parametrize(
    ("task", "row"),
    [
        (tasks.reassess_learner, lambda: ReassessmentFactory().pk),
        (tasks.issue_award, lambda: earned().pk),
        (tasks.deliver_notice, lambda: NoticeFactory(mail=True).pk),
    ],
)
def test_a_task_does_its_row_and_may_run_twice(task, row):
    pk = row()

    task(pk)
    task(pk)

    assert not Reassessment.objects.filter(pk=pk, done_at=None).exists() or task is not tasks.reassess_learner
    assert len(mail.outbox) == (task is tasks.deliver_notice)


@pytest.mark.parametrize(
    "task", [tasks.sweep_standings, tasks.sweep_awards, tasks.sweep_notices, tasks.sweep_reminders]
)
def test_a_sweep_with_nothing_to_do_does_nothing(task):
    task()

    assert mail.outbox == []
