"""Who watches the clip of a ruling, and what desk, book and administration show of it."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import disk, storage
from assessments.actions.retention import carry_out_purges, withdraw_consent
from assessments.actions.rulings import retire_ruling
from assessments.models import (
    Conflict,
    Enrichment,
    EnrichmentKind,
    EnrichmentState,
    ReviewerPool,
    Ruling,
    RulingClip,
)
from assessments.rules.rulings import MOST_AT_DESK
from assessments.tests.factories_practicals import make_grader, make_lease
from assessments.tests.ruling_clips import cut, make_cut, make_filmed, make_ruling
from assessments.tests.test_recording_access import allowed, signed_in
from courses.models import AuditEvent
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db


def media_of(clip):
    return reverse("assessments:ruling-clip", args=[clip.pk])


def captions_of(clip):
    return reverse("assessments:ruling-clip-captions", args=[clip.pk])


def statuses(person, clip):
    client = signed_in(person)
    return [client.get(media_of(clip)).status_code, client.get(captions_of(clip)).status_code]


def make_lead(**fields):
    return allowed(make_grader(**fields), "lead_reviews")


def learner_of(clip):
    return clip.ruling.recording.submission.learner


def page_of(client, name, *args):
    return client.get(reverse(f"assessments:{name}", args=args)).content.decode()


# Who watches


def test_graders_watch_with_ranges_and_who_did_is_written_down_once():
    clip, client = make_cut(), signed_in(make_grader())
    content = (disk.root() / clip.path).read_bytes()

    part = client.get(media_of(clip), headers={"range": "bytes=4-11"})

    assert (part.status_code, part.getvalue()) == (206, content[4:12])
    assert (part["Content-Type"], part["Content-Disposition"]) == ("video/mp4", "inline")
    assert part["Cache-Control"] == "private, no-transform"
    assert part["Content-Security-Policy"].startswith("sandbox")
    assert "Last-Modified" not in part
    client.get(media_of(clip))
    assert AuditEvent.objects.filter(event="clip.watched").count() == 1


def test_first_two_requests_of_a_player_at_once_shut_nobody_out():
    clip, grader = make_cut(), make_grader()
    for _ in range(2):
        AuditEvent.objects.create(actor=grader, event="clip.watched", subject=f"assessments.rulingclip:{clip.pk}")

    assert signed_in(grader).get(media_of(clip)).status_code == 200


def test_a_session_is_asked_for():
    clip = make_cut()

    assert [Client().get(url).status_code for url in (media_of(clip), captions_of(clip))] == [401, 401]


@pytest.mark.parametrize("who", ["the learner", "somebody", "a partner manager", "an auditor of recordings"])
def test_for_everybody_else_it_does_not_exist(who):
    clip = make_cut()
    person = {
        "the learner": lambda: learner_of(clip),
        "somebody": make_person,
        "a partner manager": lambda: make_person(groups=["partner manager"]),
        "an auditor of recordings": lambda: allowed(make_person(), "view_recording"),
    }[who]()

    assert statuses(person, clip) == [404, 404]


def test_a_grader_who_made_it_doesnt_watch_it():
    clip = make_cut()
    learner = allowed(learner_of(clip), "grade")

    assert statuses(learner, clip) == [404, 404]


def in_the_manager_line(grader, learner):
    learner.manager = grader
    learner.save()


def of_one_organisation(grader, learner):
    partner = apps.get_model("accreditation.Organisation").objects.create(slug="northbeam", name="Northbeam")
    grader.organisation = learner.organisation = partner
    grader.save()
    learner.save()


def declared(grader, learner):
    Conflict.objects.create(grader=grader, learner=learner)


def manager_until_yesterday(grader, learner):
    Conflict.objects.create(grader=grader, learner=learner, kind="manager", ended_at=timezone.now() + timedelta(days=1))


@pytest.mark.parametrize("conflict", [in_the_manager_line, of_one_organisation, declared, manager_until_yesterday])
@pytest.mark.parametrize("make", [make_grader, make_lead])
def test_who_knows_the_learner_neither_hears_nor_hears_of_it(conflict, make):
    clip, grader = make_cut(), make()

    conflict(grader, learner_of(clip))
    grader = type(grader).objects.get(pk=grader.pk)

    assert statuses(grader, clip) == [404, 404]
    page = page_of(signed_in(grader), "rulings", clip.ruling.rubric.slug)
    assert clip.ruling.situation in page
    ruling = page[page.index('class="ruling"') : page.index("</ul>", page.index('class="ruling"'))]
    assert "lip" not in without_tokens(ruling)


def test_conflict_that_ended_before_the_hand_in_stands_no_more():
    clip, grader = make_cut(), make_grader()
    long_ago = timezone.now() - timedelta(days=9)
    Conflict.objects.create(grader=grader, learner=learner_of(clip), kind="manager", ended_at=long_ago)

    assert statuses(grader, clip) == [200, 200]


def test_who_watches_every_recording_is_asked_for_no_conflict():
    clip, enablement = make_cut(), allowed(make_lead(), "view_recording")
    declared(enablement, learner_of(clip))

    assert statuses(enablement, clip) == [200, 200]


def test_graders_of_other_pools_dont_watch_it_and_leads_do():
    clip = make_cut()
    mine, other = make_grader(), make_grader()
    pool = ReviewerPool.objects.create(slug="few", title="Few")
    pool.members.add(mine)
    type(clip.ruling.recording.submission.practical).objects.update(reviewer_pool=pool)

    assert statuses(mine, clip) == [200, 200]
    assert statuses(other, clip) == [404, 404]
    assert statuses(make_lead(), clip) == [200, 200]


def test_grader_who_reads_work_of_the_same_learner_doesnt_hear_an_earlier_level():
    clip = make_cut()
    lease = make_lease(learner=learner_of(clip))
    assert lease.task.submission.learner == learner_of(clip)

    before = statuses(lease.grader, clip)
    desk = page_of(signed_in(lease.grader), "desk", lease.task_id)
    lease.released_at, lease.end = timezone.now(), "sent"
    lease.save()

    assert before == [404, 404]
    assert clip.ruling.situation in desk
    assert str(clip.pk) not in desk
    assert statuses(lease.grader, clip) == [200, 200]


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_clip_that_is_not_ready_does_not_exist(state):
    ruling = make_ruling()
    RulingClip.objects.update(state=state, code="x")

    assert statuses(make_grader(), ruling.clip) == [404, 404]


def test_clip_of_a_retired_ruling_or_of_consent_taken_back_is_gone_at_once():
    first, second = make_cut(), None
    retire_ruling(ruling=first.ruling, by=make_grader())
    second = make_cut(first.ruling.recording.submission)
    lead, grader = make_lead(), make_grader()
    assert statuses(lead, first) == [404, 404]
    assert statuses(grader, second) == [200, 200]

    withdraw_consent(recording=second.ruling.recording, reason="They asked.", by=make_person())

    assert statuses(grader, second) == [404, 404]
    assert (disk.root() / second.path).exists()


def hear(recording, lines):
    """A transcript of a recording, of rows as its file keeps them."""
    now = timezone.now()
    storage.transcript_path(recording).write_text(json.dumps(lines))
    Enrichment.objects.create(
        recording=recording, kind=EnrichmentKind.TRANSCRIPT, state=EnrichmentState.DONE, state_since=now, created_at=now
    )


def test_captions_say_what_was_heard_in_the_stretch_alone():
    clip = make_cut()
    hear(
        clip.ruling.recording,
        [[0, 2_000, "Before."], [8_300, 9_300, "What <does> it cost?"], [20_000, 21_000, "After."]],
    )

    told = signed_in(make_grader()).get(captions_of(clip))

    assert told["Content-Type"] == "text/vtt"
    assert told.content.decode() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nWhat &lt;does&gt; it cost?\n"


# Desk and book


def desk_with(*rulings):
    """A desk of another learner's work with the same rubric, and its page."""
    lease = make_lease()
    return lease, page_of(signed_in(lease.grader), "desk", lease.task_id)


def test_desk_shows_a_plain_film_beside_the_criterion():
    clip = make_cut()
    hear(clip.ruling.recording, [])

    _, page = desk_with(clip)

    pain = page[page.index('data-criterion="pain"') : page.index('data-criterion="value"')]
    assert f'<video class="clip__video" controls playsinline preload="none" data-clip' in pain  # noqa: F541
    assert media_of(clip) in pain
    assert captions_of(clip) in pain
    assert "Clip, 0:05 · Pain, level 3" in pain
    for secret in (str(clip.ruling.recording_id), clip.ruling.consent, learner_of(clip).name):
        assert secret not in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("queued", "is being cut"),
        ("running", "is being cut"),
        ("failed", "could not be cut"),
        ("deleted", "was deleted with"),
    ],
)
def test_desk_and_book_say_what_became_of_a_clip(state, said):
    ruling = make_ruling()
    RulingClip.objects.update(state=state, code="consent" if state in ("failed", "deleted") else "")

    lease, page = desk_with(ruling)

    assert said in page
    assert said in page_of(signed_in(lease.grader), "rulings", ruling.rubric.slug)
    assert media_of(ruling.clip) not in page


def test_ruling_without_a_clip_says_nothing_of_one():
    make_ruling(clip=None)

    _, page = desk_with()

    assert 'class="clip' not in page


def test_deleted_clip_is_told_in_the_book_and_the_words_stay():
    clip = make_cut()
    withdraw_consent(recording=clip.ruling.recording, reason="They asked.", by=make_person())
    carry_out_purges(now=timezone.now())

    page = page_of(signed_in(make_grader()), "rulings", clip.ruling.rubric.slug)

    assert "Its clip was deleted with the recording" in page
    assert clip.ruling.situation in page


def test_clips_cost_desk_and_book_no_statement(django_assert_num_queries, django_assert_max_num_queries):
    submission = make_filmed()
    ruling = make_ruling(submission, clip=None)
    lease = make_lease()
    client = signed_in(lease.grader)
    desk = reverse("assessments:desk", args=[lease.task_id])
    book = reverse("assessments:rulings", args=[ruling.rubric.slug])
    with django_assert_max_num_queries(12) as at_the_desk:
        client.get(desk)
    with django_assert_max_num_queries(8) as in_the_book:
        client.get(book)
    for _ in range(3):
        make_cut(submission)

    with django_assert_num_queries(len(at_the_desk)):
        client.get(desk)
    with django_assert_num_queries(len(in_the_book)):
        client.get(book)


def test_desk_grows_no_heavier_with_the_book_which_has_all():
    submission = make_filmed()
    rulings = [make_ruling(submission, situation=f"Case number {number}.") for number in range(MOST_AT_DESK)]
    lease, few = desk_with()
    rulings += [make_ruling(submission, situation=f"Case number {number}.") for number in range(MOST_AT_DESK, 9)]
    client = signed_in(lease.grader)

    many = page_of(client, "desk", lease.task_id)

    assert f"Rulings, {len(rulings)}" in many
    assert f"All {len(rulings)} in the ruling book" in many
    assert "Case number 8." in many
    assert "Case number 3." not in many
    assert len(many) < len(few) + 400
    book = page_of(client, "rulings", rulings[0].rubric.slug)
    assert all(one.situation in book for one in rulings)
    assert 'id="chapter-pain"' in book


# In the administration


def staff_lead(**fields):
    return make_lead(is_staff=True, is_superuser=True, **fields)


def test_lead_sees_where_the_clip_stands_and_watches_it():
    clip = make_cut()
    client = signed_in(staff_lead())

    page = client.get(reverse("admin:assessments_ruling_change", args=[clip.ruling_id])).content.decode()
    rows = client.get(reverse("admin:assessments_ruling_changelist"))

    assert "Graders of this rubric can watch it." in page
    assert media_of(clip) in page
    assert rows.status_code == 200
    assert "ready" in rows.content.decode()


def failed_clip():
    ruling = make_ruling()
    RulingClip.objects.update(state="failed", code="tries-used-up", tries=3)
    return RulingClip.objects.get(ruling=ruling)


def test_lead_reads_why_a_clip_failed_and_has_it_tried_again():
    clip = failed_clip()
    client = signed_in(staff_lead())
    address = reverse("admin:assessments_ruling_change", args=[clip.ruling_id])
    page = client.get(address).content.decode()
    assert "It could not be cut. It broke three times" in page
    assert "Try to cut the clip again" in page

    client.post(reverse("admin:assessments_ruling_deed", args=[clip.ruling_id, "cut_again"]))

    assert RulingClip.objects.get().state == "queued"
    assert cut(clip.ruling).state == "ready"
    assert "Try to cut the clip again" not in client.get(address).content.decode()


def test_grader_who_does_not_lead_tries_nothing_again():
    clip = failed_clip()
    client = signed_in(make_grader(is_staff=True))

    client.post(reverse("admin:assessments_ruling_deed", args=[clip.ruling_id, "cut_again"]))

    assert RulingClip.objects.get().state == "failed"


def test_trying_many_again_says_which_need_it_not():
    clip = failed_clip()
    without = make_ruling(clip.ruling.recording.submission, clip=None)
    client = signed_in(staff_lead())
    chosen = {"action": "cut_again", "_selected_action": [clip.ruling_id, without.pk]}

    page = client.post(reverse("admin:assessments_ruling_changelist"), chosen, follow=True).content.decode()

    assert "names no stretch" in page
    assert RulingClip.objects.get().state == "queued"


def test_list_of_rulings_costs_no_more_with_clips(django_assert_num_queries, django_assert_max_num_queries):
    submission = make_filmed()
    make_ruling(submission)
    client = signed_in(staff_lead())
    address = reverse("admin:assessments_ruling_changelist")
    with django_assert_max_num_queries(14) as few:
        client.get(address)
    for _ in range(3):
        make_ruling(submission)

    with django_assert_num_queries(len(few)):
        client.get(address)


def form_page(client, **given):
    return client.get(reverse("admin:assessments_ruling_add"), given).content.decode()


def test_form_shows_the_recording_to_choose_from_to_who_may_watch_it():
    recording = make_filmed().recordings.get()
    address = reverse("assessments:recording-media", args=[recording.pk])
    rubric = recording.submission.rubric_version.rubric_id

    page = form_page(signed_in(staff_lead()), recording=recording.pk, rubric=rubric)

    assert f'src="{address}"' in page
    assert str(recording.pk) in page
    lead = make_lead(is_staff=True)
    for codename in ("add_ruling", "view_ruling"):
        lead = allowed(lead, codename)
    other = form_page(signed_in(lead), recording=recording.pk)
    assert f'src="{address}"' not in other
    assert "Type the moments" in other


@pytest.mark.parametrize("named", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_form_without_a_recording_says_what_to_do(named):
    page = form_page(signed_in(staff_lead()), recording=named)

    assert "Name a recording above" in page


def test_form_offers_the_moments_at_which_its_author_commented_at_the_desk():
    submission = make_filmed()
    recording = submission.recordings.get()
    comment = recording.comments.first()
    author = type(comment.grader).objects.get(pk=comment.grader_id)
    author.is_staff = author.is_superuser = True
    author.save()

    mine = form_page(signed_in(author), recording=recording.pk)
    others = form_page(signed_in(staff_lead()), recording=recording.pk)

    assert 'data-clip-from="0:01" data-clip-to=""' in mine
    assert comment.text in mine
    assert "data-clip-from" not in others


def test_new_wording_begins_with_the_clip_of_the_old_one():
    clip = make_cut()
    Ruling.objects.filter(pk=clip.ruling_id)

    page = form_page(signed_in(staff_lead()), replaces=clip.ruling_id)

    for given in ('value="0:07"', 'value="0:12"', clip.ruling.consent, str(clip.ruling.recording_id)):
        assert given in page


def test_decided_work_leads_to_a_ruling_about_it():
    submission = make_filmed()
    recording = submission.recordings.get()
    client = signed_in(staff_lead())
    wanted = f"rubric={submission.rubric_version.rubric_id}&amp;recording={recording.pk}"

    pages = [
        client.get(reverse("admin:assessments_recording_change", args=[recording.pk])).content.decode(),
        client.get(reverse("admin:assessments_submission_change", args=[submission.pk])).content.decode(),
    ]

    assert all(wanted in page for page in pages)


def test_work_that_is_not_decided_leads_to_none():
    submission = make_lease().task.submission
    client = signed_in(staff_lead())

    pages = [
        client.get(reverse("admin:assessments_recording_change", args=[submission.recordings.get().pk])),
        client.get(reverse("admin:assessments_submission_change", args=[submission.pk])),
    ]

    assert all("Write a ruling about" not in page.content.decode() for page in pages)
