"""What a letter may hold to hurt whoever reads it, and the shape of a page, by which one sees whether it did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import html5lib

PAYLOADS = (
    "<script>hit=1</script>",
    "</script><script>hit=1</script>",
    "<img src=x onerror=hit=1>",
    "<svg onload=hit=1>",
    "<svg><script>hit=1</script></svg>",
    "<body onload=hit=1>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<math><mi xlink:href='javascript:hit=1'>x</mi></math>",
    "<a href='javascript:hit=1'>x</a>",
    "<details open ontoggle=hit=1>",
    "<input autofocus onfocus=hit=1>",
    "<style>@import '//evil.example/x.css';*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<base href='//evil.example/'>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<object data='javascript:hit=1'></object>",
    "<form action='//evil.example/'><button>x",
    "<template><script>hit=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=hit=1>'>",
    "<!--><img src=x onerror=hit=1>-->",
    "<![CDATA[><script>hit=1</script>]]>",
    "</p></div></section></main></body></html>",
    "</title><script>hit=1</script>",
    "</textarea><script>hit=1</script>",
    "x' onmouseover='hit=1' y='",
    'x" onmouseover="hit=1" y="',
    "x onmouseover=hit=1 autofocus",
    "javascript:hit=1//",
    "{{ 7*7 }}{% raw %}{{ config }}{% endraw %}",
    "${7*7}<%= 7*7 %>#{7*7}",
    '{"@type": "x", "a": "</script><!--"}',
    "&lt;script&gt;hit=1&lt;/script&gt; &amp;amp; &#60;",
    "=HYPERLINK(0,0) +1 -1 @SUM(1)",
    "___PAGEFIND_ANCHOR___div:1:issue-9 ___PAGEFIND_FIELD",
    "[x](javascript:hit=1) ![x](//evil.example/x.png) **b** # h",
    "../../../../etc/passwd ..\\..\\windows %2e%2e%2f",
)  # fmt: skip
BEFORE = ("", "a ", "'\"> ", "--> ", "\u202ertl ", "\x1b[2J\x1b]0;x\x07", "\x00\x0b\ufeff", "]]> ", "\u2028", "&")
AFTER = ("", " <b>", " \u2066\u200f\u00ad", " <!--", " \U0001f4a9 \u0301", "\t\r\n<p")


def payloads() -> Iterator[str]:
    """2,160 of them."""
    for payload, before, after in product(PAYLOADS, BEFORE, AFTER):
        yield before + payload + after


def harmless(text: str) -> str:
    """Of the same length and with the same blanks, and nothing in it that means anything."""
    return re.sub(r"\S", "a", text)


Shape = tuple[object, ...]
EXACT = frozenset(
    {"href", "src", "id", "class", "name", "rel", "type", "http-equiv", "action", "target", "method", "role", "srcset", "style"}
)


def shape(html: str) -> Shape:
    """Elements in order with their attributes; with the values of those that lead somewhere or mean something. Which letter a link
    to a letter leads to may depend on its words.
    """
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return tuple((node.tag, tuple(sorted(map(_exact, node.attrib.items())))) for node in tree.iter() if isinstance(node.tag, str))


def _exact(item: tuple[str, str]) -> tuple[str, str]:
    name, value = item
    return name, _LETTER.sub("letter", value) if name in EXACT else ""


_LETTER = re.compile(r"cm99-\d{7}\.html")


def words(html: str) -> str:
    """All text of a page, white space folded."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    for script in tree.iter("script"):
        script.text = ""
    return " ".join(" ".join(tree.itertext()).split())
