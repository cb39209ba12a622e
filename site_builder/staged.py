"""The lean pages that the text index reads: what people search for in a letter, without boilerplate. Pure; never published.

One heading with `id="issue-N"` an issue, so that a hit leads to its issue. Spellings that mean the same are added in the form
into which the search box turns what is typed: L4-5, L4/L5 and L4-L5 as `l4l5`; "2 times a week for 4 weeks" as `2x4`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from markupsafe import escape

from site_builder.model import File, Issue, Letter
from site_builder.rules import Rules

WORDS = 20_000
"""Longest list of words that is shipped for spelling."""

_LEVEL = re.compile(r"(?<![A-Za-z0-9])([CTLS])-?(\d{1,2}) ?[-/] ?([CTLS])?-?(\d{1,2})(?![0-9])", re.IGNORECASE)
_VISITS = re.compile(
    r"(?<![\w/])(\d{1,2}|one|two|three|four|five|six)(?: ?x| times?| visits?| sessions?)?(?: ?/ ?| a | per | each | )"
    r"w(?:ee)?k(?:ly)?s?(?: for| times| x|,)? ?(?:x ?)?(\d{1,2}|one|two|three|four|five|six|eight|ten|twelve)(?![\w/])",
    re.IGNORECASE,
)
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12}
_MARKER = re.compile("___PAGEFIND_")
_WORD = re.compile(r"[a-z][a-z]{2,29}")


def page(letter: Letter, rules: Rules) -> File:
    """The letter for the index, at the path of its published page."""
    issues = "".join(_issue(issue, rules) for issue in letter.issues)
    summary = "".join(f"<p>{_safe(text)}</p>" for text in letter.case_summary)
    name = _safe(letter.case_number or letter.id)
    body = f"<h1>{_safe(letter.title)}</h1>{issues}<h2>Case summary</h2>{summary}<p>{name}</p>"
    head = f'<!doctype html><html lang="en"><head><title>{_safe(letter.title)}</title></head>'
    html = f"{head}<body data-pagefind-body>{body}</body></html>"
    return File(path=letter.url, content=html.encode())


def same_spelling(text: str) -> list[str]:
    """The added forms of a text, unique, in order."""
    levels = (f"{match[1]}{match[2]}{match[3] or match[1]}{match[4]}".lower() for match in _LEVEL.finditer(text))
    visits = (f"{_number(match[1])}x{_number(match[2])}" for match in _VISITS.finditer(text))
    return list(dict.fromkeys((*levels, *visits)))


def words(letters: Iterable[Letter], rules: Rules) -> list[str]:
    """Words of the letters and vocabularies for spelling, most frequent first, at most WORDS."""
    counted: Counter[str] = Counter()
    for letter in letters:
        texts = (*letter.case_summary, *(text for issue in letter.issues for text in (issue.request, *issue.rationale)))
        counted.update({word for text in texts for word in _WORD.findall(text.lower())})
    for vocabulary in rules.vocabularies.values():
        for value in vocabulary.facet.value:
            for phrase in (value.label, *value.words, *value.synonyms):
                counted.update(word for word in _WORD.findall(phrase.lower()) if word in counted)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [word for word, _ in ranked[:WORDS]]


def _issue(issue: Issue, rules: Rules) -> str:
    texts = (issue.request if issue.request != issue.disputed else "", issue.ur.raw, issue.imr.raw, *issue.rationale)
    paragraphs = "".join(f"<p>{_safe(text)}</p>" for text in texts if text)
    added = [*same_spelling(" ".join((issue.request, *issue.rationale))), *_labels(issue, rules)]
    return f'<h2 id="issue-{issue.number}">{_safe(issue.disputed)}</h2>{paragraphs}<p>{_safe(", ".join(added))}</p>'


def _labels(issue: Issue, rules: Rules) -> Iterator[str]:
    """What the issue is filed under, so that a search in plain words finds abbreviations."""
    for facet in rules.facets:
        known = rules.vocabulary_of(facet).by_id
        if facet.order >= 0 and facet.field not in ("outcome",) and not {"yes", "no"} & known.keys():
            yield from (known[found].label for found in issue.facets.get(facet.key, ()) if found in known)


def _safe(text: str) -> str:
    """Escaped, and free of the mark by which the indexer would take text for an anchor."""
    return str(escape(_MARKER.sub("___ PAGEFIND_", text)))


def _number(text: str) -> int:
    return _NUMBERS.get(text.lower()) or int(text)
