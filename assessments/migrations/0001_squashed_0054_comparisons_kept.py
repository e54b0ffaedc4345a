"""0001 to 0054 in one: what a new database gets. One that has applied some of them goes on with the rest of them.

Left out, because a new database has nothing to move: the filling of lists of recordings (0024) and of practicals' calls (0028).
"""

from django.conf import settings
from django.db import migrations

from assessments.migrations.squashed_0054 import (
    around_practicals,
    calibration,
    exam_care,
    exam_guards,
    exams,
    guards,
    practicals,
    recordings,
    reviews,
)
from courses.lib.squashing import AllAtOnce

TOPICS = (practicals, around_practicals, recordings, reviews, calibration, exams, exam_care)


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("assessments", "0001_practicals"),
        ("assessments", "0002_practicals_append_only"),
        ("assessments", "0003_reviews"),
        ("assessments", "0004_reviews_guards"),
        ("assessments", "0005_recordings"),
        ("assessments", "0006_recordings_append_only"),
        ("assessments", "0007_exams"),
        ("assessments", "0008_exams_guards"),
        ("assessments", "0009_practicals_gate"),
        ("assessments", "0010_attempt_permission"),
        ("assessments", "0011_question_types"),
        ("assessments", "0012_exposures"),
        ("assessments", "0013_statistics"),
        ("assessments", "0014_exam_time"),
        ("assessments", "0015_exam_time_guards"),
        ("assessments", "0016_regrades"),
        ("assessments", "0017_regrades_guards"),
        ("assessments", "0018_standards"),
        ("assessments", "0019_standards_append_only"),
        ("assessments", "0020_practice"),
        ("assessments", "0021_release_of_results"),
        ("assessments", "0022_question_imports"),
        ("assessments", "0023_recordings_of_a_practical"),
        ("assessments", "0024_fill_recordings"),
        ("assessments", "0025_one_recording_less"),
        ("assessments", "0026_fewer_indexes"),
        ("assessments", "0027_what_practicals_ask_for"),
        ("assessments", "0028_calls_of_practicals"),
        ("assessments", "0029_reviewer_pool_history"),
        ("assessments", "0030_recorder"),
        ("assessments", "0031_recorder_append_only"),
        ("assessments", "0032_waivers"),
        ("assessments", "0033_live_sessions"),
        ("assessments", "0034_attestations_append_only"),
        ("assessments", "0035_own_marks"),
        ("assessments", "0036_impressions_append_only"),
        ("assessments", "0037_enrichments"),
        ("assessments", "0038_retention"),
        ("assessments", "0039_receipts_append_only"),
        ("assessments", "0040_version_asks"),
        ("assessments", "0041_graders_and_offers"),
        ("assessments", "0042_review_policy_append_only"),
        ("assessments", "0043_file_scanned"),
        ("assessments", "0044_review_statistics"),
        ("assessments", "0045_beliefs_by_rubric"),
        ("assessments", "0046_appeals"),
        ("assessments", "0047_appeals_append_only"),
        ("assessments", "0048_forecasts"),
        ("assessments", "0049_listening_and_reuse"),
        ("assessments", "0050_gold"),
        ("assessments", "0051_rulings"),
        ("assessments", "0052_rulings_kept"),
        ("assessments", "0053_judging"),
        ("assessments", "0054_comparisons_kept"),
    ]
    dependencies = [
        ("courses", "0004_lesson_kind_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        AllAtOnce([table for topic in TOPICS for table in topic.TABLES]),
        *guards.GUARDS,
        *exam_guards.GUARDS,
    ]
