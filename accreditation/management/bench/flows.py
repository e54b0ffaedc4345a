"""What is measured: each flow's requests, what they must answer, and its goal."""

import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from accreditation.management.bench import data
from accreditation.management.bench.client import Expected, Request, WrongAnswer
from accreditation.testing.bench_views import B, S
from assessments.models import (
    Attempt,
    AttemptItem,
    AttemptState,
    EndOfLease,
    Lease,
    ResponseEvent,
    ReviewTask,
    TaskState,
)
from badges.models import Credential
from courses.lib.clock import database_now
from courses.models import Course

READERS = 200
TAB = "demo"  # the tab that made the template of all sittings, and so holds their pen
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a flow has to reach with `clients` at once: a share of a bare view's rate, and at most so many statements.

    `p95`: at most so many times the bare view's; `kilobytes`: of the answer after gzip. Source: spec of performance.
    """

    base: str
    ratio: float
    statements: int | None
    clients: int = 8
    p95: float | None = None
    kilobytes: int | None = None


def nothing(answered: int) -> None:
    """Most flows leave nothing to tidy up."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow: its endless or used-up requests. `settle` checks and tidies after each measurement, unmeasured."""

    name: str
    requests: Iterator[Request]
    expected: Expected
    goal: Goal | None = None
    at_most: int = 1_000_000
    settle: Callable[[int], None] = nothing


def expect(status: int, pattern: str) -> Expected:
    """An expectation from a status and a pattern somewhere in head or body."""
    return Expected(status, re.compile(pattern.encode()))


def flows(measurements: int) -> list[Flow]:
    """Every flow, the bare views first. Flows that use people up share them out over `measurements`."""
    readers = data.sign_in(data.people("learner")[:READERS])
    return [
        Flow("B", _cycle(B, readers), expect(200, "written")),
        Flow("S", itertools.repeat(Request(S, accept=JSON)), expect(200, '"slug"')),
        Flow("home", _cycle("/", readers), expect(200, "Learner"), Goal("B", 0.28, 10, kilobytes=15)),
        Flow("course page", _cycle(_course(), readers), expect(200, "Account Planning"), Goal("B", 0.5, 8)),
        _start(measurements),
        _save(),
        _submit(measurements),
        _claim(),
        *_credentials(),
    ]


def _cycle(path: str, sessions: list[str]) -> Iterator[Request]:
    return itertools.cycle([Request(path, session) for session in sessions])


def _course() -> str:
    return Course.objects.get(slug=data.ONE_COURSE).get_absolute_url()


def _start(measurements: int) -> Flow:
    """Each request is another learner's first start of an exam of 20 questions."""
    free = [pk for n, pk in enumerate(data.people("learner")) if not data.is_sitting(n)]
    path = reverse("assessments:start-attempt", args=[data.EXAM])
    requests = [Request(path, session, "POST") for session in data.sign_in(free)]
    answer = expect(302, r"Location: /attempts/[0-9a-f-]{36}/\r\n")
    goal = Goal("B", 0.4, 10)
    return Flow("exam start, 20 questions", iter(requests), answer, goal, len(requests) // measurements)


def _sittings() -> tuple[list[Attempt], list[Attempt]]:
    """Running sittings of learners: those that only save, every third, and those that are handed in.

    Of 10,000 learners a third sits the exam, so that more than 1,000 sittings save at once.
    """
    rows = Attempt.objects.filter(learner__in=data.people("learner"), exam__slug=data.EXAM, writer_client=TAB)
    running = list(rows.filter(state=AttemptState.IN_PROGRESS).order_by("learner_id"))
    return running[::3], [one for n, one in enumerate(running) if n % 3]


def _save() -> Flow:
    """One answer a request, each time another learner's, going round the questions and their options."""
    savers, _ = _sittings()
    sessions = data.sign_in([one.learner_id for one in savers])
    items = list(savers[0].items.order_by("position").values_list("position", "option_tokens"))
    feed = _saves(savers, sessions, items)
    goal, kept = Goal("B", 0.75, 5, p95=1.5), NothingLost(frozenset(one.pk for one in savers))
    return Flow("answer save", feed, expect(200, '"status": ?"stored"'), goal, settle=kept)


@dataclass(slots=True)
class NothingLost:
    """After each measurement: every answer that was acknowledged is there, once, and the newest of each item is current."""

    sittings: frozenset[uuid.UUID]
    acknowledged: int = 0

    def __call__(self, answered: int) -> None:
        """Count what was saved since the sittings were made."""
        self.acknowledged += answered
        items = AttemptItem.objects.filter(attempt__in=self.sittings)
        saved = ResponseEvent.objects.filter(item__in=items, seq__gt=1).count()
        newest = ResponseEvent.objects.filter(item=OuterRef("pk")).order_by("-seq").values("pk")[:1]
        stale = items.exclude(current_event=Subquery(newest)).filter(events__isnull=False).count()
        if saved != self.acknowledged or stale:
            raise WrongAnswer(
                f"{self.acknowledged} saves were acknowledged, {saved} are kept, {stale} items are stale."
            )


def _saves(savers: list[Attempt], sessions: list[str], items: list[tuple[int, list[str]]]) -> Iterator[Request]:
    paths = [reverse("assessments:attempt-responses", args=[one.pk]) for one in savers]
    for number in itertools.count(2):
        position, tokens = items[number % len(items)]
        answer = {"item": position, "seq": number, "value": [tokens[number // len(items) % len(tokens)]]}
        for path, session in zip(paths, sessions, strict=True):
            yield _post_json(path, session, {"client_id": TAB, "epoch": 1, "batch": [answer]})


def _post_json(path: str, session: str, body: dict[str, Any]) -> Request:
    return Request(path, session, "POST", json.dumps(body).encode(), JSON, JSON)


def _submit(measurements: int) -> Flow:
    """Each request hands in another learner's sitting, with the digests of all it holds, and has it scored."""
    _, sittings = _sittings()
    digests = [
        {"item": position, "digest": digest or ""}
        for position, digest in sittings[0].items.order_by("position").values_list("position", "current_event__digest")
    ]
    requests = [
        _post_json(
            reverse("assessments:attempt-submit", args=[one.pk]),
            session,
            {"client_id": TAB, "epoch": 1, "submission_id": str(uuid.uuid4()), "digests": digests},
        )
        for one, session in zip(sittings, data.sign_in([one.learner_id for one in sittings]), strict=True)
    ]
    answer, share = expect(200, '"state": ?"graded"'), len(requests) // measurements
    return Flow("submit and score 20", iter(requests), answer, Goal("B", 0.38, 14), share)


def _claim() -> Flow:
    """Each request is another grader's claim; after each measurement all of them lose what they took."""
    graders = data.sign_in(data.people("grader"))
    requests = [Request(reverse("assessments:grading-claim"), session, "POST") for session in graders]
    answer = expect(302, r"Location: /admin/grading/[0-9a-f-]{36}/\r\n")
    feed, goal = itertools.cycle(requests), Goal("B", 0.5, None, clients=16)
    most = min(len(requests), ReviewTask.objects.waiting().count()) // 2
    return Flow("queue claim", feed, answer, goal, most, _no_doubles)


@transaction.atomic
def _no_doubles(answered: int) -> None:
    """As many tasks are taken as claims were answered, each by one grader; then all leases end."""
    live = Lease.objects.live()
    taken = live.values("task").distinct().count()
    leased = ReviewTask.objects.filter(state=TaskState.LEASED).count()
    if not answered == live.count() == taken == leased:
        raise WrongAnswer(f"{answered} claims were answered, {taken} tasks leased, {live.count()} leases made.")
    live.update(released_at=database_now(), end=EndOfLease.EXPIRED)
    ReviewTask.objects.filter(state=TaskState.LEASED).update(state=TaskState.WAITING)


def _credentials() -> list[Flow]:
    live = list(Credential.objects.live().filter(expires_at__gt=timezone.now()).order_by("pk"))
    pages = itertools.cycle([Request(one.get_absolute_url()) for one in live])
    path = [reverse("badges:credential-json", args=[one.pk]) for one in live]
    documents = itertools.cycle([Request(one, accept=JSON) for one in path])
    return [
        Flow("credential page", pages, expect(200, "Valid today"), Goal("S", 0.4, 2)),
        Flow("credential JSON", documents, expect(200, "OpenBadgeCredential"), Goal("S", 0.7, 2)),
    ]
