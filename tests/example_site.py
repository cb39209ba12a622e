"""A small invented collection, tagged by hand, and its pages rendered: what the tests of pages and templates look at."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from site_builder import languages, pages, render, rules
from site_builder.build import PACKAGE, TEXTS
from site_builder.collection import Collection
from site_builder.model import Citation, Issue, Letter, Page, Problem, Section
from site_builder.settings import Settings

DEFAULTS = Settings()
TEMPLATES = Path(__file__).parents[1] / "templates"


def _facet(label: str, level: str, order: int, field: str, values: Sequence[tuple[str, str, str]], more: str = "") -> str:
    head = f'label = "{label}"\nplural = "{label}s"\nlevel = "{level}"\norder = {order}\nfield = "{field}"\nhelp = "About it."\n{more}\n'
    parents = [f'parent = "{parent}"\n' if parent else "" for _, _, parent in values]
    rows = [f'[[value]]\nid = "{id}"\nlabel = "{name}"\n{row}' for (id, name, _), row in zip(values, parents, strict=True)]
    return head + "".join(rows)


_GUIDELINES = [
    ("mtus", "MTUS", ""),
    ("mtus/low-back", "MTUS: low back", "mtus"),
    ("mtus/chronic-pain", "MTUS: chronic pain", "mtus"),
    ("odg", "ODG", ""),
    ("odg/low-back", "ODG: low back", "odg"),
    ("none", "No evidence cited", ""),
]
RULES = rules.load(
    {
        "outcome": _facet("Outcome", "issue", 1, "outcome", [("overturned", "Overturned", ""), ("upheld", "Upheld", "")]),
        "treatment": _facet(
            "Treatment",
            "issue",
            2,
            "treatment",
            [
                ("injection", "Injections", ""),
                ("injection/epidural", "Epidural injections", "injection"),
                ("imaging", "Imaging", ""),
                ("pharmaceuticals", "Drugs", ""),
            ],
        ),
        "body-part": _facet("Body part", "issue", 3, "body_parts", [("neck", "Neck", ""), ("low-back", "Low back", "")]),
        "guideline": _facet("Guideline", "issue", 4, "imr_guidelines", _GUIDELINES),
        "ur-guideline": _facet(
            "Guideline of the claims administrator", "issue", 5, "ur_guidelines", [], 'vocabulary = "guideline"'
        ),
        "specialty": _facet("Specialty", "letter", 6, "specialties", [("pain", "Pain medicine", "")]),
        "year": _facet("Year", "letter", 7, "decision_year", [], "open = true"),
        "retrospective": _facet(
            "Given already", "issue", 8, "retrospective", [("yes", "Given already", ""), ("no", "Not yet", "")]
        ),
    }
)


def issue(number: int = 1, **given: object) -> Issue:
    """An issue of low back imaging, upheld, unless something else is given."""
    fields: dict[str, object] = {
        "request": "MRI of the lumbar spine",
        "disputed": "MRI of the lumbar spine",
        "outcome": "upheld",
        "outcome_words": "Upheld",
        "ur": Citation(
            raw="Decision based on MTUS Low Back Complaints 2004, Section(s): Special Studies.",
            guidelines=("mtus/low-back",),
            sections=(("mtus/low-back", "Special Studies"),),
        ),
        "imr": Citation(
            raw="Decision based on MTUS Low Back Complaints 2004. Decision based on Non-MTUS Citation ODG, Low Back.",
            guidelines=("mtus/low-back", "odg/low-back"),
        ),
        "rationale": ("No red flag is described.", "The request is therefore not medically necessary."),
        "labels": ("Claims Administrator guideline:", "MAXIMUS guideline:", "Decision rationale:"),
        "body_parts": ("low-back",),
        "body_parts_from": "request",
        "category": "imaging",
        "facets": {
            "outcome": ("upheld",),
            "treatment": ("imaging",),
            "body-part": ("low-back",),
            "guideline": ("mtus", "mtus/low-back", "odg", "odg/low-back"),
            "ur-guideline": ("mtus", "mtus/low-back"),
            "retrospective": ("no",),
        },
    }
    return Issue(number=number, **{**fields, **given})  # type: ignore[arg-type]


def letter(number: int = 1, *issues: Issue, **given: object) -> Letter:
    """A letter of 2017; `number` makes its case number and its day."""
    decided = dt.date(2017, 2, 21) - dt.timedelta(days=number)
    fields: dict[str, object] = {
        "id": f"cm99-{number:07}",
        "case_number": f"CM99-{number:07}",
        "source": f"CM99-{number:07}.txt",
        "sha256": f"{number:064x}",
        "format": "determination",
        "decision_date": decided,
        "date_of_injury": dt.date(2015, 3, 4),
        "specialties": ("Pain Medicine",),
        "age": 47,
        "sex": "female",
        "injured_body_parts": ("low-back",),
        "issues": issues or (issue(),),
        "facets": {"specialty": ("pain",), "year": (str(decided.year),)},
        "sections": (
            Section(kind="header", heading="", paragraphs=(f"Case Number: CM99-{number:07} Date of Injury: 03/04/2015",)),
            Section(kind="method", heading="HOW THE IMR FINAL DETERMINATION WAS MADE", paragraphs=("A reviewer was chosen.",)),
            Section(kind="summary", heading="CLINICAL CASE SUMMARY", paragraphs=("The worker hurt her back lifting crates.",)),
        ),
    }
    return Letter(**{**fields, **given})  # type: ignore[arg-type]


def injection(number: int = 1, **given: object) -> Issue:
    """An overturned one, for the neck."""
    facets = {
        "outcome": ("overturned",),
        "treatment": ("injection", "injection/epidural"),
        "body-part": ("neck",),
        "guideline": ("mtus", "mtus/chronic-pain"),
        "retrospective": ("yes",),
    }
    fields: dict[str, object] = {
        "request": "Cervical epidural injection",
        "disputed": "Cervical epidural injection",
        "outcome": "overturned",
        "outcome_words": "Overturned",
        "retrospective": True,
        "body_parts": ("neck",),
        "imr": Citation(raw="Decision based on MTUS Chronic Pain.", guidelines=("mtus/chronic-pain",)),
        "facets": facets,
    }
    return issue(number, **{**fields, **given})


@cache
def templates() -> Mapping[str, str]:
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text("utf-8") for path in TEMPLATES.rglob("*") if path.suffix in TEXTS
    }


@cache
def renderer() -> render.Renderer:
    assets = {path.name: path.read_bytes() for path in (TEMPLATES / "static").iterdir()}
    return render.Renderer(templates(), assets, spoken(), contents())


@cache
def contents() -> tuple[render.Content, ...]:
    folder = TEMPLATES / "content"
    found = {
        path.relative_to(folder).with_suffix("").as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.md"))
    }
    return tuple(render.content(name, text) for name, text in found.items())


@cache
def spoken() -> tuple[languages.Language, ...]:
    facets = {path.stem: path.read_text("utf-8") for path in (PACKAGE / "facets").glob("*.toml")}
    strings = {path.stem: path.read_text("utf-8") for path in (TEMPLATES / "strings").glob("*.toml")}
    return languages.load(strings, rules.load(facets))


def planned(*given: Any, **named: Any) -> list[Page]:
    """The pages of all parts."""
    return [page for part in pages.parts(*given, **named) for page in part.pages()]


def site(
    *letters: Letter, settings: Settings = DEFAULTS, problems: Sequence[Problem] = (), known: rules.Rules = RULES
) -> dict[str, str]:
    """Path -> HTML of every page."""
    found = planned(Collection(letters, known, settings, problems), contents(), (), spoken())
    return {page.path: renderer().render(page).content.decode() for page in found}


def write(folder: Path, *letters: Letter, settings: Settings = DEFAULTS) -> None:
    """The site in a folder, static files too."""
    texts = {path: text.encode() for path, text in site(*letters, settings=settings).items()}
    texts["catalogue/index.json"] = b"{}"  # the search page asks for it
    for path, content in {**texts, **{file.path: file.content for file in renderer().static_files()}}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def few(place: Path, letters: int) -> Path:
    """A folder with so many of the invented letters, and with the templates, to be changed."""
    (place / "letters").mkdir()
    for path in sorted((TEMPLATES.parent / "letters").glob("CM*.txt"))[:letters]:
        shutil.copy(path, place / "letters")
    shutil.copytree(TEMPLATES, place / "templates")
    return place
