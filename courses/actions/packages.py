"""Packages are taken, and keep how far a learner is. Source: rules.md 2.25 to 2.30."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.actions.progress import mark_lesson_done
from courses.lib.packages import PackageFault, read_package
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if
from courses.models import Lesson, Package, PackageProgress, PackageSession
from courses.rules.scorm import all_done, is_done, score_of, session_seconds, status_of, time_in_words, why_not_keep

LARGEST = 200_000_000
SLACK = 60
"""A session may say a minute more than passed since it began: clocks and the way to us."""


@transaction.atomic
def take_package(*, file: File, by: Person | None) -> Package:
    """Check a package and keep it; the same file again is the same package. Refused where it is hostile or broken."""
    if file.size > LARGEST:
        raise Refused(Refusal("too-large", _("The package is larger than 200 MB.")))
    try:
        facts = read_package(cast(BinaryIO, file.open("rb")))
    except PackageFault as fault:
        raise Refused(Refusal("package", str(fault))) from None
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    if known := Package.objects.filter(sha256=digest.hexdigest()).first():
        return known
    file.seek(0)
    row = Package(title=facts.title or _("Package"), version=facts.version, sha256=digest.hexdigest())
    row.items, row.files, row.unpacked = [one.as_json() for one in facts.items], facts.files, facts.unpacked
    row.uploaded_by_id = by.pk if by else None
    row.file.save(f"{digest.hexdigest()[:32]}.zip", file, save=False)
    row.save()
    return row


@transaction.atomic
def keep_values(
    *, lesson: Lesson, item: str, session: UUID, values: Mapping[str, str], by: Person, now: datetime | None = None
) -> PackageProgress:
    """Keep what a part of a lesson's package says of this learner; once all parts are through, the lesson is done.

    That is all that a package can do. What is done stays done; time counts once for each session, and never more than passed.
    Refused: `not-here` (no such part), `wrong-value`, `too-much`.
    """
    now = now or timezone.now()
    package = lesson.package
    if package is None or item not in {one["identifier"] for one in package.items}:
        raise Refused(Refusal("not-here", _("This lesson has another package by now. Open the page again.")))
    refuse_if(why_not_keep(package.version, values))
    key = {"learner_id": by.pk, "lesson": lesson, "package": package, "item": item}
    PackageProgress.objects.get_or_create(**key, defaults={"updated_at": now})
    row = PackageProgress.objects.select_for_update().get(**key)
    row.values = {name: value for name, value in values.items() if not name.endswith("session_time")}
    row.completion, row.success = status_of(package.version, values)
    row.score, row.updated_at = score_of(package.version, values)[:20], now
    row.is_done = row.is_done or is_done(package.version, values)
    row.save()
    _count_time(row, session, session_seconds(package.version, values), now)
    rows = PackageProgress.objects.filter(learner_id=by.pk, lesson=lesson, package=package, is_done=True)
    if all_done(package.items, set(rows.values_list("item", flat=True))):
        mark_lesson_done(lesson=lesson, by=by)
    return row


def _count_time(row: PackageProgress, session: UUID, seconds: int, now: datetime) -> None:
    """The longest that this session said, as far as that much time has passed."""
    began, _is_new = PackageSession.objects.get_or_create(progress=row, key=session, defaults={"began_at": now})
    passed = int((now - began.began_at).total_seconds()) + SLACK
    began.seconds = max(began.seconds, min(seconds, passed, 86_400))
    began.save(update_fields=["seconds"])


def forget_values(*, learner: Person) -> int:
    """Blank what packages kept of a learner's answers; that they went through stays."""
    return PackageProgress.objects.filter(learner_id=learner.pk).update(values={})


def states_of(lesson: Lesson, learner: Person) -> dict[str, Any]:
    """What each part is told when it opens, by its identifier. Two queries."""
    package = lesson.package
    if package is None:
        return {}
    rows = PackageProgress.objects.filter(learner_id=learner.pk, lesson=lesson, package=package)
    known = {row.item: row for row in rows.annotate(seconds=Sum("sessions__seconds"))}
    found = {}
    for item in package.items:
        row = known.get(item["identifier"])
        total = time_in_words(package.version, (getattr(row, "seconds", 0) or 0) if row else 0)
        found[item["identifier"]] = {
            "values": row.values if row else {},
            "is_done": bool(row and row.is_done),
            "given": _given(package.version, item, learner, total, row is not None),
        }
    return found


def _given(version: str, item: Mapping[str, Any], learner: Person, total: str, begun: bool) -> dict[str, str]:
    """What the standard has us say; the learner is a number, never a name or an address: packages are strangers."""
    name, entry = _("Learner"), "resume" if begun else "ab-initio"
    if version == "1.2":
        core = {"student_id": f"p{learner.pk}", "student_name": name, "credit": "credit", "entry": entry}
        core |= {"total_time": total, "lesson_mode": "normal"}
        if not begun:
            core["lesson_status"] = "not attempted"
        given = {f"cmi.core.{key}": value for key, value in core.items()}
        return given | {"cmi.launch_data": item["launch_data"], "cmi.student_data.mastery_score": item["mastery"]}
    given = {"learner_id": f"p{learner.pk}", "learner_name": name, "credit": "credit", "entry": entry}
    given |= {"total_time": total, "mode": "normal", "launch_data": item["launch_data"]}
    given |= {} if begun else {"completion_status": "unknown", "success_status": "unknown"}
    return {f"cmi.{key}": value for key, value in given.items()}
