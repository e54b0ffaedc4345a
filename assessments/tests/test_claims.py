"""Which work a grader may be given: languages, personas, offers, pauses."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.models import Brief, GraderProfile, Offer, ReviewTask, Submission
from assessments.rules.claims import claimable_by, facts_of
from assessments.tests.factories_practicals import make_grader, make_task
from assessments.tests.grading import refusal_of
from assessments.tests.queue_tables import fill_queue

pytestmark = pytest.mark.django_db


def profile_of(grader, **fields):
    return GraderProfile.objects.create(grader=grader, **fields)


def test_grader_of_some_languages_gets_work_in_these():
    task, grader = make_task(), make_grader()
    Submission.objects.update(language="de")
    profile = profile_of(grader, languages=["en"])
    assert claim_next(by=grader) is None

    profile.languages = ["en", "de"]
    profile.save()

    assert claim_next(by=grader).task == task


def test_grader_of_some_personas_gets_their_customers_and_work_without_a_persona():
    persona = apps.get_model("courses.Persona")
    sales, product = (persona.objects.create(slug=slug, name=slug) for slug in ("sales", "product"))
    for_product, plain = make_task(), make_task()
    Brief.objects.filter(pk=for_product.submission.brief_id).update(persona=product)
    grader = make_grader()
    profile_of(grader).personas.set([sales])

    drawable = claimable_by(grader, facts_of(grader))

    assert list(drawable) == [plain]


def test_offered_work_is_drawn_by_whom_it_was_offered_to_until_the_offer_ends():
    task, asked, other = make_task(), make_grader(), make_grader()
    ReviewTask.objects.update(offered_until=timezone.now() + timedelta(hours=24))
    Offer.objects.create(task=task, grader=asked, rank=1)
    assert claim_next(by=other) is None

    assert claim_next(by=asked).task == task


def test_offer_that_ended_leaves_the_work_to_everybody():
    task, other = make_task(), make_grader()
    ReviewTask.objects.update(offered_until=timezone.now() - timedelta(seconds=1))

    assert claim_next(by=other).task == task


def test_paused_grader_takes_nothing_and_reads_why():
    make_task()
    grader = make_grader()
    profile_of(grader, paused_at=timezone.now(), pause_reason="Two calibrations were missed.")

    refusal = refusal_of(claim_next, by=grader)

    assert (refusal.code, "Two calibrations were missed." in refusal.sentence) == ("paused", True)


def test_claim_takes_two_statements_whatever_waits():
    make_task(), make_task()
    grader, warm = make_grader(), make_grader()
    claim_next(by=warm)

    with CaptureQueriesContext(connection) as seen:
        claim_next(by=grader)

    asked = [one["sql"] for one in seen.captured_queries if "SAVEPOINT" not in one["sql"]]
    assert len(asked) == 2


def test_long_queue_is_read_by_its_index_and_no_further_than_needed():
    make_task()
    fill_queue(3_000)
    grader = make_grader()
    tasks = claimable_by(grader, facts_of(grader))

    plan = tasks.only("pk").select_for_update(of=("self",), skip_locked=True)[:1].explain(analyze=True)

    scan = next(line for line in plan.splitlines() if "review_task_claim_order" in line)
    assert float(re.search(r"actual time=.* rows=([\d.]+) ", scan).group(1)) <= 10
    assert "Sort" not in plan
