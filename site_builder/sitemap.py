"""What is said to web search engines: which pages there are, and what they may keep. Pure: paths in, Files out.

`indexing` decides: with `none` no page is listed, with `browse` no decision page (it says `noindex` itself), with `all` each.
A page must be read to be seen to say `noindex`, so robots.txt closes no page, only the data files, which cannot say it.

Known limit: search engines look for robots.txt at the root of a host only. Below a path they do not see it; name
the sitemap in their own tools there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import escape

from site_builder.model import File
from site_builder.settings import Settings

MOST = 50_000
"""Addresses in a file, by the protocol (sitemaps.org, version 0.9)."""
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_DATA = ("catalogue/", "data/", "originals/", "pagefind/")
"""Folders of files that hold words of letters; the page of the data folder stays open."""


def files(paths: Sequence[str], settings: Settings, most: int = MOST) -> Iterator[File]:
    """`paths`: the pages that may be indexed. A sitemap holds absolute addresses: without a `base_url` there is none."""
    addresses = [settings.address(path.removesuffix("index.html")) for path in paths] if settings.base_url else []
    parts = [addresses[start : start + most] for start in range(0, len(addresses), most)]
    if len(parts) == 1:
        yield _file("sitemap.xml", "urlset", "url", parts[0])
    elif parts:
        named = {f"sitemap-{number}.xml": part for number, part in enumerate(parts, 1)}
        yield _file("sitemap.xml", "sitemapindex", "sitemap", list(map(settings.address, named)))
        for name, part in named.items():
            yield _file(name, "urlset", "url", part)
    yield File(path="robots.txt", content="".join(f"{line}\n" for line in _robots(settings, listed=bool(parts))).encode())


def _robots(settings: Settings, listed: bool) -> Iterator[str]:
    yield "User-agent: *"
    if settings.indexing == "all":
        yield "Allow: /"
    else:
        yield from (f"Disallow: {settings.base_path}{folder}" for folder in _DATA)
        yield f"Allow: {settings.base_path}data/$"
    if listed:
        yield f"Sitemap: {settings.address('sitemap.xml')}"


def _file(path: str, root: str, item: str, addresses: Sequence[str]) -> File:
    lines = (f"<{item}><loc>{escape(address)}</loc></{item}>\n" for address in addresses)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{"".join(lines)}</{root}>\n'
    return File(path=path, content=text.encode())
