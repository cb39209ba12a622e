"""Cleaning and unwrapping: what the printout did is undone, and no word is lost."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.model import Line
from site_builder.text import clean, lines_of, paragraphs, unwrap
from tests.conftest import FULL

LONG = "The injured worker reports pain that runs from the neck into the right arm and wakes her"
PRINTED = [
    f"{LONG} at night, more so on the days",
    "on which she has to reach overhead, and the treating physician asked for a study on 10-1-",
    "15, which was denied.",
]
WHOLE = " ".join(PRINTED).replace("10-1- 15", "10-1-15")


def texts(text: str) -> list[str]:
    return [line.text for line in paragraphs(lines_of(clean(text)))]


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\u2028b\x0bc", "a\nb\nc"),  # other line ends; splitlines() would take form feeds too
        ("and so on\x85", "and so on…"),  # cp1252 read as Latin-1
        ("a\fb", "a\fb"),
        ("\ufeffCase\u200b Num\xadber\x00\x81 \u202eX\u2066", "Case Number X"),
        ("\u001b[2J", "[2J"),  # a terminal's commands
        ("lone \ud800 half", "lone \ufffd half"),
        ("cafe\u0301", "caf\xe9"),
        ("the patientâ€™s knee, 90Â°", "the patient’s knee, 90°"),  # UTF-8 read as cp1252, twice over the wire
        ("“quotes” – and ½ stay", "“quotes” – and ½ stay"),  # only encodings are mended,
        ("oﬃce, reﬁll and ﬂuoroscopy", "office, refill and fluoroscopy"),  # and what is the printer's, not the word's
    ],
)
def test_characters_that_are_not_seen_or_wrongly_decoded_are_mended(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


def test_lines_keep_their_numbers_and_fold_their_blanks() -> None:
    assert lines_of("\n  one \ttwo\xa0 \nthree\n\n\n\nfour\n \n") == (
        Line(2, "one two"),
        Line(3, "three"),
        Line(4, ""),
        Line(7, "four"),
    )


def test_a_form_feed_ends_a_line_but_does_not_count_as_one() -> None:
    assert [line for line in lines_of("one,\n\ftwo\nthree") if line.text][1:] == [Line(2, "two"), Line(3, "three")]


@pytest.mark.parametrize("blank", [" ", ""])
def test_doubled_line_spacing_is_undone(blank: str) -> None:
    """The typed empty line is a line, too, and is doubled like the others."""
    typed = "\n\n".join([*PRINTED, blank, "Neck MRI:  Upheld", blank, *PRINTED])
    assert texts(typed) == [
        " ".join(PRINTED).replace("- 15", "-15"),
        "Neck MRI: Upheld",
        " ".join(PRINTED).replace("- 15", "-15"),
    ]


def test_a_page_break_in_doubled_text_adds_an_empty_line_that_means_nothing() -> None:
    typed = "\n\n".join([PRINTED[0] + " ", PRINTED[1] + " ", "", PRINTED[2] + " ", " ", "Neck MRI: Upheld ", " ", LONG + " "])
    assert texts(typed) == [WHOLE, "Neck MRI: Upheld", LONG]


def test_paragraphs_of_one_line_each_are_not_taken_for_doubled_spacing() -> None:
    typed = "\n\n".join(
        ["CLINICAL CASE SUMMARY", " ".join(PRINTED), "Neck MRI: Upheld", " ".join(PRINTED * 2), "Decision rationale: none."]
    )
    assert len(texts(typed)) == 5


@pytest.mark.parametrize("around", ["\f", "\n\f", "\n\n\f", "\n\n\n\f\n\n"])
def test_a_page_break_inside_a_sentence_ends_no_paragraph(around: str) -> None:
    assert len(texts(PRINTED[0] + around + "\n".join(PRINTED[1:]))) == 1


@pytest.mark.parametrize("around", ["\n\n\f", "\n\f\n", "\f"])
def test_a_page_break_after_a_short_last_line_ends_the_paragraph(around: str) -> None:
    above = "\n".join(PRINTED)
    assert len(texts(above + around + "MAXIMUS guideline: Decision based on MTUS.")) == 2


ROWS = {"l": "x" * 100, "C": "X" * 100, "s": "x", "W": "x" * 160, "w": "x" * 161}
"""Lines by a letter: long, long with a capital, short, as wide as a printer's, wider."""
GAPS = {".": "\n", "_": " \n", "f": "\f", "-": ""}
"""What stands between two lines: an empty line, one that holds a blank, a page break, nothing."""


@pytest.mark.parametrize(
    ("rows", "gaps", "count"),
    [
        ("lll", ". .", 3),  # too few lines to tell
        ("llll", ". . .", 1),
        ("WWWW", ". . .", 1),
        ("wwww", ". . .", 4),  # too wide for a printer: each line is a paragraph
        ("lllllllllw", ". . . . . . . . .", 10),
        ("llllllllllw", ". . . . . . . . . .", 1),  # one line in eleven proves nothing
        ("llllll", ". . - . .", 5),  # lines without an empty one between them
        ("lllllllllll", ". . . . - . . . . .", 1),  # one in ten may have none
        ("lssss", ". . . .", 1),
        ("lsssss", ". . . . .", 6),  # too few full lines
        ("CCCCCl", ". . . . .", 1),
        ("CCCCCCl", ". . . . . .", 7),  # too few lines begin in the middle of a sentence
        ("lllll", ". .. ... .", 2),  # more than twice the usual height
        ("lllll", ".. .. .. ....", 1),
        ("lllll", ".. .. .. .....", 2),
        ("lllll", ". .. .. ...", 1),  # the usual height is that of the lower quarter
        ("lllll", ". . f .", 1),
        ("lllll", ". . ._ .", 2),  # somebody typed the line that holds a blank
        ("lllll", "._ . . .", 2),
        ("lllll", "_ _ _ _", 1),  # all of them hold one: it tells nothing
        ("lllll", "_ _ _ .", 1),
        ("lllll", "_ _ ___ _", 2),
        ("llllllll", ". ... . ... . ... ._", 4),  # most high gaps hold no blank: the height tells
        ("lllllll", ". ... . ... . ._", 2),
        ("lllllll", ". .. .. .. . ._", 2),
    ],
)
def test_doubled_line_spacing_is_told_from_paragraphs_of_one_line(rows: str, gaps: str, count: int) -> None:
    typed = "".join(
        ROWS[row] + "\n" + "".join(GAPS[sign] for sign in gap) for row, gap in zip(rows, [*gaps.split(), "-"], strict=True)
    )
    assert len(texts(typed)) == count


SHORT, FULL_LINE = "X" * 84, "X" * 85
"""With the next word, and a tenth left over, there is room on a line of a hundred, and there is none."""


@pytest.mark.parametrize(
    ("above", "between", "below", "count"),
    [
        (SHORT, "\f", "Then", 2),
        (SHORT, "\f", "then", 1),
        (SHORT[1:] + ".", "\f", "then", 2),
        (SHORT[1:] + ".", "\f", "Then", 2),
        (FULL_LINE, "\f", "Then", 1),
        (FULL_LINE[1:] + ".", "\f", "Then", 1),
        (FULL_LINE[1:] + ".", "\n\f\n", "Then", 1),
        (SHORT, "\n\n\f", "Then", 2),
        (SHORT, "\n\n\f", "then", 1),
        (FULL_LINE, "\n\n\f", "Then", 1),
        (FULL_LINE, "\n\n\f", "then", 1),
        (FULL_LINE[1:] + ".", "\n\n\f", "then", 2),
        (FULL_LINE[1:] + ".", "\n\n\f", "Then", 2),
    ],
)
def test_a_page_break_ends_a_paragraph_where_the_line_or_the_sentence_had_come_to_its_end(
    above: str, between: str, below: str, count: int
) -> None:
    assert len(texts(f"{'X' * 100}\n{above}{between}{below} it went on")) == count


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("One.\n\n1\n\fTwo.\n\n2\n\fThree.\n\n3\n", ["One.", "Two.", "Three."]),
        ("One.\n\n\f2\n\nTwo.\n\n\f3\n\nThree.", ["One.", "Two.", "Three."]),
        ("The pain goes\n1\n\fdown the leg.", ["The pain goes down the leg."]),
        ("Norco 10/325 mg, count\n\f90\nwith one refill.", ["Norco 10/325 mg, count 90 with one refill."]),  # of another page
        ("Page one.\n\n\fMotrin, count\n2\nwith no refill.", ["Page one.", "Motrin, count 2 with no refill."]),  # amid a page
        ("Motrin, count\n1", ["Motrin, count 1"]),  # there is one page only
    ],
)
def test_the_bare_number_of_a_page_at_its_edge_is_no_word_of_the_letter(typed: str, read: list[str]) -> None:
    assert texts(typed) == read


def test_a_paragraph_has_the_number_of_its_first_line() -> None:
    assert paragraphs(lines_of("\na\nb\n\n\nc")) == (Line(2, "a b"), Line(6, "c"))


def test_lines_without_a_word_add_nothing() -> None:
    assert unwrap(["", "one", " ", "two", ""]) == "one two"


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("10-1-", "15", "10-1-15"),
        ("Electro-", "diagnostic", "Electro-diagnostic"),
        ("pre-", "and post-operative", "pre- and post-operative"),
        ("weeks -", "then home", "weeks - then home"),  # a dash
        ("L5-", "S1", "L5-S1"),
        ("x-", "ray", "x-ray"),
        ("pre\u2010", "operative", "pre\u2010operative"),
        ("MAX", "imum", "MAX imum"),
        ("necessary.", "The", "necessary. The"),
        ("-", "a list item", "- a list item"),
    ],
)
def test_a_line_that_ends_in_a_hyphen_goes_on_without_a_blank(above: str, below: str, joined: str) -> None:
    assert unwrap([above, below]) == joined


pieces = st.text(alphabet="aB .-\u2010:,0\xe9", max_size=30)  # no digit that could be the number of its page
breaks = st.sampled_from(["\n", "\n\n", "\n \n", "\n\n\n", "\f", "\n\f", "\n\n\f\n", "\r\n", "\r\r\n"])
typed_texts = st.lists(st.tuples(pieces, breaks)).map(lambda parts: "".join(text + end for text, end in parts))


@given(typed_texts)
def test_no_word_is_lost(typed: str) -> None:
    def bare(text: str) -> str:
        return "".join(text.split())

    assert bare("".join(texts(typed))) == bare(unicodedata.normalize("NFC", typed))


@given(typed_texts)
def test_lines_read_again_are_the_same_lines(typed: str) -> None:
    once = [line.text for line in lines_of(clean(typed))]
    assert [line.text for line in lines_of(clean("\n".join(once)))] == once


@given(st.text())
def test_any_text_gives_lines_that_keep_the_contract(typed: str) -> None:
    lines = lines_of(clean(typed))
    assert all(line.text == " ".join(line.text.split()) for line in lines)
    assert not any(not above.text and not below.text for above, below in pairwise(lines))
    assert not lines or (lines[0].text and lines[-1].text)
    numbers = [line.number for line in lines if line.text]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("unit", ["\n", "\f", " ", "a", "-\n", "a \n\n", "\xe9 ", "a\f\n\n", "\x02\u202e"])
def test_time_grows_with_length_only(unit: str) -> None:
    def seconds(count: int) -> float:
        typed = unit * count
        start = time.process_time()
        paragraphs(lines_of(clean(typed)))
        return time.process_time() - start

    few = 25_000 if FULL else 6_000
    small = min(seconds(few) for _ in range(3))
    # what grows with the square takes a minute for the larger one, or some seconds: half a second is room for a busy machine
    assert min(seconds(8 * few) for _ in range(2)) < 16 * small + 0.5
