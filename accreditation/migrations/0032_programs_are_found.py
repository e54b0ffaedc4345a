"""Programs, exams, practicals and badges can be found too, kept by triggers as courses are."""

from django.db import migrations

RETURNS = """RETURNS TABLE (row_id bigint, slug text, within_id bigint, within_slug text, within text, title text,
    words text, summary text, body text) LANGUAGE sql STABLE"""
SOURCES = f"""
CREATE FUNCTION search_source_program() {RETURNS} AS $$
SELECT p.id, p.slug, NULL::bigint, '', '', p.title,
    concat_ws(', ',
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM accreditation_program_roles m
            JOIN courses_role w ON w.id = m.role_id WHERE m.program_id = p.id),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM accreditation_program_personas m
            JOIN courses_persona w ON w.id = m.persona_id WHERE m.program_id = p.id)),
    p.summary, p.description
FROM accreditation_program p $$;
CREATE FUNCTION search_source_exam() {RETURNS} AS $$
SELECT e.id, e.slug, NULL::bigint, '', '', e.title, '', e.summary, '' FROM assessments_exam e $$;
CREATE FUNCTION search_source_practical() {RETURNS} AS $$
SELECT p.id, p.slug, NULL::bigint, '', '', p.title, replace(p.kind, '_', ' '), p.summary, '' FROM assessments_practical p $$;
CREATE FUNCTION search_source_badge() {RETURNS} AS $$
SELECT a.id, a.slug, NULL::bigint, '', '', a.name, array_to_string(a.tags, ', '), a.description, a.criteria
FROM badges_achievement a $$;
"""
FOLLOWED = [
    ("program", "accreditation_program", "id"),
    ("program", "accreditation_program_roles", "program_id"),
    ("program", "accreditation_program_personas", "program_id"),
    ("exam", "assessments_exam", "id"),
    ("practical", "assessments_practical", "id"),
    ("badge", "badges_achievement", "id"),
]
KINDS = ("program", "exam", "practical", "badge")


def forward() -> str:
    """What is made, and what is there already written down."""
    follow = "".join(
        f"CREATE TRIGGER search_follow AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION search_follow('{kind}', '{column}');\n"
        for kind, table, column in FOLLOWED
    )
    fill = "".join(
        f"SELECT search_write('{kind}', ARRAY(SELECT row_id FROM search_source_{kind}()));\n" for kind in KINDS
    )
    return SOURCES + follow + fill


def backward() -> str:
    """Triggers first, then what they call."""
    gone = [f"DROP TRIGGER search_follow ON {table};" for _, table, _ in FOLLOWED]
    gone += [f"DROP FUNCTION search_source_{kind}();" for kind in KINDS]
    gone += [f"DELETE FROM courses_searchentry WHERE kind = '{kind}';" for kind in KINDS]
    return "\n".join(gone)


class Migration(migrations.Migration):
    dependencies = [
        ("accreditation", "0031_reminder_ladders"),
        ("courses", "0012_search_is_kept"),
        ("assessments", "0063_supervision_of_a_try"),
        ("badges", "0023_badges_name_competencies"),
    ]
    operations = [migrations.RunSQL(forward(), backward())]
