"""Courses, paths, sources, statements and designs as parts of a program file."""

from collections.abc import Iterable, Iterator

from accreditation.models import Attestation, ExternalCredit
from accreditation.rules import program_files as files
from accreditation.rules.dump_parts import LeftOut, source_ref
from accreditation.rules.requirement_files import AttestationFile, CreditFile
from badges.models import Achievement
from courses.models import Course, LearningPath, Lesson, Source


def can_say(course: Course, left_out: LeftOut) -> bool:
    """A course without a lesson is none that a file can say."""
    if course.lessons.exists():
        return True
    left_out.say(f"The course “{course.title}” has no lesson yet.")
    return False


def course(row: Course) -> files.CourseFile:
    """A course with its objectives and lessons. Five queries."""
    objectives = row.objectives.select_related("competency").order_by("position")
    lessons = row.lessons.select_related("objective", "source_revision__source").order_by("position")
    return files.CourseFile(
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        journey_stage=row.journey_stage.slug if row.journey_stage else None,
        use_cases=list(row.use_cases.order_by("pk").values_list("slug", flat=True)),
        objectives=[
            files.ObjectiveFile(
                slug=one.slug, text=one.text, competency=one.competency.slug if one.competency else None
            )
            for one in objectives
        ],
        lessons=[_lesson(one) for one in lessons],
    )


def _lesson(row: Lesson) -> files.LessonFile:
    plain = {name: getattr(row, name) for name in ("slug", "title", "kind", "minutes", "url", "embed", "body")}
    objective = row.objective.slug if row.objective else None
    return files.LessonFile(**plain, objective=objective, source=source_ref(row.source_revision))


def path(row: LearningPath) -> files.PathFile:
    """A path with its courses in order. Two queries."""
    return files.PathFile(
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        journey_stage=row.journey_stage.slug if row.journey_stage else None,
        use_case=row.use_case.slug if row.use_case else None,
        courses=list(row.steps.order_by("position").values_list("course__slug", flat=True)),
    )


def attestation(row: Attestation) -> AttestationFile:
    """What a manager attests."""
    return AttestationFile(slug=row.slug, title=row.title, statement=row.statement)


def credit(row: ExternalCredit) -> CreditFile:
    """What counts from elsewhere."""
    return CreditFile(slug=row.slug, title=row.title, issuer=row.issuer, url=row.url)


def designs(badges: Iterable[Achievement]) -> list[files.DesignFile]:
    """The designs of these badges, each once."""
    rows = {one.design.pk: one.design for one in badges if one.design}
    return [
        files.DesignFile(**{name: getattr(row, name) for name in files.DesignFile.model_fields})
        for row in rows.values()
    ]


def sources_named(file: files.ProgramFile) -> set[str]:
    """The sources that lessons, questions and criteria of a file point at."""
    return {ref.partition("@")[0] for ref in _refs(file) if ref}


def _refs(file: files.ProgramFile) -> Iterator[str | None]:
    yield from (lesson.source for one in file.courses for lesson in one.lessons)
    yield from (question.source for one in file.banks for question in one.questions)
    yield from (criterion.source for one in file.rubrics for criterion in one.criteria)


def sources(slugs: Iterable[str]) -> list[files.SourceFile]:
    """Sources with their revisions. Two queries."""
    rows = Source.objects.filter(slug__in=slugs).select_related("owner").prefetch_related("revisions")
    return [_source(row) for row in rows.order_by("slug")]


def _source(row: Source) -> files.SourceFile:
    revisions = sorted(row.revisions.all(), key=lambda one: one.number)
    return files.SourceFile(
        slug=row.slug,
        title=row.title,
        url=row.url,
        owner=row.owner.email if row.owner else None,
        check_interval_days=row.check_interval_days,
        revisions=[
            files.RevisionFile(noted_on=one.noted_on, changes=one.changes, material=one.is_material)
            for one in revisions
        ],
    )
