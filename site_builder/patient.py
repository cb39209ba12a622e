"""Age and sex of the injured worker, from the clinical case summary.

The first age that is said of a person counts ("is a 51-year-old female", "45 y/o"); relatives and lengths of time do not. Sex is
the noun beside that age, else any noun for the injured worker, else the pronouns, where nearly all agree. Known limit: an age
that must be computed from a date of birth stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from site_builder.model import Evidence

Sex = Literal["male", "female"]

_TENS = {name: 10 * number for number, name in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty"), 2)}
_ONES = {name: number for number, name in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)}
_NOUN = r"(?:fe)?males?|(?:wo)?man|gentleman|lady|[mf]"
_AGE = re.compile(
    rf"(?<![\w.#/$-])(?P<number>\d{{2}}|(?:{'|'.join(_TENS)})(?:[\s-]+(?:{'|'.join(_ONES)}))?)\s*-?\s*"
    r"(?:(?:years?|yrs?\.?|y)\s*(?:-|\s|/|\.)?\s*(?:olds?|of age|o\b\.?|(?=(?:fe)?male|(?:wo)?man\b))|yo\b|y\.\s?o\.)"
    r"(?=(?P<after>.{0,80}))",  # not taken: what stands there may be the next age
    re.IGNORECASE | re.DOTALL,
)
_AGED = re.compile(
    r"\b(?:(?:aged|age of|age:?|age is)\s+"
    r"|(?:s?he|worker|patient|claimant|applicant|employee|m(?:s|rs?)\.?) is (?:now )?(?=\d\d(?:[.,;]|$))"
    r"|(?:worker|patient|claimant|applicant|employee), (?=\d\d,))"
    r"(?P<number>\d{2})\b(?![\d.]\d)(?=(?P<after>.{0,40}))",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(rf"(?:\b(?:is|was)\s+an?\s+|\A)(?P<number>\d{{2}})\s*-?\s*(?P<after>(?:{_NOUN})\b)", re.IGNORECASE)
_RELATIVE = re.compile(
    r"^[\s,-]*(?:(?!(?:with|whose|who)\b)\w+\s+)?(?:son|daughter|child|children|boy|girl|wife|husband|spouse|mother|father|brother|sister|injury"
    r"|history|claim|"
    r"fracture|fusion|prosthesis|implant|car|vehicle|study|MRI|report)\b"
    r"(?! (?:\w+ )?(?:worker|teacher|sales\w*|mechanic|driver|detailer|washer|dealer|aide|provider|attendant|porter)\b)",
    re.IGNORECASE,
)
_OF_A_RELATIVE = re.compile(
    r"\b(?:her|his|their)"
    r"(?: (?:mother|father|wife|husband|spouse|partner|son|daughter|brother|sister),? (?:(?:is|was) )?(?:an?)?)?\s*$",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(r"\. |\b(?:who|while|after|when|by)\b", re.IGNORECASE)
"""From there on a sentence may speak of others: `who was lifting a male patient`."""
_BY_ANOTHER = re.compile(r"\b(?:while|by)\b[^.,;]{0,80}", re.IGNORECASE)
_SEXED = re.compile(
    r"\b(?:(?P<female>fe(?:m|rn)a[filt]e|woman|lady)|(?P<male>(?:m|rn)a[filt]e|man|gentleman))\b",  # as OCR may read them
    re.IGNORECASE,
)
_LETTER = re.compile(r"^[\s,-]*(?P<letter>[MF])\b")
_WORKER = re.compile(
    r"\b(?:worker|patient|claimant|applicant|employee|this|is|was)\s*(?:\([^)]{0,20}\)\s*)?(?:is|was)?\s*(?:an?\s+|\(n\)\s*)?"
    r"(?:\w+[\s-]+){0,3}?(?:(?P<female>female|woman|lady)|(?P<male>male|man|gentleman))\b"
    r"|\b(?:(?P<woman>female)|male) (?:[\w-]{1,20} )?(?:worker|patient|claimant|applicant|employee)\b",
    re.IGNORECASE,
)
_FEMALE = re.compile(r"(?<![/\w])(?:she|her|hers|herself|mrs|ms)\b(?!/)", re.IGNORECASE)
_MALE = re.compile(r"(?<![/\w])(?:he|his|him|himself|mr)\b(?!/)", re.IGNORECASE)


class Patient(NamedTuple):
    """What the summary says of the injured worker; None where it does not say it."""

    age: int | None
    sex: Sex | None
    evidence: tuple[Evidence, ...]


class _Said(NamedTuple):
    sex: Sex
    rule: str
    words: str


def read(summary: Iterable[str]) -> Patient:
    """From the paragraphs of the case summary."""
    text = " ".join(summary)
    for match in _ages(text):
        age = _number(match["number"])
        if 14 <= age <= 99 and not _RELATIVE.match(match["after"]) and not _OF_A_RELATIVE.search(text[: match.start()][-30:]):
            told = Evidence(field="age", value=str(age), rule="the first age of a person", words=match.group().strip())
            return _patient(age, (told,), _sex_after(match["after"]) or _sex(text))
    return _patient(None, (), _sex(text))


def _patient(age: int | None, told: tuple[Evidence, ...], said: _Said | None) -> Patient:
    if said is None:
        return Patient(age, None, told)
    return Patient(age, said.sex, (*told, Evidence(field="sex", value=said.sex, rule=said.rule, words=said.words)))


def _ages(text: str) -> list[re.Match[str]]:
    found = [match for pattern in (_AGE, _AGED, _BARE) for match in pattern.finditer(text)]
    return sorted(found, key=lambda match: match.start())


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    return sum(_TENS.get(word) or _ONES[word] for word in re.split(r"[\s-]+", text.lower()))


def _sex_after(text: str) -> _Said | None:
    sentence = _OF_ANOTHER.split(text, 1)[0]
    if letter := _LETTER.match(sentence):
        return _Said("female" if letter["letter"] == "F" else "male", "a letter beside the age", letter["letter"])
    noun = _SEXED.search(sentence)
    return _Said("female" if noun["female"] else "male", "a noun beside the age", noun.group()) if noun else None


def _sex(text: str) -> _Said | None:
    if noun := _WORKER.search(_BY_ANOTHER.sub(" ", text)):
        return _Said("female" if noun["female"] or noun["woman"] else "male", "a noun for the worker", noun.group())
    females, males = (pattern.findall(text) for pattern in (_FEMALE, _MALE))
    if max(len(females), len(males)) <= 4 * min(len(females), len(males)):
        return None
    more = females if len(females) > len(males) else males
    words = ", ".join(dict.fromkeys(map(str.lower, more)))
    return _Said("female" if more is females else "male", "pronouns, of which nearly all agree", words)
