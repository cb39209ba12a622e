"""ZIP archives of letters: members are named and read one by one, streamed and never extracted.

What is declared is believed only where that is safe: a member is read up to its declared size at most, and an archive whose
members share bytes, unfold beyond measure or could name a place outside is refused, whole or member by member, by name.

Refused: encrypted members, links, other compressions than deflate, archives in archives, central directories beyond LARGEST_LIST
(so more than 65,535 members or 4 GB: use several archives), and a list of takedowns inside, which would otherwise go unseen.
"""

from __future__ import annotations

import errno
import functools
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

SUFFIX = ".zip"
OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors of this machine, not of a letter: the build must stop, or a good letter would vanish from the site."""
LARGEST_LIST = 32 << 20
"""Bytes of the list of members, which is held in memory."""
RATIO = 100
"""Times that a member may unfold; letters as text unfold up to 10 times."""
SMALL = 100_000
"""Bytes up to which a member may unfold as it likes."""
LONGEST_NAME = 255

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, struct.error)
"""What zipfile raises for archives that are damaged or odd."""

_END = struct.Struct("<4sHHHHIIH")
_END_MARK = b"PK\5\6"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff\ufffd]|^/|^[A-Za-z]:|(?:^|/)\.{1,2}(?:/|$)|//")


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    refused: str = ""
    """Why it is not read; empty for a letter that can be."""


def members(path: Path) -> Iterator[Member] | str:
    """Files in the archive in the order of their names, without folders and hidden ones; or why none of it can be read."""
    try:
        with opened(path) as file:
            if told := _list_is_too_large(file):
                return told
            archive = zipfile.ZipFile(file)
            infos = sorted(archive.infolist(), key=lambda info: info.filename)
            size = file.seek(0, os.SEEK_END)
    except BROKEN as error:
        _raise_ours(error)
        return f"is no ZIP archive that can be read ({_told(error)}); pack the letters anew"
    if len({info.filename for info in infos}) != len(infos):
        return "holds two members of one name; pack the letters anew"
    if _overlap(infos, size):
        return "has members that share bytes: it is made to unfold beyond measure"
    return (Member(info.filename, _refusal(info)) for info in infos if not _passed_over(info))


def read(path: Path, name: str, largest: int) -> bytes | str:
    """The bytes of a member, or why it cannot be read. `largest`: bytes, as for any letter."""
    try:
        archive = _archive(path, os.getpid(), path.stat().st_mtime_ns)
        info = archive.getinfo(name)
        if told := _refusal(info):
            return told
        if info.file_size > largest:
            return f"has {info.file_size / 1e6:.1f} MB, more than {largest / 1e6:g} MB; split it, or raise max_letter_bytes"
        with archive.open(info) as file:
            return file.read(largest)
    except (*BROKEN, KeyError) as error:
        _raise_ours(error)
        return f"cannot be unpacked ({_told(error)}); pack it anew"


@functools.lru_cache(maxsize=4)
def _archive(path: Path, _process: int, _changed: int) -> zipfile.ZipFile:
    """Opened once in a process: its list is read then. Threads may share it; processes may not, for they share a position."""
    return zipfile.ZipFile(opened(path))


def opened(path: Path) -> IO[bytes]:
    """A regular file, opened without following a link or waiting for a pipe's writer."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("no regular file")
    return os.fdopen(handle, "rb")


def _list_is_too_large(file: IO[bytes]) -> str:
    """Asked before zipfile reads the list whole. The larger form of the list (ZIP64) has no bound: refused."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - 65535))
    tail = file.read()
    place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) - place < _END.size:
        return "has no list of members: it is cut off, or no ZIP archive; pack the letters anew"
    _, _, _, _, count, length, start, _ = _END.unpack_from(tail, place)
    if count == 0xFFFF or start == 0xFFFFFFFF or length > LARGEST_LIST:
        return "holds more members than can be listed safely; pack the letters in several archives"
    return ""


def _overlap(infos: list[zipfile.ZipInfo], size: int) -> bool:
    """Do two members, or a member and the end, share bytes? 30 is the least that stands before a member's own."""
    ends = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < ends:
            return True
        ends = info.header_offset + 30 + info.compress_size
    return ends > size


def _passed_over(info: zipfile.ZipInfo) -> bool:
    if _UNSAFE.search(info.orig_filename):
        return False
    parts = info.filename.split("/")
    return info.is_dir() or parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts)


def _refusal(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if _UNSAFE.search(info.orig_filename) or _UNSAFE.search(info.filename) or len(info.filename) > LONGEST_NAME:
        return "has a name that is no plain path; rename it"
    if kind not in (0, stat.S_IFREG):
        return "is a link or no regular file; pack the letter itself"
    if info.flag_bits & 0x1:
        return "is encrypted; pack it without a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in an unusual way; pack it with deflate"
    if info.file_size > max(SMALL, RATIO * info.compress_size):
        return f"unfolds more than {RATIO} times: it is made to fill memory"
    return ""


def _raise_ours(error: BaseException) -> None:
    """An error of this machine stops the build: it is no fault of the archive."""
    if isinstance(error, OSError) and error.errno in OURS:
        raise error


def _told(error: BaseException) -> str:
    said = str(error) or type(error).__name__
    return "".join(sign if sign.isprintable() else " " for sign in said)[:120]
