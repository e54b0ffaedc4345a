"""The portal speaks its readers' languages, and nothing that they read stands outside the catalogues."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.urls import reverse

from accreditation import catalogues
from accreditation.testing import unmarked
from courses.tests.people import make_person

ROOT = Path(settings.BASE_DIR)
PLACE = re.compile(r"%\(\w+\)\w|\{\w*\}")
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
OWN_WORDS = {"templates/accreditation/dev_mail.html", "templates/allauth/elements/button.html"}
"""A page of DEBUG alone, and markup that is put together of pieces."""


def _read_by_people(pattern):
    found = (path for path in ROOT.glob(pattern) if not catalogues.FOR_STAFF.search("/" + str(path.relative_to(ROOT))))
    return sorted(str(path.relative_to(ROOT)) for path in found)


@pytest.mark.parametrize("place", sorted({*_read_by_people("templates/**/*.html")} - OWN_WORDS))
def test_every_word_of_a_page_is_marked(place):
    assert unmarked.in_template((ROOT / place).read_text()) == []


@pytest.mark.parametrize("app", catalogues.APPS)
def test_every_word_that_rules_and_forms_say_is_marked(app):
    said = {place: unmarked.in_python((ROOT / place).read_text()) for place in _read_by_people(f"{app}/**/*.py")}

    assert {place: words for place, words in said.items() if words} == {}


@pytest.mark.parametrize(
    "text",
    [
        "<p>Hello there</p>",
        '<a href="/" aria-label="Hello there">1</a>',
        '{% include "components/empty.html" with title="Hello there" only %}',
        "<p>{% if a %}Hello{% endif %}</p>",
    ],
)
def test_an_unmarked_word_of_a_page_is_found(text):
    assert unmarked.in_template(text)


@pytest.mark.parametrize(
    "text",
    [
        'Refusal("code", "Not yet.")',
        'Refusal("code", f"Not {yet} open.")',
        'forms.CharField(label="Your name")',
        'class Kind(TextChoices):\n    ONE = "one", "the first"',
        'messages.success(request, "Saved.")',
    ],
)
def test_an_unmarked_word_of_python_is_found(text):
    assert unmarked.in_python(text)


def test_marked_words_and_values_are_no_finding():
    page = '<p>{% translate "Hello there" %} {{ name }} <code>POST</code></p>{% block main_class %}page{% endblock %}'

    assert unmarked.in_template(page) == []
    assert unmarked.in_python('Refusal("code", _("Not yet."), link, _("Go on"))') == []


@pytest.mark.parametrize("language", catalogues.languages())
@pytest.mark.parametrize("domain", [catalogues.PAGES, catalogues.SCRIPTS])
def test_a_language_that_the_portal_speaks_says_everything(language, domain):
    assert catalogues.untranslated(language, domain) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_translation_names_the_same_values_as_its_source(path):
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parent.parent.name)

    wrong = [one.id for one in catalogue if one.id and not _names_the_same(one)]

    assert wrong == []


def _names_the_same(one):
    asked = {frozenset(PLACE.findall(text)) for text in ([one.id] if isinstance(one.id, str) else one.id)}
    said = [text for text in ([one.string] if isinstance(one.string, str) else one.string) if text]
    return all(frozenset(PLACE.findall(text)) in asked for text in said)


def test_words_of_templates_scripts_and_python_are_collected():
    words = {one.id if isinstance(one.id, str) else one.id[0] for one in catalogues.collected(catalogues.PAGES)}

    assert {"My accreditations", "Skip to the content", "%(count)s more use case"} <= words


@pytest.fixture
def many_languages(settings):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]


@pytest.mark.django_db
def test_a_visitor_is_answered_in_the_language_that_their_browser_asks_for(client, many_languages):
    page = client.get("/", headers={"Accept-Language": "de-AT,de;q=0.9"})

    assert '<html lang="de" dir="ltr">' in page.text
    assert page["Content-Language"] == "de"
    assert "Accept-Language" in page["Vary"]


@pytest.mark.django_db
def test_arabic_is_written_from_right_to_left(client, many_languages):
    assert '<html lang="ar" dir="rtl">' in client.get("/", headers={"Accept-Language": "ar"}).text


@pytest.mark.django_db
def test_a_language_that_is_not_offered_is_answered_in_english(client, many_languages):
    assert '<html lang="en" dir="ltr">' in client.get("/", headers={"Accept-Language": "tlh"}).text


@pytest.mark.django_db
def test_a_visitor_chooses_on_this_device(client, many_languages):
    answer = client.post(reverse("language"), {"language": "de", "next": "/programs/"})

    assert answer["Location"] == "/programs/"
    assert '<html lang="de"' in client.get("/programs/").text


@pytest.mark.django_db
def test_a_persons_own_language_wins_over_the_browsers(client, many_languages):
    client.force_login(make_person(language="de"))

    assert '<html lang="de"' in client.get("/", headers={"Accept-Language": "ar"}).text


@pytest.mark.django_db
def test_a_person_changes_their_language_from_any_page(client, many_languages):
    person = make_person()
    client.force_login(person)

    client.post(reverse("language"), {"language": "ar", "next": "/profile/"})

    person.refresh_from_db()
    assert person.language == "ar"


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", ["tlh", "", "x" * 4000, "../../etc"])
def test_an_unknown_language_changes_nothing(client, many_languages, chosen):
    person = make_person()
    client.force_login(person)

    client.post(reverse("language"), {"language": chosen, "next": "/profile/"})

    person.refresh_from_db()
    assert person.language == "en"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_choosing_a_language_leads_to_no_other_site(client, many_languages, path):
    answer = client.post(reverse("language"), {"language": "de", "next": path})

    assert "evil" not in answer["Location"] and "javascript" not in answer["Location"]


@pytest.mark.django_db
def test_the_administration_speaks_english(client, many_languages):
    client.force_login(make_person(is_staff=True, is_superuser=True, language="de"))

    assert 'lang="en"' in client.get("/admin/").text


@pytest.mark.django_db
def test_scripts_have_their_words_where_the_page_is_not_english(client, many_languages):
    page = client.get("/", headers={"Accept-Language": "de"})
    words = client.get("/language/de.js")

    assert 'src="/language/de.js"' in page.text
    assert words["Content-Type"].startswith("text/javascript")
    assert words["Cache-Control"] == "public, max-age=3600"
    assert "/language/" not in client.get("/", headers={"Accept-Language": "en"}).text.split("</head>")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["tlh", "en-xx", "a" * 300])
def test_scripts_have_no_words_of_a_language_that_is_not_offered(client, language):
    assert client.get(f"/language/{language}.js").status_code == 404


def test_words_of_scripts_are_collected():
    words = {one.id if isinstance(one.id, str) else one.id[0] for one in catalogues.collected(catalogues.SCRIPTS)}

    assert {"Not saved, kept on this page", "%(count)s minute left. What is saved is scored when time is up."} <= words
