"""The one hardened XML parser: no DOCTYPE, no entities, nothing fetched or included, bounded depth, names and elements."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

DEEPEST = 64
MOST_ELEMENTS = 3_000_000
LONGEST_NAME = 500
"""Signs of a name with its namespace: each element carries its own copy, so one long namespace would fill the memory."""
CHUNK = 1 << 16
NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Signs that XML has no place for, or that its readers change (the carriage return)."""


class XmlFault(Exception):
    """The document can't be read. `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message, self.line = message, line


class ForbiddenXml(XmlFault):
    """The document asks for what is never done: a DOCTYPE, entities, something from elsewhere."""


class Node(ElementTree.Element):
    """An element without namespaces, that knows its line, the namespace it had (`space`) and, by name, the processing
    instructions directly in it (`notes`). `qualified`: its attributes with the namespaces they had, as `{namespace}name`.
    """

    line: int = 0
    space: str = ""
    notes: dict[str, str]
    qualified: dict[str, str]


class _Builder:
    """Builds the tree, or gives away the root's children one by one."""

    def __init__(self, *, keep: bool, most: int = MOST_ELEMENTS) -> None:
        self.tree = ElementTree.TreeBuilder(element_factory=Node)
        self.keep, self.most, self.depth, self.elements = keep, most, 0, 0
        self.root: Node | None = None
        self.open: list[Node] = []
        self.done: list[Node] = []
        self.parser: Any = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element, if the document is neither too deep nor too large."""
        self.depth += 1
        self.elements += 1
        line = self.parser.parser.CurrentLineNumber
        if self.depth > DEEPEST:
            raise XmlFault(f"Elements stand more than {DEEPEST} deep in each other.", line)
        if self.elements > self.most:
            raise XmlFault("There are too many elements.", line)
        if max(map(len, (tag, *attributes))) > LONGEST_NAME:
            raise XmlFault(f"A name is longer than {LONGEST_NAME} signs.", line)
        space, _, name = tag.rpartition("}")
        node = self.tree.start(name, {_local(key): value for key, value in attributes.items()})
        assert isinstance(node, Node)
        node.line, node.space, node.notes, node.qualified = line, space.removeprefix("{"), {}, attributes
        self.open.append(node)
        self.root = self.root if self.root is not None else node

    def end(self, tag: str) -> None:
        """Close an element."""
        node = self.tree.end(tag.rpartition("}")[2])
        self.open.pop()
        self.depth -= 1
        if self.depth == 1 and not self.keep and self.root is not None:
            assert isinstance(node, Node)
            self.root.remove(node)
            self.done.append(node)

    def pi(self, target: str, data: str | None = None) -> None:
        """Note a processing instruction; nothing is done for it."""
        if self.open:
            self.open[-1].notes[target] = data or ""

    def data(self, text: str) -> None:
        """Take text."""
        self.tree.data(text)

    def close(self) -> Node | None:
        """The root."""
        return self.root


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def children_of_root(data: bytes, root: str) -> Iterator[Node]:
    """The children of the root element `root`, one after the other, so that memory holds few. Raises `XmlFault`."""
    builder = _Builder(keep=False)
    for _ in _fed(builder, data):
        if builder.root is not None and builder.root.tag != root:
            raise XmlFault(f"The document is a “{builder.root.tag}”, not a “{root}”.", builder.root.line)
        yield from builder.done
        builder.done.clear()


def read_xml(data: bytes, *, most_elements: int = MOST_ELEMENTS, named_doctype: bool = False) -> Node:
    """The root of a document. Raises `XmlFault`.

    `named_doctype` lets a DOCTYPE pass that only names what the document is, as drawing programs write it; what it
    points to is not read, and one that declares anything is refused as ever.
    """
    builder = _Builder(keep=True, most=most_elements)
    for _ in _fed(builder, data, _NamedDoctypeParser if named_doctype else DefusedXMLParser):
        pass
    assert builder.root is not None
    return builder.root


class _NamedDoctypeParser(DefusedXMLParser):
    """Forbids a DOCTYPE only where it has an inside, which is where entities are declared."""

    def defused_start_doctype_decl(self, name: str, sysid: str | None, pubid: str | None, has_inside: int) -> None:
        """Refuse what declares something."""
        if has_inside:
            raise DTDForbidden(name, sysid, pubid)


def _fed(builder: Any, data: bytes, make_parser: Any = DefusedXMLParser) -> Iterator[None]:
    """Feed the document piece by piece; a pause after each. Raises `XmlFault`."""
    parser = builder.parser = make_parser(target=builder, forbid_dtd=True)
    try:
        for start in range(0, len(data), CHUNK):
            parser.feed(data[start : start + CHUNK])
            yield
        parser.close()
        yield
    except DTDForbidden:
        raise ForbiddenXml("A DOCTYPE is not allowed.", parser.parser.CurrentLineNumber) from None
    except DefusedXmlException:
        raise ForbiddenXml("Entities are not allowed.", parser.parser.CurrentLineNumber) from None
    except ElementTree.ParseError as error:
        line, column = error.position
        raise XmlFault(f"This is no well-formed XML: {str(error).split(':')[0]} at place {column + 1}.", line) from None
    except (ExpatError, LookupError, ValueError) as error:
        raise XmlFault(f"This can't be read as XML: {error}.", parser.parser.CurrentLineNumber) from None


def fed_into(target: Any, data: bytes) -> Iterator[None]:
    """Feed a document piece by piece to a parser target of the caller's (`start`, `end`, `data`, `close`). Raises `XmlFault`.

    The parser is given to `target.parser`; the target bounds depth and number itself.
    """
    return _fed(target, data)


def inner_html(node: ElementTree.Element) -> str:
    """What stands inside an element, as HTML."""
    inside = "".join(ElementTree.tostring(child, encoding="unicode", method="html") for child in node)
    return _as_text(node.text or "") + inside


def _as_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
