"""Call listening names its calls: until now they were those of the courses that its exam asks about."""

from django.db import migrations

FORWARD = """
INSERT INTO assessments_practical_calls (practical_id, lesson_id)
    SELECT DISTINCT practical.id, lesson.id FROM assessments_practical practical
    JOIN assessments_exam exam ON exam.id = practical.exam_id
    JOIN assessments_blueprintcell cell ON cell.exam_version_id = exam.current_version_id
    JOIN courses_lesson lesson ON lesson.course_id = cell.course_id AND lesson.kind = 'call'
    WHERE practical.kind = 'call_listening';
CREATE TRIGGER submissionversion_files_append_only BEFORE UPDATE OR DELETE
    ON assessments_submissionversion_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER submissionversion_files_append_only ON assessments_submissionversion_files;
DELETE FROM assessments_practical_calls;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0027_what_practicals_ask_for")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
