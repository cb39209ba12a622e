"""Invented letters in any number, as the stages after parsing see them: seeded, one at a time, with consistent fields.

`python -m tests.corpus 1000 FOLDER` writes them as text in the format of 2016. The same seed gives the same letters, and letter n is
the same in a short corpus and in a long one. Words follow Zipf's law over a list that grows with every letter (typing errors, doses,
dates), so that an index of it grows like one of real letters. All wording is ours.

Known limit: sentences are drawn word by word and mean little; for what the parser makes of language, see tests/letters.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import sys
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from site_builder.model import Citation, Issue, Letter, Section

REGIONS = {
    "low-back": "lumbar spine",
    "neck": "cervical spine",
    "shoulder": "right shoulder",
    "knee": "left knee",
    "wrist-hand": "left wrist",
    "upper-back": "thoracic spine",
    "ankle-foot": "right ankle",
    "elbow": "left elbow",
    "hip-pelvis": "right hip",
    "psyche": "",
    "head": "brain",
}
TREATMENTS = {
    "diagnostic-testing/imaging": "MRI of the {}",
    "rehabilitation/physical-therapy": "Physical therapy 2 times a week for 4 weeks, {}",
    "pharmaceuticals/opioid": "Norco 10/325 mg #60",
    "pharmaceuticals/anticonvulsant": "Gabapentin 300 mg #90",
    "pharmaceuticals/muscle-relaxant": "Cyclobenzaprine 7.5 mg #30",
    "injection/epidural": "Epidural steroid injection at {level}",
    "diagnostic-testing/laboratory": "Urine drug screen",
    "rehabilitation/chiropractic": "Chiropractic visits for the {}",
    "rehabilitation/acupuncture": "Acupuncture, 6 sessions, {}",
    "dmepos/electrical-stimulation": "TENS unit for the {}",
    "surgery/arthroscopic": "Arthroscopy of the {}",
    "evaluation-management/consultation": "Consultation with a pain specialist",
    "diagnostic-testing/emg-ncv": "EMG of the upper limbs",
    "pharmaceuticals/nsaid": "Naproxen 550 mg #60",
}
GUIDELINES = {
    "mtus/chronic-pain": "MTUS Chronic Pain Medical Treatment 2009",
    "mtus/low-back": "MTUS Low Back Complaints 2004",
    "mtus/neck-upper-back": "MTUS Neck and Upper Back Complaints 2004",
    "mtus/shoulder": "MTUS Shoulder Complaints 2004",
    "mtus/knee": "MTUS Knee Complaints 2004",
    "mtus/opioids": "MTUS Opioids 2016",
    "odg/pain": "Non-MTUS Official Disability Guidelines (ODG) Pain",
    "odg/low-back": "Non-MTUS Official Disability Guidelines (ODG) Low Back",
    "none": "The reviewer did not cite any medical evidence for its decision",
}
SPECIALTIES = (
    "Physical Medicine and Rehabilitation",
    "Orthopedic Surgery",
    "Anesthesiology",
    "Occupational Medicine",
    "Neurology",
)
LEVELS = ("L4-5", "L5-S1", "C5-6", "L4-L5", "L3/L4")
WORDS = [
    "pain",
    "patient",
    "treatment",
    "worker",
    "injured",
    "therapy",
    "medical",
    "records",
    "spine",
    "documented",
    "evidence",
    "necessary",
    "requested",
    "improvement",
    "exam",
    "function",
    "report",
    "relief",
    "weeks",
    "guidelines",
    "support",
    "chronic",
    "sessions",
    "medication",
    "symptoms",
    "radiating",
    "tenderness",
    "range",
    "motion",
    "strength",
    "numbness",
    "diagnosis",
    "date",
    "injury",
    "surgery",
    "conservative",
    "physician",
    "criteria",
    "benefit",
    "objective",
    "sprain",
    "strain",
    "radiculopathy",
    "weakness",
    "reflex",
    "straight",
    "leg",
    "raise",
    "spasm",
    "trigger",
    "facet",
    "degenerative",
    "disc",
    "bulge",
    "stenosis",
    "tear",
    "repair",
    "arthritis",
    "swelling",
    "instability",
    "gait",
    "sleep",
    "anxiety",
    "depression",
    "mood",
    "opioid",
    "tolerance",
    "screening",
    "risk",
    "side",
    "effects",
    "taper",
    "dose",
    "frequency",
    "duration",
    "home",
    "exercise",
    "program",
    "plan",
    "failure",
    "trial",
    "response",
    "scan",
    "study",
    "normal",
    "positive",
    "negative",
    "bilateral",
    "severe",
    "mild",
    "moderate",
    "flare",
    "acute",
    "subacute",
    "modified",
    "duty",
    "work",
    "restriction",
    "disability",
    "diabetes",
    "obesity",
    "hypertension",
    "asthma",
    "smoking",
    "carpal",
    "tunnel",
    "nerve",
    "conduction",
    "denial",
    "appeal",
    "authorisation",
    "utilization",
    "reviewer",
    "opinion",
    "rationale",
]
_WEIGHTS = list(accumulate(1 / place for place in range(1, len(WORDS) + 1)))


def letters(count: int, seed: int = 1) -> Iterator[Letter]:
    """In no order of time. One in forty has no header block."""
    for number in range(count):
        yield _letter(number, random.Random(f"{seed}/{number}"))  # not for secrets


def text(letter: Letter) -> str:
    """The letter as the State prints it (format of 2016)."""
    blocks = []
    if letter.case_number and letter.decision_date:
        dates = (
            ("Date of Injury", letter.date_of_injury),
            ("Decision Date", letter.decision_date),
            ("UR Denial Date", letter.ur_denial_date),
        )
        rows = [f"Case Number: {letter.case_number}", *(f"{name}: {date:%m/%d/%Y}" for name, date in dates if date)]
        blocks += ["\n".join(rows), "Priority: Standard"]
    blocks += ["HOW THE IMR FINAL DETERMINATION WAS MADE"]
    blocks += [
        f"The reviewer is licensed in California and has the following specialties: Certification(s)/Specialty: {letter.specialties[0]}"
    ]
    blocks += ["CLINICAL CASE SUMMARY", *letter.case_summary, "IMR ISSUES, DECISIONS AND RATIONALES"]
    for issue in letter.issues:
        outcome = (issue.outcome or "upheld").title()
        blocks += [f"{issue.number}. {issue.request}: {outcome}", issue.ur.raw, issue.imr.raw, *issue.rationale]
    return "\n\n".join(blocks) + "\n"


def _letter(number: int, chance: random.Random) -> Letter:
    decided = dt.date(2013, 1, 1) + dt.timedelta(days=int(4300 * chance.betavariate(2, 2.5)))
    dated = chance.random() > 1 / 40
    case = f"CM{decided:%y}-{number:07}"
    age, sex = chance.randint(19, 78), chance.choice(("male", "female"))
    injured = tuple(chance.sample(sorted(REGIONS), chance.choice((1, 1, 2, 3))))
    summary = f"The injured worker is a {age} year old {sex}. {_sentences(chance, number, 180)}"
    return Letter(
        id=case.lower() if dated else f"no-header-{number}",
        source=f"{case.lower()}.txt",
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        format="corpus",
        case_number=case if dated else None,
        decision_date=decided if dated else None,
        date_of_injury=decided - dt.timedelta(days=chance.randint(90, 2500)),
        ur_denial_date=decided - dt.timedelta(days=chance.randint(20, 90)),
        specialties=(chance.choice(SPECIALTIES),),
        age=age if chance.random() > 0.05 else None,
        sex=sex,  # type: ignore[arg-type]  # one of the two
        injured_body_parts=injured,
        issues=tuple(_issue(place, chance, number, injured) for place in range(1, chance.choice((1, 1, 1, 2, 2, 3, 5)) + 1)),
        sections=(Section(kind="summary", heading="Case summary", paragraphs=(summary,)),),
    )


def _issue(place: int, chance: random.Random, number: int, injured: tuple[str, ...]) -> Issue:
    treatment, wording = chance.choice(list(TREATMENTS.items()))
    category, _, subcategory = treatment.partition("/")
    region = chance.choice(injured)
    disputed = wording.format(REGIONS[region] or "patient", level=chance.choice(LEVELS))
    ur, imr = _cited(chance), _cited(chance)
    return Issue(
        number=place,
        request=disputed,
        disputed=disputed,
        outcome=chance.choices(("upheld", "overturned", None), (80, 19, 1))[0],  # type: ignore[arg-type]  # one of the three
        partial_authorization=chance.random() < 0.05,
        retrospective=chance.random() < 0.08,
        ur=ur,
        imr=imr,
        rationale=(_sentences(chance, number, 130),),
        body_parts=(region,),
        body_parts_from="request" if "{}" in wording and REGIONS[region] else "injury",
        category=category,
        subcategory=subcategory,
    )


def _cited(chance: random.Random) -> Citation:
    ids = tuple(dict.fromkeys(chance.choices(sorted(GUIDELINES), k=chance.choice((1, 1, 2)))))
    found = ("none",) if "none" in ids else ids
    return Citation(raw=f"Decision based on {', '.join(GUIDELINES[one] for one in found)}.", guidelines=found)


def _sentences(chance: random.Random, number: int, count: int) -> str:
    words = [_word(chance, number) for _ in range(count)]
    for end in range(0, count, 14):
        words[end] = words[end].capitalize()
        words[end - 1] += "."
    return " ".join(words)


def _word(chance: random.Random, number: int) -> str:
    """Mostly of the list; now and then a date, a dose, a slip of the pen, or a word that nobody has used before."""
    word = WORDS[min(bisect(_WEIGHTS, chance.random() * _WEIGHTS[-1]), len(WORDS) - 1)]
    kind = chance.random()
    if kind < 0.985:
        return word
    if kind < 0.99:
        return f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/{chance.randint(10, 24)}"
    if kind < 0.994:
        return f"{chance.choice((5, 10, 25, 50, 100, 300))}mg"
    place = chance.randrange(len(word) - 1)
    if kind < 0.998:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return f"{word[: place + 1]}{chance.choice('aeiou')}{number % 997:x}"


def main() -> int:
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for letter in letters(count):
        (folder / letter.source).write_text(text(letter), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
