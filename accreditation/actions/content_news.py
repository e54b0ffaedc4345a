"""What those who keep content are told: once a week what of it needs a look, in one notice."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.models import Notice, NoticeKind, User
from courses.lib.words import Said, counted
from courses.models import Asset, ContentState, Feedback, FeedbackState, Link, LinkState, Source
from courses.rules.links import owners_of, uses_of

NAMED = 5


@dataclass(slots=True)
class Keeper:
    """Somebody who keeps sources or items, with what of them needs a look."""

    person_id: int
    dead: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    remarks: int = 0

    @property
    def total(self) -> int:
        """How much that is."""
        return len(self.dead) + len(self.changed) + len(self.late) + self.remarks


def keepers(now: datetime) -> list[Keeper]:
    """Those whose content needs a look today and who were not told this week, in the order of their keys. Eight queries."""
    found: dict[int, Keeper] = {}
    _add_links(found)
    _add_late(found, now)
    open_ = Feedback.objects.filter(state=FeedbackState.OPEN)
    owner = "lesson__source_revision__source__owner"
    for pk, count in open_.order_by().values_list(owner).annotate(Count("pk")):
        if pk:
            _of(found, pk).remarks = count
    staff = User.objects.filter(pk__in=found, is_active=True, is_staff=True).values_list("pk", flat=True)
    told = Notice.objects.filter(key=_key(now)).values_list("recipient_id", flat=True)
    return [found[pk] for pk in sorted(set(staff) - set(told))]


def _of(found: dict[int, Keeper], pk: int) -> Keeper:
    return found.setdefault(pk, Keeper(pk))


def _add_links(found: dict[int, Keeper]) -> None:
    links = list(Link.objects.filter(state=LinkState.DEAD)) + list(Link.objects.filter(changed_at__isnull=False))
    uses = uses_of({one.url for one in links})
    for pk, rows in owners_of(links, uses).items():
        for link in rows:
            names = _of(found, pk).dead if link.state == LinkState.DEAD else _of(found, pk).changed
            if link.url not in names:
                names.append(link.url)


def _add_late(found: dict[int, Keeper], now: datetime) -> None:
    """Sources whose check is overdue, and items past their review date."""
    sources: Any = Source.objects.with_newest()
    late: Iterable[tuple[int, str]] = sources.filter(owner__isnull=False, due_on__lt=now.date()).values_list(
        "owner_id", "title"
    )
    items = Asset.objects.filter(owner__isnull=False, review_on__lt=now.date(), state=ContentState.PUBLISHED)
    for pk, title in [*late, *items.values_list("owner_id", "title")]:
        _of(found, pk).late.append(title)


def _key(now: datetime) -> str:
    year, week, _day = now.isocalendar()
    return f"content:{year}-W{week:02}"


def tell_keeper(*, keeper: Keeper, now: datetime) -> Notice:
    """One notice a week: dead and changed pages, what is past its day, open remarks, the first of each by name."""
    facts = {"count": keeper.total}
    title = counted(
        "%(count)s thing in the content that you keep needs a look",
        "%(count)s things in the content that you keep need a look",
        facts,
    )
    links = f"{reverse('admin:courses_link_changelist')}?keeper=me"
    return tell(
        recipient_id=keeper.person_id,
        kind=NoticeKind.FRESH,
        key=_key(now),
        title=title,
        text=tuple(_lines(keeper)),
        link=links if keeper.dead or keeper.changed else f"{reverse('admin:courses_source_changelist')}?check=due",
        link_text=Said(noop("Look at them")),
    )


def _lines(keeper: Keeper) -> Iterable[Said]:
    if keeper.dead:
        yield Said(noop("Pages that are gone: %(names)s."), {"names": _named(keeper.dead)})
    if keeper.changed:
        told = noop("Pages that look changed: %(names)s. Note a new revision, or say that it was no change.")
        yield Said(told, {"names": _named(keeper.changed)})
    if keeper.late:
        yield Said(noop("Past the day on which to look again: %(names)s."), {"names": _named(keeper.late)})
    if keeper.remarks:
        facts = {"count": keeper.remarks}
        yield counted("%(count)s remark of learners is open.", "%(count)s remarks of learners are open.", facts)


def _named(names: list[str]) -> str | Said:
    more = len(names) - NAMED
    shown = ", ".join(one[:120] for one in names[:NAMED])
    return shown if more <= 0 else Said(noop("%(names)s and %(count)s more"), {"names": shown, "count": more})
