"""Comparative judgement: who sees which pair, that a judgement is kept once, and what the lead reads."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from assessments.actions.judging import ask_pair, close_judging, judge_pair, open_judging, pass_pair
from assessments.models import Comparison, Conflict, Decision, GoldWork, JudgingSet, Review, Rubric
from assessments.rules.comparisons import works_for
from assessments.rules.gold import gold_for
from assessments.rules.judging import order_of, target_of
from assessments.rules.recordings import may_watch
from assessments.tests.factories_practicals import SubmissionFactory, make_grader
from assessments.tests.grading import refusal_of
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
AGREED = "By mail, 3 May."


def decided():
    """A version that was decided, without anybody's marks."""
    submission = SubmissionFactory(handed_in=True)
    version = submission.versions.get()
    facts = {"mean": 20, "total": 20, "maximum": 25, "pass_points": 18, "passed": True, "reason": "A test."}
    Decision.objects.create(submission=submission, version=version, decided_at=timezone.now(), **facts)
    return version


def make_set(works=4, judges=()):
    versions = [decided() for _ in range(works)]
    judges = judges or [make_grader()]
    return open_judging(
        title="Discovery",
        rubric=versions[0].submission.rubric_version.rubric,
        works=[(one, AGREED) for one in versions],
        judges=[one.pk for one in judges],
        by=make_grader(),
    )


def make_lead():
    return make_grader(is_superuser=True, is_staff=True)


def judge_of(judging):
    return judging.judges.get()


def judge_all(judging, judge):
    """Let a judge answer everything: the work with the lower number is better."""
    while pair := ask_pair(judging=judging, by=judge):
        judge_pair(comparison=pair, takes_first=pair.first_id < pair.second_id, by=judge)


# Opening


@pytest.mark.parametrize(("works", "code"), [(2, "number-of-works"), (0, "number-of-works")])
def test_set_needs_works_to_compare(works, code):
    versions = [(decided(), AGREED) for _ in range(works)]

    refusal = refusal_of(
        open_judging, title="x", rubric=Rubric(slug="x"), works=versions, judges=[make_grader().pk], by=make_grader()
    )

    assert refusal.code == code


def test_set_takes_decided_work_of_its_rubric_that_is_kept():
    good = [decided() for _ in range(3)]
    rubric, by = good[0].submission.rubric_version.rubric, make_grader()
    undecided = SubmissionFactory(handed_in=True).versions.get()
    gone = decided()
    gone.recordings.update(stored="purged")
    other = Rubric.objects.create(slug="other", title="Other")

    def code(rubric, *more, judges=(by.pk,)):
        works = [(one, AGREED) for one in (*good, *more)]
        return refusal_of(open_judging, title="x", rubric=rubric, works=works, judges=judges, by=by).code

    assert code(rubric, undecided) == "not-decided"
    assert code(rubric, gone) == "gone"
    assert code(other) == "other-rubric"
    assert code(rubric, judges=()) == "no-judges"


# Judging


def test_judge_is_asked_each_pair_once_until_none_is_left():
    judging = make_set(works=4)

    judge_all(judging, judge_of(judging))

    pairs = {frozenset((one.first_id, one.second_id)) for one in Comparison.objects.judged()}
    assert (len(pairs), Comparison.objects.count()) == (6, 6)


def test_set_stops_at_ten_for_each_work():
    judges = [make_grader() for _ in range(5)]
    judging = make_set(works=4, judges=judges)

    for judge in judges:
        judge_all(judging, judge)

    assert Comparison.objects.judged().count() == target_of(4) == 20


def test_pair_waits_until_it_is_judged():
    judging = make_set()

    assert ask_pair(judging=judging, by=judge_of(judging)) == ask_pair(judging=judging, by=judge_of(judging))


def test_judgement_is_kept_once_and_not_changed():
    judging = make_set()
    judge = judge_of(judging)
    pair = ask_pair(judging=judging, by=judge)

    judge_pair(comparison=pair, takes_first=True, by=judge)
    again = judge_pair(comparison=pair, takes_first=True, by=judge)

    assert again.better_id == pair.first_id
    assert refusal_of(judge_pair, comparison=pair, takes_first=False, by=judge).code == "judged"
    with pytest.raises(IntegrityError), transaction.atomic():
        Comparison.objects.update(better=pair.second_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comparison.objects.filter(pk=pair.pk)._raw_delete("default")


def test_database_takes_no_better_one_that_was_not_compared():
    judging = make_set()
    pair = ask_pair(judging=judging, by=judge_of(judging))
    third = judging.works.exclude(pk__in=(pair.first_id, pair.second_id)).first()

    with pytest.raises(IntegrityError), transaction.atomic():
        Comparison.objects.update(better=third, judged_at=timezone.now())


def test_closed_set_takes_no_judgement():
    judging = make_set()
    pair = ask_pair(judging=judging, by=judge_of(judging))

    close_judging(judging=judging, by=make_grader())

    assert refusal_of(judge_pair, comparison=pair, takes_first=True, by=judge_of(judging)).code == "closed"
    assert ask_pair(judging=judging, by=judge_of(judging)) is None
    closed_at = JudgingSet.objects.get().closed_at
    assert close_judging(judging=judging, by=make_grader()).closed_at == closed_at


@pytest.mark.django_db(transaction=True)
def test_one_judge_asking_in_many_tabs_gets_one_pair():
    judging = make_set()
    judge = judge_of(judging)

    pairs = at_once([lambda: ask_pair(judging=judging, by=judge).pk for _ in range(5)])

    assert len(set(pairs)) == 1
    assert Comparison.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_saying_different_things_at_once_count_once():
    judging = make_set()
    judge = judge_of(judging)
    pair = ask_pair(judging=judging, by=judge)

    results = at_once(
        [lambda side=side: judge_pair(comparison=pair, takes_first=side, by=judge) for side in (True, False)]
    )

    assert results.count("judged") == 1
    assert Comparison.objects.judged().count() == 1


# Conflicts


def test_judge_never_sees_work_of_their_own_of_a_conflict_or_that_they_marked():
    judging = make_set(works=4)
    judge = judge_of(judging)
    own, known, marked, free = judging.works.all()
    type(own.version.submission).objects.filter(pk=own.version.submission_id).update(learner=judge)
    Conflict.objects.create(grader=judge, learner=known.version.submission.learner, kind="trainer")
    task = marked.version.review_tasks.first()
    facts = {"task": task, "submission_version": marked.version, "kind": task.kind, "sent_at": timezone.now()}
    with transaction.atomic():
        Review.objects.bulk_create([Review(grader=judge, total=0, **facts)])
        assert list(works_for(judging, judge)) == [free]
        transaction.set_rollback(True)


def test_pair_with_a_new_conflict_is_neither_shown_nor_judged_and_the_next_one_comes(client):
    judging = make_set(works=4)
    judge = judge_of(judging)
    pair = ask_pair(judging=judging, by=judge)
    Conflict.objects.create(grader=judge, learner=pair.first.version.submission.learner, kind="trainer")
    client.force_login(judge)

    page = client.get(reverse("assessments:judging-judge", args=[judging.pk])).content.decode()

    assert "can’t be shown any more" in page
    assert refusal_of(judge_pair, comparison=pair, takes_first=True, by=judge).code == "not-shown"
    assert pair.first_id not in (
        ask_pair(judging=judging, by=judge).first_id,
        Comparison.objects.open().get().second_id,
    )


def test_judge_who_knows_a_learner_puts_the_pair_aside_and_a_conflict_stands():
    judging = make_set(works=4)
    judge = judge_of(judging)
    pair = ask_pair(judging=judging, by=judge)

    pass_pair(comparison=pair, knows_first=True, by=judge)

    assert Conflict.objects.live().get().learner == pair.first.version.submission.learner
    assert works_for(judging, judge).count() == 3
    assert refusal_of(judge_pair, comparison=pair, takes_first=True, by=judge).code == "passed"


def test_recording_is_watched_by_its_judge_while_the_pair_waits_and_by_no_other():
    judging = make_set(works=4)
    judge, now = judge_of(judging), timezone.now()
    pair = ask_pair(judging=judging, by=judge)
    recording = pair.first.version.recordings.get()
    assert may_watch(judge, recording, now)
    assert not may_watch(make_grader(), recording, now)
    beside = judging.works.exclude(pk__in=(pair.first_id, pair.second_id)).first()
    assert not may_watch(judge, beside.version.recordings.get(), now)

    judge_pair(comparison=pair, takes_first=True, by=judge)

    assert not may_watch(judge, recording, now)


def test_gold_is_not_given_to_those_who_compared_it():
    judging = make_set(works=3)
    judge, other = judge_of(judging), make_grader()
    pair = ask_pair(judging=judging, by=judge)
    facts = {"marks": {}, "total": 20, "rationale": "Why.", "consent": AGREED, "released_at": timezone.now()}
    gold = GoldWork.objects.create(version=pair.first.version, made_by=make_person(), **facts)

    assert list(gold_for(other)) == [gold]
    assert not gold_for(judge).exists()


# Pages


@pytest.fixture
def judging(client):
    """A set, with its judge signed in."""
    made = make_set(works=4)
    client.force_login(judge_of(made))
    return made


def page_of(client, judging, name="judging-judge"):
    return client.get(reverse(f"assessments:{name}", args=[judging.pk])).content.decode()


def test_judge_goes_from_pair_to_pair_to_the_end(client, judging):
    assert "Begin" in page_of(client, judging)
    client.post(reverse("assessments:judging-next", args=[judging.pk]))
    for _ in range(6):
        pair = Comparison.objects.open().get()
        said = {"comparison": pair.pk, "side": "second"}
        assert client.post(reverse("assessments:judging-choose", args=[judging.pk]), said).status_code == 302

    assert "Nothing is left to compare" in page_of(client, judging)
    assert Comparison.objects.judged().count() == 6


def test_page_is_blind(client, judging):
    pair = ask_pair(judging=judging, by=judge_of(judging))

    html = page_of(client, judging)

    assert html.count("<video") == 2
    for work in (pair.first, pair.second):
        learner = work.version.submission.learner
        for secret in (
            learner.name,
            learner.email,
            "ada-okafor",
            work.version.receipt,
            str(work.version.submission_id),
        ):
            assert secret not in html


def test_stale_tab_is_told_and_nothing_is_counted_twice(client, judging):
    pair = ask_pair(judging=judging, by=judge_of(judging))
    judge_pair(comparison=pair, takes_first=True, by=judge_of(judging))
    url = reverse("assessments:judging-choose", args=[judging.pk])

    stale = client.post(url, {"comparison": pair.pk, "side": "second"})
    empty = client.post(url, {"comparison": pair.pk}, follow=True)

    assert stale.status_code == 409
    assert "judgements are not changed" in stale.content.decode()
    assert "Choose the left or the right work first." in empty.content.decode()


def test_knowing_a_learner_leads_to_the_next_pair(client, judging):
    pair = ask_pair(judging=judging, by=judge_of(judging))

    client.post(reverse("assessments:judging-know", args=[judging.pk]), {"comparison": pair.pk, "side": "first"})

    assert Comparison.objects.open().exclude(pk=pair.pk).count() == 1


def test_closed_set_says_so(client, judging):
    close_judging(judging=judging, by=make_grader())

    assert "This set is closed" in page_of(client, judging)


def test_others_find_neither_set_nor_pair(client, judging):
    pair = ask_pair(judging=judging, by=judge_of(judging))
    client.force_login(make_grader())

    assert client.get(reverse("assessments:judging-judge", args=[judging.pk])).status_code == 404
    for name in ("judging-next", "judging-choose", "judging-know"):
        said = {"comparison": pair.pk, "side": "first"}
        assert client.post(reverse(f"assessments:{name}", args=[judging.pk]), said).status_code == 404
    assert client.get(reverse("assessments:judging-result", args=[judging.pk])).status_code == 403


def test_judge_cannot_answer_the_pair_of_another_judge(client, judging):
    other = make_grader()
    judging.judges.add(other)
    theirs = ask_pair(judging=judging, by=other)

    said = {"comparison": theirs.pk, "side": "first"}

    assert client.post(reverse("assessments:judging-choose", args=[judging.pk]), said).status_code == 404


@pytest.mark.parametrize("who", ["learner", "partner manager"])
def test_comparisons_are_for_graders_only(client, who):
    made = make_set()
    client.force_login(make_person(groups=[who]))

    assert client.get(reverse("assessments:judging")).status_code == 403
    assert client.get(reverse("assessments:judging-judge", args=[made.pk])).status_code == 403


def test_list_shows_judges_their_sets_and_leads_all(client, judging):
    assert (
        reverse("assessments:judging-judge", args=[judging.pk])
        in client.get(reverse("assessments:judging")).content.decode()
    )
    client.force_login(make_grader())
    assert "Nothing. When the review lead" in client.get(reverse("assessments:judging")).content.decode()
    client.force_login(make_lead())
    assert (
        reverse("assessments:judging-result", args=[judging.pk])
        in client.get(reverse("assessments:judging")).content.decode()
    )


# What the lead reads


def test_order_puts_the_works_as_they_were_judged():
    judges = [make_grader(), make_grader()]
    judging = make_set(works=4, judges=judges)
    for judge in judges:
        judge_all(judging, judge)

    order = order_of(judging)

    assert [one.work.pk for one in order.placed] == sorted(judging.works.values_list("pk", flat=True))
    assert all(one.low < one.estimate < one.high for one in order.placed)
    assert [row.agreed for row in order.judges] == [100, 100]
    assert order.split_half == pytest.approx(1)


def test_result_offers_each_work_for_gold(client, judging):
    client.force_login(make_lead())
    assert "Nothing is judged yet" in page_of(client, judging, "judging-result")
    judge_all(judging, judge_of(judging))

    html = page_of(client, judging, "judging-result")

    for work in judging.works.all():
        assert f"{reverse('admin:assessments_goldwork_add')}?version={work.version_id}" in html


def test_result_costs_the_same_however_much_was_judged(
    client, judging, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(make_lead())
    url = reverse("assessments:judging-result", args=[judging.pk])
    client.get(url)
    pair = ask_pair(judging=judging, by=judge_of(judging))
    judge_pair(comparison=pair, takes_first=True, by=judge_of(judging))
    with django_assert_max_num_queries(6) as few:
        client.get(url)
    judge_all(judging, judge_of(judging))

    with django_assert_num_queries(len(few)):
        client.get(url)


def add(client, lines, **changes):
    rubric = Rubric.objects.first()
    typed = {"title": "May", "rubric": rubric.pk if rubric else "", "works": lines, "judges": [make_grader().pk]}
    return client.post(reverse("admin:assessments_judgingset_add"), typed | changes)


def test_lead_opens_a_set_from_receipts_and_closes_it(client):
    versions = [decided() for _ in range(3)]
    client.force_login(make_lead())

    assert add(client, "\n".join(f"{one.receipt} {AGREED}" for one in versions)).status_code == 302

    judging = JudgingSet.objects.get()
    assert set(judging.works.values_list("version", "consent")) == {(one.pk, AGREED) for one in versions}
    assert client.get(reverse("admin:assessments_judgingset_change", args=[judging.pk])).status_code == 200
    assert client.get(reverse("admin:assessments_judgingset_changelist")).status_code == 200
    client.post(reverse("admin:assessments_judgingset_deed", args=[judging.pk, "close"]))
    assert JudgingSet.objects.get().closed_at is not None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [*lines, "nothing By mail."], "No work has the receipt nothing."),
        (lambda lines: [*lines, lines[0]], "stands there twice"),
        (lambda lines: [lines[0].split()[0], *lines[1:]], "Write how and when the learner"),
        (lambda lines: lines[:2], "Give 3 to 100 works"),
    ],
)
def test_lines_that_cannot_be_are_said_and_what_was_typed_is_kept(client, change, sentence):
    lines = [f"{one.receipt} {AGREED}" for one in (decided(), decided(), decided())]
    client.force_login(make_lead())

    page = add(client, "\n".join(change(lines))).content.decode()

    assert sentence in page
    assert lines[1] in page
    assert not JudgingSet.objects.exists()


def test_grader_who_does_not_lead_opens_and_closes_nothing(client):
    judging = make_set()
    client.force_login(make_grader(is_staff=True))

    assert add(client, "x").status_code == 403
    client.post(reverse("admin:assessments_judgingset_deed", args=[judging.pk, "close"]))
    assert JudgingSet.objects.get().closed_at is None
