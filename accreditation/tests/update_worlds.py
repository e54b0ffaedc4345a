"""A program whose content changed, for the tests of updates."""

from datetime import timedelta

from django.utils import timezone

from accreditation.actions.reassessing import reassess_all
from accreditation.actions.updates import open_update, publish_update, settle_update_preview
from accreditation.models import Accreditation, Update
from accreditation.tests.factories import EnrolmentFactory, EvidenceFactory, make_enablement, make_program
from assessments.actions.attempts import start_attempt
from assessments.actions.banks import author_question
from assessments.actions.closing import submit_attempt
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all
from courses.tests.factories import CourseFactory, LessonFactory, SourceFactory
from courses.tests.people import make_person

TODAY = timezone.now().date()


def ask(bank, name, source):
    """A question that was checked against a revision."""
    options = [{"text": "yes", "correct": True}, {"text": "no"}]
    said = {"kind": "single", "text": f"{name}?", "options": options, "source": source, "rationale": "Secret reason."}
    return author_question(bank=bank, external_id=name, **said).question


class World:
    """A course of two lessons and an exam; one lesson and two questions were moved to the new revision.

    `holder` proved it a hundred days ago, `fresh` today, `begun` has only the course.
    """

    def __init__(self, *, exam=True, course=None, **program):
        self.by = make_enablement()
        self.source = SourceFactory(title="Sales handbook", revisions=1)
        self.old, self.new = self.source.revisions.order_by("number")
        self.course = course or CourseFactory(title="Stages")
        self.changed = LessonFactory(course=self.course, title="The new stages", source_revision=self.new)
        self.stale = LessonFactory(course=self.course, title="Names", source_revision=self.old)
        self.exam = ExamFactory(title="Selling") if exam else None
        self.questions = [ask(self.exam.bank, f"n{n}", self.new) for n in range(2)] if exam else []
        self.program = make_program(self.course, *([self.exam] if exam else []), **program)
        self.holder, self.fresh, self.begun = make_person(), make_person(), make_person()
        self.prove(self.holder, ago=100)
        self.prove(self.fresh, ago=0)
        EvidenceFactory(learner=self.begun, course=self.course, performed_on=TODAY - timedelta(days=50))
        reassess_all(program=self.program)

    def prove(self, learner, ago):
        day = TODAY - timedelta(days=ago)
        EvidenceFactory(learner=learner, course=self.course, performed_on=day)
        if self.exam:
            EvidenceFactory(learner=learner, kind="exam", exam=self.exam, performed_on=day)
        EnrolmentFactory(learner=learner, program=self.program)

    def open(self, **said):
        said = {"title": "New stages", "changed_on": TODAY, "revisions": [self.new], "by": self.by} | said
        return open_update(program=self.program, **said)

    def preview(self, update):
        settle_update_preview(update_id=update.pk)
        return Update.objects.get(pk=update.pk)

    def publish(self, **said):
        self.update = publish_update(update=self.preview(self.open(**said)), by=self.by)
        reassess_all(program=self.program)
        return self.update

    def part(self, kind):
        return self.update.parts.get(kind=kind)

    def row(self, learner):
        return Accreditation.objects.get(learner=learner, program=self.program)


def answer(exam, learner, right=None):
    """Sit an exam and hand it in."""
    attempt = start_attempt(exam=exam, by=learner)
    answer_all(attempt, right=right)
    submit_attempt(attempt_id=attempt.pk, by=learner, client_id="tab", epoch=1)
    attempt.refresh_from_db()
    return attempt
