"""The words of a ruling never change; it may be retired once, and is never deleted."""

from django.db import migrations

FORWARD = """
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
"""
BACKWARD = """
DROP TRIGGER ruling_kept_as_decided ON assessments_ruling;
DROP FUNCTION ruling_kept_as_decided();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0051_rulings")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
