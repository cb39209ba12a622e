"""The text of PDFs, read in disposable worker processes: a hostile or broken PDF costs itself, never the build.

A worker reads many PDFs with pdfium, within limits of memory, processor and wall time. When it dies, stalls or gives up, a fresh
one tries that PDF once more with pypdf; after that it is a Problem. Only the text layer is read: no metadata (in originals it
holds names), no images, no scripts; pages that are pictures of their text are named.

pdfium drops the empty lines between paragraphs. They are rebuilt from geometry: a gap of more than 1.4 times the usual distance
of baselines is one, and at a page end it is asked whether the next word would have fitted on the last line. Known limits: columns
are read as pdfium reads them; a printout with as much room between lines as between paragraphs comes out as one paragraph.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import queue
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from site_builder.model import Problem

MEMORY = 2 << 30
"""Bytes of address space a worker may have."""
SECONDS = 20
"""Per PDF, of processor time and of wall time each."""
LONGEST = 5_000_000
"""Characters of text that a PDF may give."""

_BREAK = 1.4
"""Times the usual distance of lines: where a paragraph ends, it is at least that."""

_STAMP = 60
"""Characters on a page that may be stamped on the picture of it: a number, a date."""
_PIXELS = 400
"""Of the longer side of a page that is looked at."""
_DARK = 128
"""Of 256 shades, the first that is not."""
_SPECKS = 0.0005
"""Share of a scanned page that may be dark though nothing is printed on it: the back of a sheet, a blank last page."""
_BESIDE_PAGES = ("/AA", "/Annots", "/Metadata", "/PieceInfo", "/Thumb")
"""What a page can carry besides what is printed on it."""

_START = "import sys; sys.path.insert(0, sys.argv[1]); from site_builder import pdf; pdf.work(int(sys.argv[2]), int(sys.argv[3]))"


class PdfReader:
    """Up to `jobs` workers, started when first needed. `text` may be called from as many threads."""

    def __init__(self, jobs: int = 1, *, memory: int = MEMORY, seconds: int = SECONDS) -> None:
        self._limits = (memory, seconds)
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(jobs):
            self._idle.put(None)
        self._jobs = jobs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for _ in range(self._jobs):
            worker = self._idle.get()
            if worker:
                worker.stop()
            self._idle.put(None)

    def text(self, content: bytes, name: str) -> Text | Problem:
        """What is printed."""
        answer = self._ask("pdfium", content)
        if answer.failure:
            first, answer = answer, self._ask("pypdf", content)
            if answer.failure:
                seen = f"pdfium: {first.failure}; pypdf: {answer.failure}"
                return _problem("pdf-unreadable", name, f"the PDF cannot be read ({seen}); open it and save it as a new PDF")
        if not answer.text.strip():
            return _problem("pdf-no-text", name, "the PDF holds no text, perhaps a scan; run OCR on it (for example ocrmypdf)")
        return Text(answer.text, answer.pictures)

    def bare(self, content: bytes) -> bytes | None:
        """The PDF with nothing but its pages; None where it cannot be written anew. The same bytes give the same bytes."""
        return self._ask("bare", content).bare

    def _ask(self, engine: str, content: bytes) -> _Answer:
        worker = self._idle.get()
        try:
            worker = worker or _Worker(*self._limits)
            answer = worker.ask(engine, content)
            if answer is None:
                answer = _Answer(failure=worker.stop())
                worker = None
            return answer
        finally:
            self._idle.put(worker)


def _problem(code: str, name: str, message: str) -> Problem:
    return Problem(code=code, message=message, file=name, severity="quarantine")


class Text(NamedTuple):
    """The text of a PDF."""

    text: str
    """Lines end in LF; an empty line stands between paragraphs."""
    pictures: Sequence[int]
    """Numbers of the pages, from 1, that are pictures without a text of their own; none where pdfium could not read them."""


class _Answer(NamedTuple):
    text: str = ""
    pictures: Sequence[int] = ()
    failure: str = ""
    bare: bytes | None = None


class _Worker:
    """A process that answers requests on its pipes until they are closed."""

    def __init__(self, memory: int, seconds: int) -> None:
        command = [sys.executable, "-P", "-c", _START, str(Path(__file__).parents[1]), str(memory), str(seconds)]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin
        assert self._process.stdout
        self._requests = Connection(os.dup(self._process.stdin.fileno()), readable=False)
        self._answers = Connection(os.dup(self._process.stdout.fileno()), writable=False)
        self._process.stdin.close()
        self._process.stdout.close()
        self._seconds = seconds
        self._stalled = False

    def ask(self, engine: str, content: bytes) -> _Answer | None:
        """None: the worker died or stalls; stop it."""
        try:
            self._requests.send_bytes(engine.encode())
            self._requests.send_bytes(content)
            if self._answers.poll(self._seconds):
                return msgspec.msgpack.decode(self._answers.recv_bytes(5 * LONGEST), type=_Answer)
            self._stalled = True
        except (EOFError, OSError):
            pass
        return None

    def stop(self) -> str:
        """End the process; what became of it, in words."""
        self._requests.close()
        self._answers.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if not self._stalled:
                self._process.wait(1)
        self._process.kill()
        code = self._process.wait()
        if self._stalled:
            return f"no answer within {self._seconds} s"
        return f"the reader died (signal {-code})" if code < 0 else f"the reader ended (exit code {code})"


def work(memory: int, seconds: int) -> None:
    """The worker's loop: an engine's name and a PDF in, an `_Answer` out."""
    import resource  # noqa: PLC0415  # not on every system, and only workers need it

    with contextlib.suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    requests, answers = Connection(0, writable=False), Connection(1, readable=False)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            engine, content = requests.recv_bytes(), requests.recv_bytes()
            used = resource.getrusage(resource.RUSAGE_SELF)
            limit = int(used.ru_utime + used.ru_stime) + seconds + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            answers.send_bytes(msgspec.msgpack.encode(_answer(engine.decode(), content)))


def _answer(engine: str, content: bytes) -> _Answer:
    try:
        if engine == "bare":
            return _Answer(bare=_bare(content))
        text, pictures = _by_pdfium(content) if engine == "pdfium" else (_by_pypdf(content), [])
    except Exception as error:  # engines raise anything; this is a worker's border, and the failure is reported
        told = f"{type(error).__name__}: {error}"[:200]
        return _Answer(failure="".join(sign if sign.isprintable() else " " for sign in told))
    return _Answer(text, pictures) if len(text) <= LONGEST else _Answer(failure=f"more than {LONGEST:,} characters of text")


def _by_pypdf(content: bytes) -> str:
    from pypdf import PdfReader as Reader  # noqa: PLC0415  # slow to import, seldom needed

    pages: list[str] = []
    for page in Reader(io.BytesIO(content)).pages:
        pages.append(page.extract_text())
        if sum(map(len, pages)) > LONGEST:
            break
    return "\n\f".join(pages)


def _bare(content: bytes) -> bytes:
    from pypdf import PdfReader as Reader  # noqa: PLC0415  # slow to import, seldom needed
    from pypdf import PdfWriter as Writer  # noqa: PLC0415

    writer = Writer()
    for page in Reader(io.BytesIO(content)).pages:
        writer.add_page(page)
    for page in writer.pages:
        resources = page.get("/Resources")
        pictures = resources.get_object().get("/XObject") if resources else None
        for part in (page, *(picture.get_object() for picture in (pictures.get_object().values() if pictures else ()))):
            for key in _BESIDE_PAGES:
                part.pop(key, None)
    writer.metadata = None
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


class _Printed(NamedTuple):
    """One line of pdfium's, which may span two on paper: it joins them over a hyphen."""

    page: int
    text: str
    top: float
    """Baseline of the first letter."""
    bottom: float
    """Baseline of the last one."""
    right: float
    first_word: float
    """Width of the first word."""


def _by_pdfium(content: bytes) -> tuple[str, list[int]]:
    """Lines and the empty lines between them; the pages that are pictures."""
    pictures = list[int]()
    lines = list(_printed(content, pictures))
    layout = _layout(lines)
    parts = [line.text for line in lines[:1]]
    for above, line in pairwise(lines):
        parts.append("\n\n" if _is_break(above, line, layout) else "\n")
        parts.append(line.text)
    return "".join(parts), pictures


class _Layout(NamedTuple):
    leading: float
    """The usual distance of baselines."""
    right: float
    blank_ends: bool
    """Lines that wrapped end in a blank, as word processors leave it."""


def _layout(lines: list[_Printed]) -> _Layout:
    inside = [(above, line) for above, line in pairwise(lines) if above.page == line.page]
    gaps = Counter(round(above.bottom - line.top, 1) for above, line in inside)
    most = max(gaps.values(), default=0)
    leading = min((gap for gap, count in gaps.items() if gap > 0 and count * 4 >= most), default=0.0)
    wrapped = [above.text.endswith(" ") for above, line in inside if 0 < above.bottom - line.top <= _BREAK * leading]
    return _Layout(leading, max((line.right for line in lines), default=0.0), sum(wrapped) * 2 > len(wrapped))


def _is_break(above: _Printed, line: _Printed, layout: _Layout) -> bool:
    """Does a paragraph end between the two?"""
    if above.page == line.page:
        return above.bottom - line.top > _BREAK * layout.leading
    ended = layout.blank_ends and not above.text.endswith((" ", "-"))
    return ended or above.right + line.first_word < 0.97 * layout.right


def _is_picture(page: Any, pdfium: Any) -> bool:
    """Does a page with next to no text show a picture that nobody has run OCR on?"""
    objects = list(page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_TEXT), max_depth=3))
    pictures = [one for one in objects if one.type == pdfium.FPDF_PAGEOBJ_IMAGE]
    if not pictures or any(
        pdfium.FPDFTextObj_GetTextRenderMode(one.raw) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
        for one in objects
        if one.type == pdfium.FPDF_PAGEOBJ_TEXT
    ):
        return False
    shown = bytes(page.render(scale=_PIXELS / max(page.get_size()), grayscale=True).buffer)
    return sum(map(shown.count, range(_DARK))) > _SPECKS * len(shown)


def _printed(content: bytes, pictures: list[int]) -> Iterator[_Printed]:
    """Line by line; `pictures` gets the pages that are some."""
    import pypdfium2  # noqa: PLC0415  # loads the native library: only in workers
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    x, y, bottom = ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
    left, right, _low, _high = box = [ctypes.c_double() for _ in range(4)]
    document = pypdfium2.PdfDocument(content)
    for number, page in enumerate(document):
        typed = page.get_textpage()
        if typed.count_chars() <= _STAMP and _is_picture(page, pdfium):
            pictures.append(number + 1)
        position = 0
        for whole in typed.get_text_range().split("\r\n"):
            text = whole.replace("\x02", "-").replace("\ufffe", "-")  # pdfium's marks for a hyphen at a line end
            bare = text.strip()
            if bare:
                first = position + text.index(bare[0])
                start, end, last = (
                    pdfium.FPDFText_GetCharIndexFromTextIndex(typed, first + ahead)
                    for ahead in (0, len(bare.split(None, 1)[0]) - 1, len(bare) - 1)
                )
                pdfium.FPDFText_GetCharOrigin(typed, start, x, y)
                pdfium.FPDFText_GetCharBox(typed, end, *box)
                first_word = right.value - x.value
                pdfium.FPDFText_GetCharOrigin(typed, last, left, bottom)
                pdfium.FPDFText_GetCharBox(typed, last, *box)
                yield _Printed(number, text, y.value, bottom.value, right.value, first_word)
            position += len(whole) + 2
        typed.close()
        page.close()
    document.close()
