"""Feeds the reading of letters with damaged ones, until time is up: `python -m tests.fuzz SECONDS`, or `make fuzz`.

With atheris (`pip install atheris`, Linux) the inputs are steered by the code that they reach; without it they are mutants of the
invented letters, made at random. An input that breaks a promise is written to out/fuzz/ and ends the run with exit code 1; it
becomes a row of a test before it becomes a fix.
"""

from __future__ import annotations

import hashlib
import importlib.util
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "out" / "fuzz"
SLOWEST = 2.0
"""Seconds that any input of LARGEST bytes may take."""
LARGEST = 50_000
STEERED = importlib.util.find_spec("atheris") is not None


def target() -> Callable[[bytes], None]:
    """What is done with every input: the whole way of a letter, and what is promised of it."""
    from site_builder import facets, formats, parse, privacy, rules, sources, takedowns, text

    package = ROOT / "site_builder"
    known = rules.load({path.stem: path.read_text() for path in (package / "facets").glob("*.toml")})
    cutters = formats.load({path.stem: path.read_text() for path in (package / "formats").glob("*.toml")})
    gate = privacy.load((package / "privacy.toml").read_text())
    gone = takedowns.load('[[takedown]]\ncase = "CM99-0000118"\nreason = "x"\ndate = 2026-11-01\n')

    def read(content: bytes) -> None:
        from tests.letter_texts import words, words_of

        decoded = sources.decode(content)
        if decoded is None:
            return
        typed = text.clean(decoded[0])
        assert not text._UNSEEN.search(typed), "a character that is not seen is left"
        source = sources._from_text(content, "a.md" if content.startswith(b"---") else "a.txt")
        if not isinstance(source, sources.Source):
            assert source.severity == "quarantine"
            return
        letter = facets.tag(parse.parse(source, cutters), known)
        assert not words(*(line.text for line in source.lines)) - words_of(letter), "a word is lost"
        assert not any(ord(sign) < 32 for line in source.lines for sign in line.text), "a control character is left"
        gate.problems(letter)
        left = gone.apply(source)
        if isinstance(left, sources.Source):
            assert "CM99-0000118" not in "\n".join(line.text for line in left.lines)

    def timed(content: bytes) -> None:
        started = time.process_time()
        read(content[:LARGEST])
        assert time.process_time() - started < SLOWEST, "too slow"

    return timed


def corpus() -> list[bytes]:
    return [
        path.read_bytes()
        for path in sorted([*(ROOT / "letters").glob("*.*"), *(ROOT / "tests" / "letters").rglob("*.txt")])
        if path.suffix in (".txt", ".md")
    ]


def mutant(chance: random.Random, letters: list[bytes]) -> bytes:
    """A letter with parts flipped, cut out, repeated, moved, and taken from others."""
    content = bytearray(chance.choice(letters)[:LARGEST])
    for _ in range(chance.randint(1, 12)):
        place, length = chance.randrange(len(content) + 1), chance.randint(1, 400)
        part = bytes(content[place : place + length])
        other = chance.choice(letters)
        start = chance.randrange(len(other))
        match chance.randrange(6):
            case 0:
                content[place : place + 1] = chance.randbytes(1)
            case 1:
                del content[place : place + length]
            case 2:
                content[place:place] = part * chance.randint(1, 30)
            case 3:
                content[place:place] = other[start : start + length]
            case 4:
                content[place:place] = chance.choice(
                    [b"\n\n", b"\f", b"\xff", b"\xc2\xa0", "\u202e".encode(), b"---\n", b"(", b": Upheld\n"]
                )
            case _:
                content[place : place + length] = part.swapcase()
    return bytes(content)


def at_random(seconds: float, seed: int = 1) -> int:
    """Inputs tried."""
    act, chance, letters, tried = target(), random.Random(seed), corpus(), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        content = mutant(chance, letters)
        tried += 1
        try:
            act(content)
        except Exception:
            OUT.mkdir(parents=True, exist_ok=True)
            (OUT / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
            raise
    return tried


def steered(seconds: float) -> None:
    """Ends the process when time is up, as atheris does."""
    import atheris

    with atheris.instrument_imports(include=["site_builder"]):
        act = target()
    folder = OUT / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    for content in corpus():
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds:.0f}", f"-max_len={LARGEST}", f"-artifact_prefix={OUT}/", str(folder)], act
    )
    atheris.Fuzz()


if __name__ == "__main__":
    given = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0
    if STEERED and "--random" not in sys.argv:
        print(f"with atheris, for {given:.0f} s")
        steered(given)
    else:
        print(f"without atheris: mutants made at random, for {given:.0f} s")
        print(f"{at_random(given):,} inputs, nothing broken")
