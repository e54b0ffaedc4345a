"""Chat channels: who hears of what, once each; patience with a channel that fails; an address that is never shown."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.channels import OFF_AFTER, TRIES, deliver_post, post, post_due, post_standing, post_trial
from accreditation.actions.sweeps import sweep_channels
from accreditation.models import Channel, ChannelPost, Notice
from accreditation.rules.channels import plain
from accreditation.tests.channels import make_channel
from accreditation.tests.factories import AccreditationFactory, EnrolmentFactory, OrganisationFactory, make_enablement
from courses.lib.refusals import Refused
from courses.tests.far_machines import far_machine, reply
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def chat(settings):
    """A chat that takes posts."""
    with far_machine() as machine:
        settings.OUTBOUND_USES, settings.OUTBOUND_LOCAL = ["webhooks"], [machine.place]
        yield machine


def waiting(chat, **fields):
    """A post that waits for this chat."""
    return post(channel=make_channel(chat.url("/hook"), **fields), key="a", text="Ada is accredited")


def again(row):
    ChannelPost.objects.filter(pk=row.pk).update(due_at=timezone.now())
    done = deliver_post(post_id=row.pk)
    row.refresh_from_db()
    return done


def test_a_post_arrives_as_plain_json_once(chat):
    row = waiting(chat)

    assert (sweep_channels(), sweep_channels()) == (1, 0)

    ((method, _path, headers, body),) = chat.asked
    assert (method, headers["content-type"], json.loads(body)) == (
        "POST",
        "application/json",
        {"text": "Ada is accredited"},
    )
    row.refresh_from_db()
    assert (row.state, row.problem) == ("sent", "")


def test_nothing_leaves_until_webhooks_are_allowed(chat, settings):
    row, settings.OUTBOUND_USES = waiting(chat), []

    assert (sweep_channels(), chat.asked) == (0, [])
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)


def test_the_wait_that_a_channel_asks_for_is_kept(chat):
    row = waiting(chat)
    chat.answers["/hook"] = reply(429, b"", Retry_After="300")

    assert again(row) is False

    assert row.state == "waiting"
    assert timedelta(seconds=290) < row.due_at - timezone.now() < timedelta(seconds=310)
    assert Channel.objects.get().failed_in_a_row == 0


@pytest.mark.parametrize(
    ("status", "state"), [(500, "waiting"), (503, "waiting"), (302, "waiting"), (404, "failed"), (410, "failed")]
)
def test_a_failure_is_tried_again_and_a_refusal_is_not(chat, status, state):
    row = waiting(chat)
    chat.answers["/hook"] = reply(status, b"")

    again(row)

    assert (row.state, str(status) in row.problem) == (state, True)


def test_a_post_is_given_up_in_the_end(chat):
    row = waiting(chat)
    chat.answers["/hook"] = reply(500, b"")

    for _ in range(TRIES + 2):
        again(row)

    assert (row.state, row.attempts, len(chat.asked)) == ("failed", TRIES, TRIES)


def test_a_channel_that_keeps_failing_is_switched_off_and_its_maker_told(chat):
    maker = make_person()
    row = waiting(chat, made_by=maker, failed_in_a_row=OFF_AFTER - 1)
    chat.answers["/hook"] = reply(500, b"")

    again(row)

    assert Channel.objects.get().is_active is False
    assert "is off" in Notice.objects.get(recipient=maker).title
    again(row)
    assert (row.state, len(chat.asked)) == ("failed", 1)


def test_other_channels_are_not_held_up(chat):
    bad, good = waiting(chat), post(channel=make_channel(chat.url("/good")), key="b", text="B")
    chat.answers["/hook"] = reply(500, b"")

    sweep_channels()

    states = dict(ChannelPost.objects.values_list("pk", "state"))
    assert (states[bad.pk], states[good.pk]) == ("waiting", "sent")


def test_an_address_that_leads_inside_is_not_asked(chat):
    row = post(channel=make_channel("https://127.0.0.1:6379/"), key="a", text="x")

    again(row)

    assert (row.state, chat.asked) == ("failed", [])


def test_a_changed_secret_says_what_to_do(chat, settings):
    row, settings.ISSUER_SECRET = waiting(chat), "another"

    again(row)

    assert (row.state, row.problem) == ("failed", "Set the address of the channel again.")


def heard(accreditation, old="not_started"):
    post_standing(accreditation=accreditation, old=old)
    return set(ChannelPost.objects.values_list("channel__name", flat=True))


def test_each_channel_hears_of_its_own_people_only():
    mine, theirs, manager = OrganisationFactory(), OrganisationFactory(), make_person()
    learner = make_person(name="Ada Okafor", email="ada@example.com", organisation=mine, manager=manager)
    row = AccreditationFactory(learner=learner, state="accredited")
    make_channel(name="portal")
    make_channel(name="mine", organisation=mine)
    make_channel(name="theirs", organisation=theirs)
    make_channel(name="team", manager=manager)
    make_channel(name="other team", manager=make_person())
    make_channel(name="program", program=row.program)
    make_channel(name="off", organisation=mine, is_active=False)
    make_channel(name="deaf", organisation=mine, facts=["tier"])

    assert heard(row) == {"portal", "mine", "team", "program"}
    assert heard(row) == {"portal", "mine", "team", "program"}
    text = ChannelPost.objects.first().text
    assert (text, ChannelPost.objects.count()) == (f"Ada Okafor is accredited: {row.program}", 4)


def test_who_was_accredited_already_is_no_news():
    row = AccreditationFactory(state="fading")
    make_channel()

    assert heard(row, old="accredited") == set()


def test_on_mondays_what_is_due_is_counted_without_names():
    mine = OrganisationFactory()
    row = EnrolmentFactory(
        due_on=(MONDAY + timedelta(days=3)).date(), learner=make_person(organisation=mine, name="Ada Okafor")
    )
    EnrolmentFactory(program=row.program, due_on=(MONDAY + timedelta(days=3)).date())
    make_channel(organisation=mine)

    for day in (0, 0, 1):
        post_due(today=(MONDAY + timedelta(days=day)).date())

    assert ChannelPost.objects.get().text == f"Due within seven days:\n{row.program.title}: 1 person"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<!channel> Ada", "&lt;!channel&gt; Ada"),
        ("@all", "@\u200ball"),
        ("Ada\nDue: x", "Ada Due: x"),
        ("<https://a.b|x>", "&lt;https://a.b|x&gt;"),
    ],
)
def test_a_name_commands_no_chat(name, shown):
    assert plain(name) == shown


def test_the_database_keeps_a_post_once_and_a_channel_for_one_group():
    channel = make_channel()
    ChannelPost.objects.create(channel=channel, key="a", text="x")
    for deed in (
        lambda: ChannelPost.objects.create(channel=channel, key="a", text="x"),
        lambda: make_channel(organisation=OrganisationFactory(), manager=make_person()),
        lambda: make_channel(facts=[]),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            deed()


def test_a_trial_needs_a_channel_that_is_on():
    with pytest.raises(Refused):
        post_trial(channel=make_channel(is_active=False), by=make_person())


# The administration


ADD = {"name": "Team", "facts": ["earned"], "is_active": "on", "organisation": "", "manager": "", "program": ""}


@pytest.fixture
def staff(client, settings):
    settings.OUTBOUND_USES = ["webhooks"]
    client.force_login(make_enablement())
    return client


def test_the_address_is_taken_and_never_shown_again(staff):
    secret = "https://hooks.example.com/T0/very-secret"
    assert staff.post(reverse("admin:accreditation_channel_add"), ADD | {"address": secret}).status_code == 302
    row = Channel.objects.get()
    pages = [reverse("admin:accreditation_channel_changelist")]
    pages += [reverse(f"admin:accreditation_channel_{one}", args=[row.pk]) for one in ("change", "history")]

    for page in pages:
        html = staff.get(page).content.decode()
        assert "very-secret" not in html
    assert "hooks.example.com" in staff.get(pages[1]).content.decode()
    assert b"very-secret" not in bytes(row.sealed_address)
    staff.post(pages[1], ADD | {"name": "Renamed", "address": ""})
    row.refresh_from_db()
    assert (row.name, row.host) == ("Renamed", "hooks.example.com")


@pytest.mark.parametrize(
    "address",
    ["", "http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/x", "https://u:p@example.com/"],
)
def test_an_address_that_will_not_do_is_refused_with_its_reason(staff, address):
    response = staff.post(reverse("admin:accreditation_channel_add"), ADD | {"address": address})

    assert (response.status_code, Channel.objects.exists()) == (200, False)
    assert "errorlist" in response.content.decode()


def test_a_trial_is_one_press(staff):
    row = make_channel()

    staff.post(reverse("admin:accreditation_channel_deed", args=[row.pk, "trial"]))

    assert "A trial" in ChannelPost.objects.get().text


def test_nobody_else_sets_channels(client):
    client.force_login(make_person(groups=["partner manager"], organisation=OrganisationFactory()))

    assert client.get(reverse("admin:accreditation_channel_changelist")).status_code in (302, 403, 404)
