"""A "no" that a person can act on: the one shape for every lock, every refused deed and every 409."""

from dataclasses import dataclass

from courses.lib.words import in_readers_language


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a deed is not open: a stable code, a sentence that names the way on, and where that way leads.

    `link` is a path on this site (or empty), `link_text` the words to press. Both texts come in the reader's language.
    No personal data.
    """

    code: str
    text: str
    link: str = ""
    pressed: str = ""

    @property
    def sentence(self) -> str:
        """What stands in the way, and the way on."""
        return in_readers_language(self.text)

    @property
    def link_text(self) -> str:
        """The words of the link."""
        return in_readers_language(self.pressed)

    def as_json(self) -> dict[str, str]:
        """The body of a 409 on JSON routes."""
        return {"code": self.code, "sentence": self.sentence}


class Refused(Exception):
    """Raised by an action whose rule said no; one middleware turns it into the page or the 409."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


def refuse_if(refusal: Refusal | None) -> None:
    """Raise `Refused` when a `why_not_…` rule returned a refusal; do nothing when it returned None."""
    if refusal is not None:
        raise Refused(refusal)
