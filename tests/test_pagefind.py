"""The indexer: its program is checked, its run is bounded, its output is not believed unseen."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest

from site_builder import pagefind, rules, staged
from site_builder.model import BuildError, Citation, Issue, Letter, Section
from tests import corpus
from tests.conftest import ROOT

RULES = rules.Rules((), {})


LISTENS = """#!{python}
import base64, json, os, subprocess, sys, time

def heard():
    left = b""
    while more := os.read(0, 65536):
        *whole, left = (left + more).split(b",")
        yield from (json.loads(base64.b64decode(one))["payload"] for one in whole)

def say(**payload):
    os.write(1, base64.b64encode(json.dumps({{"message_id": 0, "payload": payload}}).encode()) + b",")

for message in heard():
    {does}
"""
ALL_IS_WELL = 'say(type="Done")'


def a_program(folder: Path, does: str) -> Path:
    """`does`: a line of Python for each message, which it answers with `say`."""
    path = folder / "pagefind"
    path.write_text(LISTENS.format(python=sys.executable, does=does))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def program() -> Path:
    try:
        return pagefind.program(ROOT)
    except BuildError as error:
        pytest.skip(str(error))


def index(program: Path, folder: Path, letters: list[Letter], hub: bool = False) -> dict[str, int]:
    folder.mkdir(exist_ok=True)
    return pagefind.index(program, [staged.page(letter, RULES) for letter in letters], folder / "out", hub=hub)


def tree(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_letter_gets_a_fragment_of_its_own(program: Path, tmp_path: Path) -> None:
    letters = list(corpus.letters(25))
    found = index(program, tmp_path, letters)
    assert found.keys() == {letter.url for letter in letters}
    packed = [path.read_bytes() for path in (tmp_path / "out" / "fragment").iterdir()]
    assert len(packed) == -(-25 // pagefind.GROUP)
    groups = [json.loads(gzip.decompress(content).removeprefix(b"pagefind_dcd")) for content in packed]
    pages = {name: page for group in groups for name, page in group.items()}
    for url, number in found.items():
        page = pages[f"en_{number:07x}"]
        assert page["url"].lstrip("/") == url
        assert [anchor["id"] for anchor in page["anchors"]][-1] == "summary"
        assert page["meta"].keys() == {"title", "added"}
        assert page["filters"] == {}


def test_the_index_is_of_the_version_whose_behaviour_is_known(program: Path, tmp_path: Path) -> None:
    index(program, tmp_path, list(corpus.letters(2)))
    entry = json.loads((tmp_path / "out" / "pagefind-entry.json").read_text())
    assert entry["version"] == pagefind.VERSION, "read search.js against the new version, then change pagefind.VERSION"
    assert json.loads((ROOT / "package.json").read_text())["dependencies"]["pagefind"] == pagefind.VERSION


def test_only_the_hub_keeps_the_program_of_the_browser(program: Path, tmp_path: Path) -> None:
    index(program, tmp_path, list(corpus.letters(2)))
    assert {path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".pf_meta"} == {
        "fragment",
        "index",
        "pagefind-entry.json",
    }
    shutil.rmtree(tmp_path / "out")
    index(program, tmp_path, list(corpus.letters(2)), hub=True)
    assert {"pagefind.js", "pagefind-worker.js", "wasm.en.pagefind"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_the_same_letters_in_the_same_order_give_the_same_bytes_wherever_they_stand(program: Path, tmp_path: Path) -> None:
    """A disk lists the files of a folder in an order of its own: a letter more or less beside them, or memory, is another disk."""
    letters = list(corpus.letters(40))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as elsewhere:
        places = [tmp_path / "one", tmp_path / "two", Path(elsewhere)]
        for place in places:
            index(program, place, letters)
        one, *others = (tree(place / "out") for place in places)
    assert others == [one, one]
    index(program, tmp_path / "control", letters[::-1])
    assert tree(tmp_path / "control" / "out") != one


def test_missing_tools_are_named_with_the_command_that_mends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BuildError, match="npm install") as missing:
        pagefind.program(tmp_path)
    assert missing.value.exit_code == 3
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="install Node 20") as no_node:
        pagefind.program(ROOT)
    assert no_node.value.exit_code == 3


def test_a_program_that_is_not_the_published_one_is_not_run(program: Path, tmp_path: Path) -> None:
    copy = tmp_path / program.relative_to(ROOT)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(program.read_bytes()[:-1])
    if not any(name in str(program) for name in pagefind.SHA256):
        pytest.skip("no digest is known for this platform")
    with pytest.raises(BuildError, match="not Pagefind") as error:
        pagefind.program(tmp_path)
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    ("package", "runs"),
    [
        (f'{{"version": "{pagefind.VERSION}"}}', True),
        ('{"version": "1.5.0"}', False),
        ("{}", False),
        ('{"version": ', False),
        ('{"version": "\xff"}', False),  # no UTF-8
        (None, False),
    ],
)
def test_a_program_of_which_no_digest_is_known_is_of_the_version_of_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str | None, runs: bool
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    place = tmp_path / "node_modules" / "@pagefind" / "darwin-arm64"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "pagefind_extended").write_bytes(b"no digest is known of this")
    if package is not None:
        (place / "package.json").write_text(package, "latin-1")
    if runs:
        assert pagefind.program(tmp_path) == place / "bin" / "pagefind_extended"
    else:
        with pytest.raises(BuildError, match=f"not Pagefind {pagefind.VERSION} as published") as error:
            pagefind.program(tmp_path)
        assert error.value.exit_code == 3


def test_the_package_of_the_program_that_is_installed_says_its_version(program: Path) -> None:
    """On a platform whose digest is known nothing else would notice that packages name it elsewhere."""
    assert json.loads((program.parents[1] / "package.json").read_text())["version"] == pagefind.VERSION


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ('sys.exit("disk trouble")', "failed: disk trouble"),
        ("os.abort()", "failed: it said nothing"),
        ('os.write(1, b"nothing that is known,")', "failed: it said nothing"),
        ('say(type="Error", message="cannot write")', "failed: cannot write"),
        (ALL_IS_WELL, "indexed 0 of 2 letters"),
        (
            'f = message.get("output_path"); f and os.makedirs(f"{f}/fragment"); '
            f'f and open(f"{{f}}/fragment/en_1234567.pf_fragment", "w").write("half"); {ALL_IS_WELL}',
            "cannot be read",
        ),
    ],
)
def test_a_run_that_goes_wrong_is_told_in_one_line(tmp_path: Path, does: str, told: str) -> None:
    with pytest.raises(BuildError, match=told) as error:
        index(a_program(tmp_path, does), tmp_path, list(corpus.letters(2)))
    assert error.value.exit_code == 6
    assert "\n" not in str(error.value)


def test_a_run_without_end_is_stopped_with_all_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagefind, "SECONDS", 2)
    does = f'open("{tmp_path}/child", "w").write(str(subprocess.Popen(["sleep", "60"]).pid)); time.sleep(60)'
    with pytest.raises(BuildError, match="stopped after"):
        index(a_program(tmp_path, does), tmp_path, list(corpus.letters(2)))
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _runs(child):
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def a_letter(**changed: object) -> Letter:
    issue = Issue(number=1, request="MRI & <b>C/S</b>", disputed="MRI & <b>C/S</b>", outcome="upheld", imr=Citation(raw="MTUS"))
    sections = (Section(kind="summary", heading="", paragraphs=("Injured at L4/L5. ___PAGEFIND_ANCHOR___div:1:x", "Rest.")),)
    given: dict[str, object] = {"id": "a", "source": "a", "sha256": "0", "format": "f", "issues": (issue,), "sections": sections}
    return Letter(**{**given, "decision_date": dt.date(2017, 1, 1), **changed})  # type: ignore[arg-type]


def test_a_staged_page_is_escaped_and_free_of_the_indexers_mark() -> None:
    page = staged.page(a_letter(), RULES).content.decode()
    assert "<b>" not in page
    assert "MRI &amp; &lt;b&gt;C/S" in page
    assert "___PAGEFIND_ANCHOR" not in page


FILED = rules.load(
    {
        "body": """
            label = "Body"
            plural = "Bodies"
            level = "issue"
            order = 0
            over = "disputed"
            value = [{id = "spine", label = "Spine"}, {id = "spine/low", label = "Low back", parent = "spine"}]""",
        "kind": """
            label = "Kind"
            plural = "Kinds"
            level = "issue"
            order = 20
            over = "disputed"
            value = [{id = "scan", label = "Magnetic & more"}, {id = "cream", label = "MRI, Upheld"}, {id = "soma", label = "Soma"}]""",
        "names": """
            label = "Name"
            plural = "Names"
            level = "issue"
            order = -1
            value = [
              {id = "carisoprodol", label = "Carisoprodol", words = ["soma", "carisoprodol"]},
              {id = "therapy", label = "Therapy", words = ["physical therapy", "physiotherapy"], synonyms = ["PT"]},
            ]""",
        "decided": """
            label = "Decided"
            plural = "Decided"
            level = "issue"
            order = 30
            field = "outcome"
            value = [{id = "upheld", label = "Denial stands"}]""",
        "later": """
            label = "Later"
            plural = "Later"
            level = "issue"
            order = 40
            over = "disputed"
            value = [{id = "yes", label = "Afterwards"}, {id = "no", label = "Before"}]""",
        "hidden": """
            label = "Hidden"
            plural = "Hidden"
            level = "issue"
            order = -1
            over = "disputed"
            value = [{id = "one", label = "Not shown"}]""",
    }
)


def test_the_page_that_is_searched_holds_each_issue_under_its_heading_then_the_summary_and_no_more() -> None:
    facets = {
        "body": ("spine", "spine/low", "gone"),
        "kind": ("scan", "cream"),
        "decided": ("upheld",),
        "later": ("yes",),
        "hidden": ("one",),
    }
    cited = {"ur": Citation(raw="ODG at C5-6"), "imr": Citation(raw="MTUS")}
    first = Issue(
        number=1,
        request="Six visits, then MRI",
        disputed="<MRI>",
        outcome="upheld",
        facets=facets,
        rationale=("L5/S1.", "Upheld"),
        **cited,
    )
    letter = a_letter(
        issues=(first, Issue(number=2, request="Soma", disputed="Soma", outcome="upheld", facets={"kind": ("soma",)}))
    )
    page = staged.page(letter, FILED)
    assert page.path == "decisions/a.html"
    assert page.content.decode() == (
        '<!doctype html><html lang="en"><head><title>&lt;MRI&gt;; Soma</title></head>'
        '<body data-pagefind-body data-pagefind-meta="title[data-title], added[data-added]" data-title="&lt;MRI&gt;; Soma" '
        'data-added="c5c6, l5s1, l4l5, carisoprodol, Low back, Magnetic &amp; more">'
        '<h2 id="issue-1">&lt;MRI&gt;</h2><p>Six visits, then MRI</p><p>ODG at C5-6</p><p>MTUS</p><p>L5/S1.</p><p>Upheld</p>'
        '<h2 id="issue-2">Soma</h2>'
        '<h2 id="summary">Case summary</h2><p>Injured at L4/L5. ___ PAGEFIND_ANCHOR___div:1:x</p><p>Rest.</p></body></html>'
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Soma 350mg", ["carisoprodol"]),
        ("Soma (carisoprodol)", []),
        ("physical therapy twice a week", ["physiotherapy", "PT"]),
        ("the pt reports pain", []),  # a patient
    ],
)
def test_a_letter_is_found_by_the_other_names_of_what_it_names(text: str, names: list[str]) -> None:
    assert list(staged.other_names(text, FILED)) == names


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("fusion at L4-5 and L5/S1", ["l4l5", "l5s1"]),
        ("L4-L5, l4/5", ["l4l5"]),
        ("T12 - L1, C-5/6", ["t12l1", "c5c6"]),
        ("2 times a week for 4 weeks", ["2x4"]),
        ("two times per week x six weeks", ["2x6"]),
        ("THREE VISITS/WEEK FOR TWELVE WEEKS, one x weekly for eight", ["3x12", "1x8"]),
        ("four sessions a week, 10; five each wk for ten", ["4x10", "5x10"]),
        ("at L4-5, twice; 2 times a week for 4 weeks", ["l4l5", "2x4"]),
        ("Norco 10/325 mg #60, 7.5 MG and 7.5mg", ["10/325mg", "7.5mg"]),
        ("1,200 mcg; 2 mgs, L5 g, 3 grams", ["1,200mcg"]),
        ("PT 2x4", []),  # is in the text as it is
        ("10/325 mg on 4/21/14", ["10/325mg"]),
    ],
)
def test_spellings_that_mean_the_same_get_one_form(text: str, forms: list[str]) -> None:
    assert staged.same_spelling(text) == forms


def asking(request: str, **changed: object) -> Letter:
    issue = Issue(number=1, request=request, disputed=request, outcome="upheld")
    return a_letter(**{"issues": (issue,), "sections": (), **changed})


def test_word_lists_begin_with_the_word_that_most_letters_hold() -> None:
    letters = [asking("pea part part part"), asking("pea pat"), asking("pat pa p"), asking("pea")]
    assert staged.words([staged.count(letters)]) == {"pa": "pat\npa\npart", "pe": "pea"}


def test_word_lists_hold_every_text_that_is_searched_in_all_its_spellings() -> None:
    issue = Issue(
        number=1,
        request="Whole",
        disputed="Part",
        outcome="upheld",
        ur=Citation(raw="Odg"),
        imr=Citation(raw="Mtus"),
        rationale=("Reason, 10/325mg", "at L4-5"),
    )
    summary = Section(kind="summary", heading="Nowhere", paragraphs=("Fell.", "Rose."))
    lists = staged.words([staged.count([a_letter(issues=(issue,), sections=(summary,))])])
    found = {word for lines in lists.values() for word in lines.split("\n")}
    assert found == {
        *["whole", "part", "odg", "mtus", "reason", "10325mg", "10", "325mg", "at", "l45", "l4", "l4l5", "fell", "rose"]
    }
    assert list(lists) == sorted(lists)


def test_word_lists_hold_so_many_words_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged, "WORDS", 2)
    assert staged.words([staged.count([asking("one two three"), asking("two three")])]) == {"th": "three", "tw": "two"}


def test_a_word_of_some_shards_tells_them_as_a_hexadecimal_number() -> None:
    shards = [[asking("all")], [asking("all two")], [asking("all")], [asking("all two")], [asking("all two")]]
    assert staged.words(list(map(staged.count, shards))) == {"al": "all", "tw": "two 1a"}


def test_word_lists_tell_which_shards_hold_a_word() -> None:
    one = a_letter(issues=(Issue(number=1, request="Norco 10/325mg", disputed="Norco 10/325mg", outcome="upheld"),), sections=())
    two = a_letter(issues=(Issue(number=1, request="Norco X-ray", disputed="Norco X-ray", outcome="upheld"),), sections=())
    lists = staged.words([staged.count([one]), staged.count([two])])
    assert lists["no"] == "norco"
    assert lists["10"].split("\n") == ["10 1", "10325mg 1"]
    assert lists["xr"] == "xray 2"
