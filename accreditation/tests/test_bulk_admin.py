"""Bulk work in the administration: from the filter to the journal, and who may."""

import time

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accreditation.actions.bulk import work_on_deed
from accreditation.actions.people_imports import read_people
from accreditation.models import BulkDeed, Enrolment, PeopleImport, User
from accreditation.tests.factories import OrganisationFactory, make_enablement, make_program
from accreditation.tests.people_files import applied, csv_of, read
from courses.models import AuditEvent
from courses.tests.factories import RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
PEOPLE, FILES = "/admin/accreditation/bulkdeed/people/", "/admin/accreditation/peopleimport/"
DEEDS = "/admin/accreditation/bulkdeed/"


@pytest.fixture(autouse=True)
def nobody_asked_before():
    cache.clear()


def sign_in(client, person, ago=0):
    client.force_login(person)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - ago, "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    client.person = person
    return client


@pytest.fixture
def staff(client):
    return sign_in(client, make_enablement())


def text_of(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def test_a_file_from_its_upload_to_its_undo(staff):
    data = csv_of(["email", "name"], ["new@example.com", "=New"], ["nonsense", "X"])
    staff.post(f"{FILES}upload/", {"file": SimpleUploadedFile("p.csv", data), "mode": "both"})
    row = PeopleImport.objects.get()
    read_people(import_id=row.pk)

    shown = staff.get(f"{FILES}{row.pk}/change/").content.decode()
    assert "Apply 1 row as shown" in shown and "is no e-mail address" in shown
    assert "nonsense" not in staff.get(f"{FILES}{row.pk}/change/?only=create").content.decode()
    assert "'=New" in text_of(staff.get(f"{FILES}{row.pk}/rows.csv"))

    staff.post(f"{FILES}{row.pk}/apply/", {"tells": "on"})
    deed = BulkDeed.objects.get()
    work_on_deed(deed_id=deed.pk)
    assert "new@example.com" in staff.get(f"{DEEDS}{deed.pk}/change/").content.decode()
    assert User.objects.filter(email="new@example.com").exists()

    staff.post(f"{DEEDS}{deed.pk}/undo/")
    undo = BulkDeed.objects.get(undoes=deed)
    work_on_deed(deed_id=undo.pk)
    assert not User.objects.filter(email="new@example.com").exists()
    assert "new@example.com" in staff.get(f"{DEEDS}{undo.pk}/change/").content.decode()
    assert "new@example.com" in text_of(staff.get(f"{DEEDS}{undo.pk}/rows.csv"))
    assert AuditEvent.objects.filter(event="export", actor=staff.person).count() == 2


def test_people_chosen_by_a_filter_are_enrolled_as_they_were_counted(staff):
    role, program = RoleFactory(slug="ae"), make_program()
    people = [make_person(role=role) for _ in range(3)]
    gone = make_person(role=role, is_active=False)

    found = staff.get(f"{PEOPLE}?role=ae").content.decode()
    assert "4 people" in found and f"{DEEDS}order/enrol/?role=ae" in found
    address, form = f"{DEEDS}order/enrol/?role=ae", {"program": program.pk, "due_on": "2030-01-31"}
    preview = staff.post(address, form)
    assert preview.context["outlook"].done == 3
    assert preview.context["outlook"].skipped == [("The account is suspended.", 1)]
    sent = form | {"digest": preview.context["digest"]}
    assert staff.post(address, sent | {"people": "3"}).status_code == 422
    assert not BulkDeed.objects.exists()
    staff.post(address, sent | {"people": "4"})

    deed = BulkDeed.objects.get()
    assert (deed.filter, deed.people, deed.by) == ({"role": "ae"}, 4, staff.person)
    work_on_deed(deed_id=deed.pk)
    rows = Enrolment.objects.filter(program=program)
    assert {(one.learner, str(one.due_on), one.assigned_by) for one in rows} == {
        (one, "2030-01-31", staff.person) for one in people
    }
    assert deed.rows.get(person=gone).why == "The account is suspended."


def test_who_came_since_the_count_is_told_before_anything_is_ordered(staff):
    RoleFactory(slug="ae")
    role = make_person(role=RoleFactory(slug="sa")).role
    address, form = f"{DEEDS}order/message/?role=sa", {"title": "Hello", "text": "All"}
    digest = staff.post(address, form).context["digest"]
    make_person(role=role)

    answer = staff.post(address, form | {"digest": digest, "people": "1"})

    assert answer.context["changed"] and not BulkDeed.objects.exists()
    assert "Other people are like that by now" in answer.content.decode()


@pytest.mark.parametrize("kind", ["enrol", "extend", "release", "move", "message", "deactivate", "reactivate"])
def test_each_deed_has_its_page(staff, kind):
    make_person()

    assert staff.get(f"{DEEDS}order/{kind}/?active=yes").status_code == 200


def test_an_unknown_deed_or_filter_is_none(staff):
    assert staff.get(f"{DEEDS}order/import/").status_code == 404
    assert staff.get(f"{DEEDS}order/erase/").status_code == 404
    assert staff.get(f"{PEOPLE}?role=nonsense").status_code == 422
    assert staff.get(f"{DEEDS}order/message/?role=nonsense").url == PEOPLE


@pytest.mark.parametrize(
    "link", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)", "/a\nb"]
)
def test_a_message_leads_to_no_other_site(staff, link):
    answer = staff.post(f"{DEEDS}order/message/?active=yes", {"title": "T", "text": "x", "link": link})

    assert answer.status_code == 422


def addresses(row, deed):
    return [
        f"{FILES}upload/", f"{FILES}{row.pk}/apply/", f"{FILES}{row.pk}/drop/", f"{FILES}{row.pk}/rows.csv", PEOPLE,
        f"{DEEDS}order/message/?active=yes", f"{DEEDS}{deed.pk}/stop/", f"{DEEDS}{deed.pk}/continue/",
        f"{DEEDS}{deed.pk}/undo/", f"{DEEDS}{deed.pk}/rows.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("groups", [["grader"], ["review lead"], ["accommodations"]])
def test_others_of_the_staff_do_none_of_it(client, groups):
    staff = make_enablement()
    row, deed = (
        read(csv_of(["email", "name"], ["a@example.com", "A"]), staff),
        applied(csv_of(["email", "name"], ["b@example.com", "B"]), staff),
    )
    other = sign_in(client, make_person(groups=groups, is_staff=True))

    for address in addresses(row, deed):
        assert other.get(address).status_code == 403, address
        assert other.post(address).status_code == 403, address
    for address in (f"{FILES}{row.pk}/change/", f"{DEEDS}{deed.pk}/change/"):
        assert other.get(address).status_code == 403


def test_a_partner_manager_and_a_visitor_find_nothing(client):
    row = read(csv_of(["email", "name"], ["a@example.com", "A"]), make_enablement())
    manager = make_person(groups=["partner manager"], organisation=OrganisationFactory())

    assert client.get(f"{FILES}upload/").status_code == 302
    assert sign_in(client, manager).get(f"{FILES}upload/").status_code in (403, 404)
    assert client.post(f"{FILES}{row.pk}/apply/").status_code in (403, 404)


def test_who_signed_in_long_ago_says_once_more_who_they_are(client):
    person = make_enablement()
    row, deed = (
        read(csv_of(["email", "name"], ["a@example.com", "A"]), person),
        applied(csv_of(["email", "name"], ["b@example.com", "B"]), person),
    )
    old = sign_in(client, person, ago=7200)

    for address in (f"{FILES}upload/", f"{FILES}{row.pk}/rows.csv", f"{DEEDS}{deed.pk}/rows.csv"):
        assert "reauthenticate" in old.get(address).url
    for address in (f"{FILES}{row.pk}/apply/", f"{DEEDS}{deed.pk}/undo/"):
        assert "reauthenticate" in old.post(address).url
    assert BulkDeed.objects.count() == 1


def test_exports_are_counted_and_end(staff):
    deed = applied(csv_of(["email", "name"], ["b@example.com", "B"]), staff.person)

    codes = [staff.get(f"{DEEDS}{deed.pk}/rows.csv").status_code for _ in range(21)]

    assert codes == [200] * 20 + [409]


def test_the_deeds_of_a_journal_entry_are_offered_where_they_make_sense(staff):
    deed = applied(csv_of(["email", "name"], ["b@example.com", "B"]), staff.person)
    page = f"{DEEDS}{deed.pk}/"

    shown = staff.get(f"{page}change/").content.decode()

    assert f"{page}undo/" in shown and f"{page}stop/" not in shown
    assert staff.get(reverse("admin:accreditation_bulkdeed_undo", args=[deed.pk])).status_code == 302
    assert BulkDeed.objects.count() == 1
    staff.post(f"{page}stop/")
    deed.refresh_from_db()
    assert deed.state == "done"


def test_the_journal_is_narrowed_to_one_person_from_their_page(staff):
    deed = applied(csv_of(["email", "name"], ["ann@example.com", "Ann"]), make_enablement())
    other = applied(csv_of(["email", "name"], ["bo@example.com", "Bo"]), make_enablement())
    ann = User.objects.get(email="ann@example.com")

    assert f"{DEEDS}?person={ann.pk}" in staff.get(f"/admin/accreditation/user/{ann.pk}/change/").content.decode()
    assert list(staff.get(f"{DEEDS}?person={ann.pk}").context["cl"].queryset) == [deed]
    for nobody in ("x", "0", "9" * 30):
        assert set(staff.get(f"{DEEDS}?person={nobody}").context["cl"].queryset) == {deed, other}
