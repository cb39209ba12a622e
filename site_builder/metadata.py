"""What stands beside the letters: the table metadata.csv, and the header fields of front matter. Pure.

A row fills what its letter lacks and never overrides what it says: where both speak and differ, the letter stands and a Problem
names both values. Refused: guessing which issue of several a treatment column means (add a column `issue`).
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from site_builder.model import Evidence, Frozen, Letter, Problem

TABLE, TAKEDOWNS = "metadata.csv", "takedowns.toml"
BESIDE = (TABLE, "NOTICE", "privacy-allow.toml", TAKEDOWNS)
"""What a collection may hold besides its letters: a table, a sentence for every page, what the privacy gate lets pass, what must
be gone. Beside an archive of letters it stands in the same folder.
"""
DATES = ("decision_date", "date_of_injury", "ur_denial_date", "assigned_date", "received_date")
LISTS = ("licensure", "specialties")
FIELDS = ("case_number", *DATES, "priority", *LISTS, "age", "sex")
"""The header fields of a Letter: what front matter may say, and a row."""
COLUMNS = ("file", "issue", *FIELDS, "treatment_category", "treatment_subcategory")

_MEANT_AS_TAKEDOWNS = re.compile(r"takedowns?\.(?:toml|txt|toml\.txt)", re.IGNORECASE)
_DASH = "[-\u2010-\u2015\u2212]"
CASE = re.compile(
    rf"(?<![^\W_])(?:CM\s?(\d{{2}})\s?{_DASH}?\s?(\d{{7}})|IMR\s?(\d{{2}})\s?{_DASH}\s?(\d{{6}}))(?!\d)", re.I | re.A
)
"""A case number in any punctuation; the groups are year and number of the new form, then of the old."""

Wording = Callable[[str], tuple[str | None, str | None, object]]
"""Category and subcategory that a disputed treatment has by its words, and why."""

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?Z?)?")
_AMERICAN = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})")
_CHOICES = {"priority": ("standard", "expedited"), "sex": ("male", "female")}
_EARLIEST = {"decision_date": 2013, "assigned_date": 2013, "received_date": 2013}
"""Years; the review exists since 2013. Of the other dates none is before _OLDEST."""
_OLDEST, _LATEST = 1930, 2099
_LONGEST = 3 * 365
"""Days from the denial to a decision; of 110 letters none took more than 97."""
_NO_SLUG = re.compile(r"[^a-z0-9]+")


def is_meant_as_takedowns(name: str) -> bool:
    """`Takedowns.toml`, `takedowns.toml.txt`: in any folder, as people and their editors spell it."""
    return _MEANT_AS_TAKEDOWNS.fullmatch(name.rpartition("/")[2].strip()) is not None


class Row(Frozen, frozen=True):
    """One row of metadata.csv."""

    line: int
    file: str | None = None
    """Path of the letter below the letters folder."""
    fields: Mapping[str, str] = {}
    """Header fields; dates in ISO form."""
    issue: int | None = None
    category: str | None = None
    subcategory: str | None = None

    @property
    def treatment(self) -> str | None:
        """As `Issue.treatment`."""
        return f"{self.category}/{self.subcategory}" if self.category and self.subcategory else self.category


def rows_of(table: Iterable[tuple[int, Sequence[str]]], name: str) -> tuple[tuple[Row, ...], list[Problem]]:
    """`table`: (line, cells), the first row naming the columns."""
    filled = [(number, [cell.strip() for cell in cells]) for number, cells in table if any(map(str.strip, cells))]
    if not filled:
        return (), [
            _problem(name, None, "metadata-empty", "holds no table; its first row names the columns, e.g. file,decision_date")
        ]
    columns = [_NO_SLUG.sub("_", cell.lower()).strip("_") for cell in filled[0][1]]
    problems = [
        _problem(name, filled[0][0], "metadata-column", f"unknown column {shown!r} is left out; known are {', '.join(COLUMNS)}")
        for shown, column in zip(filled[0][1], columns, strict=True)
        if column not in COLUMNS
    ]
    rows: list[Row] = []
    seen: dict[tuple[str | None, int | None], int] = {}
    for number, cells_of_row in filled[1:]:
        if beyond := sum(map(bool, cells_of_row[len(columns) :])):
            told_cells = f"has {beyond} more cells than there are columns, which are left out; quote what holds a separator"
            problems.append(_problem(name, number, "metadata-cells", told_cells))
        row, told = _row(dict(zip(columns, cells_of_row, strict=False)), name, number)
        problems.extend(told)
        if row is None:
            continue
        key = (row.file or row.fields.get("case_number"), row.issue)
        if key in seen:
            told_row = f"a second row for {key[0]!r} (the first is line {seen[key]}) is left out; keep one"
            problems.append(_problem(name, number, "metadata-duplicate", told_row))
            continue
        seen[key] = number
        rows.append(row)
    return tuple(rows), problems


def header_fields(values: Mapping[str, str], name: str, line: int) -> tuple[dict[str, str], list[Problem]]:
    """The values that are header fields, dates in ISO form; a problem for each that is not understood."""
    fields: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in values.items():
        known = field_name(key)
        folded = " ".join(value.split())
        if known not in FIELDS:
            told = f"unknown field {key!r} is left out; known are {', '.join(FIELDS)}"
            problems.append(_problem(name, line, "unknown-field", told))
        elif folded and (read := _value(known, folded)):
            fields[known] = read
        elif folded:
            shown = "" if known == "case_number" else f" {folded!r}"  # what stands there may be anybody's name and number
            told = f"{known}{shown} is not understood and left out; write {_wanted(known)}"
            problems.append(_problem(name, line, "field-value", told))
    return fields, problems


def field_name(key: str) -> str:
    """As in FIELDS: `Decision Date` is decision_date."""
    return key.strip().lower().replace("-", "_").replace(" ", "_")


def case_number(text: str) -> str | None:
    """The one case number in `text`, as letters print it: CM17-0001234, IMR 13-000123. None where there is none, or are two."""
    found = {f"CM{new}-{number}" if new else f"IMR {old}-{old_number}" for new, number, old, old_number in CASE.findall(text)}
    return found.pop() if len(found) == 1 else None


def page_name(case_number: str) -> str:
    """Id of the letter of a case: cm17-0001234, imr-13-000123."""
    return case_number.lower().replace(" ", "-")


def iso_date(text: str) -> str | None:
    """2017-01-06 and 01/06/2017 as 2017-01-06; None for what is no date."""
    if match := _ISO.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif match := _AMERICAN.fullmatch(text):
        month, day, year = map(int, match.groups())
    else:
        return None
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def by_letter(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each letter, under the name of its file or its case number."""
    table: dict[str, list[Row]] = {}
    for row in rows:
        table.setdefault(row.file or row.fields["case_number"], []).append(row)
    return table


def merge(letter: Letter, table: Mapping[str, Sequence[Row]], treatments: Collection[str], wording: Wording) -> Letter:
    """The letter with what its rows add: those of its file, then those of its case number; problems are in it.

    `treatments`: ids of the treatment facet (`category`, `category/subcategory`).
    """
    for row in table.get(letter.source, ()):
        letter = _treated(fill(letter, row, TABLE), row, treatments, wording)
    for row in table.get(letter.case_number or "", ()):
        letter = _treated(fill(letter, row, TABLE), row, treatments, wording)
    return letter


def without_letter(rows: Iterable[Row], letters: Iterable[Letter]) -> list[Problem]:
    """A problem for each row that belongs to none of the letters, all of them merged."""
    known = {key for letter in letters for key in (letter.source, letter.case_number)}
    return [
        _problem(TABLE, row.line, "metadata-unknown-file", f"no letter is {key!r}; correct or remove the row")
        for row in rows
        for key in [row.file or row.fields["case_number"]]
        if key not in known
    ]


def fill(letter: Letter, row: Row, name: str) -> Letter:
    """The header fields of one row into its letter. `name`: of the file in which the row stands."""
    changes: dict[str, Any] = {}
    evidence, problems = list(letter.evidence), list[Problem]()
    for field, value in row.fields.items():
        said, wanted = getattr(letter, field), field_value(field, value)
        if not said and said != 0:
            changes |= {field: wanted} if field != "case_number" else {field: wanted, "id": page_name(value)}
            evidence.append(Evidence(field=field, value=value, rule=f"{name}, line {row.line}", words=value))
        elif said != wanted:
            told = f"{field} is {_plain(said)} in the letter and {value} in {name}, line {row.line}; the letter stands"
            problems.append(_problem(letter.source, None, "metadata-conflict", told))
    return msgspec.structs.replace(letter, **changes, evidence=tuple(evidence), problems=(*letter.problems, *problems))


def odd_dates(letter: Letter) -> list[Problem]:
    """One warning for dates that cannot be: of no year of these letters, or a decision before what it decides on, or years after.

    They stand as the letter gives them: which digit is wrong nobody here can say.
    """
    dates = {field: date for field in DATES if (date := getattr(letter, field))}
    told = [
        f"{field} {date} is in no year of these letters"
        for field, date in dates.items()
        if not _EARLIEST.get(field, _OLDEST) <= date.year <= _LATEST
    ]
    decided = None if told else dates.pop("decision_date", None)
    for field, date in dates.items() if decided else ():
        if decided < date:
            told.append(f"decision_date {decided} is before {field} {date}")
        elif field != "date_of_injury" and (decided - date).days > _LONGEST:
            told.append(f"decision_date {decided} is years after {field} {date}")
    message = f"{'; '.join(told)}; published as the letter has it: check it"
    return [_problem(letter.source, None, "date-odd", message)] if told else []


def field_value(field: str, text: str) -> object:
    """A header field's text (from `header_fields`) as the Letter holds it."""
    if field in DATES:
        return dt.date.fromisoformat(text)
    if field in LISTS:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return int(text) if field == "age" else text


def _treated(letter: Letter, row: Row, treatments: Collection[str], wording: Wording) -> Letter:
    """The letter with the row's treatment in the issue that it is of."""
    if row.category is None:
        return letter
    number = row.issue or 1
    told = ""
    if row.treatment not in treatments:
        told = f"treatment {row.treatment!r} is no value of the treatment facet and is left out; see docs/vocabulary.md"
    elif row.issue is None and len(letter.issues) > 1:
        told = f"{letter.source} has {len(letter.issues)} issues; add a column `issue` that says which one the treatment is of"
    elif number > len(letter.issues):
        told = f"{letter.source} has no issue {number}; correct the row"
    if told:
        return _with_problem(letter, _problem(TABLE, row.line, "metadata-treatment", told))
    issue = letter.issues[number - 1]
    category, subcategory, _ = wording(issue.disputed) if issue.category is None else (issue.category, issue.subcategory, None)
    if category not in (None, row.category) or (row.subcategory and subcategory not in (None, row.subcategory)):
        said, by = "/".join(filter(None, (category, subcategory))), "wording" if issue.category is None else "other row"
        told = (
            f"treatment of issue {number} is {said} by the {by} and {row.treatment} in {TABLE}, line {row.line}; the {by} stands"
        )
        return _with_problem(letter, _problem(letter.source, issue.line, "metadata-conflict", told))
    told_by = Evidence(field="category", value=row.treatment or "", rule=f"{TABLE}, line {row.line}", words=row.treatment or "")
    filled = msgspec.structs.replace(
        issue, category=row.category, subcategory=row.subcategory or subcategory, evidence=(*issue.evidence, told_by)
    )
    return msgspec.structs.replace(letter, issues=(*letter.issues[: number - 1], filled, *letter.issues[number:]))


def _with_problem(letter: Letter, problem: Problem) -> Letter:
    return msgspec.structs.replace(letter, problems=(*letter.problems, problem))


def _row(values: Mapping[str, str], name: str, line: int) -> tuple[Row | None, list[Problem]]:
    fields, problems = header_fields({key: value for key, value in values.items() if key in FIELDS}, name, line)
    file, issue = _path(values.get("file", "")), values.get("issue", "")
    if file is None and "case_number" not in fields:
        told = "names no letter; fill the column file (path below the letters folder) or case_number"
        return None, [*problems, _problem(name, line, "metadata-no-key", told)]
    if issue and not re.fullmatch(r"[1-9][0-9]{0,2}", issue):
        return None, [*problems, _problem(name, line, "field-value", f"issue {issue!r} is no number of an issue; write 1, 2, 3")]
    category = _slug(values.get("treatment_category", ""))
    subcategory = _slug(values.get("treatment_subcategory", ""))
    row = Row(
        line=line, file=file, fields=fields, issue=int(issue) if issue else None, category=category, subcategory=subcategory
    )
    return row, problems


def _value(field: str, text: str) -> str | None:
    if field in DATES:
        return iso_date(text)
    if field == "case_number":
        return case_number(text)
    if field in _CHOICES:
        return text.lower() if text.lower() in _CHOICES[field] else None
    if field == "age":
        return text if re.fullmatch(r"[1-9][0-9]{0,2}", text) else None
    return text


def _wanted(field: str) -> str:
    if field in DATES:
        return "it as 2017-01-31"
    if field == "case_number":
        return "it like CM17-0001234"
    return " or ".join(_CHOICES[field]) if field in _CHOICES else "a whole number"


def _path(text: str) -> str | None:
    """As letters are named: `./2017/a.txt` and `.\\2017\\a.txt` are 2017/a.txt."""
    return posixpath.normpath(text.replace("\\", "/")) if text else None


def _slug(text: str) -> str | None:
    return _NO_SLUG.sub("-", text.lower()).strip("-") or None


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _problem(name: str, line: int | None, code: str, message: str) -> Problem:
    return Problem(code=code, message=message, file=name, line=line)
