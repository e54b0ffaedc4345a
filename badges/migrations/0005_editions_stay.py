"""What an award points to never changes, and whose it is may only be forgotten: triggers refuse anything else."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION badges_edition_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an edition stays as it was given' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER edition_stays BEFORE UPDATE OR DELETE ON badges_edition
    FOR EACH ROW EXECUTE FUNCTION badges_edition_stays();

CREATE FUNCTION badges_recipient_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a recipient is only ever forgotten' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER recipient_stays BEFORE UPDATE ON badges_recipient
    FOR EACH ROW EXECUTE FUNCTION badges_recipient_stays();
"""
BACKWARD = """
DROP TRIGGER edition_stays ON badges_edition;
DROP FUNCTION badges_edition_stays();
DROP TRIGGER recipient_stays ON badges_recipient;
DROP FUNCTION badges_recipient_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0004_editions_and_recipients")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
