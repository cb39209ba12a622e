"""The harness of the benchmarks still fits the program that it measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.example_site import few


def test_every_stage_of_a_build_is_timed(tmp_path: Path) -> None:
    """In a process of its own, for the clock stays in the functions."""
    place = few(tmp_path, 3)
    code = (
        "import json, sys; from pathlib import Path; from tests import bench\n"
        "found = bench.stages(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "print(json.dumps([sorted(found), sorted({bench.REST, *(stage for stage, *_ in bench.STAGES)})]))"
    )
    command = [sys.executable, "-c", code, str(place / "letters"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    timed, known = json.loads(done.stdout.strip().split("\n")[-1])
    assert timed == known
