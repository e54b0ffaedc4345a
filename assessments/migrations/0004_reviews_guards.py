"""What the database alone can promise about marks: they lie on a described level, sum to the total, and never change."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER review_append_only BEFORE UPDATE OR DELETE ON assessments_review
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mark_append_only BEFORE UPDATE OR DELETE ON assessments_mark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE assessments_mark ADD CONSTRAINT mark_on_a_level_of_its_criterion
    FOREIGN KEY (criterion_id, points) REFERENCES assessments_level (criterion_id, number) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION review_total_is_its_marks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    points_given bigint;
    marks_given bigint;
    marks_wanted bigint;
BEGIN
    SELECT coalesce(sum(points), 0), count(*) INTO points_given, marks_given
        FROM assessments_mark WHERE review_id = NEW.id;
    SELECT count(*) INTO marks_wanted FROM assessments_criterion
        JOIN assessments_submission ON assessments_submission.rubric_version_id = assessments_criterion.rubric_version_id
        JOIN assessments_submissionversion ON assessments_submissionversion.submission_id = assessments_submission.id
        WHERE assessments_submissionversion.id = NEW.submission_version_id;
    IF points_given <> NEW.total OR marks_given <> marks_wanted THEN
        RAISE EXCEPTION 'review_total_is_its_marks' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER review_total_is_its_marks AFTER INSERT ON assessments_review
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION review_total_is_its_marks();

CREATE FUNCTION comment_frozen_with_its_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM assessments_review WHERE submission_version_id = OLD.submission_version_id
               AND grader_id = OLD.grader_id) THEN
        RAISE EXCEPTION 'comment_frozen_with_its_review' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER comment_frozen_with_its_review BEFORE UPDATE OR DELETE ON assessments_comment
    FOR EACH ROW EXECUTE FUNCTION comment_frozen_with_its_review();
"""
BACKWARD = """
DROP TRIGGER comment_frozen_with_its_review ON assessments_comment;
DROP FUNCTION comment_frozen_with_its_review();
DROP TRIGGER review_total_is_its_marks ON assessments_review;
DROP FUNCTION review_total_is_its_marks();
ALTER TABLE assessments_mark DROP CONSTRAINT mark_on_a_level_of_its_criterion;
DROP TRIGGER mark_append_only ON assessments_mark;
DROP TRIGGER review_append_only ON assessments_review;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0003_reviews")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
