"""The privacy gate: finds what was planted by other code than its rules, and tells kind, place and shape, never the value."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from site_builder import build, facets, formats, parse, privacy, rules, sources
from site_builder.model import BuildError

ROOT = Path(__file__).parents[1]
KINDS = (ROOT / "site_builder" / "privacy.toml").read_text(encoding="utf-8")
GATE = privacy.load(KINDS)
REAL = ROOT.parent / "shared" / "letters"
EACH = 60


def digits(chance: random.Random, number: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(number))


def planted(kind: str, chance: random.Random) -> str:
    """A sentence that holds one item of a kind, in the ways people type it."""
    month, day, year = chance.randint(1, 12), chance.randint(1, 28), chance.randint(1935, 1999)
    names = ["Ashdown", "Birkett", "Calloway", "Dunmore"]
    name = f"{chance.choice(['Avery', 'Robin', 'Jordan'])} {chance.choice(names)}"
    group, serial = f"{chance.randint(1, 99):02}", f"{chance.randint(1, 9999):04}"
    area = chance.choice(["123", "219", "457", "588", "701"])
    made = {
        "ssn": [f"The number {area}-{group}-{serial} is on file.", f"SSN: {area}{group}{serial}", f"Social Security No. {area} {group} {serial}."],
        "record-number": [f"MRN {digits(chance, 7)}", f"Medical Record No: {digits(chance, 6)}-{digits(chance, 2)}", f"Chart # {digits(chance, 6)} was reviewed."],
        "birth-date": [f"DOB: {month}/{day}/{year}", f"Date of Birth {month:02}-{day:02}-{year}", f"who was born on {month}/{day}/{year % 100}", f"born on May {day}, {year}"],
        "phone": [f"Tel. (916) 555-{digits(chance, 4)}", f"415-555-{digits(chance, 4)}", f"213.555.{digits(chance, 4)}", f"fax 619 555 {digits(chance, 4)}"],
        "e-mail": [f"{name.replace(' ', '.').lower()}@example.org", f"office{digits(chance, 2)}@clinic.example.com"],
        "claim-number": [f"Claim Number: WC{digits(chance, 8)}", f"claim no. {digits(chance, 9)}", f"ADJ{digits(chance, 8)}", f"Claim # {digits(chance, 4)}-{digits(chance, 5)}"],
        "named-person": [f"Patient Name: {name}", f"Employee: {name}", f"Applicant: {name.upper().replace(' ', ', ')}", f"Injured Worker: {name}"],
        "reviewer-name": [f"The expert reviewer is {name}, M.D.", f"Reviewer: Dr. {name} MD", f"The physician reviewer, {name}, DO, has read it."],
    }  # fmt: skip
    return chance.choice(made[kind])


@pytest.mark.parametrize(
    "kind", ["ssn", "record-number", "birth-date", "phone", "e-mail", "claim-number", "named-person", "reviewer-name"]
)
def test_at_least_95_percent_of_what_is_planted_is_found(kind: str) -> None:
    chance = random.Random(kind)
    missed = []
    for _ in range(EACH):
        text = f"The worker has pain in the back. {planted(kind, chance)} Naproxen was prescribed on 10/12/2016."
        if kind not in {finding.kind.id for finding in GATE.find(text) if finding.kind.severity == "block"}:
            missed.append(text)
    assert len(missed) <= EACH * 0.05, missed


def test_a_gate_without_rules_finds_nothing_of_it() -> None:
    """The negative control: the figure above is the rules' doing."""
    empty = privacy.Gate((), {})
    assert not [finding for kind in ("ssn", "phone") for finding in empty.find(planted(kind, random.Random(1)))]


def test_a_finding_shows_its_shape_and_never_its_value() -> None:
    finding = next(GATE.find("SSN 123-45-6789", "summary, paragraph 1"))
    assert finding.place == "summary, paragraph 1"
    assert "123" not in finding.mask
    assert "###-##-####" in finding.mask


@pytest.mark.parametrize("folder", ["real", "seeds"])
@pytest.mark.skipif(not REAL.is_dir(), reason="the real letters are not beside this checkout (../shared/letters)")
def test_no_real_letter_is_blocked(folder: str) -> None:
    cutters = formats.load({path.stem: path.read_text() for path in (ROOT / "site_builder/formats").glob("*.toml")})
    read, _ = sources.read_folder(REAL / folder)
    blocked = [
        (problem.file, problem.message)
        for source in read
        for problem in GATE.problems(parse.parse(source, cutters))
        if problem.severity == "quarantine"
    ]
    assert blocked == []


def test_every_published_text_of_a_letter_is_looked_at() -> None:
    cutters = formats.load({path.stem: path.read_text() for path in (ROOT / "site_builder/formats").glob("*.toml")})
    known = rules.load({path.stem: path.read_text() for path in (ROOT / "site_builder/facets").glob("*.toml")})
    read, _ = sources.read_folder(ROOT / "letters")
    letter = facets.tag(parse.parse(read[0], cutters), known)
    looked_at = {text for _, text in privacy.places(letter)}
    issue = letter.issues[0]
    assert {issue.request, issue.ur.raw, *issue.rationale, *letter.case_summary} <= looked_at


@pytest.mark.parametrize(
    ("kinds", "allow", "complaint"),
    [
        (KINDS.replace('"SSN: 123 45 6789"', '"SSN: none"'), "", "does not find its example"),
        (KINDS.replace('counter = ["pages 177-289", ', 'counter = ["123-45-6789", '), "", "counter-example"),
        (KINDS, '[[allow]]\nsha256 = "abc"\nkinds = ["ssn"]\nreason = "x"', "allow-list"),
        (KINDS, f'[[allow]]\nsha256 = "{"0" * 64}"\nkinds = ["ssn"]\nreason = " "', "allow-list"),
        (KINDS, "nonsense", "privacy rules"),
    ],
)
def test_broken_rules_are_refused(kinds: str, allow: str, complaint: str) -> None:
    with pytest.raises(BuildError, match=complaint):
        privacy.load(kinds, allow)


def test_sample_letters_pass_the_gate() -> None:
    reading = build.read(build.Options(letters=ROOT / "letters"))
    assert [problem for problem in reading.problems if problem.code.startswith("privacy-")] == []
