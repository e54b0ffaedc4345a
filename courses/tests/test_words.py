"""Sentences that are kept to be said in any language."""

import json
from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from courses.lib.words import Said, counted, keep, said_again, say


def test_sentence_names_its_values():
    said = Said("%(program)s is due on %(day)s", {"program": "Core", "day": date(2026, 12, 5)})

    assert say(said) == "Core is due on 5 December 2026"


@pytest.mark.parametrize(("count", "text"), [(1, "1 day left"), (2, "2 days left"), (0, "0 days left")])
def test_a_counted_sentence_takes_its_form(count, text):
    assert say(counted("%(count)s day left", "%(count)s days left", {"count": count})) == text


def test_parts_stand_one_after_the_other_and_empty_ones_fall_out():
    assert say((Said("Handed in."), "", "Written by a person, 100 %.")) == "Handed in. Written by a person, 100 %."


@pytest.mark.parametrize(
    "words",
    [
        "as it is, 100 %",
        Said("Receipt %(receipt)s.", {"receipt": "A%(b)s"}),
        Said("%(when)s UTC", {"when": datetime(2026, 11, 22, 23, 5, tzinfo=UTC)}),
        (Said("%(a)s in %(b)s", {"a": counted("%(count)s end", "%(count)s ends", {"count": 2}), "b": 7}), "free words"),
    ],
)
def test_what_is_kept_is_said_again_word_for_word(words):
    assert said_again(json.loads(json.dumps(keep(words)))) == say(words)


@pytest.mark.parametrize("kept", [{}, [], {"said": 1}, {"said": {"text": "a"}}, None, "text"])
def test_odd_things_that_were_kept_break_no_page(kept):
    assert isinstance(said_again(kept), str)


def test_moments_follow_the_readers_language():
    moment = Said("%(when)s", {"when": datetime(2026, 11, 22, 23, 5, tzinfo=UTC)})

    with translation.override("de"):
        assert str(moment) == "22. November 2026 23:05"
