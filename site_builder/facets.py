"""Letter to Letter with everything derived: citations, treatments, body parts, and the facet values that readers filter by.

The extraction of each field is its own module; here they are put together and their evidence is kept. Which facets there are is
said by facets/*.toml alone: a facet reads a field (`field`) or looks for its words in one (`over`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from site_builder import body_parts, citations, treatments
from site_builder.model import Citation, Evidence, Issue, Letter
from site_builder.rules import Facet, Rules, Vocabulary


def tag(letter: Letter, rules: Rules) -> Letter:
    """Every derived field of the letter and its issues, with evidence, then their facets."""
    regions = rules.vocabularies["body-part"]
    injured, evidence = body_parts.injured(letter.case_summary, regions)
    issues = tuple(_issue(issue, injured, rules) for issue in letter.issues)
    read = msgspec.structs.replace(letter, injured_body_parts=injured, evidence=evidence, issues=issues)
    return msgspec.structs.replace(
        read,
        facets=_values(read, "letter", rules),
        issues=tuple(msgspec.structs.replace(issue, facets=_values(issue, "issue", rules)) for issue in issues),
    )


def _issue(issue: Issue, injured: tuple[str, ...], rules: Rules) -> Issue:
    guidelines = rules.vocabularies["guideline"]
    regions = rules.vocabularies["body-part"]
    ur, imr = citations.read(issue.ur.raw, guidelines), citations.read(issue.imr.raw, guidelines)
    requested, named = body_parts.requested(issue.disputed, regions, injured)
    parts, parts_from = body_parts.of_issue(requested, imr.guidelines, injured)
    category, subcategory, fired = _treatment(issue, rules.vocabularies["treatment"])
    return msgspec.structs.replace(
        issue,
        ur=ur,
        imr=imr,
        request_body_parts=requested,
        body_parts=parts,
        body_parts_from=parts_from,
        category=category,
        subcategory=subcategory,
        ancillary=issue.outcome == "upheld" and imr.guidelines == ("none",),
        evidence=(*issue.evidence, *_cited("ur_guidelines", ur), *_cited("imr_guidelines", imr), *named, *fired),
    )


def _treatment(issue: Issue, vocabulary: Vocabulary) -> tuple[str | None, str | None, tuple[Evidence, ...]]:
    """A category that metadata.csv gives stands."""
    if issue.category is not None:
        return issue.category, issue.subcategory, ()
    category, subcategory, fired = treatments.classify(issue.disputed, vocabulary)
    return category, subcategory, (fired,) if fired else ()


def _cited(field: str, citation: Citation) -> Iterable[Evidence]:
    return (Evidence(field=field, value=found, rule="citation grammar", words=citation.raw) for found in citation.guidelines)


def _values(owner: Issue | Letter, level: str, rules: Rules) -> Mapping[str, tuple[str, ...]]:
    """Facet key -> value ids, for the facets of this level that have any."""
    found = {facet.key: _of_facet(owner, facet, rules.vocabulary_of(facet)) for facet in rules.facets if facet.level == level}
    return {key: ids for key, ids in found.items() if ids}


def _of_facet(owner: Issue | Letter, facet: Facet, vocabulary: Vocabulary) -> tuple[str, ...]:
    if facet.over:
        return vocabulary.with_parents(found for text in _texts(getattr(owner, facet.over)) for found in vocabulary.ids(text))
    return vocabulary.with_parents(_texts(getattr(owner, facet.field or "")))


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)
