"""The shape of the package: imports point down, and below the shell nothing touches the world."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "site_builder"

LAYERS = (
    {"__main__"},
    {"cli"},
    {"cluster", "preview"},
    {"build"},
    {"options"},
    {"writing", "intake", "datasets", "comparing"},
    {
        "originals",
        "offline",
        "sources",
        "archives",
        "pdf",
        "search",
        "pagefind",
        "publish",
        "serve",
        "ship",
        "stores",
        "watch",
        "marks",
        "seal",
        "cache",
        "shelf",
        "whole",
        "workers",
        "processors",
    },
    {
        "pages",
        "decisions",
        "similar",
        "lists",
        "feeds",
        "sitemap",
        "linked",
        "linked_data",
        "languages",
        "frame",
        "glossary",
        "collection",
        "render",
        "scripts",
        "catalogue",
        "staged",
        "exports",
        "dictionary",
        "coverage",
        "rates",
        "statistics",
        "charts",
        "budget",
        "delimited",
        "settings",
        "privacy",
        "takedowns",
        "reading",
    },
    {
        "front_matter",
        "parse",
        "cut",
        "heads",
        "header",
        "formats",
        "patient",
        "metadata",
        "facets",
        "citations",
        "treatments",
        "body_parts",
    },
    {"rules", "text", "patterns"},
    {"model"},
)
"""From the top down. A module imports from lower layers, and from its own as long as that runs in no circle."""
SHELL = set().union(*LAYERS[:7])

WORLDLY_MODULES = {
    *(
        "asyncio",
        "concurrent",
        "ctypes",
        "fcntl",
        "glob",
        "importlib",
        "io",
        "locale",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
    ),
    *("random", "resource", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "subprocess", "tempfile", "threading"),
    *("time", "urllib.request", "uuid", "click", "rich", "watchdog", "pypdf", "pypdfium2", "duckdb"),
}
WORLDLY_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}
WORLDLY_ATTRIBUTES = {
    *("read_text", "read_bytes", "write_text", "write_bytes", "now", "today", "utcnow", "environ", "getenv", "FileSystemLoader"),
    *("PackageLoader", "argv", "stdin", "stdout", "stderr", "modules"),
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.glob("*.py") if path.stem != "__init__")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names; `from site_builder import facets` gives `site_builder.facets`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the package"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from whole if node.module in ("site_builder", "urllib") else [str(node.module)]


def own_imports(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(tree_of(path)) if name.startswith("site_builder.")}


def worldly(tree: ast.AST) -> list[str]:
    """Whatever reaches outside: reading, writing, the clock, printing, the environment, other processes."""
    found = [name for name in imports(tree) if {name, name.split(".")[0]} & WORLDLY_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORLDLY_CALLS:
            found.append(node.func.id)
        if isinstance(node, ast.Attribute) and node.attr in WORLDLY_ATTRIBUTES:
            found.append(node.attr)
    return found


def layer(name: str) -> int:
    return next((number for number, names in enumerate(LAYERS) if name in names), -1)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_every_module_has_its_layer_and_imports_point_down(path: Path) -> None:
    assert layer(path.stem) >= 0, f"{path.name}: say in LAYERS, and in docs/design.md, where it belongs"
    upwards = {name for name in own_imports(path) if layer(name) < layer(path.stem)}
    assert upwards == set(), f"{path.name} imports from above: {upwards}"


def test_every_module_has_its_row_in_the_design() -> None:
    table = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## Modules")[2].partition("\n\nA site ")[0]
    rows = {name for line in table.splitlines() for name in re.findall(r"`(\w+)\.py`", line.partition(" | ")[0])}
    assert rows == {path.stem for path in modules()}


def test_no_imports_run_in_a_circle() -> None:
    graph = {path.stem: own_imports(path) for path in modules()}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", [path for path in modules() if path.stem not in SHELL], ids=lambda path: path.stem)
def test_below_the_shell_nothing_touches_the_world(path: Path) -> None:
    assert worldly(tree_of(path)) == []


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "from os import path",
        "import urllib.request",
        "from urllib import request",
        "from pathlib import Path",
        "open('x')",
        "sys.stdout.write('x')",
        "print('x')",
        "datetime.date.today()",
        "dt.datetime.now()",
        "template.read_text()",
    ],
)
def test_the_purity_test_notices(code: str) -> None:
    assert worldly(ast.parse(code))


@pytest.mark.parametrize(
    "code", ["import re", "from urllib.parse import quote", "import datetime as dt", "dt.date(2014, 1, 1)", "sys.byteorder"]
)
def test_the_purity_test_lets_pure_code_be(code: str) -> None:
    assert worldly(ast.parse(code)) == []


@pytest.mark.parametrize("path", [path for path in modules() if path.stem not in ("cli", "__main__")], ids=lambda path: path.stem)
def test_only_the_command_line_prints_and_catches_build_errors(path: Path) -> None:
    tree = tree_of(path)
    printing = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert "print" not in printing
    caught = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    if path.stem != "publish":  # a folder with a link in it is no whole site and has no size; one that cannot be removed is told
        assert not [node.lineno for node in caught if node.type and "BuildError" in ast.unparse(node.type)]
    lines = path.read_text(encoding="utf-8").splitlines()
    wide = [node.lineno for node in caught if node.type is None or ast.unparse(node.type) == "Exception"]
    assert [line for line in wide if "  # " not in lines[line - 1]] == [], "never `except Exception` without saying why"
