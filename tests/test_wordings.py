"""How the field words things: requests, case summaries, citations and reviewers' credentials, written from knowledge of it before the rules were asked.

Whoever adds a word to a vocabulary sees here what else it changes. A line says what was expected, and the rules find; what
they read otherwise was looked at, and left out where two readings are as good. Nothing is of a real letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from site_builder import body_parts, citations, header, treatments
from site_builder.model import Section
from tests import corpus, letter_texts

WORDINGS = Path(__file__).with_name("wordings")
KNOWN = corpus.known().vocabularies


def requests() -> Iterator[tuple[str, str, list[str]]]:
    """(request, category, regions): four blanks and a request stand below its category, behind a tab its regions."""
    category = ""
    for line in (WORDINGS / "requests.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            request, _, regions = line.strip().partition("\t")
            yield request, category, regions.split()
        else:
            category = line


def rows(name: str) -> Iterator[list[str]]:
    """Fields between tabs."""
    return (line.split("\t") for line in (WORDINGS / name).read_text("utf-8").splitlines())


def ids(field: str) -> list[str]:
    """Ids between blanks; a hyphen for none."""
    return [] if field == "-" else field.split()


def test_a_request_has_the_category_and_the_regions_that_its_words_say() -> None:
    read = {request: (category, sorted(regions)) for request, category, regions in requests()}
    assert len(read) > 2500
    found = {}
    for request in read:
        category, subcategory, _ = treatments.classify(request, KNOWN["treatment"])
        regions, _ = body_parts.requested(request, KNOWN["body-part"])
        found[request] = "/".join(filter(None, (category, subcategory))), sorted(regions)
    assert {request: (said, read[request]) for request, said in found.items() if said != read[request]} == {}


def test_a_summary_gives_the_regions_as_injured_that_it_complains_of() -> None:
    read = {summary: sorted(ids(regions)) for regions, summary in rows("summaries.txt")}
    assert len(read) > 200
    found = {summary: sorted(body_parts.injured([summary], KNOWN["body-part"])[0]) for summary in read}
    assert {summary: (said, read[summary]) for summary, said in found.items() if said != read[summary]} == {}


def test_a_paragraph_cites_the_guidelines_and_sections_that_it_names() -> None:
    read = {paragraph: (ids(guidelines), sections) for guidelines, sections, paragraph in rows("citations.txt")}
    assert len(read) > 700
    found = {paragraph: citations.read(paragraph, KNOWN["guideline"]) for paragraph in read}
    for paragraph, cited in found.items():
        guidelines, sections = read[paragraph]
        assert list(cited.guidelines) == guidelines, paragraph
        if sections:
            assert (" | ".join(name for _, name in cited.sections) or "-") == sections, paragraph


def test_the_credentials_of_a_reviewer_give_states_and_specialties() -> None:
    form = next(form for form in letter_texts.FORMATS if form.key == "determination")
    read = {said: (states.split(","), specialties.split(";")) for states, specialties, said in rows("reviewers.txt")}
    assert len(read) > 100
    for said, (states, specialties) in read.items():
        found, _ = header.fields_of([Section(kind="reviewer", heading="", paragraphs=(said,))], form)
        assert [found.get("licensure", ()), found.get("specialties", ())] == [tuple(states), tuple(specialties)], said
