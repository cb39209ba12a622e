"""The five texts of 2014 and 2015 with labels made by reading them (`seed_labels.json`: labels and digests, no text of theirs)."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from site_builder import build, exports
from site_builder.options import Options

SEEDS = Path(__file__).parents[2] / "shared" / "letters" / "seeds"
LABELS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "seed_labels.json").read_text())
HASHED = ("request", "disputed")

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed letters are not beside this checkout (../shared/letters)")


@pytest.fixture(scope="module")
def read() -> dict[str, dict[str, Any]]:
    letters = build.read(Options(letters=SEEDS)).every()
    return {letter.source[:3]: json.loads(exports.encode(letter)) for letter in letters}


@pytest.mark.parametrize("name", sorted(LABELS))
def test_a_seed_is_read_as_labelled(name: str, read: dict[str, dict[str, Any]]) -> None:
    got, want = read[name], LABELS[name]
    assert {key: got[key] for key in want if key != "issues"} == {key: want[key] for key in want if key != "issues"}
    assert len(got["issues"]) == len(want["issues"])
    for mine, issue in zip(got["issues"], want["issues"], strict=True):
        assert {key: digest(mine[key]) if key in HASHED else mine[key] for key in issue} == issue


def test_the_second_issue_of_003_is_about_neck_and_low_back_and_the_injury_of_000_about_the_hip(
    read: dict[str, dict[str, Any]],
) -> None:
    assert read["003"]["issues"][1]["body_parts"] == ["neck", "low-back"]
    assert (read["000"]["injured_body_parts"], read["000"]["issues"][0]["body_parts"]) == (["hip-pelvis"], ["neck"])


def digest(text: str) -> str:
    return hashlib.sha256(re.sub(r"[^a-z0-9]+", "", text.lower()).encode()).hexdigest()[:16]
