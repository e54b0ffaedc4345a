"""Triggers keep what can be found: in the transaction that changes a row, whoever changes it and however.

`search_source_<kind>()` says what a kind's rows read like; upper apps add theirs. The functions are text to the database, so
that a later migration may change the columns that they read.
"""

from django.db import migrations

# Accents, case, hyphens, vowel signs and invisible signs don't count; each Chinese, Japanese or Korean sign is a word of its own.
FOLD = r"""
CREATE FUNCTION search_fold(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT regexp_replace(
    translate(normalize(
        regexp_replace(
            normalize(translate(replace(lower(said), 'ß', 'ss'), 'øłđı', 'oldi'), NFKD),
            '[\u0300-\u036f\u0640\u064b-\u0655\u0670\u00ad\u200b-\u200f\u2060\ufeff]', '', 'g'
        ),
        NFC
    ), '/\.:@_-‐‑‒–—''’', '             '),
    '([\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3])', ' \1 ', 'g'
)
$$;
CREATE FUNCTION search_plain(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT btrim(regexp_replace(
    regexp_replace(
        regexp_replace(left(said, 60000), '!?\[([^][]*)\]\([^()\s]*\)', '\1', 'g'),
        '[#*`>|~_]+', ' ', 'g'
    ),
    '[[:space:][:cntrl:]]+', ' ', 'g'
))
$$;
CREATE FUNCTION search_vector(title text, words text, summary text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT setweight(to_tsvector('english', search_fold(title)), 'A') || setweight(to_tsvector('simple', search_fold(title)), 'A')
    || setweight(to_tsvector('english', search_fold(words)), 'B') || setweight(to_tsvector('simple', search_fold(words)), 'B')
    || setweight(to_tsvector('english', search_fold(summary)), 'C')
    || setweight(to_tsvector('simple', search_fold(summary)), 'C')
    || setweight(to_tsvector('english', search_fold(body)), 'D') || setweight(to_tsvector('simple', search_fold(body)), 'D')
$$;
CREATE FUNCTION search_start(said text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN search_fold(said) ~ '^[[:alnum:][:space:]]*[[:alnum:]][[:alnum:][:space:]]*$'
    THEN to_tsquery('simple', '''' || search_fold(said) || ''':*') ELSE plainto_tsquery('simple', search_fold(said)) END
$$;
"""
WRITE = """
CREATE FUNCTION search_write(wanted text, ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO courses_searchentry AS e
            (kind, row_id, slug, within_id, within_slug, within, title, words, summary, body, folded, title_vector, vector)
        SELECT $1, s.row_id, s.slug, s.within_id, s.within_slug, s.within, s.title, s.words, s.summary, s.body,
            search_fold(s.title || '' '' || s.words), search_vector(s.title, '''', '''', ''''),
            search_vector(s.title, s.words, s.summary, s.body)
        FROM (
            SELECT row_id, slug, within_id, within_slug, left(within, 300) AS within, left(title, 300) AS title,
                left(words, 2000) AS words, left(search_plain(summary), 4000) AS summary, search_plain(body) AS body
            FROM %I() WHERE row_id = ANY($2)
        ) s
        ON CONFLICT (kind, row_id) DO UPDATE SET slug = excluded.slug, within_id = excluded.within_id, within_slug = excluded.within_slug,
            within = excluded.within, title = excluded.title, words = excluded.words, summary = excluded.summary,
            body = excluded.body, folded = excluded.folded,
            title_vector = excluded.title_vector, vector = excluded.vector
        WHERE (e.slug, e.within_id, e.within_slug, e.within, e.title, e.words, e.summary, e.body, e.folded)
            IS DISTINCT FROM (excluded.slug, excluded.within_id, excluded.within_slug, excluded.within, excluded.title, excluded.words,
                excluded.summary, excluded.body, excluded.folded)',
        'search_source_' || wanted
    ) USING wanted, ids;
    EXECUTE format(
        'DELETE FROM courses_searchentry e WHERE e.kind = $1 AND e.row_id = ANY($2)
            AND NOT EXISTS (SELECT FROM %I() s WHERE s.row_id = e.row_id)',
        'search_source_' || wanted
    ) USING wanted, ids;
END $$;
CREATE FUNCTION search_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP <> 'DELETE' THEN ids := ids || (to_jsonb(NEW) ->> TG_ARGV[1])::bigint; END IF;
    IF TG_OP <> 'INSERT' THEN ids := ids || (to_jsonb(OLD) ->> TG_ARGV[1])::bigint; END IF;
    PERFORM search_write(TG_ARGV[0], ids);
    RETURN NULL;
END $$;
CREATE FUNCTION search_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
    before text := to_jsonb(OLD) ->> TG_ARGV[0];
BEGIN
    IF before IS NOT DISTINCT FROM to_jsonb(NEW) ->> TG_ARGV[0] OR before = '' THEN RETURN NULL; END IF;
    FOR found IN SELECT kind, array_agg(row_id) AS ids FROM courses_searchentry
        WHERE strpos(words, before) > 0 OR within = left(before, 300) OR within_slug = before GROUP BY kind
    LOOP PERFORM search_write(found.kind, found.ids); END LOOP;
    RETURN NULL;
END $$;
"""
RETURNS = """RETURNS TABLE (row_id bigint, slug text, within_id bigint, within_slug text, within text, title text,
    words text, summary text, body text) LANGUAGE sql STABLE"""
SOURCES = f"""
CREATE FUNCTION search_source_course() {RETURNS} AS $$
SELECT c.id, c.slug, NULL::bigint, '', '', c.title,
    concat_ws(', ', (SELECT j.name FROM courses_journeystage j WHERE j.id = c.journey_stage_id),
        (SELECT string_agg(u.name, ', ' ORDER BY u.position, u.name) FROM courses_course_use_cases m
            JOIN courses_usecase u ON u.id = m.usecase_id WHERE m.course_id = c.id)),
    c.summary,
    coalesce((SELECT string_agg(o.text, '. ' ORDER BY o.position, o.id) FROM courses_objective o WHERE o.course_id = c.id), '')
FROM courses_course c $$;
CREATE FUNCTION search_source_path() {RETURNS} AS $$
SELECT p.id, p.slug, NULL::bigint, '', '', p.title,
    concat_ws(', ', (SELECT j.name FROM courses_journeystage j WHERE j.id = p.journey_stage_id),
        (SELECT u.name FROM courses_usecase u WHERE u.id = p.use_case_id)),
    p.summary, ''
FROM courses_learningpath p $$;
CREATE FUNCTION search_source_lesson() {RETURNS} AS $$
SELECT l.id, l.slug, c.id, c.slug, c.title, l.title,
    coalesce((SELECT o.text FROM courses_objective o WHERE o.id = l.objective_id), ''), '', l.body
FROM courses_lesson l JOIN courses_course c ON c.id = l.course_id $$;
CREATE FUNCTION search_source_asset() {RETURNS} AS $$
SELECT a.id, a.slug, NULL::bigint, '', '', a.title,
    concat_ws(', ', replace(a.kind, '_', ' '),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM courses_asset_products m
            JOIN courses_product w ON w.id = m.product_id WHERE m.asset_id = a.id),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM courses_asset_personas m
            JOIN courses_persona w ON w.id = m.persona_id WHERE m.asset_id = a.id),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM courses_asset_use_cases m
            JOIN courses_usecase w ON w.id = m.usecase_id WHERE m.asset_id = a.id),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM courses_asset_verticals m
            JOIN courses_vertical w ON w.id = m.vertical_id WHERE m.asset_id = a.id),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM courses_asset_ecosystems m
            JOIN courses_ecosystem w ON w.id = m.ecosystem_id WHERE m.asset_id = a.id),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM courses_asset_sizes m
            JOIN courses_companysize w ON w.id = m.companysize_id WHERE m.asset_id = a.id),
        (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM courses_asset_competencies m
            JOIN courses_competency w ON w.id = m.competency_id WHERE m.asset_id = a.id)),
    a.summary, coalesce((SELECT v.body FROM courses_assetversion v WHERE v.id = a.current_version_id), '')
FROM courses_asset a $$;
"""
FOLLOWED = [
    ("course", "courses_course", "id"),
    ("course", "courses_course_use_cases", "course_id"),
    ("course", "courses_objective", "course_id"),
    ("path", "courses_learningpath", "id"),
    ("lesson", "courses_lesson", "id"),
    ("asset", "courses_asset", "id"),
    *(
        ("asset", f"courses_asset_{name}", "asset_id")
        for name in ("products", "personas", "use_cases", "verticals", "ecosystems", "sizes", "competencies")
    ),
]
RENAMED = [
    ("courses_course", "title"),
    ("courses_course", "slug"),
    ("courses_objective", "text"),
    *(
        (f"courses_{name}", "name")
        for name in (
            "role", "persona", "product", "usecase", "vertical", "ecosystem", "companysize", "competency", "journeystage",
        )
    ),
]  # fmt: skip
KINDS = ("course", "path", "lesson", "asset")


def forward() -> str:
    """What is made, and what is there already written down."""
    follow = "".join(
        f"CREATE TRIGGER search_follow AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION search_follow('{kind}', '{column}');\n"
        for kind, table, column in FOLLOWED
    )
    renamed = "".join(
        f"CREATE TRIGGER search_renamed_{column} AFTER UPDATE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION search_renamed('{column}');\n"
        for table, column in RENAMED
    )
    fill = "".join(
        f"SELECT search_write('{kind}', ARRAY(SELECT row_id FROM search_source_{kind}()));\n" for kind in KINDS
    )
    return FOLD + WRITE + SOURCES + follow + renamed + fill


def backward() -> str:
    """Triggers first, then what they call."""
    gone = [f"DROP TRIGGER search_follow ON {table};" for _, table, _ in FOLLOWED]
    gone += [f"DROP TRIGGER search_renamed_{column} ON {table};" for table, column in RENAMED]
    gone += [f"DROP FUNCTION search_source_{kind}();" for kind in KINDS]
    gone += [
        "DROP FUNCTION search_renamed();",
        "DROP FUNCTION search_follow();",
        "DROP FUNCTION search_write(text, bigint[]);",
        "DROP FUNCTION search_start(text);",
        "DROP FUNCTION search_vector(text, text, text, text);",
        "DROP FUNCTION search_plain(text);",
        "DROP FUNCTION search_fold(text);",
        "DELETE FROM courses_searchentry;",
    ]
    return "\n".join(gone)


class Migration(migrations.Migration):
    dependencies = [("courses", "0011_search")]
    operations = [migrations.RunSQL(forward(), backward())]
