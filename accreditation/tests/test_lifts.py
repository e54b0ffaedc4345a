"""What could lift a tier: the use cases that briefs of programs in force still bring."""

import pytest
from django.utils import timezone

from accreditation.models import Accreditation, User
from accreditation.rules.lifts import could_prove, could_prove_in
from accreditation.tests.depth import seller, use_case
from accreditation.tests.factories import AccreditationFactory, OrganisationFactory, make_program
from assessments.models import Practical
from assessments.tests.factories_practicals import BriefFactory, PracticalFactory, SubmissionFactory
from courses.models import Vertical
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def bring(practical, *slugs, **fields):
    for slug in slugs:
        BriefFactory(pool=practical.brief_pool, use_case=use_case(slug), **fields)


def could(learner, known=()):
    return {one.use_case.slug: [str(row) for row in one.practicals] for one in could_prove(learner, known)}


def test_use_cases_that_briefs_bring_and_that_do_not_count_yet():
    learner, practical = seller("a")
    bring(practical, "a", "b")
    bring(practical, "c", retired_at=timezone.now())
    other = PracticalFactory()
    make_program(other)
    bring(other, "d")

    assert could(learner, [use_case("a").pk]) == {"b": [str(practical)]}


def test_practicals_that_only_a_number_of_proofs_names_bring_theirs():
    practical = PracticalFactory()
    asked = {"kind": "proofs", "proof": "keep", "title": "Calls", "count": {"number": 1, "targets": [practical.pk]}}
    program = make_program(groups=[{"title": "Calls", "rule": "all_of", "count": None, "requirements": [asked]}])
    learner = AccreditationFactory(program=program).learner
    bring(practical, "b")

    assert could(learner) == {"b": [str(practical)]}


@pytest.mark.parametrize("locked", ["lapsed", "withdrawn", "tries used"])
def test_what_is_not_open_lifts_nobody(locked):
    learner, practical = seller("a")
    bring(practical, "b")
    if locked == "lapsed":
        Accreditation.objects.update(state="lapsed")
    elif locked == "withdrawn":
        Practical.objects.update(state="withdrawn")
    else:
        Practical.objects.filter(pk=practical.pk).update(max_attempts=1)
        SubmissionFactory(learner=learner, practical=practical, state="withdrawn", withdrawn_at=timezone.now())
        assert could(learner)
        SubmissionFactory(learner=learner, practical=practical, number=2)

    assert could(learner) == {}


def test_pages_lead_to_the_practical(client):
    learner, practical = seller("a")
    bring(practical, "b")
    program = Accreditation.objects.get(learner=learner).program
    client.force_login(learner)

    assert "What could lift you" in client.get("/").content.decode()
    for address in (program.get_absolute_url(), "/profile/standing/"):
        page = client.get(address).content.decode()
        assert "<li>B: <a" in page, address
        assert practical.get_absolute_url() in page, address
        assert "One more use case lifts you to walk." in page, address


def test_who_holds_a_program_and_has_shown_nothing_reads_how_to_begin(client):
    practical = PracticalFactory()
    learner = AccreditationFactory(program=make_program(practical)).learner
    bring(practical, "b")
    client.force_login(learner)

    page = client.get("/profile/standing/").content.decode()

    assert ("Tier: none yet" in page, "One more use case lifts you to crawl." in page) == (True, True)


def test_a_manager_reads_the_sheet_in_the_third_person(client):
    boss = make_person()
    learner, _ = seller("a", vertical=Vertical.objects.create(slug="education", name="Education"))
    User.objects.filter(pk=learner.pk).update(manager=boss, name="Ada Okafor")
    client.force_login(boss)

    page = client.get(f"/team/{learner.pk}/standing/").content.decode()

    assert "lifts Ada Okafor to walk" in page
    assert "Depth in Education" in page and "1 use case<" in page


def test_an_organisation_is_lifted_by_what_any_of_its_people_could_show():
    own = OrganisationFactory()
    _, practical = seller("a", organisation=own)
    bring(practical, "b")
    _, elsewhere = seller("c")
    bring(elsewhere, "d")

    found = could_prove_in(User.objects.filter(organisation=own), [use_case("a").pk])

    assert [one.use_case.slug for one in found] == ["b"]
