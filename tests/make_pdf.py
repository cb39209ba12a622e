"""Prints a plain-text letter as a PDF, as a word processor would: for the sample letters and for tests.

`python -m tests.make_pdf` prints tests/printouts/*.txt to letters/*.pdf. A line is wrapped to the paper's width, an empty line
stays one, a line in capitals is a heading: bold and centred. The bytes depend on nothing but the text and the version of fpdf2,
and name nobody.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from fpdf import FPDF

ROOT = Path(__file__).parents[1]
LEADING = 13.8


def pdf_of(text: str) -> bytes:
    """Points throughout: letter paper, margins of one inch, Times 12; a form feed starts a page."""
    pdf = FPDF(unit="pt", format="letter")
    pdf.set_creation_date(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
    pdf.set_margins(72, 72, 36)
    pdf.set_auto_page_break(True, 72)
    pdf.set_font("Times", size=12)
    for page in text.split("\f"):
        pdf.add_page()
        _print(pdf, page.split("\n"))
    return bytes(pdf.output())


def _print(pdf: FPDF, lines: list[str]) -> None:
    for line in lines:
        if not line:
            pdf.ln(LEADING)
            continue
        heading = line.isupper()
        pdf.set_font("Times", style="B" if heading else "", size=12)
        pdf.multi_cell(w=468, h=LEADING, text=line, align="C" if heading else "L", new_x="LMARGIN", new_y="NEXT")


def main() -> None:
    for source in sorted((ROOT / "tests" / "printouts").glob("*.txt")):
        (ROOT / "letters" / f"{source.stem}.pdf").write_bytes(pdf_of(source.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
