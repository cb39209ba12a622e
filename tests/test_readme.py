"""What the README promises, done."""

import re
from pathlib import Path

import pytest

from site_builder import rules
from site_builder.model import BuildError

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FACETS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "site_builder" / "facets").glob("*.toml")}
EXAMPLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


def test_a_spelling_is_one_line() -> None:
    words = re.findall(r'"([^"]+)"', EXAMPLES[0])
    assert rules.load(FACETS).vocabularies["body-part"].ids("pain at the nape") == ()
    changed = FACETS["body-part"].replace('words = ["neck", ', f'words = ["{words[0]}", "{words[1]}", ')
    assert changed.count("\n") == FACETS["body-part"].count("\n")
    assert rules.load({**FACETS, "body-part": changed}).vocabularies["body-part"].ids("pain at the nape") == ("neck",)


def test_a_facet_is_one_file_and_a_counter_example_that_is_matched_is_refused() -> None:
    with pytest.raises(BuildError, match=r"side\.toml: left: counter-example"):
        rules.load({**FACETS, "side": EXAMPLES[1]})
    mask = re.search(r"masks = \[\[.*?\]\]", README)
    assert mask
    loaded = rules.load({**FACETS, "side": EXAMPLES[1].replace("\n\n", f"\n{mask[0]}\n\n", 1)})
    assert loaded.vocabularies["side"].ids("MRI of the left knee and bilateral hips") == ("left", "both")
    assert "side" in {facet.key for facet in loaded.facets}


def test_links_in_the_readme_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def accuracy(text: str) -> list[str]:
    """The rows of the table of what was measured, in any language."""
    return re.findall(r"^\|[^|]+\| [01]\.\d{3} \|.*\|$", text, re.MULTILINE)


def test_the_coverage_page_gives_the_figures_of_the_readme() -> None:
    told = accuracy((ROOT / "templates" / "content" / "coverage.md").read_text("utf-8"))
    assert len(told) > 5
    assert told == accuracy(README)


def test_the_spanish_page_gives_them_too() -> None:
    told = accuracy((ROOT / "templates" / "content" / "es" / "coverage.md").read_text("utf-8"))
    assert [row.split("|")[2:4] for row in told] == [row.split("|")[2:4] for row in accuracy(README)]


def measured(size: str, maker: str, step: str) -> list[str]:
    """A line of docs/benchmarks-search.md: KB to the first results, KB, requests, first results, all counted, script."""
    text = (ROOT / "docs" / "benchmarks-search.md").read_text(encoding="utf-8")
    found = text.split(f"\n## {size} letters\n")[1].split(f"**{maker}**")[1].split("**")[0]
    return [cell.strip() for cell in next(line for line in found.splitlines() if line.startswith(f"| {step} |")).split("|")[2:8]]


def test_the_speed_of_searching_is_that_of_the_benchmark() -> None:
    table = README.split("### Speed of searching")[1].split("## Limits")[0]
    told = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in table.splitlines() if "|" in line
    }
    columns = [(size, "This site") for size in ("1,000", "10,000", "100,000")] + [("10,000", "Pagefind with its filters")]
    opened = [measured(*column, "open the page") for column in columns]
    words = [measured(*column, "two words") for column in columns]
    assert told["facets usable in a new browser"] == [f"{one[1]} KB, {int(one[4]) / 1000:.1f} s" for one in opened]
    assert told["two words on the open page, first results"] == [f"{one[3]} ms" for one in words]
    assert told["the same, everything counted"] == [f"{one[4]} ms" for one in words]
    facet = [f"{measured(*column, '+ another facet')[5]} ms" for column in columns[:3]]
    assert told["another facet, script time"] == [*facet, "-"]
