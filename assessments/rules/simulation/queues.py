"""The model's queue: what waits, and what a free grader is given. The order is that of production.

Past or near their promised date first, then second and third readings, then first ones; within a class by promised date
and a shuffle. A further reading belongs to the graders it is offered to for 24 hours, then to anyone who did not read it.
"""

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass

OFFER_HOURS = 24.0
NEAR_PROMISE_HOURS = 24.0
PROMISED, FURTHER, FIRST = 2, 3, 4


@dataclass(slots=True, eq=False)
class Task:
    """One wanted reading. `readers` have read the work already; `offered` alone may take it before it is opened to all."""

    submission: int
    number: int
    due: float
    shuffle: float
    readers: tuple[int, ...] = ()
    offered: tuple[int, ...] = ()
    is_taken: bool = False

    def place(self, now: float) -> tuple[int, float, float]:
        """Where it stands in the queue now: the least is drawn first."""
        usual = FURTHER if self.number else FIRST
        return (PROMISED if self.due - now <= NEAR_PROMISE_HOURS else usual, self.due, self.shuffle)


Entry = tuple[float, float, int, Task]


class Queue:
    """Waiting work. First readings wait in the order of hand-in, by first grader; further ones in a heap for each grader they
    are offered to, and from `open_to_all` on in one for everybody.
    """

    def __init__(self) -> None:
        self.firsts: dict[int, deque[Task]] = defaultdict(deque)
        self.offers: dict[int, list[Entry]] = defaultdict(list)
        self.common: list[Entry] = []

    def add_first(self, task: Task, grader: int) -> None:
        """Work that was handed in, for one grader; -1 is anyone."""
        self.firsts[grader].append(task)

    def add_further(self, task: Task) -> None:
        """A further reading, offered to some or open to all."""
        for grader in task.offered:
            heapq.heappush(self.offers[grader], (task.due, task.shuffle, task.number, task))
        if not task.offered:
            self.open_to_all(task)

    def open_to_all(self, task: Task) -> None:
        """What nobody of those it was offered to took."""
        if not task.is_taken:
            heapq.heappush(self.common, (task.due, task.shuffle, task.number, task))

    def take(self, grader: int, now: float) -> Task | None:
        """The next work for a free grader; None when nothing waits for them."""
        own, first = self._offered(grader), self._first(grader)
        common, passed = self._common(grader)
        task = min((one for one in (own, common, first) if one), key=lambda one: one.place(now), default=None)
        for entry in passed:
            heapq.heappush(self.common, entry)
        if task is None:
            return None
        task.is_taken = True
        if task is first:
            for whose in (-1, grader):
                if self.firsts[whose] and self.firsts[whose][0] is task:
                    self.firsts[whose].popleft()
        return task

    def _first(self, grader: int) -> Task | None:
        heads = [self.firsts[whose][0] for whose in (-1, grader) if self.firsts[whose]]
        return min(heads, key=lambda one: one.due, default=None)

    def _offered(self, grader: int) -> Task | None:
        heap = self.offers[grader]
        while heap and heap[0][-1].is_taken:
            heapq.heappop(heap)
        return heap[0][-1] if heap else None

    def _common(self, grader: int) -> tuple[Task | None, list[Entry]]:
        """The first open work that this grader did not read, and the entries that were lifted to find it."""
        passed = []
        while self.common:
            entry = self.common[0]
            if entry[-1].is_taken:
                heapq.heappop(self.common)
            elif grader in entry[-1].readers:
                passed.append(heapq.heappop(self.common))
            else:
                return entry[-1], passed
        return None, passed
