"""Format files are data that the loader proves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import formats
from site_builder.model import BuildError
from site_builder.parse import parse
from tests.letter_texts import FORMATS, source_of

MARK = '[[mark]]\nrole = "rationale"\nkind = "label"\nwords = ["Why we decided so"]\n'
HEAD = 'label = "New letters"\nrecognise = [["rationale"]]\n'


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"new": HEAD}, "recognise must list roles of marks"),
        ({"new": HEAD + MARK + 'examples = ["Decision rationale:"]\n'}, "is not found by mark 'rationale'"),
        ({"new": HEAD + MARK + 'counter = ["Why we decided so:"]\n'}, "must not match"),
        ({"new": HEAD + 'heads = [["(", "("]]\n' + MARK}, "no regular expression"),
        ({"new": HEAD + 'heads = [["a(?P<request>b)", "c"]]\n' + MARK}, "does not match its example 'c'"),
        ({"new": HEAD + 'partly = [["six", "six"]]\n[counter]\npartly = ["sixty"]\n' + MARK}, "counter-example 'sixty'"),
        ({"new": HEAD + 'running = [["Page (?:no. )?([0-9]+)", "Page 2"]]\n' + MARK}, "has a group"),
        ({"new": HEAD + 'extends = "old"\n' + MARK}, "names no other format file"),
        ({"new": HEAD + 'extends = "new"\n' + MARK}, "names no other format file"),
        ({"new": HEAD + MARK + MARK.replace("rationale", "Rationale!")}, "lower-case letters"),
        ({"new": HEAD + 'colour = "red"\n' + MARK}, "colour"),
        ({"new": "label ="}, "formats/new.toml"),
    ],
)
def test_a_broken_format_is_refused_with_its_file_and_the_mend(files: dict[str, str], complaint: str) -> None:
    with pytest.raises(BuildError) as caught:
        formats.load(files)
    assert complaint in str(caught.value)
    assert "formats/new.toml" in str(caught.value)


def test_a_new_format_is_one_file() -> None:
    new = """
label = "Letters of another office"
recognise = [["decisions", "rationale"]]
[[mark]]
role = "decisions"
kind = "heading"
words = ["OUR VERDICTS"]
[[mark]]
role = "rationale"
kind = "label"
words = ["Because"]
[[outcome]]
value = "overturned"
words = ["Granted"]
"""
    added = formats.load({"other-office": new})
    found = parse(source_of("OUR VERDICTS\n\nBack brace: Granted\n\nBecause: it helps."), (*FORMATS, *added))
    assert (found.format, [(one.request, one.outcome) for one in found.issues]) == (
        "other-office",
        [("Back brace", "overturned")],
    )


@pytest.mark.parametrize(
    ("printed", "mark"),
    [
        ("CLlNICAL CASE SUMMARY", "CLINICAL CASE SUMMARY"),
        ("clinical  case summary", "CLINICAL CASE SUMMARY"),
        ("C L I N I C A L CASE SUMMARY", "CLINICAL CASE SUMMARY"),
        ("CLINICAL CASE SUMMERY", "CLINICAL CASE SUMMARY"),
        ("Adrninistrator guideline", "Administrator guideline"),
        ("DECISIONS & RATIONALES", "DECISIONS AND RATIONALES"),
    ],
)
def test_marks_are_compared_as_scanned_text_is_misread(printed: str, mark: str) -> None:
    want = FORMATS[0].marks[0]._replace(letters=formats.fold(mark), slack=2, pieces=(("", 0, 99),))
    assert formats.prefix(formats.fold(printed), want) is not None


def test_a_heading_that_carries_an_outcome_forgives_no_misprint() -> None:
    review = next(form for form in FORMATS if form.key == "professional-review")
    assert {mark.slack for mark in review.marks if mark.mark.outcome} == {0}


@given(st.text())
def test_only_letters_and_digits_are_left_of_folded_text_whatever_was_printed(printed: str) -> None:
    lookalikes = str.maketrans("01|!5$8iI", "olllssbll")
    assert formats.fold(printed) == "".join(filter(str.isalnum, printed.translate(lookalikes).lower().replace("&", "and")))


@given(st.data())
def test_no_mark_within_its_misprints_is_overlooked(data: st.DataObject) -> None:
    """The look-up by pieces is a short cut: what it leaves out, no comparison would have found."""
    form = data.draw(st.sampled_from(FORMATS))
    want = data.draw(st.sampled_from(form.marks))
    letters = list(want.letters)
    for _ in range(want.slack):
        at = data.draw(st.integers(0, len(letters) - 1))
        letters[at : at + data.draw(st.integers(0, 1))] = data.draw(st.text("abcloz", max_size=1))
    printed = "".join(letters) + data.draw(st.text("abcloz", max_size=20))
    near = form.near(printed)
    assert [one for one in form.marks if formats.prefix(printed, one) is not None and one not in near] == []
