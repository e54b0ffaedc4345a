"""GIFT files written by others, against the parse that their authors expect. Runs where the samples are there."""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from assessments.rules.formats import read_file
from assessments.rules.imports import judge
from courses.lib.foreign_text import markdown_of_html, markdown_of_plain

FOLDER = Path(os.environ.get("QUESTION_SAMPLES", Path(__file__).resolve().parents[3] / "shared" / "samples")) / "gift"
FILES = sorted(FOLDER.glob("*.gift")) if FOLDER.is_dir() else []
KINDS = {"TF": {"true_false"}, "MC": {"single", "multiple"}, "Short": {"short_text"}, "Numerical": {"numeric"},
         "Matching": {"matching"}, "Essay": {"essay"}, "Description": {"description"}}  # fmt: skip

pytestmark = pytest.mark.samples


def letters(text):
    """The letters alone: where lines break and blanks stand is the format's business."""
    return "".join(text.replace("\\\n", "").split())


def markdown(text):
    by_format = {"html": markdown_of_html, "markdown": str}
    if text["format"] == "moodle" and "</" in text["text"]:
        return letters(markdown_of_html(text["text"]))
    return letters(by_format.get(text["format"], markdown_of_plain)(text["text"]))


def number(one):
    if one["type"] == "high-low":
        return f"{one['numberLow']}..{one['numberHigh']}"
    return f"{one['number']}:{one['range']}" if one["type"] == "range" else f"{one['number']}"


def expected_options(question):
    """[(text, share of the mark as the authors see it, or None, feedback)]."""
    if question["type"] == "Matching":
        return [
            (markdown(pair["subquestion"]), None, markdown_of_plain(pair["subanswer"]))
            for pair in question["matchPairs"]
        ]
    choices = question.get("choices") or []
    if isinstance(choices, dict):
        return [(number(choices), Decimal(1), "")]
    return [
        (
            number(one["text"])
            if "type" in one["text"]
            else one["text"]["text"]
            if typed(question)
            else markdown(one["text"]),
            Decimal(str(one["weight"])) / 100 if one["weight"] is not None else Decimal(one["isCorrect"]),
            markdown(one["feedback"]) if one["feedback"] else "",
        )
        for one in choices
    ]


def typed(question):
    return question["type"] in ("Short", "Numerical")


def found_options(question, expected):
    if expected["type"] == "Matching":
        return [(letters(one.text), None, one.match) for one in question.options]
    return [
        (one.text if typed(expected) else letters(one.text), one.fraction, letters(one.feedback))
        for one in question.options
    ]


@pytest.mark.skipif(not FILES, reason="the samples are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_read_as_its_authors_expect(path):
    expected = [one for one in json.loads(path.with_suffix(".json").read_text()) if one["type"] != "Category"]

    report = judge(read_file(path.read_bytes(), name=path.name))

    assert len(report.questions) == len(expected)
    assert {one.status for one in report.questions} <= {"importable", "unsupported"}
    for judged, wanted in zip(report.questions, expected, strict=True):
        question = judged.question
        assert question.kind in KINDS[wanted["type"]]
        assert question.title == (wanted["title"] or "")
        assert letters(question.text) == markdown(wanted["stem"])
        if wanted["id"] and not question.external_id.startswith("content-"):
            assert question.external_id == wanted["id"]
        if wanted.get("globalFeedback"):
            assert letters(question.rationale) == markdown(wanted["globalFeedback"])
        if wanted["type"] == "TF":
            assert question.options[0].fraction == wanted["isTrue"]
        elif judged.status == "importable":
            for found, hoped in zip(found_options(question, wanted), expected_options(wanted), strict=True):
                assert found[0].replace("\n", "") == hoped[0].replace("\n", "")
                assert found[1] is None or abs(found[1] - hoped[1]) < Decimal("0.00001")
                assert found[2] == hoped[2]
