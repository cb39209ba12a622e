"""Private data as people type it, for the gate to find: made from parts, without knowing the gate's patterns.

The shapes follow forms and letters of the field: headers of medical reports, fax cover lines, claim forms, running text.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

FIRST = ("Avery", "Jordan", "Maria", "DeShawn", "Li", "Siobhan", "Anne-Marie", "Juan Carlos", "O'Neil", "Xochitl")
LAST = ("Ashdown", "Birkett-Cole", "Calloway", "D'Amico", "McDunmore", "Nguyen", "de la Cruz", "Smith", "O'Brien", "Van Houten")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def digits(chance: random.Random, number: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(number))


def name(chance: random.Random) -> str:
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}"


def day(chance: random.Random) -> str:
    month, date, year = chance.randint(1, 12), chance.randint(1, 28), chance.randint(1935, 1999)
    shapes = (
        f"{month}/{date}/{year}",
        f"{month:02}/{date:02}/{year}",
        f"{month:02}-{date:02}-{year}",
        f"{month}/{date}/{year % 100:02}",
        f"{month}.{date}.{year}",
        f"{year}-{month:02}-{date:02}",
        f"{MONTHS[month - 1]} {date}, {year}",
        f"{MONTHS[month - 1][:3]} {date}, {year}",
        f"{date} {MONTHS[month - 1]} {year}",
    )
    return chance.choice(shapes)


def ssn(chance: random.Random) -> str:
    area = f"{chance.choice([*range(1, 666), *range(667, 900)]):03}"
    group, serial = f"{chance.randint(1, 99):02}", f"{chance.randint(1, 9999):04}"
    bare = chance.choice([f"{area}-{group}-{serial}", f"{area}\u2013{group}\u2013{serial}"])
    label = chance.choice(
        [
            "SSN",
            "SSN:",
            "SS#",
            "SS #:",
            "Social Security Number:",
            "Social Security No.",
            "social security number is",
            "S.S.N.:",
            "SSN -",
            "Soc. Sec. No.:",
        ]
    )
    given = chance.choice(
        [f"{area}-{group}-{serial}", f"{area} {group} {serial}", f"{area}{group}{serial}", f"XXX-XX-{serial}", f"***-**-{serial}"]
    )
    return chance.choice([bare, f"{label} {given}", f"{label} {given}"])


def record_number(chance: random.Random) -> str:
    label = chance.choice(
        [
            "MRN",
            "MRN:",
            "MRN #",
            "Medical Record Number:",
            "Medical Record No.",
            "Medical Record #:",
            "Med Rec No:",
            "Chart No.",
            "Chart #",
            "Chart Number:",
            "Patient ID:",
            "Patient ID No.",
            "Patient ID #",
            "Account Number:",
            "Acct #",
        ]
    )
    value = chance.choice(
        [
            digits(chance, 6),
            digits(chance, 8),
            f"{digits(chance, 3)}-{digits(chance, 5)}",
            f"A{digits(chance, 7)}",
            f"MR{digits(chance, 6)}",
        ]
    )
    return f"{label} {value}"


def birth_date(chance: random.Random) -> str:
    label = chance.choice(
        [
            "DOB",
            "DOB:",
            "D.O.B.",
            "D.O.B.:",
            "Date of Birth:",
            "Date of birth",
            "DATE OF BIRTH:",
            "Birth Date:",
            "Birthdate:",
            "born on",
            "born",
            "was born on",
            "birthday is",
            "DOB -",
            "(DOB",
        ]
    )
    return f"{label} {day(chance)}"


def phone(chance: random.Random) -> str:
    area, middle, last = chance.choice(["213", "415", "619", "916", "559"]), "555", digits(chance, 4)
    number = chance.choice(
        [
            f"({area}) {middle}-{last}",
            f"({area}){middle}-{last}",
            f"{area}-{middle}-{last}",
            f"{area}.{middle}.{last}",
            f"1-{area}-{middle}-{last}",
            f"+1 {area} {middle} {last}",
            f"{area}/{middle}-{last}",
        ]
    )
    label = chance.choice(["Tel.", "Phone:", "Telephone:", "Fax:", "fax", "Cell:", "Phone #", "Call", "Ph:", "TEL:"])
    return chance.choice([number, f"{label} {number}", f"{label} {area} {middle} {last}"])


def e_mail(chance: random.Random) -> str:
    user = name(chance).replace(" ", chance.choice(["", ".", "_"])).replace("'", "").lower()
    return f"{user}{chance.choice(['', digits(chance, 2)])}@{chance.choice(['example.com', 'mail.example.org', 'clinic-group.example.net', 'EXAMPLE.COM'])}"


def claim_number(chance: random.Random) -> str:
    label = chance.choice(
        [
            "Claim Number:",
            "Claim No.",
            "Claim No:",
            "Claim #",
            "Claim #:",
            "claim number",
            "Claim ID:",
            "Claims No.",
            "WCAB No.",
            "WCAB Case No.:",
            "WCAB #",
            "Policy Number:",
            "Policy No.",
        ]
    )
    value = chance.choice(
        [
            digits(chance, 9),
            f"WC{digits(chance, 8)}",
            f"{digits(chance, 4)}-{digits(chance, 5)}",
            f"ADJ{digits(chance, 7)}",
            f"{digits(chance, 3)}-CB-{digits(chance, 5)}",
            f"E{digits(chance, 7)}",
        ]
    )
    return chance.choice([f"ADJ{digits(chance, 8)}", f"{label} {value}", f"{label} {value}"])


def named_person(chance: random.Random) -> str:
    label = chance.choice(
        [
            "Patient Name:",
            "Patient's Name:",
            "Employee Name:",
            "Applicant Name:",
            "Injured Worker Name:",
            "Name of Patient:",
            "Name of Employee:",
            "Patient:",
            "Employee:",
            "Applicant:",
            "Claimant:",
            "Injured Worker:",
            "RE:",
            "Insured:",
        ]
    )
    said = name(chance)
    first, _, last = said.partition(" ")
    return f"{label} {chance.choice([said, f'{last}, {first}', said.upper(), f'{first} Q. {last}'])}"


def reviewer_name(chance: random.Random) -> str:
    degree = chance.choice(["MD", "M.D.", "DO", "D.O.", "DC", "PhD", "Ph.D.", "DPM", "PsyD"])
    lead = chance.choice(
        [
            "Reviewer:",
            "The expert reviewer is",
            "The physician reviewer,",
            "Physician Reviewer:",
            "Reviewed by",
            "Reviewed by:",
            "The reviewer was",
            "Reviewer Name:",
            "Name of Reviewer:",
            "Electronically signed by",
        ]
    )
    return f"{lead} {chance.choice(['', '', 'Dr. '])}{name(chance)}, {degree}"


def titled_name(chance: random.Random) -> str:
    title = chance.choice(["Mr.", "Ms.", "Mrs.", "Miss", "Dr.", "Mr", "Ms", "Mrs", "Dr", "MR.", "MS.", "MRS.", "DR."])
    last = chance.choice([*LAST, "Li", "Wu", "Ng", "García", "del Río", "St. John", "O\u2019Brien", "MacArthur"])
    return f"{title} {chance.choice(['', '', 'J. ', 'J.Q. '])}{last.upper() if title.isupper() else last}"


def great_age(chance: random.Random) -> str:
    age = chance.choice([*range(90, 100), *range(100, 121)])
    shapes = [
        "{}-year-old",
        "{} year old",
        "{} years old",
        "{} y/o",
        "{} yo",
        "{}yo",
        "{} y.o.",
        "{} yr old",
        "{}-yr-old",
        "{} years of age",
    ]
    labelled = ["Age: {}", "Age {}", "Age:{}", "aged {}", "age of {}", "age is {}", "AGE: {}", "{} year old female", "{} y/o M"]
    return chance.choice([*shapes, *labelled]).format(age)


KINDS: Mapping[str, Callable[[random.Random], str]] = {
    "ssn": ssn,
    "record-number": record_number,
    "birth-date": birth_date,
    "phone": phone,
    "e-mail": e_mail,
    "claim-number": claim_number,
    "named-person": named_person,
    "reviewer-name": reviewer_name,
    "titled-name": titled_name,
    "great-age": great_age,
}
BEFORE = ("", "The worker has pain in the back. ", "He says that ", "(", "see page 4; ", "10/12/2016 ", "\u2022 ", "Re: ")
AFTER = ("", ".", ", and", ") was seen", " Naproxen was prescribed on 10/12/2016.", "; L4-5 was imaged", "\tpage 2")


def planted(kind: str, chance: random.Random) -> str:
    """A sentence or line with one item of a kind in it."""
    return f"{chance.choice(BEFORE)}{KINDS[kind](chance)}{chance.choice(AFTER)}"


HARMLESS = (
    "Case Number: CM99-0000118",
    "Date of Injury: 10/16/2016",
    "MTUS, ACOEM 2004, pages 303-305, 177-179",
    "CPT 97110-97124, 72148",
    "Norco 10/325mg #60",
    "physical therapy 2x4 @ 3 weeks",
    "a 47-year-old female",
    "The patient: complains of pain",
    "Patient: the lumbar MRI was requested",
    "The expert reviewer is Board Certified in Family Practice, MD",
    "the physician reviewer was a Physical Medicine MD",
    "RE: Independent Medical Review",
    "medical records from 2014-2016 were reviewed",
    "the claim of 2016 was accepted",
    "born in California",
    "call the physician within 30 days",
    "UR Denial Date: 11/09/2016",
    "L4-L5, L5-S1; 1-2 tablets q 4-6 hours",
    "ODG, 2016, Low Back Chapter; section 4610.6(f)",
    "Age: 64, an 89 y/o male aged 88",
    "pages 90, 93 and 120; 95 degrees of flexion, 100 yards",
    "her MS Contin, an MR arthrogram, the Dr. saw",
)
