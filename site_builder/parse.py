"""A Source cut up by a format: marks part the letter, parts make sections and issues, patterns fill the fields.

Outcome comes only from the line that opens an issue (or a finding, or a heading, that says so in so many words), never from a
rationale. No word is lost: what has no place becomes a section `unplaced` and a problem with its line. Refused: guessing an
outcome, a case number from a file name, dates from prose that no pattern names.

Known limits: where no empty line stands before a request, it is taken to begin after the last sentence of the rationale above,
and a problem says so; a table read column by column gives no header fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

import msgspec

from site_builder import metadata, patient, text
from site_builder.cut import ISSUE_ROLES, LONGEST_MARK, Part, cut, runs
from site_builder.formats import BLOCKS, Format, close, fold, prefix
from site_builder.header import fields_of
from site_builder.heads import (
    SENTENCE_END,
    Head,
    first_match,
    item_starts,
    items,
    joined,
    last_sentence,
    outcome_of,
    patterned,
    stated,
    unknown,
    unnumbered,
)
from site_builder.model import Citation, Evidence, Issue, Letter, Line, Outcome, Problem, Section, Severity, Source

_NO_SLUG = re.compile(r"[^a-z0-9]+")

_SENTENCES = 4
"""That a request in a rationale may hold, with its outcome: `Norco 10/325mg, 1 tab. q.i.d. #120 is not medically necessary.`"""

_Printed = tuple[str, tuple[str, ...]]
"""(label, paragraphs)."""


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

    def tell(self, code: str, message: str, line: int | None, severity: Severity = "warning") -> None:
        self.problems.append(Problem(code=code, message=message, file=self.source.name, line=line, severity=severity))


def parse(source: Source, formats: Sequence[Format]) -> Letter:
    """Never raises; a letter that fits no format comes back whole as unplaced text, with a problem that quarantines it."""
    form, parts = _best(source, formats)
    if form is None:
        return _unreadable(source, formats)
    reading = _Reading(source, form)
    for number, part in enumerate(parts):
        _place(reading, part, parts[number + 1] if number + 1 < len(parts) else None)
    running = [line for line in source.lines if runs(line, form)]
    if running:
        reading.sections.append(Section(kind="running", heading="", paragraphs=_texts(running), line=running[0].number))
    if begins := _second_letter(reading):
        told = f"a second letter, or this one again, has its case summary in line {begins}; give each letter a file of its own"
        reading.tell("two-letters", told, begins, "quarantine")
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
        parts = cut(source.lines, form)
        roles = {part.role for part in parts}
        if set(form.recognise[0]) <= roles:
            return form, parts
        if len(roles) > best[0] and any(set(needed) <= roles for needed in form.recognise):
            best = (len(roles), form, parts)
    return best[1], best[2]


def _second_letter(reading: _Reading) -> int | None:
    """The line of a case summary behind the requests that stand behind another."""
    summaries = [section.line for section in reading.sections if section.kind == "summary" and section.line]
    requests = [draft.head.line for draft in reading.drafts]
    return next((later for first, later in pairwise(summaries) if any(first < line < later for line in requests)), None)


def _letter(reading: _Reading, issues: tuple[Issue, ...]) -> Letter:
    source = reading.source
    fields, complaints = fields_of(reading.sections, reading.form)
    for code, told in complaints:
        reading.tell(code, told, 1)
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
        evidence=summary.evidence,
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
    for field, value in source.fields.items():
        line = source.places.get(field, 1)
        given, problems = metadata.header_fields({field: value}, source.name, line)  # again: words in it may have been redacted
        filled = metadata.fill(letter, metadata.Row(line=line, fields=given), source.name)
        letter = msgspec.structs.replace(filled, problems=(*filled.problems, *problems))
    return msgspec.structs.replace(letter, id=_id(letter))


def _id(letter: Letter) -> str:
    """Never built from anything but the case number, the name of the file, or the digest."""
    if letter.case_number:
        return metadata.page_name(letter.case_number)
    stem = letter.source.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return _NO_SLUG.sub("-", stem.lower()).strip("-")[:64].strip("-") or f"x-{letter.sha256[:16]}"


def _place(reading: _Reading, part: Part, after: Part | None) -> None:
    """One part into the sections or the open issues; a head at its end opens the next issue."""
    rows = joined(text.paragraphs(part.lines), reading.form)
    heads = items(rows, reading.form) if part.role == "dispute" else _heads(reading, part, rows, after)
    _keep(reading, part, rows[: heads[0][0]] if heads else rows)
    if part.role == "dispute":
        reading.open = [Draft(head) for _, head in heads]
        reading.drafts += reading.open
        return
    stops = [*(start for start, _ in heads[1:]), len(rows)]
    for (start, head), stop in zip(heads, stops, strict=False):
        reading.open = [Draft(head)]
        reading.drafts += reading.open
        rest = rows[start + 1 : stop]
        if rest and part.role == "rationale" and head.heading:
            reading.open[0].parts["rationale"] = ("", _texts(rest))
        elif rest:
            told = f"text without a label after the request: {_short(rest[0].text)!r}; it is shown as unplaced"
            reading.tell("unplaced", told, rest[0].number)
            reading.sections.append(Section(kind="unplaced", heading="", paragraphs=_texts(rest), line=rest[0].number))


def _keep(reading: _Reading, part: Part, rows: Sequence[Line]) -> None:
    if part.role in BLOCKS:
        _fill(reading, part, rows)
    elif part.role == "lead-in":
        last = reading.sections.pop() if reading.sections and reading.sections[-1].kind == "lead-in" else None
        opened = last or Section(kind="lead-in", heading="", paragraphs=(), line=part.line)
        paragraphs = (*opened.paragraphs, part.heading, *_texts(rows))
        reading.sections.append(msgspec.structs.replace(opened, paragraphs=paragraphs))
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
    before = drafts[0].parts.get(part.role, ("", ()))
    bare = before[1] if len(reading.open) == 1 else ()  # text below the request whose label stands further on
    for draft in drafts:
        draft.parts[part.role] = (part.heading, (*bare, *_texts(rows)))
        if part.mark is not None and part.mark.outcome is not None and draft.head.outcome is None:
            draft.outcome, draft.words = part.mark.outcome, part.heading.rstrip(" :")


def _heads(reading: _Reading, part: Part, rows: list[Line], after: Part | None) -> list[tuple[int, Head]]:
    """The rows of a part that open an issue. A row that holds the end of a rationale and a head is cut in two."""
    form = reading.form
    first = 1 if part.role in BLOCKS else 0
    sure = part.role in ISSUE_ROLES
    is_alone = part.role == "rationale" and after is not None and after.role == BLOCKS[0] and len(rows) == 1
    says_nothing = is_alone and not last_sentence(rows[0].text)  # then its only row may be the next request
    heads = list[tuple[int, Head]]()
    is_rationale = part.role == "rationale" and bool(reading.drafts)
    is_numbered = is_rationale and reading.drafts[-1].head.number == str(len(reading.drafts))  # else "2." is a reason
    if is_numbered:
        rows[:] = _apart(rows, form, len(reading.drafts) + 1)
    for number, row in enumerate(rows if sure or part.role in BLOCKS else ()):
        if number < first and not says_nothing:
            continue
        head = stated(row, form, sure=sure)
        if head is None and is_numbered and number >= first:
            head = _next(row.text, form, len(reading.drafts) + len(heads) + 1, row.number)
        if head:
            heads.append((number, head))
    if after is None or after.role not in BLOCKS or not rows or (heads and heads[-1][0] == len(rows) - 1):
        return heads
    begins = part.role in ISSUE_ROLES or (part.role in BLOCKS and BLOCKS.index(after.role) <= BLOCKS.index(part.role))
    last = _last(reading, rows, first, form, begins=begins, sure=sure)
    return heads if last is None else [*heads, (len(rows) - 1, last)]


def _apart(rows: Iterable[Line], form: Format, number: int) -> Iterator[Line]:
    """Parted before and behind the sentences that open the issues from `number` on."""
    for row in rows:
        rest = row.text
        while opened := re.search(rf"(?:^|(?<=[.?!] )){number}[.)] ", rest):
            first = opened.start()
            near = islice(SENTENCE_END.finditer(rest, opened.end()), _SENTENCES)
            stop = next((end for end in near if _next(rest[first : end.start()], form, number)), None)
            if stop is None and not _next(rest[first:], form, number):
                break
            parts = rest[:first].strip(), rest[first : stop and stop.start()]
            yield from (Line(row.number, part) for part in parts if part)
            rest, number = rest[stop.end() :] if stop else "", number + 1
        if rest:
            yield Line(row.number, rest)


def _next(words: str, form: Format, number: int, line: int = 0) -> Head | None:
    """The head of the next issue by its number, where no part but a reason follows: `2. Assistant surgeon is not medically
    necessary and appropriate.` `Since the primary procedure is not ...`
    """
    head = patterned(Line(line, words), form) if words.startswith(str(number)) else None
    return head if head and head.number == str(number) and head.outcome else None


def _last(reading: _Reading, rows: list[Line], first: int, form: Format, *, begins: bool, sure: bool) -> Head | None:
    """The head in the last row, before which an issue begins (`begins`); `sure`: the row can be nothing else."""
    row, whole = rows[-1], len(rows) > first
    for start in (0, *item_starts(row.text)):
        if (start or whole) and (head := patterned(Line(row.number, row.text[start:]), form)):
            return _parted(rows, start, head)
    if not begins:
        return None
    if (start := last_sentence(row.text)) and (head := stated(Line(row.number, row.text[start:]), form)):
        told = f"no empty line stands above the request {_short(head.request)!r}; check where it begins"
        reading.tell("glued-request", told, row.number, "note")
        return _parted(rows, start, head)
    if whole and ((sure and row.text[-1] != ":") or (not sure and len(row.text) < 400 and row.text[-1] not in ".?!")):
        return unknown(row)
    return None


def _parted(rows: list[Line], start: int, head: Head) -> Head:
    if start:
        row = rows.pop()
        rows += [Line(row.number, row.text[:start].rstrip()), Line(row.number, row.text[start:])]
    return head


def _texts(rows: Iterable[Line]) -> tuple[str, ...]:
    return tuple(row.text for row in rows)


def _short(words: str) -> str:
    return words if len(words) <= 80 else words[:79] + "\u2026"


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
            outcome = outcome_of(printed, reading.form)
            known = found.setdefault((number, fold(request)), Finding(number, request, printed, outcome, line))
            if known.outcome != outcome:
                found[number, fold(request)] = known._replace(outcome=None)
    return list(found.values())


def _finding_of(draft: Draft, findings: Sequence[Finding], one_each: bool) -> Finding | None:
    """By request; by number only where there are as many findings as issues."""
    letters = fold(draft.head.request)
    for found in findings:
        want = fold(found.request)
        if letters and close(letters, want, len(want) // 12):
            return found
    numbered = [found for found in findings if found.number and found.number == draft.head.number]
    return numbered[0] if one_each and len(numbered) == 1 else None


def _issue(reading: _Reading, number: int, draft: Draft) -> Issue:
    form, head = reading.form, draft.head
    if draft.outcome is None:
        said = f"{draft.words!r} is no outcome known to formats/{form.key}.toml" if draft.words else "no outcome is stated"
        reading.tell("unknown-outcome", f"issue {number}: {said}; it stays empty", head.line)
    if head.words not in ("", draft.words) and not head.heading:  # another line than its own gave the outcome
        head = head._replace(heading=f"{head.request}: {head.words}")
    head = unnumbered(head, number)
    ur, imr, rationale = _parts(draft, form)
    is_dependent = set(draft.parts) == {"rationale"} and not draft.parts["rationale"][0]
    missing = [
        role
        for role, part in (("ur", ur), ("imr", imr), ("rationale", rationale))
        if role in form.expects and part is None and not is_dependent
    ]
    if missing:
        reading.tell(
            "label-missing", f"issue {number}: found no {', '.join(missing)} part; look for a misprinted label", head.line
        )
    empty = ("", ())
    ur, imr, rationale = ur or empty, imr or empty, rationale or empty
    portion = first_match(form.compiled["portions"], head.request)
    partly = None if portion else first_match(form.compiled["partly"], head.request)
    earlier = first_match(form.compiled["retrospective"], head.heading or head.request)
    return Issue(
        number=number,
        request=head.request,
        disputed=portion["disputed"] if portion else head.request,
        outcome=draft.outcome,
        outcome_words=draft.words,
        partial_authorization=bool(portion or partly),
        retrospective=earlier is not None,
        ur=Citation(raw=" ".join(ur[1])),
        imr=Citation(raw=" ".join(imr[1])),
        rationale=rationale[1],
        heading=head.heading,
        labels=(ur[0], imr[0], rationale[0]),
        line=head.line,
        evidence=tuple(
            Evidence(field=field, value="yes", rule=f"{key} of formats/{form.key}.toml", words=match.group().strip())
            for field, key, match in (
                ("partial_authorization", "portions", portion),
                ("partial_authorization", "partly", partly),
                ("retrospective", "retrospective", earlier),
            )
            if match
        ),
    )


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
    for start in (0, *(match.end() for match in SENTENCE_END.finditer(cited))):
        letters = fold(cited[start : start + LONGEST_MARK])
        if any(prefix(letters, want) is not None for want in wants):
            return cited[:start].rstrip(), cited[start:]
    return cited, ""
