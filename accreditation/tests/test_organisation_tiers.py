"""The tier of an organisation: what its people of today show together, who carries it, and what endangers it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.actions.erasure import erase_person
from accreditation.actions.organisations import move_person
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_reminders
from accreditation.actions.tiers import author_tiers
from accreditation.models import Notice, User
from accreditation.roles import PARTNER_MANAGER
from accreditation.rules.organisation_tier_pages import organisation_tier_page
from accreditation.rules.organisation_tiers import (
    Carried,
    Ends,
    carried_in,
    departure_in_words,
    dropping,
    ends_in,
    ends_of,
    leaving_of,
)
from accreditation.rules.tiers import USUAL_TIERS
from accreditation.tests.depth import seller, show, use_case
from accreditation.tests.factories import OrganisationFactory, make_enablement
from accreditation.tests.program_texts import mistakes_of
from courses.models import Vertical
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 20)
LATER = TODAY + timedelta(days=300)


@pytest.fixture
def own():
    return OrganisationFactory(name="Northbeam", slug="northbeam")


@pytest.fixture
def boss(own):
    return make_person(groups=[PARTNER_MANAGER], organisation=own)


def tier_of(organisation, now=None):
    found = organisation_tier_page(organisation, now or timezone.now()).standing
    return found.tier.slug if found.tier else None


def ends(slugs="", until=LATER, **more):
    return Ends(dict.fromkeys(slugs, until) | more)


@pytest.mark.parametrize(
    ("slugs", "expected"),
    [
        ("", None),
        ("a", "crawl"),
        ("ab", "walk"),
        ("abc", "walk"),
        ("abcd", "walk"),
        ("abcde", "run"),
        ("abcdef", "run"),
    ],
)
def test_use_cases_of_different_people_make_the_tier(own, slugs, expected):
    for one in slugs:
        seller(one, organisation=own)
    seller("x", "y", organisation=OrganisationFactory())

    assert tier_of(own) == expected


def test_the_same_use_case_in_many_hands_counts_once(own):
    for _ in range(3):
        seller("a", organisation=own)

    (row,) = carried_in(own, timezone.now().date())

    assert (tier_of(own), row.hands, row.without is not None) == ("crawl", 3, True)


def test_one_complex_solution_of_anybody_is_run(own):
    seller("a", organisation=own)
    seller("b", organisation=own, is_complex=True)

    assert tier_of(own) == "run"


def test_a_use_case_counts_through_its_last_day_and_no_longer(own):
    last = timezone.now().date() + timedelta(days=3)
    seller("a", organisation=own)
    seller("b", organisation=own, valid_until=last)

    def at(day, clock):
        return tier_of(own, datetime.combine(day, clock, UTC))

    assert at(last, time(23, 59, 59)) == "walk"
    assert at(last + timedelta(days=1), time()) == "crawl"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
def test_the_reader_s_clock_changes_nothing(client, own, zone):
    seller("a", organisation=own)
    seller("b", organisation=own, valid_until=timezone.now().date())
    client.force_login(make_person(groups=[PARTNER_MANAGER], organisation=own, time_zone=zone))

    assert "Tier: Walk" in client.get(own.get_absolute_url()).content.decode()


def test_what_lapsed_or_was_never_accredited_counts_for_nobody(own):
    seller("a", organisation=own, ago=400)
    stranger = make_person(organisation=own)
    _, practical = seller("b")
    show(stranger, practical, "c", ago=400)
    reassess(learner=stranger)

    assert tier_of(own) is None


@pytest.mark.parametrize("gone", ["suspended", "erased", "moved"])
def test_only_people_of_today_count(own, gone):
    seller("a", organisation=own)
    learner, _ = seller("b", organisation=own)
    assert tier_of(own) == "walk"

    if gone == "moved":
        move(learner, OrganisationFactory())
    else:
        User.objects.filter(pk=learner.pk).update(is_active=False)
    if gone == "erased":
        erase_person(person=learner, reason="Asked for it.", by=make_enablement())

    assert tier_of(own) == "crawl"


def move(person, organisation):
    return move_person(person=person, organisation=organisation, reason="Changed jobs.", by=make_enablement())


def test_a_move_takes_the_tier_along_at_once(own):
    other = OrganisationFactory()
    seller("a", organisation=own)
    learner, _ = seller("b", "c", organisation=own)

    move(learner, other)

    assert (tier_of(own), tier_of(other)) == ("crawl", "walk")


def test_the_managers_left_behind_hear_what_it_does_to_the_tier(own, boss):
    soon = timezone.now().date() + timedelta(days=20)
    seller("a", organisation=own, valid_until=soon)
    learner, _ = seller("b", "c", organisation=own)

    move(learner, OrganisationFactory(name="Secret Place"))

    text = Notice.objects.get(recipient=boss, key__startswith="left:").text
    assert "Your tier is crawl now, it was walk: only they showed B and C." in text
    assert f"Within 90 days it ends, after {soon:%-d %B %Y}: A will have ended." in text
    assert "Secret" not in text


@pytest.mark.parametrize(
    ("gone", "left", "said"),
    [
        ("", "ab", "Your tier stays walk. Nothing ends it within 90 days."),
        ("a", "ab", "Your tier stays walk. Nothing ends it within 90 days."),
        ("c", "ab", "Your tier stays walk. Nothing ends it within 90 days."),
        ("a", "", "You hold no tier now, it was crawl: only they showed A."),
        (
            "bcde",
            "a",
            "Your tier is crawl now, it was run: only they showed B, C, D and E. Nothing ends it within 90 days.",
        ),
        ("", "", ""),
    ],
)
def test_a_departure_in_words(gone, left, said):
    names = {one: one.upper() for one in "abcdef"}

    assert departure_in_words(USUAL_TIERS, ends(gone), ends(left), names, TODAY) == said


def test_a_departure_may_bring_the_end_nearer():
    soon = TODAY + timedelta(days=90)
    words = departure_in_words(USUAL_TIERS, ends("a"), ends("a", soon), {"a": "A"}, TODAY)

    assert words == (
        "Your tier stays crawl. It now holds until 18 August 2026. "
        "Within 90 days it ends, after 18 August 2026: A will have ended."
    )
    assert "Nothing ends it" in departure_in_words(
        USUAL_TIERS, ends("a"), ends("a", soon + timedelta(days=1)), {"a": "A"}, TODAY
    )


def test_a_complex_solution_that_leaves_takes_run_along():
    gone = Ends({"a": LATER}, LATER)

    assert departure_in_words(USUAL_TIERS, gone, ends("a"), {"a": "A"}, TODAY).startswith(
        "Your tier is crawl now, it was run: only they showed a complex solution."
    )


def test_who_alone_holds_the_tier_up():
    rows = [Carried("a", LATER, 2, 1, TODAY), Carried("b", LATER, 1, 2, None), Carried(None, LATER, 1, 3, None)]

    found = leaving_of(USUAL_TIERS, rows)

    assert [(one.person, one.then.slug) for one in found] == [(3, "walk")]
    assert ends_of(rows, without=1).use_cases == {"a": TODAY, "b": LATER}
    assert [(one.person, one.then) for one in leaving_of(USUAL_TIERS, rows[1:2])] == [(2, None)]


def test_the_page_says_what_carries_the_tier_and_what_would_lift_it(client, own, boss):
    soon = timezone.now().date() + timedelta(days=20)
    ada, practical = seller("a", organisation=own, valid_until=soon)
    seller("b", organisation=own)
    seller("b", organisation=own)
    User.objects.filter(pk=ada.pk).update(name="Ada Okafor")
    practical.brief_pool.briefs.update(use_case=use_case("gitops"))
    client.force_login(boss)

    page = client.get(own.get_absolute_url()).content.decode()

    for words in (
        "Tier: Walk", "2 distinct use cases count today", "Ada Okafor", "nobody else", "2 people",
        f"Walk ends after {soon:%-d %B %Y}, with A; then it is crawl.",
        "If Ada Okafor leaves, walk goes with them at once; then it is crawl.",
        "Three more use cases, or one complex solution, lift Northbeam to run.", "GITOPS", practical.get_absolute_url(),
    ):  # fmt: skip
        assert words in page, words


def test_an_organisation_without_anything_reads_what_counts(client, own, boss):
    client.force_login(boss)

    page = client.get(own.get_absolute_url()).content.decode()

    assert "Tier: none yet" in page
    assert "One more use case lifts Northbeam to crawl." in page
    assert "Use cases count once somebody of yours holds an accreditation" in page


def test_a_manager_reads_nothing_of_another_organisation(client, own, boss):
    other = OrganisationFactory()
    seller("secret", organisation=other)
    seller("a", organisation=own)
    client.force_login(boss)

    assert "SECRET" not in client.get(own.get_absolute_url()).content.decode().split('id="people"')[0]
    assert client.get(other.get_absolute_url()).status_code == 404


def test_depth_in_one_vertical_is_that_of_all_its_people(client, own, boss):
    education = Vertical.objects.create(slug="education", name="Education")
    seller("a", "b", organisation=own, vertical=education)
    seller("b", "c", organisation=own, vertical=education)
    seller("d", organisation=own)
    seller("e", organisation=own, vertical=education, valid_until=timezone.now().date() - timedelta(days=1))
    client.force_login(boss)

    (one,) = organisation_tier_page(own, timezone.now()).depth

    assert one == (education, 3)
    assert "Depth by vertical" in client.get(own.get_absolute_url()).content.decode()


def test_organisations_may_have_thresholds_of_their_own(own, tmp_path):
    author_tiers(
        tiers=[
            {
                "slug": "crawl",
                "title": "Crawl",
                "use_cases": 1,
                "organisation_use_cases": 2,
                "complex_is_enough": False,
            },
            {"slug": "walk", "title": "Walk", "use_cases": 2, "organisation_use_cases": 4, "complex_is_enough": False},
        ]
    )
    learner, _ = seller("a", "b", organisation=own)
    assert (tier_of(own), learner.tier_holding.tier) == ("crawl", "walk")

    wrong = (
        "tiers:\n- {slug: a, title: A, use_cases: 1, organisation_use_cases: 3}\n- {slug: b, title: B, use_cases: 2}\n"
    )
    assert "asks organisations for no more" in mistakes_of(tmp_path, wrong)[0][1]


def test_managers_hear_ninety_days_ahead_once_per_tier_and_day(own, boss):
    now = timezone.now()
    last = now.date() + timedelta(days=90)
    seller("a", organisation=own)
    learner, practical = seller("b", organisation=own, valid_until=last)

    sweep_reminders(now=now - timedelta(days=1))
    assert not Notice.objects.filter(recipient=boss, key__startswith="tier-drops").exists()
    for _ in range(2):
        sweep_reminders(now=now)

    told = Notice.objects.get(recipient=boss, key__startswith="tier-drops")
    assert told.title == f"Northbeam: Walk holds until {last:%-d %B %Y}"
    assert "From the day after it is crawl, because B will have ended." in told.text
    show(learner, practical, "b", ago=1, valid_until=last + timedelta(days=5))
    reassess(learner=learner)
    sweep_reminders(now=now + timedelta(days=5))
    assert Notice.objects.filter(recipient=boss, key__startswith="tier-drops").count() == 2


def test_what_drops_is_found_for_all_in_as_many_statements_as_for_one():
    soon = timezone.now().date() + timedelta(days=10)

    def statements(number):
        for _ in range(number):
            seller("a", organisation=OrganisationFactory(), valid_until=soon)
        with CaptureQueriesContext(connection) as counted:
            found = dropping(timezone.now().date())
        return len(found), len(counted)

    (few, first), (many, second) = statements(1), statements(3)
    assert (few, many, first) == (1, 4, second)


def test_an_organisation_among_all_says_what_it_says_alone(own):
    for slug in "ab":
        seller(slug, organisation=own)
    today = timezone.now().date()

    assert ends_in(today)[own.pk] == ends_in(today, [own.pk])[own.pk] == ends_of(carried_in(own, today))
    assert ends_in(today, []) == {}


def test_managers_and_enablement_decide_whether_the_directory_says_it(client, own, boss):
    address = f"{own.get_absolute_url()}tier"
    client.force_login(boss)
    assert client.post(address, {"shows": "yes"}).status_code == 302
    own.refresh_from_db()
    assert (own.shows_tier, own.history.first().history_user) == (True, boss)
    assert "at least five of them" in client.get(own.get_absolute_url()).content.decode()

    client.force_login(make_person(groups=[PARTNER_MANAGER], organisation=OrganisationFactory()))
    assert client.post(address, {"shows": "no"}).status_code == 404
    client.force_login(make_enablement())
    assert client.post(address, {"shows": "no"}).status_code == 302
    own.refresh_from_db()
    assert not own.shows_tier
