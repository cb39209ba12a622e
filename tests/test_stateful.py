"""Promise: whatever was done to the letters between builds, the next one is as if there had been none before it."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from site_builder import build, metadata, publish
from site_builder.model import BuildError
from site_builder.options import Options
from tests.conftest import FULL, ROOT
from tests.fuzz import at_random

SAMPLES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "letters").glob("CM*.txt"))[:6]]
NAMES = st.sampled_from([f"{stem}.txt" for stem in "abcdef"])
EDITS = st.sampled_from(["Upheld", "Overturned", "the lumbar spine", "the cervical spine", "SSN: 123-45-6789", "CM99-0000266"])


class Edits(RuleBasedStateMachine):
    """A folder that is edited, and a cache that has seen all of its past."""

    sequences = 0

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="edits-"))
        self.folder = self.place / "letters"
        self.folder.mkdir()
        self.write("a.txt", SAMPLES[0])

    def write(self, name: str, typed: str) -> None:
        (self.folder / name).write_text(typed, encoding="utf-8")

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.txt"))

    @rule(name=NAMES, sample=st.integers(0, len(SAMPLES) - 1))
    def add(self, name: str, sample: int) -> None:
        self.write(name, SAMPLES[sample])

    @rule(name=NAMES, words=EDITS)
    def edit(self, name: str, words: str) -> None:
        if name in self.names():
            self.write(name, (self.folder / name).read_text().replace("Decision rationale:", f"Decision rationale: {words}.", 1))

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        if len(self.names()) > 1:
            (self.folder / name).unlink(missing_ok=True)

    @rule(name=NAMES, to=NAMES)
    def rename(self, name: str, to: str) -> None:
        if name in self.names():
            (self.folder / name).rename(self.folder / to)

    @rule(name=NAMES, to=NAMES)
    def copy(self, name: str, to: str) -> None:
        if name in self.names() and name != to:
            shutil.copy(self.folder / name, self.folder / to)

    @rule(name=NAMES)
    def touch(self, name: str) -> None:
        if name in self.names():
            (self.folder / name).touch()

    @rule(case=st.sampled_from(["CM99-0000131", "CM99-0000154", "CM99-0000188"]))
    def take_down(self, case: str) -> None:
        with (self.folder / metadata.TAKEDOWNS).open("a") as file:
            file.write(f'[[takedown]]\ncase = "{case}"\nreason = "x"\ndate = 2026-11-01\n')

    @rule()
    def restore(self) -> None:
        (self.folder / metadata.TAKEDOWNS).unlink(missing_ok=True)

    @rule()
    def build_again(self) -> None:
        """Fills the cache, and the site from which pages are carried over."""
        with contextlib.suppress(BuildError):  # nothing is left to publish
            build.build(Options(letters=self.folder, out=self.place / "site", cache=self.place / "cache", search=False))

    @rule(word=st.sampled_from(["<p>", "x"]))
    def spoil(self, word: str) -> None:
        """Somebody writes into the site."""
        for path in (self.place / "site").glob("decisions/*.html"):
            path.write_text(word)

    def teardown(self) -> None:
        """The site is that of a clean machine; in the full form, in every tenth sequence, with its index."""
        Edits.sequences += 1
        kept, clean = (
            Options(letters=self.folder, out=self.place / name, cache=cache, search=FULL and Edits.sequences % 10 == 0)
            for name, cache in (("site", self.place / "cache"), ("clean", None))
        )
        reading, anew = build.read(kept), build.read(clean)
        assert (list(reading.every()), reading.problems) == (list(anew.every()), anew.problems)
        if reading.letters:
            trees = []
            for options in (kept, clean):
                build.build(options)
                trees.append({name: _sha256(options.out / name) for name in publish.files(options.out)})
            assert trees[0] == trees[1]
        shutil.rmtree(self.place)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


Edits.TestCase.settings = hypothesis.settings(
    max_examples=200 if FULL else 2, stateful_step_count=10 if FULL else 5, deadline=None
)
TestEdits = Edits.TestCase


def test_damaged_letters_break_no_promise() -> None:
    """The quick form of `make fuzz`."""
    assert at_random(60 if FULL else 3, seed=2) > 20
