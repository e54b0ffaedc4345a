"""The rules of one program version, as standing, tiers, previews and sheets read them."""

from dataclasses import dataclass
from datetime import date

from accreditation.models import RequirementKind
from accreditation.rules.proofs import GroupRules, Key, RequirementRules
from accreditation.rules.updates import UpdateRules

RENEWAL_WINDOW_DAYS = 90


@dataclass(frozen=True, slots=True)
class ProgramRules:
    """The rules of one program version.

    `renewal`: the shorter way for those who hold it, or held it up to `grace_days` ago; without it the whole way is gone
    again. `window_days`: how long before its end an accreditation fades and is renewed. `before`: the rules that were
    replaced on `in_force_from`; whoever held it by them on that day keeps it to the end that it had. `updates`: what changes of
    its content ask of those who proved it before.
    """

    version_id: int
    program_id: Key
    validity_months: int
    groups: tuple[GroupRules, ...]
    renewal: tuple[GroupRules, ...] = ()
    window_days: int = RENEWAL_WINDOW_DAYS
    grace_days: int = 0
    in_force_from: date | None = None
    before: "ProgramRules | None" = None
    updates: tuple[UpdateRules, ...] = ()

    @property
    def asked(self) -> list[RequirementRules]:
        """Everything that its ways ask for, and those of the rules before it that still keep somebody."""
        own = [one for group in (*self.groups, *self.renewal) for one in group.everything()]
        return own + (self.before.asked if self.before else [])

    @property
    def practicals(self) -> frozenset[Key]:
        """The practicals that it names anywhere."""
        asked = self.asked
        named = {one.target for one in asked if one.kind == RequirementKind.PRACTICAL}
        return frozenset(named.union(*(one.count.targets for one in asked if one.count)))
