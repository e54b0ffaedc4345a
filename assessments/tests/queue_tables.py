"""A long queue for tests: many waiting first readings, written by the database itself."""

from django.db import connection

FILL = """
WITH people AS (
    INSERT INTO accreditation_user
        (password, is_superuser, email, name, time_zone, language, is_active, is_staff, date_joined)
    SELECT '!', false, 'waiting' || n || '@example.com', 'Waiting', 'UTC', 'en', true, false, now()
    FROM generate_series(1, %s) n RETURNING id
),
tries AS (
    INSERT INTO assessments_submission (id, practical_id, learner_id, number, brief_id, rubric_version_id, state, notes,
        worksheet, self_assessment, revision, opened_at, submitted_at, promised_at, receipt)
    SELECT gen_random_uuid(), model.practical_id, people.id, 1, model.brief_id, model.rubric_version_id, 'submitted', '',
        '{}', '{}', 0, now(), now(), now() + interval '5 days', 'x'
    FROM people, (SELECT * FROM assessments_submission LIMIT 1) model RETURNING id
),
versions AS (
    INSERT INTO assessments_submissionversion (submission_id, number, notes, worksheet, worksheet_fields, self_assessment,
        links, disclosures, handed_in_at, receipt)
    SELECT id, 1, '', '{}', '[]', '[]', '[]', '[]', now(), 'x' FROM tries RETURNING id, submission_id
)
INSERT INTO assessments_reviewtask (id, submission_id, submission_version_id, kind, state, priority_class, due_at, shuffle,
    created_at, asked_because)
SELECT gen_random_uuid(), submission_id, id, 'first', 'waiting', 4, now() + random() * interval '100 hours',
    (random() * 2000000000)::int, now(), 'handed_in'
FROM versions
"""


def fill_queue(number):
    """So many waiting tasks beside the first submission, of whose practical and brief they are."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [number])
        cursor.execute("ANALYZE")
