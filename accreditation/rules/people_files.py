"""Files of people: which columns they have, and what each row would do. Nothing is written here.

Source: rules.md 13.15 to 13.19.
"""

import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accreditation.models import ImportMode, Organisation, RowOutcome, User
from accreditation.roles import ELEVATED, LEARNER, PARTNER_MANAGER, PERMISSIONS
from accreditation.rules.erasure import ERASED_HOST
from courses.lib.refusals import Refusal
from courses.lib.tables import LONGEST_CELL, Formula
from courses.models import Persona, Role

COLUMNS = (
    "email", "name", "role", "persona", "organisation", "manager", "time_zone", "language", "groups", "active",
)  # fmt: skip
WORDS: Mapping[str, str] = {
    "email": "email", "e-mail": "email", "mail": "email", "email address": "email", "e-mail address": "email",
    "name": "name", "full name": "name", "role": "role", "job role": "role", "persona": "persona",
    "organisation": "organisation", "organization": "organisation", "company": "organisation", "partner": "organisation",
    "manager": "manager", "manager email": "manager", "manager e-mail": "manager", "reports to": "manager",
    "time zone": "time_zone", "timezone": "time_zone", "language": "language", "locale": "language",
    "groups": "groups", "group": "groups", "active": "active", "is active": "active",
}  # fmt: skip
"""Words of a heading, with `_` read as a blank, and the column that they name."""
SECRETS = {"password", "passwort", "pwd", "secret", "token"}
CLEAR = "-"
"""A cell that says only this empties what it names; an empty cell leaves it."""
CANT_BE_CLEARED = ("name", "active")
YES, NO = {"yes", "y", "true", "1", "active"}, {"no", "n", "false", "0", "inactive", "suspended"}
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
PORTION = 500
"""Rows whose people are read at once."""
IMPORT = "accreditation.import_people"

Values = dict[str, Any]
Problem = tuple[str, str]


@dataclass(slots=True)
class ReadRow:
    """A row of the file: what it gives, what the person has now in those columns, what is wrong with it."""

    line: int
    email: str
    values: Values = field(default_factory=dict)
    seen: Values = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    person_id: int | None = None
    depth: int = 0

    @property
    def becomes(self) -> RowOutcome:
        """What would become of it."""
        if self.problems:
            return RowOutcome.WRONG
        if self.person_id is None:
            return RowOutcome.CREATE
        return RowOutcome.SAME if self.values == self.seen else RowOutcome.CHANGE


def why_not_import(by: User) -> Refusal | None:
    """Who may add and change people, by the right of its own."""
    if by.has_perm(IMPORT) and by.has_perm("accreditation.add_user") and by.has_perm("accreditation.change_user"):
        return None
    return Refusal("not-allowed", _("Only Field Enablement imports people."))


def columns_of(headings: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """(place of each column that was recognised, headings that are not read). Raises ValueError with a sentence."""
    places: dict[str, int] = {}
    unknown = []
    for place, heading in enumerate(headings):
        words = " ".join(heading.lower().replace("_", " ").split())
        if words in SECRETS:
            raise ValueError(
                _("A file of people holds no passwords. Take the column “%(heading)s” out; each person sets their own.")
                % {"heading": heading[:50]}
            )
        column = WORDS.get(words)
        if column in places:
            raise ValueError(_("Two columns say “%(column)s”. Keep one.") % {"column": column})
        if column:
            places[column] = place
        elif words:
            unknown.append(heading[:50])
    if "email" not in places:
        raise ValueError(
            _("The first row names the columns, and “email” is needed. Columns: %(columns)s.")
            % {"columns": ", ".join(COLUMNS)}
        )
    return places, unknown


def groups_to_give(by: User) -> set[str]:
    """The groups whose every right this person has; managing a partner organisation is given by who edits all of them."""
    held = by.get_all_permissions()
    able = {name for name, rights in PERMISSIONS.items() if held.issuperset(rights)}
    if by.has_perm("accreditation.change_organisation"):
        able.add(PARTNER_MANAGER)
    return able | {LEARNER}


def state_of(person: Any) -> Values:
    """What a person has in every column, as rows say it. `person` as `with_columns` loads it; no query then."""
    return {
        "name": person.name,
        "role": person.role.slug if person.role else "",
        "persona": person.persona.slug if person.persona else "",
        "organisation": person.organisation.slug if person.organisation else "",
        "manager": person.manager.email.lower() if person.manager else "",
        "time_zone": person.time_zone,
        "language": person.language,
        "groups": sorted(set(person.groups_held) & PERMISSIONS.keys()),
        "active": person.is_active,
    }


def with_columns(people: QuerySet[User]) -> QuerySet[User]:
    """People with everything that `state_of` needs. One query."""
    names = Group.objects.filter(user=OuterRef("pk")).order_by("name").values("name")
    return people.select_related("role", "persona", "organisation", "manager").annotate(
        groups_held=ArraySubquery(names)
    )


def rows_of(lines: Iterable[tuple[int, list[str]]], places: Mapping[str, int], mode: str, by: User) -> list[ReadRow]:
    """Each row with what would become of it today, managers before their reports. Four queries for 500 rows and a few more."""
    words = Words(by)
    rows = [_row(line, cells, places, words) for line, cells in lines]
    seen: dict[str, int] = {}
    for row in rows:
        if row.email and row.email in seen:
            row.problems.append(("email", _("The address stands in row %(line)s too.") % {"line": seen[row.email]}))
        seen.setdefault(row.email, row.line)
    for start in range(0, len(rows), PORTION):
        _meet(rows[start : start + PORTION], mode, by)
    _check_managers(rows)
    return sorted(rows, key=lambda row: (row.depth, row.line))


class Words:
    """What cells may say: slugs and names of roles, personas and organisations, groups, languages and zones. Three queries."""

    def __init__(self, by: User) -> None:
        self.by = by
        self.known = {
            "role": _named(Role.objects.values_list("slug", "name")),
            "persona": _named(Persona.objects.values_list("slug", "name")),
            "organisation": _named(Organisation.objects.values_list("slug", "name")),
        }
        self.groups = groups_to_give(by)
        self.languages = {code.lower(): code for code, _name in settings.LANGUAGES}

    def value(self, column: str, cell: str) -> Any:
        """What a cell that isn't empty gives. Raises ValueError with a sentence."""
        if cell == CLEAR:
            return self._cleared(column)
        if column in self.known:
            return self._slug(column, cell)
        read = {
            "name": _name, "manager": _address, "time_zone": _zone, "language": self._language,
            "groups": self._groups, "active": _truth,
        }[column]  # fmt: skip
        return read(cell)

    def _cleared(self, column: str) -> Any:
        if column in CANT_BE_CLEARED:
            raise ValueError(_("This can't be emptied. Leave the cell empty to keep what is there."))
        return {"time_zone": "UTC", "language": settings.LANGUAGE_CODE, "groups": [LEARNER]}.get(column, "")

    def _slug(self, column: str, cell: str) -> str:
        found = self.known[column].get(cell.casefold())
        if found is None:
            raise ValueError(_("There is no %(column)s “%(cell)s”.") % {"column": column, "cell": cell[:80]})
        if not found:
            raise ValueError(
                _("Several are called “%(cell)s”. Write the short name from its address.") % {"cell": cell[:80]}
            )
        return found

    def _language(self, cell: str) -> str:
        code = self.languages.get(cell.lower().replace("_", "-"))
        if code is None:
            raise ValueError(
                _("“%(cell)s” is no language of this portal. These are: %(codes)s.")
                % {"cell": cell[:40], "codes": ", ".join(sorted(self.languages.values()))}
            )
        return code

    def _groups(self, cell: str) -> list[str]:
        names = {one.strip().lower() for one in re.split(r"[,;|/\n]", cell) if one.strip()}
        if unknown := sorted(names - PERMISSIONS.keys()):
            raise ValueError(
                _("There is no group “%(name)s”. Groups: %(groups)s.")
                % {"name": unknown[0][:40], "groups": ", ".join(PERMISSIONS)}
            )
        if beyond := sorted(names - self.groups):
            raise ValueError(
                _("You can't give the group “%(name)s”: it has rights that you don't have.") % {"name": beyond[0]}
            )
        return sorted(names | {LEARNER})


def _named(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Slug by slug and by name, in any case; "" for a name that several have. A slug goes before a name."""
    found: dict[str, str] = {}
    rows = list(rows)
    for slug, name in rows:
        key = name.casefold()
        found[key] = "" if key in found else slug
    return found | {slug.casefold(): slug for slug, _name in rows}


def _name(cell: str) -> str:
    name = " ".join(CONTROLS.sub(" ", cell).split())
    if not name or len(name) > 150:
        raise ValueError(_("A name has 1 to 150 signs."))
    return name


def _address(cell: str) -> str:
    email = cell.lower()
    try:
        validate_email(email)
    except ValidationError:
        raise ValueError(_("“%(cell)s” is no e-mail address.") % {"cell": cell[:80]}) from None
    if len(email) > 254:
        raise ValueError(_("The address is too long."))
    return email


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def _zone(cell: str) -> str:
    zone = _zones().get(cell.lower().replace(" ", "_"))
    if zone is None:
        raise ValueError(_("“%(cell)s” is no time zone. Write one as Europe/Berlin.") % {"cell": cell[:60]})
    return zone


def _truth(cell: str) -> bool:
    word = cell.lower()
    if word not in YES | NO:
        raise ValueError(_("“%(cell)s” is neither yes nor no.") % {"cell": cell[:40]})
    return word in YES


def _row(line: int, cells: Sequence[str], places: Mapping[str, int], words: Words) -> ReadRow:
    """What the cells give, by themselves."""
    row = ReadRow(line, "")
    for column, place in places.items():
        cell = cells[place] if place < len(cells) else ""
        try:
            if isinstance(cell, Formula):
                raise ValueError(_("The cell is a formula or an error. Put its value in its place."))
            if len(cell) > LONGEST_CELL:
                raise ValueError(_("The cell is longer than %(most)s signs.") % {"most": LONGEST_CELL})
            if column == "email":
                row.email = cell.lower()[:254]
                _address(cell)
            elif cell:
                row.values[column] = words.value(column, cell)
        except ValueError as error:
            row.problems.append((column, str(error)))
    return row


def _meet(rows: Sequence[ReadRow], mode: str, by: User) -> None:
    """Compare rows with who is here. Two queries."""
    emails = {row.email for row in rows if row.email}
    people = {
        person.email.lower(): person
        for person in with_columns(User.objects.alias(lower=Lower("email")).filter(lower__in=emails))
    }
    other = set(
        EmailAddress.objects.alias(lower=Lower("email"))
        .filter(lower__in=emails - people.keys())
        .values_list(Lower("email"), flat=True)
    )
    for row in rows:
        if row.email in people:
            _meet_person(row, people[row.email], mode, by)
        elif not any(column == "email" for column, _why in row.problems):
            _meet_nobody(row, row.email in other, mode)


def _meet_person(row: ReadRow, person: User, mode: str, by: User) -> None:
    row.person_id = person.pk
    state = state_of(person)
    row.seen = {name: state[name] for name in row.values}
    if mode == ImportMode.CREATE:
        row.problems.append(("email", _("This person is here already, and the file may only add new people.")))
    row.problems += why_not_change(person, row.values, state, by)


def _meet_nobody(row: ReadRow, is_second_address: bool, mode: str) -> None:
    if mode == ImportMode.UPDATE:
        row.problems.append(("email", _("Nobody has this address, and the file may only change who is here.")))
    if is_second_address:
        row.problems.append(("email", _("This is another address of somebody who is here. Use their first one.")))
    if row.email.endswith(f"@{ERASED_HOST}"):
        row.problems.append(("email", _("Addresses of this ending are those of erased people.")))
    if "name" not in row.values and not any(column == "name" for column, _why in row.problems):
        row.problems.append(("name", _("A new person needs a name.")))
    if row.values.get("manager") == row.email:
        row.problems.append(("manager", _("Nobody manages themselves.")))


def why_not_change(person: User, values: Values, state: Values, by: User) -> list[Problem]:
    """What of these values this person may not be given by this importer; no query."""
    changed = {name for name, value in values.items() if state[name] != value}
    if person.is_superuser and not by.is_superuser and changed:
        return [("email", _("This row can be changed by its own administrators only."))]
    if person.email.endswith(f"@{ERASED_HOST}"):
        return [("email", _("This person was erased."))]
    found = []
    if person.pk == by.pk:
        found += [(name, _("Nobody sets this for themselves.")) for name in sorted(changed & OWN)]
    if "groups" in changed:
        beyond = sorted((set(state["groups"]) - set(values["groups"])) & ELEVATED - groups_to_give(by))
        found += [("groups", _("You can't take the group “%(name)s”.") % {"name": name}) for name in beyond]
    if values.get("manager") == person.email.lower():
        found.append(("manager", _("Nobody manages themselves.")))
    return found


OWN = {"groups", "active", "organisation", "role", "manager"}
"""What somebody else sets of whoever imports."""


def _check_managers(rows: Sequence[ReadRow]) -> None:
    """Managers are here or come with the file, and nobody stands above themselves; depth puts them before their reports."""
    by_email = {row.email: row for row in rows if row.email}
    wanted = {row.values["manager"] for row in rows if row.values.get("manager")} - by_email.keys()
    here: dict[str, int] = {}
    for portion in _portions(sorted(wanted)):
        found = User.objects.alias(lower=Lower("email")).filter(lower__in=portion, is_active=True)
        here |= dict(found.values_list(Lower("email"), "pk"))
    for row in rows:
        boss = row.values.get("manager")
        if boss and boss not in by_email and boss not in here:
            row.problems.append(
                ("manager", _("Nobody active has the address “%(email)s”, here or in the file.") % {"email": boss[:80]})
            )
    _refuse_circles(rows, by_email, here)
    _set_depths(rows, by_email)


def _refuse_circles(rows: Sequence[ReadRow], by_email: Mapping[str, ReadRow], here: Mapping[str, int]) -> None:
    """Follow everybody's manager as the file would leave them; who comes back to themselves is wrong. One query."""
    stored: dict[Any, Any] = dict(User.objects.exclude(manager=None).values_list("pk", "manager_id"))
    key: dict[str, Any] = {email: row.person_id or email for email, row in by_email.items()} | dict(here)
    above = stored | {
        key[row.email]: key.get(row.values["manager"])
        for row in rows
        if row.email and "manager" in row.values and not row.problems
    }
    rows_at = {key[row.email]: row for row in rows if row.email and row.values.get("manager")}
    settled: set[Any] = set()
    for start in list(rows_at):
        path: list[Any] = []
        on_path: set[Any] = set()
        node = start
        while node is not None and node not in settled and node not in on_path:
            path.append(node)
            on_path.add(node)
            node = above.get(node)
        if node in on_path:
            for one in path[path.index(node) :]:
                if one in rows_at:
                    rows_at[one].problems.append(
                        ("manager", _("The managers go round in a circle: this person would stand above themselves."))
                    )
        settled |= on_path


def _set_depths(rows: Sequence[ReadRow], by_email: Mapping[str, ReadRow]) -> None:
    """How many managers of a row come from the file; a manager who would not come makes the row wrong too."""
    done: set[int] = set()
    for row in rows:
        chain = []
        node: ReadRow | None = row
        while node is not None and id(node) not in done:
            done.add(id(node))
            chain.append(node)
            node = by_email.get(node.values.get("manager", ""))
        for one in reversed(chain):
            boss = by_email.get(one.values.get("manager", ""))
            if boss is None or boss is one:
                continue
            one.depth = boss.depth + 1
            if boss.person_id is None and boss.problems and not one.problems:
                one.problems.append(
                    ("manager", _("Their manager stands in row %(line)s, which is wrong.") % {"line": boss.line})
                )


def _portions(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + PORTION] for start in range(0, len(values), PORTION))
