"""A program as a new one: whole, as a variant for others, or as a micro-credential of some of its groups."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from accreditation.actions.programs import author_program
from accreditation.models import Program, ProgramVersion, User
from accreditation.rules.curricula import said_by, times_of
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if
from courses.models.withdrawals import subject_of
from courses.rules.copies import why_not_copy_to

TEXTS = ("summary", "description", "regions", "time_zone")
LISTS = ("organisations", "assets")


@transaction.atomic
def copy_program(
    *, program: Program, slug: str, title: str, groups: Collection[int], by: User, months: int, **audience: Any
) -> Program:
    """A draft with the chosen groups of the live rules, by their place, and the same renewal where all of them are taken.

    `audience`: `roles` and `personas`. It has no badge, and nobody is on it. Refused: `taken`, and where nobody could meet
    the rules.
    """
    refuse_if(why_not_copy_to(Program, slug))
    version = program.current_version
    assert version is not None  # only programs with rules are copied
    said = said_by(version, is_renewal=False)
    taken = [one for place, one in enumerate(said) if place in groups]
    times = times_of(version) | {"validity_months": months}
    values = {"title": title} | {name: getattr(program, name) for name in TEXTS}
    copied, _ = author_program(
        slug=slug,
        values=values,
        validity_months=times["validity_months"],
        groups=taken,
        renewal=said_by(version, is_renewal=True) if len(taken) == len(said) else (),
        renewal_window_days=times["renewal_window_days"],
        grace_days=times["grace_days"],
    )
    for name in LISTS:
        getattr(copied, name).set(getattr(program, name).all())
    for name, rows in audience.items():
        getattr(copied, name).set(rows)
    record_event(event="copied", by=by, subject=subject_of(copied), copied_from=subject_of(program))
    return copied


def groups_of(version: ProgramVersion) -> list[tuple[int, str, list[str]]]:
    """The groups of a version by place: title, and what each asks for, groups inside it included."""
    return [(place, one["title"], list(_names(one))) for place, one in enumerate(said_by(version, is_renewal=False))]


def _names(group: dict[str, Any]) -> list[str]:
    own = [one["title"] or str(one.get(one["kind"], "")) for one in group["requirements"]]
    return own + [name for inner in group["groups"] for name in _names(inner)]
