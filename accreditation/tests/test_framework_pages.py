"""The framework of competencies where others read it, and where enablement keeps it."""

import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accreditation.actions.awards import issue_award
from accreditation.actions.loading import Mistakes, load_programs
from accreditation.models import Evidence
from accreditation.tests.earning import earned
from accreditation.tests.factories import make_enablement
from courses.models import Competency, Framework, JourneyStage
from courses.rules.case import package
from courses.rules.frameworks import content_of, own_identifier
from courses.tests.factories import ObjectiveFactory
from courses.tests.people import make_person
from courses.tests.test_frameworks import file_of, item, load

pytestmark = pytest.mark.django_db
BASE = "/ims/case/v1p0"


@pytest.fixture
def selling():
    row = Competency.objects.create(slug="selling", name="Selling", summary="Sells well.", code="S")
    row.stages.add(JourneyStage.objects.create(slug="win", name="Win"))
    Competency.objects.create(slug="value", name="Value selling", parent=row)
    return row


def get(address, **headers):
    return Client().get(f"{BASE}/{address}", headers=headers)


def test_anybody_reads_the_framework_and_every_address_in_it_answers(selling):
    (listed,) = get("CFDocuments").json()["CFDocuments"]
    assert listed["identifier"] == str(own_identifier()) and listed["title"].endswith("Example Company")

    answer = Client().get(listed["CFPackageURI"]["uri"].removeprefix("http://localhost:8000"))

    assert answer["Cache-Control"] == "public, max-age=300" and answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json() == package(content_of(None))
    found = answer.json()
    links = [found["CFDocument"]["uri"]]
    for part in (*found["CFItems"], *found["CFAssociations"], *found["CFDefinitions"]["CFItemTypes"]):
        links += [part["uri"], *([part["CFItemTypeURI"]["uri"]] if "CFItemTypeURI" in part else [])]
    for one in links:
        assert Client().get(one.removeprefix("http://localhost:8000").partition("#")[0]).status_code == 200, one


def test_one_item_says_its_document_and_what_is_said_of_it(selling):
    one = get(f"CFItems/{selling.identifier}").json()
    assert (one["fullStatement"], one["abbreviatedStatement"], one["humanCodingScheme"]) == (
        "Sells well.",
        "Selling",
        "S",
    )
    assert one["CFDocumentURI"]["identifier"] == str(own_identifier())

    tied = get(f"CFItemAssociations/{selling.identifier}").json()["CFAssociations"]

    assert sorted(row["associationType"] for row in tied) == ["isChildOf", "isChildOf", "isRelatedTo"]


def test_people_are_led_to_the_page_and_other_publishers_items_to_their_address(selling):
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    answer = get(f"CFItems/{selling.identifier}", accept=browser)
    assert (answer.status_code, answer.url) == (302, "/programs/competencies/selling/") and "Accept" in answer["Vary"]
    page = Client().get(answer.url).content.decode()
    assert "Sells well." in page and "Value selling" in page and "Win" in page

    load(file_of([item(uuid4())]))

    row = Competency.objects.get(framework__isnull=False)
    assert get(f"CFItems/{row.identifier}").url == row.uri
    assert "At its publisher’s" in Client().get(f"/programs/competencies/{row.slug}/").content.decode()
    assert len(get("CFDocuments").json()["CFDocuments"]) == 1, "what others published is read there"


@pytest.mark.parametrize("kind", ["CFDocuments", "CFPackages", "CFItems", "CFItemAssociations", "CFItemTypes"])
def test_what_is_unknown_is_told_in_the_words_of_the_standard(kind):
    answer = get(f"{kind}/{uuid4()}")

    assert answer.status_code == 404
    assert answer.json()["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"] == "unknownobject"


def test_other_addresses_and_methods_are_refused():
    assert get("CFItems/7").status_code == 404
    assert Client().post(f"{BASE}/CFDocuments").status_code == 405
    assert Client().put(f"{BASE}/CFItems/7").status_code == 404


def test_who_asks_too_often_waits(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "often"}}
    answers = [get("CFDocuments").status_code for _ in range(121)]

    assert answers[0] == 200 and answers[-1] == 429


def test_a_new_award_names_the_item_and_an_old_one_keeps_what_was_signed():
    row = earned()
    course = Evidence.objects.get(learner=row.learner, kind="course").course
    own = Competency.objects.create(slug="value", name="Value", code="S.1")
    ObjectiveFactory(course=course, competency=own)
    load(file_of([item(uuid4(), "Foreign", humanCodingScheme="F.1")]))
    foreign = Competency.objects.get(framework__isnull=False)
    ObjectiveFactory(course=course, competency=foreign)
    credential = issue_award(accreditation_id=row.pk)
    document = credential.document

    ours, theirs = sorted(
        json.loads(document)["credentialSubject"]["achievement"]["alignment"],
        key=lambda one: one["targetCode"],
        reverse=True,
    )

    assert (
        ours["targetUrl"] == f"http://localhost:8000{BASE}/CFItems/{own.identifier}" and ours["targetType"] == "CFItem"
    )
    assert (theirs["targetUrl"], theirs["targetFramework"], theirs["targetCode"]) == (foreign.uri, "Skills", "F.1")
    Competency.objects.filter(pk=own.pk).update(code="X", name="Y")
    credential.refresh_from_db()
    assert credential.document == document
    assert Client().get("/programs/competencies/value/").status_code == 200


WORDS = """
catalogue:
  journey_stages: [{slug: win, name: Win}]
  competencies:
    - {slug: value, name: Value selling, code: S.1, part_of: selling, stages: [win]}
    - {slug: selling, name: Selling}
"""


def test_program_files_say_the_place_of_a_competency(tmp_path):
    path = tmp_path / "words.yaml"
    path.write_text(WORDS)

    load_programs(paths=[path], by=None)

    row = Competency.objects.get(slug="value")
    assert (row.code, row.parent.slug, [one.slug for one in row.stages.all()]) == ("S.1", "selling", ["win"])
    assert load_programs(paths=[path], by=None).rows_written == 0
    path.write_text(
        "catalogue: {competencies: [{slug: value, name: Value selling}, {slug: selling, name: Selling, position: 1}]}"
    )
    with pytest.raises(Mistakes):
        load_programs(paths=[path], by=None)
    path.write_text(
        "catalogue: {competencies: [{slug: value, name: Value selling}, {slug: selling, name: Selling, part_of: value}]}"
    )
    with pytest.raises(Mistakes, match="mistakes") as found:
        load_programs(paths=[path], by=None)
    assert "round in a circle" in str(found.value.problems[0])
    path.write_text("catalogue: {competencies: [{slug: value, name: Value}]}")
    load_programs(paths=[path], by=None)
    row.refresh_from_db()
    assert row.code == "S.1" and row.parent is not None, "what isn't said stays"


@pytest.fixture
def staff():
    client = Client()
    client.force_login(make_enablement())
    return client


IMPORT = "admin:courses_framework_import"


def upload(found):
    return SimpleUploadedFile("case.json", json.dumps(found).encode())


def test_enablement_looks_at_a_file_and_loads_it_as_shown(staff):
    shown = staff.post(reverse(IMPORT), {"file": upload(file_of([item(uuid4())], [], version="3"))})
    page = shown.content.decode()
    assert "1 new, 0 changed, 0 gone" in page and "CC BY 4.0" in page and not Framework.objects.exists()

    form = {"digest": shown.context["found"].digest, "text": shown.context["text"]}
    answer = staff.post(reverse(IMPORT), form, follow=True).content.decode()

    assert "Skills stands here as it was shown." in answer and Competency.objects.count() == 1
    again = staff.post(reverse(IMPORT), {"file": upload(json.loads(form["text"]))}).content.decode()
    assert "Everything stands here already." in again
    row = Framework.objects.get()
    exported = staff.get(reverse("admin:courses_framework_export", args=[row.pk]))
    assert exported.json()["CFDocument"]["title"] == "Skills" and "attachment" in exported["Content-Disposition"]


def test_a_stale_preview_and_a_wrong_file_write_nothing(staff):
    found = file_of([item(uuid4())])
    answer = staff.post(reverse(IMPORT), {"text": json.dumps(found), "digest": "old"})
    assert answer.status_code == 422 and "since the preview" in answer.content.decode()

    wrong = staff.post(reverse(IMPORT), {"file": upload({"CFDocument": {}})})
    assert wrong.status_code == 422 and "CFDocument.identifier: is missing" in wrong.content.decode()
    assert staff.post(reverse(IMPORT), {}).status_code == 422
    big = SimpleUploadedFile("case.json", b" " * 2_000_001)
    assert "more than 2 MB" in staff.post(reverse(IMPORT), {"file": big}).content.decode()
    assert not Framework.objects.exists()


def test_frameworks_are_enablements_alone(selling):
    addresses = [reverse(IMPORT), reverse("admin:courses_framework_export_own")]
    for person in (make_person(is_staff=True), make_person(groups=["grader"], is_staff=True)):
        client = Client()
        client.force_login(person)
        assert {client.get(one).status_code for one in addresses} == {403}


def test_the_own_framework_is_a_file_and_its_competencies_keep_their_place(staff, selling):
    own = staff.get(reverse("admin:courses_framework_export_own")).json()
    assert own == package(content_of(None))
    address = reverse("admin:courses_competency_change", args=[selling.pk])
    child = selling.parts.get()
    form = {"name": "Selling", "slug": "selling", "position": 0, "parent": child.pk, "replaced_by": child.pk}

    page = staff.post(address, form).content.decode()

    assert "leads round in a circle" in page and "Say from which day on it is replaced." in page
    form |= {"parent": "", "withdrawn_on": "2026-05-01"}
    assert staff.post(address, form).status_code == 302
    page = Client().get("/programs/competencies/selling/").content.decode()
    assert "withdrawn since" in page and "Now:" in page
    assert (
        "Value selling"
        in staff.get(reverse("admin:courses_competency_changelist"), {"status": "current"}).content.decode()
    )
    assert (
        staff.get(reverse("admin:courses_competency_changelist"), {"status": "withdrawn"}).context["cl"].result_count
        == 1
    )


def test_what_others_published_is_theirs_to_word(staff):
    load(file_of([item(uuid4())]))
    row = Competency.objects.get()
    address = reverse("admin:courses_competency_change", args=[row.pk])

    assert staff.post(address, {"slug": "mine", "name": "Mine"}).status_code == 302

    row.refresh_from_db()
    assert (row.slug, row.name) == ("mine", "Sells by value")
