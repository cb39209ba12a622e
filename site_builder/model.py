"""The nouns of the project: everything that crosses a module border, frozen.

A *letter* is one final determination. It decides one or more *issues* (disputed treatments), each with its own outcome,
citations and facets. Field names are those of the published export, so a struct is its own data dictionary; what a field means
stands in docs/vocabulary.md. Unknown is None or an empty tuple, never a guess.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from typing import Literal, NamedTuple, TypeVar

import msgspec

Outcome = Literal["upheld", "overturned"]
LetterOutcome = Literal["upheld", "overturned", "partially-overturned"]
Severity = Literal["note", "warning", "quarantine"]
Value = TypeVar("Value")


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of every noun: immutable, keyword-only. Subclasses repeat `frozen=True`, which type checkers want to see."""


class BuildError(Exception):
    """A broken rule file, template, setting or tool. The message says what and how to mend it; `exit_code` as in `--help`."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[BuildError], tuple[str, int]]:
        """From another process it comes back with its exit code."""
        return BuildError, (str(self), self.exit_code)


class Problem(Frozen, frozen=True):
    """Something strange in one input: news for the user, not an accident."""

    code: str
    message: str
    """One line: what was seen and what to do."""
    file: str
    line: int | None = None
    severity: Severity = "warning"
    """`quarantine`: the letter is not published. `warning`: published, look at it. `note`: something was repaired."""


class Line(NamedTuple):
    """One line of a letter as typed, with its 1-based number in the source."""

    number: int
    text: str


class Source(Frozen, frozen=True):
    """One input, decoded and cleaned, not yet understood."""

    name: str
    """Path below the letters folder, with forward slashes."""
    sha256: str
    """Of the bytes read."""
    lines: tuple[Line, ...]
    """The printout undone: no form feeds or control characters; a blank line stands only between paragraphs."""
    fields: Mapping[str, str] = {}
    """Header fields that front matter gives, by name of the Letter field."""
    places: Mapping[str, int] = {}
    """The lines on which they stand."""
    problems: tuple[Problem, ...] = ()


class Evidence(Frozen, frozen=True):
    """Why a derived field has its value: the rule that fired, and the words it fired on."""

    field: str
    value: str
    rule: str
    words: str


class Citation(Frozen, frozen=True, gc=False):
    """What one side cites for one issue: the paragraph, and what the grammar finds in it."""

    raw: str = ""
    guidelines: tuple[str, ...] = ()
    """Guideline ids, unique, in order of first mention."""
    sections: tuple[tuple[str, str], ...] = ()
    """(guideline id, section or topic as written)."""
    pages: tuple[str, ...] = ()
    """Page ranges as cited; they belong to the citation as a whole."""


class Issue(Frozen, frozen=True, gc=False):
    """One disputed treatment."""

    number: int
    request: str
    disputed: str
    outcome: Outcome | None
    """None only where the heading line gives no outcome word that is known; such an issue carries a problem."""
    outcome_words: str = ""
    """The outcome as the heading line prints it."""
    partial_authorization: bool = False
    retrospective: bool = False
    ur: Citation = Citation()
    imr: Citation = Citation()
    rationale: tuple[str, ...] = ()
    """Paragraphs."""
    heading: str = ""
    """The line that opens the issue as printed, where it holds more words than `request` and `outcome_words`."""
    labels: tuple[str, str, str] = ("", "", "")
    """As printed before `ur`, `imr` and `rationale`; empty where the letter has none."""
    line: int | None = None
    request_body_parts: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    body_parts_from: str | None = None
    """`request`, `guideline`, `odg-chapter` or `injury`: the first rule of the chain that gave a region."""
    category: str | None = None
    subcategory: str | None = None
    ancillary: bool = False
    """Refused with its parent: the reviewer cites no evidence and the denial stands."""
    facets: Mapping[str, tuple[str, ...]] = {}
    """Facet key -> value ids, parents included, in vocabulary order."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def treatment(self) -> str | None:
        """`category/subcategory`, or the category alone: the id in facets/treatment.toml."""
        return f"{self.category}/{self.subcategory}" if self.category and self.subcategory else self.category

    @property
    def ur_guidelines(self) -> tuple[str, ...]:
        return self.ur.guidelines

    @property
    def imr_guidelines(self) -> tuple[str, ...]:
        return self.imr.guidelines

    @property
    def guidelines_differ(self) -> bool | None:
        """Do the two sides cite different guidelines? None where either cites none."""
        ours, theirs = set(self.ur.guidelines) - {"none"}, set(self.imr.guidelines) - {"none"}
        return not ours & theirs if ours and theirs else None

    @property
    def no_evidence_cited(self) -> tuple[str, ...]:
        """Which sides say that they cite no evidence: `ur`, `imr`."""
        return tuple(side for side, cited in (("ur", self.ur), ("imr", self.imr)) if "none" in cited.guidelines)


class Section(Frozen, frozen=True):
    """A part of the letter that is shown as it stands: header, boilerplate, reviewer, summary, documents, unplaced text."""

    kind: str
    """`header`, `method`, `reviewer`, `summary`, `documents`, `lead-in`, `unplaced`, or what a format file names."""
    heading: str
    """As printed; empty where the letter has none."""
    paragraphs: tuple[str, ...]
    line: int | None = None


class Letter(Frozen, frozen=True, gc=False):
    """One final determination."""

    id: str
    """Slug of the page: the case number in lower case, else the name of the file, else `x-` and 16 digits of the sha256."""
    source: str
    sha256: str
    format: str
    """Stem of the format file that cut the letter up."""
    case_number: str | None = None
    decision_date: dt.date | None = None
    date_of_injury: dt.date | None = None
    ur_denial_date: dt.date | None = None
    assigned_date: dt.date | None = None
    received_date: dt.date | None = None
    priority: Literal["standard", "expedited"] | None = None
    licensure: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    age: int | None = None
    sex: Literal["male", "female"] | None = None
    injured_body_parts: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    sections: tuple[Section, ...] = ()
    """Everything outside the issue blocks, in letter order. With the issues they hold every word of the letter."""
    facets: Mapping[str, tuple[str, ...]] = {}
    evidence: tuple[Evidence, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def outline(self) -> Letter:
        """What lists, counts and links need, in a seventh of the memory: without texts, evidence and what only its page says."""
        return msgspec.structs.replace(
            self,
            format=intern(self.format),
            decision_date=_same(self.decision_date),
            date_of_injury=None,
            ur_denial_date=None,
            assigned_date=None,
            received_date=None,
            licensure=(),
            specialties=(),
            injured_body_parts=(),
            issues=tuple(map(_outlined, self.issues)),
            sections=(),
            facets=_same_values(self.facets),
            evidence=(),
        )

    @property
    def is_quarantined(self) -> bool:
        """It is not published."""
        return any(problem.severity == "quarantine" for problem in self.problems)

    @property
    def url(self) -> str:
        """Path of the page below the site's root."""
        return f"decisions/{self.id}.html"

    @property
    def outcome(self) -> LetterOutcome | None:
        """All issues alike, or mixed; None where an issue's outcome is unknown."""
        outcomes = {issue.outcome for issue in self.issues}
        if None in outcomes or not outcomes:
            return None
        return outcomes.pop() if len(outcomes) == 1 else "partially-overturned"

    @property
    def title(self) -> str:
        """The disputed treatments in letter order, joined."""
        return "; ".join(issue.disputed for issue in self.issues)

    @property
    def case_summary(self) -> tuple[str, ...]:
        """Paragraphs of the clinical case summary."""
        return tuple(text for section in self.sections if section.kind == "summary" for text in section.paragraphs)

    @property
    def decision_year(self) -> str | None:
        return str(self.decision_date.year) if self.decision_date else None

    @property
    def age_band(self) -> str | None:
        """Ten years wide; `under-20` and `80-plus` at the ends."""
        if self.age is None:
            return None
        if self.age < 20:
            return "under-20"
        return "80-plus" if self.age >= 80 else f"{self.age // 10 * 10}-{self.age // 10 * 10 + 9}"

    @property
    def days_to_decision(self) -> int | None:
        """From the application received to the decision."""
        if self.decision_date is None or self.received_date is None:
            return None
        return (self.decision_date - self.received_date).days


class Page(Frozen, frozen=True):
    """A page planned, not yet rendered."""

    path: str
    """Below the site's root: `browse/body-part/low-back/index.html`."""
    template: str
    context: Mapping[str, object]


class File(Frozen, frozen=True):
    """A published file."""

    path: str
    content: bytes


class Dataset(Frozen, frozen=True):
    """A file of the data folder, written."""

    name: str
    media_type: str
    rows: int | None
    """How many of what `counted` says; None where it is no table."""
    counted: str
    about: str
    bytes: int

    @property
    def url(self) -> str:
        """Path below the site's root."""
        return f"data/{self.name}"


def _outlined(issue: Issue) -> Issue:
    return msgspec.structs.replace(
        issue,
        request="",
        outcome_words="",
        ur=_same(Citation(guidelines=issue.ur.guidelines)),
        imr=_same(Citation(guidelines=issue.imr.guidelines)),
        rationale=(),
        heading="",
        labels=("", "", ""),
        line=None,
        request_body_parts=(),
        body_parts=_same(issue.body_parts),
        body_parts_from=_same(issue.body_parts_from),
        category=_same(issue.category),
        subcategory=_same(issue.subcategory),
        facets=_same_values(issue.facets),
        evidence=(),
    )


def _same_values(facets: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {intern(key): _same(ids) for key, ids in facets.items()}


@lru_cache(2**16)
def _same(value: Value) -> Value:
    """One for all that are equal: the same few come again and again, and every letter would hold its own."""
    return value
