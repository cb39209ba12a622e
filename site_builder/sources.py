"""A folder of inputs to Sources: finds letters, reads and decodes them; what cannot be read is a Problem, never an exception.

Formats: `.pdf` (through pdf.py), `.txt`, and `.md` with optional YAML front matter whose keys are header fields of a Letter.
Hidden files, README.* and metadata.csv are no letters. Symbolic links and anything that is not a regular file are refused; every
file is opened once, and the bytes that are hashed are the bytes that are parsed. Names of files come out as text: bytes that are
no UTF-8 become U+FFFD.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import hashlib
import io
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from site_builder import text as typed
from site_builder.metadata import Row, header_fields, rows_of
from site_builder.model import Line, Problem, Source
from site_builder.pdf import PdfReader

LARGEST = 5_000_000
"""Bytes of a letter; `max_letter_bytes` in the settings. Real ones have 4 to 200 kB."""

SUFFIXES = (".md", ".pdf", ".txt")
LONGEST_FRONT_MATTER = 20_000
"""Characters; a header has some hundred."""

_HEADING = re.compile(r"^ {0,3}#{1,6}(?= |$)")
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f]")
_TYPED = bytes({*range(32, 256), *b"\t\n\r\f\v"})


class Found(NamedTuple):
    """A letter's file, not yet read."""

    path: Path
    name: str


def read_folder(
    folder: Path, progress: Callable[[int, int], None] = lambda done, total: None, *, jobs: int = 1, largest: int = LARGEST
) -> tuple[list[Source], list[Problem]]:
    """Every letter below `folder`, by name; `progress` hears (read, all)."""
    found, problems = find(folder)
    sources: list[Source] = []
    with PdfReader(jobs) as pdfs, ThreadPoolExecutor(jobs) as pool:
        read = pool.map(lambda file: read_file(file.path, file.name, pdfs, largest), found)
        for done, result in enumerate(read, 1):
            if isinstance(result, Source):
                sources.append(result)
                problems.extend(result.problems)
            else:
                problems.append(result)
            progress(done, len(found))
    return sources, problems


def find(folder: Path) -> tuple[list[Found], list[Problem]]:
    """The files that should be letters, by name in byte order, and a problem for each thing that cannot be one."""
    found: list[Found] = []
    problems: list[Problem] = []
    others: Counter[str] = Counter()
    for path, name in _walk(folder, "", problems):
        suffix = path.suffix.lower()
        if path.stem.lower() == "readme" or name == "metadata.csv":
            continue
        if suffix in SUFFIXES:
            found.append(Found(path, name))
        else:
            others[suffix or "no suffix"] += 1
    if others:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in sorted(others.items()))
        problems.append(
            _note("other-files", "", f"files that are no letters are left out: {kinds}; letters are .pdf, .txt or .md")
        )
    if not found:
        problems.append(_refused("empty-folder", "", f"{_shown(folder)} holds no letters; put .pdf, .txt or .md files there"))
    found.sort(key=lambda file: file.name.encode())
    return found, problems


def read_file(path: Path, name: str, pdfs: PdfReader | None = None, largest: int = LARGEST) -> Source | Problem:
    """One letter. `name` is its path below the letters folder."""
    content = _content(path, name, largest)
    if isinstance(content, Problem):
        return content
    return _from_pdf(content, name, pdfs) if path.suffix.lower() == ".pdf" else _from_text(content, name)


def read_metadata(folder: Path) -> tuple[tuple[Row, ...], list[Problem]]:
    """`metadata.csv` beside the letters, if there is one."""
    path = folder / "metadata.csv"
    if not path.exists():
        return (), []
    content = _content(path, path.name, 20 * LARGEST)
    if isinstance(content, Problem):
        return (), [content]
    decoded = decode(content)
    if decoded is None:
        return (), [_refused("binary", path.name, "this is no CSV text; save the table as CSV in UTF-8")]
    return rows_of(list(csv.reader(io.StringIO(typed.clean(decoded[0]), newline=""))), path.name)


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


def _walk(folder: Path, below: str, problems: list[Problem]) -> Iterator[tuple[Path, str]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        problems.append(_refused("unreadable", below or _shown(folder), f"the folder cannot be read: {error.strerror}"))
        return
    for entry in entries:
        name = f"{below}{_shown(entry.name)}"
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            problems.append(_refused("symlink", name, "a symbolic link is not followed; put the file itself here"))
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{name}/", problems)
        else:
            yield Path(entry.path), name


def _content(path: Path, name: str, largest: int) -> bytes | Problem:
    """The bytes of a regular file: opened once, without following a link or waiting for a pipe's writer."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return _refused("unreadable", name, f"cannot be opened: {error.strerror}; check what it is and its permissions")
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return _refused("unreadable", name, "is no regular file (a pipe or a device); put a copy of the letter here")
        content = b"" if status.st_size > largest else file.read(largest + 1)
    if status.st_size > largest or len(content) > largest:
        size = f"{max(status.st_size, len(content)) / 1e6:.1f} MB"
        return _refused("too-large", name, f"has {size}, more than {largest / 1e6:g} MB; split it, or raise max_letter_bytes")
    return content


def _from_pdf(content: bytes, name: str, pdfs: PdfReader | None) -> Source | Problem:
    if pdfs is None:
        with PdfReader() as own:
            return _from_pdf(content, name, own)
    text = pdfs.text(content, name)
    return text if isinstance(text, Problem) else _source(name, content, typed.clean(text))


def _from_text(content: bytes, name: str) -> Source | Problem:
    decoded = decode(content)
    if decoded is None:
        return _refused(
            "binary", name, f"holds no text though its name ends in {Path(name).suffix}; save the letter as text or PDF"
        )
    text, encoding = decoded
    text = typed.clean(text)
    problems: list[Problem] = []
    if not encoding.startswith("utf"):
        problems.append(_note("encoding", name, f"is not UTF-8; read as {encoding}: look at its quotes and dashes"))
    fields: Mapping[str, str] = {}
    if name.lower().endswith(".md"):
        matter, text = _split(text)
        fields, told = _fields(matter, name)
        problems.extend(told)
    source = _source(name, content, text, fields, problems)
    return msgspec.structs.replace(source, lines=_plain(source.lines)) if name.lower().endswith(".md") else source


def _source(name: str, content: bytes, text: str, fields: Mapping[str, str] = {}, problems: Sequence[Problem] = ()) -> Source:
    lines = typed.lines_of(text)
    told = tuple(problems) if lines else (*problems, _refused("empty", name, "holds no text; remove it or put the letter in"))
    return Source(name=name, sha256=hashlib.sha256(content).hexdigest(), lines=lines, fields=fields, problems=told)


def _split(text: str) -> tuple[str, str]:
    """Front matter, and the body with as many empty lines above as the front matter had, so that line numbers stay."""
    rows = text.split("\n")
    if rows[0].rstrip() == "---":
        for number, row in enumerate(rows[1:], 1):
            if row.rstrip() in ("---", "..."):
                return "\n".join(rows[1:number]), "\n" * (number + 1) + "\n".join(rows[number + 1 :])
    return "", text


def _fields(matter: str, name: str) -> tuple[Mapping[str, str], list[Problem]]:
    if len(matter) > LONGEST_FRONT_MATTER:
        return {}, [
            _warning("front-matter", name, 1, f"front matter of more than {LONGEST_FRONT_MATTER:,} characters is not read")
        ]
    try:
        loaded = yaml.safe_load(matter)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        return {}, [
            _warning("front-matter", name, line, f'the front matter is no YAML ({error.problem}); mend it, e.g. `key: "text"`')
        ]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told = str(error).split("\n", 1)[0]
        return {}, [_warning("front-matter", name, 1, f"the front matter is no YAML ({told}); write `key: value` lines")]
    if loaded is None:
        return {}, []
    if not isinstance(loaded, dict):
        return {}, [_warning("front-matter", name, 1, "the front matter is no list of `key: value` lines; write it so")]
    return header_fields({str(key): _scalar(value) for key, value in loaded.items()}, name, 1)


def _scalar(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value if isinstance(item, (str, int)))
    return str(value) if isinstance(value, (str, int, float, dt.date)) else ""


def _plain(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Markdown's heading and bold marks removed; a heading is a paragraph of its own."""
    plain: list[Line] = []
    for line in lines:
        text = line.text.replace("**", "")
        heading = _HEADING.match(text)
        if heading and plain and plain[-1].text:
            plain.append(Line(line.number, ""))
        if not heading and plain and line.text and _HEADING.match(plain[-1].text):
            plain.append(Line(line.number, ""))
        plain.append(Line(line.number, text))
    unmarked = (Line(line.number, _HEADING.sub("", line.text, count=1).strip()) for line in plain)
    return tuple(unmarked)


def _shown(path: Path | str) -> str:
    """Bytes of a file's name that are no UTF-8, and control characters, as U+FFFD."""
    return _HIDDEN.sub("\ufffd", os.fsencode(path).decode(errors="replace"))


def _refused(code: str, name: str, message: str) -> Problem:
    return Problem(code=code, message=message, file=name, severity="quarantine")


def _warning(code: str, name: str, line: int | None, message: str) -> Problem:
    return Problem(code=code, message=message, file=name, line=line)


def _note(code: str, name: str, message: str) -> Problem:
    return Problem(code=code, message=message, file=name, severity="note")
