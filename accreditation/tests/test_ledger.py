"""The ledger says what the rows below say, and `rebuild_evidence` finds and mends every way in which it doesn't."""

import json
import uuid
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.actions.evidence import withdraw_evidence
from accreditation.actions.ledger import settle_differences, settle_fact
from accreditation.models import Evidence, Reassessment
from accreditation.rules.ledger import ATTEMPTS, COMPLETIONS, SOURCES, SUBMISSIONS, differences, row_of
from accreditation.tests.factories import EvidenceFactory, make_enablement, make_program
from assessments.actions.appeals import appeal
from assessments.actions.claims import claim_next
from assessments.models import Attempt, Brief, Decision, Practical, ScoringRun
from assessments.tests.factories_practicals import make_grader, make_lease, marks, pass_exam, send
from badges.tests.factories import make_credential
from badges.tests.test_revoking import revoke
from courses.models import AuditEvent, Product, UseCase, Vertical
from courses.tests.factories import CompletionFactory, CourseFactory, PersonaFactory, UseCaseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
GOOD, SHORT = marks(4, 4, 4, 3, 3), marks(4, 3, 3, 4, 3)


def proved_course():
    completion = CompletionFactory()
    settle_fact(source=COMPLETIONS, key=completion.pk)
    return Evidence.objects.get(source=f"courses.coursecompletion:{completion.pk}")


def proved_exam():
    attempt = pass_exam(make_person(), make_lease().task.submission.practical.exam)
    settle_fact(source=ATTEMPTS, key=attempt.pk)
    return Evidence.objects.get(source=f"assessments.attempt:{attempt.pk}")


def proved_practical():
    decision = send(make_lease(), GOOD)
    return Evidence.objects.get(source=f"assessments.submission:{decision.submission_id}")


def proved_revocation():
    credential = make_credential(achievement=make_program(badge=True).achievement)
    revoke(credential)
    return Evidence.objects.get(kind="revocation")


PROVED = (proved_course, proved_exam, proved_practical, proved_revocation)


def tamper(row, **values):
    """Change the ledger as nobody may: past its trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Evidence.objects.filter(pk=row.pk).update(**values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def tear_out(row):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM accreditation_evidence WHERE id = %s", [row.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


def found():
    return [(one.problem.value, one.source) for source in SOURCES for one in differences(source)]


def rebuild(*options):
    """The document that the command prints with `--json`, and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command("rebuild_evidence", "--json", *options, stdout=out)
    except SystemExit as end:
        code = end.code
    return json.loads(out.getvalue()), code


def standing_of(source):
    """What stands in the ledger of one row below."""
    return [
        row for row in Evidence.objects.filter(withdrawn_by=None).exclude(kind="withdrawal")
        if row.source.partition("#")[0] == source
    ]  # fmt: skip


@pytest.mark.parametrize("prove", PROVED)
def test_what_a_row_proves_is_what_the_ledger_says(prove):
    row = prove()

    assert row_of(row.source)[1]
    assert found() == []


@pytest.mark.parametrize("prove", PROVED)
def test_evidence_that_is_missing_is_found_and_appended(prove):
    row = prove()
    Reassessment.objects.all().delete()
    tear_out(row)

    assert rebuild("--check") == (rebuild("--check")[0], 1)
    assert found() == [("missing", row.source)]
    told, code = rebuild("--yes")

    assert (told["settled"], told["left"], code) == (1, 0, 0)
    again = Evidence.objects.get(source=row.source)
    for name in ("learner_id", "kind", "performed_on", "score", "maximum", "use_case_id", "persona_id", "program_id"):
        assert getattr(again, name) == getattr(row, name), name
    assert Reassessment.objects.filter(learner_id=row.learner_id, done_at=None).exists()


def make_vertical():
    return Vertical.objects.create(slug="education", name="Education")


WRONG = {
    "performed_on": lambda: date(2020, 2, 29),
    "learner_id": lambda: make_person().pk,
    "kind": lambda: "exam",
    "score": lambda: Decimal("0.5"),
    "maximum": lambda: Decimal(99),
    "use_case_id": lambda: UseCaseFactory().pk,
    "product_id": lambda: Product.objects.create(slug="p", name="P").pk,
    "persona_id": lambda: PersonaFactory().pk,
    "vertical_id": lambda: make_vertical().pk,
    "course_id": lambda: CourseFactory().pk,
    "practical_id": lambda: make_lease().task.submission.practical_id,
    "supervision": lambda: "alone",
    "is_complex": lambda: True,
    "valid_until": lambda: date(2090, 1, 1),
}


@pytest.mark.parametrize("column", WRONG)
def test_each_column_that_says_something_else_is_found_and_put_right(column):
    row = proved_practical()
    before, wrong = getattr(row, column), WRONG[column]()
    tamper(row, **{column: wrong})

    told, code = rebuild("--check")

    (one,) = told["differences"]
    assert (one["problem"], one["evidence"], code) == ("differs", row.pk, 1)
    assert {name: [said(one) for one in cell.values()] for name, cell in one["cells"].items()} == {
        column: [said(wrong), said(before)]
    }
    assert rebuild("--yes")[1] == 0
    (now,) = standing_of(row.source)
    assert (getattr(now, column), now.source) == (before, f"{row.source}#2")
    assert Evidence.objects.get(withdraws=row).reason == "the row that it stood on says something else"


def said(value):
    """A value as text, whatever digits a number is kept with."""
    try:
        return f"{Decimal(value).normalize():f}"
    except (TypeError, ValueError, ArithmeticError):
        return str(value)


def test_a_practical_says_how_alone_and_its_brief_how_deep():
    lease = make_lease()
    submission = lease.task.submission
    type(submission).objects.filter(pk=submission.pk).update(supervision="alone")
    product = Product.objects.create(slug="p", name="P")
    vertical = make_vertical()
    Brief.objects.filter(pk=submission.brief_id).update(product=product, vertical=vertical, is_complex=True)

    send(lease, GOOD)

    row = Evidence.objects.get(source=f"assessments.submission:{submission.pk}")
    assert (row.supervision, row.product, row.vertical, row.is_complex) == ("alone", product, vertical, True)
    Practical.objects.filter(pk=submission.practical_id).update(supervision="observed")
    assert found() == []


def test_evidence_that_stands_on_nothing_is_withdrawn():
    row = proved_exam()
    Attempt.objects.filter(pk=row_of(row.source)[1]).update(state="void")
    other = EvidenceFactory(course=CourseFactory(), source=f"assessments.attempt:{uuid.uuid4()}")
    odd = EvidenceFactory(course=CourseFactory(), source="courses.coursecompletion:none")

    assert sorted(found()) == sorted(("groundless", one.source) for one in (row, other, odd))
    assert rebuild("--yes")[1] == 0

    assert {one.withdraws for one in Evidence.objects.filter(kind="withdrawal")} == {row, other, odd}
    assert found() == []


def test_a_fact_that_stands_twice_stands_once_afterwards():
    row = proved_course()
    twin = EvidenceFactory(
        learner=row.learner, course=row.course, performed_on=row.performed_on, source=f"{row.source}#2"
    )

    assert found() == [("twice", row.source)]
    assert rebuild("--yes")[1] == 0

    assert standing_of(row.source) == [row]
    assert Evidence.objects.get(withdraws=twin)


def test_what_was_entered_by_hand_is_left():
    EvidenceFactory(course=CourseFactory(), source="before-the-portal:4711")

    assert rebuild("--yes") == (
        {"differences": [], "facts": 0, "counts": dict.fromkeys(NONE, 0), "settled": None, "left": 0},
        0,
    )


NONE = ("missing", "groundless", "twice", "differs")


def test_what_a_person_withdrew_stays_withdrawn():
    row = proved_course()
    withdraw_evidence(evidence=row, reason="Somebody else did it.", by=make_enablement())

    assert found() == []
    assert settle_fact(source=COMPLETIONS, key=row_of(row.source)[1]) is False
    assert standing_of(row.source) == []


def test_a_revocation_is_never_withdrawn_and_the_command_says_so():
    row = proved_revocation()
    tamper(row, performed_on=date(2020, 1, 1))

    told, code = rebuild("--yes")

    assert (told["settled"], told["left"], code) == (0, 1, 1)
    assert not Evidence.objects.filter(kind="withdrawal").exists()


def test_a_correction_of_the_score_is_followed_by_the_ledger():
    row = proved_exam()
    attempt = Attempt.objects.select_related("current_run").get(pk=row_of(row.source)[1])
    rescore(attempt, "0.9")

    assert settle_fact(source=ATTEMPTS, key=attempt.pk, reason="correction 7") is True

    (now,) = standing_of(row.source)
    assert (now.score, Evidence.objects.get(withdraws=row).reason) == (Decimal("0.900"), "correction 7")
    assert settle_fact(source=ATTEMPTS, key=attempt.pk) is False


def rescore(attempt, score, *, passed=True):
    """Another scoring run, current from now on, as nobody may write it: past the trigger that sums up."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        attempt.current_run = ScoringRun.objects.create(
            attempt=attempt, score=score, max_score=1, passed=passed, reason="correction", made_at=timezone.now()
        )
        attempt.save(update_fields=["current_run"])
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_pass_that_was_lost_and_came_back_proves_again():
    row = proved_exam()
    attempt = Attempt.objects.get(pk=row_of(row.source)[1])

    for score, passed in (("0.2", False), ("1", True)):
        rescore(attempt, score, passed=passed)
        settle_fact(source=ATTEMPTS, key=attempt.pk)

    (now,) = standing_of(row.source)
    assert (now.source, now.score) == (f"{row.source}#2", 1)
    assert found() == []


def test_an_appeal_that_ends_higher_is_the_score_that_stands():
    lease = make_lease()
    decision = send(lease, SHORT)
    appeal(
        decision=decision, reason="At 12:30 I ask what it costs, and the mark says no.", by=decision.submission.learner
    )
    send(claim_next(by=make_grader()), marks(5, 4, 4, 4, 4))

    (row,) = standing_of(f"assessments.submission:{decision.submission_id}")
    assert row.score == Decision.objects.filter(submission=decision.submission_id).latest("pk").total
    assert found() == []


def test_three_digits_of_a_score_are_enough():
    row = proved_exam()
    attempt = Attempt.objects.get(pk=row_of(row.source)[1])
    rescore(attempt, "0.6665")
    settle_fact(source=ATTEMPTS, key=attempt.pk)

    assert found() == []
    assert settle_fact(source=ATTEMPTS, key=attempt.pk) is False


@pytest.mark.parametrize("source", SOURCES)
def test_the_database_compares_by_one_statement(source):
    proved_practical()
    for row in Evidence.objects.all():
        tear_out(row)

    with CaptureQueriesContext(connection) as captured:
        list(differences(source))

    assert len([one for one in captured if "FULL JOIN" in one["sql"]]) == len(captured) == 1


def test_a_new_fact_takes_two_statements():
    completion = CompletionFactory()
    settle_fact(source=COMPLETIONS, key=CompletionFactory().pk)

    with CaptureQueriesContext(connection) as captured:
        settle_fact(source=COMPLETIONS, key=completion.pk)

    assert len([one for one in captured if "SAVEPOINT" not in one["sql"]]) == 2


def test_missing_facts_are_appended_by_the_thousand():
    few, many = CompletionFactory.create_batch(3), CompletionFactory.create_batch(20)
    with CaptureQueriesContext(connection) as captured:
        assert settle_differences(source=COMPLETIONS, found=list(differences(COMPLETIONS))) == len(few + many)

    assert Evidence.objects.count() == 23
    assert len([one for one in captured if "prove_course" in one["sql"]]) == 1
    assert len(captured) <= 6


def test_the_command_asks_twice_before_it_writes(monkeypatch):
    CompletionFactory()
    answers = []
    monkeypatch.setattr("builtins.input", lambda question: answers.pop(0))

    for given in (["n"], ["y", "no"]):
        answers[:] = given
        with pytest.raises(CommandError, match=r"Nothing was written\."):
            call_command("rebuild_evidence", stdout=StringIO())
    assert not Evidence.objects.exists()
    answers[:] = ["y", "rebuild"]
    out = StringIO()
    call_command("rebuild_evidence", "--by", "ops", stdout=out)

    assert Evidence.objects.count() == 1
    assert "1 put right, 0 left." in out.getvalue()
    event = AuditEvent.objects.get(event="evidence rebuilt")
    assert event.details == {"operator": "ops", "settled": 1}


def test_nobody_can_be_asked_where_a_machine_reads():
    with pytest.raises(CommandError) as refused:
        call_command("rebuild_evidence", "--json", stdout=StringIO())

    assert refused.value.returncode == 2


def test_in_words_each_difference_is_a_line():
    row = proved_practical()
    tamper(row, score=Decimal(1))
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("rebuild_evidence", "--check", stdout=out)

    first, last = out.getvalue().splitlines()
    assert first == f"{row.source} (evidence {row.pk}) says something else: score 1.000 instead of 18"
    assert last == "1 facts: 1 says something else."
    assert UseCase.objects.count() == 0
    assert SUBMISSIONS.kind == "practical"
