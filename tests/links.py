"""A checker of links in a folder of pages: missing targets, missing fragments, ids given twice, links that leave the site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

_LINKS = {("a", "href"), ("link", "href"), ("script", "src"), ("img", "src"), ("form", "action")}


class _Page(HTMLParser):
    """Links and ids of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: Counter[str] = Counter()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        absolute = ("rel", "canonical") in attrs or (tag == "link" and "hreflang" in dict(attrs))
        for name, value in attrs:
            if name == "id":
                self.ids[value or ""] += 1
            if (tag, name) in _LINKS and not absolute:
                self.links.append(value or "")


def faults(folder: Path, base: str = "/", elsewhere: tuple[str, ...] = ()) -> list[str]:
    """Sorted, one line each; empty where all is well. `elsewhere`: beginnings of addresses outside the site that are meant."""
    pages = {path.relative_to(folder).as_posix(): _Page(path.read_text("utf-8")) for path in folder.rglob("*.html")}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return sorted(fault for path, page in pages.items() for fault in _faults(path, page, pages, files, base, elsewhere))


def _faults(
    path: str, page: _Page, pages: dict[str, _Page], files: set[str], base: str, elsewhere: tuple[str, ...]
) -> Iterator[str]:
    yield from (f"{path}: id {found} is given {times} times" for found, times in page.ids.items() if times > 1)
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if not link.startswith(elsewhere or "\0"):
                yield f"{path}: {link} leaves the site"
            continue
        target = _target(path, unquote(parts.path), base)
        if target is None:
            yield f"{path}: {link} leaves {base}"
        elif target not in files:
            yield f"{path}: {link} is missing"
        elif parts.fragment and unquote(parts.fragment) not in pages[target].ids:
            yield f"{path}: {link} has no such place"


def _target(path: str, link: str, base: str) -> str | None:
    """The file below the site's root; None outside it."""
    if link.startswith("/"):
        if not link.startswith(base):
            return None
        parts = list(PurePosixPath(link[len(base) :]).parts)
    else:
        parts = list(PurePosixPath(path).parts) if not link else [*PurePosixPath(path).parent.parts, *PurePosixPath(link).parts]
    found: list[str] = []
    for part in parts:
        if part == ".." and not found:
            return None
        found = found[:-1] if part == ".." else [*found, part]
    return "/".join([*found, "index.html"] if link.endswith("/") or not found else found)
