"""Statements of every page with few and with many learners: none may make more because there are more rows."""

import gzip
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urljoin

from django.contrib import admin
from django.urls import reverse

from accreditation.management.bench import data
from accreditation.management.bench.client import Connection, Request, WrongAnswer
from accreditation.management.bench.report import as_table
from accreditation.models import Program
from courses.models import LearningPath

STATIC = re.compile(rb'(?:href|src)="(/static/[^"#?]+)"')
NAMED_IN_CSS = re.compile(rb"""(?:url\(|@import )["']?([^"')]+)["']?""")


@dataclass(frozen=True, slots=True)
class Page:
    """A page and whose: an own path for each kind of person."""

    who: str
    path: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page cost."""

    statements: int
    ms: float
    gzip_bytes: int


def pages() -> list[Page]:
    """One page of every kind that shows rows, and every list of the administration."""
    slugs = [reverse("program", args=[one.slug]) for one in Program.objects.all()]
    slugs += [one.get_absolute_url() for one in LearningPath.objects.all()]
    learner = ["/", reverse("programs"), reverse("notices"), reverse("profile"), *slugs]
    learner += [reverse("courses:course", args=[data.ONE_COURSE]), reverse("assessments:exam", args=[data.EXAM])]
    learner += [reverse("assessments:practical", args=[data.PRACTICAL])]
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
    ]
    return [
        *(Page("learner", path) for path in learner),
        Page("manager", reverse("team")),
        Page("partner", reverse("organisation", args=["bench-0"])),
        Page("grader", reverse("assessments:grading")),
        *(Page("staff", path) for path in [reverse("admin:index"), *sorted(lists)]),
    ]


def look(port: int) -> dict[Page, Seen]:
    """Ask for every page twice and keep what the second cost: the first fills caches that live as long as a worker."""
    sessions = {
        who: data.sign_in(data.people(who)[:1])[0] for who in ("learner", "manager", "partner", "grader", "staff")
    }
    connection, found = Connection(port), {}
    for page in pages():
        request = Request(page.path, sessions[page.who])
        for _ in range(2):
            answer = connection.send(request)
        if answer.status != 200:
            raise WrongAnswer(f"{page.path} answered {answer.status} to the {page.who}.")
        found[page] = Seen(answer.statements, answer.seconds * 1000, len(gzip.compress(answer.body, 6)))
    connection.close()
    return found


def grown(few: dict[Page, Seen], many: dict[Page, Seen]) -> list[Page]:
    """Pages that make more statements with many learners than with few."""
    return [page for page, seen in many.items() if seen.statements > few[page].statements]


def table(counts: Sequence[str], few: dict[Page, Seen], many: dict[Page, Seen]) -> str:
    """Statements and milliseconds of each page, with few and with many learners."""
    headings = ["page", "who", *(f"{word}, {count}" for word in ("st.", "ms") for count in counts), "gzip B"]
    lines = [
        [
            page.path,
            page.who,
            str(few[page].statements),
            str(seen.statements),
            f"{few[page].ms:.0f}",
            f"{seen.ms:.0f}",
            str(seen.gzip_bytes),
        ]
        for page, seen in many.items()
    ]
    return as_table(headings, lines)


def cold_assets(port: int) -> int:
    """Bytes that a first visit to the home page loads beside the page: styles, scripts, pictures, and what styles name.

    As sent with gzip. Fonts and pictures count even where no element of the page uses them.
    """
    connection, [session] = Connection(port), data.sign_in(data.people("learner")[:1])
    waiting, seen, total = STATIC.findall(connection.send(Request("/", session)).body), set(), 0
    while waiting:
        path = waiting.pop().decode()
        if path in seen:
            continue
        seen.add(path)
        answer = connection.send(Request(path))
        if answer.status != 200:
            raise WrongAnswer(f"{path} answered {answer.status}.")
        total += len(gzip.compress(answer.body, 6)) if path.endswith((".css", ".js", ".svg")) else len(answer.body)
        if path.endswith(".css"):
            named = [one for one in NAMED_IN_CSS.findall(answer.body) if not one.startswith((b"data:", b"#"))]
            waiting += [urljoin(path, one.decode()).partition("#")[0].encode() for one in named]
    connection.close()
    return total


def as_json(few: dict[Page, Seen], many: dict[Page, Seen]) -> list[dict[str, object]]:
    """The pages for machines."""
    return [asdict(page) | {"few": asdict(few[page]), "many": asdict(seen)} for page, seen in many.items()]
