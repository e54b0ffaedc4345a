"""What the first page of the administration shows of the kept figures, each with the list behind it.

Reads what was computed, and computes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accreditation.models import Program
from accreditation.rules.funnels import DIMENSIONS, NOTHING, STEPS, month_of, two_times_thirty
from accreditation.rules.kept_figures import Kept, kept_for
from accreditation.rules.work_figures import FEWEST, moment
from accreditation.views.figure_charts import change, columns, percent

FOLLOW = ("learning", "passed", "handed_in", "accredited")
"""Steps that come after another one; the largest loss is told of these."""


def home_of(request: HttpRequest) -> dict[str, Any]:
    """The figures that this person may read; empty for who may read none. One query, another one on an empty portal."""
    now = timezone.now()
    kept = kept_for(request.user, now)
    if not kept:
        return {}
    shown: dict[str, Any] = {"kept": kept, "ages": _ages(kept), "fewest": FEWEST}
    makers = {"funnel": _funnel, "ends": _ends, "queue": _queue, "exams": _exams, "practicals": _practicals}
    for name, maker in makers.items():
        if name in kept and kept[name].figures is not None:
            shown[name] = maker(kept[name], request)
    shown["looks"] = _looks(kept)
    shown["is_new"] = "funnel" in kept and "funnel" not in shown and not _has_programs()
    shown["is_new"] = shown["is_new"] or ("funnel" in shown and shown["funnel"]["is_new"] and not _has_programs())
    return shown


def _has_programs() -> bool:
    return Program.objects.exclude(current_version=None).exists()


def _ages(kept: Mapping[str, Kept]) -> dict[str, Any]:
    """How old the oldest of these figures is, and whether any is missing, out of date or on its way."""
    moments = [one.computed_at for one in kept.values() if one.computed_at]
    return {
        "oldest": min(moments, default=None),
        "seconds": sum(one.seconds or 0 for one in kept.values()),
        "missing": [one.title for one in kept.values() if one.figures is None],
        "stale": [one.title for one in kept.values() if one.is_stale],
        "is_due": any(one.is_due for one in kept.values()),
        "failed": [one.title for one in kept.values() if one.problem],
    }


def _list(name: str, **query: Any) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(query)}"


def _report(slug: str, **query: Any) -> str:
    return f"{reverse('program-report', args=[slug])}?{urlencode(query)}"


def _funnel(kept: Kept, request: HttpRequest) -> dict[str, Any]:
    """One program's funnel: the chosen one, or that with most people."""
    programs = (kept.figures or {})["programs"]
    found: dict[str, Any] = {"programs": [(one["slug"], one["title"]) for one in programs]}
    found["is_new"] = not programs and not (kept.figures or {})["without_people"]
    if not programs:
        return found
    asked = request.GET.get("program", "")
    chosen = next((one for one in programs if one["slug"] == asked), programs[0])
    steps = _steps(chosen)
    sentence = "; ".join(f"{one['label']}: {one['count']}" for one in steps)
    days = two_times_thirty(kept.computed_at or timezone.now())
    return found | {
        "slug": chosen["slug"],
        "title": chosen["title"],
        "steps": steps,
        "sentence": sentence,
        "by": [_dimension(name, chosen) for name in DIMENSIONS if chosen["by"][name]],
        "enrolled": change(*chosen["enrolled"]) | _between(chosen["slug"], "enrolled", days),
        "accredited": change(*chosen["accredited"]) | _between(chosen["slug"], "accredited", days),
    }


def _between(slug: str, field: str, days: Sequence[tuple[date, date]]) -> dict[str, str]:
    """The lists of the last 30 days and of the 30 before."""
    links = [_report(slug, step="enrolled", **{f"{field}_from": first, f"{field}_until": last}) for first, last in days]
    return {"link": links[0], "link_before": links[1]}


def _steps(chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    whole, rows = chosen["total"][0], []
    for step, count in zip(chosen["steps"], chosen["total"], strict=True):
        share = 100 * count / whole if whole else 0
        link = _report(chosen["slug"], step=step)
        rows.append({"step": step, "label": STEPS[step], "count": count, "percent": percent(count, whole),
                     "width": f"{min(share, 100):.1f}", "link": link})  # fmt: skip
    losses = [(before["count"] - after["count"], after) for before, after in pairwise(rows) if after["step"] in FOLLOW]
    lost, row = max(losses, key=lambda one: one[0], default=(0, {}))
    if lost > 0:
        row["lost"] = ngettext(
            "%(n)s person fewer than at the step before: the largest gap.",
            "%(n)s people fewer than at the step before: the largest gap.",
            lost,
        ) % {"n": lost}
    return rows


def _dimension(name: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    rows = []
    for value, label, *counts in chosen["by"][name]:
        where = _where(name, value)
        cells = [
            {"count": count, "label": STEPS[step], "link": _report(chosen["slug"], step=step, **where)}
            for step, count in zip(chosen["steps"], counts, strict=True)
        ]
        rows.append({"label": _label(name, value, label), "cells": cells})
    return {"name": name, "title": DIMENSIONS[name], "rows": rows, "heads": [STEPS[one] for one in chosen["steps"]]}


def _where(name: str, value: str) -> dict[str, Any]:
    if name != "month":
        return {name: value}
    days = month_of(value)
    return {"enrolled_from": days[0], "enrolled_until": days[1]} if days else {}


def _label(name: str, value: str, label: str) -> str:
    if name == "month":
        days = month_of(value)
        return date_format(days[0], "YEAR_MONTH_FORMAT") if days else value
    nobody = {"role": _("No role"), "region": _("No region"), "company": _("The field’s own people")}
    return nobody[name] if value == NOTHING else label


def _ends(kept: Kept, request: HttpRequest) -> dict[str, Any]:
    """Accreditations by the week in which they end."""
    counts = []
    for first, last, count in (kept.figures or {})["weeks"]:
        link = _list(
            "accreditation_accreditation", state__in="accredited,fading", valid_until__gte=first, valid_until__lte=last,
            learner__is_active__exact=1,
        )  # fmt: skip
        begins = date.fromisoformat(first)
        words = _("%(first)s to %(last)s") % {
            "first": date_format(begins), "last": date_format(date.fromisoformat(last)),
        }  # fmt: skip
        counts.append((count, date_format(begins, "j M"), words, link))
    total = sum(one[0] for one in counts)
    sentence = _("Accreditations that end within 90 days, by week: %(counts)s.") % {
        "counts": ", ".join(str(one[0]) for one in counts)
    }
    return {"columns": columns(counts), "total": total, "sentence": sentence}


def _queue(kept: Kept, request: HttpRequest) -> dict[str, Any]:
    """Work by how long it has waited, the oldest, and promises that were kept."""
    figures = kept.figures or {}
    at = datetime.fromisoformat(figures["at"])
    counts = []
    for low, high, count in figures["ages"]:
        query = {"state__exact": "waiting"}
        if low:
            query["created_at__lte"] = (at - timedelta(days=low)).isoformat()
        if high:
            query["created_at__gt"] = (at - timedelta(days=high)).isoformat()
        label = f"{low}+" if high is None else f"{low}"
        words = _("from %(days)s days on") % {"days": low}
        if high is not None:
            words = _("%(low)s to %(high)s days") % {"low": low, "high": high}
        counts.append((count, label, words, _list("assessments_reviewtask", **query)))
    oldest = datetime.fromisoformat(figures["oldest"]) if figures["oldest"] else None
    sentence = _("Work that waits, by days of waiting: %(counts)s.") % {
        "counts": ", ".join(f"{words} {count}" for count, _label_, words, _link in counts)
    }
    days = two_times_thirty(at)
    return {
        "columns": columns(counts),
        "sentence": sentence,
        "waiting": figures["waiting"],
        "late": figures["late"],
        "late_link": _list("assessments_reviewtask", state__exact="waiting", due_at__lt=at.isoformat()),
        "waiting_link": _list("assessments_reviewtask", state__exact="waiting"),
        "oldest": at - oldest if oldest else None,
        "oldest_days": (at - oldest).days if oldest else 0,
        "oldest_hours": (at - oldest).seconds // 3600 if oldest else 0,
        "kept": [
            {"kept": kept_, "n": n, "percent": percent(kept_, n), "enough": n >= FEWEST,
             "link": _list("assessments_submission", state__exact="decided", promise="any", **_within("decided_at", *day)),
             "late_link": _list("assessments_submission", state__exact="decided", promise="broken",
                                **_within("decided_at", *day))}
            for (kept_, n), day in zip(figures["kept"], days, strict=True)
        ],
    }  # fmt: skip


def _within(field: str, first: date, last: date) -> dict[str, str]:
    return {f"{field}__gte": moment(first).isoformat(), f"{field}__lt": moment(last + timedelta(days=1)).isoformat()}


def _exams(kept: Kept, request: HttpRequest) -> list[dict[str, Any]]:
    base = {"number": 1, "scored__exact": 1, "state__exact": "graded"}
    return _rates(kept, "assessments_attempt", "exam", "closed_at", base)


def _practicals(kept: Kept, request: HttpRequest) -> list[dict[str, Any]]:
    return _rates(kept, "assessments_submission", "practical", "decided_at", {"number": 1, "state__exact": "decided"})


def _rates(kept: Kept, of: str, field: str, at: str, base: Mapping[str, Any]) -> list[dict[str, Any]]:
    """First tries with their interval drawn on a scale of 100, this 30 days beside the 30 before."""
    days, rows = two_times_thirty(kept.computed_at or timezone.now()), []
    for row in (kept.figures or {})["rows"]:
        shown = {"title": row["title"]}
        for name, (first, last) in zip(("now", "before"), days, strict=True):
            query = {**base, f"{field}__id__exact": row["pk"], **_within(at, first, last)}
            shown[name] = row[name] | {"link": _list(of, **query)}
            if row[name]["percent"] is not None:
                shown[name]["span"] = max(row[name]["high"] - row[name]["low"], 1)
        rows.append(shown | {"moved": _moved(row["now"], row["before"])})
    return rows


def _moved(now: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """In words whether two rates differ by more than chance: only where their intervals don't meet."""
    if now["percent"] is None or before["percent"] is None:
        return ""
    if now["low"] > before["high"]:
        return _("higher than before")
    return _("lower than before") if now["high"] < before["low"] else _("no clear change")


def _looks(kept: Mapping[str, Kept]) -> list[dict[str, Any]]:
    """What somebody should look at: a count, what it is, and its list. Nothing is left out for being none."""
    makers = {"questions": _look_questions, "criteria": _look_criteria, "gaps": _look_gaps, "content": _look_content,
              "appeals": _look_appeals, "imports": _look_imports, "mails": _look_mails}  # fmt: skip
    found = []
    for name, maker in makers.items():
        if name in kept and kept[name].figures is not None:
            found += [{"count": count, "words": words, "link": link} for count, words, link in maker(kept[name])]
    return found


Look = list[tuple[int, str, str]]


def _look_questions(kept: Kept) -> Look:
    n = sum(row[2] for row in (kept.figures or {})["rows"])
    words = ngettext("question with odd figures", "questions with odd figures", n)
    return [(n, words, reverse("figures-questions"))]


def _look_criteria(kept: Kept) -> Look:
    n = (kept.figures or {})["odd"]
    words = ngettext("criterion that tells hardly anybody apart", "criteria that tell hardly anybody apart", n)
    return [(n, words, reverse("figures-criteria"))]


def _look_gaps(kept: Kept) -> Look:
    n = (kept.figures or {})["with_gaps"]
    words = ngettext("competency with a gap in its content", "competencies with a gap in their content", n)
    return [(n, words, f"{reverse('coverage')}?only=gaps")]


def _look_content(kept: Kept) -> Look:
    figures = kept.figures or {}
    sources, assets = figures["sources"], figures["assets"]
    review = _list("courses_asset", state__exact="published", review_on__lt=figures["today"])
    return [
        (sources, ngettext("source to check", "sources to check", sources), _list("courses_source", check="due")),
        (assets, ngettext("library item past its review date", "library items past their review date", assets), review),
    ]


def _look_appeals(kept: Kept) -> Look:
    n = (kept.figures or {})["open"]
    words = ngettext("appeal without an answer", "appeals without an answer", n)
    return [(n, words, _list("assessments_appeal", answer__isempty=1))]


def _look_imports(kept: Kept) -> Look:
    waiting, failed = (kept.figures or {})["waiting"], (kept.figures or {})["failed"]
    wait = ngettext("import waits for a decision", "imports wait for a decision", waiting)
    fail = ngettext("import failed", "imports failed", failed)
    return [
        (waiting, wait, _list("assessments_questionimport", state__exact="parsed")),
        (failed, fail, _list("assessments_questionimport", state__exact="failed")),
    ]


def _look_mails(kept: Kept) -> Look:
    n = (kept.figures or {})["failed"]
    words = ngettext("mail was given up", "mails were given up", n)
    return [(n, words, _list("accreditation_notice", mail_state__exact="failed"))]
