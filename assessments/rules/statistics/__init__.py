"""Statistics of written exams: pure functions over a table of marks, without the database.

`tables` holds the marks, `csv_tables` reads them, `figures` puts everything together. One kind of variance is used
throughout, that of a sample (n - 1). What is undefined is None, never NaN. Source: rules.md 11.
"""
