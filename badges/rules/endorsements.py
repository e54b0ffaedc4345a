"""Who may endorse which award, in which words, and who takes that back."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from badges.models import Credential, Endorsement
from badges.rules.issuing import is_expired
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move

SHORTEST, LONGEST, LONGEST_ROLE = 20, 1200, 80
"""Characters of a comment, and of a role."""
MOST = 20
"""Endorsements of one award."""
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ADDRESS = re.compile(r"\S@\S")
_NAME_PART = 3
"""Letters of a part of a name that is looked for; shorter ones are words of the language, too."""


@dataclass(frozen=True, slots=True)
class Words:
    """What an author writes: the comment, their role, and whether their name stands beside it."""

    comment: str
    role: str
    shown_author: str


def words_of(comment: str, role: str, shown_author: str) -> Words:
    """What was typed, without marks that nobody sees; the role on one line."""
    lines = comment.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"\n{3,}", "\n\n", _UNSEEN.sub(" ", lines)).strip()
    return Words(text, " ".join(_UNSEEN.sub(" ", role).split()), shown_author)


def author_words(name: str, words: Words) -> str:
    """The author as everybody reads them."""
    return f"{name}, {words.role}" if words.shown_author == Endorsement.ShownAuthor.NAME else words.role


def why_not_endorse(credential: Credential, *, by: Person, now: datetime) -> Refusal | None:
    """`badges.endorse`, somebody else's award that counts today, of the own organisation where one has any, and once.

    `credential` with its holder. One query. Source: rules.md 8.30.
    """
    if not by.has_perm("badges.endorse"):
        return Refusal(
            "not-allowed", _("Only people who may endorse awards can do this. Field Enablement gives that right.")
        )
    if credential.holder_id == by.pk:
        return Refusal("own-award", _("This award is your own. Somebody else has to speak for it."))
    if by.organisation_id is not None and by.organisation_id != credential.holder.organisation_id:
        return Refusal("other-organisation", _("You speak for people of your own organisation only."))
    if credential.state != Credential.State.ISSUED or credential.succeeded_at or is_expired(credential, now):
        return Refusal("wrong-state", _("Only an award that counts today can be endorsed. Look for a newer one."))
    authors = list(credential.endorsements.live().values_list("author_id", flat=True))
    if by.pk in authors:
        return Refusal(
            "already-endorsed", _("You have endorsed this award. To say it otherwise, withdraw that one first."),
            "/endorsements/", _("Your endorsements"),
        )  # fmt: skip
    if len(authors) >= MOST:
        return Refusal(
            "too-many", _("This award has %(most)s endorsements, which is as many as anybody reads.") % {"most": MOST}
        )
    return None


def why_not_say(words: Words, *, author_name: str, holder_name: str) -> Refusal | None:
    """What is signed is public and can't be called back from copies, so it names neither the holder nor an address.

    Source: rules.md 8.31.
    """
    if not SHORTEST <= len(words.comment) <= LONGEST:
        return Refusal(
            "length",
            _("Write %(shortest)s to %(longest)s characters; these are %(comment)s.")
            % {"shortest": SHORTEST, "longest": f"{LONGEST:,}", "comment": f"{len(words.comment):,}"},
        )
    if not 2 <= len(words.role) <= LONGEST_ROLE:
        return Refusal(
            "role", _("Say what your role is, in at most %(longest_role)s characters.") % {"longest_role": LONGEST_ROLE}
        )
    if words.shown_author not in Endorsement.ShownAuthor.values:
        return Refusal("unknown-choice", _("Choose whether your name stands beside your role."))
    said = f"{words.comment} {author_words(author_name, words)}"
    if words.shown_author == Endorsement.ShownAuthor.NAME and not author_name:
        return Refusal("no-name", _("Your profile has no name. Add it there, or show your role only."))
    if _ADDRESS.search(said):
        return Refusal("address", _("Leave out e-mail addresses and handles: this is public, and copies of it stay."))
    if part := _named(holder_name, f"{words.comment} {words.role}"):
        return Refusal(
            "names-holder",
            _("Leave out “%(part)s”: the holder alone decides whether their name is shown. Write “they” instead.")
            % {"part": part},
        )
    return None


def _named(name: str, text: str) -> str:
    """The first part of a name that stands in a text as a word of its own; empty where none does."""
    parts = [part for part in re.findall(r"[\w'’-]+", name) if len(part) >= _NAME_PART]
    return next((part for part in parts if re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text)), "")


def why_not_withdraw(endorsement: Endorsement, *, by: Person, reason: str) -> Refusal | None:
    """Its author, or whoever holds `badges.withdraw_endorsement`; with a reason; once. Source: rules.md 8.33."""
    if endorsement.author_id != by.pk and not by.has_perm("badges.withdraw_endorsement"):
        return Refusal("not-allowed", _("Only its author or Field Enablement can withdraw an endorsement."))
    if not reason.strip():
        return Refusal("no-reason", _("Say why. The reason is kept, and never shown in public."))
    return why_not_move(Endorsement.TRANSITIONS, old=endorsement.state, new=Endorsement.State.WITHDRAWN)


def still_counts(credential: Credential, now: datetime) -> bool:
    """Whether an endorsement of this award is worth signing anew."""
    is_live = credential.state == Credential.State.ISSUED and credential.succeeded_at is None
    return is_live and not is_expired(credential, now)


def name_of(person: Any) -> str:
    """A person's name on one line; empty where they have none."""
    return " ".join(str(person.get_full_name()).split())
