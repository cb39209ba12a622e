"""What files look like from outside: enough to see that one has changed, without opening it. Shell.

Known limit: a change that keeps size and times to the tick of the file system's clock is not seen.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

YOUNG = 100_000_000
"""Nanoseconds: more than a tick of a file system's clock."""


class Mark(NamedTuple):
    """A file, or anything else that is no folder. A link has two: its own, and that of the file that it leads to."""

    path: bytes
    """As the system has it: a name need not be UTF-8."""
    size: int
    changed: int
    """Time of its last change, in ns; what sets it back moves the next one."""
    touched: int
    """Time of the last change of its bytes, its name or its rights, in ns."""
    inode: int

    @property
    def untouched(self) -> tuple[bytes, int, int, int]:
        """All but the time of the last touch, which another name of the file, or none, changes too."""
        return self.path, self.size, self.changed, self.inode


def marks(path: Path) -> Iterator[Mark]:
    """Of the file, or of every file below the folder, in no order; what is missing has none. Links to files are followed,
    those to folders only where `path` is one.
    """
    with contextlib.suppress(OSError):  # gone meanwhile, or not ours to look into
        status, name = path.lstat(), os.fsencode(path)
        if not stat.S_ISREG(status.st_mode) and path.is_dir():
            yield from _below(name)
        else:
            yield _mark(name, status)
            if stat.S_ISLNK(status.st_mode):
                yield _mark(name, path.stat())


def are_settled(seen: Iterable[Mark]) -> bool:
    """False where one was changed a moment ago: another change might be hidden in the same tick of the clock."""
    return all(mark.touched <= time.time_ns() - YOUNG for mark in seen)


def _below(folder: bytes) -> Iterator[Mark]:
    folders = [folder]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        yield _mark(entry.path, entry.stat(follow_symlinks=False))
                        if entry.is_symlink() and entry.is_file():
                            yield _mark(entry.path, entry.stat())
                except OSError:  # gone meanwhile
                    continue


def _mark(path: bytes, status: os.stat_result) -> Mark:
    return Mark(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
