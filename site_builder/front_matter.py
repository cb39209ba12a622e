"""A letter typed in Markdown: YAML front matter to header fields, heading and bold marks removed. Pure.

The body is a letter like any other, so that the parser sees plain lines. Refused: rendering Markdown (a letter is text); front
matter longer than a header can be. Front matter that is no YAML costs the fields, not the letter.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

import msgspec
import yaml

from site_builder import text as typed
from site_builder.metadata import header_fields
from site_builder.model import Line, Problem, Source

LONGEST = 20_000
"""Characters of front matter; a header has some hundred."""

_HEADING = re.compile(r"#{1,6} +")


def markdown(source: Source, text: str) -> Source:
    """`source` with the fields and lines of `text`, which is its clean text."""
    matter, body = _split(text)
    fields, problems = _fields(matter, source.name)
    lines = tuple(_plain(typed.lines_of(body)))
    return msgspec.structs.replace(source, lines=lines, fields=fields, problems=(*source.problems, *problems))


def _split(text: str) -> tuple[str, str]:
    """Front matter, and the body below as many empty lines as the front matter had, so that line numbers stay."""
    rows = text.split("\n")
    if rows[0].rstrip() == "---":
        for number, row in enumerate(rows[1:], 1):
            if row.rstrip() in {"---", "..."}:
                return "\n".join(rows[1:number]), "\n" * (number + 1) + "\n".join(rows[number + 1 :])
    return "", text


def _fields(matter: str, name: str) -> tuple[Mapping[str, str], list[Problem]]:
    try:
        loaded = yaml.safe_load(matter) if len(matter) <= LONGEST else f"longer than {LONGEST:,} characters"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return {}, [_problem(name, mark.line + 2 if mark else 1, str(error.problem))]
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none; characters; brackets a thousand deep
        return {}, [_problem(name, 1, str(error).split("\n", 1)[0])]
    if loaded is None:
        return {}, []
    if not isinstance(loaded, dict):
        return {}, [_problem(name, 1, loaded if len(matter) > LONGEST else "no `key: value` lines")]
    return header_fields({str(key): _scalar(value) for key, value in loaded.items()}, name, 1)


def _scalar(value: object) -> str:
    """Nested values are no header fields; a list is one of states or specialties."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, list):
        return ", ".join(item for item in value if isinstance(item, str))
    return str(value) if isinstance(value, (str, int, dt.date)) else ""


def _plain(lines: tuple[Line, ...]) -> Iterator[Line]:
    """A heading is a paragraph of its own, with or without empty lines around it."""
    above, below_heading, gap = False, False, False
    for number, marked in lines:
        bare = marked.replace("**", "")
        heading = _HEADING.match(bare)
        text = (bare[heading.end() :] if heading else bare).strip()
        if not text:
            gap = gap or not marked
            continue
        if above and (gap or heading or below_heading):
            yield Line(number, "")
        yield Line(number, text)
        above, below_heading, gap = True, heading is not None, False


def _problem(name: str, line: int, seen: str) -> Problem:
    told = f"the front matter is no YAML and is left out ({seen}); write lines such as `decision_date: 2017-01-31`"
    return Problem(code="front-matter", message=told, file=name, line=line)
