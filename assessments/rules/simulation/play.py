"""One run: a world, a policy, and the queue moved from event to event until everything is decided."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assessments.rules.allocation import Given
from assessments.rules.allocation.tables import Bools, Floats
from assessments.rules.decisions import outcome_of
from assessments.rules.simulation.calendars import Calendar
from assessments.rules.simulation.policies import WAIT, Policy, Seen
from assessments.rules.simulation.queues import OFFER_HOURS, Queue, Task
from assessments.rules.simulation.worlds import CRITERIA, DAY, HOURS_A_WEEK, SCALE, World


class Event(IntEnum):
    """What happens; at the same moment, in this order."""

    DONE = 1
    NIGHT = 2
    WEEK_END = 3
    ARRIVE = 4
    OPEN = 5
    FREE = 6


Whole = NDArray[np.int64]


@dataclass(slots=True)
class Outcome:
    """What one run gave, by submission: passed, decided at (hours), readings; and the hours each grader read."""

    passed: Bools
    decided_at: Floats
    readings: Whole
    hours: Floats


@dataclass(slots=True)
class Play:
    """The state of one run."""

    world: World
    policy: Policy
    rng: np.random.Generator
    calendar: Calendar = field(init=False)
    queue: Queue = field(default_factory=Queue)
    events: list[tuple[float, int, int, Any]] = field(default_factory=list)
    idle: set[int] = field(default_factory=set)
    waiting: dict[int, list[Given]] = field(default_factory=dict)
    given: list[list[Given]] = field(init=False)
    shuffle: list[float] = field(init=False)
    seen: Seen = field(init=False)
    outcome: Outcome = field(init=False)
    open_works: int = field(init=False)
    counter: int = 0

    def __post_init__(self) -> None:
        """Everything is empty, everybody is free, and the weeks are in the calendar."""
        count, team = self.world.options.submissions, self.world.options.everyone
        self.calendar = Calendar(self.world)
        self.given = [[] for _ in range(count)]
        self.shuffle = self.rng.random(count).tolist()
        self.seen = Seen(np.zeros((count, team), np.int8), np.zeros((count, team)), np.zeros((count, team)))
        self.outcome = Outcome(np.zeros(count, bool), np.zeros(count), np.zeros(count, int), np.zeros(team))
        self.open_works = count
        self.idle = set(range(team))
        for moment in sorted(set(self.world.arrives.tolist())):
            self.at(moment, Event.ARRIVE)
        self.at(DAY, Event.NIGHT)
        self.at(HOURS_A_WEEK, Event.WEEK_END)

    def at(self, moment: float, event: Event, what: Any = None) -> None:
        """Put an event into the calendar."""
        self.counter += 1
        heapq.heappush(self.events, (moment, event, self.counter, what))

    def run(self) -> Outcome:
        """Play until everything is decided."""
        deeds: dict[Event, Callable[[float, Any], None]] = {
            Event.DONE: self._done, Event.NIGHT: self._night, Event.WEEK_END: self._week_end,
            Event.ARRIVE: self._arrive, Event.OPEN: self._open, Event.FREE: self._free,
        }  # fmt: skip
        while self.open_works:
            now, event, _, what = heapq.heappop(self.events)
            deeds[Event(event)](now, what)
        return self.outcome

    def _arrive(self, now: float, _: Any) -> None:
        batch = np.flatnonzero(self.world.arrives == now).tolist()
        promise = now + self.world.options.promise_days * DAY
        for submission in sorted(batch, key=self.shuffle.__getitem__):
            task = Task(submission, 0, promise, self.shuffle[submission])
            self.queue.add_first(task, int(self.world.first[submission]))
        self._wake(now)

    def _wake(self, now: float) -> None:
        for grader in sorted(self.idle):
            self.at(now, Event.FREE, grader)
        self.idle.clear()

    def _free(self, now: float, grader: int) -> None:
        """Give a free grader the next work, now or when their duty begins."""
        start = self.calendar.next_on_duty(grader, now)
        if start > now:
            self.at(start, Event.FREE, grader)
            return
        task = self.queue.take(grader, now)
        if task is None:
            self.idle.add(grader)
            return
        hours = float(self.world.service[task.submission, task.number])
        self.outcome.hours[grader] += hours
        self.at(now + hours, Event.DONE, (grader, task, now))

    def _done(self, now: float, what: tuple[int, Task, float]) -> None:
        """A reading is sent: ask the policy, then decide, wait or ask for another."""
        grader, task, began = what
        self.at(now, Event.FREE, grader)
        self._note(task, grader, began)
        submission = task.submission
        given = self.given[submission]
        here = [one for one in range(self.world.options.everyone) if self.calendar.is_here(one, now)]
        wish = self.policy.after(submission, given, here, now)
        if wish is WAIT:
            self.waiting[submission] = given
        elif wish is not None and task.number < 2:
            self._ask(submission, wish.best, now, now + OFFER_HOURS)
        else:
            self._decide(submission, now)

    def _note(self, task: Task, grader: int, began: float) -> None:
        submission, seen = task.submission, self.seen
        total, points, spread = self._marked(submission, grader, began)
        given = self.given[submission]
        given.append(Given(grader, total))
        seen.order[submission, grader] = len(given)
        seen.points[submission, grader] = points
        seen.spreads[submission, grader] = spread
        if len(given) == 2:
            both = [self.world.marks_at(submission, one.grader, 0.0) for one in given]
            seen.pair_spreads.append(float(np.var(both[0] - both[1], ddof=1)))

    def _marked(self, submission: int, grader: int, began: float) -> tuple[int, float, float]:
        if not self.world.options.drift:
            total = int(self.world.totals[submission, grader])
            return total, total / CRITERIA, float(self.world.spreads[submission, grader])
        marks = self.world.marks_at(submission, grader, self.calendar.hours_worked(grader, began))
        return int(marks.sum()), float(marks.mean()), float(marks.var(ddof=1))

    def _ask(self, submission: int, graders: tuple[int, ...], now: float, open_at: float) -> None:
        given = self.given[submission]
        due = float(self.world.arrives[submission]) + self.world.options.promise_days * DAY
        readers = tuple(one.grader for one in given)
        task = Task(submission, len(given), due, self.shuffle[submission], readers, graders)
        self.queue.add_further(task)
        if graders and open_at < float("inf"):
            self.at(open_at, Event.OPEN, task)
        self._wake(now)

    def _open(self, now: float, task: Task) -> None:
        if not task.is_taken:
            self.queue.open_to_all(task)
            self._wake(now)

    def _night(self, now: float, _: Any) -> None:
        self.policy.night(self.seen, now)
        self.at(now + DAY, Event.NIGHT)

    def _week_end(self, now: float, _: Any) -> None:
        """Planned policies pick from what was read this week; the rest is decided."""
        chosen = self.policy.plan(self.waiting, self.seen) if self.waiting else {}
        for submission in self.waiting:
            if submission in chosen:
                self._ask(submission, chosen[submission], now, float("inf"))
            else:
                self._decide(submission, now)
        self.waiting = {}
        self.at(now + HOURS_A_WEEK, Event.WEEK_END)

    def _decide(self, submission: int, now: float) -> None:
        totals = [one.total for one in self.given[submission]]
        self.outcome.passed[submission] = outcome_of(totals, SCALE.pass_points).passed
        self.outcome.decided_at[submission] = now
        self.outcome.readings[submission] = len(totals)
        self.open_works -= 1


def played(world: World, policy: Policy, rng: np.random.Generator) -> Outcome:
    """The outcome of one world under one policy."""
    return Play(world, policy, rng).run()
