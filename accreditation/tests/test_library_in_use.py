"""Items of the library that practicals and programs name: shown to whom they are for, and where each is used."""

import pytest
from django.urls import reverse

from accreditation.models import Program
from accreditation.rules.dumps import dump_of
from accreditation.tests.factories import make_enablement, make_program
from accreditation.tests.test_search import make_asset
from assessments.tests.factories_practicals import PracticalFactory
from courses.rules.uses import uses_of
from courses.tests.factories import CourseFactory, LessonFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def used():
    """An item for one role, used by a practical and a program; and the two."""
    asset, practical, program = make_asset(), PracticalFactory(), make_program(CourseFactory())
    role = RoleFactory()
    asset.roles.add(role)
    practical.assets.add(asset)
    program.assets.add(asset)
    return asset, role, [practical.get_absolute_url(), program.get_absolute_url()]


def test_those_whom_it_is_for_see_it_where_it_is_used(client, used):
    asset, role, pages = used
    client.force_login(make_person(role=role))

    assert all(asset.get_absolute_url() in client.get(page).content.decode() for page in pages)


def test_others_see_nothing_of_it(client, used):
    asset, role, pages = used
    client.force_login(make_person())
    assert not any(asset.title in client.get(page).content.decode() for page in pages)

    asset.state = "withdrawn"
    asset.save()
    client.force_login(make_person(role=role))
    assert not any(asset.title in client.get(page).content.decode() for page in pages)
    client.logout()
    assert asset.title not in client.get(pages[1]).content.decode()


def test_its_page_in_the_administration_says_where_it_is_used(client, used):
    asset = used[0]
    asset.lessons.add(LessonFactory(title="A lesson that uses it"))
    client.force_login(make_enablement())

    page = client.get(reverse("admin:courses_asset_change", args=[asset.pk])).content.decode()

    assert len(uses_of(asset)) == 3
    assert "Used in 3 places" in page
    assert "A lesson that uses it" in page
    assert "It is used: say why it goes" in page


def test_a_file_names_it_and_leaves_it_where_it_says_nothing(used):
    program = Program.objects.get()

    dump = dump_of(program)

    assert dump.file.programs[0].assets == [used[0].slug]
    assert any(used[0].slug in one for one in dump.left_out)
