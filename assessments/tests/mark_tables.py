"""Published and made tables of marks for the tests of statistics."""

import numpy as np

from assessments.rules.statistics.tables import MarkTable

# Five items of the Law School Admission Test, section 6, 1,000 persons: patterns and how many gave them.
# Source: Bock & Lieberman 1970, Psychometrika 35, table 1.
LSAT_6_TEXT = """
00000 3 00001 6 00010 2 00011 11 00100 1 00101 1 00110 3 00111 4 01000 1 01001 8 01011 16 01101 3 01110 2 01111 15
10000 10 10001 29 10010 14 10011 81 10100 3 10101 28 10110 15 10111 80 11000 16 11001 56 11010 21 11011 173 11100 11
11101 61 11110 28 11111 298
"""
LSAT_6 = LSAT_6_TEXT.split()

# Six targets, four judges. Source: Shrout & Fleiss 1979, Psychological Bulletin 86, table 2.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def table(marks, maxima=None, names=None):
    """A table from lists; None is a cell that wasn't seen."""
    array = np.array([[np.nan if mark is None else mark for mark in row] for row in marks], dtype=float)
    array = array.reshape(len(marks), -1)
    names = names or [f"q{place}" for place in range(1, array.shape[1] + 1)]
    full = np.ones(array.shape[1]) if maxima is None else np.array(maxima, dtype=float)
    return MarkTable(tuple(names), array, full)


def lsat_6():
    pairs = zip(LSAT_6[::2], LSAT_6[1::2], strict=True)
    return table([[int(mark) for mark in pattern] for pattern, count in pairs for _ in range(int(count))])


def shrout_fleiss():
    return table(SHROUT_FLEISS, maxima=[10] * 4)


def abilities(persons, items, *, seed=1, spread=1.0):
    """Marks of 0 and 1 of persons and items that differ normally on the logistic scale."""
    generator = np.random.default_rng(seed)
    able, hard = generator.normal(1, spread, persons), generator.normal(0, 1, items)
    chance = 1 / (1 + np.exp(hard - able[:, None]))
    return (generator.random((persons, items)) < chance).astype(float)


def drawn_forms(marks, each, *, seed=2):
    """The same marks where every person saw only so many items, drawn at random."""
    generator = np.random.default_rng(seed)
    hidden = generator.random(marks.shape).argsort(axis=1) >= each
    return np.where(hidden, np.nan, marks)
