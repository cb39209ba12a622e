"""Templates print what they are given and nothing of it becomes markup; assets are named by their content."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from functools import cache

import html5lib
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder import render, rules
from site_builder.languages import Language
from site_builder.model import BuildError, Citation, Letter, Page, Problem, Section
from site_builder.pages import EXAMPLE_ADDRESS
from site_builder.settings import Settings
from tests.conftest import FULL
from tests.example_site import RULES, TEMPLATES, injection, issue, letter, renderer, site, templates

CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'"
)
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "</style><svg/onload=alert(1)>",
    "</textarea></p></div></main></body></html>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "x onclick=alert(1)",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "{{ 7*7 }}{% raw %}",
    "{# note #}${7*7}#{7*7}",
    "&lt;script&gt;&amp;&#60;&#x3c;",
    "&quot;&apos;",
    "<a href='//example.org'>here</a>",
    "<base href='//example.org/'>",
    "<meta http-equiv=refresh content=0>",
    "<plaintext>",
    "<math><mi//xlink:href='data:x,y'>",
    "<table><tr><td></table>",
    "\u202e<\u2028>\u2029",
    "\ufeff<b>\u00ad",
    "`onerror=alert(1)`",
    "\\u003cscript\\u003e",
    "___PAGEFIND_ANCHOR___div:1:x",
    "a" * 3000 + "<i>",
]


def hostile_letter(text: str) -> Letter:
    """The text in every field that can hold text, and as a value of an open facet."""
    cited = Citation(raw=text, guidelines=("mtus/low-back", text), sections=(("mtus/low-back", text),))
    said = {
        "request": f"{text}.",
        "disputed": text,
        "outcome_words": text,
        "ur": cited,
        "imr": cited,
        "labels": (text, text, text),
    }
    facets = {**issue().facets, "guideline": ("mtus/low-back", text)}
    return letter(
        1,
        issue(1, **said, rationale=(text,), facets=facets),
        issue(2, heading=text, outcome=None, **said, rationale=(text, text), facets=facets),
        case_number=text,
        source=text,
        sha256=text,
        facets={"year": (text,), "specialty": ("pain", text)},
        sections=tuple(Section(kind=kind, heading=text, paragraphs=(text,)) for kind in ("header", "summary", "unplaced", text)),
    )


def hostile_rules(text: str) -> rules.Rules:
    """The labels and notes of all facets and values."""
    replace = msgspec.structs.replace

    def changed(facet: rules.Facet) -> rules.Facet:
        values = tuple(replace(value, label=text, note=text, words=()) for value in facet.value)
        return replace(facet, label=text, plural=text, help=text, value=values)

    vocabularies = {key: rules.Vocabulary(changed(known.facet)) for key, known in RULES.vocabularies.items()}
    return rules.Rules(tuple(map(changed, RULES.facets)), vocabularies)


def hostile_site(text: str) -> dict[str, str]:
    """A page of each kind. The text, as a value, is part of one path."""
    told = Settings(title=text, tagline=text, notice=text, contact=text)
    problem = Problem(code=text, message=text, file=text, severity="quarantine")
    pages = site(hostile_letter(text), letter(2, injection()), settings=told, problems=[problem], known=hostile_rules(text))
    named = {re.sub(r"(?<=^browse/guideline/)(?!mtus|index)[^/]+", "~", path): html for path, html in pages.items()}
    return {path: html for path, html in named.items() if re.match(r"(?!browse)|browse/(index|guideline)", path)}


DECISION = "decisions/cm99-0000001.html"
Shape = list[tuple[str, tuple[str, ...]]]


def shape(html: str) -> Shape:
    """Elements in order with the names of their attributes."""
    parsed = html5lib.parse(html, namespaceHTMLElements=False)
    return [(str(element.tag), tuple(sorted(map(str, element.attrib)))) for element in parsed.iter()]


@cache
def plain_shapes(length: int) -> dict[str, Shape]:
    return {path: shape(html) for path, html in hostile_site("x" * length).items()}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_hostile_text_changes_no_structure(text: str) -> None:
    """First and last of all that is said, and of one length, so that all are compared with one site."""
    text = text.ljust(100, "x") + text.rjust(100, "x") if len(text) <= 100 else text
    assert {path: shape(html) for path, html in hostile_site(text).items()} == plain_shapes(len(text))


@given(st.lists(st.sampled_from([*HOSTILE[:-1], "<", ">", '"', "'", "&", "=", "/", " "]), min_size=1, max_size=4).map("".join))
@settings(max_examples=2000 if FULL else 15, deadline=None)
def test_mixtures_of_hostile_text_change_no_structure(text: str) -> None:
    assert shape(hostile_site(text)[DECISION]) == plain_shapes(len(text))[DECISION]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    shown = hostile_letter(text)
    parsed = html5lib.parse(site(shown)[shown.url], namespaceHTMLElements=False)
    headings = ["".join(element.itertext()) for element in parsed.iter("h2")]
    assert text.strip() in [heading.strip() for heading in headings]


def test_without_escaping_the_same_check_fails() -> None:
    """The negative control."""
    broken = render.Renderer({"page.html": "{% autoescape false %}<p>{{ text }}</p>{% endautoescape %}"}, {})
    sound = render.Renderer({"page.html": "<p>{{ text }}</p>"}, {})
    pages = [Page(path="x.html", template="page.html", context={"text": text}) for text in (HOSTILE[0], "x")]
    assert len({str(shape(broken.render(page).content.decode())) for page in pages}) == 2
    assert len({str(shape(sound.render(page).content.decode())) for page in pages}) == 1


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_data_in_a_script_element_comes_back_as_it_went_in(text: str) -> None:
    template = '<script type="application/json">{{ data|tojson }}</script><p>'
    page = Page(path="x.html", template="x", context={"data": {text: [text]}})
    html = render.Renderer({"x": template}, {}).render(page).content.decode()
    (script,) = html5lib.parse(html, namespaceHTMLElements=False).iter("script")
    assert json.loads(script.text or "") == {text: [text]}


def test_only_one_module_makes_markup_and_no_template_switches_escaping_off() -> None:
    for path in sorted((TEMPLATES.parent / "site_builder").rglob("*.py")):
        assert ("Markup(" in path.read_text("utf-8")) is (path.name == "render.py"), path
    for name, text in templates().items():
        assert not re.search(r"\|\s*safe|autoescape", text), name


def test_every_page_begins_with_the_policy_and_has_nothing_inline() -> None:
    for path, html in site(letter(1, issue(1), injection(2))).items():
        policy = f'<meta charset=utf-8>\n<meta http-equiv=Content-Security-Policy content="{CSP}">\n'
        begins = re.match(r'<!doctype html>\n<html lang="?(en|es)"?>\n', html)
        assert begins, path
        assert begins[1] == ("es" if path.startswith("es/") else "en"), path
        assert html[begins.end() :].startswith(policy), path
        assert not re.search(
            r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)|https?://",
            html.replace("w3.org", "").replace(EXAMPLE_ADDRESS, ""),
        ), path


@pytest.mark.parametrize(
    "text", [*HOSTILE, "a=\"b\" c='d'", "../browse/"], ids=lambda text: text[:20].encode("unicode_escape").decode()
)
def test_a_lean_page_is_the_same_page(text: str) -> None:
    """Elements, every value of every attribute, and every word."""

    def read(html: str) -> list[tuple[object, ...]]:
        parsed = html5lib.parse(html, namespaceHTMLElements=False)
        return [
            (found.tag, dict(found.attrib), *((part or "").split() for part in (found.text, found.tail)))
            for found in parsed.iter()
        ]

    given = '<main>\n<p>{{ text }}\n<p title="{{ text }}"><a\nhref="{{ url }}">{{ text }}</a> <b class="x">y</b>\n</main>\n<p>'
    page = Page(path="x.html", template="x", context={"text": text, "url": "../browse/a/"})
    html = render.Renderer({"x": given}, {}).render(page).content.decode()
    assert read(render.lean(html)) == read(html)
    assert "href=../browse/a/>" in render.lean(html)


def test_values_stand_in_quotes_wherever_a_template_puts_them_into_an_attribute() -> None:
    for name, text in templates().items():
        assert not re.search(r"<[^>{}]*=\{\{", text), name


def test_every_page_can_be_indexed_word_by_word() -> None:
    """Cells that touch would glue their words together in a text index."""
    for path, html in site(letter(1, issue(1), injection(2))).items():
        assert not re.search(r"</t[dh]><t[dh]|</caption><thead|</d[dt]><d[dt]", html), path


# --- The renderer


def test_an_asset_is_named_by_its_content() -> None:
    first, same, other = (render.Renderer({}, {"site.css": text}).asset("site.css") for text in (b"a{}", b"a{}", b"b{}"))
    assert re.fullmatch(r"static/site\.[0-9a-f]{8}\.css", first)
    assert first == same != other


def test_a_script_is_published_with_what_it_imports_and_named_by_all_of_it() -> None:
    def published(leaf: bytes) -> list[str]:
        modules = {"a.js": b'import { b } from "./b.js";\nb();\n', "b.js": b"export function b() {" + leaf + b"}\n"}
        return [file.path for file in render.Renderer({}, modules).static_files()]

    (before,), (after,) = published(b"1"), published(b"2")
    assert before.startswith("static/a.")
    assert before != after


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ path.nothing }}", "no attribute 'nothing'"),
        ("\n{% if %}", "line 2"),
        ('{{ asset("gone.css") }}', "templates/static/gone.css"),
        ('{% include "gone.html" %}', "gone.html"),
    ],
)
def test_a_broken_template_is_named(template: str, told: str) -> None:
    with pytest.raises(BuildError, match=re.escape(told)):
        render.Renderer({"page.html": template}, {}).render(Page(path="x.html", template="page.html", context={}))


@pytest.mark.parametrize(("path", "root"), [("index.html", ""), ("about/index.html", "../"), ("a/b/c/index.html", "../../../")])
def test_the_way_to_the_root_goes_up_once_per_folder(path: str, root: str) -> None:
    assert render.root(path) == root


@pytest.mark.parametrize(
    ("date", "written"), [(dt.date(2017, 2, 1), "1 Feb 2017"), (dt.date(2013, 12, 31), "31 Dec 2013"), (None, "")]
)
def test_a_day_is_written_in_words(date: dt.date | None, written: str) -> None:
    assert render.day(date) == written


# --- Hand-written pages


def test_a_page_in_markdown_has_a_title_and_headings_with_ids() -> None:
    written = render.content(
        "help", "---\ntitle: Help\ndescription: How to.\nmenu: 2\n---\n## Find a case\n\n| a | b |\n|---|---|\n| c | d |\n"
    )
    assert (written.front.title, written.front.menu, written.url) == ("Help", 2, "help/")
    assert '<h2 id="find-a-case">' in written.html
    assert "<td>c</td>" in written.html


def test_html_in_markdown_is_text() -> None:
    html = render.content(
        "x", "---\ntitle: X\ndescription: Y\n---\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) <b>b</b>"
    ).html
    assert {tag for tag, _ in shape(html)} == {"html", "head", "body", "p"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Help", "begin with front matter"),
        ("---\ntitle: Help\n", "begin with front matter"),
        ("---\ntitle: Help\n---\n", "description"),
        ("---\ntitle: Help\ndescription: X\nmenue: 1\n---\n", "menue"),
        ("---\n: [\n---\n", "front matter"),
    ],
)
def test_front_matter_that_says_too_little_or_too_much_is_refused(text: str, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        render.content("help", text)


def test_static_files_are_those_that_the_pages_ask_for() -> None:
    html = "".join(site(letter(), settings=Settings(base_url="/")).values())
    asked = set(re.findall(r'["=][./]*(static/[^">]+)[">]', html))
    assert asked == {file.path for file in renderer().static_files()}


# --- What the renderer hands to templates, and what it does to pages


def one_page(template: str, context: dict[str, object] | None = None, path: str = "a/x.html", **given: object) -> str:
    made = render.Renderer({"page.html": template}, {}, **given)  # type: ignore[arg-type]
    return made.render(Page(path=path, template="page.html", context=context or {})).content.decode()


SPANISH = Language(
    name="Español",
    code="es",
    months=tuple(f"m{number}" for number in range(1, 13)),
    texts={"told": "*dos* <b>"},
    scripts={"more": "más"},
)
ENGLISH = Language(texts={"told": "*two* <b>"}, scripts={"more": "more"})


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "en||<em>two</em> &lt;b&gt;|more|Jan|2 Feb 2017|<a><b>"),
        ("es", "es|es/|<em>dos</em> &lt;b&gt;|más|m1|2 m2 2017|<a lang=\"en\"><b hreflang=\"en\">"),
    ],
)  # fmt: skip
def test_a_page_speaks_the_language_that_it_names(language: str, shown: str) -> None:
    template = "{{ lang }}|{{ here }}|{{ t.told }}|{{ said.more }}|{{ said.months[0] }}|{{ date|day }}|<a{{ in_english }}><b{{ to_english }}>"
    context: dict[str, object] = {"language": language, "date": dt.date(2017, 2, 2)}
    assert one_page(template, context, languages=(ENGLISH, SPANISH)) == shown
    del context["language"]
    assert one_page(template, context, languages=(ENGLISH, SPANISH)).startswith("en|")


@pytest.mark.parametrize(
    ("context", "shown"), [({}, "a/x.html|../"), ({"root": "/imr/"}, "a/x.html|/imr/"), ({"path": "elsewhere"}, "elsewhere|../")]
)
def test_a_template_knows_its_path_and_the_way_to_the_root_unless_the_page_says_otherwise(
    context: dict[str, object], shown: str
) -> None:
    assert one_page("{{ path }}|{{ root }}", context) == shown


def test_tags_of_a_template_leave_no_line_and_no_indent_behind() -> None:
    assert one_page("<ul>\n  {% for n in [1, 2] %}\n  <li>{{ n }}\n  {% endfor %}\n</ul>") == "<ul>\n  <li>1\n  <li>2\n</ul>"


def test_a_broken_template_is_named_with_its_line_where_that_is_known() -> None:
    with pytest.raises(BuildError) as with_line:
        one_page("<p>\n{% if %}")
    assert str(with_line.value).startswith("templates/page.html, line 2: Expected an expression")
    with pytest.raises(BuildError) as without:
        one_page("{{ gone }}")
    assert str(without.value) == "templates/page.html, line 1: 'gone' is undefined"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("<p>\n{{ 1 + 'x' }}", "templates/page.html, line 2: TypeError: unsupported operand"),
        ("<p>\n\n{{ 1 / 0 }}", "templates/page.html, line 3: ZeroDivisionError: division by zero"),
        ("{% macro again() %}{{ again() }}{% endmacro %}\n{{ again() }}", "templates/page.html, line 1: RecursionError"),
        ("{% include 'nope.html' %}", "templates/page.html, line 1: there is no template nope.html"),
        ("<p>\n{% include 'part.html' %}", "templates/part.html, line 3: 'gone' is undefined"),
        ("{{ asset('nope.css') }}", "templates/static/nope.css is asked for by a template and is not there"),
    ],
)
def test_whatever_a_template_does_wrong_is_told_with_its_place(template: str, told: str) -> None:
    made = render.Renderer({"page.html": template, "part.html": "\n\n{{ gone }}"}, {})
    with pytest.raises(BuildError) as caught:
        made.render(Page(path="x.html", template="page.html", context={}))
    assert str(caught.value).startswith(told)


GLOSSARY = "---\ntitle: Words\ndescription: X\n---\n## Claims administrator\n\nWho pays.\n"


def test_the_first_glossary_word_of_a_page_leads_to_the_glossary_of_its_language() -> None:
    words = [
        render.content("glossary", GLOSSARY),
        render.content("es/glossary", GLOSSARY.replace("Claims administrator", "Quien paga")),
    ]
    said = {"languages": (ENGLISH, SPANISH), "contents": [*words, render.content("help", GLOSSARY)]}
    main = "<main>the claims administrator, quien paga</main>"
    assert one_page(main, **said) == (  # type: ignore[arg-type]
        '<main>the <a href="../glossary/#claims-administrator">claims administrator</a>, quien paga</main>'
    )
    assert one_page(main, {"language": "es", "root": "/"}, **said) == (  # type: ignore[arg-type]
        '<main>the claims administrator, <a href="/es/glossary/#quien-paga">quien paga</a></main>'
    )
    assert one_page(main, {"content": words[0]}, **said) == main, "the glossary itself explains its words"  # type: ignore[arg-type]
    assert "<a href" in one_page(main, {"content": render.content("help", GLOSSARY)}, **said)  # type: ignore[arg-type]
    assert one_page(main) == main


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<a class="one" href="../x/?a=1#b">', '<a class=one href="../x/?a=1#b">'),
        ('<a href="../x.html#b" class="one">', "<a href=../x.html#b class=one>"),
        ('<a class="one two" title="" rel="a&#34;b">', '<a class="one two" title="" rel="a&#34;b">'),
        ('<img alt="x"/><b id="y"\n>', '<img alt="x"/><b id=y\n>'),
        ("<p>it&#39;s", "<p>it's"),
        ("<p>a</p>\n\n<p>b</p>\n</div>\n<b>c</b>\nd\n<p>", "<p>a</p><p>b</p></div>\n<b>c</b>\nd\n<p>"),
        ("<h2>a</h2>\n<h3>\n<pre>\n<header>\n<script>", "<h2>a</h2><h3>\n<pre><header><script>"),
    ],
)  # fmt: skip
def test_a_lean_page_says_the_same_in_fewer_bytes(html: str, left: str) -> None:
    assert render.lean(html) == left
    assert shape(html) == shape(left)


def test_only_pages_of_which_there_is_one_for_every_letter_are_made_lean() -> None:
    made = render.Renderer({"decision.html": '<p id="x">', "other.html": '<p id="x">'}, {})
    shown = [made.render(Page(path="x.html", template=name, context={})).content for name in ("decision.html", "other.html")]
    assert shown == [b"<p id=x>", b'<p id="x">']


def test_assets_keep_their_suffix_and_their_bytes_and_come_in_order() -> None:
    names = ["b.min.js", "a.css", "c.js"]
    made = render.Renderer({}, {"c.js": b"// \xff", "a.css": b'"./c.js"', "b.min.js": b"1"})
    files = {file.path: file.content for file in made.static_files()}
    assert list(files) == sorted(files)
    assert files[made.asset("a.css")] == b'"./c.js"'
    assert files[made.asset("c.js")] == b"// \xff"
    digest = hashlib.sha256(b"1").hexdigest()[:8]
    assert made.asset("b.min.js") == f"static/b.min.{digest}.js"
    assert {made.asset(name) for name in names} == files.keys()
    with pytest.raises(BuildError, match=r"^templates/static/gone\.js is asked for by a template and is not there$"):
        made.asset("gone.js")


def test_a_hand_written_page_stands_in_the_folder_of_its_language_and_says_what_it_is() -> None:
    def written(name: str) -> render.Content:
        return render.content(name, '---\ntitle: T\ndescription: D\noffline: true\n---\n### Three\n\n#### Four\n\n"a" -- b ...\n')

    for name, language, glossary in (("help", "en", False), ("es/glossary", "es", True), ("es/glossary-of-old", "es", False)):
        assert (written(name).url, written(name).language, written(name).is_glossary) == (f"{name}/", language, glossary)
    assert written("help").html == '<h3 id="three">Three</h3>\n<h4>Four</h4>\n<p>&quot;a&quot; -- b ...</p>\n'
    assert written("help").front == render.Front(title="T", description="D", menu=0, offline=True)


def test_a_page_whose_front_matter_is_broken_is_named() -> None:
    with pytest.raises(BuildError, match=r"^templates/content/es/help\.md: begin with front matter between two lines of `---`$"):
        render.content("es/help", "x\n---\ntitle: T\ndescription: D\n---\nText")
    with pytest.raises(BuildError, match=r"^templates/content/help\.md: front matter: .*title"):
        render.content("help", "---\ntitle: 1\ndescription: D\n---\nText\n---\n")
