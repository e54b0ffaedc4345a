"""When a recording is deleted, its rulings forget where they were seen and what was agreed; their words still never change."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION ruling_kept_as_decided() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen text[] := '{recording_id,start_ms,end_ms,consent}';
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - seen = to_jsonb(OLD) - seen
       AND NEW.recording_id IS NULL AND NEW.start_ms IS NULL AND NEW.end_ms IS NULL AND NEW.consent = '' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.retired_at IS NOT NULL
       OR to_jsonb(NEW) - 'retired_at' <> to_jsonb(OLD) - 'retired_at' THEN
        RAISE EXCEPTION 'ruling_kept_as_decided' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION ruling_kept_as_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.retired_at IS NOT NULL
       OR to_jsonb(NEW) - 'retired_at' <> to_jsonb(OLD) - 'retired_at' THEN
        RAISE EXCEPTION 'ruling_kept_as_decided' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0055_ruling_clips")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
