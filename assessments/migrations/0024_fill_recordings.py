"""What was one recording becomes the first of its list; comments learn which recording their moment is in."""

from django.db import migrations

FORWARD = """
UPDATE assessments_practical SET recordings_required = 0 WHERE NOT recording_required;
UPDATE assessments_historicalpractical SET recordings_required = 0 WHERE NOT recording_required;
INSERT INTO assessments_submissionversion_recordings (submissionversion_id, recording_id)
    SELECT id, recording_id FROM assessments_submissionversion WHERE recording_id IS NOT NULL;
ALTER TABLE assessments_comment DISABLE TRIGGER comment_frozen_with_its_review;
UPDATE assessments_comment SET recording_id = version.recording_id FROM assessments_submissionversion version
    WHERE version.id = submission_version_id AND start_ms IS NOT NULL;
ALTER TABLE assessments_comment ENABLE TRIGGER comment_frozen_with_its_review;
CREATE TRIGGER submissionversion_recordings_append_only BEFORE UPDATE OR DELETE
    ON assessments_submissionversion_recordings FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER submissionversion_recordings_append_only ON assessments_submissionversion_recordings;
ALTER TABLE assessments_submissionversion DISABLE TRIGGER submissionversion_append_only;
UPDATE assessments_submissionversion version SET recording_id = kept.recording_id
    FROM assessments_submissionversion_recordings kept JOIN assessments_recording r ON r.id = kept.recording_id
    WHERE kept.submissionversion_id = version.id AND r.place = 1;
ALTER TABLE assessments_submissionversion ENABLE TRIGGER submissionversion_append_only;
UPDATE assessments_practical SET recording_required = recordings_required > 0;
UPDATE assessments_historicalpractical SET recording_required = recordings_required > 0;
DELETE FROM assessments_submissionversion_recordings;
UPDATE assessments_comment SET recording_id = NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0023_recordings_of_a_practical")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
