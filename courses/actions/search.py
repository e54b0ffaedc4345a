"""Looking after what can be found: triggers keep it; this finds what they missed, e.g. after rows were loaded without them."""

from django.db import connection, transaction

from courses.models import EntryKind

DIFFERS = """
SELECT coalesce(e.row_id, s.row_id) FROM (SELECT * FROM courses_searchentry WHERE kind = %s) e
FULL JOIN {source}() s ON s.row_id = e.row_id
WHERE e.row_id IS NULL OR s.row_id IS NULL OR (e.slug, e.within_id, e.within_slug, e.within, e.title, e.words, e.summary, e.body)
    IS DISTINCT FROM (s.slug, s.within_id, s.within_slug, left(s.within, 300), left(s.title, 300), left(s.words, 2000),
        left(search_plain(s.summary), 4000), search_plain(s.body))
"""


def differing(kind: str) -> list[int]:
    """Keys of the rows whose entry is missing, left over, or says something else. One query."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERS.format(source=f"search_source_{EntryKind(kind)}"), [kind])
        return [key for (key,) in cursor.fetchall()]


@transaction.atomic
def rewrite_entries(*, kind: str, keys: list[int]) -> None:
    """Write the entries of these rows anew, and drop those whose row is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_write(%s, %s::bigint[])", [kind, keys])


def settle_entries() -> int:
    """Put right every entry that differs. Returns how many did."""
    count = 0
    for kind in EntryKind.values:
        if keys := differing(kind):
            rewrite_entries(kind=kind, keys=keys)
            count += len(keys)
    return count
