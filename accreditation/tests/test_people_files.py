"""Files of people: what is read in them, and what each row would do."""

import pytest

from accreditation.models import PeopleImport
from accreditation.tests.factories import OrganisationFactory, make_enablement
from accreditation.tests.people_files import csv_of, problems, read, read_rows, xlsx_of
from courses.lib.refusals import Refused
from courses.tests.factories import PersonaFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
ROWS = (["E-mail", "Name"], ["zoe@example.com", "Zoë Añez"])


@pytest.fixture
def staff():
    return make_enablement()


@pytest.mark.parametrize(
    "data",
    [
        csv_of(*ROWS),
        csv_of(*ROWS, separator=";"),
        csv_of(*ROWS, separator="\t"),
        b"\xef\xbb\xbf" + csv_of(*ROWS),
        csv_of(*ROWS).decode().encode("utf-16"),
        csv_of(*ROWS).decode().encode("cp1252"),
        xlsx_of(*ROWS),
        xlsx_of(*ROWS, hidden=[["email"], ["hidden@example.com"]]),
    ],
    ids=["comma", "semicolon", "tab", "UTF-8 mark", "UTF-16", "Windows", "xlsx", "hidden sheet"],
)
def test_a_table_is_read_as_programs_write_it(staff, data):
    row = read(data, staff).rows.get()

    assert (row.line, row.email, row.values, row.becomes) == (2, "zoe@example.com", {"name": "Zoë Añez"}, "create")


BOMB = b"<worksheet><sheetData>" + b" " * 60_000_000 + b"</sheetData></worksheet>"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>'
)
OUTSIDE = '<Relationships><Relationship Id="rId2" TargetMode="External" Target="http://127.0.0.1/x"/></Relationships>'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd0\xcf\x11\xe0 old", "Save it as .xlsx"),
        (b"PK\x03\x04 broken", "can't be opened|damaged"),
        (xlsx_of(*ROWS, parts={"xl/worksheets/sheet2.xml": BOMB}), "packed too tightly"),
        (xlsx_of(*ROWS, parts={"xl/worksheets/sheet2.xml": LAUGHS}), "DOCTYPE is not allowed"),
        (xlsx_of(*ROWS, parts={"xl/_rels/workbook.xml.rels": OUTSIDE}), "no sheet that can be seen"),
        (xlsx_of(*ROWS, parts={"../../etc/passwd": "x"}), "leads out of it"),
        (b"name\r\nZoe\r\n", "“email” is needed"),
        (b"email\r\n", "no row below"),
        (b"email,mail\r\n", "Two columns say “email”"),
        (b"email,password\r\na@b.example,x\r\n", "holds no passwords"),
        (b"a\x00b", "neither a CSV file"),
    ],
)
def test_what_is_no_table_of_people_is_refused_in_words(staff, data, why):
    row = read(data, staff)

    assert row.state == "refused" and not row.rows.exists() and not row.file
    assert any(one in row.problem for one in why.split("|")), row.problem


def test_formulas_are_not_evaluated_and_unknown_columns_are_named(staff):
    row = read(xlsx_of(["email", "name", "shoe size"], ["a@example.com", "=1+1", "7"]), staff)

    (only,) = row.rows.all()
    assert "formula" in problems(only)[0]
    assert "“shoe size”" in row.notes[0]


def test_each_row_says_what_it_would_do(staff):
    here = make_person(name="Ada", email="ada@example.com", role=RoleFactory(slug="ae", name="Account Executive"))
    rows = read_rows(
        staff,
        ["email", "name", "role", "active"],
        ["ADA@example.com", "Ada L", "account executive", ""],
        ["new@example.com", "New", "ae", "yes"],
        [here.email.replace("ada", "same"), "", "", ""],
    )

    assert rows["ada@example.com"].becomes == "change"
    assert rows["ada@example.com"].changes == [("name", "Ada", "Ada L")]
    assert rows["new@example.com"].becomes == "create"
    assert problems(rows["same@example.com"]) == ["A new person needs a name."]


def test_an_empty_cell_keeps_and_a_dash_clears(staff):
    boss = make_person()
    person = make_person(role=RoleFactory(), persona=PersonaFactory(), manager=boss, groups=["learner"])
    rows = read_rows(staff, ["email", "name", "role", "persona", "manager"], [person.email, "-", "", "-", "-"])

    row = rows[person.email]
    assert row.values == {"persona": "", "manager": ""}
    assert problems(row) == ["This can't be emptied. Leave the cell empty to keep what is there."]


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("role", "nobody", "There is no role “nobody”."),
        ("organisation", "nowhere", "There is no organisation “nowhere”."),
        ("time_zone", "Mars/Base", "is no time zone"),
        ("language", "tlh", "is no language"),
        ("groups", "kings", "There is no group “kings”"),
        ("groups", "accommodations", "rights that you don't have"),
        ("active", "perhaps", "neither yes nor no"),
        ("manager", "who@example.com", "Nobody active has the address"),
        ("manager", "x", "is no e-mail address"),
        ("name", "x" * 151, "1 to 150 signs"),
        ("name", "x" * 3000, "longer than"),
    ],
)
def test_a_wrong_cell_is_named_in_words(staff, column, cell, why):
    head, cells = ["email", "name", column], ["a@example.com", "A", cell]
    if column == "name":
        head, cells = head[:2], [cells[0], cell]
    row = read_rows(staff, head, cells)["a@example.com"]

    assert row.becomes == "wrong"
    assert column in {where for where, said in row.problems if why in said}


def test_the_same_address_twice_and_what_the_file_may_do(staff):
    here = make_person()
    table = (["email", "name"], [here.email, "X"], ["new@example.com", "N"], ["NEW@example.com", "M"])

    both = read(csv_of(*table), staff)
    create = read_rows(staff, *table, mode="create")
    update = read_rows(staff, *table[:3], mode="update")

    assert [row.becomes for row in both.rows.order_by("line")] == ["change", "create", "wrong"]
    assert "row 3 too" in problems(both.rows.get(line=4))[0]
    assert "may only add" in problems(create[here.email])[0]
    assert "may only change" in problems(update["new@example.com"])[0]


def test_managers_may_come_with_the_file_in_any_order(staff):
    rows = read_rows(
        staff,
        ["email", "name", "manager"],
        ["c@example.com", "C", "b@example.com"],
        ["b@example.com", "B", "a@example.com"],
        ["a@example.com", "A", staff.email],
    )

    assert [rows[f"{name}@example.com"].position for name in "abc"] == [0, 1, 2]
    assert {row.becomes for row in rows.values()} == {"create"}


def test_circles_of_managers_are_refused_also_through_people_who_are_here(staff):
    top = make_person()
    low = make_person(manager=make_person(manager=top))
    rows = read_rows(
        staff,
        ["email", "name", "manager"],
        [top.email, "", low.email],
        ["a@example.com", "A", "b@example.com"],
        ["b@example.com", "B", "a@example.com"],
        ["c@example.com", "C", "a@example.com"],
        ["d@example.com", "D", "d@example.com"],
    )

    assert "circle" in problems(rows[top.email])[0]
    assert "circle" in problems(rows["a@example.com"])[0] and "circle" in problems(rows["b@example.com"])[0]
    assert "Their manager stands in row 3, which is wrong." in problems(rows["c@example.com"])
    assert "Nobody manages themselves." in problems(rows["d@example.com"])


def test_nobody_gives_rights_to_themselves_or_touches_a_superuser(staff):
    root = make_person(is_superuser=True)
    rows = read_rows(staff, ["email", "name", "active"], [root.email, "Root", "no"], [staff.email, "", "no"])

    assert "own administrators" in problems(rows[root.email])[0]
    assert problems(rows[staff.email]) == ["Nobody sets this for themselves."]


def test_a_partner_manager_uploads_nothing_here():
    manager = make_person(groups=["partner manager"], organisation=OrganisationFactory())

    with pytest.raises(Refused, match="Only Field Enablement"):
        read(csv_of(*ROWS), manager)
    assert not PeopleImport.objects.exists()
