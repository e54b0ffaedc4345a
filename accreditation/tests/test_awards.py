"""A standing in force becomes a badge: once, by the system alone, and never again after a revocation."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.awards import issue_award
from accreditation.actions.evidence import record_evidence
from accreditation.actions.programs import give_badge
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_awards, sweep_standings
from accreditation.models import Accreditation, Attestation, Evidence, ExternalCredit, Notice, Program
from accreditation.rules.awards import award_facts, awards_due, current_standing, score_band
from accreditation.tests.earning import earned, prove, with_a_badge_due
from accreditation.tests.factories import AccreditationFactory, make_program
from assessments.actions.claims import claim_next
from assessments.actions.closing import submit_attempt
from assessments.models import Brief
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.factories_practicals import PracticalFactory, SubmissionFactory, make_grader, marks, send
from assessments.tests.sittings import answer_all, begin
from badges.actions.credentials import issue_credential
from badges.actions.revocations import confirm_revocation, request_revocation
from badges.models import Credential
from badges.tests.factories import make_achievement
from courses.lib.refusals import Refused
from courses.tests.at_once import at_once
from courses.tests.factories import PersonaFactory, UseCaseFactory
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db


def revoke(credential):
    staff = [make_person(groups=["enablement"], is_staff=True) for _ in range(2)]
    request = request_revocation(credential=credential, reason="Done by somebody else.", by=staff[0])
    return confirm_revocation(request=request, by=staff[1])


def issue(accreditation):
    return issue_award(accreditation_id=accreditation.pk)


def test_what_is_earned_is_issued_once_and_told_once():
    row = earned()

    credential = issue(row)

    row.refresh_from_db()
    assert (row.credential, credential.holder, credential.valid_until) == (credential, row.learner, row.valid_until)
    assert issue(row) is None
    assert Notice.objects.filter(recipient=row.learner, kind="badge").count() == 1


def test_the_credential_names_rules_and_proofs_but_no_person():
    row = earned(name="Mateo Lindqvist", email="mateo@example.com")

    document = issue(row).document

    assert f"The requirements of {row.program.title}, version 1." in document
    assert f"{row.program.slug} 1" not in document
    assert row.program.title + ": " not in document
    assert "1 course completed" in document
    assert "mateo" not in without_tokens(document).lower()
    assert "mateo@" not in document


@pytest.mark.django_db(transaction=True)
def test_twenty_who_issue_at_the_same_moment_issue_one():
    row = with_a_badge_due(earned(badge=False))

    results = at_once([lambda: issue(row)] * 20)

    assert Credential.objects.count() == 1
    assert [one for one in results if one is not None] == [Credential.objects.get()]


@pytest.mark.django_db(transaction=True)
def test_issuing_and_computing_at_the_same_moment_stop_each_other_never():
    rows = [with_a_badge_due(earned(badge=False)) for _ in range(5)]

    results = at_once(
        [lambda row=row: issue(row) for row in rows for _ in range(2)]
        + [lambda row=row: reassess(learner=row.learner, now=timezone.now() + timedelta(days=300)) for row in rows]
    )

    assert not [one for one in results if isinstance(one, Exception)]
    assert Credential.objects.count() == 5


def test_an_award_says_of_what_others_stated_who_said_it_and_names_nobody():
    learner = make_person(name="Ada Okafor")
    attestation = Attestation.objects.create(slug="led", title="A workshop led", statement="I was there.")
    credit = ExternalCredit.objects.create(slug="training", title="Training certificate", issuer="Chamber of trainers")
    program = make_program(attestation, credit, badge=True)
    for kind, row in (("attestation", attestation), ("credit", credit)):
        said = {"kind": kind, "source": f"tests:{kind}", "performed_on": date(2026, 5, 4), kind: row}
        record_evidence(learner_id=learner.pk, **said)
    reassess(learner=learner, now=datetime(2026, 6, 1, tzinfo=UTC))
    held = Accreditation.objects.select_related("learner", "program", "version").get(program=program)

    facts = award_facts(held, current_standing(held, datetime(2026, 6, 1, tzinfo=UTC)))

    assert {(one.name, one.narrative) for one in facts.evidence} == {
        ("A workshop led", "Attested by the holder's manager, of May 2026."),
        ("Training certificate", "Given by Chamber of trainers in May 2026, seen by whoever entered it."),
    }


@pytest.mark.parametrize("accreditation_id", [0, None])
def test_an_accreditation_that_is_not_there_is_left_alone(accreditation_id):
    assert issue_award(accreditation_id=accreditation_id) is None


def test_a_program_without_a_badge_issues_nothing():
    assert issue(AccreditationFactory()) is None


@pytest.mark.parametrize("state", ["not_started", "in_progress", "lapsed", "revoked"])
def test_only_what_is_in_force_is_due(state):
    AccreditationFactory(state=state, program=make_program(badge=True))

    assert not awards_due(timezone.now()).exists()


def test_a_standing_that_no_longer_stands_on_evidence_issues_nothing():
    row = AccreditationFactory(program=make_program(badge=True))

    assert issue(row) is None


def test_a_revoked_badge_stays_revoked():
    row = earned()
    credential = revoke(issue(row))

    sweep_standings()
    sweep_awards()

    row.refresh_from_db()
    assert (row.state, Credential.objects.get(), Credential.objects.get().state) == ("revoked", credential, "revoked")
    assert Notice.objects.filter(recipient=row.learner, kind="badge_revoked").exists()


def test_before_the_standing_follows_a_revocation_nothing_is_issued_again():
    row = earned()
    revoke(issue(row))

    assert issue(row) is None


def test_a_revoked_program_stays_revoked_while_what_it_builds_on_holds():
    core = earned()
    program = make_program(core.program, badge=True, slug="builds-on-it")
    reassess(learner=core.learner)
    row = Accreditation.objects.get(program=program)
    revoke(issue(row))

    sweep_standings()

    row.refresh_from_db()
    assert row.state == "revoked"
    assert sweep_awards() == 1
    assert Credential.objects.filter(holder=core.learner, state="issued").get().achievement == core.program.achievement


def test_newer_proof_brings_a_revoked_standing_back():
    row = earned()
    revoke(issue(row))
    prove(row.learner, row.program.current_version.groups.get().requirements.get().course, days_ago=-1)

    reassess(learner=row.learner, now=timezone.now() + timedelta(days=1))

    row.refresh_from_db()
    assert row.state == "accredited"


def test_a_badge_that_ran_out_gets_a_successor_for_newer_proof():
    row = earned(months=1, days_ago=60)
    first = issue_as_it_stood(row, timezone.now() - timedelta(days=50))
    assert issue(row) is None
    prove(row.learner, row.program.current_version.groups.get().requirements.get().course)
    reassess(learner=row.learner)

    second = issue(row)

    assert second.predecessor == first
    assert Accreditation.objects.get().credential == second


def test_a_badge_near_its_end_gets_a_successor_once_the_standing_lasts_beyond_the_window():
    row = earned(months=12, days_ago=330)
    first = issue(row)
    assert not awards_due(timezone.now()).exists()
    prove(row.learner, row.program.current_version.groups.get().requirements.get().course)
    reassess(learner=row.learner)

    second = issue(row)

    first.refresh_from_db()
    assert second.predecessor == first and second.valid_until > first.valid_until
    assert (first.state, first.succeeded_at is None) == ("issued", False)
    assert not awards_due(timezone.now()).exists()


def issue_as_it_stood(row, then):
    """The credential that was issued at that time."""
    facts = award_facts(row, current_standing(row, then))
    row.credential = issue_credential(achievement=row.program.achievement, holder=row.learner, facts=facts)
    row.save()
    return row.credential


def sold():
    """A seller who passed the exam of a program, and the practical that it opens."""
    learner, exam = make_person(), ExamFactory(published__questions=4, published__draw=4)
    practical = PracticalFactory(exam=exam, title="Capstone")
    make_program(exam, practical, badge=True, title="Seller", summary="Sells.")
    attempt = begin(exam, learner)
    answer_all(attempt)
    submit_attempt(attempt_id=attempt.pk, by=learner, client_id="tab", epoch=1)
    return learner, practical


def test_a_passed_exam_is_evidence_and_opens_its_practical():
    learner, practical = sold()

    row = Evidence.objects.get(learner=learner)
    assert (row.kind, row.exam, row.score, row.maximum) == ("exam", practical.exam, 4, 4)
    kinds = set(Notice.objects.filter(recipient=learner).values_list("kind", flat=True))
    assert {"exam_passed", "practical_open"} <= kinds


def test_a_failed_exam_is_news_but_no_evidence():
    attempt = begin(ExamFactory())
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)

    assert not Evidence.objects.exists()
    assert Notice.objects.get(recipient=attempt.learner).kind == "exam_failed"


def test_the_exact_score_of_an_exam_stays_the_learner_s_own():
    learner, *_ = sold()
    row = Evidence.objects.get(learner=learner)

    assert score_band(row) == "100 %"


@pytest.mark.parametrize(
    ("score", "maximum", "words"),
    [
        (None, None, "at or above the pass mark"),
        (16, 20, "80 to 89 %"),
        (17.9, 20, "80 to 89 %"),
        (18, 20, "90 to 99 %"),
        (20, 20, "100 %"),
    ],
)
def test_a_score_is_told_in_steps_of_ten(score, maximum, words):
    assert score_band(Evidence(score=score, maximum=maximum)) == words


def passed_practical(learner, practical, points=4):
    """Hand in and have it passed by one grader."""
    submission = SubmissionFactory(learner=learner, practical=practical, handed_in=True)
    lease = claim_next(by=make_grader())
    send(lease, marks(*[points] * 5))
    return submission


def test_a_passed_practical_is_evidence_of_its_brief_s_use_case():
    learner, practical = sold()
    Brief.objects.update(use_case=UseCaseFactory(name="GitOps"), persona=PersonaFactory())

    passed_practical(learner, practical)
    row = Evidence.objects.get(kind="practical")

    assert (row.practical, row.score, row.maximum) == (practical, 20, 25)
    assert (row.use_case.name, row.persona is None) == ("GitOps", False)


def test_a_failed_practical_is_news_but_no_evidence():
    learner, practical = sold()

    passed_practical(learner, practical, points=2)

    assert not Evidence.objects.filter(kind="practical").exists()
    assert Notice.objects.filter(recipient=learner, kind="decision", title__startswith="Not yet").exists()


def test_the_credential_of_a_practical_names_criteria_levels_and_readers():
    learner, practical = sold()
    Brief.objects.update(use_case=UseCaseFactory(name="GitOps"))
    passed_practical(learner, practical)
    settle()

    credential = Credential.objects.get(holder=learner)

    (result,) = credential.facts["results"]
    assert (result["points"], result["maximum"], result["needed"]) == ("20", "25", "18")
    assert [one["level"] for one in result["criteria"]] == [4] * 5
    words = " ".join(one["narrative"] for one in credential.facts["evidence"])
    assert "score 100 %" in words
    assert "by 1 grader and passed" in words
    assert "use case GitOps" in words


def settle():
    """What the sweeps do within a minute or two."""
    sweep_standings()
    sweep_awards()


def test_evidence_of_a_practical_from_before_the_portal_has_no_criteria():
    learner, practical = sold()
    record_evidence(
        learner_id=learner.pk, kind="practical", source="import:7", performed_on=date.today(), practical=practical,
        score=21, maximum=25, supervision="observed",
    )  # fmt: skip
    settle()

    facts = Credential.objects.get(holder=learner).facts

    assert facts["results"][0]["criteria"] == []
    assert "observed" in " ".join(one["narrative"] for one in facts["evidence"])


def test_evidence_without_a_score_has_no_result():
    learner, practical = sold()
    record_evidence(
        learner_id=learner.pk, kind="practical", source="import:7", performed_on=date.today(), practical=practical
    )
    settle()

    assert Credential.objects.get(holder=learner).facts["results"] == []


def test_a_badge_that_comes_later_is_issued_to_everyone_who_is_accredited_already():
    rows = [earned(badge=False) for _ in range(3)]
    program = rows[0].program
    for row in rows[1:]:
        Accreditation.objects.filter(pk=row.pk).update(program=program, version=program.current_version)

    give_badge(program=program, achievement=make_achievement(slug="later"), by=make_person())

    assert awards_due(timezone.now()).filter(program=program).count() == 3


def test_a_program_gets_its_badge_once_and_shares_it_with_none():
    first, second = make_program(slug="first"), make_program(slug="second")
    badge, other = make_achievement(slug="one"), make_achievement(slug="two")
    give_badge(program=first, achievement=badge, by=make_person())

    assert refused(lambda: give_badge(program=first, achievement=other, by=make_person())) == "has-badge"
    assert refused(lambda: give_badge(program=second, achievement=badge, by=make_person())) == "taken"


def refused(deed):
    with pytest.raises(Refused) as found:
        deed()
    return found.value.refusal.code


def test_the_administration_gives_a_badge_and_says_how_many_are_due(admin_client):
    row = earned(badge=False)
    badge = make_achievement(slug="later")
    url = reverse("admin:accreditation_program_change", args=[row.program_id])
    form = admin_client.get(url).context["adminform"].form
    data = {name: form.initial[name] for name in form.fields if form.initial.get(name)}
    data |= {"achievement": badge.pk, "versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0}

    response = admin_client.post(url, data, follow=True)
    page = response.content.decode()

    assert not response.context.get("errors")
    row.program.refresh_from_db()
    assert row.program.achievement == badge and "already gets the badge within minutes" in page
    assert "0 issued, 1 due within minutes" in admin_client.get(url).content.decode()
    assert sweep_awards() == 1
    assert "1 issued" in admin_client.get(url).content.decode()


def revoked_with_old_proof():
    """A standing in force whose badge was revoked, and whose proof is older than that."""
    row = earned()
    credential = revoke(issue(row))
    row.refresh_from_db()
    Accreditation.objects.filter(pk=row.pk).update(state="accredited")
    return row, credential


def test_a_revoked_badge_without_newer_proof_is_tried_once_and_not_each_minute(monkeypatch):
    row, credential = revoked_with_old_proof()
    monkeypatch.setattr("accreditation.actions.awards.current_standing", lambda *_: in_force(row))
    assert awards_due(timezone.now()).get() == row

    assert issue(row) is None
    row.refresh_from_db()
    assert row.award_refused_at is not None and row.credential == credential
    assert not awards_due(timezone.now()).exists()
    assert sweep_awards() == 0

    prove(row.learner, Evidence.objects.filter(learner=row.learner, kind="course").first().course, source="tests:newer")
    assert awards_due(timezone.now()).get() == row


def in_force(row):
    found = current_standing(row, timezone.now())
    return replace(found, state="accredited", valid_until=row.valid_until)


def test_two_programs_never_award_one_badge_by_any_way():
    first, second = make_program(slug="one", badge=True), make_program(slug="two")

    with pytest.raises(IntegrityError, match="program_badge_is_its_own"), transaction.atomic():
        Program.objects.filter(pk=second.pk).update(achievement=first.achievement)
