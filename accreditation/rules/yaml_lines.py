"""YAML with the line of every value, so that each mistake can be named where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from accreditation.rules.program_files import ProgramFile

Place = tuple[str | int, ...]
MAX_BYTES = 5 << 20


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A mistake in a program file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that follows the format, and the line of each of its places."""

    name: str
    content: ProgramFile
    lines: dict[Place, int]

    def line(self, *place: str | int) -> int:
        """The line of a place, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class _Loader(yaml.SafeLoader):
    """Safe loader that refuses a key given twice, which YAML would silently overwrite."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.MarkedYAMLError(problem=f"the key `{key}` is given twice", problem_mark=key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _lines(node: yaml.Node, place: Place = ()) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, key.value), key.start_mark.line + 1
            yield from ((p, n) for p, n in _lines(value, (*place, key.value)) if p != (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*place, number))


def read_file(path: Path) -> ReadFile | list[Problem]:
    """Read one program file: its content with lines, or every mistake that the format shows."""
    name = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            return [Problem(name, 1, "is larger than 5 MiB")]
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        return [Problem(name, 1, f"can't be read: {problem}")]
    try:
        node = yaml.compose(text, _Loader)
        data = yaml.load(text, _Loader)  # noqa: S506 - _Loader is a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None)
        return [Problem(name, mark.line + 1 if mark else 1, str(getattr(problem, "problem", None) or problem))]
    if not isinstance(data, dict) or node is None:
        return [Problem(name, 1, "holds no section; a file starts with `programs:`, `courses:` or another section")]
    return _checked(name, data, dict(_lines(node)))


def _checked(name: str, data: dict[Any, Any], lines: dict[Place, int]) -> ReadFile | list[Problem]:
    try:
        return ReadFile(name, ProgramFile.model_validate(data), lines)
    except ValidationError as found:
        empty = ReadFile(name, ProgramFile(), lines)
        return [
            Problem(name, empty.line(*error["loc"]), f"{'.'.join(map(str, error['loc'])) or 'file'}: {_words(error)}")
            for error in found.errors(include_url=False)
        ]


def _words(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is not a key that is known here"
    if error["type"] == "missing":
        return "is missing"
    return str(error["msg"]).removeprefix("Value error, ")
