"""`manage.py exam_statistics`: what it reads, what it refuses, what it prints."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from assessments.rules.statistics.csv_rows import MalformedTable
from assessments.rules.statistics.csv_tables import read_table
from assessments.tests.mark_tables import LSAT_6

SMALL = "person,q1,q2,q3\nana,1,1,1\nben,1,1,0\ncid,1,0,0\ndee,0,0,0\n"


def run(tmp_path, content, *options):
    path = tmp_path / "marks.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    out = StringIO()
    call_command("exam_statistics", "--csv", str(path), *options, stdout=out)
    return out.getvalue()


def figures_of(tmp_path, content, *options):
    return json.loads(run(tmp_path, content, "--json", *options))


def problems_of(content):
    with pytest.raises(MalformedTable) as caught:
        read_table(content if isinstance(content, bytes) else content.encode())
    return [(one.line, one.message) for one in caught.value.problems]


def test_the_json_has_what_others_check(tmp_path):
    rows = [f"{n}-{pattern}," + ",".join(pattern) for pattern, count in zip(LSAT_6[::2], LSAT_6[1::2], strict=True)
            for n in range(int(count))]  # fmt: skip
    found = figures_of(tmp_path, "person,a,b,c,d,e\n" + "\n".join(rows), "--cut", "60")

    assert found["persons"] == 1000 and found["alpha"] == pytest.approx(0.2950, abs=5e-5)
    assert found["alpha_interval"][0] < found["alpha"] < found["alpha_interval"][1]
    first = found["items"][0]
    assert (first["name"], first["facility"]) == ("a", pytest.approx(0.924))
    assert first["item_total"] == pytest.approx(0.3620, abs=5e-5)
    assert first["item_total_corrected"] == pytest.approx(0.1128, abs=5e-5)
    assert first["alpha_if_dropped"] == pytest.approx(0.2754, abs=5e-5)
    assert found["sem"] == pytest.approx(0.8691, abs=5e-5)
    assert 0 < found["decision"]["kappa"] < found["decision"]["consistency"] < found["decision"]["accuracy"] < 1


def test_without_a_cut_and_without_spread_figures_are_null(tmp_path):
    found = figures_of(tmp_path, "person,q1,q2\nana,1,1\nben,1,1\n")

    assert (found["alpha"], found["alpha_interval"]) == (None, None)
    assert found["items"][0]["item_total_corrected"] is None
    assert {found["decision"][name] for name in ("consistency", "accuracy", "kappa")} == {None}


@pytest.mark.parametrize(
    "content",
    [
        SMALL,
        "\ufeff" + SMALL,
        SMALL.replace("\n", "\r\n"),
        SMALL.replace(",", ";"),
        SMALL.replace(",", "\t"),
        SMALL.replace("ana,1", '"ana, the first",1.0').replace(",q3", ',"q3"'),
        SMALL.replace(",", ";").replace(";1", ";1,0"),
        "\n" + SMALL.replace("\n", ",\n") + ",,,\n",
        "person,q1,q2,q3\nMAX,4,2,5\nana,4,2,5\nben,4,2,0\ncid,4,0,0\ndee,0,0,0\n",
    ],
)
def test_delimiters_decimal_commas_marks_of_order_and_full_marks(content):
    found = read_table(content.encode())

    assert found.names == ("q1", "q2", "q3")
    assert (found.marks / found.maxima).tolist() == [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_empty_cells_and_na_are_items_not_seen():
    assert read_table(b"p,a,b\nx,,1\ny,NA,0\n").seen.tolist() == [[False, True], [False, True]]


def test_a_person_called_max_further_down_is_a_person():
    assert read_table(b"p,a,b\nx,0,1\nmax,1,0\n").marks.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("", 1, "file is empty"),
        ("\n\n", 1, "file is empty"),
        ("person\nana\n", 1, "no item"),
        ("person,q1,,q3\nana,1,1,1\n", 1, "Column 3 has no name"),
        ("person,q1,q1\nana,1,1\n", 1, "“q1” stands there more than once"),
        ("person,q1,q2\n", 1, "no row of a person"),
        ("person,q1,q2\nmax,1,1\n", 2, "no row of a person"),
        ("person,q1,q2\nmax,0,1\nana,0,1\n", 2, "above 0"),
        ("person,q1,q2\nmax,,1\nana,0,1\n", 2, "above 0"),
        ("person,q1,q2\nana,1\n", 2, "1 marks for 2 items"),
        ("person,q1,q2\n\nana,1,0,1\n", 3, "3 marks for 2 items"),
        ("person,q1,q2\nana,1,yes\n", 2, "“q2”: “yes” isn't a number"),
        ("person,q1,q2\nana,1,nan\n", 2, "isn't a number"),
        ("person,q1,q2\nana,1,1_0\n", 2, "isn't a number"),
        ("person,q1,q2\nana,1,1\nben,1,5\n", 3, "from 0 to 1, not 5. Without a row “max”"),
        ("person,q1,q2\nana,1,-1\n", 2, "from 0 to 1, not -1"),
        ("person,q1,q2\nmax,4,4\nana,1,5\n", 3, "from 0 to 4, not 5."),
        ("person,q1,q2\nana,1,1\nben,0,1\nana,0,0\n", 4, "stands in line 2 already"),
        (b"person,q1\nana,1\n\xff\xfe,0\n", 3, "isn't UTF-8"),
        ('person,q1\n"ana,1\n', 2, "can't be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(content, line, words):
    found = problems_of(content)

    assert found[0][0] == line and words in found[0][1]


def test_every_problem_is_told_up_to_twenty():
    found = problems_of("person,q1\n" + "".join(f"p{n},x\n" for n in range(30)))

    assert [line for line, _ in found] == list(range(2, 22))


def test_a_malformed_table_ends_with_2_and_tells_both_readers(tmp_path):
    path = tmp_path / "marks.csv"
    path.write_text("person,q1\nana,two\n")
    out = StringIO()

    with pytest.raises(CommandError, match="Line 2: Item “q1”: “two” isn't a number") as caught:
        call_command("exam_statistics", "--csv", str(path), "--json", stdout=out)

    assert caught.value.returncode == 2
    assert json.loads(out.getvalue()) == {"errors": [{"line": 2, "message": "Item “q1”: “two” isn't a number."}]}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--csv", "nowhere.csv"], "nowhere.csv can't be read: No such file"),
        (["--csv", "pytest.ini", "--cut", "0"], "--cut must be a number above 0"),
        (["--csv", "pytest.ini", "--cut", "many"], "not “many”"),
        (["--csv", "pytest.ini", "--cut", "nan"], "not “nan”"),
    ],
)
def test_a_file_or_cut_that_cannot_be_used(options, words):
    with pytest.raises(CommandError, match=words) as caught:
        call_command("exam_statistics", *options, stdout=StringIO())

    assert caught.value.returncode == 2 and "Line 0" not in str(caught.value)


def test_people_get_a_table(tmp_path):
    told = run(tmp_path, SMALL, "--cut", "60")

    assert "4 persons, 3 items" in told and "Totals, their mean" in told
    assert "q1          4     0.750" in told
    assert "alpha                             0.750" in told and "consistency" in told
