"""Mail domains: which one an address is of, which may stand for an organisation, and whom an address belongs with."""

import re
import unicodedata

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accreditation.models import Move, Organisation, OrganisationDomain, User
from courses.lib.refusals import Refusal

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
PROVIDERS = frozenset({
    "aol.com", "fastmail.com", "free.fr", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net",
    "googlemail.com", "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr", "icloud.com", "laposte.net",
    "libero.it", "live.com", "mac.com", "mail.com", "mail.ru", "mailbox.org", "mailinator.com", "me.com", "msn.com",
    "naver.com", "orange.fr", "outlook.com", "outlook.de", "pm.me", "posteo.de", "proton.me", "protonmail.com", "qq.com",
    "rediffmail.com", "rocketmail.com", "sina.com", "t-online.de", "tutanota.com", "web.de", "yahoo.co.jp",
    "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com", "yandex.ru", "ymail.com", "zoho.com", "126.com",
    "163.com",
})  # fmt: skip
"""Where anybody gets an address: such a domain says nothing of who somebody works for."""
SECOND_LEVELS = frozenset(["ac", "co", "com", "edu", "gob", "gouv", "gov", "mil", "ne", "net", "or", "org"])
"""Under the code of a country these are no domain of anybody, as in co.uk."""


def ascii_domain(name: str) -> str:
    """A domain as mail servers know it: small letters, each label that isn't ASCII as punycode. No other sign becomes another.

    So what only looks the same stays apart: Cyrillic `а` and Latin `a` give two domains, `faß` isn't `fass`. Raises ValueError
    for what is no domain. Source: RFC 5890, 5891 (labels); no mapping of RFC 5895.
    """
    labels = unicodedata.normalize("NFC", name.strip().lower()).rstrip(".").split(".")
    if any(unicodedata.normalize("NFKC", label) != label for label in labels):
        raise ValueError("signs that only look like letters")
    encoded = [one if one.isascii() else f"xn--{one.encode('punycode').decode()}" for one in labels]
    if len(encoded) < 2 or not all(LABEL.fullmatch(one) for one in encoded) or encoded[-1].isdigit():
        raise ValueError("no domain")
    return ".".join(encoded)


def domain_of(email: str) -> str:
    """The domain of an address as `ascii_domain` writes it; "" for what has none."""
    try:
        return ascii_domain(email.rpartition("@")[2])
    except ValueError:
        return ""


def parents_of(domain: str) -> list[str]:
    """The domains above, nearest first."""
    labels = domain.split(".")
    return [".".join(labels[place:]) for place in range(1, len(labels) - 1)]


def why_not_domain(name: str) -> Refusal | None:
    """A domain that can stand for an organisation: real, nobody's mail service, no ending of a country. Source: rules.md 1.29."""
    try:
        domain = ascii_domain(name)
    except ValueError:
        return Refusal("no-domain", _("This is no domain. Write the part after the @, such as example.com."))
    if not PROVIDERS.isdisjoint([domain, *parents_of(domain)]):
        return Refusal("provider", _("Anybody gets an address there, so it says nothing of who works for whom."))
    first, last = domain.split(".")[-2:]
    if domain.count(".") == 1 and len(last) == 2 and first in SECOND_LEVELS:
        return Refusal(
            "ending",
            _("Many have addresses under %(domain)s. Write the organisation's own domain.") % {"domain": domain},
        )
    return None


def organisation_of(email: str) -> Organisation | None:
    """Whose proven domain an address is of: its own, or the nearest one above that counts for subdomains. One query."""
    domain = domain_of(email)
    if not domain:
        return None
    ours = Q(domain=domain) | Q(domain__in=parents_of(domain), with_subdomains=True)
    rows = OrganisationDomain.objects.proven().filter(ours).select_related("organisation")
    found = max(rows, key=lambda row: len(row.domain), default=None)
    return found.organisation if found else None


def has_left(person: User, organisation: Organisation) -> bool:
    """Whether the person belonged there before and was moved away: then nobody comes back unasked. One query."""
    return Move.objects.filter(person=person, old=organisation).exists()


def people_of_domain(row: OrganisationDomain) -> QuerySet[User]:
    """Active people of no organisation with a proved address of this domain."""
    proved = Q(emailaddress__email__iendswith=f"@{row.domain}", emailaddress__verified=True)
    if row.with_subdomains:
        proved |= Q(emailaddress__email__iendswith=f".{row.domain}", emailaddress__verified=True)
    return User.objects.filter(proved, organisation=None, is_active=True).distinct()
