"""Invented letters in any number: seeded, one at a time, with facets as wide as the vocabularies. `make corpus N=10000 OUT=folder`.

Letter n of a seed is the same in a short corpus and in a long one. Requests, injuries, citations and credentials are worded with the
vocabularies' own words; a wording that the readers understand otherwise is left out, so that what a letter says and what is read
in it agree. Running text follows Zipf's law over a list without end, so that an index of it grows like one of real letters: some
19,000 different words in 1,000 letters, 90,000 in 10,000. All wording is ours.

`letters` gives the letters as the stages after parsing see them, `text` prints one in the format of 2016; parsing and tagging the
print gives what tagging the letter gives. Known limit: sentences are drawn word by word and mean nothing; for what the parser makes
of language, see tests/letters.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import random
import sys
import textwrap
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from site_builder import body_parts, citations, rules, treatments
from site_builder.model import Citation, Issue, Letter, Section
from site_builder.rules import Rules

FACETS = Path(__file__).parents[1] / "site_builder" / "facets"
DAYS = 4748
"""Decisions are made from 2013 to 2025, most of them in the middle."""
ISSUES = (1, 2, 3, 4, 5, 6, 9)
ISSUE_WEIGHTS = (55, 24, 11, 4, 3, 2, 1)
SKEW, BEND = 0.48, 6
"""Word number r has the share (1 + r / BEND) ** -SKEW of all words above it: Zipf and Mandelbrot's law."""
COMMON = (
    "the of and to was with in is for on that has not "
    "pain patient treatment worker injured therapy medical records documented evidence necessary requested improvement exam function "
    "report relief weeks guidelines support chronic sessions medication symptoms radiating tenderness range motion strength numbness "
    "diagnosis date injury conservative physician criteria benefit objective sprain strain weakness reflex raise spasm trigger "
    "degenerative bulge stenosis tear repair swelling instability gait sleep tolerance screening risk side effects taper dose "
    "frequency duration home exercise program plan failure trial response study normal positive negative bilateral severe mild "
    "moderate flare acute subacute modified duty work restriction disability obesity carried lifted smoking conduction denial "
    "appeal authorisation utilization reviewer opinion rationale interval course current prior several months during activity daily "
    "persistent limited noted states remains continued visits office record review shows indicates recommended option whether clear"
)
WORDS = COMMON.split()
BOILERPLATE = (
    "An expert reviewer with no ties to the employer, to the employee, to the employee's family or to the claims administrator was "
    "given the complete case file. The reviewer still treats patients, knows the condition and the treatments that are in dispute, "
    "and is bound by the rules on which evidence counts for more. Everything that the parties sent was read: the application, the denial, "
    "the reports of the treating physician, the results of tests, and what the claims administrator wrote to the employee. A guideline "
    "was looked up as it stood on the day of the decision. These sentences are the same in every letter of this corpus, as the State's "
    "own are the same in every letter of the State; they are part of a letter's size, and no search looks into them."
)
_SYLLABLES = [consonant + vowel for consonant in "bdfglmnprstvzck" for vowel in "aeiou"]
Item = TypeVar("Item")


class Wordings(NamedTuple):
    """How things are said, each proved to be read as what it stands for."""

    requests: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]
    """Treatment -> (words, may a region follow?)."""
    regions: tuple[tuple[str, tuple[str, ...]], ...]
    schedule: tuple[str, ...]
    """Citations of the State's schedule, one guideline each."""
    others: tuple[str, ...]
    """Citations outside it."""
    specialties: tuple[str, ...]
    states: tuple[str, ...]


@cache
def known() -> Rules:
    return rules.load({path.stem: path.read_text("utf-8") for path in FACETS.glob("*.toml")})


def letters(count: int, seed: int = 1, first: int = 0) -> Iterator[Letter]:
    """Untagged, in no order of time. `first`: number of the first letter."""
    for number in range(first, first + count):
        yield _letter(number, random.Random(f"{seed}/{number}"))


def text(letter: Letter) -> str:
    """The letter as the State prints it (format of 2016)."""
    dates = (
        ("Date of Injury", letter.date_of_injury),
        ("Decision Date", letter.decision_date),
        ("UR Denial Date", letter.ur_denial_date),
        ("Application Received", letter.received_date),
    )
    header = [f"Case Number: {letter.case_number}", *(f"{name}: {date:%m/%d/%Y}" for name, date in dates if date)]
    blocks = [
        "\n".join([*header, f"Priority: {(letter.priority or '').title()}"]),
        "HOW THE IMR FINAL DETERMINATION WAS MADE",
        BOILERPLATE,
        "The Expert Reviewer has the following credentials:\n"
        f"State(s) of Licensure: {', '.join(letter.licensure)}\nCertification(s)/Specialty: {', '.join(letter.specialties)}",
        "CLINICAL CASE SUMMARY",
        *letter.case_summary,
        "IMR ISSUES, DECISIONS AND RATIONALES",
        "The Final Determination was based on decisions for the disputed items/services set forth below:",
    ]
    for issue in letter.issues:
        blocks.append(f"{issue.request}{' is' * issue.partial_authorization}: {(issue.outcome or '').title()}")
        blocks += [f"Claims Administrator guideline: {issue.ur.raw}", f"MAXIMUS guideline: {issue.imr.raw}"]
        blocks.append(f"Decision rationale: {' '.join(issue.rationale)}")
    return "\n\n".join("\n".join("\n".join(textwrap.wrap(line, 95)) for line in block.split("\n")) for block in blocks) + "\n"


@cache
def wordings() -> Wordings:
    """From the vocabularies."""
    vocabulary = known().vocabularies
    regions = {
        value.id: tuple(
            word
            for word in value.words
            if body_parts.injured([f"He sustained an injury to the {word}."], vocabulary["body-part"])[0] == (value.id,)
            and body_parts.requested(f"MRI of the {word}", vocabulary["body-part"], ())[0] == (value.id,)
            and treatments.classify(f"MRI of the {word}", vocabulary["treatment"])[:2] == ("diagnostic-testing", "imaging")
        )[:6]
        for value in vocabulary["body-part"].facet.value
    }
    requests = {value.id: tuple(_requests(value.id, value.words)) for value in vocabulary["treatment"].facet.value}
    guidelines = vocabulary["guideline"].facet.value
    schedule = (f"MTUS {value.words[0]} 2016" for value in guidelines if value.parent == "mtus" and value.words)
    others = (
        f"Non-MTUS Official Disability Guidelines (ODG), {value.words[0]} Chapter"
        for value in guidelines
        if value.parent == "odg" and value.words
    )
    return Wordings(
        requests=tuple((treatment, words) for treatment, words in requests.items() if words),
        regions=tuple((region, words) for region, words in regions.items() if words),
        schedule=tuple(raw for raw in schedule if len(_cites(raw)) == 1),
        others=tuple(raw for raw in others if len(_cites(raw)) == 1),
        specialties=_credentials("specialty"),
        states=_credentials("licensure"),
    )


def _requests(treatment: str, words: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Up to a dozen words for a treatment that name no region themselves."""
    vocabulary = known().vocabularies
    category, _, subcategory = treatment.partition("/")
    wanted = (category, subcategory or None)
    drug = category == "pharmaceuticals"
    for word in [word for word in words if len(word) > 3 and not vocabulary["body-part"].find(word)][:12]:
        request = word[0].upper() + word[1:]
        alone = treatments.classify(f"{request} 10 mg #30" if drug else f"{request}, 6 of them", vocabulary["treatment"])
        if alone[:2] == wanted:
            within = treatments.classify(f"{request} for the right knee", vocabulary["treatment"])
            yield request, not drug and within[:2] == wanted


def _cites(raw: str) -> tuple[str, ...]:
    return citations.read(f"Decision based on {raw}.", known().vocabularies["guideline"]).guidelines


def _credentials(key: str) -> tuple[str, ...]:
    """Labels that are read as the one value that they name."""
    vocabulary = known().vocabularies[key]
    return tuple(
        value.label
        for value in vocabulary.facet.value
        if vocabulary.ids(value.label) == (value.id,) and value.label.replace(" ", "").isalpha()
    )


def _letter(number: int, chance: random.Random) -> Letter:
    said = wordings()
    decided = dt.date(2013, 1, 2) + dt.timedelta(days=int(DAYS * chance.betavariate(2, 2.5)))
    case = f"CM{decided:%y}-{number:07}"
    age, sex = chance.randint(18, 84), chance.choice(("male", "female"))
    injuries = [chance.choice(words) for _, words in _some(chance, said.regions, (1, 1, 2, 3))]
    opening = f"The injured worker is a {age}-year-old {sex}. {'He' if sex == 'male' else 'She'} sustained an injury to the "
    summary = f"{opening}{' and the '.join(injuries)}. {_sentences(chance, 190)}"
    count = chance.choices(ISSUES, ISSUE_WEIGHTS)[0]
    return Letter(
        id=case.lower(),
        source=f"{case}.txt",
        sha256=hashlib.sha256(case.encode()).hexdigest(),
        format="determination",
        case_number=case,
        decision_date=decided,
        date_of_injury=decided - dt.timedelta(days=chance.randint(90, 2500)),
        ur_denial_date=decided - dt.timedelta(days=chance.randint(40, 90)),
        received_date=decided - dt.timedelta(days=chance.randint(20, 39)),
        priority="expedited" if chance.random() < 0.02 else "standard",
        licensure=tuple(_some(chance, said.states, (1, 1, 1, 2))),
        specialties=tuple(_some(chance, said.specialties, (1, 1, 2))),
        age=age,
        sex=sex,  # type: ignore[arg-type]  # one of the two
        issues=tuple(_issue(place, chance, injuries) for place in range(1, count + 1)),
        sections=(Section(kind="summary", heading="CLINICAL CASE SUMMARY", paragraphs=(summary,)),),
    )


def _some(chance: random.Random, items: tuple[Item, ...], counts: tuple[int, ...]) -> list[Item]:
    """Different items, the first ones more often."""
    picked = {int(len(items) * chance.random() ** 2.5): None for _ in range(chance.choice(counts))}
    return [items[place] for place in picked]


def _issue(place: int, chance: random.Random, injuries: list[str]) -> Issue:
    treatment, words = chance.choice(wordings().requests)
    asked, regional = chance.choice(words)
    disputed, request, partly = _asked(chance, treatment, asked, chance.choice(injuries) if regional else "")
    outcome = "overturned" if chance.random() < 0.17 else "upheld"
    told = f"The request for {disputed} is {'' if outcome == 'overturned' else 'not '}medically necessary."
    compared = (
        f"No MRI of the {chance.choice(('lumbar', 'lumbar', 'cervical'))} spine is on file. " if chance.random() < 0.3 else ""
    )
    return Issue(
        number=place,
        request=request,
        disputed=disputed,
        outcome=outcome,  # type: ignore[arg-type]  # one of the two
        partial_authorization=partly,
        retrospective=disputed.startswith("Retrospective"),
        ur=Citation(raw=_cited(chance, "Claims Administrator")),
        imr=Citation(raw=_cited(chance, "Expert Reviewer")),
        rationale=(f"{compared}{_sentences(chance, 90)} {told}",),
    )


def _asked(chance: random.Random, treatment: str, asked: str, region: str) -> tuple[str, str, bool]:
    """(what is in dispute, the request as printed, was a part of it authorized?)"""
    drug = treatment.startswith("pharmaceuticals")
    sort = (
        f"{asked} {chance.choice((2.5, 5, 7.5, 10, 25, 50, 100, 300))} mg"
        if drug
        else f"{asked} for the {region}"
        if region
        else asked
    )
    if chance.random() < 0.06:
        sort = f"Retrospective {sort[0].lower()}{sort[1:]}"
    amount = (lambda number: f"{sort} #{10 * number}") if drug else (lambda number: f"{sort}, {number} of them")
    whole = chance.choice((6, 8, 9, 12))
    if chance.random() < 0.05:
        rest = amount(whole - 4)
        told = f"{amount(whole)} was the original request. {amount(4)} was authorized by the Claims Administrator. "
        return rest, f"{told}The remaining IMR eligible portion of the original request, {rest}", True
    return (one := amount(whole) if drug or chance.random() < 0.5 else sort), one, False


def _cited(chance: random.Random, side: str) -> str:
    said = wordings()
    kind = chance.random()
    if kind < 0.12:
        return f"The {side} did not cite any medical evidence for its decision."
    ours, others = _some(chance, said.schedule, (1,))[0], _some(chance, said.others, (1,))[0]
    raw = f"{ours}, and {others}" if kind < 0.25 else ours if kind < 0.65 else others
    return f"Decision based on {raw}."


def _sentences(chance: random.Random, count: int) -> str:
    words = [_drawn(chance) for _ in range(count)]
    for end in range(0, count, 14):
        words[end] = words[end].capitalize()
        words[end - 1] += "."
    return " ".join(words)


def _drawn(chance: random.Random) -> str:
    """A word by its rank; now and then a date, a strength or a slip of the pen."""
    word = ranked(int(BEND * (chance.random() ** (-1 / SKEW) - 1)))
    kind = chance.random()
    if kind < 0.985:
        return word
    if kind < 0.99:
        return f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/{chance.randint(10, 24)}"
    if kind < 0.995:
        return f"{chance.choice((5, 10, 25, 50, 100, 300))}mg"
    place = chance.randrange(len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


@lru_cache(maxsize=100_000)
def ranked(rank: int) -> str:
    """Behind the listed words invented ones, the longer the rarer, each of its own stem."""
    if rank < len(WORDS):
        return WORDS[rank]
    rank, ending = divmod(rank - len(WORDS), 5)
    syllables = []
    while rank or len(syllables) < 2:
        rank, place = divmod(rank, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables) + "xkqzv"[ending]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write invented letters into a folder.")
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for letter in letters(given.count, given.seed):
        (given.folder / letter.source).write_text(text(letter), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
