"""The report by which vocabularies grow: counted over letters made up here, of which every figure is known."""

from __future__ import annotations

import msgspec
import pytest

from site_builder import coverage
from site_builder.model import Citation, Letter, Problem, Section
from tests.example_site import RULES, injection, issue, letter

NAMED = Citation(raw="ODG, Low Back.", guidelines=("odg/low-back",))


def report(*letters: Letter, problems: tuple[Problem, ...] = (), most: int = 10) -> coverage.Coverage:
    return coverage.report(letters, problems, RULES, most)


def counted(rows: tuple[coverage.Counted, ...]) -> list[tuple[str, int]]:
    return [(row.text, row.count) for row in rows]


UNTAGGED = (
    letter(1, issue(1), injection(2), issue(3, disputed="Walker", facets={"outcome": ("upheld",)})),
    letter(2, issue(1, disputed="Walker", facets={}), issue(2, disputed="Brace", facets={})),
    letter(3, issue(1, disputed="Cane", facets={}), facets={}),
)


@pytest.mark.parametrize(
    ("facet", "level", "total", "tagged", "values", "untagged"),
    [
        ("outcome", "issue", 6, 3, 2, [("Brace", 1), ("Cane", 1), ("Walker", 1)]),
        ("treatment", "issue", 6, 2, 3, [("Walker", 2), ("Brace", 1), ("Cane", 1)]),  # parents are values too
        ("body-part", "issue", 6, 2, 2, [("Walker", 2), ("Brace", 1), ("Cane", 1)]),
        ("specialty", "letter", 3, 2, 1, [("CM99-0000003.txt", 1)]),  # a letter has no words of its own: its file is named
        ("year", "letter", 3, 2, 1, [("CM99-0000003.txt", 1)]),
    ],
)
def test_a_facet_is_counted_over_what_it_is_of(
    facet: str, level: str, total: int, tagged: int, values: int, untagged: list[tuple[str, int]]
) -> None:
    (found,) = (found for found in report(*UNTAGGED).facets if found.facet == facet)
    assert (found.level, found.total, found.tagged, found.values) == (level, total, tagged, values)
    assert found.share == tagged / total
    assert counted(found.untagged) == untagged


def test_a_facet_of_nothing_is_wholly_tagged() -> None:
    assert {found.share for found in report().facets} == {1.0}


def test_hidden_facets_are_left_out_and_sparse_ones_tell_no_examples() -> None:
    changed = {"year": {"order": -1}, "treatment": {"sparse": True}}
    facets = tuple(msgspec.structs.replace(facet, **changed[facet.key]) for facet in RULES.facets if facet.key in changed)
    rules = RULES._replace(facets=facets)
    (found,) = coverage.report(UNTAGGED, (), rules).facets
    assert (found.facet, found.tagged, found.total, found.untagged) == ("treatment", 2, 6, ())


@pytest.mark.parametrize(
    ("guidelines", "is_vague"),
    [
        ((), True),
        (("other",), True),
        (("odg/unspecified", "mtus/other", "other"), True),
        (("odg/unspecified", "odg/low-back"), False),  # one source is named
        (("none",), False),  # "cites no evidence" is understood
    ],
)
def test_a_citation_is_vague_where_no_source_in_it_has_a_name(guidelines: tuple[str, ...], is_vague: bool) -> None:
    cited = Citation(raw="Decision based on something.", guidelines=guidelines)
    for sides in ({"ur": cited, "imr": NAMED}, {"ur": NAMED, "imr": cited}):
        found = report(letter(1, issue(**sides)))
        assert counted(found.vague_citations) == [("Decision based on something.", 1)] * is_vague


def test_a_side_that_cites_nothing_is_no_vague_citation() -> None:
    assert report(letter(1, issue(ur=Citation(), imr=NAMED))).vague_citations == ()


def test_vague_citations_come_most_frequent_first_and_cut_short() -> None:
    often, long = Citation(raw="Z"), Citation(raw="x" * (coverage.LONGEST + 1))
    letters = (letter(1, issue(1, ur=often, imr=often), issue(2, ur=long, imr=Citation(raw="A"))), letter(2, issue(ur=often)))
    assert counted(report(*letters).vague_citations) == [("Z", 3), ("A", 1), ("x" * (coverage.LONGEST - 1) + "…", 1)]
    assert counted(report(*letters, most=1).vague_citations) == [("Z", 3)]


def test_words_of_unknown_outcomes_are_counted_those_of_known_ones_not() -> None:
    unknown = {"outcome": None, "outcome_words": "Remanded"}
    letters = (
        letter(1, issue(1, **unknown), issue(2), issue(3, outcome=None, outcome_words="")),
        letter(2, issue(1, **unknown)),
    )
    assert counted(report(*letters).unknown_outcomes) == [("Remanded", 2), ("(none)", 1)]


STRAY = "MRI denied. DECISION RATIONALE: no red flag."


@pytest.mark.parametrize(
    ("odd", "is_told"),
    [
        (letter(1), False),  # `Decision rationale:` opens every rationale: a label is in its place
        (letter(1, issue(rationale=(STRAY,))), True),
        (letter(1, issue(request=STRAY)), True),
        (letter(1, issue(ur=Citation(raw=STRAY))), True),
        (letter(1, issue(imr=Citation(raw=STRAY))), True),
        (letter(1, sections=(Section(kind="summary", heading="", paragraphs=("Fell.", STRAY)),)), True),
        (letter(1, issue(rationale=("The rationale of the decision is sound.",))), False),
    ],
)
def test_letters_are_named_in_which_a_rationale_label_stands_out_of_place(odd: Letter, is_told: bool) -> None:
    assert report(letter(2), odd).hidden_issues == (odd.id,) * is_told


def test_the_report_in_words() -> None:
    left_out = Problem(code="no-issue", message="No issue was found", file="x.txt", severity="quarantine")
    odd = issue(1, disputed="Walker", facets={}, outcome=None, outcome_words="Remanded", imr=Citation(raw="Somebody."))
    found = report(
        letter(1, odd, issue(2, rationale=(STRAY,))),
        problems=(left_out, msgspec.structs.replace(left_out, severity="warning")),
    )
    assert (found.letters, found.issues, found.quarantined, len(found.problems)) == (1, 2, 1, 2)
    lines = coverage.as_text(found).split("\n")
    assert lines[:4] == [
        "1 letter, 2 issues, 1 quarantined",
        "",
        "Outcome                                 50.0%  1/2 issues, 1 value in use",
        "Treatment                               50.0%  1/2 issues, 1 value in use",
    ]
    said = "\n".join(lines)
    for told in (
        "Without outcome, most frequent first:\n     1  Walker\n",
        "Citations of which no source was recognised, most frequent first:\n     1  Somebody.\n",
        "Outcome words that are not known, most frequent first:\n     1  Remanded\n",
    ):
        assert told in said
    assert "Without specialty" not in said
    assert lines[-1] == "A rationale label stands outside its place, so an issue may be missing in: cm99-0000001"


def test_no_share_is_told_of_nothing() -> None:
    assert coverage.as_text(report()) == "0 letters, 0 issues, 0 quarantined"
