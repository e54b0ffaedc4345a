"""Which awards are due, and what they say: accreditation fills the badge's facts. Nothing in them names a person."""

import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime, time

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accreditation.models import IN_FORCE, Accreditation, Evidence, EvidenceKind, Program, RequirementKind
from accreditation.rules.competencies import alignment_of, competencies_of
from accreditation.rules.ledger import SUBMISSIONS, row_of
from accreditation.rules.programs import facts_of, programs_held, standing_in, with_rules
from accreditation.rules.standing import Standing
from assessments.models import Submission
from assessments.rules.feedback import feedback_on
from badges.models import Credential
from badges.openbadges import AwardFacts, CriterionFacts, EvidenceFacts, ResultFacts
from badges.rules.issuing import RENEWAL_WINDOW

STATED = frozenset({EvidenceKind.ATTESTATION, EvidenceKind.CREDIT})


def awards_due(now: datetime) -> QuerySet[Accreditation]:
    """Accreditations in force that lack a credential: none yet, revoked, run out, or in its last days while they last longer.

    One whose badge was refused, because its proof is no newer than a revocation, waits until there is newer evidence.
    Source: rules.md 8.12, by which `issue_credential` decides once more.
    """
    today = now.date()
    soon = today + RENEWAL_WINDOW
    reach_further = Q(valid_until=None) | Q(valid_until__gt=F("credential__valid_until"))
    reach_beyond = Q(valid_until=None) | Q(valid_until__gt=soon)
    ran_out = Q(credential__valid_until__lt=today) & reach_further
    ends_soon = Q(credential__valid_until__lte=soon) & reach_further & reach_beyond
    missing = Q(credential=None) | Q(credential__state=Credential.State.REVOKED) | ran_out | ends_soon
    rows = Accreditation.objects.filter(state__in=IN_FORCE, program__achievement__isnull=False)
    newer = Evidence.objects.filter(learner=OuterRef("learner"), recorded_at__gt=OuterRef("award_refused_at"))
    tried = Q(award_refused_at=None) | Q(award_refused_at__lt=F("computed_at")) | Exists(newer)
    return rows.filter(missing, tried).order_by("computed_at")


def current_standing(accreditation: Accreditation, now: datetime) -> Standing:
    """The standing as it is now, computed from the evidence. Five queries."""
    program = with_rules(Program.objects.all()).get(pk=accreditation.program_id)
    learner = accreditation.learner
    return standing_in(program, facts_of(learner), programs_held(learner), now)


def award_facts(accreditation: Accreditation, found: Standing) -> AwardFacts:
    """What the credential states: when the last proof was in, the rules it met, the results and the proofs."""
    rows = list(
        Evidence.objects.filter(pk__in=found.facts)
        .select_related("course", "exam", "practical", "attestation", "credit", "use_case", "product", "persona")
        .order_by("performed_on", "pk")
    )
    program, version = accreditation.program, accreditation.version
    return AwardFacts(
        awarded_at=_awarded_at(accreditation, rows),
        rule_version=f"{program.title}, version {version.number}",
        statement=f"met every requirement of {program.title}. {program.summary}".strip(),
        valid_until=found.valid_until,
        time_zone=program.time_zone,
        results=tuple(result for row in rows if (result := _result(row))),
        evidence=tuple(_proof(row, found) for row in rows if row.kind != EvidenceKind.COURSE) + _courses(rows, found),
        tags=tuple(
            dict.fromkeys(str(word) for row in rows for word in (row.use_case, row.product, row.persona) if word)
        ),
        alignment=tuple(alignment_of(one) for one in competencies_of(rows, program.achievement)),
    )


def _awarded_at(accreditation: Accreditation, rows: Sequence[Evidence]) -> datetime:
    """When the last proof was recorded; for proofs entered later, the end of the day they were performed on."""
    recorded = max((row.recorded_at for row in rows), default=accreditation.computed_at)
    zone = zoneinfo.ZoneInfo(accreditation.program.time_zone)
    day = accreditation.completed_on or timezone.now().date()
    return min(recorded, datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)).replace(microsecond=0)


def _result(row: Evidence) -> ResultFacts | None:
    if row.kind == EvidenceKind.EXAM and row.exam:
        return None  # the score band stands in the evidence; the exact score is the learner's own
    if row.kind != EvidenceKind.PRACTICAL or row.practical is None or row.score is None:
        return None
    needed = row.practical.rubric_version.pass_points
    return ResultFacts(
        slug=row.practical.slug,
        name=row.practical.title,
        points=f"{row.score.normalize():f}",
        maximum=f"{row.maximum.normalize():f}" if row.maximum else "",
        needed=str(needed),
        criteria=_criteria(row),
    )


def _criteria(row: Evidence) -> tuple[CriterionFacts, ...]:
    submission = _submission(row)
    feedback = feedback_on(submission, 0) if submission else None
    if feedback is None:
        return ()
    return tuple(
        CriterionFacts(
            slug=one.criterion.slug,
            name=one.criterion.name,
            level=one.level,
            levels=tuple(one.criterion.levels.order_by("number").values_list("text", flat=True)),
            area=one.criterion.area,
        )
        for one in feedback.criteria
    )


def _submission(row: Evidence) -> Submission | None:
    """The hand-in that the evidence stands on; None for what was proved before the portal, or elsewhere."""
    table, key = row_of(row.source)
    return Submission.objects.filter(pk=key).first() if table == SUBMISSIONS.table else None


def _proof(row: Evidence, found: Standing) -> EvidenceFacts:
    if row.kind == EvidenceKind.EXAM:
        return EvidenceFacts(
            "know", str(row.exam), f"Written exam passed in {row.performed_on:%B %Y}, score {score_band(row)}."
        )
    if row.kind in STATED:
        return _stated(row, found)
    words = [f"Read against its rubric by {_readers(row)} and passed in {row.performed_on:%B %Y}"]
    if row.use_case:
        words.append(f"use case {row.use_case}")
    if row.supervision:
        words.append(row.get_supervision_display())
    return EvidenceFacts(_proof_word(row, found), str(row.practical), f"{', '.join(words)}.")


def _stated(row: Evidence, found: Standing) -> EvidenceFacts:
    """What others said: a manager's word, or a certificate of another body. Nobody but the holder is named."""
    target, when = row.attestation_id or row.credit_id, f"{row.performed_on:%B %Y}"
    word = _word_of(row.kind, target, found, "keep")
    if row.credit:
        return EvidenceFacts(
            word, row.credit.title, f"Given by {row.credit.issuer} in {when}, seen by whoever entered it."
        )
    return EvidenceFacts(word, str(row.attestation), f"Attested by the holder's manager, of {when}.")


def score_band(row: Evidence) -> str:
    """The exam's score in steps of ten percent: exact scores are nobody's business."""
    if row.score is None or not row.maximum:
        return "at or above the pass mark"
    percent = int(row.score * 100 / row.maximum)
    low = percent // 10 * 10
    return "100 %" if percent == 100 else f"{low} to {low + 9} %"


def _readers(row: Evidence) -> str:
    submission = _submission(row)
    decision = submission.decisions.first() if submission else None
    number = decision.version.reviews.count() if decision else 1
    return f"{number} grader{'' if number == 1 else 's'}"


def _proof_word(row: Evidence, found: Standing) -> str:
    return _word_of(RequirementKind.PRACTICAL, row.practical_id, found, "show")


def _word_of(kind: str, target: int | None, found: Standing, otherwise: str) -> str:
    """Whether a thing was asked for to know, to show or to keep."""
    words = [one.rules.proof for one in found.proved if one.rules.kind == kind and one.rules.target == target]
    return words[0] if words else otherwise


def _courses(rows: Sequence[Evidence], found: Standing) -> tuple[EvidenceFacts, ...]:
    done = [row for row in rows if row.kind == EvidenceKind.COURSE]
    if not done:
        return ()
    names = ", ".join(str(row.course) for row in done)
    return (
        EvidenceFacts(
            "know",
            f"{len(done)} course{'' if len(done) == 1 else 's'} completed",
            f"{names}, by {done[-1].performed_on:%B %Y}.",
        ),
    )
