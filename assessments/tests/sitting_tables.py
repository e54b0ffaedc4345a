"""Many scored sittings at once, straight into the tables: for figures and for speed."""

from contextlib import contextmanager

import numpy as np
from django.db import connection

from assessments.tests.factories_exams import ExamFactory

INSERT = """
CREATE TEMPORARY TABLE one ON COMMIT DROP AS
    SELECT n AS person, gen_random_uuid() AS id, nextval('assessments_scoringrun_id_seq') AS run,
           %(start)s::timestamptz - n * interval '1 second' AS started FROM generate_series(0, %(persons)s - 1) n;
CREATE TEMPORARY TABLE mark ON COMMIT DROP AS
    SELECT (place - 1) / %(items)s AS person, (place - 1) %% %(items)s AS item, value AS mark,
           nextval('assessments_attemptitem_id_seq') AS id, nextval('assessments_responseevent_id_seq') AS event
    FROM unnest(%(marks)s::int[]) WITH ORDINALITY AS m (value, place) WHERE value >= 0;
CREATE INDEX ON one (person); CREATE INDEX ON mark (person); ANALYZE one; ANALYZE mark;
INSERT INTO assessments_attempt (id, learner_id, exam_id, exam_version_id, number, state, scored, started_at, deadline_at,
        closed_at, close_reason, policy_snapshot, seed, writer_client, writer_epoch, submission_id, answers_hash, current_run_id)
    SELECT id, 1000000 + %(shift)s + person, %(exam)s, %(version)s, %(number)s, 'graded', true, started,
           started + interval '1 hour', started + interval '30 minutes', 'candidate', '{}', repeat('0', 64), '', 1, '', '', run
    FROM one;
INSERT INTO assessments_scoringrun (id, attempt_id, score, max_score, passed, reason, made_at)
    SELECT run, one.id, sum(mark), count(*), sum(mark) * 100 >= 80 * count(*), 'closed', started
    FROM one JOIN mark USING (person) GROUP BY run, one.id, started;
INSERT INTO assessments_attemptitem (id, attempt_id, position, question_id, version_id, option_order, option_tokens, max_mark,
        current_event_id, voided)
    SELECT mark.id, one.id, item + 1, (%(questions)s::bigint[])[item + 1], (%(versions)s::bigint[])[item + 1], '{}', '{}', 1,
           event, false FROM mark JOIN one USING (person);
INSERT INTO assessments_responseevent (id, item_id, client_id, seq, value, answered, flagged, digest, received_at, disposition)
    SELECT event, id, 'tab', 1,
           jsonb_build_array(CASE WHEN mark = 1 THEN (%(right)s::bigint[])[item + 1] ELSE (%(wrong)s::bigint[])[item + 1] END),
           true, false, '', %(start)s, 'chain' FROM mark;
INSERT INTO assessments_itemscore (run_id, item_id, mark, max_mark)
    SELECT run, mark.id, mark, 1 FROM mark JOIN one USING (person);
DROP TABLE one, mark;
ANALYZE assessments_attempt, assessments_attemptitem, assessments_itemscore, assessments_responseevent;
"""


@contextmanager
def without_triggers():
    """Foreign keys and triggers are off inside: these sittings were never drawn or answered, and nobody had them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = origin")


def sat_by(marks, *, start, exam=None, number=1, shift=0):
    """An exam with as many questions as the table has columns, and a scored sitting for each row; -1 wasn't drawn.

    A right answer chose the first option, a wrong one the second. `shift` tells people of several calls apart.
    """
    marks = np.asarray(marks, dtype=int)
    persons, items = marks.shape
    exam = exam or ExamFactory(published__questions=items, published__draw=items)
    questions = list(exam.bank.questions.order_by("pk").select_related("current_version"))[:items]
    options = [list(one.current_version.options.order_by("position")) for one in questions]
    with without_triggers() as cursor:
        cursor.execute(
            INSERT,
            {
                "start": start, "persons": persons, "items": items, "marks": marks.ravel().tolist(), "exam": exam.pk,
                "version": exam.current_version_id, "number": number, "shift": shift,
                "questions": [one.pk for one in questions], "versions": [one.current_version_id for one in questions],
                "right": [one[0].pk for one in options], "wrong": [one[1].pk for one in options],
            },
        )  # fmt: skip
    return exam
