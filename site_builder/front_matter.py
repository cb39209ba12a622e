"""A letter typed in Markdown: YAML front matter to header fields, heading and bold marks removed. Pure.

The body is a letter like any other, so that the parser sees plain lines. Values are read as the text that is typed there: YAML
makes numbers and dates of some, and knows no 2017-02-30. Refused: rendering Markdown (a letter is text); front matter longer than
a header can be. Front matter that is no YAML costs the fields, not the letter; a field that is not understood costs itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import yaml

from site_builder import text as typed
from site_builder.metadata import LISTS, field_name, header_fields
from site_builder.model import Line, Problem, Source

LONGEST = 20_000
"""Characters of front matter; a header has some hundred."""

_NULL = ("~", "null", "Null", "NULL")
_HEADING = re.compile(r"#{1,6} +")


def markdown(source: Source, text: str) -> Source:
    """`source` with the fields and lines of `text`, which is its clean text."""
    matter, body = _split(text)
    pairs = _pairs(matter, source.name)
    given, problems = ([], [pairs]) if isinstance(pairs, Problem) else _given(pairs, source.name)
    fields, places = dict[str, str](), dict[str, int]()
    for key, value, line in given:
        read, wrong = header_fields({key: value}, source.name, line)
        problems += wrong
        fields |= read
        places |= dict.fromkeys(read, line)
    lines = tuple(_plain(typed.lines_of(body)))
    told = (*source.problems, *problems)
    return msgspec.structs.replace(source, lines=lines, fields=fields, places=places, problems=told)


def _split(text: str) -> tuple[str, str]:
    """Front matter, and the body below as many empty lines as the front matter had, so that line numbers stay."""
    rows = text.split("\n")
    if rows[0].rstrip() == "---":
        for number, row in enumerate(rows[1:], 1):
            if row.rstrip() in {"---", "..."}:
                return "\n".join(rows[1:number]), "\n" * (number + 1) + "\n".join(rows[number + 1 :])
    return "", text


def _pairs(matter: str, name: str) -> list[tuple[yaml.Node, yaml.Node]] | Problem:
    """Keys and values as they are typed, nothing made of them."""
    if len(matter) > LONGEST:
        return _problem(name, 1, f"longer than {LONGEST:,} characters")
    try:
        root = yaml.compose(matter, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return _problem(name, mark.line + 2 if mark else 1, str(error.problem))
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:  # characters; brackets a thousand deep
        return _problem(name, 1, str(error).split("\n", 1)[0])
    if root is not None and not isinstance(root, yaml.MappingNode):
        return _problem(name, 1, "no `key: value` lines")
    return root.value if root else []


def _given(pairs: list[tuple[yaml.Node, yaml.Node]], name: str) -> tuple[list[tuple[str, str, int]], list[Problem]]:
    """(key, value, line) of every field, and problems with what holds no value."""
    given, problems, lines = list[tuple[str, str, int]](), list[Problem](), dict[str, int]()
    for node, value in pairs:
        key, line, typed_value = _scalar(node), node.start_mark.line + 2, _value(value)
        known = field_name(key or "")
        told = ""
        if key is None:
            told = "a key that is no text is left out; write lines such as `age: 44`"
        elif typed_value is None:
            told = f"{key!r} holds no text and is left out; write one value, or for {' and '.join(LISTS)} a list of them"
        elif isinstance(value, yaml.SequenceNode) and known not in LISTS:
            told = f"{key!r} is a list and is left out; write one value"
        elif known in lines:
            told = f"a second {key!r} is left out (the first is line {lines[known]}); keep one"
        else:
            given.append((key, typed_value, line))
        lines.setdefault(known, line)
        problems += [Problem(code="field-value", message=told, file=name, line=line)] if told else []
    return given, problems


def _value(node: yaml.Node) -> str | None:
    """The text typed there, of a list that of its items; None for what is nested deeper."""
    if not isinstance(node, yaml.SequenceNode):
        return _scalar(node)
    items = [_scalar(item) for item in node.value]
    return None if None in items else ", ".join(filter(None, items))


def _scalar(node: yaml.Node) -> str | None:
    """Nothing for YAML's null; escapes in quotes can spell what is never seen."""
    if not isinstance(node, yaml.ScalarNode):
        return None
    return "" if node.style is None and node.value in _NULL else typed.clean(node.value)


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
