"""The table of promises names tests that exist, and a control for each."""

from __future__ import annotations

import ast
import re

from tests.conftest import ROOT

TABLE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.partition("## Faults")[0].splitlines()
    if line.startswith("| ")
][1:]


def known() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").glob("test_*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_promises_name_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TABLE))
    assert len(named) > 50
    assert named - known() == set()


def test_every_promise_has_a_figure_a_test_and_a_control() -> None:
    assert len(ROWS) >= 14
    for promise, figure, proof, control in ROWS:
        assert re.search(r"\d|every|below", figure), promise
        assert "`" in proof or "below" in proof, promise
        assert control, promise


def test_every_file_that_the_promises_name_exists() -> None:
    for path in re.findall(r"`(tests/\w+\.py)`", TABLE):
        assert (ROOT / path).exists(), path
