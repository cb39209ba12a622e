"""Words of a letter that name a value lead to its page, so that no page has to say the name again beside them. Pure.

Where a value stands in a family, its words are looked for after the first mention of the family: of "MTUS Low Back, Section(s):
Pain. Non-MTUS ODG, Pain" the second pain is the one of ODG. Refused: words that only imply a value; those are handed back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from site_builder.collection import Collection, Link
from site_builder.rules import Facet, Vocabulary, squeeze

Span = tuple[int, int]


def linked(site: Collection, facet: Facet, text: str, ids: Iterable[str]) -> tuple[tuple[Link, ...], tuple[Link, ...]]:
    """(the text in pieces, those without an address being plain words; the values that none of its words name)."""
    spans: dict[Span, str] = {}
    left: list[Link] = []
    for found in ids:
        link = site.link(facet, found)
        span = _span(text, found, site.rules.vocabulary_of(facet), spans) if link.url else None
        if span:
            spans[span] = link.url
        else:
            left.append(link)
    return tuple(_pieces(text, spans)), tuple(left)


def _span(text: str, found: str, vocabulary: Vocabulary, taken: Iterable[Span]) -> Span | None:
    """Where the value is named, after its family; else where its family is."""
    squeezed = squeeze(text)
    if len(squeezed) != len(text):  # offsets would not fit
        return None
    parent = vocabulary.by_id[found].parent if found in vocabulary.by_id else None
    family = _named(vocabulary.family(None), squeezed, parent)
    after = family[0][1] if family else 0
    own = sorted((span for span in _named(vocabulary.family(parent), squeezed, found) if span[0] >= after), key=_longest_first)
    return next((span for span in (*own, *family) if all(span[1] <= start or span[0] >= end for start, end in taken)), None)


def _longest_first(span: Span) -> tuple[int, int]:
    return span[0] - span[1], span[0]


def _named(vocabulary: Vocabulary, squeezed: str, id: str | None) -> list[Span]:
    return [(match.start, match.end) for match in vocabulary.find(squeezed) if match.value.id == id]


def _pieces(text: str, spans: Mapping[Span, str]) -> Iterator[Link]:
    end = 0
    for start, last in sorted(spans):
        if start > end:
            yield Link(text[end:start], "")
        yield Link(text[start:last], spans[start, last])
        end = last
    if text[end:]:
        yield Link(text[end:], "")
