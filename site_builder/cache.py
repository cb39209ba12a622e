"""Folders that need not be made twice, each kept as one file under a key that says what it was made from.

An entry is named `<key>.<sha256 of its content>.tar` and written by one rename: what is torn, changed or foreign does not match
its name and counts as not there. A cache that cannot be read or written costs time, never a build.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import tarfile
import time
from collections.abc import Collection
from pathlib import Path

KEPT_DAYS = 30
NOTE = "note"
FOLDER = "folder"
_UNFINISHED = re.compile(r"\.[0-9a-f]{16}", re.ASCII)
_ENTRY = re.compile(r"(?P<key>[0-9a-f]{64})\.(?P<digest>[0-9a-f]{64})\.tar", re.ASCII)


def keep(cache: Path, key: str, folder: Path, note: bytes) -> None:
    """The files of `folder`, and what else is to be known about them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        told = tarfile.TarInfo(NOTE)
        told.size = len(note)
        tar.addfile(told, io.BytesIO(note))
        tar.add(folder, FOLDER)
    content = packed.getvalue()
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = cache / f".{secrets.token_hex(8)}"
        unfinished.write_bytes(content)
        unfinished.rename(cache / f"{key}.{hashlib.sha256(content).hexdigest()}.tar")


def restore(cache: Path, key: str, folder: Path) -> bytes | None:
    """Writes the kept files to the new folder `folder`, returns the note; None, and no folder, where there is no whole entry."""
    for path in _entries(cache):
        match = _ENTRY.fullmatch(path.name)
        if not match or match["key"] != key:
            continue
        with contextlib.suppress(OSError, tarfile.TarError, KeyError, UnicodeError):
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() == match["digest"]:
                return _unpack(content, folder)
    return None


def sweep(cache: Path, asked_for: Collection[str], *, all_others: bool) -> None:
    """Removes what nobody has asked for in KEPT_DAYS, or with `all_others` whatever is not among the keys given."""
    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for path in _entries(cache):
        match = _ENTRY.fullmatch(path.name)
        with contextlib.suppress(OSError):
            if match and match["key"] in asked_for:
                os.utime(path)
            elif (match or _UNFINISHED.fullmatch(path.name)) and (all_others or path.stat().st_mtime < oldest):
                path.unlink()


def _entries(cache: Path) -> list[Path]:
    try:
        return sorted(cache.iterdir())
    except OSError:
        return []


def _unpack(content: bytes, folder: Path) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        note = tar.extractfile(NOTE)
        for member in tar.getmembers():
            within = member.name.removeprefix(FOLDER).lstrip("/")
            if member.isdir():
                (folder / within).mkdir()
            elif member.name != NOTE and (file := tar.extractfile(member)):
                (folder / within).write_bytes(file.read())
        return note.read() if note else b""
