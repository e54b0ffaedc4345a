"""When a fact may be undone."""

from django.utils.translation import gettext as _

from accreditation.models import Evidence, EvidenceKind
from courses.lib.refusals import Refusal


def why_not_withdraw(evidence: Evidence, reason: str) -> Refusal | None:
    """A fact is undone once, with a reason; a revocation and a withdrawal never are. One query. Source: rules.md 7.1, 7.3."""
    if evidence.kind == EvidenceKind.REVOCATION:
        return Refusal("revocation-stays", _("A revocation is never undone. Newer proof brings the standing back."))
    if evidence.kind == EvidenceKind.WITHDRAWAL or Evidence.objects.filter(withdraws=evidence).exists():
        return Refusal("already-withdrawn", _("This evidence was withdrawn before."))
    if not reason.strip():
        return Refusal("no-reason", _("Say why it is withdrawn; the reason stays in the record."))
    return None
