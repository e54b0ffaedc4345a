"""Why a program's rules can't be published: what nobody could meet, what turns in a circle, a gate that locks nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accreditation.models import Program, ProgramVersion, Requirement, RequirementKind
from accreditation.rules.programs import program_rules, requirements_of
from accreditation.rules.proofs import Condition, CountRules, GroupRules, RequirementRules
from assessments.models import Brief, Practical
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.models import ContentState
from courses.models.content import TRANSITIONS


def why_not_publish_program(program: Program) -> Refusal | None:
    """A program needs rules that somebody can meet."""
    if refusal := why_not_move(TRANSITIONS, old=program.state, new=ContentState.PUBLISHED):
        return refusal
    if program.current_version is None:
        return Refusal("no-rules", _("Load the program's rules first: manage.py load_program writes them."))
    return why_not_rules(program)


def why_not_rules(program: Program) -> Refusal | None:
    """Why nobody could be accredited by the current rules. Six queries, and one for each program on the way."""
    if program.current_version_id is None:
        return Refusal("no-rules", _("The program has no rules yet."))
    version = (
        ProgramVersion.objects.select_related("proposal")
        .prefetch_related(requirements_of())
        .get(pk=program.current_version_id)
    )
    rules = program_rules(version)
    groups = [*rules.groups, *rules.renewal]
    rows = [row for group in version.groups.all() for row in group.requirements.all()]
    return (
        why_not_groups(rules.groups)
        or (why_not_groups(rules.renewal) if rules.renewal else None)
        or _closed_target(rows)
        or _circle(program)
        or _unlike_any(group.everything() for group in groups)
        or _gate_beside_the_way(rows)
    )


def why_not_groups(groups: Sequence[GroupRules]) -> Refusal | None:
    """Each group asks for something, and for no more than it names."""
    if not groups:
        return Refusal("no-groups", _("A program needs at least one requirement group."))
    for group in groups:
        if not group.size:
            return Refusal("empty-group", _("The group “%(group)s” asks for nothing.") % {"group": group.title})
        if group.needed > group.size:
            return Refusal(
                "unreachable",
                _("“%(group)s” asks for %(needed)s of %(size)s.")
                % {"group": group.title, "needed": group.needed, "size": group.size},
            )
        if group.groups and (refusal := why_not_groups(group.groups)):
            return refusal
    return None


def _closed_target(rows: Iterable[Any]) -> Refusal | None:
    """What was withdrawn can't be done by anybody who begins now."""
    for row in rows:
        if getattr(row.target, "state", None) == ContentState.WITHDRAWN:
            return Refusal(
                "unreachable", _("“%(row)s” was withdrawn, so nobody could meet it any more.") % {"row": row.name}
            )
        if row.path and not row.course_ids:
            return Refusal(
                "unreachable",
                _("The path “%(row)s” has no course that is open, so nobody could finish it.") % {"row": row.name},
            )
    return None


def _circle(program: Program) -> Refusal | None:
    """Programs that ask for each other: nobody could ever get the first of them."""
    way: dict[int, list[str]] = {program.pk: [program.title]}
    waiting = [program.pk]
    while waiting:
        here = waiting.pop()
        for asked in _asked_programs(here):
            if asked.pk == program.pk:
                names = " → ".join([*way[here], program.title])
                return Refusal(
                    "circle", _("These programs ask for each other in a circle: %(names)s.") % {"names": names}
                )
            if asked.pk not in way:
                way[asked.pk] = [*way[here], asked.title]
                waiting.append(asked.pk)
    return None


def _asked_programs(program_id: int) -> QuerySet[Program]:
    """The programs that a program's current rules name."""
    return Program.objects.filter(
        asked_for_by__group__version__program_id=program_id,
        asked_for_by__group__version__program__current_version=F("asked_for_by__group__version"),
    ).distinct()


def _unlike_any(groups: Iterable[Iterable[RequirementRules]]) -> Refusal | None:
    """A number of proofs that no practical can give."""
    for one in (one for group in groups for one in group):
        if one.count and (refusal := _unreachable_count(one.title, one.count)):
            return refusal
    return None


def _unreachable_count(title: str, count: CountRules) -> Refusal | None:
    asked = [(count.number, count.condition), *count.at_least]
    for number, like in asked:
        if number > count.number:
            return Refusal(
                "unreachable",
                _("“%(title)s” wants %(number)s of %(number2)s proofs to be alike in one thing.")
                % {"title": title, "number": number, "number2": count.number},
            )
        if not _can_be_proved(count, like):
            return Refusal(
                "unreachable",
                _(
                    "No open practical could prove what “%(title)s” asks for: look at use case, product, persona, supervision."
                )
                % {"title": title},
            )
    return None


def _can_be_proved(count: CountRules, like: Condition) -> bool:
    """Whether a practical that counts, with one of its briefs, could give such a proof. One query."""
    practicals = Practical.objects.exclude(state=ContentState.WITHDRAWN)
    if count.targets:
        practicals = practicals.filter(pk__in=count.targets)
    for both in (count.condition, like):
        if both.supervision:
            practicals = practicals.filter(supervision__in=both.supervision)
    briefs = Brief.objects.drawable().filter(pool=OuterRef("brief_pool"))
    wanted = [
        {name: getattr(one, name) for name in ("use_case", "product", "persona")} for one in (count.condition, like)
    ]
    asked = Q()
    for values in wanted:
        asked &= Q(**{name: value for name, value in values.items() if value is not None})
    if count.condition.is_complex or like.is_complex:
        asked &= Q(is_complex=True)
    return (practicals.filter(Exists(briefs.filter(asked))) if asked else practicals).exists()


def _gate_beside_the_way(rows: Sequence[Requirement]) -> Refusal | None:
    """A practical opens after its exam: a program that asks for exams, but not for that one, has a gate that locks nothing."""
    exams = {row.exam_id for row in rows if row.kind == RequirementKind.EXAM}
    practicals = [row for row in rows if row.practical]
    if not exams or not practicals or any(row.practical.exam_id in exams for row in practicals if row.practical):
        return None
    names = ", ".join(f"“{row.name}”" for row in rows if row.exam)
    return Refusal(
        "gate-locks-nothing",
        _("The exam %(names)s opens none of the practicals that the program asks for.") % {"names": names},
    )
