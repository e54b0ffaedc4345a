"""What a compiled queryset gives, held against the ORM."""


def same_rows(compiled, **values):
    """The rows, after making sure that the ORM gives the same, field for field, related instances included.

    Where the queryset has no order, neither have the rows.
    """
    queryset = compiled.queryset(**values)
    rows, expected = compiled(**values), list(queryset)
    if not queryset.ordered:
        rows, expected = sorted(rows, key=place_of), sorted(expected, key=place_of)
    assert [everything_of(one) for one in rows] == [everything_of(one) for one in expected]
    return rows


def place_of(row):
    return str(row if isinstance(row, tuple) else row.pk)


def everything_of(row, above=()):
    """What an instance holds: its fields, annotations and related instances; a tuple is what it is."""
    if isinstance(row, tuple):
        return row
    kept = {name: value for name, value in vars(row).items() if name != "_state"}
    related = {
        name: one and (one.pk if type(one) in above else everything_of(one, (*above, type(row))))
        for name, one in row._state.fields_cache.items()
    }
    return kept | {"related": related, "from": (row._state.db, row._state.adding)}
