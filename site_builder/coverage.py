"""How much of a collection the vocabularies understand: the report by which they grow.

A facet is *tagged* on an issue when it has at least one value there. Most facets can be empty for good reason (a drug has no body
part of its own); so the report shows what was left untagged, most frequent first, and leaves the judgement to the reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from site_builder.model import Frozen, Issue, Letter, Problem
from site_builder.rules import Rules

RATIONALE_LABEL = "decision rationale:"
"""Opens the last part of every issue block; one inside another part means that an issue was not seen."""

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


def report(letters: Sequence[Letter], problems: Sequence[Problem], rules: Rules, most: int = 10) -> Coverage:
    """Counts over the collection; at most `most` examples a list."""
    return Coverage(
        letters=len(letters),
        issues=sum(len(letter.issues) for letter in letters),
        quarantined=sum(problem.severity == "quarantine" for problem in problems),
        facets=tuple(_facets(letters, rules, most)),
        vague_citations=_most(_vague(letters), most),
        unknown_outcomes=_most(_unknown_outcomes(letters), most),
        hidden_issues=tuple(letter.id for letter in letters if _labels_out_of_place(letter)),
        problems=tuple(problems),
    )


def as_text(coverage: Coverage) -> str:
    """The report for a terminal."""
    lines = [f"{coverage.letters} letters, {coverage.issues} issues, {coverage.quarantined} quarantined", ""]
    width = max((len(facet.label) for facet in coverage.facets), default=0)
    for facet in coverage.facets:
        counted = f"{facet.tagged}/{facet.total} {facet.level}s"
        lines.append(f"{facet.label:<{width}}  {facet.share:6.1%}  {counted}, {facet.values} values in use")
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


def _facets(letters: Sequence[Letter], rules: Rules, most: int) -> Iterator[FacetCoverage]:
    issues = [issue for letter in letters for issue in letter.issues]
    for facet in rules.facets:
        if facet.order < 0:
            continue
        owners: Sequence[Issue | Letter] = issues if facet.level == "issue" else letters
        describe: Callable[[Issue | Letter], str] = _disputed if facet.level == "issue" else _source
        values = [(owner, owner.facets.get(facet.key, ())) for owner in owners]
        yield FacetCoverage(
            facet=facet.key,
            label=facet.label,
            level=facet.level,
            total=len(values),
            tagged=sum(bool(ids) for _, ids in values),
            values=len({key for _, ids in values for key in ids}),
            untagged=_most((describe(owner) for owner, ids in values if not ids and not facet.sparse), most),
        )


def _vague(letters: Sequence[Letter]) -> Iterator[str]:
    for letter in letters:
        for issue in letter.issues:
            for citation in (issue.ur, issue.imr):
                if citation.raw and set(citation.guidelines) <= VAGUE:
                    yield citation.raw


def _unknown_outcomes(letters: Sequence[Letter]) -> Iterator[str]:
    return (issue.outcome_words or "(none)" for letter in letters for issue in letter.issues if issue.outcome is None)


def _labels_out_of_place(letter: Letter) -> bool:
    texts = [text for section in letter.sections for text in section.paragraphs]
    texts += [text for issue in letter.issues for text in (issue.request, issue.ur.raw, issue.imr.raw, *issue.rationale)]
    return any(RATIONALE_LABEL in text.lower() for text in texts)


def _disputed(owner: Issue | Letter) -> str:
    return owner.disputed if isinstance(owner, Issue) else owner.title


def _source(owner: Issue | Letter) -> str:
    return owner.source if isinstance(owner, Letter) else owner.request


def _most(texts: Iterator[str], most: int) -> tuple[Counted, ...]:
    """Most frequent first, ties in the order of the alphabet; long texts are cut."""
    counted = Counter(text if len(text) <= 160 else text[:159] + "…" for text in texts)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Counted(text=text, count=count) for text, count in ranked[:most])
