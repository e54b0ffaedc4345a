"""The library's shelves: what a person may see of it, by what they look for. Source: rules.md 2.6 to 2.8."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext

from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.models import Asset, AssetKind, EntryKind
from courses.models.assets import DIMENSIONS
from courses.rules.search import allowed, coming_close, finding, wanted_by

ALL = "all"
ASSETS_A_PAGE = 24
LONGEST_SHELF = 5


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looks for: words, a kind, and a slug of each dimension; empty for any."""

    words: str = ""
    kind: str = ""
    slugs: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """As a query."""
        said = {"q": self.words, "kind": self.kind, **self.slugs}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Choice:
    """A word of a dimension, and how many assets it leaves beside what else is chosen."""

    slug: str
    name: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shelves:
    """The library as one person sees it. `landing`: use cases that land for the chosen persona, on the first page alone."""

    looked: Looked
    total: int
    landing: Sequence[Asset]
    page: Page
    kinds: Sequence[Choice]
    choices: Mapping[str, Sequence[Choice]]


def looked_for(asked: Mapping[str, Any], usual_persona: str) -> Looked:
    """From a query. Who says nothing of a persona looks for their own; `all` is any."""
    slugs = {name: str(asked.get(name, ""))[:80] for name in DIMENSIONS}
    if "personas" not in asked:
        slugs["personas"] = usual_persona
    return Looked(str(asked.get("q", "")).strip()[:200], str(asked.get("kind", ""))[:20], slugs)


def shelves(person: Person, looked: Looked, page: str | None) -> Shelves:
    """What is on the shelves for this person. Twelve queries, two more where there are words, whatever the number of assets."""
    mine = Asset.objects.visible_to(person).exclude(current_version=None)
    shown_to_all = mine.distinct().count()
    mine = _with_the_words(mine, looked.words)
    found = mine.filter(_wanted(looked)).distinct()
    shown = Paginator(with_words(found.order_by("-wows", "kind", "title", "pk")), ASSETS_A_PAGE).get_page(page)
    landing = [one for one in shown if one.wows][:LONGEST_SHELF] if shown.number == 1 else []
    kinds = _kinds(mine.filter(_wanted(looked, but="kind")), looked)
    choices = {name: _choices(mine.filter(_wanted(looked, but=name)), name, looked) for name in DIMENSIONS}
    return Shelves(looked, shown_to_all, landing, shown, kinds, choices)


def with_words(rows: QuerySet[Asset]) -> QuerySet[Asset]:
    """Assets with what their cards say. Two queries more."""
    return rows.select_related("current_version").prefetch_related("personas", "use_cases")


def _wanted(looked: Looked, *, but: str = "") -> Q:
    wanted = Q(kind=looked.kind) if looked.kind and but != "kind" else Q()
    for name, slug in looked.slugs.items():
        if slug and slug != ALL and name != but:
            wanted &= Q(**{f"{name}__slug": slug})
    return wanted


def _with_the_words(rows: Any, words: str) -> Any:
    """Those with the words, as the search finds them; what comes close where none has them. A query or two."""
    wanted = wanted_by(words)
    if not wanted.groups:
        return rows
    entries = allowed({EntryKind.ASSET: rows})
    keys = list(finding(entries, wanted).order_by().values_list("row_id", flat=True))
    return rows.filter(pk__in=keys or list(coming_close(entries, wanted).values_list("row_id", flat=True)))


def _kinds(rows: QuerySet[Asset], looked: Looked) -> list[Choice]:
    counts = dict(rows.order_by().values_list("kind").annotate(Count("pk", distinct=True)))
    return [Choice(one.value, str(one.label), counts.get(one, 0), one == looked.kind) for one in AssetKind]


def _choices(rows: QuerySet[Asset], name: str, looked: Looked) -> list[Choice]:
    words = rows.filter(**{f"{name}__isnull": False}).order_by(f"{name}__position", f"{name}__name")
    found = words.values_list(f"{name}__slug", f"{name}__name", f"{name}__position").annotate(
        Count("pk", distinct=True)
    )
    return [Choice(slug, word, count, slug == looked.slugs.get(name)) for slug, word, _, count in found]


def usable_by(person: Person, named: QuerySet[Asset]) -> QuerySet[Asset]:
    """Of the assets that something names, those that a person may see; of the others nothing shows. One query."""
    seen = Asset.objects.visible_to(person).exclude(current_version=None).order_by().values("pk")
    return named.filter(pk__in=seen).order_by("title")


def why_not_say(body: str, url: str, file: Any) -> Refusal | None:
    """A version says something."""
    if body.strip() or url or file:
        return None
    return Refusal("says-nothing", gettext("Write a text, give it a link or upload a file."))
