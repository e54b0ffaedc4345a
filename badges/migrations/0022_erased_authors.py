"""What an erased person said is forgotten: a withdrawn endorsement may lose all its words at once, and nothing else."""

from django.db import migrations

BODY = """
CREATE OR REPLACE FUNCTION badges_endorsement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['state', 'withdrawn_at', 'withdrawn_by_id', 'reason', 'hidden_at', 'resign_due_at', 'succeeded_at'];
BEGIN
    {erased}
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'an endorsement stays as it was signed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'withdrawn' AND (NEW.state, NEW.withdrawn_at, NEW.withdrawn_by_id, NEW.reason)
       IS DISTINCT FROM (OLD.state, OLD.withdrawn_at, OLD.withdrawn_by_id, OLD.reason) THEN
        RAISE EXCEPTION 'a withdrawn endorsement stays withdrawn' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
ERASED = """
    IF TG_OP = 'UPDATE' AND OLD.state = 'withdrawn'
       AND (NEW.document, NEW.jwt, NEW.comment, NEW.author_words) = ('', '', '', '') THEN
        movable := movable || ARRAY['document', 'jwt', 'comment', 'author_words'];
    END IF;
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0021_withdrawn_keys_have_their_time")]
    operations = [migrations.RunSQL(BODY.format(erased=ERASED), BODY.format(erased=""))]
