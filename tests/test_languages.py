"""What pages say: every language the same things, English marked as English, glossary words linked where they are used first."""

from __future__ import annotations

import re

import html5lib
import jinja2
import pytest
from playwright.sync_api import Page, expect

from site_builder import languages, model, render, rules
from site_builder.glossary import Glossary
from site_builder.model import BuildError
from site_builder.settings import Settings
from tests.example_site import TEMPLATES, injection, issue, letter, site, spoken

FACETS = {path.stem: path.read_text("utf-8") for path in (TEMPLATES.parent / "site_builder" / "facets").glob("*.toml")}
KNOWN = rules.load(
    {
        "body-part": 'label="Part"\nplural="Parts"\nlevel="issue"\norder=1\nfield="body_parts"\n[[value]]\nid="neck"\nlabel="Neck"\n'
    }
)
EN = '[texts]\nhello = "Hello {name}"\n'


# --- The files


@pytest.mark.parametrize(
    ("spanish", "told"),
    [
        ("[texts]\n", "'hello' is missing"),
        ('[texts]\nhello = "Hola {name}"\nmore = ""\n', "'more' is not in en.toml"),
        ('[texts]\nhello = "Hola"\n', "same {names}"),
        ('[texts]\nhello = "Hola {name"\n', "brace"),
        ('months = ["ene"]\n[texts]\nhello = "Hola {name}"\n', "a year has twelve"),
        ('[texts]\nhello = "Hola {name}"\n[facets.side]\nlabel = "Lado"\nplural = "Lados"\n', "facets.side names no facet file"),
        (
            '[texts]\nhello = "Hola {name}"\n[facets.body-part]\nlabel = "P"\nplural = "P"\nvalues.nek = ["Cuello"]\n',
            "'nek' is no value",
        ),
        ('[texts]\nhello = "Hola {name}"\n[facets.body-part]\nlabel = "P"\nplural = "P"\nvalues.neck = []\n', "give the label"),
        ("[texts\n", "es.toml"),
    ],
)
def test_a_language_that_says_other_things_is_refused(spanish: str, told: str) -> None:
    with pytest.raises(BuildError, match=re.escape(told)):
        languages.load({"en": EN, "es": spanish}, KNOWN)


def test_english_must_be_there() -> None:
    with pytest.raises(BuildError, match=r"en\.toml is missing"):
        languages.load({"es": EN}, KNOWN)


def test_every_facet_has_spanish_names() -> None:
    (_, spanish) = spoken()
    offered = {facet.key for facet in rules.load(FACETS).facets if facet.order >= 0}
    assert offered <= set(spanish.facets)
    assert all(words.label and words.plural and words.help for words in spanish.facets.values())


def test_what_stays_english_in_spanish_are_names_of_states() -> None:
    """A new value fails here until it is translated, or shown to be a proper name."""
    (_, spanish) = spoken()
    left = {
        facet.key
        for facet in rules.load(FACETS).facets
        if not facet.vocabulary
        for value in facet.value
        if value.id not in (spanish.facets[facet.key].values if facet.key in spanish.facets else ())
    }
    assert left <= {"licensure"}


# --- The pages


def test_every_page_that_is_not_of_letters_is_there_in_both_languages_and_links_to_the_other() -> None:
    shown = site(letter(1, issue(1), injection(2)), settings=Settings(base_url="https://example.org/imr/"))
    spanish = {path for path in shown if path.startswith("es/")}
    assert {"es/index.html", "es/search/index.html", "es/browse/index.html", "es/browse/body-part/index.html"} < spanish
    assert {"es/help/index.html", "es/about/index.html", "es/glossary/index.html", "es/coverage/index.html"} < spanish
    for path in spanish:
        english = path.removeprefix("es/")
        for one in (path, english):
            assert re.findall(r'<link rel=alternate hreflang="(..)" href="https://example.org/imr/([^"]*)"', shown[one]) == [
                ("en", english.removesuffix("index.html")),
                ("es", path.removesuffix("index.html")),
            ]
        assert re.search(r'hreflang="en" lang="en">English</a>', shown[path])
        assert re.search(r'hreflang="es" lang="es">Español</a>', shown[english])
        assert "Esta traducción no es oficial" in shown[path]
        assert shown[path].startswith('<!doctype html>\n<html lang="es">')
    assert "Español" not in shown["decisions/cm99-0000001.html"]


def test_links_from_spanish_to_english_say_so_and_words_of_letters_are_marked() -> None:
    shown = site(letter(1))
    for path in (path for path in shown if path.startswith("es/")):
        for link in html5lib.parse(shown[path], namespaceHTMLElements=False).iter("a"):
            target = (link.get("href") or "").replace("../", "")
            if re.match(r"(?:browse/[^/]+/.|decisions/|statistics/.*csv)", target) and "es/" not in target:
                assert link.get("hreflang") == "en", (path, target)
            if target.startswith("decisions/") and "#" in target:
                assert link.get("lang") == "en"


def test_a_name_without_translation_is_marked_as_english() -> None:
    html = site(letter(1))["es/browse/specialty/index.html"]
    assert re.search(r'hreflang="en" lang="en">Pain medicine</a>', html)
    assert re.search(r'hreflang="en">Espalda baja</a>', site(letter(1))["es/browse/body-part/index.html"])


def test_a_template_is_compiled_once_and_speaks_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_ = jinja2.Environment.compile

    def counting(environment: jinja2.Environment, source: str, *told: str) -> object:
        compiled.append(source)
        return compile_(environment, source, *told)

    monkeypatch.setattr(jinja2.Environment, "compile", counting)
    both = (languages.Language(texts={"hello": "Hello"}), languages.Language(code="es", texts={"hello": "Hola"}))
    renderer = render.Renderer({"x.html": "{{ t.hello }}"}, {}, both)
    said = [renderer.render(model.Page(path="x", template="x.html", context={"language": one.code})) for one in both]
    assert ([file.content for file in said], len(compiled)) == ([b"Hello", b"Hola"], 1)


def test_spanish_pages_say_nothing_in_english_by_themselves() -> None:
    """Every text of the interface differs between the languages, but for those that are alike by nature."""
    english, spanish = spoken()
    alike = {key for key in english.texts if english.texts[key] == spanish.texts[key]}
    assert alike <= {"home_title", "share"}


# --- The glossary

WORDS = Glossary(
    '<h2 id="ur">UR</h2><h2 id="claims-administrator">Claims administrator</h2><h2 id="issue">Issue</h2>', "glossary/"
)


def linked(main: str) -> str:
    html = WORDS.linked(f"<title>UR</title><main>{main}</main><footer>UR", "../")
    assert html.startswith("<title>UR</title><main>")
    assert html.endswith("</main><footer>UR")
    return html[len("<title>UR</title><main>") : -len("</main><footer>UR")]


UR = '<a href="../glossary/#ur">UR</a>'
ADMINISTRATOR = '<a href="../glossary/#claims-administrator">claims administrator</a>'


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("<p>UR and UR</p>", f"<p>{UR} and UR</p>"),  # the first use
        ("<p>the claims administrator's UR</p>", f"<p>the {ADMINISTRATOR}'s {UR}</p>"),
        ("<p>OUR URL ur issue</p>", "<p>OUR URL ur issue</p>"),  # parts of words, small letters, one common word
        ('<h1>UR</h1><a href="x">UR</a><p>UR</p>', f'<h1>UR</h1><a href="x">UR</a><p>{UR}</p>'),
        ("<p class=said>UR</p>", "<p class=said>UR</p>"),  # a letter's own words
        ('<div class="said text"><div>UR</div>UR</div>UR', f'<div class="said text"><div>UR</div>UR</div>{UR}'),
        ("<article><p>UR</article>", "<article><p>UR</article>"),
        ("<button>UR</button><label>UR</label><code>UR</code>", "<button>UR</button><label>UR</label><code>UR</code>"),
        ('<img alt="UR"> 1 < 2 UR', f'<img alt="UR"> 1 < 2 {UR}'),
        ("", ""),
    ],
)
def test_the_first_use_of_a_word_links_to_the_glossary(main: str, expected: str) -> None:
    assert linked(main) == expected


def test_a_glossary_without_words_links_nothing() -> None:
    assert Glossary("", "").linked("<main>UR</main>", "") == "<main>UR</main>"


def test_words_are_linked_on_pages_of_ours_and_nowhere_in_a_letter() -> None:
    shown = site(letter(1, issue(rationale=("The UR of the MTUS.",))))
    assert '<a href="glossary/#claims-administrator">claims administrator</a>' in shown["index.html"]
    assert '<a href="../../es/glossary/#ur">UR</a>' in shown["es/about/index.html"]
    assert "glossary/#" not in shown["decisions/cm99-0000001.html"]
    assert "glossary/#" not in shown["glossary/index.html"]  # it is the page itself
    for path, html in shown.items():
        links = re.findall(r'href="[./]*(?:es/)?glossary/#([^"]+)"', html)
        assert len(links) == len(set(links)), path


# --- The search page in Spanish, in a browser


def test_searching_in_spanish_speaks_spanish_and_marks_the_letters_as_english(page: Page, site_url: str) -> None:
    page.goto(f"{site_url}es/search/?q=mri&body-part=low-back")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#heading")).to_contain_text("con «mri»")
    expect(page.locator("#chips")).to_contain_text("Parte del cuerpo: Espalda baja")
    card = page.locator("#results > li").first
    expect(card.locator("ul a").first).to_have_attribute("lang", "en")
    expect(card.locator(".badge").first).to_contain_text("Denegación")
    text = page.locator("main").inner_text()
    assert not re.search(
        r"\b(?:decisions?|issues?|Overturned|Upheld|Filters|Sort|fits?)\b",
        text.replace("(upheld)", "").replace("(overturned)", ""),
    )


def test_a_value_is_suggested_by_its_spanish_name(page: Page, site_url: str) -> None:
    page.goto(f"{site_url}es/search/")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    page.locator("#q").press_sequentially("espalda b")
    expect(page.locator("#suggestions li").first).to_contain_text("Espalda baja")


def test_the_toggle_leads_to_the_same_page_in_the_other_language(page: Page, site_url: str) -> None:
    page.goto(f"{site_url}es/browse/treatment/")
    page.get_by_role("link", name="English").click()
    assert page.url == f"{site_url}browse/treatment/"
    page.get_by_role("link", name="Español").click()
    assert page.url == f"{site_url}es/browse/treatment/"
