"""Submissions, uploads and recordings for the tests of this topic."""

import factory
from django.utils import timezone

from assessments.actions.uploads import open_upload
from assessments.models import Practical, Recording, RecordingState, Rubric, RubricVersion, Submission
from assessments.tests.factories_exams import BankFactory
from courses.tests.people import make_person


def make_exam():
    """An exam that nothing here asks anything of."""
    bank = BankFactory()
    return bank.exams.create(slug=bank.slug, title=bank.title)


class RubricVersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RubricVersion

    rubric = factory.LazyFunction(lambda: Rubric.objects.get_or_create(slug="rubric", title="Rubric")[0])
    number = factory.Sequence(lambda n: n + 1)
    pass_points = 18
    content_hash = "0" * 64
    published_at = factory.LazyFunction(timezone.now)


class RecordedPracticalFactory(factory.django.DjangoModelFactory):
    """A practical that wants a recording of 1 to 5 minutes; `short=True` takes clips of seconds too."""

    class Meta:
        model = Practical

    class Params:
        short = factory.Trait(min_minutes=0)

    slug = factory.Sequence(lambda n: f"recorded-{n}")
    title = factory.Sequence(lambda n: f"Recorded {n}")
    kind = "recorded_demo"
    state = "published"
    exam = factory.LazyFunction(make_exam)
    rubric_version = factory.SubFactory(RubricVersionFactory)
    min_minutes = 1
    max_minutes = 5


class SubmissionFactory(factory.django.DjangoModelFactory):
    """A draft of a fresh learner."""

    class Meta:
        model = Submission

    practical = factory.SubFactory(RecordedPracticalFactory)
    learner = factory.LazyFunction(make_person)
    number = 1
    rubric_version = factory.SelfAttribute("practical.rubric_version")
    opened_at = factory.LazyFunction(timezone.now)


class RecordingFactory(factory.django.DjangoModelFactory):
    """A ready recording without files; other states by trait."""

    class Meta:
        model = Recording

    class Params:
        received = factory.Trait(
            state=RecordingState.RECEIVED, **dict.fromkeys(("sha256", "play_path", "poster_path"), "")
        )
        rejected = factory.Trait(state=RecordingState.REJECTED, rejection_code="no-sound")

    submission = factory.SubFactory(SubmissionFactory)
    state = RecordingState.READY
    state_since = factory.LazyFunction(timezone.now)
    created_at = factory.LazyFunction(timezone.now)
    original_name = "session.mp4"
    size = 1000
    duration_ms = 60_000
    sha256 = "a" * 64
    content_type = "video/mp4"
    play_path = "rec/play.mp4"
    poster_path = "rec/poster.jpg"


def upload_for(submission, length=10, **metadata):
    """An open upload of the submission's learner."""
    return open_upload(
        submission=submission, length=length, metadata={"filename": "a.mp4"} | metadata, by=submission.learner
    )
