"""Files that hold no questions: named as what they are, whatever format they were said to be in."""

import io
import json
import zipfile
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from assessments.rules.formats import read_file
from assessments.rules.imports import judge

PAGE = b"<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE html>\n<html><style>p {color: red}</style><p>Which? {=a ~b}</p></html>"
AIKEN = b"Which one?\nA. this\nB. that\nANSWER: B\n"


def archive(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name in names:
            package.writestr(name, "<x/>")
    return file.getvalue()


@pytest.mark.parametrize("format", ["", "gift", "moodle_xml", "qti", "csv"])
def test_page_is_named_whatever_it_is_said_to_be(format):
    report = judge(read_file(PAGE, name="page.gift", format=format))

    assert (report.format, len(report.questions)) == (format, 0)
    assert report.errors[0].message.startswith("This is an HTML page. Expected is GIFT")


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"%PDF-1.7", "a.pdf", "a PDF document"),
        (b"{\\rtf1 {=a}}", "a.gift", "an RTF document"),
        (b"\x89PNG{=a ~b}", "a.gift", "a PNG picture"),
        ("Which?{T}".encode("utf-16"), "a.txt", "UTF-16"),
        ("Which?".encode("utf-16-le"), "a.doc", "UTF-16"),
        (archive("word/document.xml"), "a.docx", "a Word document"),
        (archive("xl/workbook.xml"), "a.xlsx", "save its sheet as CSV"),
        (archive("moodle_backup.xml"), "a.mbz", "a Moodle backup"),
        (archive("a.gift"), "a.zip", "an archive without QTI items"),
        (b"<p>Only a part of a page", "a.html", "an HTML page"),
        (
            b'<?xml version="1.0"?><!-- a --><rss version="2.0"/>',
            "a.xml",
            "an XML document of the kind \u201crss\u201d",
        ),
        (b'{"questions": [{"answers": ["=a"]}]}', "a.json", "JSON"),
        (AIKEN, "a.txt", "the Aiken format"),
        (AIKEN, "a", "the Aiken format"),
        (b"A letter.\n\nBest regards", "a.txt", "its answers in braces"),
        (b" \r\n ", "a.gift", "The file is empty."),
        (b"", "a.csv", "The file is empty."),
        (b"{", "a", "not recognised. Name one of: csv, gift"),
    ],
)
def test_file_without_questions_is_named(data, name, words):
    report = judge(read_file(data, name=name))

    assert not report.takes
    assert [error.line for error in report.errors] == [0]
    assert words in report.errors[0].message


@pytest.mark.parametrize(
    ("data", "format", "words"),
    [(b"x" * 50_000_001, "gift", "larger than 50 MB"), (b"Yes?{T}", "docx", "no format “docx”")],
)
def test_reader_keeps_the_limits_without_its_parent(data, format, words):
    assert words in read_file(data, format=format).fault.message


def test_package_that_breaks_off_is_named_by_its_reader():
    assert "can't be opened" in read_file(b"PK\x03\x04", name="a.zip").fault.message


@pytest.mark.parametrize("data", [b"::Read::Just read this.", b"// a note\n\nJust read this."])
def test_description_with_marks_of_gift_is_one(data):
    assert read_file(data, name="a.gift").fault is None


def test_essays_alone_are_moodle_xml_all_the_same():
    report = judge(read_file(b"<quiz><question type='essay'/></quiz>"))

    assert (report.format, [one.status for one in report.questions], report.errors) == (
        "moodle_xml",
        ["unsupported"],
        [],
    )


def test_root_below_a_long_comment_is_found():
    data = b"<!-- " + b"x" * 20_000 + b" --><quiz><question type='essay'/></quiz>"

    assert read_file(data, name="a.xml").format == "moodle_xml"


@pytest.mark.parametrize("more", [[], ["--accept"]])
@pytest.mark.parametrize(
    ("bank", "data", "format", "words"),
    [
        ("sums", None, "", "can't be read: No such file"),
        ("sums", "folder", "", "can't be read: Is a directory"),
        ("sums", b"", "", "The file is empty."),
        ("sums", bytes(range(256)), "gift", "not UTF-8"),
        ("sums", b"Yes?{T}", "docx", "There is no format \u201cdocx\u201d. Name one of: csv, gift, moodle_xml, qti."),
        ("two words", b"Yes?{T}", "", "can't name a bank"),
        ("sums", b"Write.{}", "", ""),
    ],
)
def test_command_prints_one_document_whatever_is_wrong(tmp_path, db, bank, data, format, words, more):
    path, out = tmp_path / "file.gift", StringIO()
    if isinstance(data, bytes):
        path.write_bytes(data)
    elif data:
        path.mkdir()

    with pytest.raises(CommandError) as ended:
        call_command(
            "import_questions", bank, str(path), "--json", *more, *(["--format", format] if format else []), stdout=out
        )

    report = json.loads(out.getvalue())
    assert list(report) == ["format", "found", "importable", "imported", "questions", "errors"]
    assert (report["importable"], report["imported"], ended.value.returncode) == (0, 0, 2)
    assert words in "".join(error["message"] for error in report["errors"])


def test_command_advises_to_accept_only_what_can_be_accepted(tmp_path, db):
    path, told = tmp_path / "file.gift", []
    for data in (b"Yes?{T}", b"Write.{}"):
        out = StringIO()
        path.write_bytes(data)
        with suppress(CommandError):
            call_command("import_questions", "sums", str(path), stdout=out)
        told.append("add --accept" in out.getvalue())

    assert told == [True, False]
