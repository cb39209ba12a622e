"""Words of a letter become links to what they name."""

from __future__ import annotations

import pytest

from site_builder import rules
from site_builder.collection import Collection
from site_builder.linked import linked
from site_builder.settings import Settings
from tests.example_site import issue, letter

SAID = '\n[[value]]\nid = "{0}"\nlabel = "{0} by name"\nwords = {1}\n{2}'
GUIDELINES = 'label = "Guideline"\nplural = "Guidelines"\nlevel = "issue"\norder = 1\nfield = "imr_guidelines"\n' + "".join(
    SAID.format(id, words, f'parent = "{parent}"\n' if parent else "")
    for id, words, parent in (
        ("mtus", ["MTUS"], ""),
        ("mtus/back", ["Back", "Chapter 12"], "mtus"),
        ("odg", ["ODG"], ""),
        ("odg/pain", ["Pain"], "odg"),
    )
)
RULES = rules.load({"guideline": GUIDELINES})
KNOWN = ("mtus", "mtus/back", "odg", "odg/pain")
SITE = Collection([letter(1, issue(facets={"guideline": KNOWN}))], RULES, Settings())


@pytest.mark.parametrize(
    ("text", "ids", "told", "left"),
    [
        ("MTUS Back 2004.", ["mtus/back"], "MTUS [Back] 2004.", []),
        ("MTUS Back, Section: Pain. ODG, Pain", ["mtus/back", "odg/pain"], "MTUS [Back], Section: Pain. ODG, [Pain]", []),
        ("The ODG says so.", ["odg/pain"], "The [ODG] says so.", []),  # the family, where the value itself is not named
        ("Nothing of the kind", ["odg/pain"], "Nothing of the kind", ["odg/pain by name"]),
        ("MTUS Back", ["mtus/back", "odg/unheard"], "MTUS [Back]", ["odg/unheard"]),  # no page, no link
        ("two  blanks: MTUS Back", ["mtus/back"], "two  blanks: MTUS Back", ["mtus/back by name"]),  # offsets would not fit
        ("MTUS Back Complaints, Chapter 12.", ["mtus/back"], "MTUS Back Complaints, [Chapter 12].", []),  # the longest words
        ("", ["mtus/back"], "", ["mtus/back by name"]),
    ],
)
def test_the_words_that_name_a_value_are_its_link(text: str, ids: list[str], told: str, left: list[str]) -> None:
    pieces, others = linked(SITE, SITE.facets[0], text, ids)
    assert "".join(f"[{piece.label}]" if piece.url else piece.label for piece in pieces) == told
    assert [link.label for link in others] == left


def test_a_link_leads_to_the_page_of_the_value() -> None:
    pieces, _ = linked(SITE, SITE.facets[0], "MTUS Back", ["mtus/back"])
    assert [piece.url for piece in pieces] == ["", "browse/guideline/mtus/back/"]
