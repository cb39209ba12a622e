"""The letters with every word, in a file: whoever lists and counts holds their outlines, and asks here for one at a time. Shell.

The file has no name, so that nothing is left of it however the build ends; copies of this process may read it side by side.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterable

import msgspec

from site_builder.model import Letter


class Whole:
    """Letters by the name of their source, each packed: a letter of 9 KB takes 3."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the last who asks
        self._end = 0
        self._places: dict[str, tuple[int, int]] = {}
        self._decoder = msgspec.msgpack.Decoder(Letter)
        self.digests: dict[str, bytes] = {}
        """Of every word of a letter; also of letters whose words stand elsewhere."""

    def add(self, letters: Iterable[bytes]) -> list[Letter]:
        """Keeps letters, each as `pack` gives it; their outlines."""
        outlines: list[Letter] = []
        for packed in letters:
            encoded = unpacked(packed)
            letter = self._decoder.decode(encoded)
            self._put(letter, packed, hashlib.sha256(encoded).digest())
            outlines.append(letter.outline)
        self._file.flush()  # now, or each copy of this process would write what waits
        return outlines

    def put(self, outlines: Iterable[Letter], words: Iterable[tuple[bytes, bytes]]) -> None:
        """Keeps letters whose outlines are known. `words`: what `packed` and `digest` said of each."""
        for outline, (packed, digest) in zip(outlines, words, strict=True):
            self._put(outline, packed, digest)
        self._file.flush()

    def _put(self, outline: Letter, packed: bytes, digest: bytes) -> None:
        self._places[outline.source] = self._end, len(packed)
        self.digests[outline.source] = digest
        self._end += self._file.write(packed)

    def letter(self, outline: Letter) -> Letter:
        """The whole letter; name and problems are those that the outline has by now."""
        found = self._decoder.decode(self.encoded(outline))
        return msgspec.structs.replace(found, id=outline.id, problems=outline.problems)

    def encoded(self, outline: Letter) -> bytes:
        """The letter as msgpack."""
        return unpacked(self.packed(outline))

    def packed(self, outline: Letter) -> bytes:
        """The letter as it was kept."""
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


def pack(encoded: bytes) -> bytes:
    """A letter, or several, encoded as msgpack, as they are kept."""
    return zlib.compress(encoded, 1)


def unpacked(packed: bytes) -> bytes:
    """What was packed, encoded."""
    return zlib.decompress(packed)
