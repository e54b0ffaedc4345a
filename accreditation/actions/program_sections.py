"""What every section of a program file is written with: where we are, what is wrong there, and what a name leads to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Model

from accreditation.models import Proposal, User
from accreditation.rules.yaml_lines import Place, Problem, ReadFile
from courses.lib.refusals import Refused
from courses.models import Asset, Lesson, SourceRevision


@dataclass
class Loaded:
    """What a load did: how many parts of each section were read, whether a row was written, and what is worth knowing."""

    counts: dict[str, int] = field(default_factory=dict)
    rows_written: int = 0
    warnings: list[str] = field(default_factory=list)


class Unknown(Exception):
    """A name leads nowhere; the problem is noted already."""


def set_rows(relation: Any, rows: Sequence[Model]) -> None:
    """Let a relation hold exactly these rows; nothing is written where it does."""
    wanted = {row.pk for row in rows}
    if wanted != set(relation.values_list("pk", flat=True)):
        relation.set(wanted)


class Sections:
    """Sections of files that were read, written one part after the other; problems are noted, never raised."""

    def __init__(self, read: Sequence[ReadFile], by: User | None) -> None:
        self.read, self.by = read, by
        self.problems: list[Problem] = []
        self.loaded = Loaded()
        self.proposed: list[Proposal] = []
        self.file: ReadFile  # where we are, for messages
        self.place: Place = ()
        self.seen: set[tuple[str, str]] = set()
        self.newest: dict[str, int] = {
            one.slug: max(len(one.revisions), 1) for file in read for one in file.content.sources
        }  # the last revision of each source that the files say

    def _each(self, section: str, write: Callable[[Any], None], *, first: bool = True) -> None:
        for file in self.read:
            for number, part in enumerate(getattr(file.content, section)):
                self.file, self.place = file, (section, number)
                if first:
                    self._note_once(section, part.slug)
                with self._naming_the_line():
                    write(part)

    def _note_once(self, section: str, slug: str) -> None:
        self.loaded.counts[section] = self.loaded.counts.get(section, 0) + 1
        if (section, slug) in self.seen:
            self._problem(f"{section}: `{slug}` is written twice", "slug")
        self.seen.add((section, slug))

    @contextmanager
    def _naming_the_line(self) -> Iterator[None]:
        try:
            with transaction.atomic():
                yield
        except Refused as refused:
            self._problem(refused.refusal.sentence)
        except ValidationError as invalid:
            self._problem("; ".join(invalid.messages))
        except (ValueError, DatabaseError) as invalid:
            self._problem(str(invalid).partition("\n")[0])
        except Unknown:
            pass

    def _problem(self, message: str, *place: str | int) -> None:
        self.problems.append(Problem(self.file.name, self.file.line(*self.place, *place), message))

    def _revision(self, ref: str, *place: str | int) -> SourceRevision:
        """The revision that a lesson, question or criterion points at."""
        slug, _, number = ref.partition("@")
        if not number and slug not in self.newest:
            self._problem(f"`{slug}` is no source of these files: say which revision is meant, e.g. `{slug}@1`", *place)
            raise Unknown
        found = SourceRevision.objects.filter(source__slug=slug, number=int(number or self.newest[slug])).first()
        if found is None:
            self._problem(f"there is no source `{slug}` with a revision {number}", *place)
            raise Unknown
        return found

    def _owner(self, address: str, *place: str | int) -> User:
        """The person of an address who keeps something right."""
        owner = User.objects.filter(email__iexact=address).first()
        if owner is None:
            self._problem(f"nobody has the address `{address}`", *place)
            raise Unknown
        return owner

    def _assets(self, slugs: Sequence[str] | None) -> list[Asset] | None:
        """Items of the library by slug; None where a file says nothing of them, which leaves them as they are."""
        return None if slugs is None else [self._find(Asset, one, "assets", n) for n, one in enumerate(slugs)]

    def _lesson_at(self, ref: str) -> Lesson | None:
        """The lesson that files name by its course and itself."""
        course, _, slug = ref.partition("/")
        return Lesson.objects.filter(course__slug=course, slug=slug).first()

    def _find(self, model: Any, slug: str | None, *place: str | int) -> Any:
        if slug is None:
            return None
        row = model._default_manager.filter(slug=slug).first()
        if row is None:
            self._problem(f"there is no {model._meta.verbose_name} `{slug}`", *place)
            raise Unknown
        return row
