"""The real letters, read where they lie beside the checkout (`../shared/letters`); their text never enters the repository."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from site_builder import build, text
from site_builder.options import Options, Report
from tests import letter_texts
from tests.test_readme import README, accuracy

SHARED = Path(__file__).parents[2] / "shared"
LETTERS = SHARED / "letters"

pytestmark = pytest.mark.skipif(not LETTERS.is_dir(), reason="the real letters are not beside this checkout (../shared/letters)")

TOLD = {
    "dates, age": ["structure"],
    "guidelines": ["guidelines"],
    "sections": ["sections"],
    "body parts": ["body_parts"],
    "injured": ["injured_parts"],
    "treatment": ["category", "subcategory"],
}
"""Groups of the score, by the first words of the README's row about them."""
FLOORS = {
    "structure": 1.0,
    "guidelines": 0.995,
    "sections": 0.98,
    "body_parts": 0.98,
    "category": 0.98,
    "subcategory": 0.96,
    "injured_parts": 0.93,
}


class Words(HTMLParser):
    """The words a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.words: Counter[str] = Counter()
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.update(words(data))


def words(data: str) -> list[str]:
    return re.findall(r"[^\W_]+", data.lower())


@pytest.fixture(scope="module", params=["real", "seeds"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Report]:
    out = tmp_path_factory.mktemp(request.param) / "public"
    options = Options(letters=LETTERS / request.param, out=out, search=False)
    return request.param, out, build.build(options)


def test_every_letter_and_issue_is_published(site: tuple[str, Path, Report]) -> None:
    name, out, report = site
    assert (report.letters, report.issues) == {"real": (110, 268), "seeds": (5, 6)}[name]
    assert len(list(out.glob("decisions/*.html"))) == report.letters
    assert [problem.message for problem in report.problems if problem.severity != "note"] == []


def test_every_word_of_every_letter_is_on_its_page(site: tuple[str, Path, Report]) -> None:
    name, out, _ = site
    read, _ = letter_texts.read_folder(LETTERS / name)
    rows = {row["source"]: row for row in exported(out)}
    missing = {}
    for source in read:
        page = Words()
        page.feed((out / rows[source.name]["url"]).read_text(encoding="utf-8"))
        letter = Counter(word for paragraph in text.paragraphs(source.lines) for word in words(paragraph.text))
        if lost := letter - page.words:
            missing[source.name] = dict(lost)
    assert missing == {}


def test_a_page_weighs_at_most_1_6_times_its_letter_and_a_kilobyte(site: tuple[str, Path, Report]) -> None:
    name, out, _ = site
    read, _ = letter_texts.read_folder(LETTERS / name)
    sizes = {source.name: len("\n".join(line.text for line in source.lines).encode()) for source in read}
    over = [(out / row["url"]).stat().st_size - 1.6 * sizes[row["source"]] - 1024 for row in exported(out)]
    assert max(over) <= 0


def test_the_labels_made_by_hand_are_matched(site: tuple[str, Path, Report]) -> None:
    name, out, _ = site
    if name != "real":
        pytest.skip("labels for the five seeds are in tests/seed_labels.json")
    floors = [part for group, floor in FLOORS.items() for part in ("--min", f"{group}={floor}")]
    command = [sys.executable, SHARED / "tools/score.py", out / "data/letters.jsonl", LETTERS / "gold.json", *floors]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    measured = dict(re.findall(r"(\w+) (\d\.\d+)", done.stdout.rpartition("groups: ")[2]))
    rows = [row.split("|")[1:3] for row in accuracy(README)]
    for what, figure in rows:
        (groups,) = [groups for words, groups in TOLD.items() if what.strip().startswith(words)]
        assert {f"{float(measured[group]):.3f}" for group in groups} == {figure.strip()}, what


def exported(out: Path) -> Iterator[dict[str, str]]:
    for line in (out / "data/letters.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
