"""Changes the code of modules in small ways and runs their tests: `python -m tests.mutate MODULE...`, or `make mutate`.

Needs mutmut (`pip install mutmut`), which no other command does. Works in a copy of the checkout under out/, and prints for every
module how many changes its tests noticed, and the ones that nobody noticed, to be read: each is a missing test, or a change that
changes nothing.
"""

from __future__ import annotations

import collections
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "out" / "mutate"
TESTS = {
    "takedowns": ["tests/test_takedowns.py"],
    "privacy": ["tests/test_privacy.py"],
    "archives": ["tests/test_archives.py"],
    "publish": ["tests/test_publish.py"],
    "staged": ["tests/test_hostile_letters.py", "tests/test_pagefind.py"],
    "delimited": ["tests/test_datasets.py", "tests/test_hostile_letters.py"],
    "workers": ["tests/test_workers.py", "tests/test_poison.py"],
    "parse": ["tests/test_parse.py", "tests/test_noise.py"],
    "text": ["tests/test_text.py"],
}
"""The tests that should notice; other modules have tests/test_<module>.py."""
BESIDE = ("tests", "templates", "letters", "site.toml", "pyproject.toml", "package.json", "docs", "node_modules")


def mutate(module: str) -> tuple[int, int, list[str]]:
    """(noticed, all, names of the changes that nobody noticed)."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    for name in (*BESIDE[:-1], "site_builder"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, PLACE / name)
    (PLACE / "node_modules").symlink_to(ROOT / "node_modules")
    tests = TESTS.get(module, [f"tests/test_{module}.py"])
    rows = {
        "source_paths": "site_builder",
        "only_mutate": f"site_builder/{module}.py",
        "pytest_add_cli_args_test_selection": "\n    ".join(["", *tests]),
        "pytest_add_cli_args": "\n    ".join(["", "-p", "no:randomly", "-x", "-k", "not site and not browser and not control"]),
        "also_copy": "\n    ".join(["", *BESIDE]),
    }
    (PLACE / "setup.cfg").write_text("[mutmut]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items()))
    subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "2"], cwd=PLACE, check=False)
    told = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"], cwd=PLACE, capture_output=True, text=True, check=True
    )
    found = [line.strip().rpartition(": ") for line in told.stdout.splitlines() if ": " in line]
    counted = collections.Counter(how for _, _, how in found)
    noticed = counted["killed"] + counted["timeout"] + counted["segfault"]
    return (
        noticed,
        noticed + counted["survived"] + counted["no tests"],
        [name for name, _, how in found if how in ("survived", "no tests")],
    )


def main(modules: list[str]) -> None:
    if importlib.util.find_spec("mutmut") is None:
        sys.exit("error: mutmut is missing: pip install mutmut")
    for module in modules:
        noticed, of, unnoticed = mutate(module)
        print(f"{module}: {noticed} of {of} noticed ({100 * noticed / max(of, 1):.0f} %)")
        for name in unnoticed:
            print(f"  {name}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["takedowns"])
