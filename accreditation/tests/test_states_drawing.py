from pathlib import Path

from accreditation.management.commands.draw_states import drawing
from assessments.models.attempts import TRANSITIONS

STATES = Path(__file__).parents[2] / "docs" / "states.md"


def test_the_drawn_states_are_those_of_the_code():
    assert STATES.read_text() == drawing(), "run: manage.py draw_states > docs/states.md"


def test_every_step_of_a_table_is_drawn_and_no_other():
    section = drawing().partition("## Attempt\n")[2].partition("## ")[0]

    drawn = {tuple(line.split(" --> ")) for line in map(str.strip, section.splitlines()) if " --> " in line}

    steps = {(old.value, new.value) for old, news in TRANSITIONS.items() for new in news}
    assert {step for step in drawn if "[*]" not in step} == steps
    assert ("void", "[*]") in drawn
