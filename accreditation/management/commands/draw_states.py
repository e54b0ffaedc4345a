"""`manage.py draw_states`: `docs/states.md`, drawn from the TRANSITIONS tables of the code."""

import sys
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db.models import Field

APPS = ("courses", "assessments", "badges", "accreditation")
HEAD = """# States

Drawn from the `TRANSITIONS` tables of the code by `manage.py draw_states > docs/states.md`; a test keeps it up to date. A step
that is not drawn is refused with the code `wrong-state`. What a step needs besides stands in [rules.md](rules.md).
"""


class Command(BaseCommand):
    """Print one diagram for each state table."""

    help = "Print docs/states.md, drawn from the code."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print; needs no database."""
        self.stdout.write(drawing(), ending="")


def drawing() -> str:
    """The whole document, the same for the same code."""
    return "\n".join(
        [HEAD, *(_section(*table) for table in sorted(_tables(), key=lambda table: table[0].__qualname__))]
    )


def _tables() -> Iterator[tuple[Any, Any]]:
    """Each table once, with the choices that it is about: globals of the models' modules, and attributes of models."""
    seen = []
    modules = [
        module for name, module in sorted(sys.modules.items()) if name.startswith(tuple(f"{a}.models" for a in APPS))
    ]
    for holder in (*modules, *apps.get_models()):
        for name, table in vars(holder).items():
            if name.endswith("TRANSITIONS") and table not in seen:
                seen.append(table)
                yield type(next(iter(table))), table


def _section(choices: Any, table: Any) -> str:
    fields = _fields(choices)
    steps = [(old, new) for old in choices for new in sorted(table.get(old, ()), key=list(choices).index)]
    used = {state for step in steps for state in step}
    lines = [f'    state "{one.label}" as {one.value}' for one in choices if one in used]
    starts = {field.default for field in fields}
    lines += [f"    [*] --> {one.value}" for one in choices if one in starts]
    lines += [f"    {old.value} --> {new.value}" for old, new in steps]
    lines += [f"    {one.value} --> [*]" for one in choices if one in used and not table.get(one)]
    title = ", ".join(sorted({_words(field.model.__name__) for field in fields}))
    return "\n".join([f"## {title}\n\n{choices.__doc__}\n\n```mermaid\nstateDiagram-v2", *lines, "```\n"])


def _fields(choices: Any) -> list[Field]:
    """The fields that hold one of these states; the tables of history hold copies."""
    models = [model for model in apps.get_models() if not model.__name__.startswith("Historical")]
    fields = [
        field
        for model in models
        for field in model._meta.concrete_fields
        if (field.name, field.choices) == ("state", choices.choices)
    ]
    return [field for field in fields if field.model._meta.app_label in APPS]


def _words(name: str) -> str:
    spaced = "".join(f" {one.lower()}" if one.isupper() else one for one in name).strip()
    return spaced[:1].upper() + spaced[1:]
