"""A key's state moves together with when it moved; everything else of it stays as it was published."""

from django.db import migrations

KEY = """
CREATE OR REPLACE FUNCTION badges_signing_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY[{movable}];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable OR OLD.state = 'withdrawn'
    THEN
        RAISE EXCEPTION 'a signing key only moves its state' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0006_three_signing_algorithms")]
    operations = [
        migrations.RunSQL(
            KEY.format(movable="'state', 'retired_at', 'withdrawn_at'"),
            KEY.format(movable="'state'"),
        )
    ]
