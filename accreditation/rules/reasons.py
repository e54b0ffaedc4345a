"""Why a standing is what it is: for each requirement a stable code and a sentence, and the one next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accreditation.models import RequirementKind, StandingState
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import RequirementRules, RequirementStanding, days_later
from accreditation.rules.standing import Standing
from accreditation.rules.updates import UpdateStanding
from courses.lib.clock import show_day
from courses.lib.words import in_readers_language

DEEDS: Mapping[str, str] = {
    RequirementKind.COURSE: gettext_noop("Complete the course {}"),
    RequirementKind.PATH: gettext_noop("Complete the learning path {}"),
    RequirementKind.EXAM: gettext_noop("Pass the written exam {}"),
    RequirementKind.PRACTICAL: gettext_noop("Pass the practical {}"),
    RequirementKind.PROGRAM: gettext_noop("Get accredited in {}"),
    RequirementKind.ATTESTATION: gettext_noop("Ask your manager to attest {}"),
    RequirementKind.CREDIT: gettext_noop("Bring the credit {}"),
    RequirementKind.PROOFS: "Prove {}",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code and a sentence, about one requirement or about the program as a whole."""

    code: str
    sentence: str
    requirement: RequirementRules | None = None


def reasons(rules: ProgramRules, found: Standing, today: date) -> tuple[Reason, ...]:
    """First what holds of the program, then each requirement that is asked now, in order.

    Codes of the program: `not-started`, `in-progress`, `holds`, `fades`, `lapsed`, `revoked`, and `update-asked` for each change
    that is still to be caught up with. Of requirements: `met`,
    `ends-soon`, `missing`, `ended`, `too-few`, and `not-needed` where its group is met without it.
    """
    needed = {one.rules.pk for group in found.groups if not group.is_met for one in group.everything()}
    own = [_about(one, rules, today, is_needed=one.rules.pk in needed) for one in found.requirements]
    asked = [Reason("update-asked", update_in_words(one)) for one in found.updates]
    return (Reason(PROGRAM_CODES[StandingState(found.state)], found.reason), *asked, *own)


PROGRAM_CODES: Mapping[StandingState, str] = {
    StandingState.NOT_STARTED: "not-started",
    StandingState.IN_PROGRESS: "in-progress",
    StandingState.ACCREDITED: "holds",
    StandingState.FADING: "fades",
    StandingState.LAPSED: "lapsed",
    StandingState.REVOKED: "revoked",
}


def _about(one: RequirementStanding, rules: ProgramRules, today: date, *, is_needed: bool) -> Reason:
    if one.is_met:
        if one.ends_on and one.ends_on < days_later(today, rules.window_days):
            return Reason(
                "ends-soon",
                _("%(rules)s counts until %(ends_on)s.")
                % {"rules": one.rules.title, "ends_on": day_in_words(one.ends_on)},
                one.rules,
            )
        return Reason(
            "met",
            _("%(rules)s, proved on %(met_on)s.") % {"rules": one.rules.title, "met_on": day_in_words(one.met_on)},
            one.rules,
        )
    if not is_needed:
        return Reason(
            "not-needed", _("%(rules)s isn't needed: its group is met.") % {"rules": one.rules.title}, one.rules
        )
    if one.lacks and one.done:
        return Reason(
            "too-few",
            _("%(rules)s: %(done)s of %(total)s count.")
            % {"rules": one.rules.title, "done": one.done, "total": one.total},
            one.rules,
        )
    if one.ended_on:
        return Reason(
            "ended",
            _("%(rules)s counted until %(ended_on)s.")
            % {"rules": one.rules.title, "ended_on": day_in_words(one.ended_on)},
            one.rules,
        )
    return Reason("missing", _("%(rules)s is still open.") % {"rules": one.rules.title}, one.rules)


def next_step(found: Standing) -> str | None:
    """What to do now, in one sentence; None while it holds and nothing is asked."""
    if found.update:
        return update_in_words(found.update)
    if found.state == StandingState.ACCREDITED:
        return None
    open_ = [one for group in found.groups if not group.is_met for one in group.everything() if not one.is_met]
    if open_:
        return f"{_deed(open_[0].rules)}{_by(found)}."
    ending = _first_to_end(found.requirements)
    return _("%(rules)s again%(found)s.") % {"rules": _deed(ending.rules), "found": _by(found)} if ending else None


def update_in_words(asked: UpdateStanding) -> str:
    """What an update asks of somebody, in one sentence."""
    return _("Catch up with “%(rules)s” by %(due_on)s: %(deed)s.") % {
        "rules": asked.rules.title,
        "due_on": day_in_words(asked.rules.due_on),
        "deed": asked.deed,
    }


def _first_to_end(met: Sequence[RequirementStanding]) -> RequirementStanding | None:
    """The proof to renew: the one that ends first, or the newest where none has an end of its own."""
    own_end = [one for one in met if one.ends_on]
    if own_end:
        return min(own_end, key=lambda one: one.ends_on or date.max)
    return max(met, key=lambda one: one.met_on or date.min, default=None)


def _deed(rules: RequirementRules) -> str:
    return in_readers_language(DEEDS[RequirementKind(rules.kind)]).format(f"“{rules.title}”")


def _by(found: Standing) -> str:
    return (
        _(" by %(valid_until)s") % {"valid_until": day_in_words(found.valid_until)}
        if found.state == StandingState.FADING
        else ""
    )


def day_in_words(day: date | None) -> str:
    """A day as sentences write it: "5 December 2026"; nothing for none."""
    return show_day(day) if day else ""
