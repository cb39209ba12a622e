"""Where the parts of a letter begin: which lines are marks, and which only use their words."""

from __future__ import annotations

import pytest

from site_builder.cut import Part, cut, runs
from site_builder.model import Line
from tests.letter_texts import FORMATS, source_of

FORM = next(form for form in FORMATS if form.key == "determination")

Shown = tuple[str, str, tuple[str, ...]]
"""(role, heading, lines)."""


def parts(typed: str) -> list[Part]:
    return cut(source_of(typed).lines, FORM)


def shown(typed: str) -> list[Shown]:
    return [(part.role, part.heading, tuple(line.text for line in part.lines if line.text)) for part in parts(typed)]


HEADER = ("header", "", ("He was seen",))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        # headings: alone on their lines
        ("Case summary\nA fall.", [("summary", "Case summary", ("A fall.",))]),  # the first line of all
        ("He was seen\n\nCase summary\nA fall.", [HEADER, ("summary", "Case summary", ("A fall.",))]),
        ("He was seen\nCase summary\nA fall.", [("header", "", ("He was seen", "Case summary", "A fall."))]),  # prose, wrapped
        ("He was seen.\nCase summary\nA fall.", [("header", "", ("He was seen.",)), ("summary", "Case summary", ("A fall.",))]),
        ("He was seen\nCASE SUMMARY\nA fall.", [HEADER, ("summary", "CASE SUMMARY", ("A fall.",))]),
        ("He was seen\nClinical case summary\nA fall.", [HEADER, ("summary", "Clinical case summary", ("A fall.",))]),
        ("He was seen\n\nCase summary: A fall.", [HEADER, ("summary", "Case summary:", ("A fall.",))]),
        ("He was seen\n\nCase summary -\nA fall.", [HEADER, ("summary", "Case summary -", ("A fall.",))]),
        ("He was seen\n\nCase summary of\nhis fall.", [("header", "", ("He was seen", "Case summary of", "his fall."))]),
        ("He was seen\n\nCASE SUMMARY He fell.", [HEADER, ("summary", "CASE SUMMARY", ("He fell.",))]),  # run in
        ("He was seen\n\nCase summary A fall.", [("header", "", ("He was seen", "Case summary A fall."))]),
        ("He was seen\n\nCASE\nSUMMARY\nA fall.", [HEADER, ("summary", "CASE SUMMARY", ("A fall.",))]),
        ("He was seen\n\n2) Case summary\nA fall.", [HEADER, ("summary", "2) Case summary", ("A fall.",))]),
        ("He was seen\n\nVIII) Case summary\nA fall.", [HEADER, ("summary", "VIII) Case summary", ("A fall.",))]),
        ("He was seen\n\nCASE SUMMARYES\nA fall.", [HEADER, ("summary", "CASE SUMMARYES", ("A fall.",))]),  # two letters more
        ("He was seen\n\nCASE SUMMARYEST\nA fall.", [("header", "", ("He was seen", "CASE SUMMARYEST", "A fall."))]),
        ("He was seen\n\nCASE SUMARRY:\nA fall.", [HEADER, ("summary", "CASE SUMARRY:", ("A fall.",))]),  # misprinted
        # labels: before their text
        ("Decision rationale\nIt helps.", [("rationale", "Decision rationale", ("It helps.",))]),
        ("Decision rationale It helps.", [("rationale", "Decision rationale", ("It helps.",))]),
        ("Decision rationale it helps.", [("header", "", ("Decision rationale it helps.",))]),
        ("Decision rationale(It helps.)", [("header", "", ("Decision rationale(It helps.)",))]),
        ("Decision rationale ; It helps.", [("rationale", "Decision rationale ;", ("It helps.",))]),
        ("He was seen\nDecision rationale It helps.", [("header", "", ("He was seen", "Decision rationale It helps."))]),
        ("He was seen\nDecision rationale: It helps.", [HEADER, ("rationale", "Decision rationale:", ("It helps.",))]),
        ("He was seen Decision rationale: It helps.", [HEADER, ("rationale", "Decision rationale:", ("It helps.",))]),
        ("Claims Adminis-\ntrator guideline: ODG.", [("ur", "Claims Adminis-trator guideline:", ("ODG.",))]),
    ],
)
def test_a_heading_or_label_is_a_mark_only_where_it_may_stand(typed: str, found: list[Shown]) -> None:
    assert shown(typed) == found


OURS = "The Claims Administrator relied on the ODG."
ASKED = "Decision rationale: It helps.\n\n"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (f"IMR ISSUES, DECISIONS AND RATIONALES\n\nMRI: Upheld\n\n{OURS}", [("MRI: Upheld",), (OURS,)]),
        (f"IMR ISSUES, DECISIONS AND RATIONALES\n\nLumbar MRI:\n{OURS}", [("Lumbar MRI:",), (OURS,)]),
        (f"IMR ISSUES, DECISIONS AND RATIONALES\n\nLumbar MRI.\n{OURS}", [("Lumbar MRI.",), (OURS,)]),
        (f"IMR ISSUES, DECISIONS AND RATIONALES\n\nLumbar MRI, X\n{OURS}", [("Lumbar MRI, X", OURS)]),  # in the middle of a sentence
        (f"{ASKED}It was denied.\n\n{OURS}", [("It helps.", "It was denied.", OURS)]),  # a rationale may say so
        (f"{ASKED}1. The request for Soma is not medically necessary.\n\n{OURS}", [("It helps.", "1. The request for Soma is not medically necessary."), (OURS,)]),
        (f"{ASKED}Yes. 1. The request for Soma is not medically necessary.\n\n{OURS}", [("It helps.", "Yes. 1. The request for Soma is not medically necessary."), (OURS,)]),
        (OURS, [(OURS,)]),
    ],
)  # fmt: skip
def test_the_words_that_open_a_part_open_it_only_where_that_part_may_come(typed: str, found: list[tuple[str, ...]]) -> None:
    assert [lines for _, _, lines in shown(typed)] == found


def test_a_part_knows_its_first_line_and_each_of_its_lines() -> None:
    found = parts(
        "\nHe was seen\n\nCLINICAL CASE\nSUMMARY: A fall.\nIt hurt.\n\nDecision rationale: Yes. MAXIMUS guideline: ODG."
    )
    assert [(part.role, part.line) for part in found] == [("header", 2), ("summary", 4), ("rationale", 8), ("imr", 8)]
    assert found[1].lines[:2] == (Line(5, "A fall."), Line(6, "It hurt."))
    assert [part.lines[0] for part in found[2:]] == [Line(8, "Yes."), Line(8, "ODG.")]
    assert [part.mark.kind if part.mark else None for part in found] == [None, "heading", "label", "label"]


def test_without_lines_there_are_no_parts() -> None:
    assert cut((), FORM) == []


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Page 2 of 5", True),
        ("page 2", True),
        ("Page 2 of the report shows a tear", False),
        ("Final Determination Letter for IMR Case Number CM13-0001234 3", True),
        ("Page 2" + " " * 120, False),
    ],
)
def test_headers_and_footers_of_printed_pages_are_no_part_of_the_letter(text: str, printed: bool) -> None:
    assert runs(Line(1, text), FORM) is printed
    lines = (Line(1, "Case summary:"), Line(2, text), Line(3, "A fall."))
    (part,) = cut(lines, FORM)
    assert part.lines == (Line(3, "A fall."),) if printed else len(part.lines) == 2
