"""Files of people for the tests: CSV and XLSX as programs write them, uploaded, read and applied."""

import io
import zipfile
from xml.sax.saxutils import escape

from django.core.files.uploadedfile import SimpleUploadedFile

from accreditation.actions.bulk import work_on_deed
from accreditation.actions.people_imports import apply_people, read_people, upload_people
from accreditation.models import BulkDeed, PeopleImport

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def csv_of(*rows, separator=","):
    return "\r\n".join(separator.join(row) for row in rows).encode()


def cell(value):
    if value.startswith("="):
        return f"<c><f>{escape(value[1:])}</f><v>7</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def sheet_of(rows):
    lines = "".join(f'<row r="{at}">{"".join(map(cell, row))}</row>' for at, row in enumerate(rows, 1))
    return f"<worksheet {SPACE}><sheetData>{lines}</sheetData></worksheet>"


def xlsx_of(*rows, hidden=None, parts=None):
    """A workbook whose first visible sheet has these rows; `hidden` stands before it, unseen; `parts` replace files in it."""
    sheets = {"xl/worksheets/sheet2.xml": sheet_of(rows)}
    names = '<sheet name="People" sheetId="2" r:id="rId2"/>'
    links = '<Relationship Id="rId2" Target="worksheets/sheet2.xml"/>'
    if hidden is not None:
        sheets["xl/worksheets/sheet1.xml"] = sheet_of(hidden)
        names = f'<sheet name="Old" sheetId="1" state="hidden" r:id="rId1"/>{names}'
        links = f'<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>{links}'
    files = sheets | {
        "xl/workbook.xml": f"<workbook {SPACE} {LINKS}><sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (files | (parts or {})).items():
            archive.writestr(name, text)
    return packed.getvalue()


def read(data, by, *, mode="both", only_whole=False, name="people.csv"):
    """The file as it was read."""
    row = upload_people(file=SimpleUploadedFile(name, data), mode=mode, only_whole=only_whole, by=by)
    read_people(import_id=row.pk)
    return PeopleImport.objects.get(pk=row.pk)


def read_rows(by, *rows, **how):
    """The rows of a CSV file as they were read, by address."""
    return {row.email: row for row in read(csv_of(*rows), by, **how).rows.all()}


def problems(row):
    return [why for _column, why in row.problems]


def applied(data, by, tells=True, **how):
    """The deed of a file that was read and applied to its end."""
    deed = apply_people(row=read(data, by, **how), tells=tells, by=by)
    work_on_deed(deed_id=deed.pk)
    return BulkDeed.objects.get(pk=deed.pk)


def whys(deed):
    """What the journal says of each row: (state, why)."""
    return list(deed.rows.order_by("position").values_list("state", "why"))
