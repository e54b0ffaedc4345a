"""The history of a recording never changes, and neither does the submission it was made for: triggers refuse it."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER recordingevent_append_only BEFORE UPDATE OR DELETE ON assessments_recordingevent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recording_keeps_its_submission BEFORE UPDATE OF submission_id ON assessments_recording
    FOR EACH ROW WHEN (OLD.submission_id IS DISTINCT FROM NEW.submission_id) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER upload_keeps_its_recording BEFORE UPDATE OF recording_id, owner_id ON assessments_upload
    FOR EACH ROW WHEN (OLD.recording_id IS DISTINCT FROM NEW.recording_id OR OLD.owner_id IS DISTINCT FROM NEW.owner_id)
    EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER upload_keeps_its_recording ON assessments_upload;
DROP TRIGGER recording_keeps_its_submission ON assessments_recording;
DROP TRIGGER recordingevent_append_only ON assessments_recordingevent;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0005_recordings"), ("courses", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
