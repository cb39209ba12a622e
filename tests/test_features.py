"""docs/features.md: forty rows, and every test that they name is there."""

from __future__ import annotations

import re

from tests.conftest import ROOT

ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs" / "features.md").read_text("utf-8"), re.MULTILINE)
TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def test_every_feature_stands_in_its_row_and_names_a_test() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 41))
    assert [told for _, told, proofs in ROWS if not TEST.search(proofs)] == []


def test_every_test_that_a_feature_names_is_there() -> None:
    named = {found for _, _, proofs in ROWS for found in TEST.findall(proofs)}
    there = {
        (path.name, name)
        for path in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert named - there == set()
