"""The public directory: only who wants to, as they want it, gone at once, and nothing more than that."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.actions.directory import be_listed, be_listed_no_more
from accreditation.models import Accreditation, DirectoryEntry, Organisation, TierHolding, User
from accreditation.rules import directory as rules
from accreditation.tests.factories import AccreditationFactory, EvidenceFactory, OrganisationFactory
from accreditation.views import directory as views
from assessments.tests.factories_practicals import PracticalFactory
from badges.tests.factories import make_credential
from badges.tests.test_revoking import revoke
from courses.models import AuditEvent
from courses.tests.factories import PersonaFactory, UseCaseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
CHOICES = {"name": "full", "shows_organisation": True, "shows_badges": True}


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def listed(name="Ada Okafor", *, accredited=True, choices=(), **fields):
    """Somebody who wants to be in the directory."""
    person = make_person(name=name, **fields)
    if accredited:
        AccreditationFactory(learner=person)
    be_listed(by=person, **CHOICES | dict(choices))
    return person


def page(query=""):
    answer = Client().get(f"/directory/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def names(query=""):
    return [one.name for one in Client().get(f"/directory/{query}").context["people"]]


def test_nobody_is_shown_who_did_not_ask():
    AccreditationFactory(learner=make_person(name="Quiet Person"))

    assert "Nobody is shown here yet" in page()


def test_visitors_see_what_a_person_chose_and_no_address():
    persona, use_case = PersonaFactory(name="Education"), UseCaseFactory(name="GitOps")
    person = listed(persona=persona, organisation=OrganisationFactory(name="Northbeam", region="Iberia"))
    credential = make_credential(holder=person)
    Accreditation.objects.filter(learner=person).update(credential=credential)
    EvidenceFactory(learner=person, kind="practical", practical=PracticalFactory(), use_case=use_case)

    shown = page()

    for words in ("Ada Okafor", "Education", "GitOps", "Northbeam, Iberia", credential.get_absolute_url()):
        assert words in shown
    assert person.email not in shown


def test_what_was_not_chosen_is_not_shown():
    organisation = OrganisationFactory(name="Northbeam", region="Iberia")
    person = listed(
        organisation=organisation, choices={"name": "short", "shows_organisation": False, "shows_badges": False}
    )
    Accreditation.objects.filter(learner=person).update(credential=make_credential(holder=person))

    shown = page()

    assert "Ada O." in shown
    for words in ("Okafor", "Northbeam", "Iberia", "/credentials/"):
        assert words not in shown.split("<main", 1)[1].split("</main>")[0], words
    for query in ("?region=Iberia", f"?organisation={organisation.slug}"):
        assert names(query) == []


def test_a_revoked_badge_is_no_link():
    person = listed()
    credential = make_credential(holder=person)
    Accreditation.objects.filter(learner=person).update(credential=credential)
    revoke(credential)

    assert credential.get_absolute_url() not in page()


@pytest.mark.parametrize("change", ["lapsed", "ran out today", "suspended", "organisation out", "never accredited"])
def test_who_is_not_shown_although_they_asked(change):
    person = listed(organisation=OrganisationFactory(), accredited=change != "never accredited")
    if change == "lapsed":
        Accreditation.objects.update(state="lapsed")
    elif change == "ran out today":
        Accreditation.objects.update(valid_until=date.today() - timedelta(days=1))
    elif change == "suspended":
        type(person).objects.filter(pk=person.pk).update(is_active=False)
    elif change == "organisation out":
        Organisation.objects.update(is_listed=False)

    assert names() == []


def test_who_takes_themselves_out_is_gone_with_the_next_request():
    person = listed()
    assert names() == ["Ada Okafor"]

    be_listed_no_more(by=person)
    be_listed_no_more(by=person)

    assert names() == []
    assert not DirectoryEntry.objects.exists()
    assert AuditEvent.objects.filter(event="out of the directory").count() == 1


def test_readers_choose_by_persona_use_case_region_and_organisation():
    sales, gitops = PersonaFactory(slug="sales"), UseCaseFactory(slug="gitops")
    home = OrganisationFactory(slug="north", region="Iberia")
    ada = listed("Ada", persona=sales, organisation=home)
    listed("Bo", organisation=OrganisationFactory(region="Nordics"))
    EvidenceFactory(learner=ada, kind="practical", practical=PracticalFactory(), use_case=gitops)

    for query in ("?persona=sales", "?use_case=gitops", "?region=Iberia", "?organisation=north"):
        assert names(query) == ["Ada"], query
    assert names() == ["Ada", "Bo"]
    assert "Nobody fits this choice" in page("?persona=sales&region=Nordics")


def test_pages_follow_each_other_without_gap_or_repetition(monkeypatch):
    monkeypatch.setattr(rules, "PEOPLE_A_PAGE", 3)
    wanted = sorted([listed(f"Same Name {n % 2}").pk for n in range(8)], key=lambda pk: pk)
    seen, query = [], ""
    for _ in range(4):
        answer = Client().get(f"/directory/{query}")
        seen += [one.key for one in answer.context["people"]]
        query = f"?{answer.context['more']}"
        if query == "?":
            break

    assert len(seen) == len(set(seen)) == len(wanted)


@pytest.mark.parametrize("after", ["nonsense", "00000000-0000-0000-0000-000000000007", "x" * 5000])
def test_a_page_after_somebody_who_is_gone_begins_anew(after):
    listed()

    assert names(f"?after={after}") == ["Ada Okafor"]


def test_the_page_takes_as_many_statements_for_many_people_as_for_few():
    def add(number):
        person = listed(f"Person {number}", organisation=OrganisationFactory(), persona=PersonaFactory())
        Accreditation.objects.filter(learner=person).update(credential=make_credential(holder=person))
        EvidenceFactory(learner=person, kind="practical", practical=PracticalFactory(), use_case=UseCaseFactory())

    def count():
        with CaptureQueriesContext(connection) as captured:
            page()
        return len(captured)

    add(0)
    few = count()
    for number in range(1, 6):
        add(number)

    assert count() == few <= 10


def test_search_engines_are_asked_not_to_keep_it_unless_the_portal_wants(settings, client):
    answer = client.get("/directory/")
    settings.DIRECTORY_INDEXED = True

    assert (answer["X-Robots-Tag"], answer["Cache-Control"]) == ("noindex, nofollow", "no-store")
    assert "X-Robots-Tag" not in client.get("/directory/").headers


def test_a_lot_of_calls_are_slowed_down(monkeypatch, client):
    monkeypatch.setattr(views, "PER_MINUTE", 2)

    statuses = [client.get("/directory/").status_code for _ in range(3)]
    answer = client.get("/directory/")

    assert statuses == [200, 200, 429]
    assert int(answer["Retry-After"]) > 0
    assert "Go on in" in answer.content.decode()


def test_a_person_chooses_on_their_own_page(client):
    person = make_person(name="Ada Okafor")
    client.force_login(person)

    assert "as soon as you hold an accreditation" in client.get("/profile/directory/").content.decode()
    assert client.post("/profile/directory/", {"name": "short", "shows_badges": "on"}).status_code == 302
    row = DirectoryEntry.objects.get(person=person)
    assert (row.name, row.shows_organisation, row.shows_badges) == ("short", False, True)
    assert client.post("/profile/directory/", {"name": "boss"}).status_code == 422
    assert client.post("/profile/directory/leave").status_code == 302
    assert not DirectoryEntry.objects.exists()


def test_whose_organisation_keeps_out_reads_why(client):
    person = make_person(organisation=OrganisationFactory(name="Northbeam", is_listed=False))
    client.force_login(person)

    assert "Northbeam keeps its people out" in client.get("/profile/directory/").content.decode()


def tiered(name, organisation=None, tier="walk", **fields):
    """Somebody listed who holds a tier as computed."""
    person = listed(name, organisation=organisation, **fields)
    TierHolding.objects.create(
        learner=person, tier=tier, valid_until=date.today(), use_cases={"1": str(date.today()), "2": str(date.today())},
        computed_at=timezone.now(),
    )  # fmt: skip
    return person


def test_people_are_shown_and_chosen_by_their_tier():
    tiered("Ada")
    listed("Bo")

    assert [one.tier for one in Client().get("/directory/").context["people"]] == ["Walk", ""]
    assert names("?tier=walk") == ["Ada"]
    assert names("?tier=crawl") == names("?tier=nonsense") == []


def test_a_tier_that_ended_by_midnight_is_not_shown_before_any_sweep():
    tiered("Ada")
    TierHolding.objects.update(valid_until=date.today() - timedelta(days=1))

    assert [one.tier for one in Client().get("/directory/").context["people"]] == [""]
    assert names("?tier=walk") == []


def organisation_of(number, **fields):
    """An organisation that wants its tier shown, with so many accredited people, of whom one is listed."""
    organisation = OrganisationFactory(**{"shows_tier": True} | fields)
    tiered("Ada", organisation)
    for _ in range(number - 1):
        AccreditationFactory(learner=make_person(organisation=organisation))
    return organisation


def said_of_organisations(query=""):
    return [one.organisation_tier for one in Client().get(f"/directory/{query}").context["people"]]


@pytest.mark.parametrize(
    ("number", "fields", "expected"),
    [(5, {}, "Walk"), (4, {}, ""), (6, {"shows_tier": False}, "")],
)
def test_the_tier_of_an_organisation_is_said_where_it_chose_to_and_is_large_enough(number, fields, expected):
    organisation_of(number, **fields)

    assert said_of_organisations() == [expected]
    assert names("?organisation_tier=walk") == (["Ada"] if expected else [])
    assert names("?organisation_tier=run") == []


def test_accreditations_that_ran_out_and_suspended_people_do_not_make_an_organisation_large_enough():
    organisation = organisation_of(6)
    rows = Accreditation.objects.filter(learner__organisation=organisation, learner__directory_entry=None)
    User.objects.filter(pk=rows[0].learner_id).update(is_active=False)
    assert said_of_organisations() == ["Walk"]

    rows.exclude(learner=rows[0].learner_id).filter(pk=rows.last().pk).update(
        valid_until=date.today() - timedelta(days=1)
    )

    assert said_of_organisations() == [""]


def test_who_hides_the_organisation_is_not_found_by_its_tier():
    organisation_of(5)
    DirectoryEntry.objects.update(shows_organisation=False)

    assert said_of_organisations() == [""]
    assert names("?organisation_tier=walk") == []
