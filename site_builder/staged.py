"""The lean pages that the text index reads: what people search for in a letter, without boilerplate. Pure; never published.

One heading with `id="issue-N"` an issue, so that a hit leads to its issue. What helps finding but is not the letter's word stands
beside the title, where the index searches but never quotes: what the issues are filed under, other names of what is named, and
spellings that mean the same, in the form into which the search box turns what is typed: L4-5, L4/L5 and L4-L5 as `l4l5`, "7.5 mg"
as `7.5mg`; "2 times a week for 4 weeks" as `2x4`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from markupsafe import escape

from site_builder.model import File, Issue, Letter
from site_builder.rules import Rules

WORDS = 30_000
"""Most words that are listed: all of them up to some 2,000 letters, then the more frequent ones."""

_LEVEL = re.compile(r"([ctls])(?=-?\d)(?<![a-z0-9].)-?(\d{1,2}) ?[-/] ?([ctls])?-?(\d{1,2})(?![0-9])")
"""What is rare is looked for first: the letters are in every word."""
_VISITS = re.compile(
    r"(?<![\w/])(\d{1,2}|one|two|three|four|five|six)(?: ?x| times?| visits?| sessions?)?(?: ?/ ?| a | per | each | )"
    r"w(?:ee)?k(?:ly)?s?(?: for| times| x|,)? ?(?:x ?)?(\d{1,2}|one|two|three|four|five|six|eight|ten|twelve)(?![\w/])"
)
_DOSE = re.compile(r"(?<![a-z0-9])(\d[\d.,/-]{0,15}) (mg|mcg|gm?|ml|cc)\b")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12}
_MARKER = re.compile("___PAGEFIND_")
_WORD = re.compile(r"[a-z0-9]+(?:[^\sa-z0-9]+[a-z0-9]+)*")
_PART = re.compile(r"[a-z0-9]+")
HUB = File(
    path="hub.html",
    content=b'<!doctype html><html lang="en"><title>zqhubqz</title><body data-pagefind-body><h1>zqhubqz</h1></body></html>',
)
"""The only page of the index that opens the others; its word is nobody's."""


def page(letter: Letter, rules: Rules) -> File:
    """The letter for the index, at the path of its published page."""
    issues = "".join(map(_issue, letter.issues))
    summary = "".join(f"<p>{_safe(text)}</p>" for text in letter.case_summary)
    title, added = _safe(letter.title), _safe(", ".join(_added(letter, rules)))
    head = f'<!doctype html><html lang="en"><head><title>{title}</title></head>'
    meta = f'data-pagefind-meta="title[data-title], added[data-added]" data-title="{title}" data-added="{added}"'
    body = f'<body data-pagefind-body {meta}>{issues}<h2 id="summary">Case summary</h2>{summary}</body></html>'
    return File(path=letter.url, content=f"{head}{body}".encode())


def same_spelling(text: str) -> list[str]:
    """The added forms of a text, unique, in order."""
    text = text.lower()
    levels = (f"{match[1]}{match[2]}{match[3] or match[1]}{match[4]}" for match in _LEVEL.finditer(text))
    visits = (f"{_number(match[1])}x{_number(match[2])}" for match in _VISITS.finditer(text))
    doses = (f"{match[1]}{match[2]}" for match in _DOSE.finditer(text))
    return list(dict.fromkeys((*levels, *visits, *doses)))


def other_names(text: str, rules: Rules) -> Iterator[str]:
    """By which somebody might look for what the text names: a generic name for a brand, an abbreviation."""
    own = _parts(text)
    for names in rules.names:
        for value in map(names.by_id.__getitem__, names.ids(text)):
            yield from (name for name in (*value.words, *value.synonyms) if not _parts(name) <= own)


def count(letters: Iterable[Letter]) -> Mapping[str, int]:
    """Word -> in how many of the letters it stands."""
    return Counter(word for letter in letters for word in _words(letter))


def words(shards: Iterable[Mapping[str, int]]) -> Mapping[str, str]:
    """From what `count` says of each shard: two letters -> the words that begin with them, a line each, most frequent first.

    A word that is not in every shard is followed by the set of its shards as a hexadecimal number: bit 0 is the first shard.
    """
    letters: Counter[str] = Counter()
    found: dict[str, int] = defaultdict(int)
    everywhere = 0
    for number, shard in enumerate(shards):
        for word in shard:
            found[word] |= 1 << number
        letters.update(shard)
        everywhere |= 1 << number
    lines = defaultdict(list)
    for word, _ in islice(sorted(letters.items(), key=lambda item: (-item[1], item[0])), WORDS):
        lines[word[:2]].append(word if found[word] == everywhere else f"{word} {found[word]:x}")
    return {begin: "\n".join(lines[begin]) for begin in sorted(lines)}


def _words(letter: Letter) -> set[str]:
    """As the index cuts them: "10/325mg" is `10325mg`, and its parts are words too."""
    text = _text(letter).lower()
    found = set(_WORD.findall(text))
    mixed = [_PART.findall(word) for word in found if not (word.isalnum() and word.isascii())]
    found.update(map("".join, mixed), *mixed, same_spelling(text))
    return {word for word in found if len(word) > 1 and word.isalnum() and word.isascii()}


def _issue(issue: Issue) -> str:
    paragraphs = "".join(f"<p>{_safe(text)}</p>" for text in _texts(issue))
    return f'<h2 id="issue-{issue.number}">{_safe(issue.disputed)}</h2>{paragraphs}'


def _added(letter: Letter, rules: Rules) -> Iterable[str]:
    """Each once."""
    text = _text(letter)
    labels = dict.fromkeys(label for issue in letter.issues for label in _labels(issue, rules))
    return dict.fromkeys((*same_spelling(text), *other_names(", ".join((text, *labels)), rules), *labels))


def _text(letter: Letter) -> str:
    """Everything that is searched."""
    issues = (text for issue in letter.issues for text in (issue.disputed, *_texts(issue)))
    return " ".join((*issues, *letter.case_summary))


def _texts(issue: Issue) -> list[str]:
    """What is searched besides the heading."""
    request = "" if issue.request == issue.disputed else issue.request
    return [text for text in (request, issue.ur.raw, issue.imr.raw, *issue.rationale) if text]


def _labels(issue: Issue, rules: Rules) -> Iterator[str]:
    """What the issue is filed under in other words than its own, so that a search in plain words finds abbreviations."""
    own = _parts(" ".join((issue.disputed, *_texts(issue))))
    for facet in rules.facets:
        known = rules.vocabulary_of(facet).by_id
        if facet.order >= 0 and facet.field not in ("outcome",) and not {"yes", "no"} & known.keys():
            ids = issue.facets.get(facet.key, ())
            lowest = [
                known[found] for found in ids if found in known and all(known[one].parent != found for one in ids if one in known)
            ]
            yield from (value.label for value in lowest if not _parts(value.label) <= own)


def _parts(text: str) -> set[str]:
    return set(_PART.findall(text.lower()))


def _safe(text: str) -> str:
    """Escaped, and free of the mark by which the indexer would take text for an anchor."""
    return str(escape(_MARKER.sub("___ PAGEFIND_", text)))


def _number(text: str) -> int:
    return _NUMBERS.get(text) or int(text)
