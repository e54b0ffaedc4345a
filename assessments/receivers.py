"""What this app does on its own news: each receiver is one line, and only these queue tasks."""

from typing import Any

from django.dispatch import receiver

from assessments import signals, tasks
from assessments.models import (
    Enrichment,
    ExamStatistics,
    Forecast,
    Purge,
    QuestionImport,
    Recording,
    Regrade,
    ReviewStatistics,
    RulingClip,
)
from assessments.rules.uses import under_way_in, uses_by_assessments
from courses.lib.tasks import nudge
from courses.rules.uses import Use
from courses.signals import under_way_asked, uses_asked


@receiver(signals.recording_received)
def check_what_came(sender: type[Recording], recording: Recording, **kwargs: Any) -> None:
    """Hurry the checks; the sweep does it where this gets lost."""
    nudge(tasks.check_recording, recording.pk)


@receiver(signals.enrichment_queued)
def enrich_what_is_ready(sender: type[Enrichment], enrichment: Enrichment, **kwargs: Any) -> None:
    """Hurry it; the sweep does it where this gets lost."""
    nudge(tasks.work_on_enrichment, enrichment.pk)


@receiver(signals.ruling_clip_queued)
def cut_what_was_ruled(sender: type[RulingClip], clip: RulingClip, **kwargs: Any) -> None:
    """Hurry it; the sweep does it where this gets lost."""
    nudge(tasks.work_on_ruling_clip, clip.pk)


@receiver(signals.purge_asked)
def purge_what_was_asked(sender: type[Purge], purge: Purge, **kwargs: Any) -> None:
    """Hurry it; the sweep does it where this gets lost, or where it has to wait."""
    nudge(tasks.carry_out_purge, purge.pk)


@receiver(signals.statistics_wanted)
def compute_what_was_asked(sender: type[ExamStatistics], statistics: ExamStatistics, **kwargs: Any) -> None:
    """Hurry the computation; the sweep does it where this gets lost."""
    nudge(tasks.compute_statistics, statistics.pk)


@receiver(signals.review_statistics_wanted)
def compute_figures_of_graders(sender: type[ReviewStatistics], statistics: ReviewStatistics, **kwargs: Any) -> None:
    """Computed in a task."""
    nudge(tasks.compute_review_statistics, statistics.pk)


@receiver(signals.forecast_wanted)
def play_what_was_asked(sender: type[Forecast], forecast: Forecast, **kwargs: Any) -> None:
    """Hurry the simulator; the sweep does it where this gets lost."""
    nudge(tasks.compute_forecast, forecast.pk)


@receiver(signals.question_import_queued)
def work_on_what_was_uploaded(sender: type[QuestionImport], row: QuestionImport, **kwargs: Any) -> None:
    """Hurry it; the sweep does it where this gets lost."""
    nudge(tasks.work_on_question_import, row.pk)


@receiver(signals.regrade_asked)
def work_on_correction(sender: type[Regrade], regrade: Regrade, **kwargs: Any) -> None:
    """Hurry the counting or applying; the sweep does it where this gets lost."""
    nudge(tasks.work_on_regrade, regrade.pk)


@receiver(uses_asked)
def name_what_assesses(row: Any, **kwargs: Any) -> list[Use]:
    """Exams, practicals, banks and rubrics that use content."""
    return uses_by_assessments(row)


@receiver(under_way_asked)
def name_who_is_assessed(row: Any, **kwargs: Any) -> list[int]:
    """People with an open sitting or try."""
    people = under_way_in(row)
    return [] if people is None else list(people)
