"""All facet files together: they prove themselves, they name fields that exist, and a letter is tagged from them alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from site_builder import facets, rules
from site_builder.model import BuildError, Citation, Evidence, Issue, Letter, Section

FOLDER = Path(rules.__file__).with_name("facets")
FILES = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.toml")}
RULES = rules.load(FILES)
OWNERS = {"issue": Issue, "letter": Letter}

LATERALITY = """
label = "Side"
plural = "Sides"
level = "issue"
order = 70
over = "disputed"

[[value]]
id = "left"
label = "Left"
words = ["left", "lt"]

[[value]]
id = "right"
label = "Right"
words = ["right", "rt"]
counter = ["Patient's rights"]

[[value]]
id = "bilateral"
label = "Both"
words = ["bilateral", "both"]
patterns = [["bilat\\\\.?", "EMG bilat. legs"]]
"""
"""The example of the README: a facet is one file."""


def letter(*issues: Issue) -> Letter:
    summary = "The injured worker is a 44-year-old female who complains of low back pain radiating to the left leg."
    return Letter(
        id="cm99-0000001",
        source="one.txt",
        sha256="0" * 64,
        format="determination",
        decision_date=dt.date(2016, 12, 21),
        priority="standard",
        licensure=("California", "TX"),
        specialties=("Physical Medicine and Rehabilitation", "Sports Medicinea"),
        age=44,
        sex="female",
        sections=(Section(kind="summary", heading="CLINICAL CASE SUMMARY", paragraphs=(summary,)),),
        issues=issues,
    )


def issue(disputed: str, ur: str, imr: str, outcome: str = "upheld", number: int = 1) -> Issue:
    return msgspec.convert(
        {"number": number, "request": disputed, "disputed": disputed, "outcome": outcome, "ur": {"raw": ur}, "imr": {"raw": imr}},
        Issue,
    )


LOW_BACK = "Decision based on MTUS Low Back Complaints 2004, Section(s): Special Studies."
KNEE = "Decision based on MTUS Knee Complaints 2004, Section(s): Special Studies."
NOTHING = "The Expert Reviewer did not cite any medical evidence for its decision."


def test_every_facet_file_proves_its_examples_and_counter_examples() -> None:
    assert {"outcome", "body-part", "treatment", "guideline", "ur-guideline", "specialty", "licensure", "year"} <= set(FILES)


@pytest.mark.parametrize("stem", sorted(FILES))
def test_a_facet_file_reads_as_plain_words(stem: str) -> None:
    facet = RULES.vocabularies[stem].facet
    assert stem == stem.lower()
    assert stem.replace("-", "").isalnum()
    assert all(value.label and value.id == value.id.lower() for value in facet.value)
    assert not any(value.note.endswith(" ") or (value.note and value.note[-1] != ".") for value in facet.value)
    assert len({value.label for value in facet.value}) == len(facet.value), "two values look the same"


@pytest.mark.parametrize("facet", RULES.facets, ids=lambda facet: facet.key)
def test_a_facet_reads_something_that_exists_at_its_level(facet: rules.Facet) -> None:
    owner = OWNERS[facet.level]
    name = facet.over or facet.field or ""
    assert name in owner.__struct_fields__ or isinstance(getattr(owner, name, None), property)


def test_a_letter_is_tagged_with_its_fields_its_facets_and_their_parents() -> None:
    tagged = facets.tag(letter(issue("MRI of the lumbar spine", LOW_BACK, LOW_BACK)), RULES)
    assert tagged.injured_body_parts
    assert tagged.facets["specialty"] == ("physical-medicine-and-rehabilitation", "sports-medicine")
    assert tagged.facets["licensure"] == ("california", "texas")
    assert tagged.facets["year"] == ("2016",)
    assert tagged.facets["age"] == ("40-49",)
    assert tagged.facets["sex"] == ("female",)
    (only,) = tagged.issues
    assert (only.category, only.subcategory) == ("diagnostic-testing", "imaging")
    assert only.facets["treatment"] == ("diagnostic-testing", "diagnostic-testing/imaging")
    assert only.facets["guideline"] == ("mtus", "mtus/low-back")
    assert only.facets["body-part"] == ("low-back",)
    assert only.facets["outcome"] == ("upheld",)
    assert only.facets["guidelines-differ"] == ("no",)
    assert only.facets["retrospective"] == ("no",)
    assert "specialty" not in only.facets


def test_an_item_upheld_without_evidence_is_refused_with_its_parent() -> None:
    refused = issue("Associated surgical service: Shoulder sling", LOW_BACK, NOTHING)
    approved = issue("Associated surgical service: Shoulder sling", LOW_BACK, NOTHING, "overturned", 2)
    argued = issue("Associated surgical service: Shoulder sling", LOW_BACK, LOW_BACK, "upheld", 3)
    tagged = facets.tag(letter(refused, approved, argued), RULES)
    assert [one.ancillary for one in tagged.issues] == [True, False, False]
    assert [one.facets["ancillary"] for one in tagged.issues] == [("yes",), ("no",), ("no",)]
    assert tagged.issues[0].facets["no-evidence"] == ("imr",)


@pytest.mark.parametrize(
    ("reason", "ancillary"),
    [
        ("Since the primary procedure is not medically necessary, none of the associated services are.", True),
        ("The sling is not needed after arthroscopy.", False),
    ],
)
def test_an_item_refused_because_of_the_operation_goes_with_it_where_nobody_cites_anything(reason: str, ancillary: bool) -> None:
    refused = msgspec.structs.replace(issue("Shoulder sling", "", ""), rationale=(reason,))
    (tagged,) = facets.tag(letter(refused), RULES).issues
    assert tagged.ancillary is ancillary


def test_sides_that_cite_other_guidelines_differ_and_a_side_without_guideline_is_not_compared() -> None:
    tagged = facets.tag(letter(issue("Norco 10/325mg", LOW_BACK, KNEE), issue("Norco 10/325mg", LOW_BACK, NOTHING)), RULES)
    assert tagged.issues[0].facets["guidelines-differ"] == ("yes",)
    assert "guidelines-differ" not in tagged.issues[1].facets


def test_every_derived_value_says_which_rule_fired_on_which_words() -> None:
    tagged = facets.tag(letter(issue("Norco 10/325mg", LOW_BACK, KNEE), issue("Sling", LOW_BACK, NOTHING)), RULES)
    norco, sling = tagged.issues
    fields = {evidence.field for one in tagged.issues for evidence in one.evidence}
    assert {"ur_guidelines", "imr_guidelines", "category", "body_parts", "ancillary", "guidelines_differ"} <= fields
    assert [(one.value, one.words) for one in sling.evidence if one.field == "no_evidence_cited"] == [("imr", NOTHING)]
    assert {"injured_body_parts", "specialty", "licensure"} <= {evidence.field for evidence in tagged.evidence}
    assert [one.words for one in norco.evidence if one.field == "body_parts"] == ["mtus/knee"]
    assert all(one.value in sling.body_parts for one in sling.evidence if one.field == "body_parts")


def test_a_number_of_days_says_between_which_dates() -> None:
    given = msgspec.structs.replace(letter(), received_date=dt.date(2016, 12, 1))
    (told,) = (one for one in facets.tag(given, RULES).evidence if one.field == "days_to_decision")
    assert (told.value, told.words) == ("20", "2016-12-01 to 2016-12-21")


def test_tagging_twice_changes_nothing() -> None:
    once = facets.tag(letter(issue("Sling", LOW_BACK, NOTHING)), RULES)
    assert facets.tag(once, RULES) == once


def test_a_category_given_beside_the_letter_stands() -> None:
    given = msgspec.structs.replace(issue("Sling", LOW_BACK, LOW_BACK), category="surgery", subcategory="adjunct")
    (tagged,) = facets.tag(letter(given), RULES).issues
    assert tagged.facets["treatment"] == ("surgery", "surgery/adjunct")


def test_evidence_that_the_parser_gave_is_kept() -> None:
    read = Evidence(field="retrospective", value="yes", rule="dos", words="DOS: 1/2/14")
    given = msgspec.structs.replace(issue("Sling", LOW_BACK, LOW_BACK), evidence=(read,), retrospective=True)
    (tagged,) = facets.tag(letter(given), RULES).issues
    assert read in tagged.evidence
    assert tagged.facets["retrospective"] == ("yes",)


def test_a_letter_of_which_nothing_is_known_is_tagged_without_guessing() -> None:
    bare = Letter(
        id="x", source="x.txt", sha256="", format="x", issues=(Issue(number=1, request="?", disputed="?", outcome=None),)
    )
    tagged = facets.tag(bare, RULES)
    assert not tagged.facets
    (only,) = tagged.issues
    assert not {"treatment", "body-part", "guideline", "outcome", "guidelines-differ"} & set(only.facets)
    assert only.ur == Citation()


@pytest.mark.parametrize(
    ("disputed", "sides"),
    [
        ("Left knee MRI", ("left",)),
        ("MRI, right and left wrists", ("left", "right")),  # in the order of the file
        ("EMG bilat. legs", ("bilateral",)),
        ("Norco 10/325mg", ()),
    ],
)
def test_a_new_facet_is_one_file(disputed: str, sides: tuple[str, ...]) -> None:
    extended = rules.load({**FILES, "laterality": LATERALITY})
    (tagged,) = facets.tag(letter(issue(disputed, LOW_BACK, LOW_BACK)), extended).issues
    assert tagged.facets.get("laterality", ()) == sides
    assert "laterality" in [facet.key for facet in extended.facets]


def test_a_new_word_is_one_line() -> None:
    request = letter(issue("Glorfosin for the knee", LOW_BACK, LOW_BACK))
    assert facets.tag(request, RULES).issues[0].category is None
    extended = FILES["treatment"].replace('"nsaid", "nsaids", ', '"nsaid", "nsaids", "glorfosin", ', 1)
    (tagged,) = facets.tag(request, rules.load({**FILES, "treatment": extended})).issues
    assert tagged.facets["treatment"] == ("pharmaceuticals", "pharmaceuticals/nsaid")


def test_a_rule_that_stops_working_stops_the_build_by_name() -> None:
    broken = FILES["specialty"].replace('words = ["dermatology", ', 'counter = ["Dermatology"]\nwords = ["dermatology", ', 1)
    with pytest.raises(BuildError, match=r"specialty\.toml: dermatology: counter-example 'Dermatology'"):
        rules.load({**FILES, "specialty": broken})
