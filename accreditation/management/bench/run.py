"""The run: servers, data, growth of statements, then every flow with every number of clients, round by round."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from accreditation.management.bench import data, growth, report
from accreditation.management.bench.client import Load
from accreditation.management.bench.flows import Flow, flows
from accreditation.management.bench.growth import Page, Seen
from accreditation.management.bench.report import Measurement, Row
from accreditation.management.bench.server import servers

WARM_UP_REQUESTS = 24
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many learners, how many clients at once, how long each measurement, how often."""

    learners: int
    clients: Sequence[int]
    seconds: float
    repeats: int

    @property
    def few(self) -> int:
        """The smaller number of learners, against which growth is judged."""
        return self.learners // 10

    @property
    def measurements(self) -> int:
        """How often each flow runs, its warming up included."""
        return len(self.clients) * self.repeats + 1


@dataclass(slots=True)
class Outcome:
    """Everything that was measured; `load` is how many processes waited to run, before and after."""

    plan: Plan
    load: list[float] = field(default_factory=list)
    few: dict[Page, Seen] = field(default_factory=dict)
    many: dict[Page, Seen] = field(default_factory=dict)
    cold_assets: int = 0
    flows: list[Flow] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def as_text(self) -> str:
        """The tables, and what they say of growth."""
        counts = f"{self.plan.few:,}", f"{self.plan.learners:,}"
        grown = growth.grown(self.few, self.many)
        verdict = f"Grown: {', '.join(page.path for page in grown)}" if grown else "No page makes more statements."
        parts = [
            report.table(self.rows, {one.name: one.goal for one in self.flows}),
            f"Load of the machine before and after: {' and '.join(f'{one:.1f}' for one in self.load)}.",
            f"Cold assets of the home page: {self.cold_assets / 1024:.0f} KB gzip (goal ≤ 150).",
            growth.table(counts, self.few, self.many),
            verdict,
        ]
        return "\n\n".join(parts)

    def as_json(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "flows": report.as_json(self.rows),
            "cold_assets": self.cold_assets,
            "load": self.load,
            "pages": growth.as_json(self.few, self.many),
        }


def run(plan: Plan, *, say: Say) -> Outcome:
    """Measure everything that the plan asks for. Whatever was started is stopped, however this ends."""
    outcome = Outcome(plan, [os.getloadavg()[0]])
    say("Servers and programs …")
    with servers() as running:
        call_command("migrate", "--noinput", verbosity=0)
        call_command("collectstatic", "--noinput", verbosity=0)
        files = sorted((settings.BASE_DIR / "accreditation" / "catalogue").glob("*.yaml"))
        call_command("load_program", *map(str, files), quiet=True)
        say(f"{plan.few:,} learners …")
        data.load_staff()
        data.load_learners(0, plan.few)
        port = running.serve()
        outcome.few = growth.look(port)
        say(f"{plan.learners:,} learners …")
        data.load_learners(plan.few, plan.learners)
        data.issue_credentials()
        _settle_tables()
        outcome.many, outcome.cold_assets = growth.look(port), growth.cold_assets(port)
        outcome.flows = flows(plan.measurements)
        outcome.rows = _measure(plan, port, outcome.flows, say)
        outcome.load.append(os.getloadavg()[0])
    return outcome


def _settle_tables() -> None:
    """Do what autovacuum would do in the middle of the measurements."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _measure(plan: Plan, port: int, measured: Sequence[Flow], say: Say) -> list[Row]:
    """Every flow beside the bare views in each round, so that a machine that gets busier is busier for all of them."""
    for flow in measured:
        _one(flow, port, clients=max(plan.clients), seconds=plan.seconds, at_most=WARM_UP_REQUESTS)
    seen: dict[tuple[str, int], list[Measurement]] = {}
    for number in range(plan.repeats):
        for clients in plan.clients:
            say(f"Round {number + 1} of {plan.repeats}, {clients} at once …")
            for flow in measured:
                found = _one(flow, port, clients=clients, seconds=plan.seconds, at_most=flow.at_most)
                seen.setdefault((flow.name, clients), []).append(found)
    return [
        report.row(flow, n, seen[flow.name, n], seen[flow.goal.base, n] if flow.goal else [])
        for flow in measured
        for n in plan.clients
    ]


def _one(flow: Flow, port: int, *, clients: int, seconds: float, at_most: int) -> Measurement:
    sample = Load(port, flow.requests, flow.expected).run(clients, seconds, min(at_most, flow.at_most))
    flow.settle(len(sample.seconds))
    return report.measured(sample)
