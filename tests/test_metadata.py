"""metadata.csv fills what letters lack and overrides nothing."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from site_builder import build
from site_builder.metadata import Row, by_letter, case_number, header_fields, iso_date, merge, odd_dates, without_letter
from site_builder.model import Issue, Letter
from site_builder.options import Options
from tests.conftest import ROOT

TREATMENTS = {"surgery", "surgery/spine", "surgery/arthroscopic", "home-health"}


def wording(disputed: str) -> tuple[str | None, str | None, object]:
    """As the vocabulary of treatments would say: "surgery/spine" is said, and "x" says nothing."""
    category, _, subcategory = disputed.partition("/")
    return (None, None, None) if category == "x" else (category, subcategory or None, None)


def merged_with(letter: Letter, *rows: Row) -> Letter:
    return merge(letter, by_letter(rows), TREATMENTS, wording)


def issue(number: int, disputed: str = "x") -> Issue:
    return Issue(number=number, request=disputed, disputed=disputed, outcome="upheld")


def letter(source: str = "a.txt", case: str | None = None, *issues: Issue, decided: dt.date | None = None) -> Letter:
    given = issues or (issue(1),)
    return Letter(id="a", source=source, sha256="", format="", case_number=case, decision_date=decided, issues=given)


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("2017-01-06", "2017-01-06"),
        ("2017-1-6", "2017-01-06"),
        ("01/06/2017", "2017-01-06"),
        ("1-6-2017", "2017-01-06"),
        ("02/30/2017", None),
        ("6.1.2017", None),
        ("01/06/17", None),  # which century?
        ("٢٠١٧-٠١-٠٦", None),  # digits, but not ours
        ("", None),
    ],
)
def test_dates_are_read_in_two_forms_and_never_guessed(typed: str, date: str | None) -> None:
    assert iso_date(typed) == date


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("CM17-0001234", "CM17-0001234"),
        ("cm17-0001234", "CM17-0001234"),
        ("CM17 0001234", "CM17-0001234"),  # a takedown of CM17-0001234 means this one too
        ("IMR13-000123", "IMR 13-000123"),
        ("Case No. CM17\u20130001234 (amended)", "CM17-0001234"),
        ("CM17-0001234, CM17-0001235", None),  # which?
        ("John Smith SSN 123-45-6789", None),
        ("CM17-00012345", None),
        ("../../etc/passwd", None),
    ],
)
def test_a_case_number_is_spelled_as_letters_print_it_whoever_gives_it(typed: str, number: str | None) -> None:
    assert case_number(typed) == number
    fields, problems = header_fields({"case_number": typed}, "metadata.csv", 2)
    assert fields.get("case_number") == number
    assert len(problems) == (number is None)
    assert "Smith" not in "".join(problem.message for problem in problems)


def test_values_that_are_not_understood_are_named() -> None:
    fields, problems = header_fields({"Decision Date": "soon", "age": "44", "sex": "F", "shoe size": "9"}, "a.md", 3)
    assert fields == {"age": "44"}
    assert [(problem.code, problem.line) for problem in problems] == [
        ("field-value", 3),
        ("field-value", 3),
        ("unknown-field", 3),
    ]


def test_a_row_fills_what_the_letter_lacks() -> None:
    fields = {
        "case_number": "CM99-0000001",
        "decision_date": "2017-01-06",
        "priority": "expedited",
        "specialties": "Surgery, Urology",
    }
    filled = merged_with(letter(), Row(line=2, file="a.txt", fields=fields, category="surgery", subcategory="spine"))
    assert (filled.case_number, filled.decision_date, filled.priority) == ("CM99-0000001", dt.date(2017, 1, 6), "expedited")
    assert filled.id == "cm99-0000001", "its page has the name that it would have had by the letter"
    assert filled.specialties == ("Surgery", "Urology")
    assert {one.field: (one.rule, one.words) for one in (*filled.evidence, *filled.issues[0].evidence)} == {
        **{field: ("metadata.csv, line 2", value) for field, value in fields.items()},
        "category": ("metadata.csv, line 2", "surgery/spine"),
    }
    assert filled.issues[0].treatment == "surgery/spine"
    assert filled.problems == ()


def test_where_both_speak_the_letter_stands_and_the_problem_names_both() -> None:
    said = letter("a.txt", "CM99-0000001", issue(1, "surgery/arthroscopic"), decided=dt.date(2017, 1, 5))
    row = Row(line=7, file="a.txt", fields={"decision_date": "2017-01-06"}, category="surgery", subcategory="spine")
    filled = merged_with(said, row)
    assert (filled.decision_date, filled.issues) == (said.decision_date, said.issues)
    assert [problem.code for problem in filled.problems] == ["metadata-conflict", "metadata-conflict"]
    assert "2017-01-05" in filled.problems[0].message
    assert "2017-01-06" in filled.problems[0].message
    assert "surgery/arthroscopic" in filled.problems[1].message
    assert "surgery/spine" in filled.problems[1].message


def test_a_row_that_says_the_same_is_no_problem() -> None:
    said = letter("a.txt", "CM99-0000001", issue(1, "surgery/spine"), decided=dt.date(2017, 1, 6))
    row = Row(line=2, fields={"case_number": "CM99-0000001", "decision_date": "2017-01-06"}, category="surgery")
    filled = merged_with(said, row)
    assert filled.problems == ()
    assert filled.issues[0].treatment == "surgery/spine"
    assert filled.decision_date == said.decision_date


def test_of_two_rows_that_differ_the_first_stands_and_the_problem_says_so() -> None:
    by_file, by_case = (
        Row(line=2, file="a.txt", category="surgery"),
        Row(line=3, fields={"case_number": "CM99-0000001"}, category="home-health"),
    )
    filled = merged_with(letter("a.txt", "CM99-0000001"), by_file, by_case)
    assert filled.issues[0].treatment == "surgery"
    assert [problem.message for problem in filled.problems] == [
        "treatment of issue 1 is surgery by the other row and home-health in metadata.csv, line 3; the other row stands"
    ]


def test_the_words_of_a_letter_stand_against_a_row_of_a_real_table(tmp_path: Path) -> None:
    shutil.copy(ROOT / "letters" / "CM99-0000302.txt", tmp_path)
    (tmp_path / "metadata.csv").write_text("case_number,issue,treatment_category\nCM99-0000302,1,surgery\n")
    reading = build.read(Options(letters=tmp_path))
    assert reading.letters[0].issues[0].treatment == "dmepos/electrical-stimulation"
    (problem,) = (problem for problem in reading.problems if problem.code == "metadata-conflict")
    assert "is dmepos/electrical-stimulation by the wording and surgery in metadata.csv, line 2" in problem.message


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (Row(line=2, file="a.txt", category="surgery"), "add a column `issue`"),
        (Row(line=2, file="a.txt", category="surgery", issue=3), "no issue 3"),
        (Row(line=2, file="a.txt", category="magic", issue=1), "'magic' is no value"),
    ],
)
def test_a_treatment_that_fits_no_issue_is_not_guessed(row: Row, told: str) -> None:
    filled = merged_with(letter("a.txt", None, issue(1), issue(2)), row)
    assert [found.treatment for found in filled.issues] == [None, None]
    assert [told in problem.message for problem in filled.problems] == [True]


def test_rows_find_letters_by_file_and_by_case_and_those_that_find_none_are_named() -> None:
    letters = [letter("2017/a.txt"), letter("b.txt", "CM99-0000002"), letter("c.txt")]
    rows = [
        Row(line=2, file="2017/a.txt", fields={"age": "40"}),
        Row(line=3, fields={"case_number": "CM99-0000002", "age": "50"}),
        Row(line=4, file="gone.txt", fields={"age": "60"}),
    ]
    merged = [merged_with(letter, *rows) for letter in letters]
    problems = without_letter(rows, merged)
    assert [found.age for found in merged] == [40, 50, None]
    assert [(problem.code, problem.line, "gone.txt" in problem.message) for problem in problems] == [
        ("metadata-unknown-file", 4, True)
    ]


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (
            {"decision_date": dt.date(2017, 1, 6), "received_date": dt.date(2016, 12, 1), "date_of_injury": dt.date(1971, 3, 4)},
            "",
        ),
        ({"decision_date": dt.date(2017, 1, 6), "received_date": dt.date(2017, 1, 6)}, ""),
        ({"received_date": dt.date(2016, 12, 1), "ur_denial_date": dt.date(2016, 12, 5)}, ""),  # forms are filled in as they are
        ({"decision_date": dt.date(2917, 1, 6)}, "decision_date 2917-01-06 is in no year"),
        ({"decision_date": dt.date(1, 1, 6), "received_date": dt.date(2016, 12, 1)}, "decision_date 0001-01-06 is in no year"),
        ({"decision_date": dt.date(2012, 12, 31)}, "decision_date 2012-12-31 is in no year"),
        ({"date_of_injury": dt.date(1911, 1, 6)}, "date_of_injury 1911-01-06 is in no year"),
        (
            {"decision_date": dt.date(2014, 1, 6), "received_date": dt.date(2017, 1, 1)},
            "2014-01-06 is before received_date 2017-01-01",
        ),
        ({"decision_date": dt.date(2014, 1, 6), "date_of_injury": dt.date(2015, 1, 1)}, "2014-01-06 is before date_of_injury"),
        (
            {"decision_date": dt.date(2024, 1, 6), "ur_denial_date": dt.date(2014, 1, 6)},
            "is years after ur_denial_date 2014-01-06",
        ),
    ],
)
def test_dates_that_cannot_be_are_one_warning_and_stand(dates: dict[str, dt.date], told: str) -> None:
    given = msgspec.structs.replace(letter(), **dates)
    problems = odd_dates(given)
    assert [(problem.code, problem.severity, told in problem.message) for problem in problems] == (
        [("date-odd", "warning", True)] if told else []
    )


def test_a_letter_of_the_year_2917_is_published_with_a_warning(tmp_path: Path) -> None:
    typed = (ROOT / "letters" / "CM99-0000302.txt").read_text("utf-8")
    (tmp_path / "a.txt").write_text(re.sub(r"(Decision Date: .*)2016", r"\g<1>2916", typed, count=1))
    reading = build.read(Options(letters=tmp_path))
    assert [found.decision_year for found in reading.letters] == ["2916"]
    assert [problem.file for problem in reading.problems if problem.code == "date-odd"] == ["a.txt"]


def test_several_issues_are_filled_by_number() -> None:
    rows = [Row(line=2, file="a.txt", issue=2, category="home-health"), Row(line=3, file="a.txt", issue=1, category="surgery")]
    merged = merged_with(letter("a.txt", None, issue(1), issue(2)), *rows)
    assert [found.treatment for found in merged.issues] == ["surgery", "home-health"]
    assert (without_letter(rows, [merged]), merged.problems) == ([], ())
