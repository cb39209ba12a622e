"""Changes the code of modules in small ways and runs their tests: `python -m tests.mutate MODULE...`, or `make mutate`.

Needs mutmut (`pip install mutmut`), which no other command does. Works in a copy of the checkout under out/mutate/, one a module, and
prints for every module how many changes its tests noticed, and the ones that nobody noticed, to be read: each is a missing test,
code that nobody needs, or a change that changes nothing. Known limits: functions are changed, constants of a module and functions
with a decorator are not; tests that need a browser or a whole site are left out, and what only they would notice counts as unnoticed.
"""

from __future__ import annotations

import collections
import importlib.util
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "out" / "mutate"
TESTS = {
    "parse": ["tests/test_parse.py", "tests/test_noise.py"],
    "cut": ["tests/test_cut.py", "tests/test_parse.py", "tests/test_noise.py"],
    "heads": ["tests/test_parse.py"],
    "header": ["tests/test_parse.py"],
    "patient": ["tests/test_parse.py"],
    "pdf": ["tests/test_sources.py"],
    "staged": ["tests/test_pagefind.py"],
    "delimited": ["tests/test_datasets.py"],
    "workers": ["tests/test_workers.py", "tests/test_poison.py"],
}
"""The tests that should notice; other modules have tests/test_<module>.py."""
SLOW = frozenset({"page", "sample_site", "site_url", "real_site", "hostile_site", "faults", "options"})
"""Fixtures that take more than all other tests together: who asks for one is left out."""
_LONG = re.compile(r"_grows_with_|_killed_at_random|_eight_builds|_reader_never|_a_signal_clears|_this_user_may_not")
"""Names of tests that are left out too: of speed, of many processes, which chance has a part in, and of another user, who may not read this copy."""
BESIDE = ("tests", "templates", "letters", "site.toml", "pyproject.toml", "package.json", "docs", "node_modules")
MEMORY = 4 << 30
"""Bytes of address space: a loop that has lost its end appends until there is no more."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """mutmut runs the tests with this module as a plugin."""
    slow = [item for item in items if SLOW & set(getattr(item, "fixturenames", ())) or _LONG.search(item.name)]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


def mutate(module: str) -> tuple[collections.Counter[str], list[str]]:
    """Changes by what became of them, and the ones that nobody noticed, as differences."""
    place = PLACE / module
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in (*BESIDE[:-1], "site_builder"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, place / name)
    (place / "node_modules").symlink_to(ROOT / "node_modules")
    rows = {
        "source_paths": "site_builder",
        "only_mutate": f"site_builder/{module}.py",
        "pytest_add_cli_args_test_selection": "\n    ".join(["", *TESTS.get(module, [f"tests/test_{module}.py"])]),
        "pytest_add_cli_args": "\n    ".join(["", "-p", "no:randomly", "-p", "tests.mutate", "-x"]),
        "also_copy": "\n    ".join(["", *BESIDE]),
        "timeout_multiplier": 6,
    }
    (place / "setup.cfg").write_text("[mutmut]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items()))
    subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", "2"],
        cwd=place,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    found = [line.strip().rpartition(": ") for line in _told(place, "results", "--all", "true").splitlines() if ": " in line]
    unnoticed = [name for name, _, how in found if how in ("survived", "no tests")]
    return collections.Counter(how for _, _, how in found), [_told(place, "show", name) for name in unnoticed]


def _told(place: Path, *asked: str) -> str:
    return subprocess.run([sys.executable, "-m", "mutmut", *asked], cwd=place, capture_output=True, text=True, check=True).stdout


def main(modules: list[str]) -> None:
    if importlib.util.find_spec("mutmut") is None:
        sys.exit("error: mutmut is missing: pip install mutmut")
    for module in modules:
        counted, unnoticed = mutate(module)
        if counted["not checked"]:
            sys.exit(f"error: {module}: mutmut stopped; the tests must pass as they are, see its last lines above")
        noticed, of = counted["killed"] + counted["timeout"] + counted["segfault"], counted.total()
        print(*unnoticed, sep="\n")
        print(f"{module}: {noticed} of {of} changes noticed ({100 * noticed / max(of, 1):.1f} %); {dict(counted)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["takedowns"])
