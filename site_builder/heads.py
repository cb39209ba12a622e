"""The line that opens an issue: what is requested, and how it was decided. Pure.

An outcome is what stands behind the last colon, or what a format's pattern names; where neither is known it stays unknown. Scans
turn single letters: an outcome of one word forgives one or two, a sentence ("is not medically necessary") forgives none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from site_builder.formats import Format, close, fold
from site_builder.model import Line, Outcome

NUMBERED = re.compile(r"\W{0,20}+(?:(?:\d{1,2}|[IVX]{1,4})[.)]|[Ii]ssue \d{1,2} of \d{1,2}:)\s+")
SENTENCE_END = re.compile(r"(?<=[.?!])(?<!\b[A-Z][a-z]\.)(?<!\b[A-Z]\.)[\"')]?\s+(?=[A-Z0-9\"(])")
"""Not after `Dr.` and `J.`"""
_VERB = re.compile(r"(?<!\s)\s+(?:is|are|was|were)(?:/(?:is|are|was|were))?$", re.IGNORECASE)
_LAST_WORD = re.compile(r"(?P<before>\S{1,60})\s(?P<words>[^\W_]{5,12})$")
_ASKS_NOTHING = re.compile(
    r"(?:therefore[, ]*)?(?:(?:(?:the|this|my|ur|imr|utilization review|original|prior|final|overall|(?:physician |expert )?"
    r"reviewer['\u2019]?s?) ){0,3}"
    r"(?:denial|decision|determination|request|outcome|conclusion|recommendation|finding|opinion|result|status|summary)s?)?",
    re.IGNORECASE,
)
"""`The denial is upheld`, `Therefore: Upheld`"""
_ITEM = re.compile(r"(?:^|\s)(?=\(?\d{1,2}[.)]\s)")
_NO_OUTCOME_AFTER = frozenset({"not", "partially", "partly", "in", "be", "been", "and", "or", "was", "were", "to", "the", "part"})
_PROSE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|did|should|would|not|therefore|patient|worker|claimant|applicant|guidelines?"
    r"|medical(?:ly)? necess\w*|recommend\w*|support\w*|document\w*)\b",
    re.IGNORECASE,
)
"""A word of it stands in any rationale: `Gabapentin 600mg three times a day #90. Refills: 2` has none."""
_LONGEST_REQUEST = 1500
"""Characters; the longest seen has 500."""


class Head(NamedTuple):
    """The line that opens an issue."""

    request: str
    words: str
    outcome: Outcome | None
    line: int
    heading: str = ""
    number: str = ""


def joined(rows: Iterable[Line], form: Format) -> list[Line]:
    """Paragraphs; an outcome alone belongs to the one above, and so does a request that begins in the middle of a sentence."""
    found: list[Line] = []
    for row in rows:
        above = found[-1] if found else None
        alone = " " not in row.text.strip(" :;.-") and outcome_of(row.text, form) is not None
        if above and (alone or (row.text[0].islower() and above.text[-1] not in ".:;?!" and stated(row, form))):
            found[-1] = Line(above.number, f"{above.text} {row.text}")
        else:
            found.append(row)
    return found


def items(rows: list[Line], form: Format) -> list[tuple[int, Head]]:
    """The disputed items that a heading announces: numbered, or one a paragraph."""
    found: list[tuple[int, Head]] = []
    for row in rows:
        starts = sorted({0, *(match.end() for match in _ITEM.finditer(row.text))})
        for start, stop in zip(starts, [*starts[1:], len(row.text)], strict=True):
            item = Line(row.number, row.text[start:stop].strip())
            skipped = NUMBERED.match(item.text)
            request = item.text[skipped.end() if skipped else 0 :].strip(" .")
            plain = Head(request, "", None, item.number, "" if request == item.text else item.text, _digits(item.text))
            found.append((0, stated(item, form) or patterned(item, form) or plain))
    return found


def patterned(row: Line, form: Format) -> Head | None:
    """A row that one of the format's patterns for heads describes."""
    for pattern in form.compiled["heads"]:
        if match := pattern.fullmatch(row.text):
            groups = match.groupdict()
            words = groups.get("outcome") or ""
            return Head(groups["request"], words, outcome_of(words, form), row.number, row.text, _digits(row.text))
    return None


def stated(row: Line, form: Format, *, sure: bool = False) -> Head | None:
    """A row that ends in a colon and an outcome that is known, or in the bare outcome word; `sure`: it is no prose."""
    if len(row.text) > _LONGEST_REQUEST or not (sure or _is_request(row.text, form)):
        return None
    cut = max(row.text.rfind(mark) for mark in (":", ";", " -", "\u2013", "\u2014"))
    words = row.text[cut + 1 :].strip(" -") if cut > 0 else ""
    outcome = outcome_of(words, form) if len(words) < 60 else None
    if outcome is not None:
        head = _headed(row, cut, outcome)
        return None if not sure and _ASKS_NOTHING.fullmatch(head.request) else head
    last = _LAST_WORD.search(row.text[-60:])
    if last is None or last["before"].lower() in _NO_OUTCOME_AFTER or fold(last["words"]) not in form.outcomes:
        return None
    head = _headed(row, len(row.text) - len(last["words"]), form.outcomes[fold(last["words"])])
    return None if _ASKS_NOTHING.fullmatch(head.request) else head


def unknown(row: Line) -> Head:
    """A request whose outcome is not known; words after its last colon are shown as the outcome that is printed."""
    request, colon, words = row.text.rpartition(":")
    if colon and request.strip() and 0 < len(words.split()) <= 5:
        return Head(request.rstrip(), words.strip(), None, row.number)
    return Head(row.text, "", None, row.number)


def unnumbered(head: Head, number: int) -> Head:
    """Without the number that only counts the issues; a request that is itself a numbered list keeps its own."""
    match = NUMBERED.match(head.request)
    if match is None or _digits(head.request) != str(number) or _ITEM.search(head.request, match.end()):
        return head
    printed = head.heading or f"{head.request}: {head.words}".rstrip(": ")
    return head._replace(request=head.request[match.end() :], heading=printed)


def outcome_of(words: str, form: Format) -> Outcome | None:
    """Only single words forgive a wrong letter: `is now medically necessary` is near to `is not`."""
    letters = fold(words)
    if letters in form.outcomes:
        return form.outcomes[letters]
    near = {
        row.value
        for row in form.outcome
        for one in row.words
        if " " not in one and len(letters) > 4 and close(letters, fold(one), 1 + (len(one) > 8))
    }
    return near.pop() if len(near) == 1 else None


def item_starts(row: str) -> list[int]:
    """Where numbered items begin, the last five, from the end."""
    return [match.end() for match in _ITEM.finditer(row)][:-6:-1]


def last_sentence(row: str) -> int:
    """Where the last sentence begins; with the wording of a partly authorised request, where that begins."""
    starts = [0, *(match.end() for match in SENTENCE_END.finditer(row))]
    last = len(starts) - 1
    if "original request" in row[starts[last] :].lower():
        opened = row.lower().rfind("was the original request")
        last = max((number for number, start in enumerate(starts) if start < opened), default=last)
    return starts[last]


def _is_request(row: str, form: Format) -> bool:
    """Requests are no sentences, but for the wording of what was partly authorised."""
    before = row[: last_sentence(row)]
    return len(before.split()) < 8 or not _PROSE.search(before) or first_match(form.compiled["partly"], row) is not None


def _headed(row: Line, cut: int, outcome: Outcome) -> Head:
    verb = _VERB.search(row.text[:cut].rstrip())
    cut = verb.start() if verb else cut
    return Head(row.text[:cut].rstrip(" :;-\u2013\u2014"), row.text[cut:].strip(" :;-\u2013\u2014"), outcome, row.number)


def _digits(row: str) -> str:
    return match[1] if (match := re.match(r"(?:issue )?(\d{1,2})", row.lstrip(" ("), re.IGNORECASE)) else ""


def first_match(patterns: Iterable[re.Pattern[str]], words: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.search(words))), None)
