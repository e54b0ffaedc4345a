"""Updates from opening to catching up: what is proposed, who is asked, what proves it, and taking it back."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.actions.ledger import settle_differences
from accreditation.actions.proposals import propose_rules, publish_proposal, settle_preview
from accreditation.actions.reassessing import reassess_all
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_reminders, sweep_standings
from accreditation.actions.updates import (
    change_update,
    open_update,
    publish_update,
    settle_update_preview,
    withdraw_update,
)
from accreditation.models import Evidence, Notice, Proposal, Update, UpdateReading
from accreditation.rules.ledger import ATTEMPTS, READINGS, differences
from accreditation.rules.programs import rules_of, standings, with_rules
from accreditation.tests.factories import EvidenceFactory, make_program
from accreditation.tests.test_proposals import TIMES, whole
from accreditation.tests.update_worlds import TODAY, World, answer
from assessments.actions.interventions import void_attempt
from assessments.actions.rubrics import author_rubric
from assessments.models import Exam
from assessments.tests.factories_practicals import PracticalFactory
from assessments.tests.rubric_texts import rubric_text
from courses.actions.progress import reread_lesson
from courses.actions.sources import note_revision
from courses.lib.refusals import Refused
from courses.tests.factories import LessonFactory, SourceFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
DUE = TODAY + timedelta(days=30)


def code(deed):
    with pytest.raises(Refused) as refused:
        deed()
    return refused.value.refusal.code


def today(world, learner, days=0):
    program = with_rules(type(world.program).objects.all()).get(pk=world.program.pk)
    return standings(learner, [program], timezone.now() + timedelta(days=days))[program.pk]


def test_what_was_moved_to_the_new_revision_is_proposed_and_nothing_else():
    world = World()
    LessonFactory(source_revision=world.new)  # of another course

    update = world.open()

    items = {part.kind: [str(one) for one in part.items.all()] for part in update.parts.all()}
    assert items == {"course": ["The new stages"], "exam": ["n0", "n1"]}
    assert (update.state, update.number, update.opened_by) == ("draft", 1, world.by)


def test_criteria_of_practicals_are_proposed_too():
    world, practical = World(exam=False), PracticalFactory()
    text = rubric_text(slug="other")
    text["criteria"][0]["source"] = world.new
    practical.rubric_version = author_rubric(**text)
    practical.save()
    program = make_program(practical)

    update = open_update(program=program, revisions=[world.new], title="x", changed_on=TODAY, by=world.by)

    assert [(one.kind, one.items.count()) for one in update.parts.all()] == [("practical", 1)]


def test_an_update_needs_a_material_change_that_content_was_moved_to():
    world = World()
    later = note_revision(source=world.source, noted_on=TODAY, changes="x", is_material=True, by=None)

    assert code(lambda: world.open(revisions=[world.old])) == "not-material"
    assert code(lambda: world.open(revisions=[])) == "not-material"
    assert code(lambda: world.open(revisions=[later])) == "nothing-changed"
    assert code(lambda: world.open(revisions=[SourceFactory(revisions=1).revisions.get(number=2)])) == "nothing-changed"


def test_the_preview_counts_who_is_asked_and_who_proved_it_since():
    world = World()

    update = world.preview(world.open())

    assert update.counts == {"asked": 1, "ends_before": 0, "not_asked": 1}
    assert today(world, world.holder).state == "accredited"


def test_what_is_left_out_is_not_asked_for():
    world = World()
    update = world.preview(world.open())
    questions = update.parts.get(kind="exam").items.values_list("pk", flat=True)

    change_update(update=update, left_out=questions, by=world.by, title="Only the stages")
    assert code(lambda: publish_update(update=update, by=world.by)) == "not-previewed"
    world.update = publish_update(update=world.preview(update), by=world.by)

    assert today(world, world.holder).update.deed == "read 1 lesson"
    assert not Exam.objects.filter(for_asked_only=True).exists()


def test_an_update_that_asks_nothing_is_not_published():
    world = World()
    update = world.open()
    everything = [item.pk for part in update.parts.all() for item in part.items.all()]
    change_update(update=update, left_out=everything, by=world.by)

    assert code(lambda: publish_update(update=world.preview(update), by=world.by)) == "nothing-asked"


def test_published_it_has_a_day_and_everybody_is_computed_again():
    world = World()

    update = world.publish()

    assert (update.due_on, update.published_by, update.state) == (DUE, world.by, "published")
    row = world.row(world.holder)
    assert (row.state, row.valid_until) == ("fading", DUE)
    assert world.row(world.fresh).state == "accredited"
    assert today(world, world.begun).state == "in_progress"
    assert code(lambda: publish_update(update=update, by=world.by)) == "done"


def test_its_exam_asks_exactly_what_changed_and_wants_all_of_it():
    world = World()
    world.publish()
    exam = world.part("exam").exam_asked

    attempt = answer(exam, world.holder, right=1)

    assert {one.question for one in attempt.items.all()} == set(world.questions)
    assert (exam.current_version.pass_percent, attempt.current_run.passed) == (100, False)
    assert exam.current_version.waits_hours == world.exam.current_version.waits_hours
    assert not Evidence.objects.filter(kind="update").exists()
    assert code(lambda: answer(exam, world.holder)) == "too-soon"


def test_caught_up_with_every_part_it_holds_as_before():
    world = World()
    world.publish()

    reread_lesson(lesson=world.changed, by=world.holder)
    answer(world.part("exam").exam_asked, world.holder)
    reassess(learner=world.holder)

    rows = Evidence.objects.filter(learner=world.holder, kind="update").order_by("pk")
    assert [one.update_part for one in rows] == [world.part("course"), world.part("exam")]
    row = world.row(world.holder)
    assert (row.state, row.valid_until > DUE, len(row.cycles)) == ("accredited", True, 1)


def test_after_its_day_it_lapses_and_catching_up_brings_it_back():
    world = World()
    world.publish()
    late = timezone.now() + timedelta(days=31)

    reassess(learner=world.holder, now=late)
    assert world.row(world.holder).state == "lapsed"
    for kind in ("course", "exam"):
        day = TODAY + timedelta(days=31)
        EvidenceFactory(learner=world.holder, kind="update", update_part=world.part(kind), performed_on=day)
    reassess(learner=world.holder, now=late)

    row = world.row(world.holder)
    assert row.state == "accredited"
    assert [one[0] for one in row.cycles] == [TODAY - timedelta(days=100), TODAY + timedelta(days=31)]


def test_only_who_is_asked_may_sit_its_exam():
    world = World()
    world.publish()
    exam = world.part("exam").exam_asked

    assert code(lambda: answer(exam, world.fresh)) == "not-asked"
    assert code(lambda: answer(exam, make_person())) == "not-asked"


def test_a_program_as_a_whole_says_the_same_as_one_by_one():
    world = World()
    world.publish()
    reread_lesson(lesson=world.changed, by=world.holder)
    rows = {one.pk: world.row(one).valid_until for one in (world.holder, world.fresh)}

    for learner in (world.holder, world.fresh):
        assert reassess(learner=learner) == []
        assert world.row(learner).valid_until == rows[learner.pk]
    assert reassess_all(program=world.program).changed == 0


def test_updates_cost_no_statement_more():
    world = World()
    with CaptureQueriesContext(connection) as before:
        today(world, world.holder)
    world.publish()
    with CaptureQueriesContext(connection) as after:
        today(world, world.holder)

    assert len(before) == len(after) <= 5


def test_two_programs_that_share_a_course_ask_each_for_itself_and_one_reading_does_for_both():
    one = World(exam=False)
    two = make_program(one.course, slug="second", title="Second")
    reassess_all(program=two)
    one.publish()
    other = open_update(program=two, revisions=[one.new], title="Stages", changed_on=TODAY, by=one.by)
    settle_update_preview(update_id=other.pk)

    assert one.row(one.holder).state == "fading"
    assert one.holder.accreditations.get(program=two).state == "accredited"
    reread_lesson(lesson=one.changed, by=one.holder)
    publish_update(update=Update.objects.get(pk=other.pk), by=one.by)
    reassess_all(program=two)
    reassess(learner=one.holder)

    assert UpdateReading.objects.count() == 2
    assert {row.state for row in one.holder.accreditations.all()} == {"accredited"}


def test_every_lesson_has_to_be_read():
    world = World(exam=False)
    second = LessonFactory(course=world.course, source_revision=world.new)
    world.publish()

    reread_lesson(lesson=world.changed, by=world.holder)
    reread_lesson(lesson=world.changed, by=world.holder)
    assert not UpdateReading.objects.exists()
    reread_lesson(lesson=second, by=world.holder)

    assert UpdateReading.objects.get().read_on == TODAY


def test_it_is_told_once_and_reminded_by_the_ladder_of_what_ends():
    world = World()
    boss = make_person()
    type(boss).objects.filter(pk=world.holder.pk).update(manager=boss)
    world.publish()

    for _ in range(2):
        sweep_standings()
    sweep_reminders(now=timezone.now() + timedelta(days=23))

    told = Notice.objects.filter(key=f"update:{world.update.pk}")
    assert [one.recipient for one in told] == [world.holder]
    assert "Read 1 lesson and answer 2 questions" in told.get().text
    reminder = Notice.objects.get(recipient=world.holder, kind="fading")
    assert "Catch up with “New stages”" in reminder.text
    assert Notice.objects.filter(recipient=boss, kind="fading").count() == 1


def test_withdrawn_before_its_day_nobody_is_asked():
    world = World()
    world.publish()
    sweep_standings()

    withdraw_update(update=world.update, reason="The change was taken back.", by=world.by)
    reassess_all(program=world.program)
    sweep_standings()

    row = world.row(world.holder)
    assert (row.state, row.valid_until > DUE, today(world, world.holder).updates) == ("accredited", True, ())
    told = Notice.objects.get(recipient=world.holder, key=f"update-withdrawn:{world.update.pk}")
    assert "The change was taken back." in told.text
    assert Exam.objects.get(for_asked_only=True).state == "withdrawn"


def test_it_is_withdrawn_with_a_reason_until_its_day_and_once():
    world = World()
    world.publish()
    after = timezone.now() + timedelta(days=31)

    assert code(lambda: withdraw_update(update=world.update, reason=" ", by=world.by)) == "no-reason"
    assert code(lambda: withdraw_update(update=world.update, reason="x", by=world.by, now=after)) == "over"
    withdraw_update(update=world.update, reason="x", by=world.by)
    assert code(lambda: withdraw_update(update=world.update, reason="x", by=world.by)) == "done"


def test_a_draft_is_dropped_without_telling_anybody():
    world = World()

    update = withdraw_update(update=world.open(), reason="", by=world.by)

    assert (update.state, update.tell_due_at) == ("withdrawn", None)
    sweep_standings()
    assert not Notice.objects.filter(kind="update").exists()


def test_the_ledger_knows_what_updates_prove():
    world = World()
    world.publish()
    reread_lesson(lesson=world.changed, by=world.holder)
    attempt = answer(world.part("exam").exam_asked, world.holder)

    assert list(differences(READINGS)) == list(differences(ATTEMPTS)) == []
    reading = UpdateReading.objects.create(part=world.part("course"), learner=world.begun, read_on=TODAY)
    found = list(differences(READINGS))
    assert [one.problem for one in found] == ["missing"]
    settle_differences(source=READINGS, found=found)
    assert Evidence.objects.get(source=f"accreditation.updatereading:{reading.pk}").learner == world.begun
    row = Evidence.objects.get(source=f"assessments.attempt:{attempt.pk}")
    assert (row.kind, row.exam, row.update_part) == ("update", attempt.exam, world.part("exam"))


def test_the_command_that_compares_the_ledger_finds_nothing():
    world = World()
    world.publish()
    reread_lesson(lesson=world.changed, by=world.holder)
    answer(world.part("exam").exam_asked, world.holder)

    out = StringIO()
    call_command("rebuild_evidence", "--check", stdout=out)

    assert "missing" not in out.getvalue()


def test_a_pass_that_is_taken_away_is_asked_for_again():
    world = World()
    world.publish()
    reread_lesson(lesson=world.changed, by=world.holder)
    attempt = answer(world.part("exam").exam_asked, world.holder)
    assert today(world, world.holder).updates == ()

    void_attempt(attempt=attempt, cause="incident", by=world.by, reason="The power failed.")

    assert today(world, world.holder).update.deed == "answer 2 questions"


def test_who_keeps_it_by_the_rules_before_is_asked_as_well():
    world = World(exam=False)
    extra = LessonFactory().course
    proposal = propose_rules(program=world.program, times=TIMES, groups=whole(world.course, extra), by=world.by)
    Proposal.objects.update(grandfather="until_end")
    settle_preview(proposal_id=proposal.pk)
    publish_proposal(proposal=Proposal.objects.get(), by=world.by)

    world.program.refresh_from_db()
    world.publish()

    found = today(world, world.holder)
    assert (found.is_kept, found.valid_until) == (True, DUE)
    assert Proposal.objects.get().before["updates"] == []
    reread_lesson(lesson=world.changed, by=world.holder)
    assert today(world, world.holder).valid_until > DUE


def test_rules_that_are_previewed_go_stale_when_an_update_is_published():
    world = World(exam=False)
    extra = LessonFactory().course
    proposal = propose_rules(program=world.program, times=TIMES, groups=whole(extra), by=world.by)
    settle_preview(proposal_id=proposal.pk)
    world.publish()

    assert code(lambda: publish_proposal(proposal=Proposal.objects.get(), by=world.by)) == "stale"


def test_its_day_is_one_of_the_programs_time_zone():
    world = World(exam=False)
    type(world.program).objects.update(time_zone="Pacific/Kiritimati")
    update = world.preview(world.open(changed_on=TODAY - timedelta(days=1)))
    evening = timezone.now().replace(hour=20)

    published = publish_update(update=update, by=world.by, now=evening)

    assert published.due_on == evening.date() + timedelta(days=31)


def test_what_is_stored_for_the_rules_is_what_the_updates_say():
    world = World()
    world.publish()
    world.publish(title="Second")

    program = with_rules(type(world.program).objects.all()).get(pk=world.program.pk)
    assert [(one.number, one.title) for one in rules_of(program).updates] == [(1, "New stages"), (2, "Second")]
