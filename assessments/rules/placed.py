"""What ordering and matching share: every row of the page is one choice, and says which thing was put where."""

from collections.abc import Mapping, Sequence

from assessments.rules.kinds import Unanswerable


def parse_placed(answer: Sequence[str]) -> list[tuple[str, str]]:
    """[(thing, place)] of strings "thing:place"; a place not chosen yet is the empty text. Raises `Unanswerable`."""
    pairs = [(thing, place) for thing, _, place in (one.partition(":") for one in answer)]
    if len({thing for thing, _ in pairs}) < len(pairs):
        raise Unanswerable("named-twice")
    return pairs


def id_of(token: str, tokens: Mapping[str, int]) -> int:
    """The option that a token of this delivery stands for. Raises `Unanswerable`."""
    if token not in tokens:
        raise Unanswerable("unknown-option")
    return tokens[token]


def token_of(tokens: Mapping[str, int]) -> dict[int, str]:
    """The way back: option -> its token."""
    return {option: token for token, option in tokens.items()}
