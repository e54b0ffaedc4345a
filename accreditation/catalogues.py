"""The catalogues of the portal's words: collected from the sources, one file for each language, compiled for Django.

Babel collects from Python and JavaScript, keeps the files and compiles them; Django itself says what stands in its
templates. No tool outside Python is asked, so a fresh machine compiles them by itself.
"""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
PAGES, SCRIPTS = "django", "djangojs"
"""What stands in pages and in Python; what scripts say."""
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "noop": None,
    "counted": (1, 2),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
SCRIPT_KEYWORDS = {"said": None, "counted": (1, 2)}
APPS = ("accreditation", "assessments", "badges", "courses")
FOR_STAFF = re.compile(r"/(admin|management|tests|testing|migrations)/|/(admin|checks)\.py$")
"""Files whose words the administration alone shows. It speaks English, and so do these catalogues' gaps."""
CALL = re.compile(r"\b(?:_|n?p?gettext)\s*\(")


def languages() -> list[str]:
    """The languages that have a catalogue: all that the portal speaks but the one that its sources are written in."""
    return [code for code in settings.SPOKEN if code != settings.LANGUAGE_CODE]


def path_of(language: str, domain: str) -> Path:
    """Where the catalogue of a language stands."""
    return ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def collected(domain: str) -> Catalog:
    """Every marked word that people other than staff read, with the files in which it stands. Raises nothing on odd files."""
    catalogue = Catalog(project="Field Accreditation portal", charset="utf-8", fuzzy=False)
    for place, words, context in sorted(_scripts() if domain == SCRIPTS else _pages(), key=str):
        catalogue.add(words, locations=[(place, 0)], context=context, flags=_flags(words))
    return catalogue


Words = str | tuple[str, ...] | list[str]
"""What is said once, or of one and of many."""
Found = tuple[str, Words, str | None]
"""A file, its words, the context that tells them from the same words elsewhere."""


def _pages() -> Iterator[Found]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            place = str(path.relative_to(ROOT))
            if not FOR_STAFF.search("/" + place):
                for _line, words, _comments, context in extract_from_file("python", path, KEYWORDS):
                    yield place, words, context
    for path in sorted((ROOT / "templates").rglob("*")):
        place = str(path.relative_to(ROOT))
        if path.is_file() and not FOR_STAFF.search("/" + place):
            yield from ((place, words, context) for words, context in _in_template(path.read_text(), place))


def _in_template(text: str, place: str) -> Iterator[tuple[Words, str | None]]:
    """What Django's own reading of a template marks. It blanks everything else, so the calls stand alone."""
    for found in CALL.finditer(marked := templatize(text, origin=place)):
        call = io.BytesIO(_balanced(marked, found.start()).encode())
        for _line, words, _comments, context in extract("python", call, KEYWORDS):
            yield words, context


def _balanced(text: str, start: int) -> str:
    """The call that begins here, up to the bracket that closes it; brackets in strings don't count."""
    depth, quote, begin = 0, "", text.index("(", start)
    for at in range(begin, len(text)):
        sign = text[at]
        if quote:
            quote = "" if sign == quote and text[at - 1] != "\\" else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if depth == 0:
                break
    return text[start : at + 1]


def _scripts() -> Iterator[Found]:
    for path in sorted((ROOT / "static" / "js").glob("*.js")):
        for _line, words, _comments, context in extract_from_file("javascript", path, SCRIPT_KEYWORDS):
            yield str(path.relative_to(ROOT)), words, context


def _flags(words: Words) -> list[str]:
    text = words if isinstance(words, str) else words[0]
    return ["python-format"] if re.search(r"%\(\w+\)s", text) else []


def update(language: str, domain: str) -> Catalog:
    """Bring the file of one language to what the sources say: new words empty, gone ones left out. Writes it."""
    path = path_of(language, domain)
    catalogue = _read(path, language) if path.exists() else Catalog(locale=language, domain=domain, fuzzy=False)
    catalogue.update(collected(domain), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=False, sort_output=True, include_lineno=False)
    return catalogue


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def untranslated(language: str, domain: str) -> list[str]:
    """The words of the sources that the file of this language doesn't say. Reads the sources."""
    path = path_of(language, domain)
    known = _read(path, language) if path.exists() else Catalog()
    return [str(one.id) for one in collected(domain) if one.id and not _is_said(known, one.id, one.context)]


def _is_said(catalogue: Catalog, words: Words, context: str | None) -> bool:
    found = catalogue.get(words if isinstance(words, str) else words[0], context)
    if found is None or found.fuzzy:
        return False
    return all(found.string) if isinstance(found.string, tuple | list) else bool(found.string)


def ensure_compiled() -> int:
    """Compile what is newer than its compiled form. Returns how many files were written."""
    stale = [path for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")) if _is_stale(path)]
    for path in stale:
        catalogue = _read(path, path.parent.parent.name)
        made = path.with_suffix(f".mo.{os.getpid()}")
        with made.open("wb") as file:
            write_mo(file, catalogue)
        made.replace(path.with_suffix(".mo"))  # a reader sees the old file or the new one, never half of it
    return len(stale)


def _is_stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime
