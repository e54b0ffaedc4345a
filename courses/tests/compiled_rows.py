"""What a compiled queryset gives, held against the ORM."""


def same_rows(compiled, **values):
    """The rows, after making sure that the ORM gives the same, field for field, related instances included."""
    rows, expected = compiled(**values), list(compiled.queryset(**values))
    assert [everything_of(one) for one in rows] == [everything_of(one) for one in expected]
    return rows


def everything_of(row):
    """What an instance holds: its fields, annotations and related instances; a tuple is what it is."""
    if isinstance(row, tuple):
        return row
    kept = {name: value for name, value in vars(row).items() if name != "_state"}
    related = {name: one and everything_of(one) for name, one in row._state.fields_cache.items()}
    return kept | {"related": related, "from": (row._state.db, row._state.adding)}
