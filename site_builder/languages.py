"""Languages as data: loads templates/strings/*.toml and proves that every file says the same things. Pure: texts in, values out.

English is the language of the letters and of the facet files; a further language is a file more. Texts must be there in each,
with the same {names} in them. Labels of facets and values may be missing: then the English one is shown, marked as English.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

import msgspec

from site_builder.model import BuildError, Frozen
from site_builder.rules import Facet, Rules

FIRST = "en"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class FacetWords(Frozen, frozen=True, forbid_unknown_fields=True):
    """A facet's names in another language."""

    label: str
    plural: str
    help: str = ""
    values: Mapping[str, tuple[str, ...]] = {}
    """Value id -> label, or label and note."""


class Language(Frozen, frozen=True, forbid_unknown_fields=True):
    """What pages say in one language."""

    name: str = "English"
    """Of the language, in it."""
    code: str = FIRST
    """As in `lang`. Filled by the loader: the stem of the file."""
    months: tuple[str, ...] = MONTHS
    texts: Mapping[str, str] = {}
    """Inline Markdown; {names} are filled in by the templates."""
    scripts: Mapping[str, str] = {}
    """What the scripts of the search page say: plain text."""
    facets: Mapping[str, FacetWords] = {}

    def named(self, facet: Facet) -> Facet:
        """The facet with its names in this language, where it has them."""
        words = self.facets.get(facet.key)
        return msgspec.structs.replace(facet, label=words.label, plural=words.plural, help=words.help) if words else facet

    def of_value(self, facet: Facet, id: str) -> tuple[str, ...]:
        """Label, or label and note, of a value in this language; empty where it has none."""
        words = self.facets.get(facet.vocabulary or facet.key)
        return words.values.get(id, ()) if words else ()

    def of_english(self, facet: Facet) -> str:
        """`lang` of a value's label that is not translated: none in the first language, and none of an open facet's values."""
        return "" if self.code == FIRST or facet.open else FIRST

    @property
    def folder(self) -> str:
        """Where its pages stand below the site's root: empty for the first."""
        return "" if self.code == FIRST else f"{self.code}/"


def load(files: Mapping[str, str], rules: Rules) -> tuple[Language, ...]:
    """`files`: code -> text. English first. Raises BuildError naming the file and the key."""
    languages = sorted((_read(code, text) for code, text in files.items()), key=lambda found: (found.code != FIRST, found.code))
    if not languages or languages[0].code != FIRST:
        raise BuildError(f"templates/strings/{FIRST}.toml is missing: the other languages are held against it")
    for language in languages:
        _prove(language, languages[0], rules)
    return tuple(languages)


def _read(code: str, text: str) -> Language:
    try:
        language = msgspec.toml.decode(text, type=Language)
    except msgspec.DecodeError as error:
        raise BuildError(f"templates/strings/{code}.toml: {error}") from error
    if len(language.months) != len(MONTHS):
        raise BuildError(f"templates/strings/{code}.toml: months: {len(language.months)} are given, a year has twelve")
    return msgspec.structs.replace(language, code=code)


def _prove(language: Language, first: Language, rules: Rules) -> None:
    name = f"templates/strings/{language.code}.toml"
    _prove_texts(name, language.texts, first.texts)
    _prove_texts(name, language.scripts, first.scripts)
    known = {facet.key: {value.id for value in facet.value} for facet in rules.facets}
    for facet, words in language.facets.items():
        if facet not in known:
            raise BuildError(f"{name}: facets.{facet} names no facet file")
        for value, told in words.values.items():
            if value not in known[facet]:
                raise BuildError(f"{name}: facets.{facet}: {value!r} is no value of facets/{facet}.toml")
            if not 1 <= len(told) <= 2:
                raise BuildError(f"{name}: facets.{facet}.{value}: give the label, or the label and the note")


def _prove_texts(name: str, texts: Mapping[str, str], first: Mapping[str, str]) -> None:
    for key in sorted(texts.keys() ^ first.keys()):
        raise BuildError(f"{name}: {key!r} is {'missing' if key in first else f'not in {FIRST}.toml'}")
    for key, text in texts.items():
        if _names(text, f"{name}: {key}") != _names(first[key], key):
            raise BuildError(f"{name}: {key!r} must hold the same {{names}} as in {FIRST}.toml")


def _names(text: str, place: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise BuildError(f"{place}: {error}; a brace that is meant is written twice") from error
