"""Evidence is append-only; program versions and their requirements never change once written."""

from django.db import migrations

TABLES = {
    "evidence_append_only": "accreditation_evidence",
    "program_version_immutable": "accreditation_programversion",
    "requirement_group_immutable": "accreditation_requirementgroup",
    "requirement_immutable": "accreditation_requirement",
}
FORWARD = "".join(
    f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();\n"
    for name, table in TABLES.items()
)
BACKWARD = "".join(f"DROP TRIGGER {name} ON {table};\n" for name, table in TABLES.items())


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0002_programs"), ("courses", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
