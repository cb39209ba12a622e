"""What other programs read: feeds, the sitemap, robots.txt, OpenSearch, JSON-LD, Open Graph."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import html5lib
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import feeds, rules, sitemap
from site_builder.collection import Collection
from site_builder.feeds import NEWEST
from site_builder.settings import Settings
from tests.example_site import RULES, injection, issue, letter, planned, renderer, site

BASE = "https://example.org/imr/"
HERE = Settings(base_url=BASE)
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HTML = "{http://www.w3.org/1999/xhtml}"
FED = rules.Rules(
    tuple(msgspec.structs.replace(facet, feed=facet.key in ("guideline", "body-part")) for facet in RULES.facets),
    RULES.vocabularies,
)
HOSTILE = "</script><!-- <script>alert(1)</script> ]]> & \"quoted\" 'so' \u2028"


def feed(*letters, path: str = "feed.xml") -> ET.Element:
    return ET.fromstring(site(*letters, settings=HERE, known=FED)[path])


def texts(element: ET.Element, tag: str) -> list[str | None]:
    return [found.text for found in element.iter(ATOM + tag)]


# --- Feeds


def test_a_feed_holds_what_the_standard_requires() -> None:
    """RFC 4287, 4.1.1 and 4.1.2: id, title, updated, author, a link to itself; in entries id, title, updated and a link."""
    found = feed(letter(1), letter(2, injection()))
    for element, links in ((found, {"self", "alternate"}), *((entry, {"alternate"}) for entry in found.iter(f"{ATOM}entry"))):
        for tag in ("id", "title", "updated"):
            (child,) = element.findall(ATOM + tag)
            assert child.text
        assert {link.get("rel") for link in element.findall(f"{ATOM}link")} == links
    assert found.findtext(f"{ATOM}author/{ATOM}name") == "IMR Decisions"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp or "") for stamp in texts(found, "updated"))


def test_ids_are_stable_unique_tags_and_addresses_are_absolute() -> None:
    found = feed(letter(1), letter(2))
    assert texts(found, "id") == [
        "tag:example.org,2026:/imr/feed.xml",
        "tag:example.org,2026:/imr/decisions/cm99-0000001.html",
        "tag:example.org,2026:/imr/decisions/cm99-0000002.html",
    ]
    assert [link.get("href", "")[: len(BASE)] for link in found.iter(f"{ATOM}link")] == [BASE] * 4


def test_a_feed_holds_the_newest_fifty_letters_with_a_date() -> None:
    found = feed(letter(0, decision_date=None), *(letter(number) for number in range(1, 61)))
    assert len(found.findall(f"{ATOM}entry")) == NEWEST
    assert found.findtext(f"{ATOM}updated") == "2017-02-20T00:00:00Z"
    assert texts(found, "updated") == sorted(texts(found, "updated"), reverse=True)


def test_a_feed_says_no_more_than_a_list_does() -> None:
    (entry,) = feed(letter(1, issue(1), injection(2))).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "CM99-0000001: MRI of the lumbar spine; Cervical epidural injection"
    assert entry.findtext(f"{ATOM}summary") == "Partly overturned: 1 of 2 treatments approved; the denial of the other stands."
    assert {child.tag.removeprefix(ATOM) for child in entry} == {"id", "title", "updated", "link", "summary"}


def test_every_value_of_a_facet_that_says_so_has_a_feed_with_each_letter_once() -> None:
    shown = site(letter(1, injection(1), injection(2)), letter(2), settings=HERE, known=FED)
    assert sorted(path for path in shown if path.endswith("feed.xml") and "body-part" in path) == [
        "browse/body-part/low-back/feed.xml",
        "browse/body-part/neck/feed.xml",
    ]
    assert not [path for path in shown if path.endswith("feed.xml") and path.startswith(("browse/year", "browse/treatment"))]
    neck = ET.fromstring(shown["browse/body-part/neck/feed.xml"])
    assert neck.findtext(f"{ATOM}title") == "IMR Decisions: Body part: Neck"
    assert len(neck.findall(f"{ATOM}entry")) == 1


def test_a_page_names_its_feed_and_the_feed_is_there() -> None:
    shown = site(letter(1), settings=HERE, known=FED)
    named = {}
    for path, html in shown.items():
        for href in re.findall(r'<link rel=alternate type=application/atom\+xml href="([^"]+)"', html):
            named[path] = re.sub(r"[^/]+/\.\./", "", href) if href.startswith("..") else href
    assert named["index.html"] == "feed.xml"
    assert named["browse/body-part/low-back/index.html"].endswith("browse/body-part/low-back/feed.xml")
    assert "decisions/cm99-0000001.html" not in named
    assert "browse/year/2017/index.html" not in named
    assert all(href.replace("../", "") in shown for href in named.values())


def test_without_an_address_of_the_site_nothing_absolute_is_written() -> None:
    shown = site(letter(1), known=FED)
    assert [path for path in shown if not path.endswith(".html")] == []
    assert not [path for path, html in shown.items() if re.search(r"og:|ld\+json|rel=(?:canonical|search|alternate)", html)]


@given(words=st.text(max_size=60))
def test_whatever_a_letter_says_the_feed_stays_xml(words: str) -> None:
    words = words.encode("utf-8", "ignore").decode()
    page = next(feeds.pages(Collection([letter(1, issue(disputed=words))], FED, HERE, ())))
    assert len(ET.fromstring(renderer().render(page).content).findall(f"{ATOM}entry")) == 1


def test_the_facet_files_say_which_facets_have_feeds() -> None:
    from site_builder import build

    known = rules.load(build._texts(build.PACKAGE / "facets", ".toml"))
    assert [facet.key for facet in known.facets if facet.feed] == ["body-part", "guideline"]


# --- Search engines


def listed(settings: Settings, paths: list[str], most: int = 50_000) -> dict[str, str]:
    return {file.path: file.content.decode() for file in sitemap.files(paths, settings, most)}


def locations(text: str) -> list[str | None]:
    return [found.text for found in ET.fromstring(text).iter(f"{MAP}loc")]


def test_a_sitemap_lists_absolute_addresses() -> None:
    found = listed(HERE, ["index.html", "browse/index.html", "a&b.html"])
    assert locations(found["sitemap.xml"]) == [BASE, f"{BASE}browse/", f"{BASE}a&b.html"]
    assert found["robots.txt"].endswith(f"Sitemap: {BASE}sitemap.xml\n")


@given(count=st.integers(0, 30), most=st.integers(1, 8))
def test_a_long_sitemap_is_parted_and_loses_nothing(count: int, most: int) -> None:
    paths = [f"{number}.html" for number in range(count)]
    found = listed(HERE, paths, most)
    named = locations(found["sitemap.xml"]) if count else []
    if count > most:
        named = [one for part in named for one in locations(found[(part or "").removeprefix(BASE)])]
    assert named == [f"{BASE}{path}" for path in paths]
    assert all(text.count("<url>") <= most for text in found.values())


def test_without_an_address_there_is_no_sitemap() -> None:
    assert list(listed(Settings(), ["index.html"])) == ["robots.txt"]


@pytest.mark.parametrize(("indexing", "closed"), [("all", False), ("browse", True), ("none", True)])
def test_robots_closes_the_data_files_where_decisions_are_not_to_be_indexed(indexing: str, closed: bool) -> None:
    settings = msgspec.convert({"indexing": indexing, "base_url": BASE}, Settings)
    text = listed(settings, [])["robots.txt"]
    assert ("Disallow: /imr/data/\n" in text) is closed
    assert "Disallow: /\n" not in text  # a page must be read to be seen to say noindex


# --- OpenSearch, JSON-LD, Open Graph


def test_opensearch_leads_to_the_search_page() -> None:
    described = ET.fromstring(site(letter(1), settings=HERE)["opensearch.xml"])
    (address,) = described.iter("{http://a9.com/-/spec/opensearch/1.1/}Url")
    assert address.get("template") == f"{BASE}search/?q={{searchTerms}}"
    assert len(described.findtext("{http://a9.com/-/spec/opensearch/1.1/}ShortName") or "x" * 17) <= 16


def data_of(html: str) -> dict[str, object]:
    """As a browser reads it."""
    (script,) = (one for one in html5lib.parse(html).iter(f"{HTML}script") if one.get("type") == "application/ld+json")
    return json.loads(script.text)


def types(found: dict[str, object]) -> list[object]:
    return [one["@type"] for one in found.get("@graph", [found])]  # type: ignore[index, attr-defined]


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("index.html", ["WebSite"]),
        ("browse/body-part/index.html", ["BreadcrumbList"]),
        ("data/index.html", ["Dataset"]),
        ("browse/treatment/injection/epidural/index.html", ["BreadcrumbList"]),
        ("decisions/cm99-0000001.html", ["CreativeWork", "BreadcrumbList"]),
    ],
)
def test_pages_say_what_they_are(path: str, kinds: list[str]) -> None:
    everything = msgspec.structs.replace(HERE, indexing="all")
    assert types(data_of(site(letter(1, issue(1), injection(2)), settings=everything)[path])) == kinds


def test_breadcrumbs_name_every_step_with_an_absolute_address() -> None:
    found = data_of(site(letter(1, injection()), settings=HERE)["browse/treatment/injection/epidural/index.html"])
    assert [(step["position"], step["name"], step.get("item")) for step in found["itemListElement"]] == [  # type: ignore[attr-defined]
        (1, "Browse", f"{BASE}browse/"),
        (2, "Treatments", f"{BASE}browse/treatment/"),
        (3, "Injections", f"{BASE}browse/treatment/injection/"),
        (4, "Epidural injections", None),
    ]


def test_a_decision_that_may_not_be_indexed_carries_no_weight_for_machines() -> None:
    html = site(letter(1), settings=HERE)["decisions/cm99-0000001.html"]
    assert "ld+json" not in html
    assert "og:" not in html


def test_a_hostile_letter_stays_data() -> None:
    everything = msgspec.structs.replace(HERE, indexing="all")
    html = site(letter(1, issue(disputed=HOSTILE)), settings=everything)["decisions/cm99-0000001.html"]
    work = data_of(html)["@graph"][0]  # type: ignore[index]
    assert work["name"] == HOSTILE
    (block,) = re.findall(r"<script type=application/ld\+json>(.*?)</script>", html)
    assert not set(block) & set("<>&")


def test_open_graph_is_whole_on_every_page_that_may_be_indexed() -> None:
    for path, html in site(letter(1), settings=HERE).items():
        found = dict(re.findall(r'<meta property=og:(\w+) content="?([^">]*)"?>', html))
        if re.search('content="?noindex', html) or not path.endswith(".html"):
            assert found == {}
            continue
        assert set(found) == {"title", "description", "type", "url", "image"}, path
        assert found["url"] == BASE + path.removesuffix("index.html")
        assert found["image"].startswith(f"{BASE}static/card.")


def test_the_card_is_an_image_of_the_size_that_others_show() -> None:
    (card,) = (file.content for file in renderer().static_files() if file.path.startswith("static/card."))
    assert card[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(card[16:20], "big"), int.from_bytes(card[20:24], "big")) == (1200, 630)
    assert len(card) < 50_000


def test_planned_pages_are_rendered_from_absolute_hosts_only() -> None:
    """Negative control of the base: nothing in a feed or a description leaves the host."""
    for page in planned(Collection([letter(1)], FED, HERE, ())):
        text = renderer().render(page).content.decode()
        hosts = {urlsplit(found).netloc for found in re.findall(r'https?://[^\s"<>\\]+', text)}
        assert hosts <= {"example.org", "www.w3.org", "schema.org", "a9.com"}, page.path
