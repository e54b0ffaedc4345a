"""Remarks: told, answered, merged, made public and forgotten; ratings of courses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.actions.feedback import (
    answer_feedback,
    forget_old,
    forget_words,
    mark_duplicate,
    own_feedback,
    publish_feedback,
    rate_course,
    read_rating,
    tag_feedback,
    tell_us,
    want_no_more,
    want_too,
)
from courses.lib.refusals import Refused
from courses.models import CourseRating, Feedback, FeedbackStep
from courses.rules.feedback import (
    KEPT_FOR,
    REMARKS_PER_HOUR,
    REPLY_WITHIN,
    About,
    asked_by_others,
    board_figures,
    rating_of_course,
    said_and_done,
    why_not_answer,
    why_not_tell,
)
from courses.signals import feedback_stepped
from courses.tests.at_once import at_once
from courses.tests.factories import CompletionFactory, CourseFactory, RemarkFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps():
    heard = []

    def hear(feedback, step, **_):
        heard.append((feedback.pk, step.what, step.answer))

    feedback_stepped.connect(hear)
    yield heard
    feedback_stepped.disconnect(hear)


@pytest.fixture
def staff():
    return make_person(groups=["enablement"], is_staff=True)


def refused(deed):
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value.refusal.code


def say(by, text="An example.", **facts):
    return tell_us(kind="idea", text=text, about=About(**facts), by=by)


def test_a_remark_is_kept_with_a_promise_and_its_first_step():
    learner = make_person()

    remark = say(learner, " An example. \n", page="/p/" + "x" * 400, title="A page")

    assert (remark.author, remark.text, remark.state, remark.page_title) == (learner, "An example.", "open", "A page")
    assert len(remark.page) == 300
    assert timedelta(0) <= remark.promised_at - remark.created_at - REPLY_WITHIN + timedelta(seconds=5)
    assert remark.steps.get().by == learner


def test_twenty_remarks_an_hour_are_enough():
    learner, now = make_person(), timezone.now()
    RemarkFactory.create_batch(REMARKS_PER_HOUR - 1, author=learner)
    RemarkFactory()
    assert why_not_tell(learner, now) is None

    last = RemarkFactory(author=learner)

    assert why_not_tell(learner, now).code == "too-many-remarks"
    assert why_not_tell(learner, last.created_at + timedelta(hours=1, seconds=1)) is None
    assert refused(lambda: say(learner, "One more")) == "too-many-remarks"


def test_the_same_words_about_the_same_page_are_said_once_a_day():
    learner = make_person()
    row = say(learner, page="/a/")

    assert refused(lambda: say(learner, " An example. ", page="/a/")) == "told-already"
    say(learner, page="/b/")
    Feedback.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=2))
    say(learner, page="/a/")


@pytest.mark.django_db(transaction=True)
def test_of_many_remarks_at_the_same_moment_no_more_than_the_limit_are_kept():
    learner = make_person()
    RemarkFactory.create_batch(REMARKS_PER_HOUR - 1, author=learner)

    results = at_once([lambda n=n: say(learner, f"No. {n}") for n in range(5)])

    assert results.count("too-many-remarks") == 4
    assert Feedback.objects.filter(author=learner).count() == REMARKS_PER_HOUR


def test_an_answer_looks_at_a_new_remark_and_is_told_once(steps, staff):
    remark = RemarkFactory()

    answered = answer_feedback(feedback=remark, answer=" A runner runs jobs. ", by=staff)

    assert (answered.state, answered.answer, answered.answered_by) == ("looked_at", "A runner runs jobs.", staff)
    assert answered.first_reply_at
    assert steps == [(remark.pk, "state", "A runner runs jobs.")]


def test_looking_at_it_is_no_reply_and_planning_is(staff):
    remark = RemarkFactory()

    assert answer_feedback(feedback=remark, state="looked_at", by=staff).first_reply_at is None
    assert answer_feedback(feedback=remark, state="planned", by=staff).first_reply_at


@pytest.mark.parametrize(
    ("state", "to", "answer", "code"),
    [
        ("open", "open", "Yes.", None),
        ("done", "done", "No, this.", None),
        ("open", "open", "  ", "empty-answer"),
        ("open", "declined", "  ", "empty-answer"),
        ("open", "declined", "Too costly.", None),
        ("open", "done", "", None),
        ("done", "planned", "", None),
        ("done", "looked_at", "", "wrong-state"),
        ("duplicate", "duplicate", "Yes.", "wrong-state"),
        ("duplicate", "done", "Yes.", "wrong-state"),
    ],
)
def test_which_steps_there_are(state, to, answer, code):
    refusal = why_not_answer(Feedback(state=state), state=to, answer=answer)

    assert (refusal and refusal.code) == code


def test_whoever_may_not_answer_does_nothing(steps):
    remark, other, anybody = RemarkFactory(), RemarkFactory(), make_person()
    deeds = [
        lambda: answer_feedback(feedback=remark, answer="Yes.", by=anybody),
        lambda: mark_duplicate(feedback=remark, of=other, by=anybody),
        lambda: own_feedback(feedback=remark, owner=anybody, by=anybody),
        lambda: tag_feedback(feedback=remark, tags="a", by=anybody),
        lambda: publish_feedback(feedback=remark, shown_to="everybody", title="T", sentence="", by=anybody),
    ]

    assert {refused(deed) for deed in deeds} == {"not-allowed"}
    assert steps == []


def test_a_duplicate_leads_to_the_main_one_and_takes_its_own_along(staff):
    first, second, main = RemarkFactory(), RemarkFactory(), RemarkFactory()
    mark_duplicate(feedback=first, of=second, by=staff)

    mark_duplicate(feedback=second, of=main, by=staff)

    assert set(main.duplicates.all()) == {first, second}
    assert refused(lambda: mark_duplicate(feedback=main, of=second, by=staff)) == "wrong-state"
    assert refused(lambda: mark_duplicate(feedback=main, of=main, by=staff)) == "own"


@pytest.mark.django_db(transaction=True)
def test_two_remarks_never_become_duplicates_of_each_other():
    staff = make_person(groups=["enablement"], is_staff=True)
    one, two = RemarkFactory(), RemarkFactory()
    one_of = lambda: mark_duplicate(feedback=one, of=two, by=staff)  # noqa: E731
    two_of = lambda: mark_duplicate(feedback=two, of=one, by=staff)  # noqa: E731

    results = at_once([one_of, two_of])

    assert results.count("wrong-state") == 1
    assert Feedback.objects.filter(state="duplicate").count() == 1


def test_an_owner_may_answer(staff):
    remark = RemarkFactory()

    assert own_feedback(feedback=remark, owner=staff, by=staff).owner == staff
    assert own_feedback(feedback=remark, owner=None, by=staff).owner is None
    assert refused(lambda: own_feedback(feedback=remark, owner=make_person(), by=staff)) == "not-theirs"


def test_tags_are_words_once_each(staff):
    assert (
        tag_feedback(feedback=RemarkFactory(), tags=" Quiz,quiz ,  long   text,,", by=staff).tags == "quiz, long text"
    )


def test_a_public_line_has_a_title_and_is_wanted_by_others_once(staff):
    remark, other = RemarkFactory(), make_person()
    assert refused(lambda: publish_feedback(feedback=remark, shown_to="people", title=" ", sentence="", by=staff)) == (
        "no-title"
    )
    publish_feedback(feedback=remark, shown_to="people", title="Runners explained", sentence="", by=staff)

    want_too(feedback=remark, by=other)
    want_too(feedback=remark, by=other)

    (row,) = asked_by_others(other)
    assert (row.voices, row.is_wanted) == (2, True)
    assert not asked_by_others(remark.author).exists()
    assert refused(lambda: want_too(feedback=remark, by=remark.author)) == "own"
    want_no_more(feedback=remark, by=other)
    assert not remark.votes.exists()


def test_what_is_settled_needs_no_more_voices(staff):
    remark = RemarkFactory()
    answer_feedback(feedback=remark, state="done", by=staff)

    assert refused(lambda: want_too(feedback=remark, by=make_person())) == "wrong-state"


def test_you_said_we_did_lists_done_lines_by_reader(staff):
    rows = RemarkFactory.create_batch(4)
    for row, shown_to in zip(rows, ("everybody", "people", "nobody", "everybody"), strict=True):
        publish_feedback(feedback=row, shown_to=shown_to, title="Runners", sentence="Explained.", by=staff)
    for row in rows[:3]:
        answer_feedback(feedback=row, state="done", by=staff)

    assert set(said_and_done(is_signed_in=False)) == {rows[0]}
    assert set(said_and_done(is_signed_in=True)) == set(rows[:2])


def test_the_board_in_figures(staff):
    now = timezone.now()
    quick, slow, late = (say(make_person(), f"No. {n}") for n in range(3))
    for row, days in ((quick, 2), (slow, 8)):
        answer_feedback(feedback=row, answer="Yes.", by=staff)
        Feedback.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=10))
        Feedback.objects.filter(pk=row.pk).update(
            first_reply_at=now - timedelta(days=10 - days), promised_at=now - timedelta(days=5)
        )
    Feedback.objects.filter(pk=late.pk).update(promised_at=now - timedelta(hours=1))

    figures = board_figures(now)

    assert (figures.open, figures.late, figures.median_days, figures.promised, figures.kept) == (3, 1, 5.0, 3, 1)


def test_an_empty_board_has_no_median():
    assert board_figures(timezone.now()).median_days is None


def test_words_of_what_was_settled_long_ago_are_deleted_and_the_answer_stays(staff):
    old, young = RemarkFactory(), RemarkFactory()
    for row in (old, young):
        answer_feedback(feedback=row, state="done", answer="Yes.", by=staff)
    now = timezone.now()
    Feedback.objects.filter(pk=old.pk).update(settled_at=now - KEPT_FOR - timedelta(days=1))

    assert (forget_old(now=now), forget_old(now=now)) == (1, 0)

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.text, old.page, old.answer, young.text) == ("", "", "Yes.", "What is a runner?")


def test_who_is_forgotten_said_nothing():
    learner = make_person()
    remark, wanted = RemarkFactory(author=learner), RemarkFactory()
    wanted.votes.create(person=learner)
    rate_course(completion=CompletionFactory(learner=learner), stars=1, text="Dull", by=learner)

    forget_words(author_id=learner.pk)

    remark.refresh_from_db()
    assert (remark.text, wanted.votes.count(), CourseRating.objects.get().text) == ("", 0, "")


@pytest.mark.parametrize("deed", [lambda rows: rows.update(after="x"), lambda rows: rows.delete()])
def test_the_trail_is_only_appended_to(deed):
    say(make_person())

    with pytest.raises(IntegrityError), transaction.atomic():
        deed(FeedbackStep.objects.all())


def test_a_rating_is_changed_until_it_was_read(staff):
    done = CompletionFactory()
    rate_course(completion=done, stars=2, text=" Dull ", by=done.learner)
    rating = rate_course(completion=done, stars=4, text="Better", by=done.learner)
    assert (rating.stars, rating.text, CourseRating.objects.count()) == (4, "Better", 1)

    read_rating(rating=rating, by=staff)

    assert refused(lambda: rate_course(completion=done, stars=1, text="", by=done.learner)) == "read-already"
    assert refused(lambda: read_rating(rating=rating, by=make_person())) == "not-allowed"


def test_the_mean_of_a_course_is_told_from_five_on():
    course = CourseFactory()
    for stars in (1, 2, 3, 4):
        done = CompletionFactory(course=course)
        rate_course(completion=done, stars=stars, text="", by=done.learner)
    assert rating_of_course(course.pk) is None

    done = CompletionFactory(course=course)
    rate_course(completion=done, stars=5, text="", by=done.learner)

    assert rating_of_course(course.pk) == (5, 3.0)
