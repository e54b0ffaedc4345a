"""What the database itself refuses of what is handed in and reviewed. The words are those of the migrations of each topic."""

from django.db import migrations

APPEND_ONLY = {
    name: f"assessments_{name}"
    for name in """rubricversion criterion level submissionversion submissionevent decision review mark recordingevent
    submissionversion_recordings submissionversion_files recordingconsent partmark attestation impression purgereceipt
    appeal""".split()
} | {"review_policy": "assessments_reviewpolicy"}
HISTORY = "".join(
    f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change();\n"
    for name, table in APPEND_ONLY.items()
)
NO_HISTORY = "".join(f"DROP TRIGGER {name}_append_only ON {table};\n" for name, table in APPEND_ONLY.items())

MARKS = """
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
"""
NO_MARKS = """
DROP TRIGGER review_total_is_its_marks ON assessments_review;
DROP FUNCTION review_total_is_its_marks();
ALTER TABLE assessments_mark DROP CONSTRAINT mark_on_a_level_of_its_criterion;
"""

COMMENTS = """
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
NO_COMMENTS = """
DROP TRIGGER comment_frozen_with_its_review ON assessments_comment;
DROP FUNCTION comment_frozen_with_its_review();
"""

RECORDINGS = """
CREATE TRIGGER recording_keeps_its_submission BEFORE UPDATE OF submission_id ON assessments_recording
    FOR EACH ROW WHEN (OLD.submission_id IS DISTINCT FROM NEW.submission_id) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER upload_keeps_its_recording BEFORE UPDATE OF recording_id, owner_id ON assessments_upload
    FOR EACH ROW WHEN (OLD.recording_id IS DISTINCT FROM NEW.recording_id OR OLD.owner_id IS DISTINCT FROM NEW.owner_id)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purge_stays BEFORE DELETE ON assessments_purge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purge_keeps_its_target BEFORE UPDATE OF recording_id, file_id, rule ON assessments_purge
    FOR EACH ROW WHEN (OLD.recording_id IS DISTINCT FROM NEW.recording_id OR OLD.file_id IS DISTINCT FROM NEW.file_id
        OR OLD.rule IS DISTINCT FROM NEW.rule) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_hold_stays BEFORE DELETE ON assessments_legalhold
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_hold_lifted_once BEFORE UPDATE ON assessments_legalhold
    FOR EACH ROW WHEN (OLD.lifted_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
"""
NO_RECORDINGS = """
DROP TRIGGER legal_hold_lifted_once ON assessments_legalhold;
DROP TRIGGER legal_hold_stays ON assessments_legalhold;
DROP TRIGGER purge_keeps_its_target ON assessments_purge;
DROP TRIGGER purge_stays ON assessments_purge;
DROP TRIGGER upload_keeps_its_recording ON assessments_upload;
DROP TRIGGER recording_keeps_its_submission ON assessments_recording;
"""

RULINGS = """
CREATE FUNCTION ruling_kept_as_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.retired_at IS NOT NULL
       OR to_jsonb(NEW) - 'retired_at' <> to_jsonb(OLD) - 'retired_at' THEN
        RAISE EXCEPTION 'ruling_kept_as_decided' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ruling_kept_as_decided BEFORE UPDATE OR DELETE ON assessments_ruling
    FOR EACH ROW EXECUTE FUNCTION ruling_kept_as_decided();
CREATE FUNCTION comparison_kept_once_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.judged_at IS NOT NULL OR OLD.passed_at IS NOT NULL THEN
        RAISE EXCEPTION 'comparison_kept_once_answered' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER comparison_kept_once_answered BEFORE UPDATE OR DELETE ON assessments_comparison
    FOR EACH ROW EXECUTE FUNCTION comparison_kept_once_answered();
"""
NO_RULINGS = """
DROP TRIGGER comparison_kept_once_answered ON assessments_comparison;
DROP FUNCTION comparison_kept_once_answered();
DROP TRIGGER ruling_kept_as_decided ON assessments_ruling;
DROP FUNCTION ruling_kept_as_decided();
"""

# The column was called notes_revision once, and its constraints still are. PostgreSQL names "not null" from 18 on.
NAMES = """
ALTER TABLE assessments_submission
    RENAME CONSTRAINT assessments_submission_revision_check TO assessments_submission_notes_revision_check;
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        ALTER TABLE assessments_submission
            RENAME CONSTRAINT assessments_submission_revision_not_null TO assessments_submission_notes_revision_not_null;
    END IF;
END $$;
"""

GUARDS = [
    migrations.RunSQL(NAMES, migrations.RunSQL.noop),
    migrations.RunSQL(HISTORY, NO_HISTORY),
    migrations.RunSQL(MARKS, NO_MARKS),
    migrations.RunSQL(COMMENTS, NO_COMMENTS),
    migrations.RunSQL(RECORDINGS, NO_RECORDINGS),
    migrations.RunSQL(RULINGS, NO_RULINGS),
]
