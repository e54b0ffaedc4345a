"""What the learners of the bench did before it begins, as one INSERT … SELECT for each table.

`n` is a learner's number; what they did follows from it, so that every run meets the same data.
"""

from collections.abc import Mapping
from typing import Any

from accreditation.management.bench.rows import PEOPLE, insert
from accreditation.models import Accreditation, Enrolment, Evidence, Notice
from assessments.models import ReviewTask, Submission, SubmissionEvent, SubmissionVersion
from courses.models import CourseCompletion, LessonDone

Params = Mapping[str, Any]
# What is put together here are constants of this file; values go in as parameters.
LEARNERS = f"(SELECT person.id, person.place - 1 + %(first)s AS n FROM {PEOPLE}) learner"  # noqa: S608
MONTH_AGO = "now() - interval '30 days'"
NOTICES = 8


def write_learning(params: Params) -> None:
    """Three enrolments each; a quarter of the courses done, another quarter begun; evidence of the done ones."""
    columns = {
        "learner_id": "learner.id",
        "program_id": "program.id",
        "due_on": "CASE WHEN learner.n %% 2 = 0 THEN current_date + 60 END",
        "enrolled_at": MONTH_AGO,
    }
    insert(
        Enrolment,
        columns,
        f"{LEARNERS} JOIN accreditation_program program ON (learner.n + program.id) %% 5 < 3",
        params,
    )
    lessons = "courses_lesson lesson ON (learner.n + lesson.course_id) %% 4 = 0"
    begun = "OR (learner.n + lesson.course_id) %% 4 = 1 AND lesson.position %% 2 = 0"
    columns = {"learner_id": "learner.id", "lesson_id": "lesson.id", "done_at": MONTH_AGO}
    insert(LessonDone, columns, f"{LEARNERS} JOIN {lessons} {begun}", params)
    columns = {"learner_id": "learner.id", "course_id": "course.id", "completed_at": MONTH_AGO}
    source = f"{LEARNERS} JOIN courses_course course ON (learner.n + course.id) %% 4 = 0"
    insert(CourseCompletion, columns, source, params)
    columns = {
        "learner_id": "done.learner_id",
        "course_id": "done.course_id",
        "kind": "'course'",
        "source": "'courses.coursecompletion:' || done.id",
    }
    done = f"courses_coursecompletion done JOIN {PEOPLE} ON person.id = done.learner_id"
    insert(Evidence, columns | EVIDENCE | {"performed_on": "done.completed_at::date"}, done, params)


EVIDENCE = {"recorded_at": "now()", "supervision": "''", "reason": "''"}


def write_exam_evidence(params: Params) -> None:
    """Every passed sitting is evidence."""
    columns = {
        "learner_id": "attempt.learner_id",
        "exam_id": "attempt.exam_id",
        "kind": "'exam'",
        "source": "'assessments.attempt:' || attempt.id",
        "performed_on": "attempt.closed_at::date",
        "score": "run.score",
        "maximum": "run.max_score",
    }
    source = f"""assessments_attempt attempt JOIN assessments_scoringrun run ON run.id = attempt.current_run_id
        JOIN {PEOPLE} ON person.id = attempt.learner_id WHERE run.passed"""
    insert(Evidence, columns | EVIDENCE, source, params)


def write_standing(params: Params) -> None:
    """A row for each enrolment: accredited where the one course that a program asks for is done, else in progress."""
    is_held = "done.id IS NOT NULL"
    columns = {
        "learner_id": "enrolment.learner_id",
        "program_id": "enrolment.program_id",
        "version_id": "program.current_version_id",
        "state": f"CASE WHEN {is_held} THEN 'accredited' ELSE 'in_progress' END",
        "completed_on": f"CASE WHEN {is_held} THEN done.completed_at::date END",
        "valid_until": f"CASE WHEN {is_held} THEN (done.completed_at + interval '12 months')::date END",
        "computed_at": "now()",
    }
    source = f"""accreditation_enrolment enrolment JOIN {PEOPLE} ON person.id = enrolment.learner_id
        JOIN accreditation_program program ON program.id = enrolment.program_id
        LEFT JOIN courses_coursecompletion done ON done.learner_id = enrolment.learner_id
            AND program.slug = %(one_course)s
            AND done.course_id = (SELECT id FROM courses_course WHERE slug = %(one_course)s)"""  # noqa: S608
    insert(Accreditation, columns, source, params)


def write_notices(params: Params) -> None:
    """So many notices each, every other one read."""
    columns = {
        "recipient_id": "learner.id",
        "kind": "'due_date'",
        "key": "'bench:' || number",
        "title": "'A due date comes near'",
        "text": "'One of your programs is due soon.'",
        "link": "'/'",
        "link_text": "'Home'",
        "created_at": "now() - number * interval '1 day'",
        "read_at": "CASE WHEN number %% 2 = 0 THEN now() END",
        "mail_state": "'none'",
        "mail_attempts": "0",
        "mail_problem": "''",
    }
    insert(Notice, columns, f"{LEARNERS} CROSS JOIN generate_series(1, {NOTICES}) number", params)


def write_waiting_work(params: Params) -> None:
    """The first `tasks` learners have handed in notes that wait for a grader."""
    receipt = "substr(md5(learner.id::text), 1, 4) || '-' || substr(md5(learner.id::text), 5, 4)"
    columns = {
        "id": "gen_random_uuid()",
        "practical_id": "practical.id",
        "rubric_version_id": "practical.rubric_version_id",
        "learner_id": "learner.id",
        "number": "1",
        "state": "'submitted'",
        "notes": "repeat('What was heard, and what I would have asked. ', 40)",
        "worksheet": "'{}'",
        "self_assessment": "'{}'",
        "revision": "1",
        "opened_at": MONTH_AGO,
        "submitted_at": "now() - (learner.n %% 97) * interval '1 hour'",
        "promised_at": "now() + interval '5 days' - (learner.n %% 97) * interval '1 hour'",
        "receipt": receipt,
    }
    practical = "assessments_practical practical ON practical.slug = %(practical)s"
    insert(Submission, columns, f"{LEARNERS} JOIN {practical} WHERE learner.n < %(tasks)s", params)
    handed_in = f"assessments_submission submission JOIN {PEOPLE} ON person.id = submission.learner_id"
    own = {"submission_id": "submission.id"}
    version = {"number": "1", "notes": "submission.notes", "handed_in_at": "submission.submitted_at"}
    proof = {
        "worksheet": "'{}'",
        "worksheet_fields": "'[]'",
        "self_assessment": "'[]'",
        "links": "'[]'",
        "disclosures": "'[]'",
        "receipt": "submission.receipt",
    }
    insert(SubmissionVersion, own | version | proof, handed_in, params)
    event = {"happened_at": "submission.submitted_at", "old": "'draft'", "new": "'submitted'", "reason": "''"}
    insert(SubmissionEvent, own | event | {"by_id": "submission.learner_id"}, handed_in, params)
    columns = own | {
        "id": "gen_random_uuid()",
        "submission_version_id": "version.id",
        "kind": "'first'",
        "state": "'waiting'",
        "priority_class": "4",
        "due_at": "submission.promised_at",
        "shuffle": "(random() * 1000000)::int",
        "created_at": "submission.submitted_at",
    }
    handed_in += " JOIN assessments_submissionversion version ON version.submission_id = submission.id"
    insert(ReviewTask, columns, handed_in, params)
