"""Background work of this app. A task takes ids, calls one action and may run twice."""

from uuid import UUID

from celery import shared_task

from assessments.actions import (
    banks,
    beliefs,
    closing,
    decisions,
    enrichments,
    exam_statistics,
    forecasts,
    moving,
    promises,
    question_imports,
    recorder,
    recordings,
    regrades,
    retention,
    review_statistics,
    reviews,
    ruling_clips,
    uploads,
)
from assessments.models.retention import PROMISED_RULES
from courses.lib.clock import database_now
from courses.lib.tasks import nudge


@shared_task
def check_recording(recording_id: str) -> None:
    """Check one received recording. The child has limits of its own; the global time limit is above them."""
    recordings.check_recording(recording_id=UUID(recording_id))


@shared_task
def sweep_recordings() -> None:
    """Find what was missed: checks that wait or hang, uploads that ran out, bytes that nobody needs."""
    now = database_now()
    recordings.free_hanging_checks(now=now)
    recorder.interrupt_silent_recordings(now=now)
    recorder.use_left_tracks(now=now)
    uploads.expire_uploads(now=now)
    uploads.drop_orphans()
    uploads.remind_of_uploads(now=now)
    retention.carry_out_purges(now=now, rules=PROMISED_RULES)
    for recording_id in recordings.recordings_to_check(now=now):
        nudge(check_recording, recording_id)


@shared_task(time_limit=8 * 3600)
def work_on_enrichment(enrichment_id: int) -> None:
    """Do one piece of further work on a recording. The child has limits of its own, below this one."""
    enrichments.work_on_enrichment(enrichment_id=enrichment_id)


@shared_task(time_limit=60, soft_time_limit=50)
def sweep_enrichments() -> None:
    """Every minute: free what a dead worker held, and find work whose nudge was lost."""
    now = database_now()
    enrichments.free_hanging_enrichments(now=now)
    for enrichment_id in enrichments.enrichments_to_do(now=now):
        nudge(work_on_enrichment, enrichment_id)


@shared_task(time_limit=3600)
def work_on_ruling_clip(clip_id: str) -> None:
    """Cut or delete the clip of one ruling. The child has limits of its own, below this one."""
    ruling_clips.work_on_clip(clip_id=UUID(clip_id))


@shared_task(time_limit=60, soft_time_limit=50)
def sweep_ruling_clips() -> None:
    """Every minute: free what a dead worker held, and find clips whose nudge was lost or that are tried again."""
    for clip_id in ruling_clips.sweep_clips(now=database_now()):
        nudge(work_on_ruling_clip, clip_id)


@shared_task
def carry_out_purge(purge_id: int) -> None:
    """Remove what was asked to go at once, if nothing stops it now."""
    retention.carry_out_one(purge_id=purge_id, now=database_now())


@shared_task
def move_finished_files() -> None:
    """Every five minutes: finished files go to the bucket, where one is configured."""
    moving.move_finished_files(now=database_now())


@shared_task
def sweep_retention() -> None:
    """Every hour: find what is past its time, and remove what nothing stops."""
    now = database_now()
    retention.ask_for_due_purges(now=now)
    retention.carry_out_purges(now=now)


@shared_task(time_limit=60, soft_time_limit=50)
def close_overdue_attempts() -> int:
    """Close attempts past their deadline and grace, and score what was left."""
    return closing.close_overdue_attempts(limit=100)


@shared_task(time_limit=600, soft_time_limit=590)
def count_exposures() -> int:
    """Every hour: how often each question was given lately, for the draw's weights."""
    return banks.count_exposures()


@shared_task(time_limit=60, soft_time_limit=50)
def sweep_review_queue() -> None:
    """Every minute: end leases that are past their time, and draw earlier what is nearly due."""
    reviews.expire_leases()
    promises.raise_priorities()


@shared_task(time_limit=300, soft_time_limit=240)
def watch_promises() -> None:
    """Every hour: find promised dates that the hours on duty can't keep, and decide what nobody can read further."""
    promises.watch_promises()
    decisions.decide_what_nobody_can_read()


@shared_task(time_limit=900, soft_time_limit=840)
def learn_from_marks() -> None:
    """Every hour, for those that are of yesterday: where further readings pay."""
    beliefs.learn_from_marks()


@shared_task(time_limit=600, soft_time_limit=540)
def compute_statistics(statistics_id: int) -> None:
    """Compute the statistics of one exam."""
    exam_statistics.compute_statistics(statistics_id=statistics_id, now=database_now())


@shared_task(time_limit=600, soft_time_limit=540)
def compute_review_statistics(statistics_id: int) -> None:
    """Compute the statistics of graders."""
    review_statistics.compute_review_statistics(statistics_id=statistics_id, now=database_now())


@shared_task(time_limit=600, soft_time_limit=540)
def compute_forecast(forecast_id: int) -> None:
    """Play one question to the simulator."""
    forecasts.compute_forecast(forecast_id=forecast_id, now=database_now())


@shared_task(time_limit=60, soft_time_limit=50)
def sweep_statistics() -> None:
    """Every minute: find statistics and forecasts that wait and whose nudge was lost."""
    now = database_now()
    for forecast_id in forecasts.forecasts_to_compute(now=now):
        nudge(compute_forecast, forecast_id)
    for statistics_id in exam_statistics.statistics_to_compute(now=now):
        nudge(compute_statistics, statistics_id)
    for statistics_id in review_statistics.review_statistics_to_compute(now=now):
        nudge(compute_review_statistics, statistics_id)


@shared_task(time_limit=60, soft_time_limit=50)
def ask_for_nightly_statistics() -> None:
    """Every hour: after two at night, ask for the statistics of graders and of every exam that people sat lately."""
    now = database_now()
    exam_statistics.ask_for_nightly_statistics(now=now)
    review_statistics.ask_for_nightly_review_statistics(now=now)


@shared_task(time_limit=900, soft_time_limit=890)
def work_on_regrade(regrade_id: int) -> None:
    """Count or apply one correction of a question."""
    regrades.work_on_regrade(regrade_id=regrade_id)


@shared_task(time_limit=900, soft_time_limit=890)
def sweep_regrades() -> int:
    """Find corrections that wait to be counted or applied."""
    return regrades.sweep_regrades()


@shared_task(time_limit=900, soft_time_limit=890)
def work_on_question_import(import_id: int) -> None:
    """Read one uploaded file of questions, or write one that was accepted. The child that reads has limits of its own."""
    question_imports.work_on_import(import_id=import_id)


@shared_task(time_limit=60, soft_time_limit=50)
def sweep_question_imports() -> None:
    """Every minute: free what a dead worker held, and find imports whose nudge was lost."""
    now = database_now()
    question_imports.free_hanging_imports(now=now)
    for import_id in question_imports.imports_to_work_on(now=now):
        nudge(work_on_question_import, import_id)
