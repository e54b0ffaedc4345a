"""What the types with options to choose share."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.rules.kinds import OptionRow, ShownQuestion, Unanswerable, WrittenOption
from courses.lib.refusals import Refusal

EXAMPLE = gettext_noop("= right\n~ wrong\n~! always last")


def rows(options: Sequence[WrittenOption]) -> list[OptionRow]:
    """Every line is an option."""
    return [OptionRow(one.text, one.last) for one in options]


def key_for(options: Sequence[WrittenOption], ids: Sequence[int]) -> dict[str, Any]:
    """Each option's row id with its share of the mark."""
    return {str(pk): f"{one.fraction.normalize():f}" for pk, one in zip(ids, options, strict=True)}


def written(rows: Mapping[int, OptionRow], answers: Mapping[str, Any]) -> list[WrittenOption]:
    """The options with their shares; one that the key doesn't name has none."""
    return [WrittenOption(row.text, Decimal(answers.get(str(pk), "0")), row.last) for pk, row in rows.items()]


def met(value: Any, rows: Sequence[int], answers: Mapping[str, Any]) -> list[int]:
    """The chosen options."""
    return [index for index, pk in enumerate(rows) if pk in (value or [])]


def parse_choices(answer: Sequence[str], tokens: Mapping[str, int], *, at_most: int | None = None) -> list[int]:
    """The row ids of the chosen options, in the order shown. Raises `Unanswerable`."""
    chosen = set(answer)
    if not chosen <= tokens.keys():
        raise Unanswerable("unknown-option")
    if at_most is not None and len(chosen) > at_most:
        raise Unanswerable("too-many-options")
    return [option for token, option in tokens.items() if token in chosen]


def deliver_choices(value: Sequence[int], tokens: Mapping[str, int]) -> list[str]:
    """The delivery's ids of the chosen options, in the order shown."""
    return [token for token, option in tokens.items() if option in set(value)]


def render_choices(question: ShownQuestion, *, several: bool) -> SafeString:
    """Rows to choose one or several of."""
    return render_to_string(
        "assessments/exams/choices.html", {"question": question, "type": "checkbox" if several else "radio"}
    )


def why_not_options(options: Sequence[WrittenOption]) -> Refusal | None:
    """A question to choose from needs two different options at least."""
    texts = {option.text.strip() for option in options}
    if len(options) < 2:
        return Refusal("too-few-options", _("A question to choose from needs at least two options."))
    if "" in texts or len(texts) < len(options):
        return Refusal("options-alike", _("Every option needs a text of its own."))
    return None


def why_not_one_right(options: Sequence[WrittenOption]) -> Refusal | None:
    """Exactly one option is right."""
    if sum(option.fraction == 1 for option in options) != 1:
        return Refusal("not-one-right", _("Exactly one option must be right."))
    return None
