"""Statistics of written exams and of graders: pure functions over a table of marks or scores, without the database.

Exams: `tables` holds the marks, `csv_tables` reads them, `figures` puts everything together (rules.md 11). Graders:
`scores`, `csv_scores`, `rater_figures` (rules.md 12). One kind of variance is used throughout, that of a sample (n - 1).
What is undefined is None, never NaN.
"""
