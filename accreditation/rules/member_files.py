"""A list of an organisation's people as CSV: what would become of each line, before and when it is applied."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils.translation import gettext

from accreditation.models import Invitation, Organisation, User
from courses.lib.cells import armed_again
from courses.lib.refusals import Refusal
from courses.models import Persona, Role

COLUMNS = ("email", "role", "persona")
MOST_LINES, MOST_BYTES = 2000, 1_000_000
JOINS, INVITED, NOTHING, LEFT, WRONG = "joins", "is invited", "stays as it is", "is left alone", "is wrong"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a line, and why. `role` and `persona` are slugs, "" where the line says none."""

    line: int
    email: str
    role: str
    persona: str
    becomes: str
    why: str


def why_not_read(text: str) -> Refusal | None:
    """A list has headings with `email`, and is of a size that a person can look through."""
    if len(text.encode()) > MOST_BYTES or text.count("\n") > MOST_LINES + 1:
        return Refusal(
            "too-large",
            gettext("A list has at most %(most_lines)s lines. Split it.") % {"most_lines": f"{MOST_LINES:,}"},
        )
    headings = [cell.strip().lower() for cell in next(csv.reader(io.StringIO(text)), [])]
    if "email" not in headings:
        return Refusal(
            "no-email",
            gettext("The first line names the columns: %(join)s. “email” is needed.") % {"join": ", ".join(COLUMNS)},
        )
    if unknown := sorted(set(headings) - {*COLUMNS, "name", ""}):
        return Refusal(
            "unknown-column",
            gettext("“%(unknown)s” is no column of such a list: %(join)s.")
            % {"unknown": unknown[0], "join": ", ".join(COLUMNS)},
        )
    return None


def outcomes_of(text: str, organisation: Organisation) -> list[Outcome]:
    """Each line in order with what would become of it today. Six queries, whatever the number of lines."""
    lines = list(_lines(text))
    known = _Known(organisation, {email for _, email, _, _ in lines})
    seen: set[str] = set()
    found = []
    for number, email, role, persona in lines:
        becomes, why = (
            (WRONG, "the address stands twice in this list") if email in seen else known.becomes(email, role, persona)
        )
        seen.add(email)
        found.append(Outcome(number, email, role, persona, becomes, why))
    return found


def digest_of(outcomes: list[Outcome]) -> str:
    """What a preview showed, in short: what is applied must have the same."""
    return hashlib.sha256(json.dumps([astuple(one) for one in outcomes]).encode()).hexdigest()


def _lines(text: str) -> Iterator[tuple[int, str, str, str]]:
    reader = csv.DictReader(io.StringIO(text))
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or []]
    for row in reader:
        cells = [armed_again(str(row.get(name) or "")).strip() for name in COLUMNS]
        if any(cells):
            yield reader.line_num, cells[0].lower(), cells[1], cells[2]


class _Known:
    """What is known of the addresses of a list, read once."""

    def __init__(self, organisation: Organisation, emails: set[str]) -> None:
        self.organisation = organisation
        proved = EmailAddress.objects.filter(email__in=emails, verified=True).values_list("email", "user")
        people = User.objects.filter(pk__in=[pk for _, pk in proved]).select_related("organisation").in_bulk()
        self.people = {email: people[pk] for email, pk in proved if pk in people}
        self.unproved = set(User.objects.filter(email__in=emails).values_list("email", flat=True)) - self.people.keys()
        rows = Invitation.objects.open().annotate(lower=Lower("email")).values_list("lower", "organisation")
        self.invited = dict(rows.filter(lower__in=emails))
        self.roles = set(Role.objects.values_list("slug", flat=True))
        self.personas = set(Persona.objects.values_list("slug", flat=True))

    def becomes(self, email: str, role: str, persona: str) -> tuple[str, str]:
        """The outcome of a line whose address stands here for the first time, and why."""
        try:
            validate_email(email)
        except ValidationError:
            return WRONG, "this is no e-mail address"
        if role and role not in self.roles:
            return WRONG, f"there is no role “{role}”"
        if persona and persona not in self.personas:
            return WRONG, f"there is no persona “{persona}”"
        return self._person(self.people[email]) if email in self.people else self._address(email)

    def _person(self, person: User) -> tuple[str, str]:
        if person.organisation_id == self.organisation.pk:
            return NOTHING, "belongs here already"
        if person.organisation is not None:
            return LEFT, f"belongs to {person.organisation}: move them by their own page"
        if not person.is_active:
            return LEFT, "the account is suspended"
        return JOINS, "has an account and belongs nowhere yet"

    def _address(self, email: str) -> tuple[str, str]:
        if email in self.invited:
            if self.invited[email] == self.organisation.pk:
                return NOTHING, "is invited already"
            return LEFT, "another invitation is open"
        if email in self.unproved:
            return INVITED, "has an account whose address isn't proved yet"
        return INVITED, "has no account yet"
