"""How much of a collection the vocabularies understand: the report by which they grow.

A facet is *tagged* on an issue when it has at least one value there. Most facets can be empty for good reason (a drug has no body
part of its own); so the report shows what was left untagged, most frequent first, and leaves the judgement to the reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from site_builder.budget import counted
from site_builder.model import Frozen, Letter, Problem
from site_builder.rules import Facet, Rules

RATIONALE_LABEL = "decision rationale:"
"""Opens the last part of every issue block; one inside another part means that an issue was not seen."""

LONGEST = 160
"""Characters of an example."""
VAGUE = frozenset({"other", "odg/unspecified", "mtus/other"})
"""Guideline ids that stand for what the citation grammar could not name."""


class Counted(Frozen, frozen=True):
    """A text and how often it occurs."""

    text: str
    count: int


class FacetCoverage(Frozen, frozen=True):
    """One facet over a collection."""

    facet: str
    label: str
    level: str
    total: int
    tagged: int
    values: int
    untagged: tuple[Counted, ...]

    @property
    def share(self) -> float:
        return self.tagged / self.total if self.total else 1.0


class Coverage(Frozen, frozen=True):
    """What `check` prints."""

    letters: int
    issues: int
    quarantined: int
    facets: tuple[FacetCoverage, ...]
    vague_citations: tuple[Counted, ...]
    """Citation paragraphs of which nothing, or only an unnamed source, was recognised."""
    unknown_outcomes: tuple[Counted, ...]
    hidden_issues: tuple[str, ...]
    """Ids of letters in which a rationale label stands outside its place."""
    problems: tuple[Problem, ...]


class _Tagged:
    """What is counted of one facet."""

    def __init__(self) -> None:
        self.total = self.tagged = 0
        self.values = set[str]()
        self.untagged = Counter[str]()

    def add(self, ids: Sequence[str], described: str) -> None:
        self.total += 1
        self.tagged += bool(ids)
        self.values.update(ids)
        if not ids:
            self.untagged[described] += 1


def report(letters: Iterable[Letter], problems: Sequence[Problem], rules: Rules, most: int = 10) -> Coverage:
    """Counts over the letters, whole, one after the other; at most `most` examples a list."""
    count, issues, hidden = 0, 0, list[str]()
    tagged = {facet: _Tagged() for facet in rules.facets if facet.order >= 0}
    vague, unknown = Counter[str](), Counter[str]()
    for letter in letters:
        count += 1
        issues += len(letter.issues)
        for facet, told in tagged.items():
            if facet.level == "letter":
                told.add(letter.facets.get(facet.key, ()), _cut(letter.source))
            else:
                for issue in letter.issues:
                    told.add(issue.facets.get(facet.key, ()), _cut(issue.disputed))
        vague.update(map(_cut, _vague(letter)))
        unknown.update(_cut(issue.outcome_words or "(none)") for issue in letter.issues if issue.outcome is None)
        if _labels_out_of_place(letter):
            hidden.append(letter.id)
    return Coverage(
        letters=count,
        issues=issues,
        quarantined=sum(problem.severity == "quarantine" for problem in problems),
        facets=tuple(_coverage(facet, told, most) for facet, told in tagged.items()),
        vague_citations=_most(vague, most),
        unknown_outcomes=_most(unknown, most),
        hidden_issues=tuple(hidden),
        problems=tuple(problems),
    )


def as_text(coverage: Coverage) -> str:
    """The report for a terminal."""
    told = (counted(coverage.letters, "letter"), counted(coverage.issues, "issue"), f"{coverage.quarantined:,} quarantined")
    lines = [", ".join(told)]
    counts = [facet for facet in coverage.facets if facet.total]  # nothing is known of none
    width = max((len(facet.label) for facet in counts), default=0)
    lines += [""] if counts else []
    for facet in counts:
        tagged = f"{facet.tagged:,}/{counted(facet.total, facet.level)}, {counted(facet.values, 'value')} in use"
        lines.append(f"{facet.label:<{width}}  {facet.share:6.1%}  {tagged}")
    for title, rows in (
        *((f"Without {facet.label.lower()}", facet.untagged) for facet in coverage.facets),
        ("Citations of which no source was recognised", coverage.vague_citations),
        ("Outcome words that are not known", coverage.unknown_outcomes),
    ):
        if rows:
            lines += ["", f"{title}, most frequent first:", *(f"  {row.count:4}  {row.text}" for row in rows)]
    if coverage.hidden_issues:
        lines += [
            "",
            "A rationale label stands outside its place, so an issue may be missing in: " + ", ".join(coverage.hidden_issues),
        ]
    return "\n".join(lines)


def _coverage(facet: Facet, told: _Tagged, most: int) -> FacetCoverage:
    return FacetCoverage(
        facet=facet.key,
        label=facet.label,
        level=facet.level,
        total=told.total,
        tagged=told.tagged,
        values=len(told.values),
        untagged=() if facet.sparse else _most(told.untagged, most),
    )


def _vague(letter: Letter) -> Iterator[str]:
    for issue in letter.issues:
        for citation in (issue.ur, issue.imr):
            if citation.raw and set(citation.guidelines) <= VAGUE:
                yield citation.raw


def _labels_out_of_place(letter: Letter) -> bool:
    texts = [text for section in letter.sections for text in section.paragraphs]
    texts += [text for issue in letter.issues for text in (issue.request, issue.ur.raw, issue.imr.raw, *issue.rationale)]
    return any(RATIONALE_LABEL in text.lower() for text in texts)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _most(found: Counter[str], most: int) -> tuple[Counted, ...]:
    """Most frequent first, ties in the order of the alphabet."""
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Counted(text=text, count=count) for text, count in ranked[:most])
