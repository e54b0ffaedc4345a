"""Proposals in the administration: upload, look, choose, publish or discard; and from the command line."""

import csv
import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.proposals import settle_preview
from accreditation.models import Program, Proposal
from accreditation.roles import GRADER, PARTNER_MANAGER, REVIEW_LEAD
from accreditation.tests.factories import make_enablement
from accreditation.tests.test_proposals import World
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
FILE = """programs:
  - slug: {slug}
    title: Renamed
    summary: S
    validity_months: 6
    groups:
      - title: Proofs
        requirements:
          - {{kind: course, ref: {course}, proof: know}}
"""


@pytest.fixture
def staff(client):
    client.person = make_enablement()
    client.force_login(client.person)
    return client


def page(name, *args):
    return reverse(f"admin:accreditation_proposal_{name}", args=args)


def uploads(client, text):
    file = SimpleUploadedFile("program.yaml", text.encode())
    return client.post(page("add"), {"file": file})


def test_a_file_is_proposed_and_leaves_the_program_as_it_is(staff):
    world = World()

    answer = uploads(staff, FILE.format(slug=world.program.slug, course=world.second.slug))

    newest = Proposal.objects.get(state="proposed")
    assert answer.url == page("change", newest.pk)
    program = Program.objects.get()
    assert (program.title, program.current_version.number) == (world.program.title, 1)
    assert (newest.version.validity_months, newest.proposed_by) == (6, staff.person)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("programs:\n  - slug: x\n", "Line 2"),
        (FILE.format(slug="unknown", course="c"), "there is no program"),
        ("courses: []\n", "can&#x27;t be proposed"),
    ],
)
def test_mistakes_in_a_file_are_named(staff, text, words):
    answer = uploads(staff, text)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Proposal.objects.exists()


def test_the_page_shows_what_differs_and_whom_it_touches(staff):
    world = World()

    text = staff.get(page("change", world.proposal.pk)).content.decode()

    assert "It holds for 6 months from the last proof." in text
    assert "no longer in force" in text and world.loser.name in text
    assert "2 who lose something are told at once." in text


def test_another_choice_asks_for_another_list(staff):
    world = World()
    data = {"goes_live_on": timezone.now().date().isoformat(), "grandfather": "until_end", "_continue": "1"}

    answer = staff.post(page("change", world.proposal.pk), data)

    row = Proposal.objects.get()
    assert (answer.status_code, row.grandfather) == (302, "until_end") and row.preview_due_at
    assert "The list is being made." in staff.get(page("change", row.pk)).content.decode()
    settle_preview(proposal_id=row.pk)
    assert Proposal.objects.get().counts["kept"] == 2


def test_it_is_published_by_its_button(staff):
    world = World()

    staff.post(page("deed", world.proposal.pk, "publish"))

    assert (Proposal.objects.get().state, Proposal.objects.get().published_by) == ("live", staff.person)
    program = Program.objects.get()
    assert program.current_version.number == 2
    assert program.current_version.live_since == timezone.now().date()
    data = {"goes_live_on": date.max.isoformat(), "grandfather": "until_end"}
    staff.post(page("change", world.proposal.pk), data)
    assert Proposal.objects.get().goes_live_on == timezone.now().date()


def test_it_is_discarded_by_its_button(staff):
    world = World()

    staff.post(page("deed", world.proposal.pk, "discard"))

    assert (Proposal.objects.get().state, Program.objects.get().current_version.number) == ("discarded", 1)


def test_the_list_is_a_file_without_formulas(staff):
    world = World()
    type(world.loser).objects.filter(pk=world.loser.pk).update(name="=1+1")

    answer = staff.get(page("csv", world.proposal.pk))

    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0][3:5] == ["program", "what changes"] and len(rows) == 3
    assert "'=1+1" in {row[0] for row in rows}


@pytest.mark.parametrize("group", [None, GRADER, REVIEW_LEAD, PARTNER_MANAGER])
def test_nobody_else_sees_or_does_any_of_it(client, group):
    world = World()
    client.force_login(make_person(groups=[group] if group else [], is_staff=group in (GRADER, REVIEW_LEAD)))
    pk = world.proposal.pk

    for url in (page("changelist"), page("change", pk), page("add"), page("csv", pk)):
        assert client.get(url).status_code in (302, 403, 404)
    for deed in ("publish", "discard"):
        client.post(page("deed", pk, deed))
    uploads(client, FILE.format(slug=world.program.slug, course=world.second.slug))
    assert Proposal.objects.get().state == "proposed"


def test_the_command_proposes_or_names_the_mistake(tmp_path, capsys):
    world = World()
    file = tmp_path / "program.yaml"
    file.write_text(FILE.format(slug=world.program.slug, course=world.first.slug))

    call_command("load_program", file, propose=True)

    assert "Proposed, not live" in capsys.readouterr().out
    assert Program.objects.get().current_version.number == 1
    file.write_text(FILE.format(slug="unknown", course="c"))
    with pytest.raises(CommandError, match="there is no program"):
        call_command("load_program", file, propose=True)
