"""A status list keeps its number, and an award is superseded once: triggers refuse anything else."""

from django.db import migrations

CREDENTIAL = """
CREATE OR REPLACE FUNCTION badges_credential_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY[{movable}];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'a credential stays as it was signed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'revoked' AND (NEW.state, NEW.revoked_at) IS DISTINCT FROM (OLD.state, OLD.revoked_at) THEN
        RAISE EXCEPTION 'a revoked credential stays revoked' USING ERRCODE = 'restrict_violation';
    END IF;
    {more}
    RETURN NEW;
END $$;
"""
BEFORE = "'state', 'revoked_at', 'succeeded_at', 'shown_name'"
ONCE = """
    IF OLD.superseded_by_id IS NOT NULL AND NEW.superseded_by_id IS DISTINCT FROM OLD.superseded_by_id THEN
        RAISE EXCEPTION 'a credential is superseded once' USING ERRCODE = 'restrict_violation';
    END IF;
"""
LISTS = """
CREATE FUNCTION badges_status_list_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.number <> OLD.number OR NEW.signed_at < OLD.signed_at THEN
        RAISE EXCEPTION 'a status list keeps its number and only gets newer' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER status_list_stays BEFORE UPDATE OR DELETE ON badges_statuslist
    FOR EACH ROW EXECUTE FUNCTION badges_status_list_stays();
"""
NO_LISTS = """
DROP TRIGGER status_list_stays ON badges_statuslist;
DROP FUNCTION badges_status_list_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0008_status_lists")]
    operations = [
        migrations.RunSQL(
            CREDENTIAL.format(movable=f"{BEFORE}, 'superseded_by_id'", more=ONCE),
            CREDENTIAL.format(movable=BEFORE, more=""),
        ),
        migrations.RunSQL(LISTS, NO_LISTS),
    ]
