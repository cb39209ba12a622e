"""Vocabularies are data that the loader proves."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import rules
from site_builder.model import BuildError
from tests.conftest import ROOT

HEAD = 'label = "Body part"\nplural = "Body parts"\nlevel = "issue"\norder = 1\nfield = "body_parts"\n'
LOW_BACK = '[[value]]\nid = "low-back"\nlabel = "Low back"\nwords = ["low back", "lumbar"]\n'


RULES = rules.load({path.stem: path.read_text("utf-8") for path in (ROOT / "site_builder" / "facets").glob("*.toml")})


def bordered(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", re.ASCII)


def vocabulary(text: str) -> rules.Vocabulary:
    return rules.load({"body-part": HEAD + text}).vocabularies["body-part"]


def test_a_word_is_found_in_any_case_spacing_and_punctuation() -> None:
    found = vocabulary(LOW_BACK).find("PT for the LOW-\tBACK")
    assert [(match.value.id, match.words) for match in found] == [("low-back", "low- back")]


def test_a_word_inside_another_word_is_not_found() -> None:
    assert vocabulary(LOW_BACK).ids("yellow background, lumbarized") == ()


def test_the_longer_match_swallows_the_shorter() -> None:
    text = LOW_BACK + '[[value]]\nid = "puncture"\nlabel = "Puncture"\nwords = ["lumbar puncture"]\n'
    assert vocabulary(text).ids("lumbar puncture, then lumbar MRI") == ("puncture", "low-back")


def test_equal_spans_name_every_value_they_belong_to() -> None:
    text = LOW_BACK + '[[value]]\nid = "upper-back"\nlabel = "Upper back"\nwords = ["low back"]\n'
    assert vocabulary(text).ids("low back") == ("low-back", "upper-back")


def test_a_pattern_with_a_group_of_its_own_is_found_beside_others() -> None:
    grouped = """patterns = [['l-([45])\\1', "l-44"], ["l/s", "l/s"]]\n"""
    found = vocabulary(LOW_BACK + grouped)
    assert [[match.words for match in found.find(text)] for text in ("at L-44", "at L/S", "at L-45")] == [["l-44"], ["l/s"], []]


@given(st.data())
def test_a_vocabulary_finds_what_each_of_its_patterns_finds_alone(data: st.DataObject) -> None:
    found = data.draw(
        st.sampled_from([one for one in RULES.vocabularies.values() if any(value.patterns for value in one.facet.value)])
    )
    patterns = [(value.id, pattern, example) for value in found.facet.value for pattern, example in value.patterns]
    words = st.sampled_from([example for *_, example in patterns]) | st.text("abc l45/-", max_size=8)
    text = rules.squeeze(" ".join(data.draw(st.lists(words, max_size=3))))
    alone = [(name, hit.span()) for name, pattern, _ in patterns for hit in bordered(pattern).finditer(text) if hit.group()]
    assert [(match.value.id, (match.start, match.end)) for match in found._patterns_in(text)] == alone


def test_a_mask_swallows_a_phrase_that_only_looks_like_a_value() -> None:
    masked = rules.load({"x": HEAD + 'masks = [["lumbar (?:road|street)", "Lumbar Street"]]\n' + LOW_BACK})
    assert masked.vocabularies["x"].ids("seen in Lumbar Street for the low back") == ("low-back",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (LOW_BACK + 'patterns = [["l/s", "PT for the C/S"]]\n', "does not find its example"),
        (LOW_BACK + 'counter = ["lumbar support"]\n', "counter-example 'lumbar support' is matched"),
        (LOW_BACK + 'patterns = [["l(", "l("]]\n', "no regular expression"),
        (LOW_BACK + LOW_BACK, "given twice"),
        (LOW_BACK + 'parent = "spine"\n', "parent 'spine' is no value"),
        (LOW_BACK + 'colour = "red"\n', "colour"),
        (LOW_BACK + "label = 3\n", "facets/body-part.toml"),
    ],
)
def test_a_broken_vocabulary_is_refused_with_its_file_and_reason(text: str, complaint: str) -> None:
    with pytest.raises(BuildError) as caught:
        vocabulary(text)
    assert complaint in str(caught.value)
    assert "facets" in str(caught.value)


def test_parents_are_added_in_vocabulary_order() -> None:
    tree = (
        '[[value]]\nid = "injection"\nlabel = "Injection"\n'
        '[[value]]\nid = "injection/epidural"\nlabel = "Epidural"\nparent = "injection"\n'
    )
    assert vocabulary(tree).with_parents(("injection/epidural", "strange")) == (
        "injection",
        "injection/epidural",
        "strange",
    )


def test_files_without_field_and_over_are_vocabularies_only() -> None:
    loaded = rules.load({"a": HEAD.replace('field = "body_parts"\n', "") + LOW_BACK, "b": HEAD + 'vocabulary = "a"\n'})
    assert [facet.key for facet in loaded.facets] == ["b"]
    assert loaded.vocabulary_of(loaded.facets[0]).ids("lumbar") == ("low-back",)


@pytest.mark.parametrize("parents", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}])
def test_parents_that_go_round_in_a_circle_are_refused(parents: dict[str, str]) -> None:
    """A build that met such a value never ended."""
    values = "".join(
        f'[[value]]\nid = "{id}"\nlabel = "{id}"\nwords = ["{id}x"]\nparent = "{parent}"\n' for id, parent in parents.items()
    )
    with pytest.raises(BuildError, match=r"side\.toml: a: its parents go round in a circle"):
        rules.load({"side": f'label = "S"\nplural = "S"\nlevel = "issue"\norder = 1\nover = "disputed"\n{values}'})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('over = "disputd"', r"over = 'disputd' is no field of Issues.*disputed"),
        ('field = "sde"', r"field = 'sde' is no field of Issues"),
        ('level = "letter"\nover = "disputed"', r"over = 'disputed' is no field of Letters, as level = 'letter' says"),
        ('over = "disputed"\n[[value]]\nid = ""\nlabel = "x"', "an id is empty"),
    ],
)
def test_a_facet_of_something_that_is_not_there_is_refused_before_any_letter_is_read(line: str, told: str) -> None:
    """Every letter was held back, for a fault of this program."""
    level = "" if "level" in line else 'level = "issue"\n'
    with pytest.raises(BuildError, match=rf"facets/side\.toml: {told}"):
        rules.load({"side": f'label = "S"\nplural = "S"\norder = 1\n{level}{line}\n'})
