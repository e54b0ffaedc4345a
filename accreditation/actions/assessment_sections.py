"""Banks, exams, rubrics, briefs and practicals of program files."""

from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db.models import Model

from accreditation.actions.program_sections import Sections, Unknown
from accreditation.rules import practical_files
from accreditation.rules import program_files as files
from assessments.actions.banks import author_question
from assessments.actions.exams import publish_exam
from assessments.actions.question_rows import KEEP
from assessments.actions.rubrics import align_criteria, author_brief, author_brief_pool, author_practical, author_rubric
from assessments.models import BriefPool, Exam, QuestionBank, ReviewerPool, Rubric
from assessments.rules.draws import Cell
from assessments.rules.option_lines import read_lines
from courses.actions.content import put
from courses.models import (
    CompanySize,
    Competency,
    Course,
    Lesson,
    Objective,
    Persona,
    Product,
    UseCase,
    Vertical,
)
from courses.models.content import LessonKind

BRIEF_WORDS: tuple[tuple[str, type[Model]], ...] = (
    ("size", CompanySize), ("persona", Persona), ("use_case", UseCase), ("product", Product), ("vertical", Vertical),
)  # fmt: skip


class AssessmentSections(Sections):
    """The sections that are about proving: banks, exams, rubrics, briefs and practicals."""

    def _bank(self, part: files.BankFile) -> None:
        bank, _ = put(QuestionBank, {"slug": part.slug}, {"title": part.title})
        objectives = self._objectives()
        seen: set[str] = set()
        for number, question in enumerate(part.questions):
            objective = objectives.get(question.objective)
            if objective is None:
                self._problem(f"there is no objective `{question.objective}`", "questions", number, "objective")
            elif question.id in seen:
                self._problem(f"the question `{question.id}` is written twice", "questions", number, "id")
            else:
                with suppress(Unknown):
                    self._question(bank, question, objective, number)
            seen.add(question.id)

    def _objectives(self) -> dict[str, Objective]:
        return {f"{row.course.slug}/{row.slug}": row for row in Objective.objects.select_related("course")}

    def _question(self, bank: QuestionBank, part: files.QuestionFile, objective: Objective, number: int) -> None:
        source: Any = self._revision(part.source, "questions", number, "source") if part.source else KEEP
        told: Any = {}
        if part.competency:
            told["competency"] = self._find(Competency, part.competency, "questions", number, "competency")
        options = [asdict(line) for line in read_lines(part.lines)] or [one.model_dump() for one in part.options]
        if part.answer is not None:
            options = [
                {"text": text, "correct": part.answer is value, "last": True}
                for text, value in (("True", True), ("False", False))
            ]
        author_question(
            bank=bank,
            external_id=part.id,
            kind=part.type,
            objective=objective,
            difficulty=part.difficulty,
            text=part.text,
            options=options,
            rationale=part.rationale,
            rule=part.rule,
            practice_only=part.practice_only,
            source=source,
            by=self.by,
            **told,
        )

    def _exam(self, part: files.ExamFile) -> None:
        bank = self._find(QuestionBank, part.bank, "bank")
        cells = [self._cell(cell, number) for number, cell in enumerate(part.blueprint)]
        exam, _ = put(Exam, {"slug": part.slug}, {"title": part.title, "summary": part.summary, "bank": bank})
        retakes = part.retakes
        publication = publish_exam(
            exam=exam,
            cells=cells,
            minutes=part.minutes,
            pass_percent=Decimal(part.pass_percent),
            waits_hours=tuple(retakes.waits_hours),
            max_attempts=retakes.max_attempts,
            within_days=retakes.within_days,
            opens_at=part.opens_at,
            closes_at=part.closes_at,
            results_at=part.results_at,
            by=self.by,
        )
        self.loaded.warnings += [f"{part.slug}: {sentence}" for sentence in publication.warnings]

    def _cell(self, part: files.CellFile, number: int) -> Cell:
        course = self._find(Course, part.course, "blueprint", number, "course")
        objective = self._objectives().get(part.objective) if part.objective else None
        if part.objective and objective is None:
            self._problem(f"there is no objective `{part.objective}`", "blueprint", number, "objective")
            raise Unknown
        return Cell(
            part.count, course.pk if course else None, objective.pk if objective else None, part.difficulty or ""
        )

    def _rubric(self, part: practical_files.RubricFile) -> None:
        criteria: Any = [self._criterion(one, number) for number, one in enumerate(part.criteria)]
        shown = {
            one.slug: self._find(Competency, one.competency, "criteria", number, "competency")
            for number, one in enumerate(part.criteria)
            if one.competency
        }
        version = author_rubric(
            slug=part.slug,
            title=part.title,
            pass_points=part.pass_points,
            impression_first=part.impression_first,
            criteria=criteria,
            by=self.by,
        )
        align_criteria(rubric=version.rubric, to=shown, by=self.by)

    def _criterion(self, part: practical_files.CriterionFile, number: int) -> dict[str, Any]:
        said = part.model_dump(exclude={"source", "competency"})
        if part.source:
            said["source"] = self._revision(part.source, "criteria", number, "source")
        return said

    def _brief_pool(self, part: practical_files.BriefPoolFile) -> None:
        pool = author_brief_pool(slug=part.slug, title=part.title, by=self.by)
        for number, brief in enumerate(part.briefs):
            words = brief.model_dump(exclude={"slug", "complex"}) | {"is_complex": brief.complex}
            for name, model in BRIEF_WORDS:
                words[name] = self._find(model, words[name], "briefs", number, name)
            author_brief(pool=pool, slug=brief.slug, by=self.by, **words)

    def _practical(self, part: practical_files.PracticalFile) -> None:
        exam, rubric = self._find(Exam, part.exam, "exam"), self._find(Rubric, part.rubric, "rubric")
        author_practical(
            slug=part.slug,
            by=self.by,
            **part.model_dump(include={"title", "summary", "kind", "instructions", "cool_down_hours", "review_days"}),
            exam=exam,
            rubric_version=rubric.versions.order_by("-number").first(),
            brief_pool=self._find(BriefPool, part.brief_pool, "brief_pool"),
            parts=[one.model_dump() for one in part.parts],
            **part.model_dump(include={"supervision", "disclosure", "session", "self_assessment", "marks_required"}),
            calls=[self._call(ref, number) for number, ref in enumerate(part.calls)],
            assets=self._assets(part.assets),
            worksheet=[one.model_dump(exclude_defaults=True) | {"kind": one.kind} for one in part.worksheet],
            takes_evidence=part.evidence is not None,
            links_required=part.evidence.links if part.evidence else 0,
            files_required=part.evidence.files if part.evidence else 0,
            evidence_prompt=part.evidence.prompt if part.evidence else "",
            reviewer_pool=self._find(ReviewerPool, part.reviewer_pool, "reviewer_pool"),
            recordings_required=part.recording.count if part.recording.required else 0,
            min_minutes=part.recording.min_minutes,
            max_minutes=part.recording.max_minutes,
            screen_required=part.recording.screen,
            notes_required=part.notes.required,
            notes_prompt=part.notes.prompt,
            max_attempts=part.attempts,
            **part.kept.as_fields(),
        )

    def _call(self, ref: str, number: int) -> Lesson:
        lesson = self._lesson_at(ref)
        if lesson is None or lesson.kind != LessonKind.CALL:
            self._problem(f"there is no call `{ref}`" if lesson is None else f"`{ref}` is no call", "calls", number)
            raise Unknown
        return lesson
