"""The letters with every word, in a file: whoever lists and counts holds their outlines, and asks here for one at a time. Shell.

The file has no name, so that nothing is left of it however the build ends; copies of this process may read it side by side.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable

import msgspec

from site_builder.model import Letter


class Whole:
    """Letters by the name of their source."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the last who asks
        self._end = 0
        self._places: dict[str, tuple[int, int]] = {}
        self._decoder = msgspec.msgpack.Decoder(Letter)
        self.digests: dict[str, bytes] = {}
        """Of every word of a letter; also of letters whose words stand elsewhere."""

    def add(self, letters: Iterable[bytes]) -> list[Letter]:
        """Keeps letters, each encoded as msgpack; their outlines."""
        outlines: list[Letter] = []
        for encoded in letters:
            letter = self._decoder.decode(encoded)
            self._put(letter, encoded)
            outlines.append(letter.outline)
        self._file.flush()  # now, or each copy of this process would write what waits
        return outlines

    def put(self, outlines: Iterable[Letter], letters: Iterable[bytes]) -> None:
        """Keeps letters whose outlines are known."""
        for outline, encoded in zip(outlines, letters, strict=True):
            self._put(outline, encoded)
        self._file.flush()

    def _put(self, outline: Letter, encoded: bytes) -> None:
        self._places[outline.source] = self._end, len(encoded)
        self.digests[outline.source] = hashlib.sha256(encoded).digest()
        self._end += self._file.write(encoded)

    def letter(self, outline: Letter) -> Letter:
        """The whole letter; name and problems are those that the outline has by now."""
        found = self._decoder.decode(self.encoded(outline))
        return msgspec.structs.replace(found, id=outline.id, problems=outline.problems)

    def encoded(self, outline: Letter) -> bytes:
        """The letter as it was added."""
        start, length = self._places[outline.source]
        return os.pread(self._file.fileno(), length, start)

    def digest(self, outline: Letter) -> bytes:
        """Of every word of the letter."""
        return self.digests[outline.source]

    def forget(self) -> None:
        """Makes room: of the letters that were added only the digests stay."""
        self._file.seek(0)
        self._file.truncate()
        self._end = 0
        self._places.clear()
