"""Words explained: the first use of a glossary word on a page links to what it means. Pure: HTML in, HTML out.

The words are the headings of the hand-written glossary: abbreviations ("UR") as they are written, words of several parts ("claims
administrator") in any case. One plain word ("issue") is too common to be linked. What a letter says is left as it is, and so are
links, headings, controls, code, and lists of decisions and values. One pass over the main part of a page, which steps over what
is left as it is.
"""

from __future__ import annotations

import re

_HEADING = re.compile(r'<h2 id="([^"]+)">([^<(]+?)(?: \([^<]*)?</h2>')
_ABBREVIATION = re.compile(r"[A-Z]{2}")
_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>|[^<]+|<")
_LEFT = frozenset(
    ["a", "article", "button", "code", "h1", "h2", "h3", "label", "nav", "option", "script", "select", "summary", "svg"]
)
_SAID = re.compile(r"""class=["']?[^"'>]{0,200}\b(?:said|lines|tree)\b""")
"""What a letter says, and lists of decisions and of values, in the words of the stylesheet."""


class Glossary:
    """The words of one glossary page: `html` is the page's own text, `url` its path below the site's root."""

    def __init__(self, html: str, url: str) -> None:
        self._url = url
        headings = [(word, found) for found, word in _HEADING.findall(html)]
        self.words = {word: found for word, found in headings if _ABBREVIATION.search(word) or " " in word}
        self._id_of = {word if _ABBREVIATION.search(word) else word.lower(): found for word, found in self.words.items()}
        parts = sorted((_pattern(word) for word in self.words), key=len, reverse=True)
        self._any = re.compile(rf"\b(?:{'|'.join(parts)})\b") if parts else None

    def linked(self, html: str, root: str) -> str:
        """`root`: from the page to the root of the site."""
        start, end = html.find("<main"), html.rfind("</main>")
        if self._any is None or min(start, end) < 0 or not self._any.search(html, start, end):
            return html
        done: set[str] = set()
        made, at = [html[:start]], start
        while at < end and (token := _TOKEN.match(html, at, end)):
            closing, tag, rest = token.groups()
            at = token.end()
            if not tag:
                made.append(self._text(token[0], root, done))
                continue
            if not closing and (tag in _LEFT or _SAID.search(rest)):
                at = _behind(html, tag, at, end)
            made.append(html[token.start() : at])
        return "".join((*made, html[end:]))

    def _text(self, text: str, root: str, done: set[str]) -> str:
        def link(match: re.Match[str]) -> str:
            word = match[0]
            found = self._id_of[word if word in self._id_of else word.lower()]
            if found in done:
                return word
            done.add(found)
            return f'<a href="{root}{self._url}#{found}">{word}</a>'

        return self._any.sub(link, text) if self._any else text


def _behind(html: str, tag: str, start: int, end: int) -> int:
    """Where the element ends whose first tag ends at `start`; `end` where it is not closed."""
    depth = 1
    for token in re.compile(rf"<(/?){tag}(?![a-zA-Z0-9])[^>]*>").finditer(html, start, end):
        depth += -1 if token[1] else 1
        if not depth:
            return token.end()
    return end


def _pattern(word: str) -> str:
    return re.escape(word) if _ABBREVIATION.search(word) else f"(?i:{re.escape(word)})"
