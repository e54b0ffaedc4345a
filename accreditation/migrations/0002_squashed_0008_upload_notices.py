"""0002 to 0008 in one: what a new database gets. One that has applied some of them goes on with the rest of them."""

from django.db import migrations

from accreditation.migrations.squashed_0008.programs import PEOPLE, TABLES
from courses.lib.squashing import AllAtOnce

APPEND_ONLY = {
    "evidence_append_only": "accreditation_evidence",
    "program_version_immutable": "accreditation_programversion",
    "requirement_group_immutable": "accreditation_requirementgroup",
    "requirement_immutable": "accreditation_requirement",
}
FORWARD = "".join(
    f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();\n"
    for name, table in APPEND_ONLY.items()
)
BACKWARD = "".join(f"DROP TRIGGER {name} ON {table};\n" for name, table in APPEND_ONLY.items())


class Migration(migrations.Migration):
    replaces = [
        ("accreditation", "0002_programs"),
        ("accreditation", "0003_append_only"),
        ("accreditation", "0004_checks_see_nulls"),
        ("accreditation", "0005_sitting_notices"),
        ("accreditation", "0006_judging_notices"),
        ("accreditation", "0007_session_notices"),
        ("accreditation", "0008_upload_notices"),
    ]
    dependencies = [
        ("accreditation", "0001_user"),
        ("assessments", "0010_attempt_permission"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("badges", "0002_credentials_stay_as_signed"),
        ("courses", "0002_append_only"),
    ]
    operations = [AllAtOnce([*TABLES, *PEOPLE]), migrations.RunSQL(FORWARD, BACKWARD)]
