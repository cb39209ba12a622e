"""A folder of inputs to Sources: finds letters, reads and decodes them; what cannot be read is a Problem, never an exception.

Formats: `.pdf` (through pdf.py), `.txt`, and `.md` (through front_matter.py), in folders and in `.zip` archives (archives.py).
Hidden files, README.* and what stands BESIDE the letters are none; a list of takedowns under another name, or further down, ends
the build, for what it takes down would be published. Symbolic links and anything that is not a regular file are refused; every
file is opened once, and the bytes that are hashed are the bytes that are parsed. Names of files come out as text: bytes that
are no UTF-8 become U+FFFD.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from site_builder import archives
from site_builder import text as typed
from site_builder.front_matter import markdown
from site_builder.metadata import BESIDE, TABLE, TAKEDOWNS, Row, is_meant_as_takedowns, rows_of
from site_builder.model import BuildError, Problem, Source
from site_builder.pdf import PdfReader
from site_builder.shelf import NOTHING, Shelf

LARGEST = 5_000_000
"""Bytes of a letter; `max_letter_bytes` in the settings. Real ones have 4 to 200 kB."""

_AT_ONCE = 200
"""Files held in memory."""
SUFFIXES = (".md", ".pdf", ".txt")
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?[,;|\t]*', re.IGNORECASE)
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f]")
_TYPED = bytes({*range(32, 256), *b"\t\n\r\f\v"})


class Found(NamedTuple):
    """A letter's file, not yet read."""

    path: Path
    name: str
    """Path below the letters folder; for a member of an archive, the archive's and its own."""
    member: str = ""
    """Its path in the archive that `path` is."""

    @property
    def suffix(self) -> str:
        return os.path.splitext(self.name)[1].lower().removesuffix(".")


def read(
    files: Sequence[Found],
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    jobs: int = 1,
    largest: int = LARGEST,
    kept: Shelf = NOTHING,
) -> Iterator[Source | Problem]:
    """Every file, in order, few in memory at once; `progress` hears (read, all). A PDF that `kept` knows is hashed, not read."""
    threads = jobs if any(file.suffix == ".pdf" for file in files) else 1  # text alone gains nothing from more
    with PdfReader(jobs) as pdfs, ThreadPoolExecutor(threads) as pool:
        try:
            found = chain.from_iterable(
                pool.map(partial(_understood, pdfs=pdfs), *_opened(files[first : first + _AT_ONCE], largest, kept))
                for first in range(0, len(files), _AT_ONCE)
            )
            for done, result in enumerate(found, 1):
                progress(done, len(files))
                yield result
        finally:  # an interrupt does not wait for the letters still to read
            pool.shutdown(wait=False, cancel_futures=True)


def _opened(files: Sequence[Found], largest: int, kept: Shelf) -> tuple[list[bytes | Problem | Source], list[str]]:
    """What is in the files, or is known of it, and their names."""
    contents: list[bytes | Problem | Source] = [content(file, largest) for file in files]
    names = [file.name for file in files]
    if kept.path:
        keys = [
            kept.key(name, hashlib.sha256(read).hexdigest()) if isinstance(read, bytes) and _is_pdf(name) else b""
            for name, read in zip(names, contents, strict=True)
        ]
        known = kept.take(filter(None, keys))
        for number, key in enumerate(keys):
            if key in known:
                contents[number] = msgspec.msgpack.decode(known[key], type=Source)
    return contents, names


def keep(kept: Shelf, sources: Iterable[Source]) -> Iterable[bytes]:
    """PDFs, for the next build; under which keys, for its sweep. A text is opened as quickly as it is looked up."""
    by_key = {kept.key(one.name, one.sha256): one for one in sources if _is_pdf(one.name)} if kept.path else {}
    new = by_key.keys() - kept.among(by_key)
    kept.put({key: msgspec.msgpack.encode(by_key[key]) for key in sorted(new)})
    return by_key.keys()


def find(folder: Path) -> tuple[list[Found], list[Problem]]:
    """The files that should be letters, by name, and a problem for each thing that cannot be one. Raises BuildError for a list of
    takedowns where it would not be seen.
    """
    found: list[Found] = []
    problems: list[Problem] = []
    others: Counter[str] = Counter()
    if not folder.is_dir() and folder.suffix.lower() != archives.SUFFIX:
        told = f"{_shown(folder)} is no folder; name the one that holds the letters, or a .zip archive of them"
        return [], [_refused("no-folder", "", told)]
    if not folder.is_dir():
        for name in _names(folder.parent):
            _refuse_takedowns_unseen(name)
    walked = _walk(folder, problems) if folder.is_dir() else iter([(folder, _shown(folder.name))])
    for file in _with_members(walked, problems):
        if os.path.splitext(os.path.basename(file.name))[0].lower() == "readme" or file.name in BESIDE:
            continue
        if file.suffix in SUFFIXES:
            found.append(file)
        elif os.path.basename(file.name).lower() == TABLE:
            told = f"is not read as the table of the letters; it must be named {TABLE} and stand in the letters folder itself"
            problems.append(Problem(code="table-elsewhere", message=told, file=file.name))
        else:
            others[file.suffix or "no suffix"] += 1
    if others:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in sorted(others.items()))
        problems.append(
            _note("other-files", "", f"files that are no letters are left out: {kinds}; letters are .pdf, .txt or .md")
        )
    if not found:
        problems.append(_refused("empty-folder", "", f"{_shown(folder)} holds no letters; put .pdf, .txt or .md files there"))
    found.sort(key=lambda file: (file.name, os.fsencode(file.path)))
    single = {file.name: file for file in reversed(found)}
    told = "another file has this name too, but for signs that cannot be shown: left out; give it a name of its own"
    problems += (_refused("same-name", file.name, told) for file in found if single[file.name] is not file)
    problems.sort(key=lambda problem: problem.file)
    return [file for file in found if single[file.name] is file], problems


def is_asked_for(path: Path) -> bool:
    """By its name: is it a letter, holds letters, or belongs beside them?"""
    return path.suffix.lower() in (*SUFFIXES, archives.SUFFIX) or path.name in BESIDE


def read_file(path: Path, name: str, pdfs: PdfReader | None = None, largest: int = LARGEST, member: str = "") -> Source | Problem:
    """One letter. `name` is its path below the letters folder; `member`: its path in the archive `path`."""
    read = content(Found(path, name, member), largest)
    return _understood(read, name, pdfs)


def _understood(content: bytes | Problem | Source, name: str, pdfs: PdfReader | None) -> Source | Problem:
    if not isinstance(content, bytes):
        return content
    return _from_pdf(content, name, pdfs) if _is_pdf(name) else _from_text(content, name)


def _is_pdf(name: str) -> bool:
    return name.lower().endswith(".pdf")


def content(file: Found, largest: int = LARGEST) -> bytes | Problem:
    """The bytes of a letter, at most `largest` of them."""
    if file.member:
        return _unpacked(file.path, file.member, file.name, largest)
    return _content(file.path, file.name, largest)


def read_metadata(folder: Path) -> tuple[tuple[Row, ...], list[Problem]]:
    """`metadata.csv` beside the letters, if there is one."""
    path = (folder if folder.is_dir() else folder.parent) / TABLE
    if not os.path.lexists(path):
        return (), []
    content = _content(path, path.name, 20 * LARGEST)
    if isinstance(content, Problem):
        return (), [content]
    decoded = decode(content)
    if decoded is None:
        return (), [_refused("binary", path.name, "this is no CSV text; save the table as CSV in UTF-8")]
    text, separator = _table(typed.clean(decoded[0]))
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return rows_of([(table.line_num, cells) for cells in table], path.name)
    except csv.Error as error:
        told = f"this is no CSV ({error}); save the table as CSV in UTF-8"
        return (), [_refused("metadata-csv", path.name, told)]


def _table(text: str) -> tuple[str, str]:
    """The table, and what stands between its cells: as Excel writes it, where commas are decimal, or as it says itself."""
    first = text.lstrip("\n").split("\n", 1)[0]
    if said := _SEPARATOR.fullmatch(first):
        return text.replace(first, "", 1), said[1]
    return text, max(",;\t", key=first.count)


def decode(content: bytes) -> tuple[str, str] | None:
    """Text and the encoding found; None for bytes that are no text."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace"), encoding
    if wide := _wide(content):
        return content.decode(wide, "replace"), wide
    if content.startswith(b"%PDF-") or b"\0" in content or _share_of_controls(content) > 0.02:
        return None
    for encoding in ("utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode(encoding), encoding
    return content.decode("latin-1"), "latin-1"


def _wide(content: bytes) -> str | None:
    """UTF-16 without a mark: NULs on one side of every pair only. Asked before UTF-8, in which a NUL is valid."""
    even, odd = content[:400:2], content[1:400:2]
    for high, low, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if high.count(0) * 2 > len(high) and low.count(0) * 20 <= len(low):
            return encoding
    return None


def _share_of_controls(content: bytes) -> float:
    start = content[:4000]
    return len(start.translate(None, delete=_TYPED)) / max(len(start), 1)


def _walk(folder: Path, problems: list[Problem]) -> Iterator[tuple[Path, str]]:
    """Files with their names; a stack, because folders may be nested deeper than Python likes to recurse."""
    folders = [(folder, "")]
    while folders:
        current, below = folders.pop()
        try:
            entries = list(os.scandir(current))
        except OSError as error:
            told = f"the folder cannot be read ({error.strerror}); check its name and its permissions"
            problems.append(_refused("unreadable", below or _shown(folder), told))
            continue
        for entry in entries:
            name = f"{below}{_shown(entry.name)}"
            _refuse_takedowns_unseen(name)
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                problems.append(_refused("symlink", name, "a symbolic link is not followed; put the file itself here"))
            elif _is_folder(entry):
                folders.append((Path(entry.path), f"{name}/"))
            else:
                yield Path(entry.path), name


def _refuse_takedowns_unseen(name: str) -> None:
    if name != TAKEDOWNS and is_meant_as_takedowns(name):
        told = f"is not read as the list of takedowns; it must be named {TAKEDOWNS} and stand in the letters folder itself"
        raise BuildError(f"{name}: {told}, or beside the archive that --letters names")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """What cannot be looked at is a file: whoever opens it tells why."""
    with contextlib.suppress(OSError):
        return entry.is_dir(follow_symlinks=False)
    return False


def _names(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):  # one that may be passed through and not be listed
        return os.listdir(folder)
    return []


def _with_members(files: Iterable[tuple[Path, str]], problems: list[Problem]) -> Iterator[Found]:
    """The files, and in the place of every archive its members."""
    for path, name in files:
        if not name.lower().endswith(archives.SUFFIX):
            yield Found(path, name)
            continue
        members = archives.members(path)
        if isinstance(members, str):
            problems.append(_refused("archive", name, members))
            continue
        listed = list(members)
        if any(is_meant_as_takedowns(member.name) for member in listed):
            told = f"holds a {TAKEDOWNS}, which would not be seen there; put it beside the archive and take it out of it"
            problems.append(_refused("archive", name, told))
            continue
        for member in listed:
            shown = f"{name}/{_shown(member.name)}"
            if member.refused:
                problems.append(_refused("archive-member", shown, member.refused))
            elif member.name.rpartition("/")[2] in BESIDE:
                told = "is not read from an archive; put it beside the archive"
                problems.append(Problem(code="archive-beside", message=told, file=shown))
            elif member.name.lower().endswith(archives.SUFFIX):
                problems.append(_refused("archive-member", shown, "is an archive in an archive; put it beside the other"))
            else:
                yield Found(path, shown, member.name)


def _unpacked(path: Path, member: str, name: str, largest: int) -> bytes | Problem:
    content = archives.read(path, member, largest)
    return _refused("archive-member", name, content) if isinstance(content, str) else content


def _content(path: Path, name: str, largest: int) -> bytes | Problem:
    """The bytes of a regular file: opened once, without following a link or waiting for a pipe's writer."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in archives.OURS:
            raise
        return _refused("unreadable", name, f"cannot be opened: {error.strerror}; check what it is and its permissions")
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return _refused("unreadable", name, "is no regular file (a folder, a pipe or a device); put the file itself here")
        with open(handle, "rb", closefd=False) as file:
            content = b"" if status.st_size > largest else file.read(largest + 1)
    except OSError as error:  # a bad disk, a server that went away
        if error.errno in archives.OURS:
            raise
        return _refused("unreadable", name, f"cannot be read: {error.strerror}; check it, or put a copy here")
    finally:
        os.close(handle)
    if status.st_size > largest or len(content) > largest:
        size = f"{max(status.st_size, len(content)) / 1e6:.1f} MB"
        return _refused("too-large", name, f"has {size}, more than {largest / 1e6:g} MB; split it, or raise max_letter_bytes")
    return content


def _from_pdf(content: bytes, name: str, pdfs: PdfReader | None) -> Source | Problem:
    if pdfs is None:
        with PdfReader() as own:
            return _from_pdf(content, name, own)
    read = pdfs.text(content, name)
    if isinstance(read, Problem):
        return read
    which = f"{'page' if len(read.pictures) == 1 else 'pages'} {', '.join(map(str, read.pictures))}"
    told = f"what is printed on {which} is a picture without text and is missing; run OCR on the file (as ocrmypdf --skip-text)"
    lost = (Problem(code="pdf-picture", message=told, file=name),) if read.pictures else ()
    return _source(content, name, typed.clean(read.text), lost)


def _from_text(content: bytes, name: str) -> Source | Problem:
    decoded = decode(content)
    if decoded is None:
        told = f"holds no text though its name ends in {Path(name).suffix}; name it by what it is, or save the letter as text"
        return _refused("binary", name, told)
    text, encoding = decoded
    told = f"is not UTF-8 and was read as {encoding}; check its quotes and dashes"
    notes = () if encoding.startswith("utf") else (_note("encoding", name, told),)
    source = _source(content, name, typed.clean(text), notes)
    return markdown(source, typed.clean(text)) if name.lower().endswith(".md") and isinstance(source, Source) else source


def _source(content: bytes, name: str, text: str, problems: tuple[Problem, ...] = ()) -> Source | Problem:
    lines = typed.lines_of(text)
    if not lines:
        return _refused("empty", name, "holds no text; remove it or put the letter in")
    return Source(name=name, sha256=hashlib.sha256(content).hexdigest(), lines=lines, problems=problems)


def _shown(path: Path | str) -> str:
    """Bytes of a file's name that are no UTF-8, and control characters, as U+FFFD."""
    return _HIDDEN.sub("\ufffd", os.fsencode(path).decode(errors="replace"))


def _refused(code: str, name: str, message: str) -> Problem:
    return Problem(code=code, message=message, file=name, severity="quarantine")


def _note(code: str, name: str, message: str) -> Problem:
    return Problem(code=code, message=message, file=name, severity="note")
