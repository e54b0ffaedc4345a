"""`manage.py rater_agreement`: what it reads, what it refuses, what it prints."""

import json
import time
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from assessments.rules.statistics.csv_rows import MalformedTable
from assessments.rules.statistics.csv_scores import read_scores
from assessments.tests.score_tables import KRIPPENDORFF, rows_of

NAMES = [
    "units", "raters", "exact", "adjacent", "kappa_quadratic", "alpha_nominal", "alpha_ordinal", "alpha_interval", "icc_2_1",
    "icc_2_1_interval", "severity",
]  # fmt: skip
SMALL = "unit,rater,score\na,ana,3\na,ben,4\nb,ana,2\nb,ben,2\nc,ana,5\nc,ben,4\n"


def run(tmp_path, content, *options):
    path = tmp_path / "scores.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    out = StringIO()
    call_command("rater_agreement", "--csv", str(path), *options, stdout=out)
    return out.getvalue()


def figures_of(tmp_path, content, *options):
    return json.loads(run(tmp_path, content, "--json", *options))


def text_of(rows):
    return "unit,rater,score\n" + "".join(f"{u},{r},{score}\n" for u, r, score in rows)


def test_the_json_has_the_names_that_others_check(tmp_path):
    found = figures_of(tmp_path, text_of(rows_of(KRIPPENDORFF)))

    assert list(found) == NAMES
    assert (found["units"], found["raters"], found["kappa_quadratic"], found["icc_2_1"]) == (12, 4, None, None)
    assert found["alpha_ordinal"] == pytest.approx(0.815, abs=5e-4)
    assert set(found["severity"]) == {"0", "1", "2", "3"}
    assert set(found["severity"]["0"]) == {"estimate", "standard_error"}


def test_two_raters_have_kappa_and_scale_sets_its_categories_alone(tmp_path):
    plain, within, outside = (
        figures_of(tmp_path, SMALL, *options) for options in ([], ["--scale", "1-5"], ["--scale=-2-4"])
    )

    assert plain == within and plain["kappa_quadratic"] == pytest.approx(1 - (2 / 3) / (14 / 9 + 8 / 9))
    assert outside == plain | {"kappa_quadratic": None}


@pytest.mark.parametrize("content", [
    SMALL,
    "\ufeff" + SMALL,
    SMALL.replace("\n", "\r\n"),
    SMALL.replace(",", ";"),
    SMALL.replace(",", "\t"),
    SMALL.replace("unit,rater,score\n", ""),
    SMALL.replace("unit,rater,score", "Unit, RATER ,Score,remark").replace("3\n", "3,good\n"),
    SMALL.replace("a,ana,3", '"a","ana","3.0"'),
    SMALL.replace(",", ";").replace(";3\n", ";3,0\n"),
    SMALL.replace(",3\n", ",+3\n") + "\nd,ana,\nd,ben,NA\n",
    "score,criterion,unit,rater\n3,,a,ana\n4,,a,ben\n2,,b,ana\n2,,b,ben\n5,,c,ana\n4,,c,ben\n",
])  # fmt: skip
def test_delimiters_marks_of_order_columns_in_any_order_and_gaps(tmp_path, content):
    assert figures_of(tmp_path, content) == figures_of(tmp_path, SMALL)


def test_rows_come_in_any_order_and_names_stay_text(tmp_path):
    rows = SMALL.splitlines()
    turned = "\n".join([rows[0], *rows[:0:-1]])

    found, other = figures_of(tmp_path, SMALL), figures_of(tmp_path, turned)
    assert {name: other[name] for name in NAMES[:9]} == pytest.approx({name: found[name] for name in NAMES[:9]})
    assert other["severity"]["ana"]["estimate"] == pytest.approx(found["severity"]["ana"]["estimate"])
    assert figures_of(tmp_path, "unit,rater,score\n1,7,3\n01,7,4\n1.0,07,4\n")["units"] == 3


@pytest.mark.parametrize("rows", ["", "a,ana,3\n", "a,ana,3\nb,ana,4\n", "a,ana,3\na,ben,3\n", "a,ana,\na,ben,NA\n"])
def test_what_is_undefined_is_null(tmp_path, rows):
    found = figures_of(tmp_path, "unit,rater,score\n" + rows)

    assert {found[name] for name in NAMES[4:10]} == {None}
    assert "NaN" not in json.dumps(found)


def test_negative_scores_and_decimals(tmp_path):
    moved = (
        SMALL.replace(",3\n", ",-1.5\n").replace(",4\n", ",-0.5\n").replace(",2\n", ",-2.5\n").replace(",5\n", ",.5\n")
    )

    found, plain = figures_of(tmp_path, moved), figures_of(tmp_path, SMALL)

    assert {name: found[name] for name in NAMES[2:9]} == pytest.approx({name: plain[name] for name in NAMES[2:9]})


@pytest.mark.parametrize(("content", "line", "words"), [
    ("", 1, "file is empty"),
    ("unit,rater\na,ana\n", 1, "no column score"),
    ("id,judge,points\na,ana,3\n", 1, "no column unit and no column rater and no column score"),
    ("unit,rater,score,score\na,ana,3,3\n", 1, "score stands there more than once"),
    ("unit,rater,score\na,ana,3\na,ben\n", 3, "2 cells"),
    ("unit,rater,score\n,ana,3\n", 2, "The unit has no name"),
    ("unit,rater,score\na, ,3\n", 2, "The rater has no name"),
    ("unit,rater,score\na,ana,three\n", 2, "“three” isn't a number"),
    ("unit,rater,score\na,ana,nan\n", 2, "isn't a number"),
    ("unit,rater,score\n\na,ana,inf\n", 3, "isn't a number"),
    ("unit,rater,score\na,ana,3\nb,ana,3\na,ana,3\n", 4, "“ana” scored “a” in line 2 already"),
    ("unit,rater,score\na,ana,\na,ana,3\n", 3, "in line 2 already"),
    ("unit,rater,score,criterion\na,ana,3,x\na,ana,3,y\na,ana,4,y\n", 4, "“ana” scored “a” on “y” in line 3"),
    ("unit,rater,score,criterion\na,ana,3,x\na,ana,3,\n", 3, "The criterion has no name"),
    (b"unit,rater,score\na,ana,3\n\xff,ana,4\n", 3, "isn't UTF-8"),
    ('unit,rater,score\n"a,ana,3\n', 2, "can't be read"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(content, line, words):
    with pytest.raises(MalformedTable) as caught:
        read_scores(content if isinstance(content, bytes) else content.encode())

    assert caught.value.problems[0].line == line and words in caught.value.problems[0].message


def test_a_malformed_file_ends_with_2_and_tells_both_readers(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("unit,rater,score\na,ana,two\n")
    out = StringIO()

    with pytest.raises(CommandError, match="Line 2: The score “two” isn't a number") as caught:
        call_command("rater_agreement", "--csv", str(path), "--json", stdout=out)

    assert caught.value.returncode == 2
    assert json.loads(out.getvalue()) == {"errors": [{"line": 2, "message": "The score “two” isn't a number."}]}


@pytest.mark.parametrize("scale", ["5", "5-1", "1-1", "one-five", "1-5-9", "1.5-3"])
def test_a_scale_that_cannot_be_used(scale):
    with pytest.raises(CommandError, match="--scale must be two whole numbers") as caught:
        call_command("rater_agreement", "--csv", "pytest.ini", "--scale", scale, stdout=StringIO())

    assert caught.value.returncode == 2


def test_a_hundred_thousand_rows_take_seconds(tmp_path):
    generator = np.random.default_rng(1)
    raters = generator.permuted(np.tile(np.arange(50), (50_000, 1)), axis=1)[:, :2]
    rows = [(u, r, 1 + (u * 7 + r) % 5) for u, pair in enumerate(raters) for r in pair]
    began = time.process_time()

    found = figures_of(tmp_path, text_of(rows), "--scale", "1-5")

    assert found["units"] == 50_000 and time.process_time() - began < 20


def test_people_get_a_table_with_reasons(tmp_path):
    told = run(tmp_path, SMALL, "--scale", "1-3")

    assert "3 units, 2 raters" in told and "n = 3 pairs" in told
    assert "exact agreement                   0.333  (95 %: 0.061 to 0.792)" in told
    assert "no score outside 1 to 3" in told and "below 0 severe" in told
    few = run(tmp_path, "unit,rater,score\na,ana,3\nb,ben,4\nb,cid,4\n")
    assert "Kappa is a figure of two raters; there are 3" in few and "complete table" in few
    assert "It is unknown of raters who share no unit" in few
