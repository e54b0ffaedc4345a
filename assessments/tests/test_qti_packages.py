"""QTI packages: what is in them, hostile ones, and what other versions are."""

import io
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from assessments.rules.formats import format_of
from assessments.rules.kinds import WrittenOption
from assessments.rules.written import WrittenQuestion
from assessments.tests.qti_documents import GOOD, report_on
from courses.lib import archives

FOLDER = Path(os.environ.get("QUESTION_SAMPLES", Path(__file__).resolve().parents[3] / "shared" / "samples")) / "qti12"
FILES = sorted(FOLDER.glob("*.xml")) if FOLDER.is_dir() else []


def package(*entries, **fields):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **fields) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("label", ["a=b&amp;" * 30, "Question=1", "note"])
def test_label_of_others_says_nothing(label):
    judged = report_on(GOOD.replace("<assessmentItem", f'<assessmentItem label="{label}"')).questions[0]

    assert (judged.status, judged.warnings) == ("importable", ())


def test_package_gives_its_items_and_names_the_broken_one():
    data = package(
        ("imsmanifest.xml", "<manifest/>"),
        ("a/one.xml", GOOD),
        ("two.xml", "<assessmentItem>"),
        ("test.xml", "<assessmentTest/>"),
        ("x.png", "x"),
        ("__MACOSX/a/._one.xml", b"\0\5"),
    )

    report = report_on(data, "bank.zip")

    assert [(one.question.title, one.status) for one in report.questions] == [
        ("T", "importable"),
        ("two.xml", "refused"),
    ]


def link():
    entry = zipfile.ZipInfo("link.xml")
    entry.external_attr = 0o120777 << 16
    return package((entry, "/etc/passwd"))


def encrypted():
    data = bytearray(package(("one.xml", GOOD)))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (package(("../../etc/cron.xml", GOOD)), "leads out of it"),
        (package(("/etc/cron.xml", GOOD)), "leads out of it"),
        (package(("C:\\cron.xml", GOOD)), "leads out of it"),
        (link(), "is a link"),
        (encrypted(), "is encrypted"),
        (package(("bomb.xml", b"\0" * 20_000_000)), "packed too tightly"),
        (package(("one.xml", GOOD))[:60], "can't be opened"),
        (b"PK\x03\x04 nothing", "can't be opened"),
        (package(("one.xml", '<!DOCTYPE a [<!ENTITY b "c">]>' + GOOD)), "one.xml: A DOCTYPE is not allowed."),
        (package(("one.xml", "<questestinterop/>")), "QTI 1.2 is not supported"),
        (package(("inner.zip", package(("one.xml", GOOD)))), "without QTI items"),
        (package(("one.xml", GOOD), ("two.xml", GOOD)), "stands for two questions"),
        (b"<assessmentTest/>", "Import the whole package"),
        (b"<assessmentItem>", "well-formed"),
    ],
)
def test_hostile_or_broken_package_takes_none(data, words):
    report = report_on(data, "bank.zip")

    assert (report.format, report.takes) == ("qti", [])
    assert words in report.errors[0].message


@pytest.mark.parametrize(
    ("limit", "value", "words"), [("MOST_ENTRIES", 1, "more than 1 files"), ("MOST_BYTES", 10, "larger than")]
)
def test_package_of_too_much_is_refused(monkeypatch, limit, value, words):
    monkeypatch.setattr(archives, limit, value)

    assert words in report_on(package(("a.xml", GOOD), ("b.xml", GOOD))).errors[0].message


def test_entry_larger_than_it_says_is_refused(monkeypatch):
    data = package(("one.xml", GOOD))
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, size: b"x" * size)

    assert "larger than it says" in report_on(data).errors[0].message


def test_same_questions_are_the_same_bytes():
    question = WrittenQuestion(
        kind="single", text="**Which**?", external_id="a", options=(WrittenOption("x", Decimal(1)), WrittenOption("y"))
    )

    assert format_of("qti").write([question]).content == format_of("qti").write([question]).content


def test_text_that_was_changed_elsewhere_is_read_as_it_is_now():
    question = WrittenQuestion(
        kind="single",
        rule="fraction",
        text="Old\n\n- a\n- b",
        external_id="a",
        options=(WrittenOption("~~x~~", Decimal(1)), WrittenOption("y")),
    )
    content = format_of("qti").write([question]).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("items/q00001.xml").decode()

    judged = report_on(text.replace(">Old<", ">New<")).questions[0]

    assert judged.question.text == "New\n\n- a\n- b"
    assert [one.text for one in judged.question.options] == ["~~x~~", "y"]


@pytest.mark.samples
@pytest.mark.skipif(not FILES, reason="the samples are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_older_version_is_recognised_and_named(path):
    report = report_on(path.read_bytes(), path.name)

    assert (report.format, report.takes) == ("qti", [])
    assert "QTI 1.2 is not supported. Export the questions as QTI 2.1" in report.errors[0].message
