"""What is typed, what it finds, and that what is found is what stands in the tables."""

import pytest
from django.db import connection
from django.utils.html import conditional_escape

from courses.actions.search import differing, rewrite_entries, settle_entries
from courses.models import Asset, AssetVersion, Course, EntryKind, Lesson, SearchEntry, UseCase
from courses.rules.highlights import excerpt, highlighted
from courses.rules.search import coming_close, counted, finding, matches, meant, ranked, wanted_by
from courses.tests.factories import CourseFactory, LessonFactory, PathFactory, UseCaseFactory

ANY = SearchEntry.objects


def titles(typed):
    return {one.title for one in ranked(ANY.all(), wanted_by(typed))}


@pytest.mark.parametrize(
    ("typed", "groups"),
    [
        ("", []),
        ("   ", []),
        ("!!! ??? 🎉", []),
        ("-only -this", []),
        ("one two", [["one", "two"]]),
        ('"one two" three', [["one two", "three"]]),
        ('"never closed', [["never closed"]]),
        ("one OR two", [["one"], ["two"]]),
        ("one OR", [["one"]]),
        ("one or two", [["one", "or", "two"]]),
        ("one -two", [["one", "-two"]]),
        ("a & b | !c <-> d:*", [["a", "b", "!c", "d:*"]]),
        ("a\x00b\x07c", [["a", "b", "c"]]),
    ],
)
def test_what_was_typed_is_read(typed, groups):
    read = [[f"{'-' * term.excluded}{term.text}" for term in group] for group in wanted_by(typed).groups]

    assert read == groups


def test_only_500_signs_and_twelve_terms_count():
    assert len(wanted_by("x" * 9000).said) == 500
    assert sum(len(group) for group in wanted_by("word " * 90).groups) == 12


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Approving merge requests", "approve"),
        ("Approving merge requests", "requests approv"),
        ("Approving merge requests", '"merge requests"'),
        ("Approving merge requests", "nothing OR merge"),
        ("Café in Zürich", "cafe zurich"),
        ("Cafe in Zurich", "CAFÉ ZÜRICH"),
        ("Straße der Märkte", "strasse märkte"),
        ("CI/CD for everybody", "ci cd"),
        ("CI/CD for everybody", "ci/cd"),
        ("A role-play with a buyer", "role play"),
        ("持続的インテグレーション入門", "インテグレーション"),
        ("持続的インテグレーション入門", "入門"),
        ("مقدمة في الأمان", "الامان"),
        ("Безопасность поставок", "безопасность"),
        ("What's new in 17.2", "17.2"),
        ("To be or not to be", "to be"),
        ("C++ at scale", "c++"),
    ],
)
def test_words_find_a_title(title, typed):
    CourseFactory(title=title)
    CourseFactory(title="Something else altogether")

    assert titles(typed) == {title}


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["approving -merge", '"requests merge"', "approving absent", "入口"])
def test_words_that_are_not_there_find_nothing(typed):
    CourseFactory(title="Approving merge requests 入門")

    assert titles(typed) == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    ["' OR 1=1 --", "a'b\"c", "\\", "a\\' b", "!", "a:*", "((((", "& | !",
     "%s %(x)s", "{} {0}", "a <-> b", "ـ", "́", "\ud800x", "x" * 500,
     "🎉 party", "´`'’", "\u202e reversed", "a" * 499 + "'", "²³ ½ ﷺ"],
)  # fmt: skip
def test_hostile_text_is_only_text(typed):
    CourseFactory(title="Plain")

    found = list(ranked(ANY.all(), wanted_by(typed))) + list(coming_close(ANY.all(), wanted_by(typed)))

    assert all(one.title == "Plain" for one in found)
    assert set(counted(ANY.all(), wanted_by(typed), EntryKind.values)) <= set(EntryKind.values)


@pytest.mark.django_db
def test_a_title_comes_before_a_text():
    text = CourseFactory(title="Other", summary="It speaks of pipelines once")
    title = CourseFactory(title="Pipelines")

    assert [one.row_id for one in ranked(ANY.all(), wanted_by("pipelines"))] == [title.pk, text.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["kubrenetes", "kuberntes clusters", "Kubernettes"])
def test_what_was_typed_wrongly_comes_close(typed):
    CourseFactory(title="Kubernetes clusters")
    wanted = wanted_by(typed)

    near = list(coming_close(ANY.all(), wanted))

    assert not finding(ANY.all(), wanted).exists()
    assert [one.title for one in near] == ["Kubernetes clusters"]
    assert meant(wanted, near).split()[0] == "kubernetes"


@pytest.mark.django_db
def test_each_kind_is_counted():
    course = CourseFactory(title="Pipelines")
    LessonFactory(course=course, title="More pipelines")
    PathFactory(title="Way to pipelines")

    assert counted(ANY.all(), wanted_by("pipelines"), EntryKind.values) == {"course": 1, "lesson": 1, "path": 1}


@pytest.mark.django_db
def test_a_change_is_found_at_once_however_it_is_written():
    course = CourseFactory(title="Before", lessons=1)
    Course.objects.filter(pk=course.pk).update(title="Afterwards", slug="moved")

    assert titles("before") == set()
    assert titles("afterwards") == {"Afterwards"}
    assert ANY.get(kind="lesson").within == "Afterwards"
    assert ANY.get(kind="lesson").within_slug == "moved"


@pytest.mark.django_db
def test_words_of_the_catalogue_find_what_they_sort():
    word = UseCaseFactory(name="Observability")
    course = CourseFactory(title="Seeing")
    course.use_cases.add(word)
    assert titles("observability") == {"Seeing"}

    UseCase.objects.filter(pk=word.pk).update(name="Tracing")
    assert titles("observability") == set()
    assert titles("tracing") == {"Seeing"}

    course.use_cases.clear()
    assert titles("tracing") == set()


@pytest.mark.django_db
def test_an_asset_is_found_by_what_it_says_today():
    asset = Asset.objects.create(slug="kit", title="Kit", kind="starter_kit", state="published")
    for number, body in enumerate(["old saying", "new saying"], 1):
        asset.current_version = AssetVersion.objects.create(asset=asset, number=number, body=body)
        asset.save()

    assert titles("old saying") == set()
    assert titles("new saying") == {"Kit"}


@pytest.mark.django_db
def test_what_is_deleted_is_found_no_more():
    lesson = LessonFactory(title="Gone soon")
    Lesson.objects.filter(pk=lesson.pk).delete()

    assert titles("gone") == set()


@pytest.mark.django_db
def test_a_text_of_any_length_can_be_saved():
    LessonFactory(title="Long", body="word" * 300_000 + " " + "longer " * 300_000)

    assert titles("long") == {"Long"}


@pytest.mark.django_db
def test_what_the_triggers_missed_is_put_right():
    course = CourseFactory(title="Right")
    ANY.update(title="Wrong")
    ANY.create(kind="course", row_id=999_999, slug="ghost", title="Ghost", vector="", title_vector="")
    assert set(differing("course")) == {course.pk, 999_999}

    assert settle_entries() == 2
    assert titles("right") == {"Right"}
    assert settle_entries() == 0


@pytest.mark.django_db
def test_writing_an_entry_twice_changes_nothing():
    course = CourseFactory(title="Once")
    rewrite_entries(kind="course", keys=[course.pk, course.pk])

    assert ANY.filter(kind="course").count() == 1


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<mark>", "&lt;b&gt; &amp;"]
)
def test_what_is_marked_is_escaped(hostile):
    wanted = wanted_by("alert script mark amp word")
    for shown in (highlighted(f"word {hostile} word", wanted), excerpt([f"{hostile} word"], wanted)):
        plain = shown.replace("<mark>", "").replace("</mark>", "")

        assert "<" not in plain and ">" not in plain
        assert conditional_escape(hostile) in plain
        assert "<mark>word</mark>" in shown


def test_marks_stand_where_the_words_stand():
    assert highlighted("Approvals approve CAFÉ 入門書", wanted_by("approve cafe 入門")) == (
        "<mark>Approvals</mark> <mark>approve</mark> <mark>CAFÉ</mark> <mark>入門</mark>書"
    )


def test_an_excerpt_leaves_out_the_rule_below_the_heads_of_a_table():
    shown = excerpt(["Lead Pipeline --- --- :--: well-known -- first row"], wanted_by("pipeline"))

    assert shown == "Lead <mark>Pipeline</mark> well-known first row"


def test_an_excerpt_begins_near_the_first_word():
    shown = excerpt(["", "far " * 200 + "needle " + "away " * 200], wanted_by("needle"))

    assert shown.startswith("… ") and shown.endswith(" …") and "<mark>needle</mark>" in shown and len(shown) < 300


@pytest.mark.parametrize(
    ("typed", "found"),
    [("roi ca", True), ("-roi case", False), ("nothing OR case", True), ('"case roi"', False), ("事例", True)],
)
def test_own_texts_are_matched_as_others_are(typed, found):
    assert matches(wanted_by(typed), "ROI Case 新事例集") is found


@pytest.mark.django_db
def test_both_ways_of_finding_have_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'courses_searchentry'")
        names = {name for (name,) in cursor.fetchall()}

    assert {"search_entry_by_words", "search_entry_by_title", "search_entry_by_trigrams"} <= names
