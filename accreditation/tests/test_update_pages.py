"""The pages of an update: what a learner sees in each state, who gets where, and what never leaks."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accreditation.actions.reassessing import reassess_all
from accreditation.actions.updates import withdraw_update
from accreditation.models import Update
from accreditation.tests.update_worlds import TODAY, World, answer
from courses.actions.progress import reread_lesson
from courses.models import LessonReread
from courses.tests.factories import LessonFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def shown(client, world, person):
    client.force_login(person)
    return client.get(world.update.get_absolute_url()).content.decode()


def lesson_page(world, name="update-lesson"):
    item = world.part("course").items.get(lesson=world.changed)
    return reverse(name, args=[world.program.slug, world.update.number, item.pk])


def test_it_shows_what_changed_and_only_that(client):
    world = World()
    world.publish(summary="Stages have **new names**.")

    text = shown(client, world, world.holder)

    assert "Read 1 lesson and answer 2 questions by" in text and "30 days left." in text
    assert "<strong>new names</strong>" in text and "Sales handbook:</strong> Change 2." in text
    assert "The new stages" in text and world.stale.title not in text
    assert "2 questions changed" in text and world.part("exam").exam_asked.get_absolute_url() in text


def test_no_key_and_no_question_stands_on_the_page(client):
    world = World()
    world.publish()

    text = shown(client, world, world.holder)

    assert "n0?" not in text and "Secret reason." not in text


def test_a_lesson_is_opened_and_confirmed(client):
    world = World()
    world.publish()
    client.force_login(world.holder)

    page = client.get(lesson_page(world)).content.decode()
    assert "What changed" in page and "Change 2." in page and "I have read it as it is now" in page
    answer_ = client.post(lesson_page(world, "update-lesson-done"))

    assert answer_.url == world.update.get_absolute_url()
    assert LessonReread.objects.get().learner == world.holder
    assert "Answer 2 questions by" in shown(client, world, world.holder)
    assert "I have read it" not in client.get(lesson_page(world)).content.decode()


def test_a_lost_try_says_when_the_next_one_opens(client):
    world = World()
    world.publish()
    lost = answer(world.part("exam").exam_asked, world.holder, right=0)

    text = shown(client, world, world.holder)

    assert lost.result_url in text and "Secret reason." not in client.get(lost.result_url).content.decode()
    assert "You may try the exam again tomorrow" in text and "Answer the questions" not in text


def test_when_everything_is_done_it_says_so(client):
    world = World(exam=False)
    world.publish()
    reread_lesson(lesson=world.changed, by=world.holder)

    assert "You have caught up" in shown(client, world, world.holder)


def test_after_its_day_it_says_how_it_comes_back(client):
    world = World(exam=False)
    world.publish(changed_on=TODAY - timedelta(days=60))
    Update.objects.update(due_on=TODAY - timedelta(days=1))
    row = type(world.program).objects.get(pk=world.program.pk).asked_updates
    row.rules = [one | {"due_on": str(TODAY - timedelta(days=1))} for one in row.rules]
    row.save()
    reassess_all(program=world.program)

    text = shown(client, world, world.holder)

    assert "Your accreditation ended then. Read 1 lesson, and it holds again." in text


@pytest.mark.parametrize("who", ["fresh", "begun", "stranger"])
def test_whoever_is_not_asked_reads_that(client, who):
    world = World()
    world.publish()

    text = shown(client, world, getattr(world, who, None) or make_person())

    assert "You are not asked for this" in text and "Answer the questions" not in text


def test_a_withdrawn_one_says_why(client):
    world = World()
    world.publish()
    withdraw_update(update=world.update, reason="It was a mistake.", by=world.by)

    assert "It was a mistake. You need to do nothing." in shown(client, world, world.holder)
    assert "I have read it" not in client.get(lesson_page(world)).content.decode()


def test_a_draft_and_what_is_no_part_of_it_are_not_found(client):
    world = World()
    draft = world.open()
    client.force_login(world.holder)
    assert client.get(draft.get_absolute_url()).status_code == 404

    world.publish(title="Other")
    item = world.part("course").items.get()
    item.is_left_out = True
    item.save()
    assert client.get(lesson_page(world)).status_code == 404
    assert client.post(lesson_page(world, "update-lesson-done")).status_code == 404


def test_what_one_reads_is_ones_own(client):
    world = World(exam=False)
    world.publish()
    other = make_person()
    client.force_login(other)

    client.post(lesson_page(world, "update-lesson-done"))

    assert LessonReread.objects.get().learner == other
    assert "Read 1 lesson by" in shown(client, world, world.holder)


def test_lessons_of_a_withdrawn_course_are_not_shown(client):
    world = World(exam=False)
    world.publish()
    type(world.course).objects.update(state="withdrawn")
    client.force_login(world.holder)

    assert client.get(lesson_page(world)).status_code == 404


def test_home_program_and_sheet_lead_to_it(client):
    world = World()
    world.publish()
    client.force_login(world.holder)

    for address in (reverse("home"), world.program.get_absolute_url(), reverse("own-sheet")):
        assert world.update.get_absolute_url() in client.get(address).content.decode(), address
    assert "Catch up: New stages" in client.get(reverse("home")).content.decode()
    client.force_login(world.fresh)
    assert world.update.get_absolute_url() not in client.get(reverse("home")).content.decode()


def test_the_sheet_tells_what_was_caught_up_with_and_proves_no_more_by_it(client):
    world = World()
    world.publish()
    reread_lesson(lesson=world.changed, by=world.holder)
    answer(world.part("exam").exam_asked, world.holder)
    client.force_login(world.holder)

    text = client.get(reverse("own-sheet")).content.decode()

    assert "caught up with a change" in text.lower()


def test_its_exam_is_locked_for_others_before_they_press(client):
    world = World()
    world.publish()
    client.force_login(world.fresh)

    page = client.get(world.part("exam").exam_asked.get_absolute_url()).content.decode()

    assert "You are not asked for these questions" in page


@pytest.fixture
def staff(client):
    world = World()
    client.force_login(world.by)
    client.world = world
    return client


def admin_page(name, *args):
    return reverse(f"admin:accreditation_update_{name}", args=args)


def test_it_is_opened_thinned_out_and_published_in_the_administration(staff):
    world = staff.world
    said = {"program": world.program.pk, "revisions": [world.new.pk], "title": "New stages", "summary": "",
            "changed_on": TODAY, "days_to_do": 14}  # fmt: skip
    opened = staff.post(admin_page("add"), said)
    update = Update.objects.get()
    assert opened.url == admin_page("change", update.pk)
    page = staff.get(opened.url).content.decode()
    assert "Stages, lesson The new stages (Sales handbook, revision 2)" in page
    assert "1 more of this program still point at an older revision" in page

    kept = [one.pk for part in update.parts.all() for one in part.items.all() if one.lesson_id]
    staff.post(opened.url, {"title": "Stages", "summary": "", "changed_on": TODAY, "days_to_do": 10, "asked": kept})
    world.preview(update)
    assert "1 are asked and told" in staff.get(opened.url).content.decode()
    staff.post(admin_page("deed", update.pk, "publish"))

    update.refresh_from_db()
    assert (update.state, update.title, update.due_on) == ("published", "Stages", TODAY + timedelta(days=10))
    assert "left out" in staff.get(opened.url).content.decode()


def test_what_refuses_it_stands_at_its_field(staff):
    world = staff.world
    said = {"program": world.program.pk, "title": "x", "changed_on": TODAY, "days_to_do": 14}

    answer_ = staff.post(admin_page("add"), said | {"revisions": [world.new.pk]})
    assert answer_.status_code == 302
    other = LessonFactory().source_revision
    assert other is None
    world.changed.source_revision = None
    world.changed.save()
    for question in world.questions:
        type(question).objects.filter(pk=question.pk).update(practice_only=True)
    text = staff.post(admin_page("add"), said | {"revisions": [world.new.pk]}).content.decode()

    assert "Nothing that this program asks for was checked against these revisions yet" in text


def test_it_is_withdrawn_with_a_reason(staff):
    world = staff.world
    world.publish()

    staff.post(admin_page("withdraw", world.update.pk), {"reason": "Taken back."})

    world.update.refresh_from_db()
    assert (world.update.state, world.update.withdrawn_by) == ("withdrawn", world.by)


def test_the_people_are_a_file(staff):
    world = staff.world
    world.publish()
    type(world.holder).objects.filter(pk=world.holder.pk).update(name="=1+1")

    text = b"".join(staff.get(admin_page("csv", world.update.pk)).streaming_content).decode()

    assert "'=1+1" in text and text.count(",yes") == 1 and text.count(",no") == 1


@pytest.mark.parametrize("group", [None, "grader", "review lead", "partner manager"])
def test_nobody_else_prepares_updates(client, group):
    world = World()
    world.publish()
    client.force_login(make_person(groups=[group] if group else [], is_staff=group in ("grader", "review lead")))
    pk = world.update.pk

    for url in (admin_page("changelist"), admin_page("change", pk), admin_page("add"), admin_page("csv", pk)):
        assert client.get(url).status_code in (302, 403, 404)
    assert client.post(admin_page("withdraw", pk), {"reason": "x"}).status_code in (302, 403, 404)
    world.update.refresh_from_db()
    assert world.update.state == "published"
