"""What proposed rules change: for a person, in words, and why they can't go live. Source: rules.md 7.40 to 7.44."""

import difflib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accreditation.models import GroupRule, Outcome, Program, ProgramVersion, Proposal, ProposalState
from accreditation.models.proposals import Grandfather
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.programs import AS_STORED, program_rules, requirements_of, updates_of
from accreditation.rules.proofs import Condition, CountRules, GroupRules, RequirementRules
from accreditation.rules.standing import Standing
from accreditation.rules.tiers import TierRules
from courses.lib.clock import show_day
from courses.lib.refusals import Refusal
from courses.models import Course

STALE = Refusal(
    "stale",
    gettext_noop("The list is stale: somebody's standing changed since. Preview again, then publish what you see."),
)


def both_rules(proposal: Proposal) -> tuple[ProgramRules, ProgramRules]:
    """The rules that are replaced, and the proposed ones as they would be live. Eight queries at most."""
    versions = ProgramVersion.objects.select_related("proposal").prefetch_related(requirements_of())
    found = versions.in_bulk([proposal.replaces_id, proposal.version_id])
    updates = updates_of(proposal.program)
    old, new = (
        replace(program_rules(found[pk]), updates=updates) for pk in (proposal.replaces_id, proposal.version_id)
    )
    before = replace(old, updates=()) if proposal.grandfather == Grandfather.UNTIL_END else None
    return old, replace(new, in_force_from=proposal.goes_live_on, before=before)


def digest_of(*rules: ProgramRules, tiers: Sequence[TierRules] = ()) -> str:
    """What tells whether rules and tiers still say the same: those of a program that asks for this one may be others."""
    said = [AS_STORED.dump_json(one) for one in rules]
    return hashlib.sha256(b"".join([*said, *(repr(one).encode() for one in tiers)])).hexdigest()


def outcome(now: Standing, then: Standing) -> Outcome | None:
    """What changes for somebody; None where nothing does that counts."""
    if not (now.is_in_force and then.is_in_force):
        if now.is_in_force == then.is_in_force:
            return None
        return Outcome.GAINS if then.is_in_force else Outcome.LOSES
    if then.is_kept and not now.is_kept:
        return Outcome.KEPT
    ends = (now.valid_until or date.max, then.valid_until or date.max)
    if ends[0] == ends[1]:
        return None
    return Outcome.EARLIER if ends[1] < ends[0] else Outcome.LATER


def why_not_change(proposal: Proposal) -> Refusal | None:
    """What went live or was discarded stays as it is."""
    if proposal.state != ProposalState.PROPOSED:
        return Refusal(
            "done",
            _("It is %(state)s already. Propose the rules again to change them.")
            % {"state": proposal.get_state_display()},
        )
    return None


def why_not_go_live(proposal: Proposal, program: Program, today: date) -> Refusal | None:
    """Only what was previewed, for the day that it is, in the place of the rules that it was compared with."""
    if refusal := why_not_change(proposal):
        return refusal
    if proposal.previewed_at is None or proposal.preview_due_at is not None:
        return Refusal("not-previewed", _("The list is being made. Look at it first: it takes a minute or two."))
    if proposal.replaces_id != program.current_version_id:
        return Refusal("overtaken", _("Other rules went live since. Discard these, and propose them again."))
    if proposal.goes_live_on != today:
        return Refusal(
            "another-day",
            _("The list is for %(day)s. Publish on that day, or preview it for today.")
            % {"day": show_day(proposal.goes_live_on)},
        )
    return None


def why_not_approve(proposal: Proposal, program: Program, today: date) -> Refusal | None:
    """A day to come, with a list that was looked at."""
    if proposal.approved_at is not None and proposal.state == ProposalState.PROPOSED:
        return Refusal("approved", _("It goes live by itself on %(day)s.") % {"day": show_day(proposal.goes_live_on)})
    if proposal.goes_live_on <= today and proposal.state == ProposalState.PROPOSED:
        return Refusal(
            "no-day-to-come", _("Its day is not in the future: preview it for a later one, or publish it today.")
        )
    refusal = why_not_go_live(proposal, program, today)
    return None if refusal and refusal.code == "another-day" else refusal


def difference(old: ProgramRules, new: ProgramRules) -> list[tuple[str, str]]:
    """What two sets of rules say otherwise, in order: ("removed" or "added", a sentence). One query."""
    names = {"-": "removed", "+": "added"}
    courses: set[Any] = {pk for rules in (old, new) for one in rules.asked for pk in one.courses}
    titles = dict(Course.objects.filter(pk__in=courses).values_list("pk", "title"))
    lines = difflib.ndiff(list(in_words(old, titles)), list(in_words(new, titles)))
    return [(names[line[0]], line[2:]) for line in lines if line[0] in names]


def in_words(rules: ProgramRules, titles: Mapping[Any, str]) -> Iterable[str]:
    """Rules, a sentence each. `titles`: of the courses of their paths."""
    yield f"It holds for {rules.validity_months} months from the last proof."
    yield f"It fades in its last {rules.window_days} days."
    if rules.renewal and rules.grace_days:
        yield f"The renewal is open for {rules.grace_days} days after its end."
    for group in rules.groups:
        yield from _group(group, "", titles)
    for group in rules.renewal:
        yield from _group(group, "Renewal: ", titles)


def _group(group: GroupRules, prefix: str, titles: Mapping[Any, str]) -> Iterable[str]:
    how = "all" if group.rule == GroupRule.ALL_OF else f"{group.count}"
    of = "" if how == "all" else f" of {group.size}"
    for one in group.requirements:
        yield f"{prefix}{group.title} ({how}{of}): {_requirement(one, titles)}"
    for inner in group.groups:
        yield from _group(inner, f"{prefix}{group.title} ({how}{of}) › ", titles)


def _requirement(one: RequirementRules, titles: Mapping[Any, str]) -> str:
    kind = "proofs" if one.count else one.kind.replace("program", "accreditation")
    age = f", no older than {one.valid_months} months" if one.valid_months else ""
    path = f" with {', '.join(f'“{titles[pk]}”' for pk in one.courses if pk in titles)}" if one.courses else ""
    return f"{kind} “{one.title}”{path}{_count(one.count) if one.count else ''}{age}."


def _count(count: CountRules) -> str:
    within = f" within {count.within_days} days" if count.within_days else ""
    some = "".join(f"; {number} of them{_like(like)}" for number, like in count.at_least)
    return f": {count.number}{_like(count.condition)}{within}{some}"


def _like(like: Condition) -> str:
    said = [" or ".join(like.supervision)] if like.supervision else []
    said += [name for name, value in (("of one use case", like.use_case), ("of one product", like.product)) if value]
    said += ["for one persona"] if like.persona else []
    said += ["complex"] if like.is_complex else []
    said += [f"{like.min_percent} % at least"] if like.min_percent is not None else []
    return f" ({', '.join(said)})" if said else ""
