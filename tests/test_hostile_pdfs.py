"""Promise: no PDF takes the build down. Each gives text, or a quarantine that names it, within its limits of time and memory."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from site_builder.model import Problem
from site_builder.pdf import PdfReader
from tests.conftest import FULL, ROOT
from tests.make_pdf import pdf_of
from tests.test_sources import CATALOG, FONT, PAGE, PAGES, REFERENCE, SHOWN, bomb, form, maze, printed, raw_pdf, stream

SECONDS = 5 if FULL else 1
MEMORY = 400 << 20
MUTANTS = 60 if FULL else 16


def packed(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data)
    return data


def page(content: bytes, *more: bytes) -> bytes:
    return raw_pdf(CATALOG, PAGES, PAGE, content, *more)


def catalogue(entries: bytes) -> bytes:
    return raw_pdf(CATALOG.replace(b">>", entries + b">>"), PAGES, PAGE, stream(b"", SHOWN))


def filters(kinds: bytes, data: bytes) -> bytes:
    return page(stream(b"/Filter[" + kinds + b"]", data))


def unmapped(ranges: int) -> bytes:
    """A font whose character map names millions of characters."""
    rows = b"".join(b"<%04x><ffff><0041>\n" % number for number in range(ranges))
    cmap = b"/CIDInit /ProcSet findresource begin begincmap 100 beginbfrange\n" + rows + b"endbfrange endcmap end"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/ToUnicode 6 0 R>>"
    own = PAGE.replace(FONT, b"/Font<</F1 5 0 R>>")
    return raw_pdf(CATALOG, PAGES, own, stream(b"", SHOWN), font, stream(b"", cmap))


CRAFTED: Mapping[str, Callable[[], bytes]] = {
    "a bomb": bomb,
    "a maze of forms": maze,
    "a bomb in a bomb": lambda: page(stream(b"/Filter[/FlateDecode/FlateDecode]", packed(SHOWN + b" " * 50_000_000, 2))),
    "a hundred filters": lambda: filters(b"/FlateDecode" * 100, packed(SHOWN, 100)),
    "a filter that is none": lambda: filters(b"/Nonsense", SHOWN),
    "runs of one byte": lambda: filters(b"/RunLengthDecode", b"\x81 " * 2_000_000),
    "a predictor with columns without end": lambda: page(
        stream(b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 32>>", packed(SHOWN))
    ),
    "two hundred thousand texts": lambda: page(stream(b"", b"BT /F1 12 Tf " + b"(x) Tj 0 1 Td " * 200_000 + b"ET")),
    "a text of ten million signs": lambda: page(stream(b"/Filter/FlateDecode", packed(b"BT /F1 9 Tf (" + b"a" * 10_000_000 + b") Tj ET"))),
    "graphics states pushed without end": lambda: page(stream(b"", b"q " * 500_000 + SHOWN)),
    "an array of arrays": lambda: catalogue(b"/X " + b"[" * 100_000 + b"]" * 100_000),
    "a dictionary of dictionaries": lambda: catalogue(b"/X " + b"<</A " * 50_000 + b"1" + b">>" * 50_000),
    "a page tree that is its own child": lambda: raw_pdf(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
    "a hundred thousand times the same page": lambda: raw_pdf(
        CATALOG, b"<</Type/Pages/Kids[" + b"3 0 R " * 100_000 + b"]/Count 100000>>", PAGE, stream(b"", SHOWN)
    ),
    "a billion pages by its own account": lambda: raw_pdf(
        CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1000000000>>", PAGE, stream(b"", SHOWN)
    ),
    "less than no pages": lambda: raw_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count -1>>", PAGE, stream(b"", SHOWN)),
    "a table that follows itself": lambda: page(stream(b"", SHOWN)).replace(b"/Root 1 0 R", b"/Prev 9/Root 1 0 R"),
    "a length that is another stream's": lambda: page(b"<</Length 4 0 R>>stream\nx\nendstream"),
    "a length below nothing": lambda: page(b"<</Length -5>>stream\n" + SHOWN + b"\nendstream"),
    "an object that is itself": lambda: raw_pdf(CATALOG, PAGES, PAGE, b"4 0 R"),
    "a form that draws itself": lambda: page(stream(b"", SHOWN + b"/X Do"), form(b"/XObject<</X 5 0 R>>", b"/X Do")),
    "paper without bounds": lambda: page(stream(b"", SHOWN)).replace(b"0 0 612 792", b"0 0 1e38 1e38"),
    "paper of no size": lambda: page(stream(b"", SHOWN)).replace(b"0 0 612 792", b"0 0 0   0  "),
    "a font of nothing": lambda: page(stream(b"", SHOWN)).replace(b"/Subtype/Type1/BaseFont/Times-Roman", b"/Subtype/Type0/DescendantFonts[9 0 R]"),
    "a character map without end": lambda: unmapped(3_000),
    "scripts, launches and files in it": lambda: catalogue(
        b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/AA<</O<</S/Launch/F(cmd.exe)>>>>/AcroForm<</XFA(x)>>"
    ),
    "a lock": lambda: page(stream(b"", SHOWN)).replace(b"/Root 1 0 R", b"/Encrypt<</Filter/Standard/V 2/R 3/O()/U()/P -4>>/Root 1 0 R"),
    "no end": lambda: page(stream(b"", SHOWN))[:200],
    "no table": lambda: page(stream(b"", SHOWN)).partition(b"xref")[0],
    "only its first line": lambda: b"%PDF-1.7\n",
    "nothing": lambda: b"",
    "ten megabytes of noise": lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(10_000_000),
}  # fmt: skip


@cache
def mutants() -> tuple[bytes, ...]:
    """Sample PDFs with bytes flipped, cut out, doubled and moved."""
    chance = random.Random(4242)
    samples = [path.read_bytes() for path in sorted((ROOT / "letters").glob("*.pdf"))[:3]] + [pdf_of(REFERENCE)]
    found = []
    for number in range(60):
        content = bytearray(samples[number % len(samples)])
        for _ in range(chance.randint(1, 30)):
            place, length = chance.randrange(len(content)), chance.randint(1, 200)
            kind = chance.randrange(4)
            if kind == 0:
                content[place] ^= 1 << chance.randrange(8)
            elif kind == 1:
                del content[place : place + length]
            elif kind == 2:
                content[place:place] = content[place : place + length] * chance.randint(1, 20)
            else:
                content[place : place + length] = chance.randbytes(length)
        found.append(bytes(content))
    return tuple(found[:MUTANTS])


def cases() -> Iterator[tuple[str, bytes]]:
    yield from ((name, make()) for name, make in CRAFTED.items())
    yield from ((f"mutant {number}", content) for number, content in enumerate(mutants()))


def test_every_hostile_pdf_gives_text_or_a_named_quarantine_within_its_limits() -> None:
    counted, wrong = {"text": 0, "quarantine": 0}, []
    with PdfReader(memory=MEMORY, seconds=SECONDS) as pdfs:
        for name, content in cases():
            started = time.monotonic()
            found = pdfs.text(content, f"{name}.pdf")
            if isinstance(found, Problem):
                named = (
                    found.severity == "quarantine"
                    and found.file == f"{name}.pdf"
                    and found.code in ("pdf-unreadable", "pdf-no-text")
                )
                if not named or not found.message.isprintable():
                    wrong.append((name, found.message))
            counted["quarantine" if isinstance(found, Problem) else "text"] += 1
            if time.monotonic() - started > 2 * SECONDS + 5:  # two readers, and a start each on a busy machine
                wrong.append((name, f"{time.monotonic() - started:.1f} s"))
        assert printed(pdfs, pdf_of(REFERENCE), "next.pdf") == REFERENCE
    assert wrong == []
    assert sum(counted.values()) >= (80 if FULL else 40)
    assert min(counted.values()) >= 5, counted


def test_the_control_of_a_reader_in_this_process_is_ended_by_a_bomb() -> None:
    code = (
        "import resource, sys; from tests.test_hostile_pdfs import bomb; from site_builder.pdf import _by_pdfium; content = bomb()\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY})); _by_pdfium(content)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode < 0  # by a signal: no `except` of ours would have seen it
