"""Questions and criteria point at the revision of a source that they were checked against; the pointer is their version's."""

import pytest
from django.utils import timezone

from assessments.actions.banks import author_question
from assessments.actions.rubrics import author_rubric
from assessments.models import Question, QuestionBank
from courses.rules.sources import pointers_to
from courses.tests.factories import SourceFactory

pytestmark = pytest.mark.django_db
LEVELS = {"levels": list("abcde"), "raises": list("abcd")}


def ask(source=None, **said):
    bank = QuestionBank.objects.get_or_create(slug="bank", title="Bank")[0]
    given = {"source": source} if source else {}
    options = [{"text": "yes", "correct": True}, {"text": "no"}]
    return author_question(bank=bank, external_id="q1", kind="single", text="Right?", options=options, **given, **said)


def test_a_question_that_is_checked_anew_is_another_version():
    source = SourceFactory(revisions=1)
    old, new = source.revisions.order_by("number")
    first = ask(old)

    assert ask(old) == first and ask() == first
    second = ask(new)

    assert (second.number, second.source_revision) == (2, new)
    assert first.source_revision == old
    assert [one.item for one in pointers_to(source)] == [second]


def test_other_words_keep_the_revision_that_a_question_points_at():
    source = SourceFactory()
    ask(source.revisions.get())

    again = ask(rationale="Because.")

    assert (again.number, again.source_revision.source) == (2, source)


def test_withdrawn_questions_point_at_nothing():
    source = SourceFactory()
    ask(source.revisions.get())
    Question.objects.update(withdrawn_at=timezone.now())

    assert pointers_to(source) == []


def test_a_criterion_keeps_its_revision_until_another_is_said():
    source = SourceFactory(revisions=1)
    old, new = source.revisions.order_by("number")
    row = {"slug": "clear", "area": "", "name": "Clear", **LEVELS}

    def write(**said):
        return author_rubric(slug="talk", title="Talk", pass_points=3, criteria=[row | said], by=None)

    first = write(source=old)
    assert write() == first
    second = write(source=new)

    assert (first.criteria.get().source_revision, second.criteria.get().source_revision) == (old, new)
    assert write(name="Clear words").criteria.get().source_revision == new
    assert write(name="Clear words", source=None).criteria.get().source_revision is None
