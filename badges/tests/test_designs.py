"""Designs of badges: made in the administration and by files, refused with a reason, and never reaching what was awarded."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image

from badges.actions.designs import upsert_design
from badges.models import Achievement, BadgeDesign
from badges.rules.designs import alt_text_for
from badges.tests.factories import make_achievement, make_credential
from badges.tests.test_admin import make_staff
from badges.tests.test_drawing_templates import GOOD
from courses.lib.refusals import Refused

pytestmark = pytest.mark.django_db
COLOURS = {"light": "#8df0c4", "deep": "#2fb888", "ground": "#10243a", "ink": "#ffffff"}


def make_design(**content):
    return upsert_design(**{"slug": "forest", "name": "Forest", "by": None} | COLOURS | content)


def url(name, *args):
    return reverse(f"admin:badges_{name}", args=args)


def test_same_design_changes_nothing():
    first = make_design(template=GOOD)

    assert make_design(template=GOOD) == first
    assert first.history.count() == 1


def test_change_of_a_design_is_the_next_version_of_its_badges_and_reaches_no_award(client):
    design = make_design()
    mine, other = make_achievement(design=design), make_achievement(slug="other")
    credential = make_credential(achievement=mine)
    make_design(light="#ffdf8e", deep="#dfa02f")
    for row in (mine, other, credential):
        row.refresh_from_db()

    assert (mine.version, other.version) == (2, 1)
    assert credential.edition.version == 1 and "#8df0c4" in credential.svg
    assert "#ffdf8e" in mine.editions.get(version=2).drawing
    assert bytes(mine.image) != bytes(credential.edition.image)


def test_another_name_of_a_design_changes_no_badge():
    mine = make_achievement(design=make_design())
    make_design(name="Wood")
    mine.refresh_from_db()

    assert mine.version == 1


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        ({"ink": "#33475c"}, "weak-colours", "too weak to be read"),
        ({"template": "<svg/>"}, "bad-drawing", "Line 1"),
        ({"template": GOOD.replace("<text", "<script/><text", 1)}, "bad-drawing", "nothing in a badge runs"),
        ({"template": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60"><text y="900">{label}</text></svg>'},
         "bad-drawing", "nothing to see"),
    ],
)  # fmt: skip
def test_bad_design_is_refused_and_changes_nothing(content, code, says):
    make_design()

    with pytest.raises(Refused) as raised:
        make_design(**content)
    assert raised.value.refusal.code == code and says in raised.value.refusal.sentence
    assert BadgeDesign.objects.get().history.count() == 1


def test_no_colour_but_a_colour_is_kept():
    make_design()

    with pytest.raises(IntegrityError), transaction.atomic():
        BadgeDesign.objects.update(ink='" on=x')


@pytest.mark.parametrize(
    ("content", "code"),
    [({"label": "销售"}, "no-sign"), ({"icon": "no-such-icon"}, "no-icon"), ({"icon": "../x"}, "no-icon")],
)
def test_badge_that_cannot_be_drawn_is_refused(content, code):
    with pytest.raises(Refused) as raised:
        make_achievement(**content)
    assert raised.value.refusal.code == code
    assert not Achievement.objects.exists()


@pytest.mark.parametrize("name", ["W" * 120, "认证合作伙伴", "شريك", "Łódź"])
@pytest.mark.parametrize("shape", Achievement.Shape.values)
def test_every_name_makes_a_badge(name, shape):
    row = make_achievement(name=name, shape=shape, tier="run", persona="Education")

    assert Image.open(io.BytesIO(bytes(row.image))).size == (512, 512)


def test_tier_persona_and_icon_are_seen():
    plain = bytes(make_achievement().image)
    pictures = {
        bytes(make_achievement(**one).image)
        for one in ({"tier": "crawl"}, {"tier": "walk"}, {"tier": "run"}, {"persona": "Sales"}, {"icon": "cube"})
    }

    assert len(pictures | {plain}) == 6


def test_words_for_the_picture_are_made_where_nobody_wrote_them():
    assert alt_text_for(name="Seller", tier="walk", persona="Sales") == "Badge: Seller, tier walk, persona Sales"
    assert make_achievement().alt_text == "Badge: Accredited Partner Seller"


def test_words_for_the_picture_stand_wherever_it_is_shown(client):
    achievement = make_achievement(alt_text="A green disc that says Seller")
    credential = make_credential(achievement=achievement)
    award = client.get(f"/credentials/{credential.pk}.json").json()

    assert (
        award["image"]["caption"]
        == award["credentialSubject"]["achievement"]["image"]["caption"]
        == achievement.alt_text
    )
    for address in (achievement.get_absolute_url(), credential.get_absolute_url()):
        assert 'alt="A green disc that says Seller"' in client.get(address).content.decode()
    badge = client.get("/ob2/badges/accredited-partner-seller/1.json").json()
    assert badge["image"]["caption"] == achievement.alt_text
    assert f'<title id="title">{achievement.alt_text}</title>' in credential.svg


# The administration


FORM = COLOURS | {"slug": "forest", "name": "Forest", "template": ""}


def test_design_is_made_and_changed(admin_client, admin_user):
    page = admin_client.get(url("badgedesign_add")).content.decode()
    assert 'type="color"' in page and "badge-preview.js" in page and "data-preview=" in page
    assert admin_client.post(url("badgedesign_add"), FORM).status_code == 302
    design = BadgeDesign.objects.get()

    upload = SimpleUploadedFile("mine.svg", GOOD.encode(), "image/svg+xml")
    answer = admin_client.post(url("badgedesign_change", design.pk), FORM | {"slug": "other", "file": upload})
    design.refresh_from_db()

    assert answer.status_code == 302 and design.slug == "forest"
    assert design.template.startswith("<svg") and "made by hand" not in design.template
    assert {record.history_user for record in design.history.all()} == {admin_user}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"template": "<svg>"}, "well-formed"),
        ({"light": "red"}, "#8df0c4"),
        ({"ink": "#10243b"}, "too weak"),
        ({"file": SimpleUploadedFile("x.svg", b"\xff\xfe\x00")}, "UTF-8"),
        ({"file": SimpleUploadedFile("x.svg", b" " * 200_001)}, "larger"),
    ],
)
def test_bad_design_says_why_and_keeps_what_was_typed(admin_client, content, says):
    answer = admin_client.post(url("badgedesign_add"), FORM | {"name": "Typed"} | content)

    assert answer.status_code == 200 and says in answer.content.decode() and 'value="Typed"' in answer.content.decode()
    assert not BadgeDesign.objects.exists()


def test_design_is_never_deleted(admin_client):
    design = make_design()

    assert admin_client.post(url("badgedesign_delete", design.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["badgedesign_changelist", "badgedesign_add"])
def test_designs_are_closed_without_permission(client, name):
    client.force_login(make_staff("view_credential"))

    assert client.get(url(name)).status_code == 403


def test_design_is_previewed_as_typed_and_not_kept(admin_client):
    answer = admin_client.post(url("badgedesign_preview"), FORM | {"template": GOOD})

    assert answer["Content-Type"] == "image/png" and "no-store" in answer["Cache-Control"]
    assert not BadgeDesign.objects.exists()
    refused = admin_client.post(url("badgedesign_preview"), FORM | {"template": "<svg/>", "name": ""})
    assert refused.status_code == 409 and "name: " in refused.json()["sentence"]
    refused = admin_client.post(url("badgedesign_preview"), FORM | {"template": "<svg/>"})
    assert refused.status_code == 409 and "Line 1" in refused.json()["sentence"]


LOOK = {
    "name": "Seller", "shape": "disc", "tone": "gold", "label": "Seller", "tier": "run", "persona": "Sales", "icon": "cube",
    "alt_text": "A badge",
}  # fmt: skip


def test_badge_is_previewed_as_typed_and_not_kept(admin_client):
    design = make_design()
    plain = admin_client.post(url("achievement_preview"), LOOK)
    designed = admin_client.post(url("achievement_preview"), LOOK | {"design": design.pk})

    assert plain["Content-Type"] == designed["Content-Type"] == "image/png" and plain.content != designed.content
    assert not Achievement.objects.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"label": ""}, "label: "),
        ({"label": "销售"}, "no such sign"),
        ({"icon": "none"}, "icon: "),
        ({"alt_text": ""}, "alt_text: "),
    ],
)
def test_preview_says_why_it_draws_nothing(admin_client, content, says):
    answer = admin_client.post(url("achievement_preview"), LOOK | content)

    assert answer.status_code == 409 and says in answer.json()["sentence"]


@pytest.mark.parametrize("name", ["achievement_preview", "badgedesign_preview"])
def test_preview_is_for_those_who_may_change_and_by_post(client, admin_client, name):
    assert admin_client.get(url(name)).status_code == 405
    client.force_login(make_staff("view_achievement", "view_badgedesign"))

    assert client.post(url(name), LOOK).status_code == 403


def test_page_of_a_badge_asks_for_words_and_offers_icons(admin_client):
    page = admin_client.get(url("achievement_change", make_achievement(icon="cube").pk)).content.decode()

    assert '<option value="cube" selected>' in page and 'name="alt_text"' in page and "data-preview=" in page
