"""Letter to Letter with everything derived: citations, treatments, body parts, and the facet values that readers filter by.

The extraction of each field is its own module; here they are put together and their evidence is kept: which rule gave a value, on
which words. Which facets exist is said by facets/*.toml alone: a facet reads a field (`field`) or looks for its words in one
(`over`). What a reader, front matter or metadata.csv gave already stands; tagging twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from site_builder import body_parts, citations, treatments
from site_builder.model import Citation, Evidence, Issue, Letter
from site_builder.rules import Facet, Rules, Vocabulary

Ids = tuple[str, ...]
_WITH_PARENT = re.compile(
    r"\b(?:since|because|as) the (?:(?:primary|main|requested|proposed|underlying|surgical) )?(?:procedure|surgery|operation)"
    r" (?:is|was|has been) not\b",
    re.IGNORECASE,
)


def tag(letter: Letter, rules: Rules) -> Letter:
    """Every derived field of the letter and its issues, with evidence, then their facets."""
    injured, told = body_parts.injured(letter.case_summary, rules.vocabularies["body-part"])
    read = msgspec.structs.replace(letter, injured_body_parts=injured)
    return msgspec.structs.replace(
        read,
        issues=tuple(_issue(issue, injured, rules) for issue in letter.issues),
        facets=_values(read, "letter", rules),
        evidence=_once(letter.evidence, told, _days(read), _searched(read, "letter", rules)),
    )


def _issue(issue: Issue, injured: Ids, rules: Rules) -> Issue:
    guidelines, regions = rules.vocabularies["guideline"], rules.vocabularies["body-part"]
    ur = citations.read(issue.ur.raw, guidelines)
    imr = citations.read(issue.imr.raw, guidelines, ur)
    requested, named = body_parts.requested(issue.disputed, regions, injured)
    parts, parts_from = body_parts.of_issue(requested, imr.guidelines, injured)
    category, subcategory, fired = _treatment(issue, rules.vocabularies["treatment"])
    read = msgspec.structs.replace(
        issue,
        ur=ur,
        imr=imr,
        request_body_parts=requested,
        body_parts=parts,
        body_parts_from=parts_from,
        category=category,
        subcategory=subcategory,
        ancillary=issue.outcome == "upheld" and (imr.guidelines == ("none",) or _goes_with_another(issue)),
    )
    return msgspec.structs.replace(
        read,
        facets=_values(read, "issue", rules),
        evidence=_once(issue.evidence, named, fired, _derived(read, injured), _searched(read, "issue", rules)),
    )


def _goes_with_another(issue: Issue) -> bool:
    """No guideline paragraph at all, and a reason that names the treatment it depends on: so in letters of 2013."""
    return not issue.imr.raw and any(map(_WITH_PARENT.search, issue.rationale[:1]))


def _treatment(issue: Issue, vocabulary: Vocabulary) -> tuple[str | None, str | None, tuple[Evidence, ...]]:
    """A category that metadata.csv gives stands: it is let in only where the wording says none other."""
    if issue.category is not None:
        return issue.category, issue.subcategory, ()
    category, subcategory, fired = treatments.classify(issue.disputed, vocabulary)
    return category, subcategory, (fired,) if fired else ()


def _derived(issue: Issue, injured: Ids) -> Iterator[Evidence]:
    """What follows from other fields of the issue."""
    yield from _cited("ur_guidelines", issue.ur)
    yield from _cited("imr_guidelines", issue.imr)
    if issue.body_parts_from not in (None, "request"):
        words = ", ".join(injured if issue.body_parts_from == "injury" else issue.imr.guidelines)
        for part in issue.body_parts:
            yield Evidence(field="body_parts", value=part, rule=f"the request names none: {issue.body_parts_from}", words=words)
    if issue.ancillary:
        rule, words = "upheld, and the reviewer cites no evidence", issue.imr.raw or " ".join(issue.rationale[:1])
        yield Evidence(field="ancillary", value="yes", rule=rule, words=words)
    if issue.guidelines_differ is not None:
        words = "; ".join(", ".join(citation.guidelines) for citation in (issue.ur, issue.imr))
        rule = "no guideline in common" if issue.guidelines_differ else "a guideline in common"
        yield Evidence(field="guidelines_differ", value=_texts(issue.guidelines_differ)[0], rule=rule, words=words)
    for side in issue.no_evidence_cited:
        words = (issue.ur if side == "ur" else issue.imr).raw
        yield Evidence(field="no_evidence_cited", value=side, rule="citation grammar", words=words)


def _days(letter: Letter) -> Iterator[Evidence]:
    if letter.days_to_decision is not None:
        words = f"{letter.received_date} to {letter.decision_date}"
        yield Evidence(field="days_to_decision", value=str(letter.days_to_decision), rule="received to decided", words=words)


def _cited(field: str, citation: Citation) -> Iterator[Evidence]:
    return (Evidence(field=field, value=found, rule="citation grammar", words=citation.raw) for found in citation.guidelines)


def _values(owner: Issue | Letter, level: str, rules: Rules) -> Mapping[str, Ids]:
    """Facet key -> value ids, parents included, for the facets of this level that have any."""
    found = {facet.key: _of_facet(owner, facet, rules.vocabulary_of(facet)) for facet in rules.facets if facet.level == level}
    return {key: ids for key, ids in found.items() if ids}


def _of_facet(owner: Issue | Letter, facet: Facet, vocabulary: Vocabulary) -> Ids:
    texts = _texts(getattr(owner, facet.over or facet.field or ""))
    return (
        vocabulary.with_parents(found for text in texts for found in vocabulary.ids(text))
        if facet.over
        else vocabulary.with_parents(texts)
    )


def _searched(owner: Issue | Letter, level: str, rules: Rules) -> Iterator[Evidence]:
    """What the words of the `over` facets were found in."""
    for facet in rules.facets:
        if facet.over and facet.level == level:
            for text in _texts(getattr(owner, facet.over)):
                for match in rules.vocabulary_of(facet).find(text):
                    yield Evidence(field=facet.key, value=match.value.id, rule=match.rule, words=match.words)


def _once(*evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(one for some in evidence for one in some))


def _texts(value: object) -> Ids:
    """A field as texts: yes or no for a bool, nothing for None."""
    if value is None:
        return ()
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)
