"""A source cut up by a format: fields, issues, sections, problems."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder import patient
from site_builder.model import Letter, Problem, Section, Source
from site_builder.parse import parse
from tests.approve import approved, letters, parsed
from tests.letter_texts import FORMATS, HERE, ROOT, fields, read, source_of, words, words_of


@pytest.mark.parametrize("path", letters(), ids=lambda path: path.relative_to(HERE / "letters").as_posix())
def test_an_invented_letter_is_read_as_approved(path: Path) -> None:
    assert parsed(path) == approved(path).read_bytes(), "look at it; if it is right: python -m tests.approve, and read the diff"


@pytest.mark.parametrize("path", letters(), ids=lambda path: path.relative_to(HERE / "letters").as_posix())
def test_no_word_of_an_invented_letter_is_lost(path: Path) -> None:
    typed = path.read_text("utf-8")
    assert not words(typed) - words_of(read(typed))


@pytest.mark.parametrize(
    "typed",
    [
        # text below a request, and its label further on
        """IMR ISSUES, DECISIONS AND RATIONALES

1. Knee arthroscopy is not medically necessary and appropriate.
The Claims Administrator based its decision on the ACOEM Chapter 13 Knee Complaints.
The Physician Reviewer based his/her decision on the ACOEM Chapter 13 Knee Complaints.
The Physician Reviewer's decision rationale: Exercises have been tried for two weeks.

2. Crutches is not medically necessary and appropriate.
Since the operation is not medically necessary, what goes with it is not either.
The Physician Reviewer's decision rationale: The operation is refused.
""",
        # words behind a request, and a heading that gives the outcome
        """ISSUE IN DISPUTE:
The Final Determination was based on decisions for the disputed items/services set forth below:
Behavioral interventions page(s): 23.
MAXIMUS guideline: Decision based on MTUS Chronic Pain.
RATIONALE FOR WHY THE REQUESTED TREATMENT/SERVICE WAS NOT MEDICALLY NECESSARY:
Nothing speaks for it.
""",
    ],
)
def test_no_word_of_a_damaged_letter_is_lost(typed: str) -> None:
    found = read(METHOD + typed)
    assert found.issues
    assert not words(METHOD, typed) - words_of(found)


def test_every_family_of_letters_has_twelve_invented_ones() -> None:
    for family in (HERE / "letters").iterdir():
        assert len(list(family.glob("*.txt"))) >= 12, family.name


METHOD = "HOW THE IMR FINAL DETERMINATION WAS MADE\n\nThe file was sent to a reviewer.\n\n"
HEAD = METHOD + "CLINICAL CASE SUMMARY\n\nA 40 year old male fell.\n\n"
LEAD_IN = "The Final Determination was based on decisions for the disputed items/services set forth below:"
DECISIONS = f"IMR ISSUES, DECISIONS AND RATIONALES\n\n{LEAD_IN}\n\n"


def issue(head: str, rationale: str = "Nothing speaks for it.") -> str:
    cited = "Decision based on MTUS Low Back Complaints 2004."
    return (
        f"{head}\n\nClaims Administrator guideline: {cited}\n\nMAXIMUS guideline: {cited}\n\nDecision rationale: {rationale}\n\n"
    )


def letter(*blocks: str) -> Letter:
    return read(HEAD + DECISIONS + "".join(blocks))


@pytest.mark.parametrize(
    ("head", "request_", "outcome"),
    [
        ("Lumbar MRI: Upheld", "Lumbar MRI", "upheld"),
        ("Lumbar MRI:Overturned", "Lumbar MRI", "overturned"),
        ("Lumbar MRI is: Upheld.", "Lumbar MRI", "upheld"),
        ("Lumbar MRI :\nUpheld", "Lumbar MRI", "upheld"),
        ("Lumbar MRI:\n\nUpheld", "Lumbar MRI", "upheld"),
        ("Lumbar MRI: UPHELD", "Lumbar MRI", "upheld"),
        ("Lumbar MRI; Upheld", "Lumbar MRI", "upheld"),  # a colon misread
        ("Lumbar MRI - Overturned", "Lumbar MRI", "overturned"),
        ("Lumbar MRI Overturned", "Lumbar MRI", "overturned"),  # a colon lost
        ("Lumbar MRI: 0vertumed", "Lumbar MRI", "overturned"),
        ("Lumbar MRI: UpheId", "Lumbar MRI", "upheld"),
        ("Lumbar MRI: Up held", "Lumbar MRI", "upheld"),
        ("Labs to include: EKG: Upheld", "Labs to include: EKG", "upheld"),  # the last colon counts
        ("Norco 10/325mg (1 tablet q 4-6 hours; #60): Upheld", "Norco 10/325mg (1 tablet q 4-6 hours; #60)", "upheld"),
        ("1. Lumbar MRI: Upheld", "Lumbar MRI", "upheld"),
        ("1) EMG and 2) NCV of the right arm: Upheld", "1) EMG and 2) NCV of the right arm", "upheld"),  # a list in one request
        ("12 sessions of physical therapy: Upheld", "12 sessions of physical therapy", "upheld"),
        ("1. The request for Soma is not medically necessary and appropriate.", "Soma", "upheld"),
        ("1. The decision for Soma is not medically necessary and appropriate:", "Soma", "upheld"),
        ("Issue 1 of 1: Soma 350mg: Upheld", "Soma 350mg", "upheld"),
        (
            "Gabapentin 600mg one tablet by mouth three times a day #90. Refills: 2: Upheld",
            "Gabapentin 600mg one tablet by mouth three times a day #90. Refills: 2",
            "upheld",
        ),
        ("Lumbar MRI: Not upheld", "Lumbar MRI", None),
        ("Lumbar MRI: Partially overturned", "Lumbar MRI", None),
        ("Lumbar MRI: Upheld in part", "Lumbar MRI", None),
        ("Lumbar MRI not Upheld", "Lumbar MRI not Upheld", None),
        ("Lumbar MRI: Modified", "Lumbar MRI", None),
        ("Lumbar MRI", "Lumbar MRI", None),
        ("1. The request for Soma is now medically necessary.", "The request for Soma is now medically necessary.", None),
    ],
)
def test_the_outcome_is_what_the_line_that_opens_the_issue_says(head: str, request_: str, outcome: str | None) -> None:
    read_ = letter(issue(head))
    assert [(one.request, one.outcome) for one in read_.issues] == [(request_, outcome)]
    assert ("unknown-outcome" in {problem.code for problem in read_.problems}) is (outcome is None)


@pytest.mark.parametrize(
    "rationale", ["The denial is upheld.", "The denial: Upheld", "It is medically necessary: Overturned is the denial.", "Upheld"]
)
def test_a_rationale_never_decides(rationale: str) -> None:
    assert [one.outcome for one in letter(issue("Lumbar MRI", rationale)).issues] == [None]


def test_a_numbered_reason_is_no_issue_where_the_issues_have_no_numbers() -> None:
    """Half a sentence was a second issue, and the letter partly overturned."""
    reasons = (
        "It is recommended as follows. 1. The worker must be homebound. 2. The physician states that care is medically necessary."
    )
    found = letter(issue("Lumbar MRI: Upheld", f"{reasons} No such statement is on file."))
    assert [(one.request, one.outcome) for one in found.issues] == [("Lumbar MRI", "upheld")]


def test_a_rationale_may_use_the_words_that_open_a_part() -> None:
    said = "It was denied.\n\nThe Claims Administrator based its decision on the ODG.\n\nThe Expert Reviewer found no reason."
    read_ = letter(issue("Lumbar MRI: Upheld", said), issue("Soma: Overturned"))
    assert [len(one.rationale) for one in read_.issues] == [3, 1]
    assert not read_.problems


def test_an_issue_whose_labels_are_unreadable_is_still_seen_and_its_text_is_unplaced() -> None:
    broken = "Soma: Overturned\n\nCl@!ms @dm!n guid: Decision based on MTUS.\n\nDecision rationale: It helps.\n\n"
    read_ = letter(issue("Lumbar MRI: Upheld"), broken)
    assert [(one.request, one.outcome) for one in read_.issues] == [("Lumbar MRI", "upheld"), ("Soma", "overturned")]
    assert {problem.code for problem in read_.problems} == {"unplaced", "label-missing"}
    assert next(problem.line for problem in read_.problems if problem.code == "unplaced") == 23
    assert [section.paragraphs for section in read_.sections if section.kind == "unplaced"] == [
        ("Cl@!ms @dm!n guid: Decision based on MTUS.",)
    ]


def test_a_part_without_a_request_is_a_problem_and_no_guess() -> None:
    read_ = letter(issue("Lumbar MRI: Upheld", "It is not needed."), issue("").lstrip())
    assert [(one.request, one.outcome) for one in read_.issues] == [("Lumbar MRI", "upheld"), ("", None)]
    assert (read_.issues[1].outcome_words, read_.issues[1].line) == ("", 21)
    assert "no-request" in {problem.code for problem in read_.problems}


PARTLY = "Six visits were authorized by the Claims Administrator."
ORIGINAL = "12 visits of PT was the original request."
REST = "The remaining IMR eligible portion of the original request, 6 visits"
TRIAL = "The Claims Administrator authorized a trial, leaving the original request IMR eligible. The original request, PT"


@pytest.mark.parametrize(
    ("request_", "disputed", "partly", "past"),
    [
        (f"{ORIGINAL} {PARTLY} {REST}", "6 visits", True, False),
        (f"{ORIGINAL} {TRIAL}", "PT", True, False),
        (f"PT, 12 visits. {PARTLY}", f"PT, 12 visits. {PARTLY}", True, False),
        (f"{ORIGINAL} {PARTLY} The remaining IMR eligible portion, 6 visits", "6 visits", True, False),
        (f"{ORIGINAL} {PARTLY} The IMR-eligible portion of the original request is 6 visits", "6 visits", True, False),
        (f"{ORIGINAL} {PARTLY} The remaining portion of the original request: 6 visits", "6 visits", True, False),
        ("Retrospective urine test", "Retrospective urine test", False, True),
        ("Retroactive urine test", "Retroactive urine test", False, True),
        ("Urine test (date(s) of service 3/3/15)", "Urine test (date(s) of service 3/3/15)", False, True),
        ("Urine test performed on 3/3/15", "Urine test performed on 3/3/15", False, True),
        ("Norco D/O/S: 3/3/15", "Norco D/O/S: 3/3/15", False, True),
        ("Toradol provided on August 4, 2014", "Toradol provided on August 4, 2014", False, True),
        ("Docusate (DOS) 100 mg", "Docusate (DOS) 100 mg", False, False),
        ("Toradol injection DOS: 11/14/16", "Toradol injection DOS: 11/14/16", False, True),
        ("Medrol dose pack", "Medrol dose pack", False, False),
    ],
)
def test_what_is_in_dispute_is_told_from_what_was_authorised(request_: str, disputed: str, partly: bool, past: bool) -> None:
    found = letter(issue(f"{request_} is: Upheld")).issues[0]
    assert (found.request, found.disputed) == (request_, disputed)
    assert (found.partial_authorization, found.retrospective, found.outcome) == (partly, past, "upheld")


def test_what_stands_before_the_request_says_too_that_it_lies_in_the_past() -> None:
    (found,) = letter(issue("1. The retrospective request for Soma is not medically necessary.")).issues
    assert (found.request, found.retrospective) == ("Soma", True)


def test_a_request_of_several_sentences_below_a_rationale_is_whole() -> None:
    request = "Norco 10/325mg Sig: take one tablet by mouth every six hours for pain Qty. 120"
    read_ = letter(issue("Lumbar MRI: Upheld"), issue(f"{request}: Overturned"))
    assert [(one.request, one.rationale) for one in read_.issues] == [
        ("Lumbar MRI", ("Nothing speaks for it.",)),
        (request, ("Nothing speaks for it.",)),
    ]
    assert not read_.problems


def test_a_rationale_that_says_nothing_does_not_take_the_next_request() -> None:
    read_ = letter(issue("Lumbar MRI: Upheld", ""), issue("Soma: Overturned"))
    assert [(one.request, one.outcome, one.rationale) for one in read_.issues] == [
        ("Lumbar MRI", "upheld", ()),
        ("Soma", "overturned", ("Nothing speaks for it.",)),
    ]


def test_a_rationale_without_a_full_stop_is_no_request() -> None:
    read_ = letter(issue("Lumbar MRI: Upheld", "Not needed"), issue("").lstrip())
    assert [(one.request, one.rationale) for one in read_.issues] == [
        ("Lumbar MRI", ("Not needed",)),
        ("", ("Nothing speaks for it.",)),
    ]


@pytest.mark.parametrize(
    "conclusion",
    [
        "The denial is upheld",
        "Therefore: Upheld",
        "UR decision: Upheld",
        "The UR denial is: Upheld",
        "Final determination: Overturned",
        "Reviewer's decision: Overturned",
        "Conclusion: Not medically necessary",
    ],
)
def test_a_conclusion_in_a_rationale_is_no_issue(conclusion: str) -> None:
    read_ = letter(issue("Lumbar MRI: Upheld", f"It was of no use.\n\n{conclusion}"), issue("Soma: Overturned"))
    assert [one.request for one in read_.issues] == ["Lumbar MRI", "Soma"]


@pytest.mark.parametrize(
    ("summary", "age", "sex"),
    [
        ("The injured worker is a 51-year-old female who fell.", 51, "female"),
        ("43M. Date of injury 3/4/2012.", 43, "male"),
        ("This is a 45-year-old who fell.", 45, None),
        ("A 14-year-old worker, then a 44-year-old supervisor.", 14, None),
        ("A 13-year-old machine hurt a 99 year old woman.", 99, "female"),
        ("He is a 47 year old mate who fell.", 47, "male"),
        ("This is a 51-year-old fernale.", 51, "female"),
        ("This is a  59-year-old female patient with a 10/8/08 date of injury.", 59, "female"),
        ("The injured worker is a(n) 57 year old male.", 57, "male"),
        ("The patient is a 45 y/o F with neck pain.", 45, "female"),
        ("The patient is a 45 yo male.", 45, "male"),
        ("The patient is a forty-eight year old man.", 48, "male"),
        ("A 32-year-old that struck his head. He was dazed.", 32, "male"),
        ("Mr. is aged 61. He was seen.", 61, "male"),
        ("The applicant was held up. She is 41. She was not hurt.", 41, "female"),
        ("He is 98.6 degrees warm. She is 41 months after surgery.", None, None),
        ("The 58 year\nold female injured worker was hurt.", 58, "female"),
        ("The patient had an injury on 4/21/14. His back hurts. He was seen.", None, "male"),
        ("The patient is a 53 y.o. female.", 53, "female"),
        ("The patient is a 53-year-female.", 53, "female"),
        ("The injured worker is a male, 53 years of age.", 53, "male"),
        ("The injury is 12 years old. The patient is a 53-year-old male.", 53, "male"),  # the first is not the age
        ("This 53-year-old was hurt. The female patient wears a brace.", 53, "female"),
        ("His mother, a 79-year-old female, drives. The worker is a 53-year-old male.", 53, "male"),
        ("She lives with her 12-year-old son and her 70 year old mother.", None, "female"),
        ("He has a 20 year old injury of the knee.", None, "male"),
        ("The injured worker is a female born on 03-17-1956.", None, "female"),
        ("The worker fell. His wife drove. She said he slept. She called.", None, None),
        ("MRI of 2016 was normal.", None, None),
        ("DATE OF INJURY 10/24/2011. Female cafeteria worker; age not given.", None, "female"),
        ("This is a male claimant, 52, with DOI 2/19/2014.", 52, "male"),
        (
            "The patient is a 52-year-old caregiver who injured her low back while lifting a male patient. She rested.",
            52,
            "female",
        ),
        ("The 33 year old school bus driver was assaulted by a man. She fell.", 33, "female"),
        ("The worker is a 47-year-old car salesman. He fell.", 47, "male"),
        ("This is a 41 year old child care worker. She fell.", 41, "female"),
        ("The patient is a 39-year-old history teacher. He fell.", 39, "male"),
    ],
)
def test_age_and_sex_are_those_of_the_injured_worker(summary: str, age: int | None, sex: str | None) -> None:
    found = patient.read([" ".join(summary.split())])
    assert (found.age, found.sex) == (age, sex)
    assert {one.field: one.value for one in found.evidence} == {
        field: str(value) for field, value in (("age", age), ("sex", sex)) if value is not None
    }
    assert all(one.words in " ".join(summary.split()) or one.rule.startswith("pronouns") for one in found.evidence)


@pytest.mark.parametrize(
    ("header", "name", "expected"),
    [
        ("Case Number: CM17-0001234", "a.txt", "cm17-0001234"),
        ("CASE NUMBER:\nCM17-0001234 Date Assigned: 1/2/2017", "a.txt", "cm17-0001234"),
        ("IMR 13-000004", "a.txt", "imr-13-000004"),
        ("Case Number: CM17-00012345", "Mine & Yours.pdf", "mine-yours"),  # eight digits are no case number
        ("Case Number: ../../etc/passwd", "d/Ünïcode_\u202ename.txt", "n-code-name"),
        ("Case Number: CM17-\u0660\u0660\u0660\u0660\u0660\u0660\u0660", "a.txt", "a"),  # digits of another script
        ("", "日本.txt", "x-0123456789abcdef"),
        ("", "a" * 99 + ".txt", "a" * 64),
        ("", "2017/May/Smith v. Co. 2.txt", "smith-v-co-2"),
        ("", "-(a)-.txt", "a"),
        ("", "X marks.txt", "x-marks"),
        ("", "a" * 63 + " b.txt", "a" * 63),
        ("", "....txt", "x-0123456789abcdef"),
    ],
)
def test_the_name_of_the_page_comes_from_the_case_number_or_the_file_or_the_digest(header: str, name: str, expected: str) -> None:
    assert read(f"{header}\n\n{HEAD}{DECISIONS}{issue('MRI: Upheld')}", name).id == expected


def test_dates_are_read_in_the_ways_they_are_printed_and_others_are_named() -> None:
    header = "Decision Date: January 4, 2017\nDate of Injury: 3/9/13\nUR Denial Date: 13/45/2016\n"
    found = read(f"{header}Review Date: 1/1/2017\nDate Assigned:\n\n" + HEAD + DECISIONS + issue("MRI: Upheld"))
    assert [str(found.decision_date), str(found.date_of_injury), found.ur_denial_date, found.assigned_date] == [
        "2017-01-04",
        "2013-03-09",
        None,
        None,
    ]
    assert {problem.code for problem in found.problems} == {"header-field", "header-label"}
    assert read("Date of Injury: 03/04/20l5\n" + HEAD + DECISIONS + issue("MRI: Upheld")).date_of_injury is None, "read as 2020"
    told = "ur_denial_date: '13/45/2016 Review Date: 1/1/2017' is not understood and left out"
    assert Problem(code="header-field", message=told, file="letter.txt", line=1) in found.problems


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("2016-11-02", "2016-11-02"),
        ("11-02-2016", "2016-11-02"),
        ("Nov. 2, 2016", "2016-11-02"),
        ("November 2,2016", "2016-11-02"),
        ("Nox 2, 2016", "None"),
        ("11/02/99", "1999-11-02"),
        ("11/02/41", "1941-11-02"),
        ("11/02/40", "2040-11-02"),
        ("11/02/00", "2000-11-02"),
        ("02/30/2016", "None"),
    ],
)
def test_a_date_is_read_as_it_is_printed_month_first_or_is_named(printed: str, date: str) -> None:
    found = read(f"Decision Date: {printed}\n\n{HEAD}{DECISIONS}{issue('MRI: Upheld')}")
    assert str(found.decision_date) == date
    assert [problem.code for problem in found.problems] == (["header-field"] if date == "None" else [])


def test_every_value_that_is_not_understood_or_contradicts_is_named_the_first_stands() -> None:
    header = "Case Number: cm14-0001234\nDecision Date: soon\nDate of Injury: 01/02/2013\nDate of Injury: 02/02/2013\nPriority: Standard\n\n"
    found = read(header + HEAD + DECISIONS + issue("MRI: Upheld"))
    assert (found.case_number, found.decision_date, str(found.date_of_injury)) == ("CM14-0001234", None, "2013-01-02")
    assert [(problem.code, problem.message) for problem in found.problems] == [
        ("header-field", "decision_date: 'soon' is not understood and left out"),
        ("header-conflict", "date_of_injury is 2013-01-02 and also 2013-02-02; the first stands"),
    ]


def test_two_labels_and_then_their_two_values_are_a_table() -> None:
    found = read("Decision Date:\nPriority:\n\n12/05/2014\nExpedited\n\n" + HEAD + DECISIONS + issue("MRI: Upheld"))
    assert (str(found.decision_date), found.priority, found.problems) == ("2014-12-05", "expedited", ())


@pytest.mark.parametrize("printed", ["01/02/2003", "CT: 01/02/2003 - 02/02/2012", "CT 01/02/2003-02/02/2012"])
def test_what_happened_over_years_is_dated_by_its_first_day(printed: str) -> None:
    found = read(f"Date of Injury: {printed}\n\n{HEAD}{DECISIONS}{issue('MRI: Upheld')}")
    assert str(found.date_of_injury) == "2003-01-02"


def test_a_label_in_two_lines_with_its_value_between_them_is_read() -> None:
    header = "Priority:    Standard     Application    06/22/2015\n                          Received:\n\n"
    assert str(read(header + HEAD + DECISIONS + issue("MRI: Upheld")).received_date) == "2015-06-22"


def test_the_same_label_beside_the_priority_is_read_and_its_date_is_no_stranger() -> None:
    header = "Case Number: CM14-0001234 Decision Date: 02/17/2015 Application\nPriority: Standard Received: 12/15/2014\n\n"
    found = read(header + HEAD + DECISIONS + issue("MRI: Upheld"))
    assert (str(found.received_date), found.priority, found.problems) == ("2014-12-15", "standard", ())


def test_the_ruling_of_a_table_that_ocr_reads_as_bars_is_none_of_its_values() -> None:
    header = "Case Number: | CM14-0001234\nDecision Date: 02/17/2015 | UR Denial Date: | 10/20/2014\n| Priority: | Standard |\n\n"
    found = read(header + HEAD + DECISIONS + issue("MRI: Upheld"))
    assert (str(found.decision_date), str(found.ur_denial_date)) == ("2015-02-17", "2014-10-20")
    assert (found.case_number, found.priority, found.problems) == ("CM14-0001234", "standard", ())


def test_a_label_with_a_misprint_is_read_and_its_date_is_no_stranger() -> None:
    header = "Case Number: CM14-0001234\nDecision Date: 02/17/2015 UR Deniai Dcte: 10/20/2014\nDate of tnjury: 01/02/2014\n\n"
    credentials = (
        "The reviewer has these credentials:\nState(s) of Licensure: Texas. Ohio Certification(s)/Speciafty: Urology\n\n"
    )
    found = read(header + METHOD + credentials + HEAD.removeprefix(METHOD) + DECISIONS + issue("MRI: Upheld"))
    assert (str(found.decision_date), str(found.ur_denial_date), str(found.date_of_injury)) == (
        "2015-02-17",
        "2014-10-20",
        "2014-01-02",
    )
    assert (found.licensure, found.specialties, found.problems) == (("Texas", "Ohio"), ("Urology",), ())


def test_a_table_read_column_by_column_gives_each_label_its_value() -> None:
    first = "Case Number:\nDate Assigned:\nDecision Date:\nPriority:\n\nCM14-0001234\n08/01/2014\n12/05/2014\nStandard\n\n"
    second = "Date of Injury:\nUR Denial Date:\nApplication\nReceived:\n\n10/08/2013\n06/18/2014\n07/02/2014\n\n"
    found = read(first + second + HEAD + DECISIONS + issue("MRI: Upheld"))
    dates = (found.assigned_date, found.decision_date, found.date_of_injury, found.ur_denial_date, found.received_date)
    assert list(map(str, dates)) == ["2014-08-01", "2014-12-05", "2013-10-08", "2014-06-18", "2014-07-02"]
    assert (found.case_number, found.priority, found.problems) == ("CM14-0001234", "standard", ())


def test_of_a_column_that_lacks_a_value_nothing_is_guessed() -> None:
    found = read(
        f"Date Assigned:\nDecision Date:\nDate of Injury:\n08/01/2014\n12/05/2014\n\n{HEAD}{DECISIONS}{issue('MRI: Upheld')}"
    )
    assert (found.assigned_date, found.decision_date, found.date_of_injury) == (None, None, None)
    assert [problem.message for problem in found.problems] == [
        "date_of_injury: '2 values for 3 labels: 08/01/2014 12/05/2014' is not understood and left out"
    ]


def test_a_label_without_a_value_does_not_take_that_of_the_next() -> None:
    found = read(f"Date Assigned:\nDecision Date: 12/05/2014\n\n{HEAD}{DECISIONS}{issue('MRI: Upheld')}")
    assert (found.assigned_date, str(found.decision_date), found.problems) == (None, "2014-12-05", ())


def test_front_matter_fills_what_the_letter_lacks_and_does_not_override_it() -> None:
    source = source_of("Decision Date: 01/04/2017\n\n" + HEAD + DECISIONS + issue("MRI: Upheld"))
    given_ = {"case_number": "CM17-0000009", "decision_date": "2017-01-05", "licensure": "Texas, Ohio"}
    found = parse(msgspec.structs.replace(source, fields=given_), FORMATS)
    assert (found.id, str(found.decision_date), found.licensure) == ("cm17-0000009", "2017-01-04", ("Texas", "Ohio"))
    assert [(problem.code, problem.file) for problem in found.problems] == [("metadata-conflict", "letter.txt")]


@pytest.mark.parametrize("number", ["../../etc/passwd", "CM17-000000", "CM17-00000001", "IMR 13-1", "[removed]"])
def test_a_case_number_that_front_matter_gives_is_left_out_unless_it_is_written_like_one(number: str) -> None:
    source = source_of(HEAD + DECISIONS + issue("MRI: Upheld"), "my letter.txt")
    found = parse(msgspec.structs.replace(source, fields={"case_number": number}), FORMATS)
    assert (found.id, found.case_number) == ("my-letter", None)
    told = "case_number is not understood and left out; write it like CM17-0001234"
    assert found.problems == (Problem(code="field-value", message=told, file="my letter.txt", line=1),)


def test_a_date_in_front_matter_that_was_redacted_is_left_out() -> None:
    source = source_of(HEAD + DECISIONS + issue("MRI: Upheld"))
    found = parse(msgspec.structs.replace(source, fields={"decision_date": "[removed]"}), FORMATS)
    assert (found.decision_date, [problem.code for problem in found.problems]) == (None, ["field-value"])


def notice(decided: str, request_: str, cited: str, more: str = "") -> Letter:
    """One issue of the family of 2013, in which findings decide, and one heading stands above what both sides cite."""
    return read(
        f"Dated: 9/26/2013\n\nINDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE\n\n{decided}\n\nCase Summary:\n\nA 40 year old male fell.\n\n"
        f"Regarding the request for {request_}:\n\n{more}{CITED}\n\n{cited}\n\nRationale for the Decision:\n\nIt helps."
    )


CITED = "Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision"
FOUND = "MAXIMUS Federal Services, Inc. has determined the request for"
OURS = "The Claims Administrator based its decision on the ODG."
THEIRS = "The Expert Reviewer relied on the MTUS. It fits."


@pytest.mark.parametrize(
    ("found", "request_", "outcome"),
    [
        ("MRI of the lumbar spine and hip", "MRI of the lumbar spine and hip", "upheld"),
        ("MRl OF THE LUMBAR SPINE, AND HIP", "MRI of the lumbar spine and hip", "upheld"),
        ("MRI of the lumber spine and hib", "MRI of the lumbar spine and hip", "upheld"),  # two wrong of 25 letters
        ("MRI of the lumber spime and hib", "MRI of the lumbar spine and hip", None),
        ("MRI of the lumber spine", "MRI of the lumbar spine", "upheld"),  # one of 19
        ("MRI of the lumber spime", "MRI of the lumbar spine", None),
        ("Norco #80", "Norco #90", None),  # a short request forgives none
    ],
)
def test_a_finding_decides_the_issue_with_its_request_a_few_wrong_letters_forgiven(
    found: str, request_: str, outcome: str | None
) -> None:
    read_ = notice(f"{FOUND} {found} is not medically necessary and appropriate.", request_, OURS)
    decided = [(one.request, one.outcome) for one in read_.issues]
    assert decided == [(request_, outcome), *([] if outcome else [(found, "upheld")])]
    assert [one.line for one in read_.issues] == [11, *([] if outcome else [3])], (
        "an issue without a part of its own stands where it was found"
    )


def test_findings_that_contradict_each_other_decide_nothing() -> None:
    both = f"{FOUND} Soma is medically necessary. {FOUND} Soma is not medically necessary."
    assert [(one.request, one.outcome) for one in notice(both, "Soma", OURS).issues] == [("Soma", None)]


@pytest.mark.parametrize(
    ("cited", "ur", "imr", "labels"),
    [
        (f"{OURS} {THEIRS}", OURS, THEIRS, (CITED, "")),
        (OURS, OURS, "", (CITED, "")),
        (THEIRS, "", THEIRS, ("", CITED)),
        ("Nothing is cited.", "Nothing is cited.", "", (CITED, "")),
    ],
)
def test_what_is_cited_under_one_heading_is_parted_where_a_sentence_turns_to_the_reviewer(
    cited: str, ur: str, imr: str, labels: tuple[str, str]
) -> None:
    (one,) = notice(f"{FOUND} Soma is medically necessary.", "Soma", cited).issues
    assert (one.ur.raw, one.imr.raw, one.labels) == (ur, imr, (*labels, "Rationale for the Decision:"))


@pytest.mark.parametrize(
    ("cited", "imr"),
    [
        (f"{OURS} {THEIRS}", (THEIRS, "")),
        (OURS, ("", "")),
        (f"{OURS}\n\n{THEIRS}", (THEIRS, "")),
        (f"{OURS} {THEIRS}\n\nMAXIMUS guideline: ACOEM.", ("ACOEM.", "MAXIMUS guideline:")),
    ],
)
def test_one_paragraph_may_cite_for_both_sides_unless_the_reviewer_has_one_of_their_own(cited: str, imr: tuple[str, str]) -> None:
    (one,) = letter(f"Lumbar MRI: Upheld\n\n{cited}\n\nDecision rationale: No.").issues
    assert (one.imr.raw, one.labels[1]) == imr
    assert one.ur.raw == (f"{OURS} {THEIRS}" if "ACOEM" in cited else OURS)


@pytest.mark.parametrize(
    ("cited", "imr", "label"),
    [
        ("MAXIMUS guideline: ACOEM.", "ACOEM.", f"{CITED} MAXIMUS guideline:"),
        ("", "", CITED),
    ],
)
def test_the_heading_of_both_sides_is_kept_whoever_cites(cited: str, imr: str, label: str) -> None:
    (one,) = notice(f"{FOUND} Soma is medically necessary.", "Soma", cited).issues
    assert (one.ur.raw, one.imr.raw, one.labels[1]) == ("", imr, label)


def test_the_heading_may_stand_right_above_what_the_reviewer_cites() -> None:
    typed = (
        f"Regarding the request for Soma:\n\n{CITED}\n{THEIRS}\n\nMAXIMUS guideline: ACOEM.\n\nRationale for the Decision: Yes."
    )
    (one,) = read(f"INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE\n\nSo it was.\n\n{typed}").issues
    assert (one.ur.raw, one.imr.raw, one.labels[:2]) == ("", f"{THEIRS} ACOEM.", ("", f"{CITED} MAXIMUS guideline:"))


def test_what_is_cited_under_a_label_and_under_the_heading_of_both_sides_is_kept_together() -> None:
    more = "Claims Administrator guideline: Decision based on ACOEM.\n\n"
    (one,) = notice(f"{FOUND} Soma is medically necessary.", "Soma", f"{OURS} {THEIRS}", more).issues
    assert one.ur.raw == f"{OURS} Decision based on ACOEM."
    assert (one.imr.raw, one.labels[:2]) == (THEIRS, (f"{CITED} Claims Administrator guideline:", ""))
    (one,) = notice(f"{FOUND} Soma is medically necessary.", "Soma", f"{OURS} {THEIRS}\n\nMAXIMUS guideline: ACOEM.").issues
    assert (one.ur.raw, one.imr.raw, one.labels[:2]) == (OURS, f"{THEIRS} ACOEM.", (CITED, "MAXIMUS guideline:"))


@pytest.mark.parametrize("typed", ["", "Dear Sir,\n\nplease find the invoice.", "CLINICAL CASE SUMMARY\n\nA fall.", "\n\n \n"])
def test_a_letter_that_fits_no_format_is_kept_from_the_site_whole(typed: str) -> None:
    found = read(typed)
    assert [(problem.code, problem.severity) for problem in found.problems] == [("no-format", "quarantine")]
    assert "HOW THE IMR FINAL DETERMINATION WAS MADE" in found.problems[0].message
    assert words_of(found) == words(typed)


def test_a_letter_that_fits_no_format_comes_back_as_it_was_typed_and_says_what_was_looked_for() -> None:
    found = read("Dear Sir,\n\nplease find\n\nthe invoice.", "mail/Invoice 7.txt")
    typed = Section(kind="unplaced", heading="", paragraphs=("Dear Sir,", "please find", "the invoice."), line=1)
    (problem,) = found.problems
    assert found == Letter(
        id="invoice-7",
        source="mail/Invoice 7.txt",
        sha256="0123456789abcdef" * 4,
        format="",
        sections=(typed,),
        problems=(problem,),
    )
    assert problem.file == "mail/Invoice 7.txt"
    before, _, after = problem.message.partition("CLINICAL CASE SUMMARY; ")
    assert before == "fits no known format; looked for headings such as "
    headings, _, advice = after.partition(". ")
    assert [heading.isprintable() for heading in headings.split("; ")] == [True] * 5
    assert advice == "Is it an IMR letter? See formats/"


OF_80 = "Soma " + "x" * 75
LABELS = "Claims Administrator guideline:"


@pytest.mark.parametrize(
    ("typed", "code", "line", "severity", "message"),
    [
        (issue("MRI: Upheld") + issue("").lstrip(), "no-request", 21, "warning", f"{LABELS!r} has no request above it; each issue opens with a line like 'Lumbar MRI: Upheld'"),
        (issue("MRI: Upheld", f"Not needed. {OF_80}x: Overturned") + issue("").lstrip(), "glued-request", 19, "note", f"no empty line stands above the request '{OF_80[:-1]}…'; check where it begins"),
        (issue("MRI: Upheld", f"Not needed. {OF_80}: Overturned") + issue("").lstrip(), "glued-request", 19, "note", f"no empty line stands above the request '{OF_80}'; check where it begins"),
        (issue("Soma: Upheld") + "MRI: Upheld\n\nCl@!ms @dm!n: none.\n\nDecision rationale: No.", "unplaced", 23, "warning", "text without a label after the request: 'Cl@!ms @dm!n: none.'; it is shown as unplaced"),
        ("MRI: Upheld\n\nDecision rationale: None.\n\n", "label-missing", 13, "warning", "issue 1: found no ur, imr part; look for a misprinted label"),
        (issue("MRI: Upheld") + issue("Soma: Modified"), "unknown-outcome", 21, "warning", "issue 2: 'Modified' is no outcome known to formats/determination.toml; it stays empty"),
        (issue("MRI"), "unknown-outcome", 13, "warning", "issue 1: no outcome is stated; it stays empty"),
        (issue("MRI: Upheld") + HEAD + DECISIONS + issue("Soma: Upheld"), "two-letters", 25, "quarantine", "a second letter, or this one again, has its case summary in line 25; give each letter a file of its own"),
        ("", "no-issue", 11, "quarantine", "no disputed item was found; each should open with a line like 'Lumbar MRI: Upheld' before its guideline label"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)  # fmt: skip
def test_a_problem_says_where_it_is_and_what_to_do(typed: str, code: str, line: int, severity: str, message: str) -> None:
    problems = letter(typed).problems
    wanted = Problem(code=code, message=message, file="letter.txt", line=line, severity=severity)  # type: ignore[arg-type]
    assert [problem for problem in problems if problem.code == code] == [wanted]


def test_a_case_summary_in_two_parts_is_no_second_letter() -> None:
    again = "CLINICAL CASE SUMMARY\n\nHe has had therapy since.\n\n"
    assert not read(HEAD + again + DECISIONS + issue("MRI: Upheld")).is_quarantined


def test_a_letter_without_a_case_summary_says_so() -> None:
    problems = read(METHOD + DECISIONS + issue("MRI: Upheld")).problems
    told = "no case summary was found: age, sex and injury stay unknown; look for a misprinted heading"
    assert problems == (Problem(code="no-summary", message=told, file="letter.txt"),)


@pytest.mark.parametrize(
    ("row", "request_"),
    [
        ("Soma", "Soma"),  # a request, whose outcome is not known
        ("Soma " * 79 + "Soma", "Soma " * 79 + "Soma"),
        ("Soma " * 79 + "Norco", ""),  # too long for a request in the middle of prose
        ("Was it of use?", ""),
        ("It was of use.", ""),
        ("Of no use!", ""),
    ],
    ids=lambda text: text[:16],
)
def test_the_last_line_of_a_rationale_is_a_request_only_where_it_is_no_sentence(row: str, request_: str) -> None:
    read_ = letter(issue("Lumbar MRI: Upheld", f"It is not needed.\n\n{row}"), issue("").lstrip())
    assert [one.request for one in read_.issues] == ["Lumbar MRI", request_]
    assert read_.issues[0].rationale == (("It is not needed.",) if request_ else ("It is not needed.", row))


@pytest.mark.parametrize(("row", "request_"), [("Decided as follows:", ""), ("MRI?", "MRI?"), ("MRI", "MRI")])
def test_the_last_line_before_the_first_label_is_a_request_unless_it_announces_something(row: str, request_: str) -> None:
    read_ = letter(issue(row))
    assert [(one.request, one.line) for one in read_.issues] == [(request_, 13 if request_ else 15)]
    assert read_.sections[-1].paragraphs == (LEAD_IN, *([] if request_ else [row]))


def test_a_request_that_follows_a_sentence_begins_on_its_own_line_number() -> None:
    read_ = letter(issue("Lumbar MRI: Upheld", "It is\nnot needed. Soma: Overturned"), issue("").lstrip())
    assert [(one.request, one.outcome, one.line) for one in read_.issues] == [
        ("Lumbar MRI", "upheld", 13),
        ("Soma", "overturned", 19),
    ]
    assert read_.issues[0].rationale == ("It is not needed.",)


def test_two_requests_above_one_label_are_two_issues_each_with_what_stands_below_it() -> None:
    read_ = letter("MRI: Upheld\n\nwhat?\n\n" + issue("Soma: Overturned"))
    assert [(one.request, one.outcome, one.line) for one in read_.issues] == [("MRI", "upheld", 13), ("Soma", "overturned", 17)]
    assert read_.sections[-1] == Section(kind="unplaced", heading="", paragraphs=("what?",), line=15)


def test_issues_may_have_a_rationale_and_nothing_else() -> None:
    read_ = letter("MRI: Upheld\n\nDecision rationale: A.\n\nSoma\n\nDecision rationale: B.")
    assert [(one.request, one.outcome, one.rationale) for one in read_.issues] == [
        ("MRI", "upheld", ("A.",)),
        ("Soma", None, ("B.",)),
    ]


def test_what_a_side_cites_in_several_paragraphs_is_one_text() -> None:
    cited = "Claims Administrator guideline: A.\n\nB.\n\nMAXIMUS guideline: C.\n\nD.\n\nDecision rationale: E.\n\nF."
    (one,) = letter(f"MRI: Upheld\n\n{cited}").issues
    assert (one.ur.raw, one.imr.raw, one.rationale) == ("A. B.", "C. D.", ("E.", "F."))


@pytest.mark.parametrize("before", ["", "IMR ISSUES, DECISIONS AND RATIONALES\n\n"])
def test_the_sentence_that_leads_to_the_decisions_is_a_paragraph_and_no_heading(before: str) -> None:
    read_ = read(f"{HEAD}{before}{LEAD_IN}\nSo it was.\n\n{issue('MRI: Upheld')}")
    assert read_.sections[-1] == Section(kind="lead-in", heading=before.strip(), paragraphs=(LEAD_IN, "So it was."), line=9)
    assert [one.request for one in read_.issues] == ["MRI"]


def test_a_letter_without_an_issue_is_kept_from_the_site() -> None:
    found = read(HEAD + DECISIONS)
    assert [(problem.code, problem.severity) for problem in found.problems] == [("no-issue", "quarantine")]


def test_headings_choose_the_format_not_the_first_characters() -> None:
    notice = (HERE / "letters/notice-2013/one-finding.txt").read_text("utf-8")
    assert read("Case Number: CM99-0000001\n\n" + notice).format == "notice"
    assert read("MEDICAL PROFESSIONAL REVIEW\n\n" + HEAD + DECISIONS + issue("MRI: Upheld")).format == "determination"


# --- Properties

TREATMENTS = st.sampled_from(
    ["MRI of the lumbar spine", "Norco 10/325mg #60", "PT 2X4 FOR THE L/S", "Labs: CBC, CMP", "EMG/NCV (BUE)"]
)
OUTCOMES = st.sampled_from(["Upheld", "Overturned", "upheld", "OVERTURNED."])
SENTENCES = st.lists(
    st.sampled_from(
        ["The spine is stiff.", "Upheld is a word.", "Pain: 7/10; worse at night.", "He walks 2. miles", "See Page 2 of 5"]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
BLOCKS = st.tuples(TREATMENTS, OUTCOMES, st.sampled_from([": ", ":  ", " is: ", ":\n"]), SENTENCES, SENTENCES)


@st.composite
def typed_letters(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """A letter, and the request and outcome of each of its issues."""
    blocks = draw(st.lists(BLOCKS, min_size=1, max_size=6))
    wrapped = draw(st.booleans())
    parts = [draw(st.sampled_from(["", "Case Number: CM99-0000001\nPriority: Standard\n\n"])), HEAD, DECISIONS]
    for treatment, outcome, colon, first, second in blocks:
        parts.append(issue(treatment + colon + outcome, first + "\n\n" + second if wrapped else first))
    wanted = [(treatment, outcome.lower().strip(".")) for treatment, outcome, *_ in blocks]
    return "".join(parts), wanted


@given(typed_letters())
@settings(max_examples=60, deadline=None)
def test_every_issue_of_any_letter_is_read_and_no_word_is_lost(letter_: tuple[str, list[tuple[str, str]]]) -> None:
    typed, wanted = letter_
    found = read(typed)
    assert [(one.request, one.outcome) for one in found.issues] == wanted
    assert words_of(found) == words(typed)


@given(typed_letters())
@settings(max_examples=40, deadline=None)
def test_a_letter_printed_from_what_was_read_is_read_the_same(letter_: tuple[str, list[tuple[str, str]]]) -> None:
    once = read(letter_[0])
    assert fields(read(printed(once))) == fields(once)


def printed(letter_: Letter) -> str:
    parts = [part for section in letter_.sections for part in (section.heading, *section.paragraphs)]
    for one in letter_.issues:
        ur, imr, rationale = one.labels
        parts += [one.heading or f"{one.request}: {one.outcome_words}", f"{ur} {one.ur.raw}", f"{imr} {one.imr.raw}"]
        parts += [f"{rationale} {one.rationale[0]}", *one.rationale[1:]]
    return "\n\n".join(part for part in parts if part.strip())


PIECES = st.sampled_from(
    [mark for form in FORMATS for row in form.mark for mark in row.words]
    + [
        "Lumbar MRI: Upheld",
        ": Overturned",
        "1)",
        "Upheld",
        ":",
        "\n",
        "\n\n",
        "\f",
        " was the original request. ",
        "12/31/2016",
        "\u0130",
        "é",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=40), st.sampled_from([" ", "\n", "\n\n"]))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_without_an_exception_and_without_losing_a_word(pieces: list[str], between: str) -> None:
    source = source_of(between.join(pieces))
    found = parse(source, FORMATS)
    assert not words(*(line.text for line in source.lines)) - words_of(found)


HARD = {
    "labels": "Claims Administrator guideline: a\n\nDecision rationale: b\n\n",
    "openings": "The Claims Administrator based its decision on it.\n",
    "heads": "1. The request for x is not \n\n",
    "findings": "MAXIMUS Federal Services, Inc. has determined the request for ",
    "numbers": "1) 2) 3) ",
    "sentences": "The original request. ",
    "colons": "a: b: c; d ",
    "ages": "a 45 year old of the ",
    "board": "Board Certified in Board Certified in ",
    "blanks": " \t",
    "one word": "x",
}


@pytest.mark.parametrize("hard", HARD)
@pytest.mark.parametrize(
    "start", [DECISIONS, "INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE\n\n", ""], ids=["decisions", "findings", "header"]
)
def test_the_work_grows_with_the_length_and_no_faster(hard: str, start: str) -> None:
    short, long = (calls(source_of(start + HARD[hard] * count + "\n\nRationale for the Decision: c")) for count in (60, 240))
    assert long < 6 * short


def calls(source: Source) -> int:
    """Function calls, C functions included, weighted by nothing: the same on every machine."""
    counted = 0

    def count(_frame: object, _event: str, _argument: object) -> None:
        nonlocal counted
        counted += 1

    sys.setprofile(count)
    try:
        parse(source, FORMATS)
    finally:
        sys.setprofile(None)
    return counted


def test_the_sample_letters_are_read_without_a_problem() -> None:
    for path in sorted((ROOT / "letters").glob("*.txt")):
        found = read(path.read_text("utf-8"), path.name)
        assert [problem.code for problem in found.problems if problem.severity != "note"] == [], path.name


@pytest.mark.parametrize(
    ("told", "age"),
    [
        ("The injured worker is a 52-year-old with history of low back pain.", 52),
        ("The patient is a 45 year old with injury of 3/4/2014.", 45),
        ("She is a 39-year-old whose MRI showed a tear.", 39),
        ("He has a 7-year-old son. The patient is a 45 year old male.", 45),
        ("He has a 22-year-old work injury. He is 50 years old.", 50),
    ],
)
def test_an_age_is_the_worker_s_and_not_that_of_a_child_or_an_injury(told: str, age: int) -> None:
    assert patient.read([told]).age == age
