"""What a guideline paragraph cites: guideline ids, sections, pages. A small grammar over the dialects of 2013 to 2024. Pure.

    paragraph  = statement*
    statement  = "did not cite any medical evidence"                     -> none
               | "based on MTUS" list                                    -> mtus/...
               | ("Non-MTUS Citation" | "Other Medical Treatment Guidelines" | "based on") text   -> odg/..., acoem/other, other
    list       = name [year] ["Section(s):" section, ...] [pages] (", and" name ...)*       (2016 on)
               | ["ACOEM"] "Chapter" n name ... [pages] | guideline TOPIC [pages]            (to 2016)

Names of guidelines and sections are data (facets/guideline.toml). Section names hold commas and parentheses, so known names are
tried longest first and only what is left is cut at commas. Refused: the rationale, and a guess at a chapter that no word names.
Known limit: pages are not assigned to chapters, because letters do not list them in chapter order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from site_builder.model import Citation
from site_builder.rules import Match, Vocabulary

_FLAGS = re.IGNORECASE | re.ASCII
_SCHEDULE = re.compile(r"Medical Treatment Utili[sz]ation Schedule(?: \(?MTUS\)?)?|MTUS ?/ ?(?=ACOEM)", _FLAGS)
_MARK = re.compile(
    r"(?P<none>(?:did|does) not (?:cite|provide|give|reference) (?:any|an) (?:medical |specific )?(?:evidence|guideline)"
    r"|no (?:medical )?evidence (?:was|is) cited)"
    r"|(?P<outside>outside (?:of )?the MTUS(?: Guidelines?)?"
    r"|did not base (?:their|its|his/her|his|her) decision on the MTUS"
    r"|no (?:applicable )?(?:section|guideline)s? (?:of|in|from) the MTUS|the MTUS (?:was|is|were) (?:silent|not applicable)"
    r"|the MTUS (?:did|does) not address)"
    r"|(?P<free>non ?- ?MTUS(?: citations?)?|other medical treatment guidelines?(?: or medical evidence)?)"
    r"|(?P<mtus>(?:based (?:(?:their|its|his/her|his|her) decision )?(?:up)?on|found|cited|relied (?:up)?on) (?:the )?"
    r"(?:California )?MTUS)"
    r"|(?P<based>based (?:their|its|his/her|his|her) decision (?:up)?on(?! recommendation)|relied (?:up)?on"
    r"|decision (?:is |was )?based (?:up)?on)",
    _FLAGS,
)
_ADOPTS = re.compile(
    r"found the guidelines? (?:used|cited|relied on) by the claims administrator (?:to be )?(?:relevant|appropriate)", _FLAGS
)
_NAMES_THEM = re.compile(r"found the guidelines? (?:used|cited|relied on)", _FLAGS)
_NOT_PART = re.compile(r"(?:which )?(?:is|are) not (?:a )?part of (?:the )?MTUS", _FLAGS)
_PART = re.compile(r"(?:is|are) (?:a )?part of (?:the )?MTUS|MTUS", _FLAGS)
_SECTIONS = re.compile(r"sections?(?:\(s\))? ?:|section\(s\)", _FLAGS)
_YEAR = re.compile(r"[^,;:]{0,60}?(?:19|20)\d\d", re.ASCII)
_PAGES = re.compile(r"(?<![a-z])(?:pages?(?:\(s\))?|pgs?\.?|pp?\.) ?:? ?(?P<list>\d[\d ,;&–-]*)", _FLAGS)
_RANGE = re.compile(r"\d{1,4}(?: ?[-–] ?\d{1,4})?", re.ASCII)
_STRONG_NAME = re.compile(r"complaints|disorder|guideline|treatment|chapters?|conditions|formulary|approach|cornerstones", _FLAGS)
_NUMBERED = re.compile(r"\d(?:\.\d){0,4}\.? [A-Z]", re.ASCII)
_NEXT_NUMBERED = re.compile(r", (?:and )?(?=\d(?:\.\d){0,4}\.? [A-Z])", re.ASCII)
_ODG = re.compile(
    r"Official Disability Guid(?:e|ance)(?:lines?|s)?(?:,? \(?ODG\)?)?(?: Guidelines)?|ODG(?:-TWC| Guidelines)?", _FLAGS
)
_LONG_ODG = re.compile(r"Official Disability Guid", _FLAGS)
_ACOEM = re.compile(r"ACOEM|American College of Occupational", _FLAGS)
_ELSEWHERE = re.compile(
    r"https?://|www\.|\b(?:up ?to ?date|medscape|pubmed|et al|journal|FDA|nhlbi|cochrane|medicare|labor code|mdguidelines)\b",
    _FLAGS,
)
_LEAD = re.compile(
    r"[\s,.:;()/–-]*(?:(?:\d{4}|web version|online(?: version)?|\d+(?:st|nd|rd|th) (?:ed(?:ition|\.)?)|treatment"
    r"|in workers. compensation|guidelines?|the|current|version|TWC|chapter|section)[\s,.:;()/–-]*)*",
    _FLAGS,
)
_AFTER_CHAPTER = re.compile(
    r"\s*(?:\([^)]{0,60}\)\s*)?(?:chapter|section|\((?:acute|chronic|updated|online|thoracic|lumbar))", _FLAGS
)
_JOIN = re.compile(r"\s*(?:and|&|,|/)?\s*", _FLAGS)


class _Item(NamedTuple):
    """A guideline named in an MTUS list, and the text up to the next one."""

    id: str
    tail: str


class _Found:
    """What is collected while a paragraph is read."""

    def __init__(self) -> None:
        self.guidelines: dict[str, None] = {}
        self.sections: dict[tuple[str, str], None] = {}


def read(paragraph: str, vocabulary: Vocabulary, theirs: Citation | None = None) -> Citation:
    """`vocabulary`: facets/guideline.toml. Never raises; a paragraph that cites nothing has no guidelines.

    `theirs`: what the claims administrator cites, for a reviewer who only says that it is relevant (2013).
    """
    if theirs and _ADOPTS.search(paragraph) and not _MARK.search(_NAMES_THEM.sub("", paragraph)):
        return Citation(raw=paragraph, guidelines=theirs.guidelines, sections=theirs.sections, pages=theirs.pages)
    text = _SCHEDULE.sub("MTUS ", squeezed(paragraph))
    found = _Found()
    for kind, part in _statements(text):
        if kind == "none":
            found.guidelines["none"] = None
        elif kind == "mtus":
            _read_list(part, vocabulary, found)
        elif kind == "free":
            _read_free(part, vocabulary, found)
    pages = dict.fromkeys(span for match in _PAGES.finditer(text) for span in _RANGE.findall(match["list"]))
    return Citation(raw=paragraph, guidelines=tuple(found.guidelines), sections=tuple(found.sections), pages=tuple(pages))


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """(none | mtus | free, what it is about)."""
    marks = list(_MARK.finditer(text))
    if not marks and text.strip(" .-"):
        yield _kind(text), text
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        part = text[mark.end() : end]
        kind = mark.lastgroup or ""
        if kind == "based":
            kind = _kind(part)
        if kind in ("mtus", "free") and not re.search(r"[A-Za-z]{3}", part.replace("Decision", "").replace("and", "")):
            continue
        if kind != "outside":
            yield kind, part


def _kind(part: str) -> str:
    """`based its decision on ...` without saying MTUS or Non-MTUS first: by what follows."""
    if _NOT_PART.search(part) or _ODG.search(part[:60]):
        return "free"
    return (
        "mtus" if _PART.search(part) or re.search(r"chronic pain medical|acoem|postsurgical treatment", part, _FLAGS) else "free"
    )


def _read_list(part: str, vocabulary: Vocabulary, found: _Found) -> None:
    items = list(_items(squeezed(part), vocabulary.family("mtus")))
    if not items:
        found.guidelines["mtus/other"] = None
    for item in items:
        found.guidelines[item.id] = None
        for section in _sections(item, vocabulary):
            found.sections[item.id, section] = None


def squeezed(text: str) -> str:
    """White space as `rules.squeeze` folds it, case kept, so that the offsets of matches fit."""
    return " ".join(text.split())


def _items(part: str, names: Vocabulary) -> Iterator[_Item]:
    kept: list[Match] = []
    first = _SECTIONS.search(part)
    for match in names.find(part):
        if _is_named(part, match, first.start() if first else None):
            if kept and kept[-1].value.id == match.value.id and _JOIN.fullmatch(part, kept[-1].end, match.start):
                kept[-1] = kept[-1]._replace(end=match.end)  # "Chapter 8 Neck and Upper Back Complaints" is one name
            else:
                kept.append(match)
    for number, match in enumerate(kept):
        end = kept[number + 1].start if number + 1 < len(kept) else len(part)
        yield _Item(match.value.id, part[match.end : end])


def _is_named(part: str, match: Match, first_section: int | None) -> bool:
    """Is this the name of a guideline, or a word inside the name of a section?"""
    before = part[: match.start].rstrip().lower()
    if first_section is not None and match.start > first_section:
        joined = before.removesuffix("mtus").rstrip().endswith(("and", ";"))
        return joined and ("formulary" in match.words or _YEAR.match(part, match.end) is not None)
    if _STRONG_NAME.search(match.words):
        return True
    return not before or before.endswith(("and", "mtus", ";", "acoem", ":", "guidelines,", "guideline,"))


def _sections(item: _Item, vocabulary: Vocabulary) -> Iterator[str]:
    """Sections as written, in order."""
    tail = item.tail
    mark = _SECTIONS.search(tail)
    known = vocabulary.by_id[item.id].sections
    if mark:
        yield from _split(tail[mark.end() :], known)
        return
    topic = _PAGES.split(tail)[0].strip(" ,.;:-")
    topic = re.sub(r"^(?:guidelines?)?[ ,(]*(?:(?:19|20)\d\d|may,? 2009|\(?effective[^)]*\)?)?[ ,)]*", "", topic, flags=_FLAGS)
    topic = re.sub(r"(?:,| and| &|\bpages?(?:\(s\))?:?|\bMTUS|\bACOEM)+$", "", topic.strip(" ,.;:-"), flags=_FLAGS).strip(
        " ,.;:-"
    )
    if re.search(r"[A-Za-z]{3}", topic) and item.id in ("mtus/chronic-pain", "mtus/postsurgical", "mtus/opioids"):
        yield from _split(topic, known)


def _split(text: str, known: tuple[str, ...]) -> Iterator[str]:
    """Known names longest first; numbered sections up to the next number; the rest at commas outside brackets."""
    names = sorted(known, key=len, reverse=True)
    rest = re.sub(r"[ ,;]+and(?: MTUS)?$", "", _PAGES.split(text)[0].strip(" .,;"))
    while rest:
        if _NUMBERED.match(rest):
            following = _NEXT_NUMBERED.search(rest)
            name, rest = (rest[: following.start()], rest[following.end() :]) if following else (rest, "")
        else:
            size = next((size for size in (_known_at(rest, name) for name in names) if size), 0) or _until_comma(rest)
            name, rest = rest[:size], rest[size:]
        if name := name.strip(" .,;"):
            yield name
        rest = re.sub(r"^and (?:MTUS)?", "", rest.lstrip(" .,;"))


def _known_at(text: str, name: str) -> int:
    """Length of `name` at the start of `text`, blanks, hyphens and case aside; 0 where it is not there or goes on."""
    place = 0
    for letter in name.lower():
        while place < len(text) and text[place] in " -" and letter != text[place]:
            place += 1
        if letter in " -":
            continue
        if place >= len(text) or text[place].lower() != letter:
            return 0
        place += 1
    return place if re.match(r"\s*(?:$|[,;.]|and )", text[place:]) else 0


def _until_comma(text: str) -> int:
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter in ",;" and depth <= 0:
            return place
    return len(text)


def _read_free(part: str, vocabulary: Vocabulary, found: _Found) -> None:
    """ODG with its chapters, ACOEM in any edition, or another source."""
    starts = [match.start() for match in _LONG_ODG.finditer(part)] or [match.start() for match in _ODG.finditer(part)][:1]
    before = part[: starts[0]] if starts else part
    if _ACOEM.search(before):
        found.guidelines["acoem/other"] = None
    if not starts:
        if "acoem/other" not in found.guidelines or _ELSEWHERE.search(part):
            found.guidelines["other"] = None
        return
    lead = _chapters(before, vocabulary, only_strong=True)
    for chapter in lead:
        found.guidelines[chapter] = None
    if _ELSEWHERE.search(before):
        found.guidelines["other"] = None
    for number, start in enumerate(starts):
        segment = part[start : starts[number + 1] if number + 1 < len(starts) else len(part)]
        chapters = _chapters(segment, vocabulary)
        for chapter in chapters or ([] if lead else ["odg/unspecified"]):
            found.guidelines[chapter] = None
        if _ACOEM.search(segment):
            found.guidelines["acoem/other"] = None
        if _ELSEWHERE.search(segment):
            found.guidelines["other"] = None


def _chapters(segment: str, vocabulary: Vocabulary, *, only_strong: bool = False) -> list[str]:
    """Chapters named as such; else, where no word says chapter, the body parts named."""
    text = squeezed(segment)
    matches = vocabulary.family("odg").find(text)
    heads = {_LEAD.match(text, match.end()).end() for match in _ODG.finditer(text)}  # type: ignore[union-attr]
    heads |= {match.end() for match in re.finditer(r"; ?(?:and )?", text)}
    strong = [match for match in matches if match.start in heads or _AFTER_CHAPTER.match(text, match.end)]
    named = [
        match
        for match in matches
        if match in strong
        or any(_JOIN.fullmatch(text, match.end, other.start) and _AFTER_CHAPTER.match(text, other.end) for other in strong)
    ]
    if named or only_strong:
        return list(dict.fromkeys(match.value.id for match in named))
    return list(dict.fromkeys(match.value.id for match in matches))
