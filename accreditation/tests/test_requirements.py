"""What runs is installed by `requirements.txt` alone: a package that only developers get breaks the first `make run`."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
APPS = ("accreditation", "assessments", "badges", "courses")
NOT_SHIPPED = {"tests", "testing"}
OPTIONAL = "requirements-transcript.txt"
"""What transcripts take, where somebody wants them: its absence is a state of its own (rules.md 6.17)."""


def plain(name):
    return name.lower().replace("_", "-").replace(".", "-")


def shipped_files():
    files = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return [path for path in files if not NOT_SHIPPED & set(path.relative_to(ROOT).parts)]


def imported_packages():
    for path in shipped_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def pinned_in(name):
    lines = (ROOT / name).read_text().splitlines()
    return {plain(line.partition("==")[0]) for line in lines if "==" in line and line[0].isalpha()}


def test_every_imported_package_stands_in_the_run_time_requirements():
    pinned, optional, owners = pinned_in("requirements.txt"), pinned_in(OPTIONAL), packages_distributions()

    outside = set(imported_packages()) - sys.stdlib_module_names - set(APPS)
    missing = {name for name in outside if not pinned & {plain(owner) for owner in owners.get(name, [])}}
    missing = {name for name in missing if plain(name) not in optional}

    assert outside >= {"django", "celery", "psycopg2"}
    assert missing == set()
