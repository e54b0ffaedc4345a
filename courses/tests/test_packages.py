"""Interactive packages: what is taken, what is refused, what they keep of a learner, and what the content host answers."""

import io
import json
import stat
import uuid
import zipfile
from datetime import datetime, timedelta

import pytest
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from courses.actions.packages import keep_values, states_of, take_package
from courses.lib.content_host import OPEN, Visit, link_to, origin_of, path_token
from courses.lib.packages import PackageFault, read_package
from courses.lib.refusals import Refused
from courses.models import CourseCompletion, LessonDone, Package
from courses.rules.scorm import is_done, session_seconds, why_not_keep
from courses.tests.factories import CourseFactory, LessonFactory
from courses.tests.packages import manifest, package
from courses.tests.people import make_person

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=timezone.get_default_timezone())
SESSION = uuid.UUID(int=7)


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.CONTENT_ORIGIN = "http://*.content.localhost:8000"
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def taken(**more):
    return take_package(file=ContentFile(package(**more), "tour.zip"), by=None)


def lesson_with(row=None, **more):
    return LessonFactory(kind="interactive", package=row or taken(**more), course=CourseFactory())


def keep(lesson, person, values, item="0", session=SESSION, now=NOW):
    return keep_values(lesson=lesson, item=item, session=session, values=values, by=person, now=now)


@pytest.mark.parametrize(
    ("version", "pages"),
    [
        ("1.2", ["index.html"]),
        ("2004", ["index.html"]),
        ("1.2", ["a/one.html", "a/two.html"]),
        ("2004", ["x.html?p=1", "y.html"]),
    ],
)
def test_packages_of_both_versions_with_one_and_many_parts_are_read(version, pages):
    facts = read_package(io.BytesIO(package(version=version, pages=pages)))

    assert (facts.version, facts.title) == (version, "A tour")
    assert [one.path for one in facts.items] == [page.partition("?")[0] for page in pages]
    assert all(one.tells for one in facts.items)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><manifest>&b;</manifest>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><manifest>&a;</manifest>'
BAD = {
    "no manifest": ({"imsmanifest.xml": None}, "no imsmanifest.xml"),
    "h5p": ({"h5p.json": "{}"}, "H5P"),
    "traversal": ({"../up.html": "x"}, "leads out"),
    "absolute": ({"/etc/x.html": "x"}, "leads out"),
    "backslash": ({"a\\b.html": "x"}, "can't be used"),
    "drive": ({"c:x.html": "x"}, "leads out"),
    "dot": ({"./x.html": "x"}, "can't be used"),
    "case": ({"INDEX.HTML": "x"}, "in it twice"),
    "kind": ({"run.exe": "x"}, "may not hold"),
    "php": ({"run.php": "x"}, "may not hold"),
    "file and folder": ({"index.html/x.html": "x"}, "file and a folder"),
    "bomb": ({"bomb.txt": b"0" * 30_000_000}, "packed too tightly"),
    "entities": ({"imsmanifest.xml": BOMB}, "DOCTYPE"),
    "outside": ({"imsmanifest.xml": OUTSIDE}, "DOCTYPE"),
    "broken": ({"imsmanifest.xml": "<manifest>"}, "line 1"),
    "other": ({"imsmanifest.xml": "<other/>"}, "no manifest"),
    "nothing": ({"imsmanifest.xml": manifest(organizations="<organizations/>")}, "nothing to open"),
    "elsewhere": ({"imsmanifest.xml": manifest(pages=["https://evil.example/x.html"])}, "isn't in the package"),
    "script": ({"imsmanifest.xml": manifest(pages=["javascript:alert(1)"])}, "isn't in the package"),
    "out": ({"imsmanifest.xml": manifest(pages=["../../x.html"])}, "isn't in the package"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_hostile_package_is_refused_with_a_sentence(name):
    files, words = BAD[name]

    with pytest.raises(PackageFault, match=words):
        read_package(io.BytesIO(package(files)))


def test_links_and_doubles_and_too_many_files_are_refused():
    made = io.BytesIO(package())
    with zipfile.ZipFile(made, "a") as archive:
        link = zipfile.ZipInfo("link.html")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(PackageFault, match="is a link"):
        read_package(made)
    with pytest.raises(PackageFault, match="more than 3000"):
        read_package(io.BytesIO(package({f"{n}.txt": "" for n in range(3001)})))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip", package()[:-30], package()[:60]])
def test_what_is_no_whole_archive_is_refused(data):
    with pytest.raises(PackageFault, match="can't be opened"):
        read_package(io.BytesIO(data))


def test_nested_archives_stay_files():
    assert read_package(io.BytesIO(package({"more.zip": package()}))).files == 3


@pytest.mark.django_db
def test_the_same_file_again_is_the_same_package():
    assert taken().pk == taken().pk
    assert Package.objects.count() == 1


@pytest.mark.parametrize(
    ("version", "values", "fine"),
    [
        ("1.2", {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "80"}, True),
        ("1.2", {"cmi.suspend_data": "x" * 4096}, True),
        ("1.2", {"cmi.suspend_data": "x" * 4097}, False),
        ("1.2", {"cmi.core.score.raw": "101"}, False),
        ("1.2", {"cmi.core.score.raw": "nan"}, False),
        ("1.2", {"cmi.core.lesson_status": "great"}, False),
        ("1.2", {"cmi.core.student_id": "1"}, False),
        ("2004", {"cmi.suspend_data": "x" * 64_000}, True),
        ("2004", {"cmi.suspend_data": "x" * 64_001}, False),
        ("2004", {"cmi.score.scaled": "1.01"}, False),
        ("2004", {"cmi.interactions.0.learner_response": "b", "cmi.objectives.0.score.raw": "1"}, True),
        ("2004", {"cmi.interactions.0.x": "y" * 4001}, False),
        ("2004", {"__proto__": "x"}, False),
        ("2004", {"cmi.location": "\0"}, False),
        ("2004", {"cmi.location": 7}, False),
        ("2004", [], False),
        ("2004", {f"cmi.interactions.{n}.id": "y" * 3000 for n in range(100)}, False),
    ],
)
def test_values_are_of_the_kind_and_size_of_the_standard(version, values, fine):
    assert (why_not_keep(version, values) is None) == fine


@pytest.mark.parametrize(
    ("version", "values", "done"),
    [
        ("1.2", {"cmi.core.lesson_status": "passed"}, True),
        ("1.2", {"cmi.core.lesson_status": "failed"}, False),
        ("1.2", {"cmi.core.lesson_status": "browsed"}, False),
        ("2004", {"cmi.completion_status": "completed"}, True),
        ("2004", {"cmi.completion_status": "completed", "cmi.success_status": "failed"}, False),
        ("2004", {"cmi.success_status": "passed"}, True),
        ("2004", {}, False),
    ],
)
def test_completed_or_passed_is_done_and_failed_is_not(version, values, done):
    assert is_done(version, values) == done


def test_times_are_read_in_the_notation_of_each_version():
    assert session_seconds("1.2", {"cmi.core.session_time": "0001:02:03.50"}) == 3723
    assert session_seconds("2004", {"cmi.session_time": "PT1H2M3.5S"}) == 3723
    assert session_seconds("2004", {"cmi.session_time": "P1DT1S"}) == 86_401
    assert session_seconds("2004", {"cmi.session_time": "soon"}) == 0


@pytest.mark.django_db
def test_the_lesson_is_done_once_every_part_is_and_the_course_with_it():
    lesson, person = lesson_with(version="2004", pages=["a.html", "b.html"]), make_person()

    keep(lesson, person, {"cmi.completion_status": "completed"}, item="0")
    assert not LessonDone.objects.exists()
    keep(lesson, person, {"cmi.success_status": "passed"}, item="1")
    keep(lesson, person, {"cmi.completion_status": "incomplete"}, item="1")

    assert LessonDone.objects.get().learner == person
    assert CourseCompletion.objects.get().course == lesson.course


@pytest.mark.django_db
def test_what_was_kept_comes_back_on_another_device_and_time_counts_once():
    lesson, person = lesson_with(), make_person()
    values = {"cmi.suspend_data": "page 3", "cmi.core.session_time": "00:10:00", "cmi.core.lesson_status": "incomplete"}

    keep(lesson, person, {})
    assert keep(lesson, person, values, now=NOW + timedelta(minutes=20)).sessions.get().seconds == 600
    keep(lesson, person, values, now=NOW + timedelta(minutes=21))
    keep(lesson, person, values, session=uuid.UUID(int=8), now=NOW + timedelta(hours=1))

    state = states_of(lesson, person)["0"]
    assert state["values"] == {"cmi.suspend_data": "page 3", "cmi.core.lesson_status": "incomplete"}
    assert (state["given"]["cmi.core.entry"], state["given"]["cmi.core.total_time"]) == ("resume", "0000:11:00.00")
    assert person.name not in json.dumps(state) and person.email not in json.dumps(state)


@pytest.mark.django_db
def test_a_part_that_is_not_of_this_package_keeps_nothing():
    with pytest.raises(Refused):
        keep(lesson_with(), make_person(), {}, item="9")
    with pytest.raises(Refused):
        keep(LessonFactory(), make_person(), {})


def post(client, lesson, body, **more):
    return client.post(
        reverse("courses:lesson-package", args=[lesson.course.slug, lesson.slug]),
        body if isinstance(body, str) else json.dumps(body), content_type="application/json", **more,
    )  # fmt: skip


@pytest.mark.django_db
def test_the_route_keeps_for_oneself_and_refuses_what_is_odd(client):
    lesson, person = lesson_with(), make_person()
    fine = {"item": "0", "session": str(SESSION), "values": {"cmi.core.lesson_status": "completed"}}
    assert post(client, lesson, fine).status_code == 401
    client.force_login(person)

    for odd in ("", "[]", "{", '"x"', "[" * 100_000, {"item": "0"}, fine | {"session": "x"}):
        assert post(client, lesson, odd).status_code == 400
    assert post(client, lesson, fine | {"values": {"x": "y"}}).status_code == 409
    assert post(client, LessonFactory(), fine).status_code == 404
    assert not LessonDone.objects.exists()
    assert post(client, lesson, fine).json() == {"is_done": True}
    assert LessonDone.objects.get().learner == person


@pytest.mark.django_db
def test_a_lesson_with_a_package_is_not_done_by_hand(client):
    lesson = lesson_with()
    client.force_login(make_person())

    response = client.post(reverse("courses:lesson-done", args=[lesson.course.slug, lesson.slug]))

    assert response.status_code == 409
    assert not LessonDone.objects.exists()


@pytest.mark.django_db
def test_the_page_frames_the_package_s_own_origin_only(client):
    lesson = lesson_with()
    client.force_login(make_person())

    response = client.get(lesson.get_absolute_url())

    policy = response["Content-Security-Policy"]
    assert origin_of(lesson.package.sha256) in policy
    assert 'sandbox="allow-scripts allow-same-origin"' in response.content.decode()


def visit_to(lesson, person, client, path=""):
    host = origin_of(lesson.package.sha256).removeprefix("http://")
    token = path_token(Visit(lesson.package_id, lesson.pk, person.pk, "http://localhost:8000"))
    return client.get(f"/t/{token}/{path}", headers={"host": host})


@pytest.mark.django_db
def test_the_content_host_answers_packages_and_nothing_of_the_portal(client):
    lesson, person = lesson_with(), make_person()
    host = origin_of(lesson.package.sha256).removeprefix("http://")
    client.force_login(person)

    for path in (
        "/",
        "/admin/",
        "/accounts/login/",
        "/healthz",
        lesson.get_absolute_url(),
        "/static/css/site.css",
        "/t/x/",
    ):
        response = client.get(path, headers={"host": host})
        assert (response.status_code, response.content) == (404, b"Not found"), path
        assert not response.cookies
    assert client.post("/accounts/login/", headers={"host": host}).status_code == 405
    assert (
        client.get(
            f"/t/{path_token(Visit(lesson.package_id, lesson.pk, person.pk, 'http://localhost:8000'))}/"
        ).status_code
        == 404
    )


@pytest.mark.django_db
def test_a_link_opens_for_five_minutes_and_is_never_forged(client, monkeypatch):
    lesson, person = lesson_with(), make_person()
    visit = Visit(lesson.package_id, lesson.pk, person.pk, "http://localhost:8000")
    link = link_to(visit, lesson.package.sha256)
    host = origin_of(lesson.package.sha256).removeprefix("http://")
    path = link.partition(host)[2]

    opened = client.get(path, headers={"host": host})
    assert opened.status_code == 302
    stage = client.get(opened.url, headers={"host": host})
    assert b"runtime.js" in stage.content
    assert "frame-ancestors 'self' http://localhost:8000;" in stage["Content-Security-Policy"]
    assert client.get(path[:-2] + "xx", headers={"host": host}).status_code == 404
    other = host.replace("p", "q", 1)
    assert client.get(path, headers={"host": other}).status_code == 404
    with monkeypatch.context() as patched:
        patched.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 301)
        assert client.get(path, headers={"host": host}).status_code == 404
    assert signing.loads(path.removeprefix("/o/"), salt=OPEN)["learner"] == person.pk


@pytest.mark.django_db
def test_files_come_whole_in_ranges_or_not_at_all(client):
    lesson, person = lesson_with(files={"film.mp4": b"0123456789", "x.svg": "<svg/>"}), make_person()
    host = origin_of(lesson.package.sha256).removeprefix("http://")

    whole = visit_to(lesson, person, client, "f/film.mp4")
    assert b"".join(whole.streaming_content) == b"0123456789"
    assert (whole["Content-Type"], whole["X-Content-Type-Options"]) == ("video/mp4", "nosniff")
    assert (whole["Referrer-Policy"], bool(whole.cookies)) == ("no-referrer", False)
    part = client.get(whole.request["PATH_INFO"], headers={"host": host, "range": "bytes=2-4"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"234")
    for path in ("f/", "f/nothing.html", "f/../imsmanifest.xml", "~/settings.py", "g/film.mp4", "~/../base.css"):
        assert visit_to(lesson, person, client, path).status_code == 404, path


@pytest.mark.django_db
def test_who_is_suspended_and_what_was_withdrawn_is_shown_no_more(client):
    lesson, person = lesson_with(), make_person()
    assert visit_to(lesson, person, client).status_code == 200

    person.is_active = False
    person.save()
    assert visit_to(lesson, person, client).status_code == 404
    lesson.course.state = "withdrawn"
    lesson.course.save()
    assert visit_to(lesson, make_person(), client).status_code == 404


@pytest.mark.django_db
def test_the_administration_takes_a_package_or_says_why_not(client):
    client.force_login(make_person(groups=["enablement"], is_staff=True))
    add = reverse("admin:courses_package_add")

    bad = client.post(add, {"file": SimpleUploadedFile("x.zip", package({"../x.html": "x"}))})
    assert "leads out of it" in bad.content.decode()
    client.post(add, {"file": SimpleUploadedFile("x.zip", package())})
    assert Package.objects.get().title == "A tour"
    assert "A tour" in client.get(reverse("admin:courses_package_changelist")).content.decode()
