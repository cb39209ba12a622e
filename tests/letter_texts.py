"""Letters as text for the tests: invented ones in tests/letters and letters/, and what a noisy printout does to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from site_builder import formats, sources, text
from site_builder.model import Letter, Problem, Source
from site_builder.parse import parse

HERE = Path(__file__).parent
ROOT = HERE.parent
FORMATS = formats.load({path.stem: path.read_text("utf-8") for path in (ROOT / "site_builder" / "formats").glob("*.toml")})

Noise = Callable[[str], str]


@cache
def invented() -> Mapping[str, str]:
    """Path below the root -> text of every invented letter that is plain text."""
    paths = sorted([*(HERE / "letters").rglob("*.txt"), *(ROOT / "letters").glob("*.txt")])
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}


def read_folder(folder: Path, *given: Callable[[int, int], None], jobs: int = 1) -> tuple[list[Source], list[Problem]]:
    """Every letter below the folder, and the problems of the folder and its files."""
    files, problems = sources.find(folder)
    results = list(sources.read(files, *given, jobs=jobs))
    found = [result for result in results if isinstance(result, Source)]
    return found, [*problems, *(told for one in results for told in (one.problems if isinstance(one, Source) else [one]))]


def source_of(typed: str, name: str = "letter.txt") -> Source:
    return Source(name=name, sha256="0123456789abcdef" * 4, lines=text.lines_of(text.clean(typed)))


def read(typed: str, name: str = "letter.txt") -> Letter:
    return parse(source_of(typed, name), FORMATS)


def words(*texts: str) -> Counter[str]:
    return Counter(word for one in texts for word in re.findall(r"\w+", one))


def words_of(letter: Letter) -> Counter[str]:
    """All words that the letter's page can show."""
    counted = words(*(one for section in letter.sections for one in (section.heading, *section.paragraphs)))
    for issue in letter.issues:
        counted += words(issue.heading) if issue.heading else words(issue.request, issue.outcome_words)
        counted += words(*issue.labels, issue.ur.raw, issue.imr.raw, *issue.rationale)
    return counted


def fields(letter: Letter) -> dict[str, object]:
    """What must not change when a letter is printed differently."""
    header = ("case_number", "decision_date", "date_of_injury", "ur_denial_date", "assigned_date", "received_date", "priority")
    own = {name: getattr(letter, name) for name in (*header, "licensure", "specialties", "age", "sex")}
    issues = [
        (fold(issue.request), fold(issue.disputed), issue.outcome, issue.partial_authorization, issue.retrospective)
        for issue in letter.issues
    ]
    return {**own, "issues": issues}


def fold(one: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", one.lower())


HEADING = re.compile(
    r"^(?:HOW THE |CLINICAL |CASE SUMMARY|IMR (?:ISSUES|DECISION)|ISSUE|MEDICAL |DOCUMENTS|RATIONALE|INDEPENDENT|"
    r"Claims Administrator guideline|"
    r"MAXIMUS guideline|Decision rationale|Rationale for|Section of|Medical Qual|Documents Rev|Case Summary|"
    r"The Physician Reviewer's decision)[^:\n]*",
    re.MULTILINE,
)
OUTCOME = re.compile(r"(?<=: )(?:Upheld|Overturned)$", re.MULTILINE)


def _headings(change: Callable[[str], str]) -> Noise:
    return lambda typed: HEADING.sub(lambda match: change(match.group()), typed)


def _broken_words(typed: str) -> str:
    """A long word of each label is parted by a hyphen at the line's end."""
    return re.sub(r"^(Claims Adminis)(trator guideline)", r"\1-\n\2", typed, flags=re.MULTILINE)


def _pages(typed: str) -> str:
    """A page break inside every paragraph of more than three lines."""
    return re.sub(r"([a-z,]\n[^\n]+\n[^\n]+[a-z,])\n(?=[a-z])", r"\1\n\f", typed)


NOISES: Mapping[str, Noise] = {
    "crlf": lambda typed: typed.replace("\n", "\r\n"),
    "carriage returns": lambda typed: typed.replace("\n", "\r"),
    "form feeds": _pages,
    "doubled blanks": lambda typed: typed.replace(" ", "  "),
    "doubled lines": lambda typed: re.sub(r"\n\n+", "\n \n \n", typed).replace("\n", "\n\n"),
    "indented": lambda typed: re.sub(r"^(?=.)", "   ", typed, flags=re.MULTILINE),
    "blanks at line ends": lambda typed: re.sub(r"$", "  ", typed, flags=re.MULTILINE),
    "curly quotes": lambda typed: typed.replace("'", "\u2019").replace('"', "\u201d"),
    "headings in capitals": _headings(str.upper),
    "headings in small letters": _headings(str.lower),
    "headings in title case": _headings(str.title),
    "I read as l": _headings(lambda heading: heading.replace("I", "l")),
    "i read as 1": _headings(lambda heading: heading.replace("i", "1")),
    "O read as 0": _headings(lambda heading: heading.replace("O", "0").replace("o", "0")),
    "M read as rn": _headings(lambda heading: heading.replace("m", "rn", 1)),
    "a letter lost": _headings(lambda heading: heading[:6] + heading[7:]),
    "outcomes with zeros": lambda typed: OUTCOME.sub(lambda match: match.group().replace("O", "0").replace("l", "1"), typed),
    "outcomes with rn as m": lambda typed: OUTCOME.sub(lambda match: match.group().replace("rn", "m"), typed),
    "outcomes in capitals": lambda typed: OUTCOME.sub(lambda match: match.group().upper() + ".", typed),
    "outcomes on their own line": lambda typed: OUTCOME.sub(lambda match: "\n" + match.group(), typed),
    "a ruled table": lambda typed: re.sub(r"(?<=Date:|mber:|jury:|rity:|ived:) (?=\S)", " | ", typed),
    "broken words": _broken_words,
    "no empty lines": lambda typed: re.sub(r"\n\n+", "\n", typed),
    "one line a paragraph": lambda typed: re.sub(r"(?<!\n)\n(?!\n)", " ", typed),
}
