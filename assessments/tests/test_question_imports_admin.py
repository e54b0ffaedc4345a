"""Files of questions in the administration: uploaded, read in the background, accepted, exported."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import tasks
from assessments.actions import imports
from assessments.actions import question_imports as actions
from assessments.models import ImportState, Question, QuestionImport, QuestionVersion
from assessments.rules.imports import why_not_so_often
from assessments.tests.factories_exams import BankFactory
from courses.lib.clock import database_now
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db
CODENAMES = [
    "add_questionimport", "view_questionimport", "change_questionimport", "view_questionbank", "change_questionbank",
    "view_answerkey",
]  # fmt: skip
GIFT = b"::Two::2 + 2 is {#4}\n\n::Bad::Which?{~a ~b}\n\n::Essay::Write.{}"
UPLOAD = "admin:assessments_questionimport_upload"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    return tmp_path


@pytest.fixture
def staff(client):
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=CODENAMES))
    client.force_login(person)
    return client


def uploaded(data=GIFT, *, name="sums.gift", read=True, by=None):
    row = actions.upload_questions(bank_slug="sums", file=SimpleUploadedFile(name, data), by=by or make_person())
    return actions.work_on_import(import_id=row.pk) if read else row


def page_of(row):
    return reverse("admin:assessments_questionimport_change", args=[row.pk])


def accept(row):
    return reverse("admin:assessments_questionimport_accept", args=[row.pk])


def body(response):
    return " ".join(response.content.decode().split())


def test_whole_way_from_the_upload_to_the_bank(staff, files, django_capture_on_commit_callbacks):
    assert "No file was imported yet" in body(staff.get(reverse("admin:assessments_questionimport_changelist")))
    assert "Nothing is written before you accept it" in body(staff.get(reverse(UPLOAD)))

    answer = staff.post(
        reverse(UPLOAD), {"bank_slug": "sums", "file": SimpleUploadedFile("sums.gift", GIFT), "format": ""}
    )
    row = QuestionImport.objects.get()
    assert (answer.url, row.state) == (page_of(row), ImportState.UPLOADED)
    assert "The file is being read" in body(staff.get(answer.url))

    tasks.work_on_question_import(row.pk)
    page = body(staff.get(answer.url))
    assert "3 questions found, 1 can be taken." in page
    assert "At least one option must be right." in page
    assert "Accept: write 1 question<" in page
    refused = body(staff.get(f"{answer.url}?status=refused")).partition("Notes")[2].partition("</table>")[0]
    assert "Two" not in without_tokens(refused)

    staff.post(accept(row))
    assert "The questions are being written" in body(staff.get(answer.url))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.work_on_question_import(row.pk)

    assert "1 of 1 questions were written into “sums”" in body(staff.get(answer.url))
    question = Question.objects.get()
    assert (question.bank.slug, question.current_version.created_by_id) == ("sums", row.made_by_id)
    assert not [path for path in files.rglob("*") if path.is_file()]


def test_file_that_cannot_be_taken_is_refused_and_says_why(staff):
    row = uploaded(b"Open?{=a")

    page = body(staff.get(page_of(row)))

    assert row.state == ImportState.REFUSED
    assert "Nothing of this file can be taken" in page
    assert "never closed" in page
    assert "Accept: write" not in page


@pytest.mark.parametrize(
    ("data", "slug", "words"),
    [(b"", "sums", "empty"), (b"x", "two words", "slug"), (b"x" * 50_000_001, "sums", "50 MB")],
)
def test_upload_that_makes_no_sense_is_refused_on_the_page(staff, data, slug, words):
    answer = staff.post(reverse(UPLOAD), {"bank_slug": slug, "file": SimpleUploadedFile("a.gift", data)})

    assert words in body(answer)
    assert not QuestionImport.objects.exists()


def test_action_refuses_a_slug_that_no_form_checked():
    with pytest.raises(Refused):
        actions.upload_questions(bank_slug="two words", file=SimpleUploadedFile("a", b"x"), by=make_person())
    with pytest.raises(Refused):
        actions.upload_questions(bank_slug="sums", file=SimpleUploadedFile("a", b""), by=make_person())


def test_accepting_needs_a_report_and_happens_once():
    person = make_person()
    fresh = uploaded(read=False)
    with pytest.raises(Refused, match="still being read"):
        actions.accept_import(row=fresh, by=person)
    row = uploaded()
    actions.accept_import(row=row, by=person)

    with pytest.raises(Refused, match="upload it again"):
        actions.accept_import(row=row, by=person)


@pytest.mark.parametrize("missing", CODENAMES[:1] + CODENAMES[2:3] + CODENAMES[5:])
def test_deed_without_its_permission_is_forbidden(client, missing):
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=CODENAMES).exclude(codename=missing))
    client.force_login(person)
    deeds = {
        "add_questionimport": reverse(UPLOAD),
        "change_questionimport": accept(uploaded()),
        "view_answerkey": reverse("admin:assessments_questionbank_export", args=[BankFactory().pk, "gift"]),
    }

    assert client.post(deeds[missing]).status_code == 403


def test_reading_a_page_accepts_nothing(staff):
    row = uploaded()

    staff.get(accept(row))

    row.refresh_from_db()
    assert row.state == ImportState.PARSED


def test_import_runs_once_however_often_it_is_nudged():
    row = uploaded()

    assert actions.work_on_import(import_id=row.pk) is None
    assert actions.work_on_import(import_id=0) is None


def test_sweep_finds_what_was_missed_and_what_a_dead_worker_held(monkeypatch):
    row = uploaded(read=False)
    later = database_now() + timedelta(hours=1)
    assert actions.imports_to_work_on(now=database_now()) == []
    assert actions.imports_to_work_on(now=later) == [row.pk]
    for state in (ImportState.UPLOADED, ImportState.UPLOADED, ImportState.FAILED):
        actions._begin(row.pk)
        assert actions.free_hanging_imports(now=database_now()) == 0
        assert actions.free_hanging_imports(now=later) == 1
        row.refresh_from_db()
        assert row.state == state

    waiting = uploaded(read=False)
    nudged = []
    monkeypatch.setattr(tasks, "nudge", lambda task, pk: nudged.append(pk))
    monkeypatch.setattr(tasks, "database_now", lambda: later)
    tasks.sweep_question_imports()
    assert nudged == [waiting.pk]


def test_reading_that_was_given_up_writes_nothing(monkeypatch):
    row = uploaded(read=False)
    begun = actions._begin(row.pk)
    QuestionImport.objects.update(tries=2)

    assert actions._read(begun).state == ImportState.PARSING
    row.refresh_from_db()
    assert (row.state, row.report) == (ImportState.PARSING, {})


def test_freeing_what_moved_meanwhile_changes_nothing():
    assert actions._free(uploaded().pk) is False


def test_writing_that_fails_is_tried_again_and_then_given_up(monkeypatch, staff):
    row = actions.accept_import(row=uploaded(), by=make_person())

    def refuse(**fields):
        raise DatabaseError

    monkeypatch.setattr(actions, "accept_report", refuse)
    states = [actions.work_on_import(import_id=row.pk).state for _ in range(actions.MOST_TRIES + 1)]

    assert states == ["accepting"] * actions.MOST_TRIES + ["failed"]
    assert "nothing was written" in body(staff.get(page_of(row)))
    assert not Question.objects.exists()


def test_writing_that_another_finished_is_left_alone(monkeypatch):
    row = actions.accept_import(row=uploaded(), by=make_person())
    begun = actions._begin(row.pk)
    QuestionImport.objects.update(state=ImportState.ACCEPTED)

    assert actions._write(begun).state == ImportState.ACCEPTED
    assert not Question.objects.exists()


def test_file_that_got_worse_meanwhile_is_refused(monkeypatch):
    row = actions.accept_import(row=uploaded(), by=make_person())
    with row.file.open("wb") as file:
        file.write(b"Open?{")

    assert actions.work_on_import(import_id=row.pk).state == ImportState.REFUSED


def test_long_report_is_read_a_hundred_questions_a_page(staff):
    row = uploaded(b"\n\n".join(b"::Q%d::Number %d?{T}" % (n, n) for n in range(120)))
    with CaptureQueriesContext(connection) as queries:
        first = body(staff.get(page_of(row)))

    assert "Page 1 of 2" in first
    assert "Q119" in body(staff.get(f"{page_of(row)}?page=2"))
    assert len(queries) <= 12


def test_list_of_imports_costs_the_same_however_many(staff):
    address, counts = reverse("admin:assessments_questionimport_changelist"), []
    for _ in range(2):
        for _ in range(2):
            uploaded(by=make_person())
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(address).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_export_names_what_stays_out_then_gives_the_file_and_is_on_record(staff):
    row = actions.accept_import(
        row=uploaded(b"::Two::2 + 2 is {#4}\n\n::Pairs::Match.{=a -> 1 =b -> 2}"), by=make_person()
    )
    actions.work_on_import(import_id=row.pk)
    bank = Question.objects.first().bank
    QuestionVersion.objects.filter(question__title="Pairs").update(text="a \x07")
    address = reverse("admin:assessments_questionbank_export", args=[bank.pk, "gift"])
    bank_page = body(staff.get(reverse("admin:assessments_questionbank_change", args=[bank.pk])))
    assert address.replace("gift", "moodle_xml") in bank_page
    assert address in body(staff.get(address.replace("gift", "moodle_xml")))

    page = body(staff.get(address))
    answer = staff.post(address)

    assert "1 question in the file, 1 left out." in page
    assert "it holds invisible control signs" in page
    assert answer["Content-Disposition"] == 'attachment; filename="sums.gift"'
    assert b"2 + 2" in answer.content
    assert AuditEvent.objects.filter(event="bank_exported", details={"format": "gift"}).count() == 1
    assert staff.get(address.replace("gift", "docx")).status_code == 404


def test_bank_without_questions_has_nothing_to_download(staff):
    bank = BankFactory()

    page = body(staff.get(reverse("admin:assessments_questionbank_export", args=[bank.pk, "csv"])))

    assert "There is nothing to download." in page


AGAIN = b"::Two::2 + 2 is {#4}\n\n::Three::1 + 2 is {#3}\n\n::Trois::1 + 2 is {#3}\n\n::Else::2 + 2 is {#4}\n\n::Essay::Write.{}"


def questions_of(staff, row, **query):
    """The rows of the report: line, wording, type, what becomes of it, notes."""
    html = body(staff.get(page_of(row), query)).partition("Notes</th>")[2].partition("</table>")[0]
    return [
        [re.sub("<[^>]+>", " ", cell).strip() for cell in line.split("<td>")[1:]] for line in html.split("<tr>")[1:]
    ]


def test_each_question_is_shown_with_its_line_and_wording_before_it_is_accepted(staff):
    rows = questions_of(staff, uploaded())

    assert [row[0] for row in rows] == ["1", "3", "5"]
    assert "2 + 2 is" in rows[0][1]
    assert [row[2:4] for row in rows[:2]] == [["a number", "can be taken"], ["several right answers", "can’t be taken"]]
    assert rows[2][3] == "of a type that isn’t supported"


def test_what_repeats_a_question_is_marked_before_it_is_accepted(staff):
    first = uploaded()
    actions.accept_import(row=first, by=make_person())
    actions.work_on_import(import_id=first.pk)

    row = uploaded(AGAIN)

    notes = [one[4] for one in questions_of(staff, row)]
    assert notes[0] == "It stands in the bank already, word for word."
    assert (notes[1], notes[2]) == ("", "Line 3 asks the same.")
    assert notes[3] == "The bank asks the same under “Two”."
    assert "3 repeat a question</a>" in body(staff.get(page_of(row)))
    assert len(questions_of(staff, row, status="repeated")) == 3
    changed = uploaded(b"::Two::2 + 2 makes {#4}")
    assert questions_of(staff, changed)[0][4] == "It becomes the next version of “Two”."


def test_the_list_of_imports_reads_no_report(staff):
    uploaded()

    with CaptureQueriesContext(connection) as captured:
        html = body(staff.get(reverse("admin:assessments_questionimport_changelist")))

    assert not [one for one in captured if '"assessments_questionimport"."report",' in one["sql"]]
    assert '<td class="field-found">3</td><td class="field-importable">1</td>' in html


def test_uploads_of_a_person_are_limited_whatever_they_say_of_their_address(staff, monkeypatch):
    monkeypatch.setattr(actions, "UPLOADS_AN_HOUR", 2)

    def upload(number):
        file = SimpleUploadedFile("sums.gift", GIFT)
        return staff.post(
            reverse(UPLOAD),
            {"bank_slug": "sums", "file": file, "format": ""},
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )

    pages = [upload(number) for number in range(3)]

    assert [page.status_code for page in pages[:2]] == [302, 302]
    assert re.search(r"You uploaded files very often in the last hour. Go on in \d+ minutes?\.", body(pages[2]))
    assert QuestionImport.objects.count() == 2
    assert uploaded(read=False).pk


def test_exports_of_a_person_are_limited_previews_included(staff, monkeypatch):
    monkeypatch.setattr(imports, "EXPORTS_AN_HOUR", 2)
    address = reverse("admin:assessments_questionbank_export", args=[BankFactory().pk, "csv"])

    answers = [staff.get(address), staff.post(address), staff.post(address), staff.get(address)]

    assert [answer.status_code for answer in answers] == [200, 200, 409, 409]
    assert "You exported banks very often in the last hour." in body(answers[2])
    assert AuditEvent.objects.filter(event="bank_exported").count() == 1


@pytest.mark.parametrize(("wait", "words"), [(1, "in 1 minute."), (60, "in 1 minute."), (61, "in 2 minutes.")])
def test_wait_is_said_in_minutes_rounded_up(wait, words):
    assert words in why_not_so_often("uploaded files", wait).sentence
    assert why_not_so_often("uploaded files", 0) is None
