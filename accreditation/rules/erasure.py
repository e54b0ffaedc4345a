"""Who may be erased, and when. Source: rules.md 8.39."""

from django.utils.translation import gettext as _

from accreditation.models import User
from assessments.models import LegalHold
from courses.lib.refusals import Refusal

ERASED_HOST = "erased.invalid"
"""Where the addresses of erased people lie: a name that no mail ever reaches. Source: RFC 2606."""


def is_erased(person: User) -> bool:
    """Whether nothing is left of them but what they did."""
    return person.email.endswith(f"@{ERASED_HOST}")


def why_not_erase(person: User, *, reason: str, by: User) -> Refusal | None:
    """Erasing can't be undone: it takes the right, a reason, and a suspended person without rights, reports and legal holds."""
    if not by.has_perm("accreditation.erase_user"):
        return Refusal("not-allowed", _("Only people who may erase others can do this."))
    if by.pk == person.pk:
        return Refusal("own", _("Somebody else erases you."))
    if not reason.strip():
        return Refusal("no-reason", _("Say why; the audit trail keeps it."))
    return why_not_erasable(person)


def why_not_erasable(person: User) -> Refusal | None:
    """What stands in the way, whoever asks. At most four queries."""
    if is_erased(person):
        return Refusal("erased-already", _("This person was erased already."))
    if person.is_active:
        return Refusal("still-active", _("Suspend this person first, so that nothing begins or goes on meanwhile."))
    if person.has_elevated_rights():
        return Refusal("has-rights", _("Take away their groups and the right to open the administration first."))
    if person.reports.exists():
        return Refusal("has-reports", _("Give the people that they manage another manager first."))
    if LegalHold.objects.filter(submission__learner_id=person.pk, lifted_at=None).exists():
        return Refusal("on-hold", _("A legal hold keeps work of this person. Lift it first."))
    return None
