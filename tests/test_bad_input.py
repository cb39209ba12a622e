"""Bad input and missing tools: one clear line each, the other letters published, a site that stands stays as it was."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from site_builder import build, publish
from site_builder.model import BuildError
from site_builder.options import Options

ROOT = Path(__file__).parents[1]
GOOD = ROOT / "letters" / "CM99-0000118.txt"


def without_text(path: Path) -> None:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.rect(20, 20, 50, 50)
    pdf.output(str(path))


BAD: dict[str, tuple[str, Callable[[Path], object], str, str]] = {
    "an unreadable PDF": ("broken.pdf", lambda path: path.write_bytes(b"%PDF-1.7\nnothing"), "pdf-unreadable", "PDF"),
    "a PDF without text": ("scan.pdf", without_text, "pdf-no-text", "OCR"),
    "a binary file named .txt": ("image.txt", lambda path: path.write_bytes(bytes(range(256)) * 40), "binary", "text"),
    "a letter of no format": ("menu.txt", lambda path: path.write_text("Soup of the day\n\nTomato"), "no-format", "IMR"),
    "a letter with a social security number": (
        "leak.txt",
        lambda path: path.write_text(GOOD.read_text().replace("CM99-0000118", "CM99-0009999") + "\nSSN: 123-45-6789\n"),
        "privacy-ssn",
        "###-##-####",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_letter_costs_one_line_and_nothing_else(name: str, tmp_path: Path) -> None:
    file, write, code, says = BAD[name]
    folder = tmp_path / "letters"
    folder.mkdir()
    shutil.copy(GOOD, folder)
    write(folder / file)
    report = build.build(Options(letters=folder, out=tmp_path / "site", search=False))
    told = [problem for problem in report.problems if problem.severity == "quarantine"]
    assert [(problem.file, problem.code) for problem in told] == [(file, code)]
    assert says in told[0].message
    assert "\n" not in told[0].message
    assert report.letters == 1
    assert [path.name for path in (tmp_path / "site" / "decisions").iterdir()] == ["cm99-0000118.html"]
    assert "123-45-6789" not in told[0].message
    published = b"".join(path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file())
    assert b"123-45-6789" not in published


def test_an_empty_folder_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    build.build(Options(letters=GOOD.parent, out=tmp_path / "site", search=False))
    before = publish.manifest(tmp_path / "site")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(BuildError, match=r"put .pdf, .txt or .md files there"):
        build.build(Options(letters=tmp_path / "nothing", out=tmp_path / "site", search=False))
    assert publish.manifest(tmp_path / "site") == before


def test_a_missing_node_is_told_with_its_remedy_and_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    build.build(Options(letters=GOOD.parent, out=tmp_path / "site", search=False))
    before = publish.manifest(tmp_path / "site")
    command = [sys.executable, "-m", "site_builder", "build", "--letters", GOOD.parent, "--out", tmp_path / "site", "-q"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": "/nonexistent"}, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Node.js is missing: install Node" in done.stderr
    assert done.stderr.strip().count("\n") == 0
    assert publish.manifest(tmp_path / "site") == before


def test_the_privacy_gate_ends_the_build_with_its_own_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    shutil.copy(GOOD, folder)
    BAD["a letter with a social security number"][1](folder / "leak.txt")
    command = [
        sys.executable,
        "-m",
        "site_builder",
        "build",
        "--letters",
        folder,
        "--out",
        tmp_path / "site",
        "-q",
        "--no-search",
    ]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert "123-45-6789" not in done.stderr + done.stdout


def test_what_stands_for_a_case_number_in_the_table_is_on_no_page(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    shutil.copy(ROOT / "letters" / "no-header-acupuncture.txt", folder / "a.txt")
    (folder / "metadata.csv").write_text("file,case_number\na.txt,John Smith SSN 123-45-6789\n")
    report = build.build(Options(letters=folder, out=tmp_path / "site", search=False))
    assert [(problem.file, problem.line) for problem in report.problems if problem.code == "field-value"] == [("metadata.csv", 2)]
    published = b"".join(path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file())
    assert b"Smith" not in published
    assert b"123-45-6789" not in published


def test_an_allow_list_publishes_what_a_person_has_read(tmp_path: Path) -> None:
    import hashlib

    folder = tmp_path / "letters"
    folder.mkdir()
    BAD["a letter with a social security number"][1](folder / "leak.txt")
    digest = hashlib.sha256((folder / "leak.txt").read_bytes()).hexdigest()
    (folder / "privacy-allow.toml").write_text(
        f'[[allow]]\nsha256 = "{digest}"\nkinds = ["ssn"]\nreason = "an invented number"\n'
    )
    report = build.build(Options(letters=folder, out=tmp_path / "site", search=False))
    assert report.letters == 1
    assert [problem.severity for problem in report.problems if problem.code == "privacy-ssn"] == ["note"]


def test_the_same_bytes_twice_are_published_once_and_other_bytes_of_a_case_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    shutil.copy(GOOD, folder / "a.txt")
    shutil.copy(GOOD, folder / "b.txt")
    (folder / "c.txt").write_text(GOOD.read_text().replace("Decision rationale:", "Decision rationale: Amended."))
    report = build.build(Options(letters=folder, out=tmp_path / "site", search=False))
    names = sorted(path.name for path in (tmp_path / "site" / "decisions").iterdir())
    assert report.letters == 2
    assert names[0].startswith("cm99-0000118-")
    assert names[1] == "cm99-0000118.html"
    assert {problem.code for problem in report.problems} >= {"duplicate", "same-case"}


def test_a_notice_belongs_to_the_letters_it_stands_with(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    shutil.copy(GOOD, folder)
    assert build.read(Options(letters=folder)).beside.settings.notice == ""
    (folder / "NOTICE").write_text("Not for <b>publication</b>.\n")
    reading = build.read(Options(letters=folder))
    assert (reading.beside.settings.notice, len(reading.letters), reading.problems) == ("Not for <b>publication</b>.", 1, ())
    assert "invented" in build.read(Options(letters=GOOD.parent)).beside.settings.notice
