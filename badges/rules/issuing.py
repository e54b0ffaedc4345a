"""Who may issue, revoke and see what; and what the public page may say of the holder."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from badges.models import Achievement, Credential, RevocationRequest
from badges.openbadges import AchievementFacts, AwardFacts, IssuerFacts
from badges.rules.days import day_of
from badges.signals import revocation_confirming
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused
from courses.lib.states import why_not_move

NO_NAME = "The holder of this badge"
RENEWAL_WINDOW = timedelta(days=90)
"""Before its end, in which a credential may get a successor."""


def our_issuer() -> IssuerFacts:
    """Who issues here: SITE_URL and ORGANISATION_NAME of the installation."""
    return IssuerFacts(settings.SITE_URL, settings.ORGANISATION_NAME)


def achievement_facts(achievement: Achievement) -> AchievementFacts:
    """The achievement as a credential repeats it."""
    return AchievementFacts(
        slug=achievement.slug,
        version=achievement.version,
        name=achievement.name,
        description=achievement.description,
        criteria=achievement.criteria,
        achievement_type=achievement.achievement_type,
        tags=tuple(achievement.tags),
        alt_text=achievement.alt_text,
        language=achievement.language,
    )


def is_expired(credential: Credential, now: datetime) -> bool:
    """Whether the last valid day is over. A credential without one does not expire."""
    return credential.expires_at is not None and now > credential.expires_at


def is_renewal(live: Credential, facts: AwardFacts, now: datetime) -> bool:
    """Whether `facts` may succeed the live credential: they reach further, and it has run out or is about to.

    One in its last days gets a successor only for proof that reaches beyond the window, so that each single proof of a
    renewal does not become a badge of its own. Source: rules.md 8.12.
    """
    expires_at = facts.expires_at()
    if live.expires_at is None or (expires_at is not None and expires_at <= live.expires_at):
        return False
    if is_expired(live, now):
        return True
    beyond = expires_at is None or expires_at > now + RENEWAL_WINDOW
    return beyond and live.expires_at <= now + RENEWAL_WINDOW


def why_not_issue(latest: Credential | None, facts: AwardFacts, *, by: Person | None) -> Refusal | None:
    """Issuing is the system's alone, and what was revoked comes back only for proof that is newer than the revocation.

    `latest`: the newest credential of this holder and achievement, whatever its state.
    """
    if by is not None:
        return Refusal(
            "system-only", _("Badges are issued by the system when a program's requirements are met, never by hand.")
        )
    expires_at = facts.expires_at()
    if expires_at is not None and expires_at <= facts.awarded_at:
        return Refusal("no-validity", _("This award would end before it begins."))
    if latest is not None and latest.revoked_at is not None and facts.awarded_at <= latest.revoked_at:
        return Refusal("revoked", _("This badge was revoked. Only proof that is newer than that can bring it back."))
    return None


def why_not_supersede(credential: Credential, newer: Credential) -> Refusal | None:
    """A higher award of the same holder, of another achievement, and only once. Source: rules.md 8.13."""
    if credential.holder_id != newer.holder_id:
        return Refusal("other-holder", _("Only an award of the same person can stand in for this one."))
    if credential.achievement_id == newer.achievement_id:
        return Refusal("same-badge", _("A renewal of the same badge is linked when it is issued."))
    if credential.superseded_by_id is not None:
        return Refusal("already-superseded", _("Another award stands in for this one already."))
    if newer.state == Credential.State.REVOKED or credential.state == Credential.State.REVOKED:
        return Refusal("wrong-state", _("A revoked award neither stands in for another nor is stood in for."))
    return None


def why_not_request_revocation(credential: Credential, *, by: Person, reason: str) -> Refusal | None:
    """Revoking needs the permission `badges.revoke`, an issued credential, a reason, and no request that waits."""
    if not by.has_perm("badges.revoke"):
        return Refusal("not-allowed", _("Only people who may revoke badges can ask for this."))
    if not reason.strip():
        return Refusal("no-reason", _("Say why, so that the second person can judge it."))
    if credential.revocation_requests.filter(confirmed_at=None).exists():
        return Refusal("already-asked", _("Somebody asked for this already. It waits for a second person."))
    return why_not_move(Credential.TRANSITIONS, old=credential.state, new=Credential.State.REVOKED)


def why_not_confirm_revocation(request: RevocationRequest, *, by: Person) -> Refusal | None:
    """Confirming needs `badges.revoke` and another person than the one who asked; a request is confirmed once.

    Whether the two are really two is asked through the gate `revocation_confirming`. Source: rules.md 8.3, 8.6.
    """
    if not by.has_perm("badges.revoke"):
        return Refusal("not-allowed", _("Only people who may revoke badges can confirm this."))
    if request.confirmed_at is not None:
        return Refusal("already-confirmed", _("This revocation was confirmed already."))
    if request.asked_by_id == by.pk:
        return Refusal("same-person", _("You asked for this yourself, so somebody else has to confirm it."))
    if refusal := why_not_move(Credential.TRANSITIONS, old=request.credential.state, new=Credential.State.REVOKED):
        return refusal
    return _refusal_of_the_gate(request, by)


def _refusal_of_the_gate(request: RevocationRequest, by: Person) -> Refusal | None:
    try:
        revocation_confirming.send(sender=RevocationRequest, request=request, by=by)
    except Refused as refused:
        return refused.refusal
    return None


def shown_holder(credential: Credential) -> str:
    """The holder as they allow: full name, initials (until they choose), or nothing. Never an e-mail address."""
    name = credential.holder.get_full_name().strip()
    if credential.shown_name == Credential.ShownName.FULL and name:
        return name
    if credential.shown_name == Credential.ShownName.INITIALS and name:
        return " ".join(f"{word[0].upper()}." for word in name.split())
    return NO_NAME


def linkedin_url(credential: Credential, page_url: str) -> str:
    """LinkedIn's form "add to profile", filled. LinkedIn publishes no reference for it; this is the form in wide use."""
    awarded_on = day_of(credential, credential.awarded_at)
    facts: dict[str, Any] = {
        "startTask": "CERTIFICATION_NAME",
        "name": credential.achievement.name,
        "organizationName": settings.ORGANISATION_NAME,
        "issueYear": awarded_on.year,
        "issueMonth": awarded_on.month,
        "certUrl": page_url,
        "certId": str(credential.pk),
    }
    if credential.valid_until is not None:
        facts |= {"expirationYear": credential.valid_until.year, "expirationMonth": credential.valid_until.month}
    return f"https://www.linkedin.com/profile/add?{urlencode(facts)}"


def profile_of(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of an award for the page: a heading each, and criteria as dots on a line.

    A dot is `{"x", "on"}`, x in the 104 units of the drawing.
    """
    return [
        {"name": result["name"], "sum": _sum(result), "criteria": [_dots(row) for row in result["criteria"]]}
        for result in facts["results"]
    ]


def _sum(result: dict[str, Any]) -> str:
    if not result["points"]:
        return ""
    unit = " %" if result["percent"] else ""
    of = f" of {result['maximum']}" if result["maximum"] and not unit else ""
    mark = f", pass mark {result['needed']}{unit}" if result["needed"] else ""
    return f"{result['points']}{of}{unit}{mark}"


def _dots(criterion: dict[str, Any]) -> dict[str, Any]:
    most, level = len(criterion["levels"]), criterion["level"]
    step = 90 / max(most - 1, 1)
    dots = [{"x": f"{7 + step * at:.1f}", "on": at < level} for at in range(most)]
    return {"name": criterion["name"], "level": level, "most": most, "dots": dots}
