"""The page of a letter: what was decided and why, and every word of it. Pure: a letter in, a Page out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from site_builder.collection import Collection, Link, shortened
from site_builder.linked import linked
from site_builder.model import Citation, Issue, Letter, Page, Section
from site_builder.render import day
from site_builder.settings import Settings
from site_builder.similar import Similar

LONGEST_HEADLINE = 150
"""Characters of disputed treatments in a title; the rest is counted."""

ABOVE_TABLE = 60
"""The same where a table below it names all of them."""
LONGEST_LINK = 28
"""Characters of a disputed treatment in a link to a similar decision."""
LONGEST_NEIGHBOUR = 22
"""The same in a link to the next one in time."""

_SIDES = (
    ("ur", "Claims administrator", "ur_guidelines"),
    ("imr", "Guideline", "imr_guidelines"),
)
_TOLD = frozenset({"age_band", "sex", "decision_year", "priority", "outcome", "licensure"}) | frozenset(
    {"ur_guidelines", "imr_guidelines", "guidelines_differ", "no_evidence_cited"}
)
"""Fields that a decision page gives in other words than as a list of values, or leaves to the words of the letter."""
_REGION_HINTS = {
    "guideline": " (from the guideline)",
    "odg-chapter": " (from the guideline)",
}


class Told(NamedTuple):
    """A label and what stands behind it, in pieces: plain words, and links."""

    label: str
    said: tuple[Link, ...]


class Decided(NamedTuple):
    """An issue, ready to show."""

    issue: Issue
    printed: str
    """The line that opens the issue, where it says more than the heading and the badge."""
    tags: tuple[tuple[Link, str], ...]
    """(value of a facet, hint); without an address where the page leads to it already."""
    cited: tuple[Told, ...]
    """What each side cites, under the label that the letter prints, else ours."""
    shared: tuple[Link, ...] | None
    """Guidelines that both sides cite; None where one of them cites none."""


def page(site: Collection, number: int, similar: Sequence[Similar]) -> Page:
    """The page of the letter at `number` of the collection, with the decisions to read next."""
    letter = site.whole(site.letters[number])
    kinds = defaultdict(list)
    for section in letter.sections:
        kinds[section.kind if section.kind in ("summary", "unplaced", "reviewer") else "folded"].append(section)
    facts = _facts(site, letter, kinds["reviewer"])
    linked_already = {piece.url for fact in facts for piece in fact.said}
    return Page(
        path=letter.url,
        template="decision.html",
        context={
            "letter": letter,
            "name": letter.case_number or letter.id,
            "headline": headline(letter, ABOVE_TABLE) if len(letter.issues) > 1 else letter.title,
            "verdict": verdict(letter),
            "years": [link for link in site.links_of_field("decision_year", filter(None, [letter.decision_year])) if link.url],
            "facts": facts,
            "issues": [_decided(site, issue, linked_already) for issue in letter.issues],
            "summary": kinds["summary"],
            "unplaced": kinds["unplaced"],
            "folded": kinds["folded"],
            "similar": _by_what_is_shared(similar),
            "citation": citation_text(letter, site.settings),
            "record": site.settings.state_record(letter.case_number) if letter.case_number else "",
            "original": site.originals.get(letter.id, ""),
            "newer": _neighbour(site, number - 1) if number else None,
            "older": _neighbour(site, number + 1) if number + 1 < len(site.letters) else None,
            "indexed": site.settings.indexing == "all",
        },
    )


def _by_what_is_shared(similar: Sequence[Similar]) -> list[tuple[str, list[tuple[Link, str | None]]]]:
    """Best first, those together that share the same with the letter; the case tells apart what would read the same."""
    found: dict[tuple[str, ...], list[tuple[Link, str | None]]] = defaultdict(list)
    words = [shortened(one.issue.disputed, LONGEST_LINK) for one in similar]
    for one, said in zip(similar, words, strict=True):
        alone, case = words.count(said) == 1, one.letter.case_number or one.letter.id
        label = said if alone else f"{shortened(said, LONGEST_LINK - len(case))}, {case}"
        found[one.shared].append((Link(label, _place(one)), one.issue.outcome))
    return [(_listed(shared), told) for shared, told in found.items()]


def headline(letter: Letter, most: int = LONGEST_HEADLINE) -> str:
    """The disputed treatments as far as a title can hold them, one at least."""
    shown, length = list[str](), 0
    for issue in letter.issues:
        if shown and length + len(issue.disputed) > most:
            break
        shown.append(shortened(issue.disputed, most))
        length += len(issue.disputed) + 2
    more = len(letter.issues) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def verdict(letter: Letter) -> str:
    """What was decided, in words for everybody."""
    count = len(letter.issues)
    won = sum(issue.outcome == "overturned" for issue in letter.issues)
    all_of = "both" if count == 2 else f"all {count}"
    none_of = "neither treatment" if count == 2 else f"none of the {count} treatments is"
    if letter.outcome == "upheld":
        return f"Upheld: the denial stands, {'treatment not' if count == 1 else none_of} approved."
    if letter.outcome == "overturned":
        return f"Overturned: {'treatment' if count == 1 else f'{all_of} treatments'} approved."
    if letter.outcome:
        rest = "other" if count == 2 else "rest"
        return f"Partly overturned: {won} of {count} treatments approved; the denial of the {rest} stands."
    return "The outcome is not stated in words that are known here; read the letter below."


def citation_text(letter: Letter, settings: Settings) -> str:
    """IMR Case No. CM17-0001234, decided 21 Feb 2017."""
    name = f"IMR Case No. {letter.case_number}" if letter.case_number else f"IMR decision {letter.id}"
    decided = f", decided {day(letter.decision_date)}" if letter.decision_date else ""
    address = settings.address(letter.url)
    return f"{name}{decided}{f'. {address}' if address else ''}"


def _listed(words: Sequence[str]) -> str:
    """treatment, body part and guideline"""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _place(found: Similar) -> str:
    """The page of a letter with one issue is about that issue."""
    place = f"#issue-{found.issue.number}" if len(found.letter.issues) > 1 else ""
    return f"{found.letter.id}.html{place}"


def _neighbour(site: Collection, number: int) -> Link:
    letter = site.letters[number]
    return Link(shortened(letter.title, LONGEST_NEIGHBOUR), letter.url.rpartition("/")[2])


def _facts(site: Collection, letter: Letter, reviewer: Sequence[Section]) -> list[Told]:
    """Only what is known. The reviewer comes in the words of the letter, whose values are links; what they do not name, apart."""
    person = ", ".join(filter(None, (f"{letter.age} years old" if letter.age is not None else "", letter.sex or "")))
    injured = day(letter.date_of_injury)
    parts = _row(site.links_of_field("body_parts", letter.injured_body_parts))
    facts = [
        Told("Case", _plain(letter.case_number or "")),
        Told("Decided", _plain(_decided_on(letter))),
        Told("Priority", _plain("Expedited" if letter.priority == "expedited" else "")),
        Told("Worker", _plain(person)),
        Told("Injured", (*_plain(f"{injured}: " if injured and parts else injured), *parts)),
    ]
    words = " ".join(text for section in reviewer for text in section.paragraphs)
    said = _plain(words)
    for facet in site.facets:
        if facet.level == "letter" and (facet.field or facet.over) not in _TOLD:
            ids = letter.facets.get(facet.key, ())
            named, left = linked(site, facet, words, ids) if len(said) == 1 else (said, site.links(facet, ids))
            said = named
            facts.append(Told(facet.label, _row(left)))
    facts.append(Told(" ".join(filter(None, (section.heading for section in reviewer))) or "Reviewer", said))
    return [fact for fact in facts if fact.said]


def _plain(text: str) -> tuple[Link, ...]:
    return (Link(text, ""),) if text else ()


def _row(links: Sequence[Link]) -> tuple[Link, ...]:
    """Parted by commas."""
    return tuple(piece for link in links for piece in (Link(", ", ""), link))[1:]


def _decided_on(letter: Letter) -> str:
    days = letter.days_to_decision
    return day(letter.decision_date) + (f", after {days} days" if days is not None and days > 1 else "")


def _decided(site: Collection, issue: Issue, linked_already: set[str]) -> Decided:
    """`linked_already`: addresses of values that the page leads to already; those of the issue are added."""
    tags: list[tuple[Link, str]] = []
    true: list[Link] = []
    for facet in site.facets:
        ids = issue.facets.get(facet.key, ())
        if facet.level == "letter" or facet.field in _TOLD or ids in ((), ("no",)):
            continue
        if ids == ("yes",):
            true += site.links(facet, ids)
        elif facet.field != "body_parts":
            tags += ((link, "") for link in site.links(facet, ids))
        elif issue.body_parts_from != "injury":  # those of the injury stand among the facts
            tags += ((link, _REGION_HINTS.get(issue.body_parts_from or "", "")) for link in site.links(facet, ids))
    tags += ((link, "") for link in true)
    told = tuple((link._replace(url="") if link.url in linked_already else link, hint) for link, hint in tags)
    linked_already.update(link.url for link, _ in tags)
    ours, theirs = ({found for found in cited.guidelines if found != "none"} for cited in (issue.ur, issue.imr))
    both = [found for found in issue.imr.guidelines if found in ours and found in theirs]
    return Decided(
        issue=issue,
        printed=_printed(issue),
        tags=told,
        cited=tuple(
            _cited(site, title, field, issue.labels[number], getattr(issue, side))
            for number, (side, title, field) in enumerate(_SIDES)
        ),
        shared=site.links_of_field("imr_guidelines", both) if ours and theirs else None,
    )


def _printed(issue: Issue) -> str:
    request = "" if issue.request == issue.disputed else issue.request
    words = "" if issue.outcome and issue.outcome_words == issue.outcome.capitalize() else issue.outcome_words
    return issue.heading or (" " if ":" in words else ": ").join(filter(None, (request, words)))  # "X is: Upheld", "X: Denied"


def _cited(site: Collection, title: str, field: str, label: str, citation: Citation) -> Told:
    facet = next((facet for facet in site.facets if facet.field == field), None)
    ids = [found for found in citation.guidelines if found != "none"]
    said, left = linked(site, facet, citation.raw, ids) if facet else (_plain(citation.raw), ())
    return Told(label or title, (*said, *_plain(" " if said and left else ""), *_row(left)))
