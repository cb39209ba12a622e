"""The data files: one JSON object per letter, and the JSON Schema that describes them.

Field names and meanings are those of docs/vocabulary.md; the structs below are the single place that says what is published,
and the schema is generated from them. Text is published as parsed, never summarised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from site_builder.model import File, Frozen, Issue, Letter, LetterOutcome, Outcome


class Pages(Frozen, frozen=True):
    """Page ranges as cited; they belong to the citation as a whole and do not follow chapter order."""

    ur: tuple[str, ...]
    imr: tuple[str, ...]


class IssueRow(Frozen, frozen=True):
    """One disputed treatment."""

    number: Annotated[int, Meta(description="1, 2, 3 ... in letter order")]
    request: Annotated[str, Meta(description="The disputed item as the letter states it, white space folded")]
    disputed: Annotated[str, Meta(description="The part actually in dispute")]
    partial_authorization: Annotated[bool, Meta(description="The claims administrator had authorised part of it")]
    retrospective: Annotated[bool, Meta(description="The treatment was given before it was reviewed")]
    outcome: Annotated[Outcome | None, Meta(description="upheld: the denial stands; overturned: treatment approved")]
    ur_guidelines: Annotated[tuple[str, ...], Meta(description="Guideline ids cited by the claims administrator")]
    imr_guidelines: Annotated[tuple[str, ...], Meta(description="Guideline ids cited by the reviewer")]
    ur_sections: Annotated[tuple[tuple[str, str], ...], Meta(description="[guideline id, section as written]")]
    imr_sections: Annotated[tuple[tuple[str, str], ...], Meta(description="[guideline id, section as written]")]
    pages: Annotated[Pages, Meta(description="Page ranges as cited")]
    request_body_parts: Annotated[tuple[str, ...], Meta(description="Regions named in the request or implied by it")]
    body_parts: Annotated[tuple[str, ...], Meta(description="Regions the facet uses")]
    body_parts_from: Annotated[str | None, Meta(description="The rule that gave body_parts")]
    category: Annotated[str | None, Meta(description="Treatment category")]
    subcategory: Annotated[str | None, Meta(description="Treatment subcategory")]
    rationale: Annotated[tuple[str, ...], Meta(description="Paragraphs of the decision rationale")]


class LetterRow(Frozen, frozen=True):
    """One final determination letter."""

    id: Annotated[str, Meta(description="Name of the page")]
    url: Annotated[str, Meta(description="Path of the page below the root of the site")]
    source: Annotated[str, Meta(description="Path of the input below the letters folder")]
    sha256: Annotated[str, Meta(description="Of the input's bytes")]
    case_number: str | None
    decision_date: dt.date | None
    date_of_injury: dt.date | None
    ur_denial_date: dt.date | None
    assigned_date: dt.date | None
    received_date: dt.date | None
    priority: str | None
    licensure: Annotated[tuple[str, ...], Meta(description="The reviewer's states of licensure, as written")]
    specialties: Annotated[tuple[str, ...], Meta(description="The reviewer's specialties, as written")]
    age: Annotated[int | None, Meta(description="Years, from the case summary")]
    sex: str | None
    injured_body_parts: Annotated[
        tuple[str, ...], Meta(description="Regions the case summary gives as injured, diagnosed or complained of")
    ]
    outcome: Annotated[LetterOutcome | None, Meta(description="Over all issues; null where one is unknown")]
    issues: tuple[IssueRow, ...]


def row(letter: Letter) -> LetterRow:
    """The letter as it is published in letters.jsonl."""
    own = {name: getattr(letter, name) for name in LetterRow.__struct_fields__ if name != "issues"}
    return LetterRow(**own, issues=tuple(map(_issue_row, letter.issues)))


def encode(letter: Letter) -> bytes:
    """One line of letters.jsonl."""
    return msgspec.json.encode(row(letter))


def files(letters: Iterable[Letter]) -> Iterator[File]:
    """data/letters.jsonl in the order given, and data/schema.json."""
    encoder = msgspec.json.Encoder()
    yield File(path="data/letters.jsonl", content=encoder.encode_lines([row(letter) for letter in letters]))
    yield File(path="data/schema.json", content=msgspec.json.format(encoder.encode(schema())) + b"\n")


def schema() -> dict[str, Any]:
    """JSON Schema of one line of letters.jsonl."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(LetterRow)}


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
