"""Graders as the specification simulates them, some of them odd: what they gave, as `Readings` or in the tables."""

import uuid
from datetime import timedelta

import numpy as np
from django.db import connection

from assessments.models import (
    Lease,
    Mark,
    Recording,
    Review,
    ReviewTask,
    Submission,
    SubmissionVersion,
)
from assessments.rules.statistics.graders.readings import Readings
from assessments.tests.factories_practicals import PracticalFactory, make_grader
from assessments.tests.sitting_tables import without_triggers

RECORDED = 600
ODD = ("harsh", "lenient", "random", "same")


def world(seed, *, honest=12, odd=(), works=600, twice=0.5, severity=0.28, error=0.55, shift=1.5):
    """The base world of `spec/reviews.md`, `odd` graders last: harsh and lenient by `shift` a criterion.

    Every work has five criteria and one or two readings by graders drawn at random. Honest severities end at two standard
    deviations: who is further out is severe, drawn by chance or not.
    """
    generator = np.random.default_rng(seed)
    graders = honest + len(odd)
    kinds = [""] * honest + list(odd)
    severities = np.clip(generator.normal(0, severity, graders), -2 * severity, 2 * severity)
    severities -= severities.mean()
    for place, kind in enumerate(kinds):
        severities[place] = {"": severities[place], "harsh": shift, "lenient": -shift}.get(kind, 0.0)
    errors = error * generator.uniform(0.7, 1.3, graders)
    common = generator.uniform(0.35, 0.55, graders)
    rows = []
    for work in range(works):
        true = np.clip(generator.normal(3.75, 0.55) + generator.normal(0, 0.3, 5), 1, 5)
        for grader in generator.choice(graders, 1 + int(generator.random() < twice), replace=False):
            noise = common[grader] ** 0.5 * generator.normal() + (1 - common[grader]) ** 0.5 * generator.normal(0, 1, 5)
            honestly = np.clip(np.round(true - severities[grader] + errors[grader] * noise), 1, 5)
            marks = given(kinds[grader], honestly, generator)
            rows.append((work, int(grader), marks, pace_of(kinds[grader], generator)))
    return readings_of(rows, graders)


def given(kind, honestly, generator):
    """The marks of a grader of some kind, who would honestly give these."""
    if kind == "random":
        return generator.integers(1, 6, 5)
    if kind == "same":
        return np.full(5, 4)
    if kind == "straight":
        return np.full(5, round(float(honestly.mean())))
    return honestly


def pace_of(kind, generator):
    """Seconds for a recording of ten minutes: all of it at up to 1.5×, or hardly any of it."""
    if kind == "hasty":
        return RECORDED * generator.uniform(0.05, 0.5)
    return RECORDED * max(generator.lognormal(0.25, 0.25), 0.65)


def readings_of(rows, graders, **changed):
    """Readings from (work, grader, marks, seconds)."""
    marks = np.array([row[2] for row in rows], dtype=float).reshape(len(rows), 5)
    columns = {
        "graders": tuple(range(graders)),
        "work": np.array([row[0] for row in rows], dtype=np.int64),
        "grader": np.array([row[1] for row in rows], dtype=np.int64),
        "practical": np.zeros(len(rows), dtype=np.int64),
        "marks": marks,
        "passes": np.nansum(marks, axis=1) >= 18,
        "seconds": np.array([row[3] for row in rows], dtype=float),
        "length": np.full(len(rows), float(RECORDED)),
        "heard": np.full(len(rows), 100.0),
        "drawn": np.zeros(len(rows), dtype=bool),
    }
    return Readings(**columns | changed)


def store(readings, *, now, drawn=(), days=30, kind=None):
    """The same readings as decided work, straight into the tables; `drawn`: works with a random second reading;
    `kind`: that of all readings.

    Returns the graders, in the order of `readings.graders`.
    """
    practical = PracticalFactory()
    criteria = list(practical.rubric_version.criteria.order_by("position"))
    people = [make_grader() for _ in readings.graders]
    works = int(readings.work.max(initial=-1)) + 1
    start = now - timedelta(days=days)
    submissions = [
        Submission(
            practical=practical, learner_id=10_000_000 + work, number=1, rubric_version=practical.rubric_version,
            state="decided", opened_at=start, submitted_at=start, promised_at=start + timedelta(days=5),
            decided_at=start + timedelta(days=2 if work % 4 else 6), receipt=f"R{work}",
        )
        for work in range(works)
    ]  # fmt: skip
    versions = [
        SubmissionVersion(submission=one, number=1, handed_in_at=start, receipt=one.receipt) for one in submissions
    ]
    tasks, leases, reviews, marks, seen = [], [], [], [], set()
    for row, work in enumerate(readings.work):
        is_second = work in seen
        seen.add(work)
        because = ("monitor" if work in drawn else "value") if is_second else "handed_in"
        taken = start + timedelta(hours=1, minutes=row)
        sent = taken + timedelta(seconds=float(readings.seconds[row]))
        grader = people[readings.grader[row]]
        task = ReviewTask(
            id=uuid.uuid4(), submission=submissions[work], submission_version=versions[work], state="done", due_at=start,
            shuffle=row, created_at=start, asked_because=because, kind=kind or ("second" if is_second else "first"),
        )  # fmt: skip
        tasks.append(task)
        leases.append(Lease(task=task, grader=grader, taken_at=taken, seconds=2700, expires_at=sent + timedelta(hours=1),
                            released_at=sent, end="sent"))  # fmt: skip
        review = Review(task=task, submission_version=versions[work], grader=grader, kind=task.kind,
                        total=int(np.nansum(readings.marks[row])), sent_at=sent,
                        heard_percent=int(readings.heard[row]))  # fmt: skip
        reviews.append(review)
        points = readings.marks[row]
        marks += [Mark(review=review, criterion=one, points=int(p)) for one, p in zip(criteria, points, strict=True)]
    recordings = [
        Recording(
            id=uuid.uuid4(), submission=one, state="ready", state_since=start, created_at=start, original_name="x.mp4",
            size=1, duration_ms=RECORDED * 1000, sha256="0" * 64, play_path="x", poster_path="y", content_type="video/mp4",
        )
        for one in submissions
    ]  # fmt: skip
    with without_triggers():
        for rows in (submissions, versions, tasks, leases, reviews, marks, recordings):
            type(rows[0]).objects.bulk_create(rows)
        through = SubmissionVersion.recordings.through
        through.objects.bulk_create(
            through(submissionversion=version, recording=one) for version, one in zip(versions, recordings, strict=True)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE assessments_review, assessments_mark, assessments_lease, assessments_reviewtask")
    return people
