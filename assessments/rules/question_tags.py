"""What a foreign format has no place for, kept in its tags: they do no harm elsewhere, and come back unchanged.

`type=`, `rule=`, `last=1,3` (lines that stay last in a shuffle, from 1), `difficulty=`, `objective=course/objective`,
`practice-only`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from assessments.rules.written import WrittenQuestion

OURS = re.compile(r"^(type|rule|last|difficulty|objective)=(.+)$")
PRACTICE = "practice-only"
WHOLE_OR_NOTHING = ("balanced", "exact")
DIFFICULTIES = ("easy", "medium", "hard")


def tags_of(question: WrittenQuestion, *, kind: bool = False, rule: bool = False) -> list[str]:
    """The tags of a question that is written; `kind` and `rule`: whether the format can't say them."""
    last = [str(number) for number, one in enumerate(question.options, start=1) if one.last]
    tags = [f"type={question.kind}"] if kind else []
    tags += [f"rule={question.rule}"] if rule else []
    tags += [f"last={','.join(last)}"] if last and question.kind != "true_false" else []
    tags += [f"difficulty={question.difficulty}"] if question.difficulty else []
    tags += [f"objective={question.objective}"] if question.objective else []
    return tags + ([PRACTICE] if question.practice_only else [])


def read_tags(question: WrittenQuestion, tags: Sequence[str], rules: Collection[str] = ()) -> WrittenQuestion:
    """The question with what its tags say. `rules`: those of its type; tags that say nothing here are a warning."""
    said = {found[1]: found[2] for tag in tags if (found := OURS.match(tag))}
    others = [tag for tag in tags if not OURS.match(tag) and tag != PRACTICE]
    difficulty = said.get("difficulty", "")
    question = replace(
        question,
        kind=said["type"] if said.get("type") == "true_false" else question.kind,
        difficulty=difficulty if difficulty in DIFFICULTIES else question.difficulty,
        objective=said.get("objective", question.objective),
        practice_only=True if PRACTICE in tags else question.practice_only,
        warnings=(*question.warnings, *([f"Tags are not kept: {', '.join(others)}."] if others else [])),
    )
    return _last(_rule(question, said.get("rule", ""), rules), said.get("last", ""))


def _rule(question: WrittenQuestion, rule: str, rules: Collection[str]) -> WrittenQuestion:
    """The rule, where it is one of the type; with it the weights that it made are right and wrong again."""
    if rule not in rules:
        return question
    if rule not in WHOLE_OR_NOTHING or question.kind != "multiple":
        return replace(question, rule=rule)
    options = tuple(replace(one, fraction=Decimal(one.fraction > 0)) for one in question.options)
    return replace(question, rule=rule, options=options)


def _last(question: WrittenQuestion, last: str) -> WrittenQuestion:
    places = set(last.split(","))
    options = (replace(one, last=one.last or str(n) in places) for n, one in enumerate(question.options, start=1))
    return replace(question, options=tuple(options))


def weights_of(question: WrittenQuestion) -> list[Decimal]:
    """The weights by which other systems come to the same mark: a balanced question's are 1/right and -1/wrong."""
    shares = [one.fraction for one in question.options]
    if question.kind != "multiple" or question.rule not in WHOLE_OR_NOTHING:
        return shares
    right = max(sum(share > 0 for share in shares), 1)
    wrong = max(len(shares) - right, 1)
    return [_share(Decimal(1) / right if share > 0 else Decimal(-1) / wrong) for share in shares]


def _share(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0000001"))


def why_not_tagged(question: WrittenQuestion) -> str:
    """Why tags can't bring this question back; empty where they can."""
    odd = any(one.fraction not in (0, 1) for one in question.options)
    if question.kind == "multiple" and question.rule in WHOLE_OR_NOTHING and odd:
        return "it has weights that its scoring rule does not use"
    return ""
