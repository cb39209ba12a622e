"""By which a build sees, without opening a file, that the last one has left nothing to do. Shell.

After a build its report is kept under a digest of how inputs and site look from outside; who finds one under the digest of now
has nothing to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from site_builder.marks import are_settled, marks
from site_builder.shelf import Shelf


class Seal(NamedTuple):
    """The seal of one site."""

    notes: Shelf
    """Of the cache; holds one."""
    out: Path
    inputs: bytes
    """Digest of what the inputs looked like when the build began; empty where one was too young."""

    @classmethod
    def of(cls, table: Path, inputs: Sequence[Path], out: Path, told: bytes) -> Seal:
        """`told`: everything else that decides what the site is."""
        seen = sorted(mark for path in inputs for mark in marks(path))
        notes = Shelf(table, all_others=True)
        return cls(notes, out, hashlib.sha256(told + msgspec.msgpack.encode(seen)).digest() if are_settled(seen) else b"")

    def note(self, site: bytes) -> bytes | None:
        """What the build noted that left everything as it is now. `site`: how it looks."""
        key = self._key(site)
        return self.notes.take([key]).get(key) if key else None

    def close(self, note: bytes | None) -> None:
        """Keeps the note for the site as it is now, and no other; None keeps none."""
        if (key := self._key(looks(self.out))) and note:
            self.notes.put({key: note})
        self.notes.sweep([key] if note else [])

    def _key(self, site: bytes) -> bytes:
        return hashlib.sha256(self.inputs + site).digest() if self.inputs and site else b""


def looks(out: Path) -> bytes:
    """Digest of what a site looks like; empty without one. When the generation before goes, files that are its too lose a name:
    their times of touch do not count.
    """
    seen = sorted(mark.untouched for mark in marks(out))
    return hashlib.sha256(msgspec.msgpack.encode(seen)).digest() if seen else b""
