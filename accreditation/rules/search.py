"""What a person finds: content that they may see, their own work, people where that is open. Source: rules.md 13.1 to 13.8."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Substr
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accreditation.models import Notice, Organisation, Program, Tier, User
from assessments.models import Attempt, Exam, Practical, Recording, Submission
from badges.models import Achievement, Credential
from courses.models import Asset, Course, EntryKind, LearningPath, SearchEntry
from courses.rules.highlights import excerpt, highlighted
from courses.rules.search import Wanted, allowed, coming_close, counted, matches, meant, ranked, wanted_by

A_PAGE, MOST_PAGES, SUGGESTED, READ, NEWEST, A_FEW = 20, 25, 8, 6000, 500, 5
OWN, PEOPLE = "own", "people"
ALL_KINDS = [(kind.value, kind.label) for kind in EntryKind]
ONE: Mapping[str, Any] = {
    EntryKind.PROGRAM: gettext_lazy("Program"),
    EntryKind.PATH: gettext_lazy("Learning path"),
    EntryKind.COURSE: gettext_lazy("Course"),
    EntryKind.LESSON: gettext_lazy("Lesson"),
    EntryKind.ASSET: gettext_lazy("Library item"),
    EntryKind.EXAM: gettext_lazy("Exam"),
    EntryKind.PRACTICAL: gettext_lazy("Practical"),
    EntryKind.BADGE: gettext_lazy("Badge"),
}
ADDRESSES = {
    EntryKind.PROGRAM: "program",
    EntryKind.PATH: "courses:path",
    EntryKind.COURSE: "courses:course",
    EntryKind.ASSET: "courses:asset",
    EntryKind.EXAM: "assessments:exam",
    EntryKind.PRACTICAL: "assessments:practical",
    EntryKind.BADGE: "badges:achievement",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. `title` and `text` may carry `<mark>`; everything else in them is escaped."""

    kind: str
    title: Any
    address: str
    text: Any = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A kind of what was found: how many, "1000+" where it is more, and whether it is looked at."""

    name: str
    label: Any
    count: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """A page of what was found. `near`: nothing has the words, these read nearly like them; `meant`: what was probably meant."""

    wanted: Wanted
    kind: str = ""
    total: int = 0
    tabs: Sequence[Tab] = ()
    hits: Sequence[Hit] = ()
    own: Sequence[Hit] = ()
    people: Sequence[Hit] = ()
    is_near: bool = False
    meant: str = ""
    number: int = 1
    has_next: bool = False
    is_cut: bool = False

    @property
    def first(self) -> int:
        """The place of the first hit of this page."""
        return (self.number - 1) * A_PAGE + 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing is shown."""
        return not (self.hits or self.own or self.people)


def visible_to(person: User) -> dict[str, QuerySet[Any]]:
    """The rows of each kind that a person may see, by the rules of their pages. No query.

    Exams of updates are reached by their update; a badge is found once a program that one may see, or a tier, carries it, or
    the person holds it.
    """
    courses, programs = Course.objects.visible_to(person), Program.objects.visible_to(person)
    exams, badges = Exam.objects.visible_to(person), Achievement.objects.all()
    if not person.has_perm("assessments.change_exam"):
        exams = exams.filter(for_asked_only=False)
    if not person.has_perm("badges.view_achievement"):
        held = Credential.objects.live().filter(holder=person).values("achievement")
        carried = Q(pk__in=programs.order_by().exclude(achievement=None).values("achievement")) | Q(pk__in=held)
        badges = badges.filter(
            carried | Q(pk__in=Tier.objects.exclude(achievement=None).order_by().values("achievement"))
        )
    return {
        EntryKind.PROGRAM: programs,
        EntryKind.PATH: LearningPath.objects.visible_to(person),
        EntryKind.COURSE: courses,
        EntryKind.LESSON: courses,
        EntryKind.ASSET: Asset.objects.visible_to(person).exclude(current_version=None),
        EntryKind.EXAM: exams,
        EntryKind.PRACTICAL: Practical.objects.visible_to(person),
        EntryKind.BADGE: badges,
    }


def suggestions(person: User, typed: str) -> list[Hit]:
    """The best few for what was typed so far; what comes close where nothing has the words. One query, or two."""
    wanted = wanted_by(typed)
    rows = allowed(visible_to(person))
    found = list(ranked(rows, wanted).defer("vector", "title_vector", "body")[:SUGGESTED])
    found = found or list(coming_close(rows, wanted).defer("vector", "title_vector", "body")[:SUGGESTED])
    return [Hit(str(ONE[EntryKind(one.kind)]), one.title, address_of(one), "", one.within) for one in found]


def findings(person: User, typed: str, kind: str = "", number: int = 1) -> Findings:
    """What a person finds by what they typed: a page of one kind or of all. At most eleven queries."""
    wanted = wanted_by(typed)
    if not wanted.groups:
        return Findings(wanted)
    rows, number = allowed(visible_to(person)), min(max(number, 1), MOST_PAGES)
    counts = counted(rows, wanted, EntryKind.values)
    own, people = list(own_work(person, wanted)), list(people_found(person, wanted))
    is_near = not counts
    shown = [] if kind in (OWN, PEOPLE) else _page(rows, wanted, kind, number, is_near=is_near)
    return Findings(
        wanted,
        kind,
        total=sum(counts.values()) + len(own) + len(people),
        tabs=_tabs(counts, own, people, kind),
        hits=[_hit(one, wanted) for one in shown[:A_PAGE]],
        own=own if kind == OWN else own[:A_FEW] if not kind and number == 1 else [],
        people=people if kind == PEOPLE else people[:A_FEW] if not kind and number == 1 else [],
        is_near=is_near,
        meant=meant(wanted, shown[:A_FEW]) if is_near else "",
        number=number,
        has_next=len(shown) > A_PAGE and number < MOST_PAGES,
        is_cut=number == MOST_PAGES and len(shown) > A_PAGE,
    )


def _page(rows: QuerySet[SearchEntry], wanted: Wanted, kind: str, number: int, *, is_near: bool) -> list[SearchEntry]:
    rows = rows.filter(kind=kind) if kind else rows
    found = coming_close(rows, wanted) if is_near else ranked(rows, wanted)
    start = (number - 1) * A_PAGE
    read = found.defer("vector", "title_vector", "body").annotate(start=Substr("body", 1, READ))
    return list(read[start : start + A_PAGE + 1])


def _tabs(counts: Mapping[str, int], own: Sequence[Hit], people: Sequence[Hit], kind: str) -> list[Tab]:
    found: list[tuple[str, Any, int]] = [(name, label, counts.get(name, 0)) for name, label in ALL_KINDS]
    found += [(OWN, _("Your work"), len(own)), (PEOPLE, _("People"), len(people))]
    return [
        Tab(name, label, str(count) if count < 1000 else "1000+", name == kind) for name, label, count in found if count
    ]


def _hit(one: Any, wanted: Wanted) -> Hit:
    text = excerpt([one.summary, one.start, one.words], wanted)
    return Hit(str(ONE[EntryKind(one.kind)]), highlighted(one.title, wanted), address_of(one), text, one.within)


def address_of(entry: SearchEntry) -> str:
    """The page of what was found."""
    if entry.kind == EntryKind.LESSON:
        return reverse("courses:lesson", args=[entry.within_slug, entry.slug])
    return reverse(ADDRESSES[EntryKind(entry.kind)], args=[entry.slug])


def own_work(person: User, wanted: Wanted) -> Iterator[Hit]:
    """One's own sittings, tries, recordings, badges and notices that have the words, the newest of each kind. Five queries."""
    for label, rows, read in OWN_KINDS:
        for row in rows(person)[:NEWEST]:
            title, text, address = read(row)
            if matches(wanted, f"{title} {text}"):
                yield Hit(str(label), highlighted(title, wanted), address, excerpt([text], wanted))


def _attempts(person: User) -> QuerySet[Attempt]:
    rows = Attempt.objects.visible_to(person).select_related("exam")
    return rows.only("pk", "number", "state", "exam__title").order_by("-started_at")


def _submissions(person: User) -> QuerySet[Submission]:
    rows = Submission.objects.visible_to(person).select_related("practical")
    return rows.only("pk", "number", "state", "practical__title").order_by("-opened_at")


def _recordings(person: User) -> QuerySet[Recording]:
    rows = Recording.objects.filter(submission__learner=person, main=None).exclude(original_name="")
    return rows.select_related("submission__practical").only(
        "pk", "original_name", "submission__practical__title"
    ).order_by("-state_since")  # fmt: skip


def _credentials(person: User) -> QuerySet[Credential]:
    rows = Credential.objects.live().filter(holder=person).select_related("achievement")
    return rows.only("pk", "valid_until", "achievement__name").order_by("-awarded_at")


def _notices(person: User) -> QuerySet[Notice]:
    return Notice.objects.visible_to(person).only("pk", "title", "text").order_by("-created_at")


Read = Callable[[Any], tuple[str, str, str]]
OWN_KINDS: Sequence[tuple[Any, Callable[[User], QuerySet[Any]], Read]] = (
    (
        gettext_lazy("Your sitting"),
        _attempts,
        lambda row: (row.exam.title, row.get_state_display(), row.get_absolute_url()),
    ),
    (
        gettext_lazy("Your try"),
        _submissions,
        lambda row: (row.practical.title, row.get_state_display(), row.get_absolute_url()),
    ),
    (
        gettext_lazy("Your recording"),
        _recordings,
        lambda row: (row.original_name, row.submission.practical.title, row.submission.get_absolute_url()),
    ),
    (gettext_lazy("Your badge"), _credentials, lambda row: (row.achievement.name, "", row.get_absolute_url())),
    (gettext_lazy("Notice"), _notices, lambda row: (row.title, row.text, reverse("notices"))),
)


def people_found(person: User, wanted: Wanted) -> Iterator[Hit]:
    """People by name or address, and organisations, for those who may open them. No query for anybody else, two at most."""
    words = [term.text for term in wanted.groups[0] if not term.excluded][:A_FEW]
    if person.is_staff and person.has_perm("accreditation.view_user"):
        rows = User.objects.only("pk", "name", "email", "is_active").order_by("name", "pk")
        for word in words:
            rows = rows.filter(Q(name__icontains=word) | Q(email__icontains=word))
        for one in rows[:A_PAGE]:
            address = reverse("admin:accreditation_user_change", args=[one.pk])
            yield Hit(_("Person"), highlighted(str(one), wanted), address, highlighted(one.email, wanted))
    if person.has_perm("accreditation.view_organisation") or person.has_perm("accreditation.view_own_organisation"):
        partners = Organisation.objects.visible_to(person)
        for word in words:
            partners = partners.filter(name__icontains=word)
        for partner in partners[:A_PAGE]:
            yield Hit(_("Organisation"), highlighted(partner.name, wanted), partner.get_absolute_url())
