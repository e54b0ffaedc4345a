"""Why something was withdrawn is never said otherwise afterwards, nor deleted; only whom it was told to goes on."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER withdrawal_append_only BEFORE UPDATE OF
    subject, title, reason, replaced_by, under_way, withdrawn_by_id, withdrawn_at ON courses_withdrawal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER withdrawal_not_deleted BEFORE DELETE ON courses_withdrawal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER withdrawal_append_only ON courses_withdrawal;
DROP TRIGGER withdrawal_not_deleted ON courses_withdrawal;
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0013_withdrawals")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
