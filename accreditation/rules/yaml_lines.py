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
    """Safe loader that refuses a key given twice, which YAML would silently overwrite, and aliases, which can grow."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node of the file itself, never a pointer to another."""
        if self.check_event(yaml.AliasEvent):
            raise _mistake("aliases (`*name`) are not taken; write it out", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)


def _mistake(words: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=words, problem_mark=mark)


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _mistake("a key is a word, not a list or a mapping", key.start_mark)
        if key.value in seen:
            raise _mistake(f"the key `{key.value}` is given twice", key.start_mark)
        seen.add(key.value)
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


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    """The node with its lines, and what it says: scanned once for both, since scanning is most of the work."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


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
        node, data = _read(text)
    except yaml.MarkedYAMLError as problem:
        return [Problem(name, problem.problem_mark.line + 1 if problem.problem_mark else 1, str(problem.problem))]
    except yaml.reader.ReaderError as problem:
        return [
            Problem(
                name,
                text.count("\n", 0, problem.position) + 1,
                f"holds a sign that YAML doesn't allow: {problem.reason}",
            )
        ]
    except RecursionError:
        return [Problem(name, 1, "can't be read: it is nested too deeply")]
    except (ValueError, LookupError, AttributeError) as problem:  # what the library says of `!!bool abc` and the like
        return [Problem(name, 1, f"can't be read: {problem}")]
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
