"""The demo: people of every role, work in every state, made by the same deeds that people do."""

import json
import os
import re
from collections import namedtuple
from html import unescape
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse

from accreditation.management.demo.people import ACCOUNTS, PASSWORD
from accreditation.models import Accreditation, TierHolding, User
from assessments.models import AttemptState, Brief, ExamStatistics, RecordingState, RulingClip, SubmissionState
from assessments.rules.statistics.readings import why_too_few
from badges.models import Credential

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(120)]


FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Made = namedtuple("Made", "seconds catalogue_seconds root")


def processor_seconds():
    """Of this process and its children: a busy machine makes nothing slower by this clock."""
    return sum(os.times()[:4])


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo, once for the whole file; what it cost."""
    root = tmp_path_factory.mktemp("recordings")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEBUG=True, MEDIA_STORAGE_ROOT=root, PASSWORD_HASHERS=FAST):
            started = processor_seconds()
            call_command("load_program", *map(str, sorted(_catalogue())), quiet=True)
            began = processor_seconds()
            call_command("demo", "--if-empty")
        yield Made(processor_seconds() - began, began - started, root)
        transaction.set_rollback(True)


def _catalogue():
    from accreditation.management.commands.up import CATALOGUE

    return CATALOGUE.glob("*.yaml")


def ask(*words):
    out, err = StringIO(), StringIO()
    call_command("demo", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


class OnlyReads:
    """Refuses every statement that writes."""

    def __call__(self, execute, sql, params, many, context):
        assert sql.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE")), sql
        return execute(sql, params, many, context)


def test_the_demo_is_made_within_the_time_of_ten_catalogues(demo):
    """Twenty seconds, where the shipped programs are loaded in two: a slow processor takes longer for both."""
    assert demo.seconds < 10 * demo.catalogue_seconds


def test_every_account_of_the_demo_can_sign_in(demo):
    people = {one.email: one for one in User.objects.filter(email__in=ACCOUNTS)}

    assert set(people) == set(ACCOUNTS)
    assert all(one.check_password(PASSWORD) and one.emailaddress_set.get().verified for one in people.values())


def test_json_prints_one_document_and_changes_nothing(demo):
    with connection.execute_wrapper(OnlyReads()):
        out, _ = ask("--json")

    told = json.loads(out)
    assert set(told) == {"accounts", "attempt", "submission", "recording", "credential"}
    assert {one["email"] for one in told["accounts"]} == set(ACCOUNTS)
    assert all(set(one) == {"email", "password", "groups"} and one["groups"] for one in told["accounts"])
    assert set(told["attempt"]) >= {AttemptState.IN_PROGRESS, AttemptState.GRADED, AttemptState.VOID}
    assert set(told["submission"]) == set(SubmissionState.values)
    assert set(told["recording"]) >= {RecordingState.READY, RecordingState.REJECTED, RecordingState.UPLOADING}
    assert set(told["credential"]) == {"live", "revoked", "expired"}
    paths = [path for part in ("attempt", "submission", "recording", "credential") for path in told[part].values()]
    assert all(path.startswith("/") for path in paths)


def test_every_address_of_the_demo_opens_for_somebody(demo, client, settings):
    settings.MEDIA_STORAGE_ROOT = demo.root
    told = json.loads(ask("--json")[0])
    paths = {path for part in ("attempt", "submission", "recording") for path in told[part].values()}

    answers = {path: set() for path in paths}
    for person in User.objects.all():
        client.force_login(person)
        for path in paths:
            answers[path].add(client.get(path).status_code)
    client.logout()

    assert [path for path, codes in answers.items() if not codes & {200, 302}] == []
    assert max(code for codes in answers.values() for code in codes) < 500
    assert {client.get(path).status_code for path in told["credential"].values()} == {200}


def test_no_page_that_a_learner_can_reach_shows_the_hidden_notes_of_a_brief(demo, client, settings):
    settings.MEDIA_STORAGE_ROOT = demo.root
    lines = hidden_lines()
    learners = User.objects.filter(email__in=[f"{one}@example.com" for one in ("seller", "rafael", "priya", "sam")])

    for person in learners:
        client.force_login(person)
        for path, text in pages_from("/", client):
            assert not [line for line in lines if line in text], path
    assert len(lines) > 50 and len(learners) == 4


def hidden_lines():
    return {line.strip() for one in Brief.objects.all() for line in one.hidden_notes.splitlines() if line.strip()}


def pages_from(start, client):
    """(path, text) of every page, calendar and answer in JSON that links lead to; not of lessons and of each page's own form."""
    ahead, seen = [start], set()
    while ahead:
        path = ahead.pop()
        if path in seen or path.startswith(
            ("/courses/", "/static/", "/accounts/", "/credentials/", "/badges/", "/feedback/new")
        ):
            continue
        seen.add(path)
        answer = client.get(path)
        if answer.streaming:
            continue
        text = unescape(answer.content.decode(errors="replace"))
        yield path, text
        ahead += [one.partition("#")[0] for one in re.findall(r'(?:href|data-status|src)="(/[^"]*)"', text)]


def test_whoever_plays_the_customer_finds_what_only_they_know(demo, client):
    samir = User.objects.get(email="manager@example.com")
    client.force_login(samir)
    home, sessions = client.get("/").content.decode(), client.get("/sessions/").content.decode()

    briefs = re.findall(r'href="(/sessions/[^"]+/brief/)"', sessions)
    shown = [unescape(client.get(path).content.decode()) for path in briefs]

    assert 'href="/sessions/"' in home and "1 session is over: say what became of it." in home
    assert len(briefs) == 3 and all("What only you know" in page for page in shown)
    assert all(any(line in page for line in hidden_lines()) for page in shown)


def test_a_second_demo_leaves_everything_as_it_is(demo, settings):
    settings.DEBUG = True

    with connection.execute_wrapper(OnlyReads()):
        _, said = ask()

    assert "nothing was changed" in said


def test_the_demo_is_refused_while_debug_is_off():
    with pytest.raises(CommandError, match="refused while DEBUG is off"), connection.execute_wrapper(OnlyReads()):
        call_command("demo")


def test_an_exam_of_the_demo_has_figures_to_look_at(demo):
    row = ExamStatistics.objects.computed().get()

    assert row.persons >= 30
    assert why_too_few(row.persons, row.figures) == ""


def test_grader_of_the_demo_watches_the_clip_of_a_ruling(demo, client, settings):
    settings.MEDIA_STORAGE_ROOT = demo.root
    clip = RulingClip.objects.get()
    client.force_login(User.objects.get(email="grader@example.com"))

    book = client.get(reverse("assessments:rulings", args=["recorded-demo"])).content.decode()
    film = client.get(reverse("assessments:ruling-clip", args=[clip.pk]), headers={"range": "bytes=0-9"})

    assert (clip.state, clip.duration_ms) == ("ready", 12_000)
    assert str(clip.pk) in book
    assert film.status_code == 206


def test_the_partner_s_page_shows_a_tier_with_what_carries_and_endangers_it(demo, client):
    client.force_login(User.objects.get(email="partner-manager@example.com"))

    page = client.get("/organisations/northbeam-partners/").content.decode()

    for words in (
        "Tier: Walk",
        "Lena Vogel",
        "Tariq Mansour",
        "nobody else",
        "ends soon",
        "Depth by vertical",
        "to run.",
    ):
        assert words in page, words


def state_of(short, program):
    return Accreditation.objects.get(learner__email=f"{short}@example.com", program__slug=program).state


@pytest.mark.parametrize(
    ("short", "program", "state"),
    [
        ("wen", "accredited-partner-education", "accredited"),
        ("wen", "workshop-facilitation", "accredited"),
        ("ines", "accredited-partner-marketing", "fading"),
        ("ines", "use-case-campaign", "accredited"),
        ("tomasz", "accredited-partner-product", "accredited"),
        ("tomasz", "proof-of-value", "lapsed"),
        ("seller", "independent-conversations", "fading"),
        ("seller", "roi-conversation", "in_progress"),
        ("june", "accredited-partner-product", "not_started"),
    ],
)
def test_the_persona_programs_of_the_demo_have_people_in_every_state(demo, short, program, state):
    assert state_of(short, program) == state


def test_whoever_has_to_renew_a_persona_may_begin_at_once(demo, client):
    client.force_login(User.objects.get(email="ines@example.com"))

    page = client.get("/practicals/capstone-marketing/").content.decode()

    assert "Pass the exam" not in page


def test_people_of_the_demo_hold_every_tier(demo):
    held = dict(TierHolding.objects.exclude(tier="").values_list("learner__email", "tier"))

    tiers = [held[f"{one}@example.com"] for one in ("wen", "ines", "tomasz", "seller", "rafael")]
    assert tiers == ["walk", "walk", "run", "walk", "crawl"]


def test_what_is_shown_on_the_awards_of_the_demo_names_what_it_stands_on(demo, client):
    award = Credential.objects.get(holder__email="ines@example.com", achievement__slug="use-case-campaign")

    page = unescape(client.get(f"/credentials/{award.pk}/").content.decode())

    assert "Attested by the holder's manager" in page
    assert "None" not in page


def test_seller_of_the_demo_reads_how_long_their_conversations_are_enough(demo, client):
    client.force_login(User.objects.get(email="seller@example.com"))
    held = Accreditation.objects.get(learner__email="seller@example.com", program__slug="independent-conversations")

    page = client.get("/programs/independent-conversations/").content.decode()

    assert f"3 of 3, enough until {held.valid_until:%-d %B %Y}" in page
    assert 'href="/practicals/customer-conversation/"' in page
