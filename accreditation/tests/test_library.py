"""The library: who sees what, what a choice leaves, versions, files, and the administration."""

from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accreditation.tests.factories import OrganisationFactory, make_enablement
from courses.actions.assets import author_asset, give_version
from courses.actions.content import publish_content, withdraw_content
from courses.actions.sources import author_source
from courses.lib.refusals import Refused
from courses.models import Asset, AssetVersion, Source
from courses.rules.sources import pointers_to
from courses.tests.factories import LessonFactory, PersonaFactory, RoleFactory, UseCaseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
LIBRARY = "/library/"


def put_up(title="Approvals in three days", *, publish=True, body="The workflow.", words=None, url="", **values):
    slug = title.lower().replace(" ", "-")
    values = {"title": title, "kind": "deep_dive", **values}
    asset, _ = author_asset(slug=slug, values=values, words=words or {}, said={"body": body, "url": url}, by=None)
    return publish_content(content=asset, by=None) if publish else asset


def titles(client, **asked):
    found = client.get(LIBRARY, asked).context["found"]
    return [one.title for one in found.page]


@pytest.fixture
def reader(client):
    person = make_person()
    client.force_login(person)
    client.person = person
    return client


def test_an_empty_library_says_so(reader):
    assert "The library is empty" in reader.get(LIBRARY).content.decode()


def test_who_is_not_signed_in_is_led_to_sign_in(client):
    put_up()

    for address in (LIBRARY, "/library/approvals-in-three-days/", "/library/approvals-in-three-days/file"):
        assert client.get(address).status_code == 302


def test_it_is_for_everybody_or_for_roles_and_not_for_partners_where_it_says_so(client):
    seller, engineer = RoleFactory(slug="ae"), RoleFactory(slug="sa")
    put_up("For all")
    put_up("For sellers", words={"roles": [seller]})
    put_up("Not for partners", field_only=True)
    put_up("Draft", publish=False)
    withdraw_content(content=put_up("Withdrawn"), by=None)
    seen = {}
    for name, person in {
        "seller": make_person(role=seller),
        "engineer": make_person(role=engineer),
        "nobody": make_person(),
        "partner": make_person(role=seller, organisation=OrganisationFactory()),
    }.items():
        client.force_login(person)
        seen[name] = set(titles(client))
        for title in ("For all", "For sellers", "Not for partners", "Draft", "Withdrawn"):
            status = client.get(f"/library/{title.lower().replace(' ', '-')}/").status_code
            assert status == (200 if title in seen[name] else 404)

    assert seen == {
        "seller": {"For all", "For sellers", "Not for partners"},
        "engineer": {"For all", "Not for partners"},
        "nobody": {"For all", "Not for partners"},
        "partner": {"For all", "For sellers"},
    }


def test_the_own_persona_comes_first_and_everything_is_a_click_away(client):
    mine, other = PersonaFactory(slug="education", name="Education"), PersonaFactory(slug="sales", name="Sales")
    put_up("For schools", words={"personas": [mine]})
    put_up("For deals", words={"personas": [other]})
    client.force_login(make_person(persona=mine))

    assert titles(client) == ["For schools"]
    assert titles(client, personas="sales") == ["For deals"]
    assert set(titles(client, personas="all")) == {"For schools", "For deals"}
    assert "Show everything" in client.get(LIBRARY).content.decode()


def test_each_choice_says_how_many_it_leaves(reader):
    first, second = UseCaseFactory(slug="scm", name="SCM"), UseCaseFactory(slug="ci-cd", name="CI/CD")
    put_up("One", words={"use_cases": [first]})
    put_up("Two", words={"use_cases": [first, second]}, kind="roi_sheet")

    found = reader.get(LIBRARY, {"kind": "roi_sheet"}).context["found"]

    counts = {one.slug: one.count for one in found.choices["use_cases"]}
    assert counts == {"scm": 1, "ci-cd": 1}
    assert {one.slug: one.count for one in found.kinds if one.count} == {"deep_dive": 1, "roi_sheet": 1}
    for slug, count in {"scm": 2, "ci-cd": 1}.items():
        assert len(titles(reader, use_cases=slug)) == count


def test_words_are_found_in_title_summary_and_text(reader):
    put_up("One", body="All about pipelines.")
    put_up("Two", summary="A pipeline, in short.")
    put_up("Three")

    assert set(titles(reader, q="PIPELINE")) == {"One", "Two"}
    assert "Nothing fits this choice" in reader.get(LIBRARY, {"q": "zebra"}).content.decode()


def test_the_shelf_stands_above_and_has_five_at_most(reader):
    for number in range(7):
        put_up(f"Lands {number}", wows=True)
    put_up("Another")

    found = reader.get(LIBRARY).context["found"]

    assert len(found.landing) == 5
    assert found.page.paginator.count == 8


def test_as_many_queries_for_many_as_for_one(reader):
    put_up("One")
    reader.get(LIBRARY)
    with CaptureQueriesContext(connection) as few:
        reader.get(LIBRARY)
    for number in range(15):
        put_up(f"More {number}", words={"use_cases": [UseCaseFactory()]})

    with CaptureQueriesContext(connection) as many:
        reader.get(LIBRARY)

    assert len(many) <= len(few)


def test_another_text_is_another_version_and_the_same_is_none(reader):
    asset = put_up()
    assert give_version(asset=asset, body="The workflow.", by=None) is False

    assert give_version(asset=asset, body="Another workflow.", notes="Figures of this year.", by=None) is True

    page = reader.get(asset.get_absolute_url()).content.decode()
    assert "Another workflow." in page and "Figures of this year." in page and "Version 1" in page
    with pytest.raises(DatabaseError), transaction.atomic():
        AssetVersion.objects.filter(number=1).update(body="Never said.")


def test_an_asset_that_says_nothing_is_refused(reader):
    empty = Asset.objects.create(slug="empty", title="Empty", kind="deep_dive")

    for deed, said in ((give_version, {"asset": empty, "body": " "}), (publish_content, {"content": empty})):
        with pytest.raises(Refused):
            deed(by=None, **said)
    assert reader.get("/library/empty/").status_code == 404


def test_a_file_is_a_download_that_runs_nothing(reader, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    asset = put_up()
    give_version(asset=asset, file=ContentFile(b"<script>", name="kit.html"), by=None)

    answer = reader.get(f"{asset.get_absolute_url()}file")

    assert b"".join(answer.streaming_content) == b"<script>"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    give_version(asset=asset, body="With a text.", by=None)
    asset.refresh_from_db()
    assert asset.current_version.file.name.endswith(".html")
    assert reader.get(f"{put_up('Without').get_absolute_url()}file").status_code == 404


def test_it_is_named_where_it_is_used(reader):
    lesson = LessonFactory(course__state="published")
    asset = put_up(words={"lessons": [lesson]})

    assert lesson.title in reader.get(asset.get_absolute_url()).content.decode()
    assert asset.title in reader.get(lesson.get_absolute_url()).content.decode()


def test_one_that_is_not_for_them_is_not_named_in_a_lesson(reader):
    lesson = LessonFactory(course__state="published")
    asset = put_up(words={"lessons": [lesson], "roles": [RoleFactory()]})

    assert asset.title not in reader.get(lesson.get_absolute_url()).content.decode()


def test_a_revision_of_its_source_shows_that_it_needs_a_look():
    revisions = [(date(2026, 1, 1), "First.", True)]
    author_source(slug="handbook", values={"title": "Handbook"}, revisions=revisions, by=None)
    source = Source.objects.get()
    asset = put_up()
    give_version(asset=asset, body="New.", source_revision=source.revisions.get(), by=None)
    assert [one.needs_look for one in pointers_to(source)] == [False]

    author_source(
        slug="handbook",
        values={"title": "Handbook"},
        revisions=[*revisions, (date(2026, 2, 1), "More.", True)],
        by=None,
    )

    assert [one.needs_look for one in pointers_to(source)] == [True]


def test_it_is_written_and_published_in_the_administration(client):
    client.force_login(make_enablement())
    said = {
        "title": "ROI on one page", "slug": "roi-on-one-page", "kind": "roi_sheet", "summary": "", "body": "Four figures.",
        "url": "", "notes": "", "wows": "on", "versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0",
    }  # fmt: skip
    add = reverse("admin:courses_asset_add")

    assert client.post(add, said | {"body": ""}).status_code == 200
    assert not Asset.objects.exists()
    assert client.post(add, said).status_code == 302

    asset = Asset.objects.get()
    assert asset.current_version.body == "Four figures."
    client.post(reverse("admin:courses_asset_changelist"), {"action": "publish", "_selected_action": [asset.pk]})
    asset.refresh_from_db()
    assert asset.state == "published"
    assert client.get(reverse("admin:courses_asset_change", args=[asset.pk])).status_code == 200
