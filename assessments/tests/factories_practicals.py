"""Rows for the tests of practicals and reviews."""

from datetime import timedelta

import factory
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.actions.marks import send_review
from assessments.actions.practicals import hand_in
from assessments.actions.rubrics import author_rubric
from assessments.models import (
    Brief,
    BriefPool,
    Comment,
    Criterion,
    ItemScore,
    Practical,
    Recording,
    ReviewTask,
    ScoringRun,
    SessionSlot,
    Submission,
)
from assessments.tests.factories_exams import AttemptFactory, ExamFactory, ItemFactory
from assessments.tests.rubric_texts import CRITERIA, rubric_text
from courses.tests.people import make_person

GRADER = "grader"


class BriefPoolFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BriefPool

    slug = factory.Sequence(lambda n: f"pool-{n}")
    title = factory.Sequence(lambda n: f"Pool {n}")


class BriefFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Brief

    pool = factory.SubFactory(BriefPoolFactory)
    slug = factory.Sequence(lambda n: f"brief-{n}")
    customer = factory.Sequence(lambda n: f"Customer {n}")
    pain_points = ["Nobody knows which copy is right."]
    people = "You will meet the director, who decides."
    hidden_notes = "The director will object to the price."
    content_hash = factory.Sequence(str)


class PracticalFactory(factory.django.DjangoModelFactory):
    """A published practical with a brief. `written=True` asks for notes instead of a recording."""

    class Meta:
        model = Practical

    class Params:
        written = factory.Trait(recordings_required=0, notes_required=True, notes_prompt="What did you hear?")

    slug = factory.Sequence(lambda n: f"practical-{n}")
    title = factory.Sequence(lambda n: f"Practical {n}")
    kind = "capstone"
    state = "published"
    exam = factory.SubFactory(ExamFactory, published__questions=1, published__draw=1)
    rubric_version = factory.LazyFunction(lambda: author_rubric(**rubric_text()))
    brief_pool = factory.LazyFunction(lambda: BriefFactory().pool)
    parts = [{"name": "Discovery", "minutes": "10-15", "text": "Ask about workflows."}]


class SubmissionFactory(factory.django.DjangoModelFactory):
    """An open try. `handed_in=True` hands it in, with a ready recording where the practical wants one."""

    class Meta:
        model = Submission
        skip_postgeneration_save = True

    learner = factory.LazyFunction(make_person)
    practical = factory.SubFactory(PracticalFactory)
    number = 1
    brief = factory.LazyAttribute(lambda o: o.practical.brief_pool.briefs.first() if o.practical.brief_pool else None)
    rubric_version = factory.SelfAttribute("practical.rubric_version")
    opened_at = factory.LazyFunction(timezone.now)
    notes = "I heard a customer who pays for three tools."

    @factory.post_generation
    def handed_in(self, create, extracted, **kwargs):
        if extracted:
            for place in range(1, self.practical.recordings_required + 1):
                make_recording(self, place=place)
            hand_in(submission=self, by=self.learner)
            self.refresh_from_db()


def make_recording(submission, **fields):
    """A recording of 40 minutes, ready unless told otherwise."""
    ready = {
        "state": "ready",
        "state_since": timezone.now(),
        "created_at": timezone.now(),
        "original_name": "ada-okafor-session.mp4",
        "size": 1,
        "duration_ms": 2_400_000,
        "sha256": "0" * 64,
        "play_path": "x/play.mp4",
        "poster_path": "x/poster.jpg",
        "content_type": "video/mp4",
    }
    return Recording.objects.create(submission=submission, **ready | fields)


def make_slot(practical, hours=48, **fields):
    """A slot of a live session, two days ahead unless told otherwise."""
    facts = {"host": make_person(), "starts_at": timezone.now() + timedelta(hours=hours), "location": "Room 4"}
    return SessionSlot.objects.create(practical=practical, **facts | fields)


@transaction.atomic
def pass_exam(learner, exam):
    """Let a learner have passed an exam."""
    return sit_exam(learner, exam, mark=1)


def fail_exam(learner, exam):
    """Let a learner have failed an exam."""
    return sit_exam(learner, exam, mark=0)


def sit_exam(learner, exam, *, mark):
    """A sitting of one question that ended just now with this mark, 1 or 0."""
    now = timezone.now()
    attempt = AttemptFactory(learner=learner, exam=exam)
    item = ItemFactory(attempt=attempt)
    run = ScoringRun.objects.create(
        attempt=attempt, made_at=now, score=mark, max_score=1, passed=bool(mark), reason="closed"
    )
    ItemScore.objects.create(run=run, item=item, mark=mark, max_mark=1)
    attempt.state, attempt.closed_at, attempt.close_reason, attempt.current_run = "graded", now, "candidate", run
    attempt.save()
    return attempt


def make_grader(**fields):
    """A person who may grade."""
    grader = make_person(groups=[GRADER], **fields)
    permission = Permission.objects.get(codename="grade", content_type__app_label="assessments")
    grader.groups.get(name=GRADER).permissions.add(permission)
    return grader


def make_task(**fields):
    """A waiting review task on a handed-in submission."""
    submission = SubmissionFactory(handed_in=True, **fields)
    return ReviewTask.objects.get(submission=submission, state="waiting")


def make_lease(grader=None, **fields):
    """A lease that a grader just took on a fresh submission."""
    make_task(**fields)
    return claim_next(by=grader or make_grader())


def run_out(lease):
    """Let a lease be past its time."""
    past = timezone.now() - timedelta(hours=2)
    lease.taken_at, lease.expires_at = past, past + timedelta(minutes=45)
    lease.save()
    return lease


def add_comment(lease, criterion=None, start_ms=1000, **fields):
    """A comment of the lease's grader; at the first second unless told otherwise."""
    rows = Criterion.objects.filter(rubric_version=lease.task.submission.rubric_version)
    return Comment.objects.create(
        task=lease.task,
        submission_version=lease.task.submission_version,
        grader=lease.grader,
        criterion=rows.get(slug=criterion) if criterion else None,
        recording=lease.task.submission_version.recordings.first() if start_ms is not None else None,
        start_ms=start_ms,
        saved_at=timezone.now(),
        **{"text": "Asks what it costs."} | fields,
    )


def send(lease, given):
    """Send marks with a comment on every criterion; the decision, if it is one."""
    for slug in CRITERIA:
        add_comment(lease, slug)
    return send_review(task=lease.task, token=lease.token, marks=given, unheard_reason="A test.", by=lease.grader)


def make_decided(given):
    """A submission decided by one grader's marks."""
    lease = make_lease()
    send(lease, given)
    return Submission.objects.get(pk=lease.task.submission_id)


def marks(*points):
    """Marks for the five criteria, in their order."""
    return dict(zip(CRITERIA, points, strict=True))
