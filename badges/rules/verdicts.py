"""What a check found, and what all of them come to."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from badges.models import Credential, Endorsement
from courses.lib.refusals import Refusal

WITHDRAWN = gettext_noop("key withdrawn")
"""The result of a check of signatures whose key was withdrawn."""
CHANGED = gettext_noop("does not fit")
"""The result where what was brought is not what we keep."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: stable name, its words on the page, whether it passed, the result in a word, what was looked at."""

    name: str
    title: str
    passed: bool
    result: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """The check as `/credentials/verify` answers it."""
        return {"name": self.name, "title": self.title, "passed": self.passed, "text": self.text}


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of one badge, or the refusal that says why it wasn't checked."""

    checks: tuple[Check, ...] = ()
    refusal: Refusal | None = None
    record: Credential | Endorsement | None = None

    @property
    def verified(self) -> bool:
        """True when there were checks and every one passed; never otherwise."""
        return self.refusal is None and bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def word(self) -> str:
        """The verdict in a word or two. Anything but passed checks has another word than "Valid today".

        What was changed is “Not verified”, whatever the state of the award that it names.
        """
        if self.verified:
            return _("Valid today")
        results = {check.result for check in self.checks if not check.passed}
        if CHANGED in results:
            return _("Not verified")
        known = {
            "revoked": "Revoked",
            "withdrawn": "Withdrawn",
            WITHDRAWN: _("Key withdrawn"),
            "expired": "Expired",
            "not yet": _("Not valid yet"),
        }
        return next((word for result, word in known.items() if result in results), _("Not verified"))

    @property
    def is_only_out_of_date(self) -> bool:
        """Whether the award is genuine and not revoked, but outside its dates."""
        return [check.name for check in self.checks if not check.passed] == ["in-date"]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """`{"verified", "checks"}`, and `code` and `sentence` where nothing was checked."""
        body = {"verified": self.verified, "checks": [check.as_json() for check in self.checks]}
        return body | (self.refusal.as_json() if self.refusal else {})
