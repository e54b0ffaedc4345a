"""Ruling books: decided once, replaced or retired but never edited, and shown where they apply."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from assessments.actions.rulings import decide_ruling, retire_ruling
from assessments.models import Rubric, Ruling
from assessments.rules.rulings import Clip, Wording, book_of
from assessments.tests.factories_practicals import (
    PracticalFactory,
    make_decided,
    make_grader,
    make_lease,
    make_recording,
    marks,
)
from assessments.tests.grading import refusal_of
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
SEEN = "Asks what downtime costs, and takes the first answer."
COUNTS = "One figure without its basis is level 3."


def wording(**changes):
    return Wording(**{"criterion": "pain", "situation": SEEN, "ruling": COUNTS, "level": 3} | changes)


def rule(rubric=None, replaces=None, **changes):
    rubric = rubric or PracticalFactory().rubric_version.rubric
    return decide_ruling(rubric=rubric, wording=wording(**changes), by=make_grader(), replaces=replaces)


def make_lead():
    return make_grader(is_superuser=True, is_staff=True)


def clip_of(submission, **changes):
    given = {
        "recording": submission.recordings.earliest("place"),
        "start_ms": 60_000,
        "end_ms": 90_000,
        "consent": "By mail, 3 May.",
    }
    return Clip(**given | changes)


# Deciding


def test_ruling_is_dated_and_names_who_decided():
    ruling = rule()

    assert (ruling.decided_on, ruling.level, ruling.retired_at) == (timezone.now().date(), 3, None)
    assert ruling.decided_by is not None


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"criterion": "charm"}, "no-criterion"), ({"criterion": ""}, "level-without-criterion")],
)
def test_ruling_that_fits_no_sheet_is_refused(changes, code):
    rubric = PracticalFactory().rubric_version.rubric

    refusal = refusal_of(decide_ruling, rubric=rubric, wording=wording(**changes), by=make_grader())

    assert (refusal.code, Ruling.objects.count()) == (code, 0)


def test_new_wording_replaces_the_old_one_which_stays():
    old = rule()

    new = rule(rubric=old.rubric, replaces=old, ruling="Two figures are level 3.")

    old.refresh_from_db()
    assert old.retired_at is not None
    assert (new.replaces, old.ruling) == (old, COUNTS)
    assert old.history.count() == 2


def test_ruling_is_retired_or_replaced_once():
    ruling = retire_ruling(ruling=rule(), by=make_grader())

    assert refusal_of(retire_ruling, ruling=ruling, by=make_grader()).code == "retired"
    late = refusal_of(decide_ruling, rubric=ruling.rubric, wording=wording(), by=make_grader(), replaces=ruling)
    assert late.code == "retired"


@pytest.mark.django_db(transaction=True)
def test_two_leads_replacing_one_ruling_at_once_leave_one_successor():
    old, by = rule(), make_grader()

    results = at_once(
        [lambda: decide_ruling(rubric=old.rubric, wording=wording(), by=by, replaces=old) for _ in range(4)]
    )

    assert sorted(str(one) for one in results if one == "retired") == ["retired"] * 3
    assert Ruling.objects.in_force().count() == 1


@pytest.mark.parametrize("change", [{"ruling": "Else."}, {"level": 5}, {"retired_at": None}])
def test_database_lets_nobody_edit_or_revive_a_ruling(change):
    ruling = retire_ruling(ruling=rule(), by=make_grader()) if "retired_at" in change else rule()

    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.filter(pk=ruling.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.filter(pk=ruling.pk)._raw_delete("default")


# Clips


def test_clip_of_decided_work_is_named_with_its_consent():
    submission = make_decided(marks(4, 4, 4, 4, 4))

    ruling = rule(rubric=submission.rubric_version.rubric, clip=clip_of(submission))

    assert (ruling.recording, ruling.start_ms, ruling.end_ms) == (submission.recordings.get(), 60_000, 90_000)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"consent": " "}, "no-consent"),
        ({"end_ms": 60_000}, "not-in-it"),
        ({"end_ms": 240_001}, "not-in-it"),
        ({"start_ms": 2_399_000, "end_ms": 2_400_001}, "not-in-it"),
    ],
)
def test_clip_without_consent_or_outside_the_recording_is_refused(changes, code):
    submission = make_decided(marks(4, 4, 4, 4, 4))
    said = wording(clip=clip_of(submission, **changes))

    refusal = refusal_of(decide_ruling, rubric=submission.rubric_version.rubric, wording=said, by=make_grader())

    assert refusal.code == code


def test_clip_of_work_that_is_not_decided_or_gone_or_of_another_rubric_is_refused():
    waiting = make_lease().task.submission
    decided = make_decided(marks(4, 4, 4, 4, 4))
    gone = make_recording(decided, stored="purged", place=2)
    rubric, other = decided.rubric_version.rubric, Rubric.objects.create(slug="other", title="Other")

    def code(rubric, clip):
        said = wording(criterion="", level=None, clip=clip)
        return refusal_of(decide_ruling, rubric=rubric, wording=said, by=make_grader()).code

    assert code(waiting.rubric_version.rubric, clip_of(waiting)) == "not-usable"
    assert code(rubric, clip_of(decided, recording=gone)) == "not-usable"
    assert code(other, clip_of(decided)) == "other-rubric"


# Where graders read them


def test_desk_shows_rulings_of_its_rubric_beside_their_criterion(client):
    lease = make_lease()
    rubric = lease.task.submission.rubric_version.rubric
    rule(rubric=rubric)
    rule(rubric=rubric, criterion="", level=None, situation="The sound stops for a minute.")
    retire_ruling(ruling=rule(rubric=rubric, situation="An old case."), by=make_grader())
    client.force_login(lease.grader)

    page = client.get(reverse("assessments:desk", args=[lease.task_id])).content.decode()

    opened = page[page.index('data-criterion="pain"') : page.index('data-criterion="value"')]
    assert SEEN in opened
    assert "Rulings about the whole, 1" in page
    assert "An old case." not in page


def test_rulings_cost_the_desk_no_statement(client, django_assert_num_queries, django_assert_max_num_queries):
    lease = make_lease()
    client.force_login(lease.grader)
    url = reverse("assessments:desk", args=[lease.task_id])
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    for criterion in ("pain", "value", "value"):
        rule(rubric=lease.task.submission.rubric_version.rubric, criterion=criterion)

    with django_assert_num_queries(len(few)):
        client.get(url)


def test_book_goes_by_the_order_of_the_sheet_the_whole_first():
    rubric = PracticalFactory().rubric_version.rubric
    for criterion in ("value", "pain", ""):
        rule(rubric=rubric, criterion=criterion, level=None)

    assert [chapter.name for chapter in book_of(rubric, make_grader())] == ["The whole work", "Pain", "Value"]


def test_book_is_read_by_graders_without_names_and_says_when_it_is_empty(client):
    submission = make_decided(marks(4, 4, 4, 4, 4))
    rubric = submission.rubric_version.rubric
    client.force_login(make_grader())
    url = reverse("assessments:rulings", args=[rubric.slug])
    assert "No ruling yet" in client.get(url).content.decode()
    ruling = rule(rubric=rubric, clip=clip_of(submission))

    page = client.get(url).content.decode()

    assert SEEN in page
    recording = ruling.recording
    for secret in (str(recording.pk), recording.original_name, submission.learner.name, ruling.consent):
        assert secret not in page
    assert rubric.title in client.get(reverse("assessments:ruling-books")).content.decode()


@pytest.mark.parametrize("who", ["learner", "partner manager"])
def test_book_is_for_graders_only(client, who):
    rubric = rule().rubric
    client.force_login(make_person(groups=[who]))

    assert client.get(reverse("assessments:rulings", args=[rubric.slug])).status_code == 403
    assert client.get(reverse("assessments:ruling-books")).status_code == 403


def test_book_of_no_rubric_is_not_found(client):
    client.force_login(make_grader())

    assert client.get(reverse("assessments:rulings", args=["nothing"])).status_code == 404


# In the administration


def add(client, rubric, **changes):
    typed = {"rubric": rubric.pk, "criterion": "pain", "situation": SEEN, "ruling": COUNTS, "level": 3}
    return client.post(reverse("admin:assessments_ruling_add"), typed | changes)


def test_lead_adds_replaces_and_retires_in_the_administration(client):
    client.force_login(make_lead())
    rubric = PracticalFactory().rubric_version.rubric
    assert add(client, rubric).status_code == 302
    old = Ruling.objects.get()
    filled = client.get(f"{reverse('admin:assessments_ruling_add')}?replaces={old.pk}").content.decode()
    assert SEEN in filled

    assert add(client, rubric, replaces=old.pk, level=4).status_code == 302
    new = Ruling.objects.in_force().get()
    client.post(reverse("admin:assessments_ruling_deed", args=[new.pk, "retire"]))

    assert (new.level, new.replaces) == (4, old)
    assert not Ruling.objects.in_force().exists()
    assert client.get(reverse("admin:assessments_ruling_change", args=[old.pk])).status_code == 200
    assert client.get(reverse("admin:assessments_ruling_changelist")).status_code == 200


def test_lead_names_a_clip_as_people_write_moments(client):
    submission = make_decided(marks(4, 4, 4, 4, 4))
    client.force_login(make_lead())
    clip = {"recording": submission.recordings.get().pk, "begins": "1:00", "ends": "1:30", "consent": "By mail."}

    half = add(client, submission.rubric_version.rubric, **clip | {"ends": ""})
    wrong = add(client, submission.rubric_version.rubric, **clip | {"ends": "soon"})
    add(client, submission.rubric_version.rubric, **clip)

    assert "A clip needs its recording" in half.content.decode()
    assert "minutes and seconds" in wrong.content.decode()
    assert (Ruling.objects.get().start_ms, Ruling.objects.get().end_ms) == (60_000, 90_000)


def test_what_the_rule_refuses_is_said_above_the_form(client):
    client.force_login(make_lead())
    rubric = PracticalFactory().rubric_version.rubric

    page = add(client, rubric, criterion="").content.decode()

    assert "A level belongs to a criterion." in page
    assert not Ruling.objects.exists()


def test_grader_who_does_not_lead_adds_and_retires_nothing(client):
    ruling = rule()
    client.force_login(make_grader(is_staff=True))

    assert add(client, ruling.rubric).status_code == 403
    assert client.post(reverse("admin:assessments_ruling_deed", args=[ruling.pk, "retire"])).status_code in (
        302,
        403,
        404,
    )
    assert Ruling.objects.in_force().get() == ruling
