"""What the data files say: one JSON object a letter, one CSV line an issue, and the JSON Schema of the objects. Pure.

Field names and meanings are those of docs/vocabulary.md; the structs below are the single place that says what is published:
schema, data dictionary, CSV columns and Parquet types are made from them. Text is published as parsed, never summarised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from site_builder import delimited
from site_builder.model import Frozen, Issue, Letter, LetterOutcome, Outcome
from site_builder.rules import Facet

Ids = tuple[str, ...]
Facets = Annotated[
    Mapping[str, Ids],
    Meta(description="Values by which the site groups it, parents included: facet -> value ids (site_builder/facets)"),
]
TEXTS = frozenset({"rationale"})
"""Fields of an issue that a spreadsheet does not hold."""
BETWEEN = "|"
"""Between the items of a list in one cell."""


class Pages(Frozen, frozen=True):
    """Page ranges as cited; they belong to the citation as a whole and do not follow chapter order."""

    ur: Ids
    imr: Ids


class IssueRow(Frozen, frozen=True):
    """One disputed treatment."""

    number: Annotated[int, Meta(description="1, 2, 3 ... in letter order")]
    request: Annotated[str, Meta(description="The disputed item as the letter states it, white space folded")]
    disputed: Annotated[str, Meta(description="The part actually in dispute; otherwise the request")]
    partial_authorization: Annotated[bool, Meta(description="The claims administrator had authorised part of it")]
    retrospective: Annotated[bool, Meta(description="The treatment was given before it was reviewed")]
    ancillary: Annotated[bool, Meta(description="Refused with its parent: no evidence of its own is cited and the denial stands")]
    outcome: Annotated[Outcome | None, Meta(description="upheld: the denial stands; overturned: treatment approved")]
    ur_guidelines: Annotated[Ids, Meta(description="Guideline ids cited by the claims administrator")]
    imr_guidelines: Annotated[Ids, Meta(description="Guideline ids cited by the reviewer")]
    guidelines_differ: Annotated[bool | None, Meta(description="The two sides share no guideline; empty where one cites none")]
    ur_sections: Annotated[
        tuple[tuple[str, str], ...], Meta(description="[guideline id, section as written], the claims administrator's")
    ]
    imr_sections: Annotated[tuple[tuple[str, str], ...], Meta(description="[guideline id, section as written], the reviewer's")]
    pages: Annotated[Pages, Meta(description="Page ranges as cited, of both sides")]
    request_body_parts: Annotated[Ids, Meta(description="Regions named in the request or implied by it")]
    body_parts: Annotated[Ids, Meta(description="Regions the facet uses")]
    body_parts_from: Annotated[
        str | None, Meta(description="The rule that gave body_parts: request, guideline, odg-chapter or injury")
    ]
    category: Annotated[str | None, Meta(description="Treatment category")]
    subcategory: Annotated[str | None, Meta(description="Treatment subcategory")]
    facets: Facets
    rationale: Annotated[Ids, Meta(description="Paragraphs of the decision rationale")]


class LetterRow(Frozen, frozen=True):
    """One final determination letter."""

    id: Annotated[str, Meta(description="Name of the page")]
    url: Annotated[str, Meta(description="Path of the page below the root of the site")]
    source: Annotated[str, Meta(description="Path of the input below the letters folder")]
    sha256: Annotated[str, Meta(description="Of the input's bytes")]
    case_number: Annotated[str | None, Meta(description="As the letter prints it; empty where it prints none")]
    decision_date: Annotated[dt.date | None, Meta(description="Day of the decision")]
    decision_year: Annotated[str | None, Meta(description="Its year")]
    date_of_injury: Annotated[dt.date | None, Meta(description="Day of the injury")]
    ur_denial_date: Annotated[dt.date | None, Meta(description="Day on which the treatment was denied")]
    assigned_date: Annotated[
        dt.date | None, Meta(description="Day on which the case was assigned to the reviewer's organisation")
    ]
    received_date: Annotated[dt.date | None, Meta(description="Day on which the application was received")]
    days_to_decision: Annotated[int | None, Meta(description="Days from received_date to decision_date")]
    priority: Annotated[str | None, Meta(description="standard or expedited")]
    licensure: Annotated[Ids, Meta(description="The reviewer's states of licensure, as written")]
    specialties: Annotated[Ids, Meta(description="The reviewer's specialties, as written")]
    age: Annotated[int | None, Meta(description="Years, from the case summary")]
    age_band: Annotated[str | None, Meta(description="The age in tens of years: under-20, 20-29 ... 80-plus")]
    sex: Annotated[str | None, Meta(description="female or male, from the case summary")]
    injured_body_parts: Annotated[Ids, Meta(description="Regions the case summary gives as injured, diagnosed or complained of")]
    outcome: Annotated[LetterOutcome | None, Meta(description="Over all issues; null where one is unknown")]
    facets: Facets
    issues: Annotated[tuple[IssueRow, ...], Meta(description="The disputed treatments, in letter order")]


def row(letter: Letter) -> LetterRow:
    """The letter as it is published."""
    own = {name: getattr(letter, name) for name in LetterRow.__struct_fields__ if name != "issues"}
    return LetterRow(**own, issues=tuple(map(_issue_row, letter.issues)))


def encode(letter: Letter) -> bytes:
    """The letter as JSON, on one line."""
    return msgspec.json.encode(row(letter))


class Lines(NamedTuple):
    """What stands in the data files."""

    letters: bytes
    """Of letters.jsonl."""
    issues: bytes
    """Of issues.csv: the letter's fields, those of the issue without long texts, and a column a facet."""


def heads(facets: Iterable[Facet]) -> Lines:
    """What comes before all letters. `facets`: those that become columns."""
    return Lines(b"", delimited.encode([issue_columns(facet.key for facet in facets)]))


def lines(letters: Iterable[Letter], facets: Iterable[Facet]) -> Lines:
    """Of some letters, whole."""
    keys, told = tuple(facet.key for facet in facets), tuple(letters)
    issues = ((letter, one) for letter in told for one in letter.issues)
    return Lines(
        b"".join(encode(letter) + b"\n" for letter in told),
        delimited.encode(_cells(letter, one, keys) for letter, one in issues),
    )


def issue_columns(keys: Iterable[str]) -> list[str]:
    """Names of the columns of issues.csv. A name that letter and issue share is `letter_...` for the letter."""
    of_letter = [f"letter_{name}" if name in IssueRow.__struct_fields__ else name for name in _LETTER_CELLS]
    of_issue = [cell for name in _ISSUE_CELLS for cell in (("pages_ur", "pages_imr") if name == "pages" else (name,))]
    return [*of_letter, *of_issue, *(f"facet_{key.replace('-', '_')}" for key in keys)]


def schema() -> dict[str, Any]:
    """JSON Schema of one line of letters.jsonl."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(LetterRow)}


def schema_text() -> bytes:
    """schema.json."""
    return msgspec.json.format(msgspec.json.encode(schema())) + b"\n"


_LETTER_CELLS = tuple(name for name in LetterRow.__struct_fields__ if name not in ("facets", "issues"))
_ISSUE_CELLS = tuple(name for name in IssueRow.__struct_fields__ if name not in ("facets", *TEXTS))


def _issue_row(issue: Issue) -> IssueRow:
    cited: dict[str, Any] = {
        "ur_guidelines": issue.ur.guidelines,
        "imr_guidelines": issue.imr.guidelines,
        "ur_sections": issue.ur.sections,
        "imr_sections": issue.imr.sections,
        "pages": Pages(ur=issue.ur.pages, imr=issue.imr.pages),
    }
    own = {name: getattr(issue, name) for name in IssueRow.__struct_fields__ if name not in cited}
    return IssueRow(**own, **cited)


def _cells(letter: Letter, issue: Issue, keys: Iterable[str]) -> list[object]:
    told = _issue_row(issue)
    of_letter = [
        f"{letter.url}#issue-{issue.number}" if name == "url" else _cell(getattr(letter, name)) for name in _LETTER_CELLS
    ]
    of_issue = [
        cell
        for name in _ISSUE_CELLS
        for cell in ((_cell(told.pages.ur), _cell(told.pages.imr)) if name == "pages" else (_cell(getattr(told, name)),))
    ]
    return [*of_letter, *of_issue, *(_cell(issue.facets.get(key, letter.facets.get(key, ()))) for key in keys)]


def _cell(value: object) -> object:
    """A list as one cell; a pair in it with a colon between."""
    if isinstance(value, tuple):
        return BETWEEN.join(": ".join(item) if isinstance(item, tuple) else str(item) for item in value)
    return value
