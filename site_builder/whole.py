"""The letters with every word, in a file: whoever lists and counts holds their outlines, and asks here for one at a time. Shell.

The file has no name, so that nothing is left of it however the build ends; copies of this process may read it side by side.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from site_builder.model import Letter


class _Place(NamedTuple):
    start: int
    length: int
    digest: bytes


class Whole:
    """Letters by the name of their source."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the last who asks
        self._places: dict[str, _Place] = {}
        self._decoder = msgspec.msgpack.Decoder(Letter)

    def add(self, letters: Iterable[bytes]) -> list[Letter]:
        """Keeps letters, each encoded as msgpack; their outlines."""
        outlines: list[Letter] = []
        for encoded in letters:
            letter = self._decoder.decode(encoded)
            self._places[letter.source] = _Place(self._file.tell(), len(encoded), hashlib.sha256(encoded).digest())
            self._file.write(encoded)
            outlines.append(letter.outline)
        self._file.flush()  # now, or each copy of this process would write what waits
        return outlines

    def letter(self, outline: Letter) -> Letter:
        """The whole letter; name and problems are those that the outline has by now."""
        place = self._places[outline.source]
        found = self._decoder.decode(os.pread(self._file.fileno(), place.length, place.start))
        return msgspec.structs.replace(found, id=outline.id, problems=outline.problems)

    def digest(self, outline: Letter) -> bytes:
        """Of every word of the letter."""
        return self._places[outline.source].digest
