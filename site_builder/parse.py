"""A Source cut up by a format: marks part the letter, parts make sections and issues, patterns fill the fields.

Outcome comes only from the line that opens an issue (or a finding, or a heading, that says so in so many words), never from a
rationale. No word is lost: what has no place becomes a section `unplaced` and a problem with its line. Refused: guessing an
outcome, a case number from a file name, dates from prose that no pattern names.

Known limits: where no empty line stands before a request, it is taken to begin after the last sentence of the rationale above,
and a problem says so; a table read column by column gives no header fields.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from site_builder import metadata, patient, text
from site_builder.formats import BLOCKS, Format, Mark, close, exact, fold, prefix
from site_builder.model import Citation, Issue, Letter, Line, Outcome, Problem, Section, Source

_CASE_NUMBER = re.compile(r"CM\d{2}-\d{7}|IMR \d{2}-\d{6}", re.ASCII)
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_NUMBERED = re.compile(r"\W*(?:\d{1,2}|[IVX]{1,4})[.)]\s+")
_AFTER_LABEL = re.compile(r"\s*[:;]\s*")
_AFTER_HEADING = re.compile(r"[\s.:;,*_)\]-]*$")
_RUN_IN = re.compile(r"\s+(?=[A-Z][a-z]|MAXIMUS|\d)")
_SENTENCE_END = re.compile(r"(?<=[.?!])(?<!\b[A-Z][a-z]\.)(?<!\b[A-Z]\.)[\"')]?\s+(?=[A-Z0-9\"(])")
"""Not after `Dr.` and `J.`"""
_VERB = re.compile(r"\s+(?:is|are|was|were)(?:/(?:is|are|was|were))?$", re.IGNORECASE)
_LAST_WORD = re.compile(r"(?P<before>\S+)\s+(?P<words>[^\W_]{5,12})$")
_ITEM = re.compile(r"(?:^|\s)(?=\(?\d{1,2}[.)]\s)")
_NO_OUTCOME_AFTER = frozenset({"not", "partially", "partly", "in", "be", "been", "and", "or", "was", "were", "to", "the", "part"})
_DATE = re.compile(r"(?P<date>\d{1,2}[/-]\d{1,2}[/-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2,8}\.? \d{1,2}, ?\d{4})(?!\d)")
_OTHER_LABEL = re.compile(r"(?:[^\W\d_][\w()/'.]* ?){1,5}:")
_UNREAD_DATE = re.compile(r"(?P<label>[^\W\d_][^:\d]{2,40}):\s*(?=\d{1,2}[/-]\d{1,2}[/-]\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AND = re.compile(r",?\s+and\s+", re.IGNORECASE)
_LIST = re.compile(r"\s*[,;]\s*")
_ISSUE_ROLES = frozenset({"decisions", "lead-in", "dispute"})
_CREDENTIALS = frozenset({"header", "method", "reviewer"})
_LONGEST_MARK = 160
"""Letters of a line, and of those it runs on into, that are compared with marks."""


_Printed = tuple[str, tuple[str, ...]]
"""(label, paragraphs)."""


_LONGEST_HEAD = 30
"""Lines."""
_LONGEST_REQUEST = 1500
"""Characters; the longest seen has 500."""


class Part(NamedTuple):
    """The letter between two marks."""

    role: str
    mark: Mark | None
    heading: str
    line: int
    lines: tuple[Line, ...]


class Head(NamedTuple):
    """The line that opens an issue."""

    request: str
    words: str
    outcome: Outcome | None
    line: int
    heading: str = ""
    number: str = ""


class Finding(NamedTuple):
    """A decision given apart from the issue's own part."""

    number: str
    request: str
    words: str
    outcome: Outcome | None
    line: int


class Draft:
    """An issue in the making: mutable, and seen in this module only."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.parts: dict[str, _Printed] = {}
        """By role."""
        self.own: set[str] = set()
        """Roles of parts that began at this issue, not at one announced before it."""
        self.outcome, self.words = head.outcome, head.words


class _Reading:
    """What is collected while the parts are walked through."""

    def __init__(self, source: Source, form: Format) -> None:
        self.source, self.form = source, form
        self.drafts: list[Draft] = []
        self.open: list[Draft] = []
        self.sections: list[Section] = []
        self.problems: list[Problem] = []

    def tell(self, code: str, message: str, line: int | None, severity: str = "warning") -> None:
        self.problems.append(
            Problem(code=code, message=message, file=self.source.name, line=line, severity=severity)  # type: ignore[arg-type]
        )


def parse(source: Source, formats: Sequence[Format]) -> Letter:
    """Never raises; a letter that fits no format comes back whole as unplaced text, with a problem that quarantines it."""
    form, parts = _best(source, formats)
    if form is None:
        return _unreadable(source, formats)
    reading = _Reading(source, form)
    for number, part in enumerate(parts):
        _place(reading, part, parts[number + 1] if number + 1 < len(parts) else None)
    running = [line for line in source.lines if _runs(line, form)]
    if running:
        reading.sections.append(Section(kind="running", heading="", paragraphs=_texts(running), line=running[0].number))
    _decide(reading)
    issues = tuple(_issue(reading, number, draft) for number, draft in enumerate(reading.drafts, 1))
    if not issues:
        told = "no disputed item was found; each should open with a line like 'Lumbar MRI: Upheld' before its guideline label"
        reading.tell("no-issue", told, parts[-1].line, "quarantine")
    return _letter(reading, issues)


def _best(source: Source, formats: Sequence[Format]) -> tuple[Format | None, list[Part]]:
    """The first format, by rank, whose surest sign is found; else the one of which most is found."""
    best: tuple[int, Format | None, list[Part]] = (0, None, [])
    for form in sorted(formats, key=lambda form: -form.rank):
        parts = _cut(source.lines, form)
        roles = {part.role for part in parts}
        if set(form.recognise[0]) <= roles:
            return form, parts
        if len(roles) > best[0] and any(set(needed) <= roles for needed in form.recognise):
            best = (len(roles), form, parts)
    return best[1], best[2]


def _letter(reading: _Reading, issues: tuple[Issue, ...]) -> Letter:
    source = reading.source
    fields = _fields(reading)
    if all(section.kind != "summary" for section in reading.sections):
        reading.tell(
            "no-summary", "no case summary was found: age, sex and injury stay unknown; look for a misprinted heading", None
        )
    summary = patient.read(text for section in reading.sections if section.kind == "summary" for text in section.paragraphs)
    letter = Letter(
        id="",
        source=source.name,
        sha256=source.sha256,
        format=reading.form.key,
        age=summary.age,
        sex=summary.sex,
        issues=issues,
        sections=tuple(reading.sections),
        problems=tuple(reading.problems),
        **fields,
    )
    return _named(letter, source)


def _unreadable(source: Source, formats: Sequence[Format]) -> Letter:
    headings = sorted({mark.words[0] for form in formats for mark in form.mark if mark.kind == "heading"})
    told = f"fits no known format; looked for headings such as {'; '.join(headings[:6])}. Is it an IMR letter? See formats/"
    problem = Problem(code="no-format", message=told, file=source.name, severity="quarantine")
    paragraphs = tuple(line.text for line in text.paragraphs(source.lines))
    section = Section(kind="unplaced", heading="", paragraphs=paragraphs, line=1)
    letter = Letter(id="", source=source.name, sha256=source.sha256, format="", sections=(section,), problems=(problem,))
    return _named(letter, source)


def _named(letter: Letter, source: Source) -> Letter:
    """With what front matter adds, and the name of its page."""
    if source.fields:
        letter = metadata.fill(letter, metadata.Row(line=1, fields=source.fields), frozenset(), source.name)
    number = letter.case_number
    if number is not None and not _CASE_NUMBER.fullmatch(number):
        told = f"case number {number!r} is left out; write it like CM17-0001234"
        problem = Problem(code="case-number", message=told, file=source.name, line=1)
        letter = msgspec.structs.replace(letter, case_number=None, problems=(*letter.problems, problem))
    return msgspec.structs.replace(letter, id=_id(letter))


def _id(letter: Letter) -> str:
    """Never built from anything but the case number, the name of the file, or the digest."""
    if letter.case_number:
        return letter.case_number.lower().replace(" ", "-")
    stem = letter.source.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return _NO_SLUG.sub("-", stem.lower()).strip("-")[:64].strip("-") or f"x-{letter.sha256[:16]}"


# --- Cutting: where the marks are


def _cut(source: Sequence[Line], form: Format) -> list[Part]:
    """The parts of the letter in order; what stands before the first mark is the header."""
    lines = [*_split((line for line in source if not _runs(line, form)), form)]
    letters = [fold(line.text[: 2 * _LONGEST_MARK]) for line in lines]
    parts: list[Part] = []
    role, mark, heading, first, kept = "header", None, "", lines[0].number if lines else 1, list[Line]()
    index = 0
    while index < len(lines):
        found = _mark_at(lines, letters, index, form) if lines[index].text else None
        if found is None or not _may_begin(found.mark, role, kept, form):
            kept.append(lines[index])
            index += 1
            continue
        parts.append(Part(role, mark, heading, first, tuple(kept)))
        role, mark, heading, first = found.mark.role, found.mark, found.printed, lines[index].number
        kept = [Line(lines[found.last].number, found.rest)] if found.rest else []
        index = found.last + 1
    parts.append(Part(role, mark, heading, first, tuple(kept)))
    return [part for part in parts if part.heading or any(line.text for line in part.lines)]


def _runs(line: Line, form: Format) -> bool:
    """Is this a header or footer of a printed page?"""
    return len(line.text) < 120 and any(pattern.fullmatch(line.text) for pattern in form.compiled["running"])


def _split(lines: Iterable[Line], form: Format) -> Iterator[Line]:
    """Lines, parted before each mark that stands in the middle of one."""
    for line in lines:
        pieces = form.inside.split(line.text) if form.inside else [line.text]
        for number, piece in enumerate(pieces):
            if number:
                yield Line(line.number, "")
            yield Line(line.number, piece)


class _Found(NamedTuple):
    mark: Mark
    printed: str
    last: int
    """Index of the line in which the mark ends."""
    rest: str
    """What follows it there."""


def _mark_at(lines: Sequence[Line], letters: Sequence[str], index: int, form: Format) -> _Found | None:
    skipped = _NUMBERED.match(lines[index].text)
    start = skipped.end() if skipped else 0
    window, last = (fold(lines[index].text[start : 2 * _LONGEST_MARK]) if start else letters[index]), index
    while len(window) < _LONGEST_MARK and last + 1 < len(lines) and lines[last + 1].text:
        last += 1
        window += letters[last]
    for near in (exact, prefix):  # misprints are looked for only where nothing is printed right
        for want in form.marks:
            length = near(window, want)
            if length is not None and (found := _ended(lines, index, start, length, want.mark)):
                return found
    return None


def _ended(lines: Sequence[Line], index: int, start: int, length: int, mark: Mark) -> _Found | None:
    """Does the mark stop where a mark of its kind may stop?"""
    last, column = _position(lines, index, start, length)
    row = lines[last].text
    printed = text.unwrap([line.text for line in lines[index:last]] + [row[:column]])
    rest = row[column:]
    begins = index == 0 or not lines[index - 1].text
    if mark.kind == "opening":
        return _Found(mark, "", index - 1, "") if begins or lines[index - 1].text[-1] in ".:" else None
    after = _AFTER_LABEL.match(rest)
    if after:
        return _Found(mark, (printed + rest[: after.end()]).strip(), last, rest[after.end() :])
    if mark.kind == "label":
        fits = begins and (not rest or (rest[0].isspace() and rest.strip()[:1].isupper()))
        return _Found(mark, printed, last, rest.strip()) if fits else None
    if _AFTER_HEADING.match(rest):
        words = len(printed.split())
        fits = begins or printed.isupper() or words > 2 or lines[index - 1].text[-1] in ".:?!\"'"
        return _Found(mark, printed + rest.rstrip(), last, "") if fits else None
    run_in = _RUN_IN.match(rest) if printed.isupper() else None
    return _Found(mark, printed, last, rest[run_in.end() :]) if run_in else None


def _position(lines: Sequence[Line], index: int, start: int, length: int) -> tuple[int, int]:
    """(line, column) behind the `length`-th letter, and behind the rest of its word."""
    column = start
    while length > 0:
        row = lines[index].text
        while column < len(row) and length > 0:
            length -= len(fold(row[column]))
            column += 1
        if length > 0:
            index, column = index + 1, 0
    row = lines[index].text
    for _ in range(2):
        if column < len(row) and row[column].isalnum():
            column += 1
    return index, column


def _may_begin(mark: Mark, role: str, kept: Sequence[Line], form: Format) -> bool:
    """An opening is a mark only where its part of an issue can stand: a rationale may use the same words."""
    if mark.kind != "opening" or mark.role == role:
        return mark.kind != "opening"
    if mark.role not in BLOCKS:
        return role == "header"
    if role in _ISSUE_ROLES or (role in BLOCKS and BLOCKS.index(mark.role) > BLOCKS.index(role)):
        return True
    rows = text.paragraphs(kept[-_LONGEST_HEAD:])
    return bool(rows) and any(_patterned(Line(0, rows[-1].text[start:]), form) for start in (0, *_item_starts(rows[-1].text)))


# --- Placing: parts to sections and issues


def _place(reading: _Reading, part: Part, after: Part | None) -> None:
    """One part into the sections or the open issues; a head at its end opens the next issue."""
    rows = _joined(text.paragraphs(part.lines), reading.form)
    heads = _items(rows, reading.form) if part.role == "dispute" else _heads(reading, part, rows, after)
    _keep(reading, part, rows[: heads[0][0]] if heads else rows)
    if part.role == "dispute":
        reading.open = [Draft(head) for _, head in heads]
        reading.drafts += reading.open
        return
    stops = [*(start for start, _ in heads[1:]), len(rows)]
    for (start, head), stop in zip(heads, stops, strict=False):
        reading.open = [Draft(head)]
        reading.drafts += reading.open
        if rest := rows[start + 1 : stop]:
            told = f"text without a label after the request: {_short(rest[0].text)!r}; it is shown as unplaced"
            reading.tell("unplaced", told, rest[0].number)
            reading.sections.append(Section(kind="unplaced", heading="", paragraphs=_texts(rest), line=rest[0].number))


def _keep(reading: _Reading, part: Part, rows: Sequence[Line]) -> None:
    if part.role in BLOCKS:
        _fill(reading, part, rows)
    elif part.role == "lead-in" and reading.sections and reading.sections[-1].kind == "lead-in":
        opened = reading.sections.pop()
        paragraphs = (*opened.paragraphs, part.heading, *_texts(rows))
        reading.sections.append(msgspec.structs.replace(opened, paragraphs=paragraphs))
    elif part.role == "lead-in":
        paragraphs = (part.heading, *_texts(rows))
        reading.sections.append(Section(kind="lead-in", heading="", paragraphs=paragraphs, line=part.line))
    elif part.heading or rows:
        kind = "lead-in" if part.role == "decisions" else part.role
        reading.sections.append(Section(kind=kind, heading=part.heading, paragraphs=_texts(rows), line=part.line))


def _fill(reading: _Reading, part: Part, rows: Sequence[Line]) -> None:
    """A part into the issues that are open: one, or all that a heading announced; the second of its kind is for the second."""
    taken = sum(part.role in draft.own for draft in reading.open)
    drafts = reading.open[taken:]
    if not drafts:
        told = f"{part.heading or part.role!r} has no request above it; each issue opens with a line like 'Lumbar MRI: Upheld'"
        reading.tell("no-request", told, part.line)
        reading.open = drafts = [Draft(Head("", "", None, part.line))]
        reading.drafts += drafts
    drafts[0].own.add(part.role)
    for draft in drafts:
        draft.parts[part.role] = (part.heading, _texts(rows))
        if part.mark is not None and part.mark.outcome is not None and draft.head.outcome is None:
            draft.outcome, draft.words = part.mark.outcome, part.heading.rstrip(" :")


def _heads(reading: _Reading, part: Part, rows: list[Line], after: Part | None) -> list[tuple[int, Head]]:
    """The rows of a part that open an issue. A row that holds the end of a rationale and a head is cut in two."""
    form = reading.form
    first = 1 if part.role in BLOCKS else 0
    sure = part.role in _ISSUE_ROLES
    heads = [
        (number, head)
        for number, row in enumerate(rows)
        if (sure or part.role in BLOCKS) and number >= first and (head := _stated(row, form, sure=sure))
    ]
    if after is None or after.role not in BLOCKS or not rows or (heads and heads[-1][0] == len(rows) - 1):
        return heads
    begins = part.role in _ISSUE_ROLES or (part.role in BLOCKS and BLOCKS.index(after.role) <= BLOCKS.index(part.role))
    last = _last(reading, rows, first, form, begins=begins, sure=sure)
    return heads if last is None else [*heads, (len(rows) - 1, last)]


def _last(reading: _Reading, rows: list[Line], first: int, form: Format, *, begins: bool, sure: bool) -> Head | None:
    """The head in the last row, before which an issue begins (`begins`); `sure`: the row can be nothing else."""
    row, whole = rows[-1], len(rows) > first
    for start in (0, *_item_starts(row.text)):
        if (start or whole) and (head := _patterned(Line(row.number, row.text[start:]), form)):
            return _parted(rows, start, head)
    if not begins:
        return None
    if (start := _last_sentence(row.text)) and (head := _stated(Line(row.number, row.text[start:]), form)):
        told = f"no empty line stands above the request {_short(head.request)!r}; check where it begins"
        reading.tell("glued-request", told, row.number, "note")
        return _parted(rows, start, head)
    if whole and ((sure and row.text[-1] != ":") or (not sure and len(row.text) < 400 and row.text[-1] not in ".?!")):
        return _unknown(row)
    return None


def _parted(rows: list[Line], start: int, head: Head) -> Head:
    if start:
        row = rows.pop()
        rows += [Line(row.number, row.text[:start].rstrip()), Line(row.number, row.text[start:])]
    return head


def _joined(rows: Iterable[Line], form: Format) -> list[Line]:
    """Paragraphs; an outcome alone belongs to the one above, and so does a request that begins in the middle of a sentence."""
    joined: list[Line] = []
    for row in rows:
        above = joined[-1] if joined else None
        alone = " " not in row.text.strip(" :;.-") and _outcome(row.text, form) is not None
        if above and (alone or (row.text[0].islower() and above.text[-1] not in ".:;?!" and _stated(row, form))):
            joined[-1] = Line(above.number, f"{above.text} {row.text}")
        else:
            joined.append(row)
    return joined


def _items(rows: list[Line], form: Format) -> list[tuple[int, Head]]:
    """The disputed items that a heading announces: numbered, or one a paragraph."""
    found: list[tuple[int, Head]] = []
    for row in rows:
        starts = [0, *(start for start in sorted(_item_starts(row.text)) if start)]
        for start, stop in zip(starts, [*starts[1:], len(row.text)], strict=True):
            item = Line(row.number, row.text[start:stop].strip())
            skipped = _NUMBERED.match(item.text)
            request = item.text[skipped.end() if skipped else 0 :].strip(" .")
            plain = Head(request, "", None, item.number, "" if request == item.text else item.text, _digits(item.text))
            found.append((0, _stated(item, form) or _patterned(item, form) or plain))
    return found


def _item_starts(row: str) -> list[int]:
    """Where numbered items begin, the last five, from the end."""
    return [match.end() for match in _ITEM.finditer(row)][:-6:-1]


def _last_sentence(row: str) -> int:
    """Where the last sentence begins; with the wording of a partly authorised request, where that begins."""
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(row))]
    last = len(starts) - 1
    if "original request" in row[starts[last] :].lower():
        opened = row.lower().rfind("was the original request")
        last = max((number for number, start in enumerate(starts) if start < opened), default=last)
    return starts[last]


def _patterned(row: Line, form: Format) -> Head | None:
    """A row that one of the format's patterns for heads describes."""
    for pattern in form.compiled["heads"]:
        if match := pattern.fullmatch(row.text):
            groups = match.groupdict()
            words = groups.get("outcome") or ""
            return Head(groups["request"], words, _outcome(words, form), row.number, row.text, _digits(row.text))
    return None


def _stated(row: Line, form: Format, *, sure: bool = False) -> Head | None:
    """A row that ends in a colon and an outcome that is known, or in the bare outcome word; `sure`: it is no prose."""
    if len(row.text) > _LONGEST_REQUEST or not (sure or _is_request(row.text, form)):
        return None
    cut = max(row.text.rfind(mark) for mark in (":", ";", " -", "\u2013", "\u2014"))
    words = row.text[cut + 1 :].strip(" -") if cut > 0 else ""
    outcome = _outcome(words, form) if len(words) < 60 else None
    if outcome is not None:
        return _headed(row, cut, outcome)
    last = _LAST_WORD.search(row.text[-60:])
    if last is None or last["before"].lower() in _NO_OUTCOME_AFTER or fold(last["words"]) not in form.outcomes:
        return None
    return _headed(row, len(row.text) - len(last["words"]), form.outcomes[fold(last["words"])])


def _is_request(row: str, form: Format) -> bool:
    """Requests are no sentences, but for the wording of what was partly authorised."""
    start = _last_sentence(row)
    return start == 0 or len(row[:start].split()) < 8 or _first(form.compiled["partly"], row) is not None


def _headed(row: Line, cut: int, outcome: Outcome) -> Head:
    verb = _VERB.search(row.text[:cut].rstrip())
    cut = verb.start() if verb else cut
    return Head(row.text[:cut].rstrip(" :;-\u2013\u2014"), row.text[cut:].strip(" :;-\u2013\u2014"), outcome, row.number)


def _unknown(row: Line) -> Head:
    """A request whose outcome is not known; words after its last colon are shown as the outcome that is printed."""
    request, colon, words = row.text.rpartition(":")
    if colon and request.strip() and 0 < len(words.split()) <= 5:
        return Head(request.rstrip(), words.strip(), None, row.number)
    return Head(row.text, "", None, row.number)


def _outcome(words: str, form: Format) -> Outcome | None:
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


def _digits(row: str) -> str:
    return match.group() if (match := re.match(r"\d{1,2}", row.lstrip(" ("))) else ""


def _texts(rows: Iterable[Line]) -> tuple[str, ...]:
    return tuple(row.text for row in rows)


def _short(words: str) -> str:
    return words if len(words) <= 80 else words[:79] + "\u2026"


# --- Deciding: findings that stand apart from the issues


def _decide(reading: _Reading) -> None:
    """Outcomes of issues that do not state one, from the findings; a finding without an issue becomes one."""
    shared = [draft for draft in reading.open if len(reading.open) > 1 and "rationale" not in draft.own]
    if len(reading.open) - len(shared) > 1:  # two rationales for three items: nobody says which is whose
        for draft in shared:
            draft.outcome, draft.words = draft.head.outcome, draft.head.words
    findings = _findings(reading)
    waiting = [draft for draft in reading.drafts if draft.outcome is None]
    used: set[str] = set()
    for draft in waiting:
        found = _finding_of(draft, findings, len(findings) == len(reading.drafts))
        if found is not None:
            used.add(fold(found.request))
            draft.outcome, draft.words = found.outcome, found.words
    for found in findings if waiting or not reading.drafts else ():
        if fold(found.request) not in used:
            reading.drafts.append(Draft(Head(found.request, found.words, found.outcome, found.line)))


def _findings(reading: _Reading) -> list[Finding]:
    """Unique by number and request; one that is decided both ways has no outcome."""
    found: dict[tuple[str, str], Finding] = {}
    rows = [(section.line or 1, words) for section in reading.sections for words in section.paragraphs]
    for line, words, pattern in ((*row, pattern) for pattern in reading.form.compiled["findings"] for row in rows):
        for match in pattern.finditer(words):
            number, request, printed = match.groupdict().get("number") or "", match["request"], match["outcome"]
            outcome = _outcome(printed, reading.form)
            known = found.setdefault((number, fold(request)), Finding(number, request, printed, outcome, line))
            if known.outcome != outcome:
                found[number, fold(request)] = known._replace(outcome=None)
    return list(found.values())


def _finding_of(draft: Draft, findings: Sequence[Finding], one_each: bool) -> Finding | None:
    """By request; by number only where there are as many findings as issues."""
    letters = fold(draft.head.request)
    for found in findings:
        want = fold(found.request)
        if letters and (letters == want or close(letters[:400], want[:400], len(want) // 12)):
            return found
    numbered = [found for found in findings if found.number and found.number == draft.head.number]
    return numbered[0] if one_each and len(numbered) == 1 else None


# --- Fields


def _issue(reading: _Reading, number: int, draft: Draft) -> Issue:
    form, head = reading.form, draft.head
    if draft.outcome is None:
        said = f"{draft.words!r} is no outcome known to formats/{form.key}.toml" if draft.words else "no outcome is stated"
        reading.tell("unknown-outcome", f"issue {number}: {said}; it stays empty", head.line)
    head = _unnumbered(head, number)
    ur, imr, rationale = _parts(draft, form)
    missing = [
        role for role, part in (("ur", ur), ("imr", imr), ("rationale", rationale)) if role in form.expects and part is None
    ]
    if missing:
        reading.tell(
            "label-missing", f"issue {number}: found no {', '.join(missing)} part; look for a misprinted label", head.line
        )
    empty = ("", ())
    ur, imr, rationale = ur or empty, imr or empty, rationale or empty
    portion = _first(form.compiled["portions"], head.request)
    return Issue(
        number=number,
        request=head.request,
        disputed=portion["disputed"] if portion else head.request,
        outcome=draft.outcome,
        outcome_words=draft.words,
        partial_authorization=bool(portion or _first(form.compiled["partly"], head.request)),
        retrospective=_first(form.compiled["retrospective"], head.request) is not None,
        ur=Citation(raw=" ".join(ur[1])),
        imr=Citation(raw=" ".join(imr[1])),
        rationale=rationale[1],
        heading=head.heading,
        labels=(ur[0], imr[0], rationale[0]),
        line=head.line,
    )


def _unnumbered(head: Head, number: int) -> Head:
    """Without the number that only counts the issues; a request that is itself a numbered list keeps its own."""
    match = _NUMBERED.match(head.request)
    if match is None or _digits(head.request) != str(number) or _ITEM.search(head.request, match.end()):
        return head
    printed = head.heading or f"{head.request}: {head.words}".rstrip(": ")
    return head._replace(request=head.request[match.end() :], heading=printed)


def _parts(draft: Draft, form: Format) -> tuple[_Printed | None, _Printed | None, _Printed | None]:
    """ur, imr, rationale. One part that cites for both sides is cut where a sentence turns to the reviewer."""
    ur, cited, imr, rationale = (draft.parts.get(role) for role in BLOCKS)
    if cited is None and imr is None and ur is not None and not ur[0]:
        ur, cited = None, ur
    if cited is not None:
        ours, theirs = _sides(" ".join(cited[1]), form)
        if ours or ur:
            ur, label = _both((cited[0], (ours,) if ours else ()), ur), ""
        else:
            label = cited[0]
        imr = _both((label, (theirs,)), imr) if theirs else _both((label, ()), imr) if label else imr
    return ur, imr, rationale


def _both(first: _Printed, second: _Printed | None) -> _Printed:
    return first if second is None else (f"{first[0]} {second[0]}".strip(), first[1] + second[1])


def _sides(cited: str, form: Format) -> tuple[str, str]:
    """What the claims administrator cites, and what the reviewer does."""
    wants = [want for want in form.marks if want.mark.kind == "opening" and want.mark.role == "imr"]
    for start in (0, *(match.end() for match in _SENTENCE_END.finditer(cited))):
        letters = fold(cited[start : start + _LONGEST_MARK])
        if any(prefix(letters, want) is not None for want in wants):
            return cited[:start].rstrip(), cited[start:]
    return cited, ""


def _first(patterns: Iterable[re.Pattern[str]], words: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.search(words))), None)


def _fields(reading: _Reading) -> dict[str, Any]:
    """Header fields and credentials: labelled first, then prose."""
    form, fields = reading.form, dict[str, Any]()
    header = " ".join(
        words for section in reading.sections if section.kind in ("header", "findings") for words in section.paragraphs
    )
    own = " ".join(words for section in reading.sections if section.kind in _CREDENTIALS for words in section.paragraphs)
    for name, value in [*_labelled(header, form), *_prose(header, form)]:
        if name not in metadata.LISTS:
            _set(reading, fields, name, value)
    for match in _UNREAD_DATE.finditer(form.labels.sub(" ", header) if form.labels else header):
        told = f"the header has a date behind {match['label'].strip()!r}, which is no known label; it is left out"
        reading.tell("header-label", told, 1)
    for name, value in [*_labelled(own, form), *_prose(own, form)]:
        if name in metadata.LISTS:
            items = _listed(value, form)
            fields[name] = (*fields.get(name, ()), *(item for item in items if item not in fields.get(name, ())))
    return fields


def _labelled(words: str, form: Format) -> Iterator[tuple[str, str]]:
    """(field, text up to the next label)."""
    matches = list(form.labels.finditer(words)) if form.labels else []
    for match, stop in zip(matches, [*(match.start() for match in matches[1:]), len(words)], strict=False):
        name = form.field_names.get(fold(match["label"]), "-")
        value = words[match.end() : stop].strip()
        if name != "-" and value:
            yield name, value


def _prose(words: str, form: Format) -> list[tuple[str, str]]:
    """(field, value) in the order of the text."""
    found = [(match.start("value"), name, match["value"]) for name, pattern in form.prose for match in pattern.finditer(words)]
    return [(name, value) for _, name, value in sorted(found)]


def _set(reading: _Reading, fields: dict[str, Any], name: str, text_of: str) -> None:
    """The first value stands; another one is a problem."""
    value = _value(name, text_of)
    if value is None:
        if not _OTHER_LABEL.match(text_of):
            told = f"{name}: {_short(text_of)!r} is not understood and left out"
            reading.tell("header-field", told, 1)
    elif fields.setdefault(name, value) != value:
        reading.tell("header-conflict", f"{name} is {fields[name]} and also {value}; the first stands", 1)


def _value(name: str, words: str) -> object:
    if name == "case_number":
        found = re.match(r"CM\d{2}-\d{7}(?!\w)|IMR\s?\d{2}-\d{6}(?!\w)", words, re.ASCII | re.IGNORECASE)
        return re.sub(r"^IMR\s?", "IMR ", found.group().upper()) if found else None
    if name == "priority":
        first = fold(words.split(maxsplit=1)[0])
        return next((known for known in ("standard", "expedited") if fold(known) == first), None)
    found = _DATE.match(words)
    return _date(found["date"]) if found else None


def _date(printed: str) -> dt.date | None:
    """As letters print it, month first; years of two digits are 1941 to 2040."""
    parts = re.split(r"[\s,./-]+", printed)
    if printed[0].isalpha():
        month = next((number for number, name in enumerate(_MONTHS, 1) if parts[0].lower().startswith(name)), 0)
        day, year = int(parts[1]), int(parts[2])
    elif len(parts[0]) == 4:
        year, month, day = map(int, parts)
    else:
        month, day, year = map(int, parts)
    if year < 100:
        year += 2000 if year <= 40 else 1900
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _listed(words: str, form: Format) -> list[str]:
    """Items between commas and "and"; names that hold one of these are kept whole."""
    for number, name in enumerate(form.keep):
        words = re.sub(re.escape(name), f"\x00{number}\x00", words, flags=re.IGNORECASE)
    items = [part for item in _LIST.split(words) for part in _AND.split(item)]
    whole = [re.sub("\x00(\\d+)\x00", lambda match: form.keep[int(match[1])], item) for item in items]
    return [item for item in (item.strip(" .;") for item in whole) if item]
