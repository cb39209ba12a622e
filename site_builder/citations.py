"""What a guideline paragraph cites: guideline ids, sections, pages. A small grammar over the dialects of 2013 to 2024. Pure.

    paragraph  = statement*
    statement  = "did not cite any medical evidence"                            -> none
               | "did not base their decision on the MTUS" | "outside of the MTUS"  -> nothing
               | "found the same section relevant"                              -> what the claims administrator cites
               | "based on MTUS" list                                           -> mtus/...
               | ("Non-MTUS Citation" | "Other Medical Treatment Guidelines") sources   -> odg/..., acoem/other, other
               | "based its decision on" clause*                                each ends with "part of the MTUS", or the last
    clause     = list | sources                                                 whichever is named first
    list       = name [year] ["Section(s):" section, ...] [pages] (", and" name ...)*       (2016 on)
               | ["ACOEM"] "Chapter" n name ... [pages] | guideline TOPIC [pages]            (to 2016)
    sources    = ("ODG" [chapter ...] [topic] | "ACOEM" ... | another)*

Names of guidelines, chapters, sections and sources are data (facets/guideline.toml). Section names hold commas and brackets;
known names are tried longest first, only what is left is cut at commas outside brackets. A comma before a small letter goes on.
Refused: the rationale, and a guess at a chapter that no word names.
Known limits: pages are not assigned to chapters, because letters do not list them in chapter order; a name that is typed wrong
behind another is a section as written, but not a guideline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz, process

from site_builder.model import Citation
from site_builder.rules import Match, Vocabulary

_FLAGS = re.IGNORECASE | re.ASCII
_SCHEDULE = re.compile(r"Medical Treatment Utili[sz]ation Schedule(?: \(?MTUS\)?)?|MTUS ?/ ?(?=ACOEM)", _FLAGS)
_CHAPTER = re.compile(r"(?<![a-z])ch(?:ap(?:ter)?)?s?\.? ?(?=\d)", _FLAGS)
_CHAPTERS = re.compile(
    r"Chapter \d{1,2}(?:(?: \((?:pages?|pgs?|pp?)[^()]{1,20}\))?(?:,? ?(?:and|&) ?|, ?)(?:1[0-7]|[1-9])(?!\d| ?[-–]))+", _FLAGS
)
_NEXT_NUMBER = re.compile(r"(?<=[ ,&])(?<!Chapter )(?=\d)", re.ASCII)
_MARK = re.compile(
    r"(?P<none>(?:did|does) not (?:cite|provide|give|reference|identify|list|specify|state|indicate|include|use)"
    r" (?!the MTUS|MTUS)"
    r"(?:[a-z-]{1,20} ){0,4}"
    r"(?:evidence|evidence-based|guidelines?|criteria|references?|citations?)"
    r"|(?:did|does) not (?:cite|provide|reference|identify) (?:an?|any) (?:section|part) of the MTUS"
    r" or (?:any )?(?:other )?guidelines?"
    r"|did not base (?:their|its|his/her|his|her) decision on any (?!section)(?:[a-z-]{1,20} ){0,3}(?:evidence|guidelines?)"
    r"|(?:no|none) (?:[a-z-]{1,20} ){0,3}?(?:(?:evidence|guidelines?|citations?|criteria) )?(?:(?:was|were|is|are) )?"
    r"(?:cited|given|provided|referenced)(?! in the MTUS))"
    r"|(?P<nothing>outside (?:of )?the MTUS(?: Guidelines?)?"
    r"|did not base (?:their|its|his/her|his|her) decision on the MTUS"
    r"|no (?:applicable )?(?:section|guideline)s? (?:of|in|from) the MTUS"
    r"|the MTUS (?:(?:was|is|were) (?:silent|not applicable)|(?:did|does) not apply)"
    r"|please (?:see|refer)[^.]{0,80}"
    r"|the MTUS (?:[a-z/&-]{1,20} ){0,8}?(?:did|does|do) not (?:[a-z]{1,20} )?(?:address|discuss|mention|cover))"
    r"|(?P<adopts>found (?:that )?the (?:[a-z]{1,20} ){0,2}(?:section|guideline)s? (?:(?!not )[a-z]{1,20} ){0,7}"
    r"(?:relevant|appropriate|applicable)"
    r"|(?:based (?:their|its|his/her|his|her) decision |relied )(?:up)?on the (?:same(?: [a-z]{1,20})?(?: of the MTUS)?"
    r"|(?:guideline|section)s? (?:used|cited|relied (?:up)?on))(?: (?:guideline|section)s?)?(?: of the MTUS)?)"
    r"|(?P<sources>non ?[-‐‑–—]? ?MTUS(?: citations?)?|other medical treatment guidelines?(?: or medical evidence)?)"
    r"|(?P<list>(?:based (?:(?:their|its|his/her|his|her) decision )?(?:up)?on|found|cited|relied (?:up)?on|,? and(?: on)?|;)"
    r" (?:the )?(?:California )?MTUS(?! (?:is|was|were|did|does|has)\b))"
    r"|(?P<based>based (?:their|its|his/her|his|her) decision (?:up)?on(?! recommendation)|(?<!was )(?<!were )relied (?:up)?on"
    r"|decision (?:is |was )?based (?:up)?on)",
    _FLAGS,
)
_PART = r"(?:a )?part of (?:the )?MTUS"
_NOT_PART = re.compile(rf"not {_PART}", _FLAGS)
_PART_OF = re.compile(rf"(?:(?P<one>is not|, not)|is|are(?: not)?|,) {_PART}", _FLAGS)
_OURS = re.compile(r"MTUS|ACOEM|American College of Occupational", _FLAGS)
_FILLER = re.compile(
    r"\b(?:the|and|also|a|of|on|in|its|his|her|their|per|that|decision|based|citation|(?:claims )?administrator|reviewer"
    r"|(?:expert|physician) reviewer|relevant|applicable|appropriate|to|employee's|clinical circumstances?)\b",
    _FLAGS,
)
_NO_SOURCE = re.compile(r"(?<![\s.])[\s.]*(?:none|n/?a|not applicable)[\s.]*", _FLAGS)
_WORD = re.compile(r"[A-Za-z]{3}", re.ASCII)

_SECTIONS = re.compile(r"sec\w?tion[\w({\[]{0,2}s?[)}\]]? ?:|section\(s\)", _FLAGS)
"""`Section(s}:` and `Sectionts):` are what OCR makes of it."""
_DATED = re.compile(r"(?: \(ACOEM,(?: [A-Z][a-z]{2,8} \d{1,2},)?)?[^,;:]{0,60}?(?:19|20)\d\d", re.ASCII)
_STRONG_NAME = re.compile(
    r"complaints|disorder|guideline|treatment|chapters?|conditions|formulary|mtus drug list|approach|cornerstones", _FLAGS
)
_TITLE = re.compile(r"complaints|disorders?|guidelines?|formulary", _FLAGS)
_WITH_TOPICS = ("mtus/chronic-pain", "mtus/postsurgical", "mtus/opioids")
_BEFORE_NAME = ("and", "&", ",", ";", ":", "mtus", "acoem", "guidelines", "guideline")
_NUMBER = re.compile(r"(?<!\d)\d\)$", re.ASCII)
"""Of a list: `1) CPMTG, ... 2) ACOEM ...`"""
_JOIN = re.compile(r"\s*+(?:and|&|,|/)?\s*+", _FLAGS)
_HEAD = re.compile(r"[A-Za-z][^,;:]{9,60}?(?= (?:19|20)\d\d|[,;:]|$)", _FLAGS)
_ALIKE = 88
"""Of a hundred, from which on two names are one with a misprint: two letters of some thirty are wrong."""
_AND = re.compile(r",? ?(?:and|&|/) ?", _FLAGS)
_AFTER_NAME = re.compile(
    r"[ ,.:;-]*+(?:guidelines?)?[ ,]*+(?:\([^()]{0,60}(?:19|20)\d\d[^()]{0,20}\)|(?:may,? |july 18, ?)?(?:19|20)\d\d)?"
    r"[ ,.:;-]*+(?:guidelines?)?[ ,.:;-]*+(?:sections? )?",
    _FLAGS,
)
_PAGES = re.compile(
    r"(?<![a-z])(?:pages?(?:\(s\))?|pgs?\.?|pp?\.|pp?(?= ?\d)) ?:? ?"
    r"(?P<pages>\d[\d ,;&–-]*(?:(?:and|to|through) \d[\d ,;&–-]*)*)(?:of \d{1,4})?",
    _FLAGS,
)
_RANGE = re.compile(r"\d{1,4}(?: ?(?:[-–]|to|through) ?\d{1,4})?", re.ASCII)
_CUT = "|"
"""Where a page stood: no name goes on behind it."""
_BETWEEN = f",;{_CUT}"
_REGULATION = re.compile(
    r"(?:Title 8,? ?|8 ?)?(?:C\.? ?C\.? ?R\.?|California Code of Regulations),? ?(?:sections? |§+ ?)?(?=\d)"
    r"|\b97\d\d\.\d[\d.a-f]*(?: ?(?:-|–|to|through) ?97\d\d[\d.]*| 97\d\d[\d.]*| et seq\.?)*"
    r"|\b(?:CA )?MTUS\b(?= \(eff)|\(effective [^()]{0,40}\)|\bPart (?:One|Two|I{1,2}|[12])\b(?=,)",
    _FLAGS,
)
"""Where the schedule stands in the law, or which part of it is meant: no section. `8 C.C.R. 9792.20 - 9792.26 (eff. 2009)`."""
_WRAPPED = re.compile(r"\((?P<round>[^()]*)\)|[\"“](?P<quoted>[^\"”]*)[\"”]")
_MEMBERSHIP = re.compile(rf",? ?(?:(?:which|and|both|all) ){{0,2}}(?:(?:is|are) )?{_PART}", _FLAGS)
_NEXT_SENTENCE = re.compile(r"(?<![ ,:.]\d)\. (?=[A-Z])")  # "3. Opioids for Chronic Pain" is no end of a sentence
_NUMBERED = re.compile(r"\d(?:\.\d{1,2}){0,4}\.? [A-Z]", _FLAGS)
_START = re.compile(r"(?:[\s.,:;-]|(?:and|&|the|on|also|(?:ca |california )?mtus|acoem|pages?(?:\(s\))?)(?![a-z0-9-]))*", _FLAGS)
_NOT_A_NAME = frozenset(("", "and", "&", "the", "on", "also", "mtus", "acoem", "page", "pages", "page(s)"))
_MOST_COMMAS = 4

_LEAD = re.compile(
    r"[\s,.:;()/–-]*(?:(?:\d{4}|web version|online(?: version)?|\d{1,2}(?:st|nd|rd|th) (?:ed(?:ition|\.)?)|treatment(?: index)?"
    r"|web|in workers. compensation|edition|guidelines?|the|current|version|TWC|chapters?|sections?)[\s,.:;()/–-]*)*",
    _FLAGS,
)
_AFTER_CHAPTER = re.compile(
    r"\s{0,3}(?:\([^)]{0,60}\)\s{0,3})?(?:chapter|section|procedure summary|\((?:acute|chronic|updated|online|thoracic|lumbar))",
    _FLAGS,
)
_NEXT_CHAPTER = re.compile(r"; ?(?:and )?", _FLAGS)
_SOURCES = ("odg", "acoem/other", "other")
_ODG_TITLE = re.compile(r"\((?:sub)?acute (?:&|and) chronic\)", _FLAGS)


class _Cited(NamedTuple):
    guideline: str
    sections: tuple[str, ...] = ()


class _Item(NamedTuple):
    """A guideline named in an MTUS list, and the text up to the next one."""

    guideline: str
    tail: str


def read(paragraph: str, vocabulary: Vocabulary, theirs: Citation | None = None) -> Citation:
    """`vocabulary`: facets/guideline.toml. Never raises; a paragraph that cites nothing has no guidelines.

    `theirs`: what the claims administrator cites, for a reviewer who only says that it is relevant (2013).
    """
    text = _with_chapters(_SCHEDULE.sub("MTUS ", _squeezed(paragraph)))
    statements = list(_statements(text, vocabulary))
    cited = [one for kind, part in statements for one in _cited(kind, part, vocabulary)]
    if theirs and not cited and any(kind == "adopts" for kind, _ in statements):
        return Citation(raw=paragraph, guidelines=theirs.guidelines, sections=theirs.sections, pages=theirs.pages)
    pages = (span for match in _PAGES.finditer(text) for span in _RANGE.findall(match["pages"]))
    return Citation(
        raw=paragraph,
        guidelines=tuple(dict.fromkeys(one.guideline for one in cited)),
        sections=tuple(dict.fromkeys((one.guideline, section) for one in cited for section in one.sections)),
        pages=tuple(dict.fromkeys(pages)),
    )


def _with_chapters(text: str) -> str:
    """Each by its word and number: `Ch. 8, 9 and 12` is three chapters."""
    return _CHAPTERS.sub(lambda listed: _NEXT_NUMBER.sub("Chapter ", listed[0]), _CHAPTER.sub("Chapter ", text))


def _squeezed(text: str) -> str:
    """White space as `rules.squeeze` folds it, case kept, so that the offsets of matches fit; `low_back.htm` names a chapter."""
    return " ".join(text.replace("_", " ").split())


def _statements(text: str, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """(none | nothing | adopts | list | sources, what it is about)."""
    marks = list(_MARK.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    parts = [(mark.lastgroup or "", text[mark.end() : end]) for mark, end in zip(marks, ends, strict=False)]
    for number, ((said, _), (then, part)) in enumerate(pairwise(parts), 1):
        if said == "nothing" and then == "based" and not _PART_OF.search(part):
            parts[number] = "sources", part  # "The MTUS did not apply, and ... based on ACOEM, third edition"
    before = text[: marks[0].start()] if marks else text
    if not marks or any(_items(before, vocabulary.family("mtus"))):  # "MTUS: Low Back Complaints. Non-MTUS: ODG, Low Back"
        parts.insert(0, ("based", before))
    clauses = ((said, clause) for said, part in parts for clause in (_clauses(part, vocabulary) if said == "based" else [part]))
    for said, part in clauses:
        kind = _kind(part, vocabulary) if said == "based" else said
        place = _odg_at(part, vocabulary) if kind == "list" else None
        if place is None:
            yield kind, _squeezed(part)
        else:  # "based on the MTUS ..., and on the Official Disability Guidelines, Knee"
            yield kind, _squeezed(part[:place])
            yield "sources", _squeezed(part[place:])


def _clauses(part: str, vocabulary: Vocabulary) -> Iterator[str]:
    """`X, which is part of the MTUS, and Y, which is not part of the MTUS`: each with what is said of it."""
    start = 0
    for match in (*_PART_OF.finditer(part), None):
        clause = part[start : match.end() if match else len(part)]
        place = _odg_at(clause, vocabulary) if match and match["one"] else None
        if place and any(_items(clause[:place], vocabulary.family("mtus"))):
            yield from (clause[:place], clause[place:])
        else:
            # a further sentence cites nothing
            goes_on = not clause.lstrip().startswith(".") and _WORD.search(_FILLER.sub("", clause))
            if start == 0 or goes_on or vocabulary.family(None).find(clause):
                yield clause
        start = match.end() if match else len(part)


def _kind(part: str, vocabulary: Vocabulary) -> str:
    """`based its decision on ...` without saying MTUS or Non-MTUS first: by what is named first."""
    if _NOT_PART.search(part):
        return "sources"
    before = part[: _odg_at(part, vocabulary)]
    named = vocabulary.family("mtus").find(before)
    return "list" if _OURS.search(before) or any(_STRONG_NAME.search(match.words) for match in named) else "sources"


def _odg_at(part: str, vocabulary: Vocabulary) -> int | None:
    """Where ODG is named first."""
    lead = len(part) - len(part.lstrip())
    return next((lead + match.start for match in vocabulary.family(None).find(part) if match.value.id == "odg"), None)


def _cited(kind: str, part: str, vocabulary: Vocabulary) -> Iterator[_Cited]:
    says_something = _WORD.search(_FILLER.sub("", part)) is not None
    if kind == "none" or (kind == "sources" and _NO_SOURCE.fullmatch(part)):
        yield _Cited("none")
    elif kind == "list":
        names = vocabulary.family("mtus")
        items = list(_items(part, names)) or list(_items(_respelt(part, names), names))
        for item in items:
            known = vocabulary.by_id[item.guideline].sections + vocabulary.by_id["mtus"].sections
            yield _Cited(item.guideline, tuple(_sections(item, _folded(known))))
        if not items:
            yield _Cited("mtus/other")
    elif (kind == "sources" and says_something) or (kind == "nothing" and vocabulary.family(None).find(part)):
        yield from map(
            _Cited, _sources(part, vocabulary)
        )  # "... outside of the MTUS. ODG, Knee.": the words "Non-MTUS" are missing


def _respelt(part: str, names: Vocabulary) -> str:
    """With the name at its head as it is known, where some letters of it are wrong: `Chronic Pam Medical Treatment 2016`."""
    head = _HEAD.match(part, _START.match(part).end())  # type: ignore[union-attr]  # matches ""
    known = (word for value in names.by_id.values() for word in value.words)
    found = process.extractOne(head[0], known, scorer=fuzz.ratio, processor=str.lower, score_cutoff=_ALIKE) if head else None
    return f"{part[: head.start()]}{found[0]}{part[head.end() :]}" if head and found else part


def _items(part: str, names: Vocabulary) -> Iterator[_Item]:
    kept: list[Match] = []
    first = _SECTIONS.search(part)
    for match in names.find(part):
        last = kept[-1] if kept else None
        if _is_named(part, match, last, in_sections=first is not None and match.start > first.start()):
            if last and last.value.id == match.value.id and _JOIN.fullmatch(part, last.end, match.start):
                kept[-1] = last._replace(end=match.end)  # "Chapter 8 Neck and Upper Back Complaints" is one name
            else:
                kept.append(match)
    for number, match in enumerate(kept):
        end = kept[number + 1].start if number + 1 < len(kept) else len(part)
        yield _Item(match.value.id, part[match.end : end])


def _is_named(part: str, match: Match, last: Match | None, *, in_sections: bool) -> bool:
    """Is this the name of a guideline, or words inside the name of a section or topic?"""
    before = part[max(0, match.start - 12) : match.start].rstrip().lower()
    dated = _DATED.match(part, match.end) is not None
    if in_sections:
        joined = before.removesuffix("mtus").rstrip().endswith(("and", "&", ";"))
        if before.endswith(";") and _SECTIONS.match(part[match.end :].lstrip(" ,:")):
            return True
        return (joined and _TITLE.search(match.words) is not None) or (dated and (joined or before.endswith(",")))
    if dated or _STRONG_NAME.search(match.words):
        return True
    joined = not before or before.endswith(_BEFORE_NAME) or _NUMBER.search(before) is not None
    return joined and (last is None or last.value.id not in _WITH_TOPICS)


def _sections(item: _Item, known: frozenset[str]) -> Iterator[str]:
    """Sections as written, in order: after "Section(s):", or a topic after the name."""
    mark = _SECTIONS.search(item.tail)
    if mark:
        yield from _split(item.tail[mark.end() :], known)
        return
    named = _AFTER_NAME.match(item.tail)
    for topic in _split(item.tail[named.end() if named else 0 :], known):
        if _fold(topic) in known or (item.guideline in _WITH_TOPICS and _WORD.search(topic)):
            yield topic


def _split(text: str, known: frozenset[str]) -> Iterator[str]:
    """Known names longest first; numbered sections up to the next number; else up to a comma before a capital."""
    text = _PAGES.sub(_CUT, _REGULATION.sub(" ", f" {text}")).replace(f"({_CUT})", _CUT)
    text = _MEMBERSHIP.sub(",", text)
    text = _trimmed(_NEXT_SENTENCE.split(text, maxsplit=1)[0])
    pieces = _pieces(text)
    first = 0
    while first < len(pieces):
        last = _reach(text, pieces, first, known)
        yield from _named(_unwrapped(text[pieces[first][0] : pieces[last][1]].rstrip()), known)
        first = last + 1


def _pieces(text: str) -> list[tuple[int, int]]:
    """Spans between commas, semicolons and pages outside brackets; where brackets do not close, between all."""
    depth, commas, outside = 0, [-1], [-1]
    for place, letter in enumerate(text):
        depth = max(0, depth + (letter in "([") - (letter in ")]"))
        if letter in _BETWEEN:
            commas.append(place)
            if depth == 0:
                outside.append(place)
    ends = [*(commas if depth else outside), len(text)]
    spans = ((_START.match(text, start + 1).end(), end) for start, end in pairwise(ends))  # type: ignore[union-attr]  # matches ""
    return [(start, end) for start, end in spans if start < end]


def _trimmed(text: str) -> str:
    """Without the words and stops that lead to what follows: `Summary, and MTUS`."""
    words = text.split(" ")
    while words and words[-1].strip(" ,.:;-").lower() in _NOT_A_NAME:
        words.pop()
    return " ".join(words).rstrip(" ,.:;-")


def _reach(text: str, pieces: list[tuple[int, int]], first: int, known: frozenset[str]) -> int:
    """The last piece of the name that begins at piece `first`."""
    start = pieces[first][0]
    cut = text.find(_CUT, start)
    pieces = [piece for piece in pieces if cut < 0 or piece[0] < cut]
    for last in range(min(first + _MOST_COMMAS, len(pieces)) - 1, first - 1, -1):
        if _fold(text[start : pieces[last][1]]) in known:
            return last
    numbered = _NUMBERED.match(text, start) is not None
    last = first
    while last + 1 < len(pieces):
        begin, end = pieces[last + 1]
        goes_on = text[start].isupper() and text[begin].islower() and _fold(text[begin:end]) not in known
        if not (_NUMBERED.match(text, begin) is None if numbered else goes_on):
            break
        last += 1
    return last


def _unwrapped(name: str) -> str:
    """Without the brackets, quotes or dashes around all of it."""
    bare = name.strip(" -–")
    wrapped = _WRAPPED.fullmatch(bare)
    return (wrapped["round"] or wrapped["quoted"] or bare) if wrapped else bare


def _named(name: str, known: frozenset[str]) -> Iterator[str]:
    """`Introduction and Topical analgesics` is two names that are known."""
    left, joined, right = name.partition(" and ")
    if joined and _fold(name) not in known and _fold(left) in known and _fold(right) in known:
        yield left
        yield right
    else:
        yield name


@cache
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_fold, names))


def _fold(name: str) -> str:
    """Letters and digits: blanks, hyphens at a line's end, case and "&" do not part a name from itself."""
    return re.sub(r"[^a-z0-9]+", "", name.lower().replace("&", "and"))


def _sources(part: str, vocabulary: Vocabulary) -> list[str]:
    """ODG with its chapters, ACOEM in any edition, or another source."""
    marks = [match for match in vocabulary.family(None).find(part) if match.value.id in _SOURCES]
    lead = _squeezed(part[: marks[0].start] if marks else part)
    if all(match.value.id != "odg" for match in marks):
        return [match.value.id for match in marks] or (_chapters(lead, vocabulary) if _ODG_TITLE.search(lead) else ["other"])
    found = _chapters(lead, vocabulary, only_named=True)
    led = bool(found)
    place = next(number for number, match in enumerate(marks) if match.value.id == "odg") + len(found)
    for number, match in enumerate(marks):
        if match.value.id != "odg":
            found.append(match.value.id)
            continue
        end = marks[number + 1].start if number + 1 < len(marks) else len(part)
        rest = _squeezed(part[match.end : end])
        found += (chapters := _chapters(rest, vocabulary))
        # spelled out again it is a further source; a short "ODG Chiropractic Guidelines" after a chapter is not
        if not chapters and not led and match.words.startswith("off") and _WORD.search(rest):
            found.append("odg/unspecified")
    return found if any(one.startswith("odg/") for one in found) else [*found[:place], "odg/unspecified", *found[place:]]


def _chapters(text: str, vocabulary: Vocabulary, *, only_named: bool = False) -> list[str]:
    """Chapters at the head or with the word chapter; else the body parts of the topic ("ODG, MRI shoulder")."""
    matches = vocabulary.family("odg").find(text)
    heads = {_LEAD.match(text).end(), *(match.end() for match in _NEXT_CHAPTER.finditer(text))}  # type: ignore[union-attr]  # matches ""
    ends = [_AFTER_CHAPTER.match(text, match.end) is not None for match in matches]
    named = [end or match.start in heads for match, end in zip(matches, ends, strict=True)]
    for number, (one, other) in enumerate(pairwise(matches)):
        if ends[number + 1] and _JOIN.fullmatch(text, one.end, other.start):
            named[number] = True  # "Low Back and neck Chapter"
        elif named[number] and _AND.fullmatch(text, one.end, other.start):
            named[number + 1] = True  # "Carpal Tunnel Syndrome, and Forearm, Wrist & Hand"
    if any(named) or only_named:
        return [match.value.id for match, is_named in zip(matches, named, strict=True) if is_named]
    parts = [match.value.id for match in matches]
    return [part for part in parts if part != "odg/pain"] or parts  # "MRI for low back pain" is not the chapter on pain
