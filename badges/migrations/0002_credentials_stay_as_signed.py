"""What was signed, asked for or published as a key never changes: triggers refuse it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION badges_credential_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['state', 'revoked_at', 'succeeded_at', 'shown_name'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'a credential stays as it was signed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'revoked' AND (NEW.state, NEW.revoked_at) IS DISTINCT FROM (OLD.state, OLD.revoked_at) THEN
        RAISE EXCEPTION 'a revoked credential stays revoked' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credential_stays BEFORE UPDATE OR DELETE ON badges_credential
    FOR EACH ROW EXECUTE FUNCTION badges_credential_stays();

CREATE FUNCTION badges_revocation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['confirmed_by_id', 'confirmed_at'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.confirmed_at IS NOT NULL
       OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'a revocation request is only ever confirmed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER revocation_stays BEFORE UPDATE OR DELETE ON badges_revocationrequest
    FOR EACH ROW EXECUTE FUNCTION badges_revocation_stays();

CREATE FUNCTION badges_signing_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' OR OLD.state = 'withdrawn'
    THEN
        RAISE EXCEPTION 'a signing key only moves its state' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signing_key_stays BEFORE UPDATE OR DELETE ON badges_signingkey
    FOR EACH ROW EXECUTE FUNCTION badges_signing_key_stays();
"""
BACKWARD = """
DROP TRIGGER credential_stays ON badges_credential;
DROP FUNCTION badges_credential_stays();
DROP TRIGGER revocation_stays ON badges_revocationrequest;
DROP FUNCTION badges_revocation_stays();
DROP TRIGGER signing_key_stays ON badges_signingkey;
DROP FUNCTION badges_signing_key_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0001_credentials")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
