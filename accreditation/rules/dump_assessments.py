"""Banks, exams, rubrics, briefs and practicals as parts of a program file. It reads answer keys: for authors only."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from accreditation.rules import practical_files as forms
from accreditation.rules import program_files as files
from accreditation.rules.dump_parts import LeftOut, source_ref
from assessments.models import Brief, BriefPool, Exam, Practical, Question, QuestionBank, RubricVersion
from assessments.rules.option_lines import wording_of

WORDS = ("size", "persona", "use_case", "product", "vertical")
TEXTS = (
    "slug",
    "customer",
    "situation",
    "industry",
    "size_text",
    "region",
    "tools",
    "pain_points",
    "people",
    "hidden_notes",
)
PLAIN = (
    "slug", "title", "summary", "kind", "instructions", "parts", "worksheet", "self_assessment", "session", "supervision",
    "disclosure", "marks_required", "cool_down_hours", "review_days",
)  # fmt: skip
AS_QUESTION = TypeAdapter(files.QuestionFile)


def questions_of(bank: QuestionBank) -> list[Question]:
    """Those that stand, with what they are about. One query."""
    rows = bank.questions.filter(withdrawn_at=None).exclude(current_version=None)
    rows = rows.select_related("objective__course", "competency", "current_version__source_revision__source")
    return list(rows.order_by("pk"))


def banks(rows: Iterable[QuestionBank], left_out: LeftOut) -> list[files.BankFile]:
    """These banks, each once, with the questions that a file can say."""
    found = []
    for bank in {row.pk: row for row in rows}.values():
        questions = [said for row in questions_of(bank) if (said := _question(row, left_out))]
        found += [files.BankFile(slug=bank.slug, title=bank.title, questions=questions)] if questions else []
    return found


def _question(row: Question, left_out: LeftOut) -> files.QuestionFile | None:
    version = row.current_version
    assert version is not None
    if row.objective is None:
        left_out.say(f"The question {row.external_id} names no objective, so it stays as it is.")
        return None
    wording = wording_of(version)
    said = {
        "id": row.external_id,
        "type": wording["kind"],
        "objective": f"{row.objective.course.slug}/{row.objective.slug}",
        "competency": row.competency.slug if row.competency else None,
        "difficulty": row.difficulty,
        "text": wording["text"],
        "lines": wording["options"],
        "rule": wording["rule"],
        "rationale": wording["rationale"],
        "practice_only": row.practice_only,
        "source": source_ref(version.source_revision),
    }
    try:
        return AS_QUESTION.validate_python(said)
    except ValidationError:
        left_out.say(f"The question {row.external_id} can't be said in a file, so it stays as it is.")
        return None


def can_say_exam(exam: Exam, left_out: LeftOut) -> bool:
    """A file names courses and objectives to draw from, no topics and no single questions."""
    version = exam.current_version
    if version is None:
        left_out.say(f"The exam “{exam.title}” was never published.")
        return False
    if version.cells.exclude(topic="", question=None).exists():
        left_out.say(f"The exam “{exam.title}” draws by topics or single questions, so it stays as it is.")
        return False
    return True


def exam(row: Exam) -> files.ExamFile:
    """An exam as its version in force says it. One query."""
    version = row.current_version
    assert version is not None
    cells = version.cells.select_related("course", "objective__course").order_by("position", "pk")
    return files.ExamFile(
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        bank=row.bank.slug,
        minutes=version.minutes,
        pass_percent=version.pass_percent,
        blueprint=[_cell(one) for one in cells],
        retakes=files.RetakesFile(
            waits_hours=version.waits_hours, max_attempts=version.max_attempts, within_days=version.within_days
        ),
        opens_at=version.opens_at,
        closes_at=version.closes_at,
        results_at=version.results_at,
    )


def _cell(row: Any) -> files.CellFile:
    return files.CellFile(
        course=row.course.slug if row.course else None,
        objective=f"{row.objective.course.slug}/{row.objective.slug}" if row.objective else None,
        difficulty=row.difficulty or None,
        count=row.count,
    )


def rubrics(practicals: Sequence[Practical], left_out: LeftOut) -> list[forms.RubricFile]:
    """The rubrics of these practicals, each once, in their newest wording: the one that loading gives new tries."""
    found: dict[int, forms.RubricFile] = {}
    for row in practicals:
        newest = row.rubric_version.rubric.versions.order_by("-number").first()
        assert newest is not None
        if newest != row.rubric_version:
            left_out.say(f"“{row.title}” is marked by an older wording of its rubric: loading gives it the newest one.")
        found.setdefault(newest.rubric_id, _rubric(newest))
    return list(found.values())


def _rubric(version: RubricVersion) -> forms.RubricFile:
    criteria = version.criteria.select_related("competency", "source_revision__source").prefetch_related("levels")
    return forms.RubricFile(
        slug=version.rubric.slug,
        title=version.rubric.title,
        pass_points=version.pass_points,
        impression_first=version.impression_first,
        criteria=[_criterion(one) for one in criteria.order_by("position")],
    )


def _criterion(row: Any) -> forms.CriterionFile:
    levels = sorted(row.levels.all(), key=lambda one: one.number)
    return forms.CriterionFile(
        slug=row.slug,
        area=row.area,
        name=row.name,
        competency=row.competency.slug if row.competency else None,
        levels=[one.text for one in levels],
        raises=[one.raise_text for one in levels if one.raise_text],
        source=source_ref(row.source_revision),
    )


def brief_pools(practicals: Sequence[Practical]) -> list[forms.BriefPoolFile]:
    """The pools that these practicals draw from, each once."""
    pools = {one.brief_pool.pk: one.brief_pool for one in practicals if one.brief_pool}
    return [said for pool in pools.values() if (said := _pool(pool))]


def _pool(pool: BriefPool) -> forms.BriefPoolFile | None:
    rows = [_brief(one) for one in pool.briefs.drawable().select_related(*WORDS).order_by("pk")]
    return forms.BriefPoolFile(slug=pool.slug, title=pool.title, briefs=rows) if rows else None


def _brief(row: Brief) -> forms.BriefFile:
    words = {name: getattr(row, name).slug for name in WORDS if getattr(row, name)}
    return forms.BriefFile(**{name: getattr(row, name) for name in TEXTS}, **words, complex=row.is_complex)


def practical(row: Practical) -> forms.PracticalFile:
    """A practical as it is set now. Three queries."""
    evidence: Any = {"links": row.links_required, "files": row.files_required, "prompt": row.evidence_prompt}
    calls = row.calls.select_related("course").order_by("course__slug", "position")
    return forms.PracticalFile(
        **{name: getattr(row, name) for name in PLAIN},
        exam=row.exam.slug,
        rubric=row.rubric_version.rubric.slug,
        brief_pool=row.brief_pool.slug if row.brief_pool else None,
        recording=forms.RecordingFile(
            required=row.recordings_required > 0,
            screen=row.screen_required,
            count=row.recordings_required or 1,
            min_minutes=row.min_minutes,
            max_minutes=row.max_minutes,
        ),
        notes=forms.NotesFile(required=row.notes_required, prompt=row.notes_prompt),
        calls=[f"{one.course.slug}/{one.slug}" for one in calls],
        assets=list(row.assets.order_by("slug").values_list("slug", flat=True)) or None,
        evidence=forms.EvidenceFile(**evidence) if row.takes_evidence else None,
        reviewer_pool=row.reviewer_pool.slug if row.reviewer_pool else None,
        attempts=row.max_attempts,
        kept=forms.KeptFile(original_days=row.original_kept_days, months=row.kept_months),
    )
