"""Promise: bad input costs little. Every regular expression of the project takes linear time, and so do the stages over them.

Patterns are collected where they live: compiled in modules, in the vocabularies, formats and privacy rules, and written in calls.
Each is run over texts made to hurt it, at n and at 4n characters.
"""

from __future__ import annotations

import ast
import gc
import importlib
import re
import resource
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from site_builder import build, facets, parse, privacy, rules, text
from site_builder.options import Options
from tests.conftest import FULL, ROOT
from tests.letter_texts import FORMATS, source_of

PACKAGE = ROOT / "site_builder"
SIZE = 25_000 if FULL else 1_000
"""Characters of the smaller text; the larger has four times as many: 100 kB in the full form."""
SECONDS = 0.2 * SIZE / 25_000
"""For the larger text."""
BOUNDED = re.compile(r"[^,]{0,60}?(?:,|;)")
"""Sixty steps a character, which is allowed; a machine that is slow at it is slow at others."""
TRIES = 10
RATIO = 8
NOISE = 0.005
"""Seconds below which a ratio says nothing on a shared machine."""
ATOMS = [
    "a",
    "A",
    "1",
    " ",
    "\n",
    "-",
    "x ",
    "1 ",
    "1-",
    "a.",
    "Aa ",
    "and ",
    ", ",
    "(",
    "1, ",
    "page 1-",
    "no. ",
    "l4-",
    "\t a",
    "a:",
]


@cache
def vocabularies() -> rules.Rules:
    return rules.load({path.stem: path.read_text() for path in (PACKAGE / "facets").glob("*.toml")})


@cache
def gate() -> privacy.Gate:
    return privacy.load((PACKAGE / "privacy.toml").read_text())


@cache
def patterns() -> tuple[re.Pattern[str], ...]:
    modules = [importlib.import_module(f"site_builder.{path.stem}") for path in PACKAGE.glob("*.py") if path.stem != "__main__"]
    own = [value for module in modules for value in vars(module).values()]
    found = {*_reachable([*own, vocabularies(), FORMATS, gate()]), *_written()}
    return tuple(sorted(found, key=lambda pattern: (pattern.pattern, pattern.flags)))


def _reachable(roots: list[object]) -> Iterator[re.Pattern[str]]:
    """Compiled patterns in data: not through functions and modules, which lead into other people's code."""
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        thing = stack.pop()
        if id(thing) in seen or isinstance(thing, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)):
            continue
        seen.add(id(thing))
        if isinstance(thing, re.Pattern):
            if isinstance(thing.pattern, str):
                yield thing
        else:
            stack += gc.get_referents(thing)


def _written() -> Iterator[re.Pattern[str]]:
    """`re.sub("...", ...)` with the pattern in the call."""
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[ast.Constant(value=str(written)), *_]):
                    yield re.compile(written)


def attacks(pattern: re.Pattern[str]) -> list[str]:
    """Short texts to repeat: common ones, and what the pattern itself is looking for, cut short."""
    said = re.sub(r"\\[a-zA-Z]|\[[^]]*\]|\(\?[a-zA-Z:<!=]+|[{}()|?*+^$\\]|\d+,\d*", " ", pattern.pattern)
    words = [part for part in said.split() if len(part) > 1][:6]
    return [*ATOMS, *words, *(f"{word} " for word in words), *(f"{word} 1 " for word in words[:2])]


def seconds(act: Callable[[], object]) -> float:
    """Of this process: other people's work on the machine does not count."""
    started = time.process_time()
    act()
    return time.process_time() - started


def scan(pattern: re.Pattern[str], content: str) -> float:
    """Seconds for all ways in which the project asks: everywhere, from the start, and for the whole."""

    def act() -> None:
        for _ in pattern.finditer(content):
            pass
        pattern.match(content)
        pattern.fullmatch(content)

    return seconds(act)


def too_slow(pattern: re.Pattern[str]) -> list[str]:
    """The attacks under which the pattern takes too long, or longer than linear time."""
    told = []
    most = SECONDS * max(1, len(pattern.pattern) / 1000)  # many alternatives take as long as each of them together
    for atom in attacks(pattern):
        short, long = (atom * (size // len(atom)) + "\x00" for size in (SIZE, 4 * SIZE))
        for attempt in range(TRIES):  # a busy machine is slow for a while, a bad pattern always
            time.sleep(0.05 if attempt > 2 else 0)
            slow = scan(pattern, long)
            linear = slow / max(scan(pattern, short), NOISE / RATIO) < RATIO
            if slow < NOISE or (linear and (slow <= most or slow <= 3 * scan(BOUNDED, long))):
                break
        else:
            told.append(f"{atom!r}: {slow:.3f} s for {4 * SIZE} characters")
    return told


def test_the_patterns_of_every_kind_are_collected() -> None:
    found = {pattern.pattern for pattern in patterns()}
    assert len(found) > 150
    assert any("board" in pattern.lower() for pattern in found)  # of a format
    assert any("ssn" in pattern for pattern in found)  # of the privacy gate
    assert any("mri" in pattern for pattern in found)  # of a vocabulary
    assert text._LINE_ENDS.pattern in found


def test_every_pattern_takes_linear_time() -> None:
    slow = {pattern.pattern[:100]: told for pattern in patterns() if (told := too_slow(pattern))}
    assert slow == {}


@pytest.mark.parametrize(
    "naive",
    [r"[ \t]+$", r"(?:a+)+b", r"\w+@\w+\.com"],
)
def test_the_control_finds_patterns_that_are_not_linear(naive: str) -> None:
    code = (
        "import re, sys; from tests import test_patterns_linear as t\nsys.exit(7 if t.too_slow(re.compile(sys.argv[1])) else 0)"
    )
    try:
        done = subprocess.run([sys.executable, "-c", code, naive], cwd=ROOT, timeout=2, check=False).returncode
    except subprocess.TimeoutExpired:
        done = 7
    assert done == 7


def whole(atom: str, size: int) -> float:
    """Seconds to read, tag and let through the gate a letter whose rationale is an attack."""
    sample = (ROOT / "letters" / "CM99-0000118.txt").read_text()
    typed = sample.replace("Decision rationale:", f"Decision rationale: {atom * (size // len(atom))}")

    def act() -> None:
        letter = facets.tag(parse.parse(source_of(typed), FORMATS), vocabularies())
        gate().problems(letter)

    return seconds(act)


WHOLE = [
    "a",
    "a ",
    "1-",
    "the lumbar spine, ",
    "MTUS, ACOEM page 1, ",
    "\n\n",
    "Upheld\n\n",
    "Decision rationale: ",
    "(",
    "CM99-0000001 ",
]


@pytest.mark.parametrize(
    "atom", [*WHOLE, "Claims Administrator guideline: ", "a-\n", "mri of the c/s and l/s ", "\u00e9", "DOB "]
)
def test_a_letter_of_four_times_the_length_takes_less_than_eight_times_as_long(atom: str) -> None:
    size = 25_000 if FULL else 5_000
    for _ in range(3):
        quick, slow = whole(atom, size), whole(atom, 4 * size)
        if slow / max(quick, 0.02) < RATIO:
            return
    pytest.fail(f"{atom!r}: {quick:.2f} s for {size} characters, {slow:.2f} s for {4 * size}")


def test_a_letter_of_100_mb_is_refused_in_bounded_time_and_memory(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    sample = (ROOT / "letters" / "CM99-0000118.txt").read_text()
    (folder / "good.txt").write_text(sample)
    with (folder / "huge.txt").open("w") as file:
        for _ in range(100_000_000 // len(sample) + 1):
            file.write(sample)
    code = (
        "import re, sys; from pathlib import Path; from site_builder import build; from site_builder.options import Options\n"
        "report = build.build(Options(letters=Path(sys.argv[1]), out=Path(sys.argv[2]), search=False))\n"
        "print(*(problem.message for problem in report.problems if problem.code == 'too-large'))\n"
        # not ru_maxrss, which begins with what the process had that started this one
        "print(report.letters, re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", code, str(folder), str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told, figures = done.stdout.strip().split("\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 10
    assert "has 100.0 MB, more than 5 MB; split it, or raise max_letter_bytes" in told
    assert figures.split()[0] == "1"
    assert int(figures.split()[1]) < 1_000_000  # kB


@pytest.mark.skipif(not FULL, reason="a minute; `make test-full` runs it")
@pytest.mark.parametrize("megabytes", [5])
def test_a_letter_as_large_as_the_cap_is_built_within_bounds(tmp_path: Path, megabytes: int) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    sample = (ROOT / "letters" / "CM99-0000118.txt").read_text()
    words = " ".join(sample.split()).replace("CLINICAL CASE SUMMARY", "")  # a second one would be a second letter's
    long = sample.replace("Decision rationale:", "Decision rationale: " + f"{words}\n" * (megabytes * 990_000 // len(words)), 1)
    (folder / "long.txt").write_text(long)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = seconds(lambda: build.build(Options(letters=folder, out=tmp_path / "site", search=False)))
    assert took < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_000_000
