"""Values that need not be worked out twice, kept under a digest of what they follow from, in one SQLite file.

Each stands with its own checksum, packed. A file that is broken, foreign or locked counts as empty and costs time, never a build.
What is removed is overwritten on the disk: after a takedown nothing of the letter is left.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

Item = TypeVar("Item")

KEPT_DAYS = 30
WRITTEN_DAYS = 7
"""The day on which a value was asked for is noted once a week: to note it every day takes longer than to look for it. What is
asked for all the time and then no more is kept for some days less."""
Make = Callable[[Sequence[Item]], Iterator[bytes]]
"""Makes values of what stands behind their keys."""
_SCHEMA = "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, asked INTEGER, sum INTEGER, value BLOB) WITHOUT ROWID"


class Shelf(NamedTuple):
    """A file of values, as a build uses it."""

    path: Path | None
    """None: nothing is kept."""
    made_with: bytes = b""
    """Digest of the code and the rules that make the values."""
    all_others: bool = False
    """Shall it forget at once what the build does not ask for?"""
    level: int = 1
    """How hard values are packed; 0 for what is packed already."""

    def key(self, *told: object) -> bytes:
        """`told`: what a value follows from besides."""
        return hashlib.sha256(self.made_with + msgspec.msgpack.encode(told)).digest()

    def take(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Those of the values that are there and whole."""
        found: dict[bytes, bytes] = {}
        with self._opened() as file:
            for key in keys if self.path else ():
                row = file.execute("SELECT sum, value FROM kept WHERE key = ?", (key,)).fetchone()
                if row and zlib.crc32(row[1]) == row[0]:
                    found[key] = zlib.decompress(row[1])
        return found

    def everything(self) -> dict[bytes, bytes]:
        """All values that are whole: for tables whose values are small."""
        with self._opened() as file:
            return {
                key: zlib.decompress(value)
                for key, sum_, value in file.execute("SELECT key, sum, value FROM kept")
                if zlib.crc32(value) == sum_
            }
        return {}

    def among(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of the keys that are there, whole or not."""
        with self._opened() as file:
            return {key for key in keys if file.execute("SELECT 1 FROM kept WHERE key = ?", (key,)).fetchone()}
        return set()

    def put(self, values: Mapping[bytes, bytes]) -> None:
        with self._opened() as file, file:
            packed = ((key, zlib.compress(value, self.level)) for key, value in values.items() if self.path)
            rows = ((key, _today(), zlib.crc32(value), value) for key, value in packed)
            file.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", rows)

    def through(
        self, asked: Mapping[bytes, Item], make: Make[Item], is_worth: Callable[[bytes], bool] = lambda value: True
    ) -> Iterator[bytes]:
        """The value of each key, in order: from the file where it is there, else made of what stands behind the key, and kept
        where it `is_worth` that.
        """
        known = self.take(asked)
        made, new = make([item for key, item in asked.items() if key not in known]), dict[bytes, bytes]()
        for key in asked:
            value = known.get(key) or next(made)
            if key not in known and is_worth(value):
                new[key] = value
            yield value
        self.put(new)

    def sweep(self, asked_for: Collection[bytes]) -> None:
        """Removes what nobody has asked for in KEPT_DAYS, or with `all_others` whatever is not among the keys given."""
        with self._opened() as file, file:
            known = dict(file.execute("SELECT key, asked FROM kept"))
            old = (key for key in known.keys() & asked_for if known[key] <= _today() - WRITTEN_DAYS)
            file.executemany("UPDATE kept SET asked = ? WHERE key = ?", ((_today(), key) for key in old))
            if self.all_others:
                file.executemany("DELETE FROM kept WHERE key = ?", ((key,) for key in known.keys() - asked_for))
            else:
                file.execute("DELETE FROM kept WHERE asked < ?", (_today() - KEPT_DAYS,))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """What is no SQLite file is removed, for it has a name of ours; what cannot be read or written is empty, in memory."""
        with contextlib.suppress(sqlite3.Error, zlib.error):
            file = _connected(self.path) if self.path else _in_memory()
            try:
                yield file
            finally:
                file.close()


NOTHING = Shelf(None)


def _connected(path: Path) -> sqlite3.Connection:
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return _prepared(sqlite3.connect(path, timeout=1))
        except (sqlite3.OperationalError, OSError):  # locked, or the disk says no
            break
        except sqlite3.DatabaseError:
            with contextlib.suppress(OSError):
                path.unlink()
    return _in_memory()


def _in_memory() -> sqlite3.Connection:
    return _prepared(sqlite3.connect(":memory:"))


def _prepared(file: sqlite3.Connection) -> sqlite3.Connection:
    file.execute("PRAGMA secure_delete = ON")
    file.execute(_SCHEMA)
    return file


def _today() -> int:
    return int(time.time() // 86_400)
