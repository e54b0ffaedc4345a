"""Import of an export is the same bank by content hash, whatever its questions say."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.rules.banks import question_hash
from assessments.rules.formats import format_of, formats, read_file
from assessments.rules.imports import judge
from assessments.rules.kinds import kinds
from assessments.tests.question_texts import written

CASES = [(form, kind) for form in sorted(formats()) for kind in sorted(kinds())]
NEVER = {("gift", "ordering")}
"""What a format has no form for at all."""


def hash_of(question):
    return question_hash(question.kind, question.text, question.rule, question.options, question.rationale)


def place(question):
    return question.title, question.topic, question.difficulty, bool(question.practice_only)


@pytest.mark.parametrize(("form", "kind"), CASES)
def test_import_of_an_export_is_the_same(form, kind):
    held = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(written(kind), min_size=1, max_size=3, unique_by=lambda one: one.external_id))
    def round_trip(questions):
        export = format_of(form).write(questions)
        left_out = {one.external_id for one in export.left_out}
        kept = {one.external_id: one for one in questions if one.external_id not in left_out}
        report = judge(read_file(export.content, format=form))
        found = {one.question.external_id: one.question for one in report.takes}
        assert {name: hash_of(one) for name, one in found.items()} == {name: hash_of(one) for name, one in kept.items()}
        assert {name: place(one) for name, one in found.items()} == {name: place(one) for name, one in kept.items()}
        held.extend(kept)

    round_trip()

    assert bool(held) == ((form, kind) not in NEVER)
