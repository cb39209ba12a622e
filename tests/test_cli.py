"""The command line: what goes to which stream, and which exit code says what."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import rich.console as terminals
from click.testing import CliRunner, Result

from site_builder import build, cli, publish, takedowns
from site_builder.cli import main, printable, problem_lines
from site_builder.model import Problem
from site_builder.options import Options
from tests.conftest import ROOT
from tests.example_site import few

SAMPLE = ROOT / "letters" / "CM99-0000012.txt"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / SAMPLE.name).write_bytes(SAMPLE.read_bytes())
    return folder


def test_build_publishes_and_says_so_in_two_lines(letters: Path, tmp_path: Path) -> None:
    result = run("build", "--letters", letters, "--out", tmp_path / "out", "--no-search")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Published 1 letter with ")
    assert "KB in " in result.stdout.splitlines()[1]
    assert "more fit on GitHub Pages (1 GB)" in result.stdout.splitlines()[1]
    assert result.stdout.count("\n") == 2
    assert "Reading letters: 1" in result.stderr
    assert publish.is_whole(tmp_path / "out")


def test_quiet_shows_no_progress(letters: Path, tmp_path: Path) -> None:
    result = run("build", "-q", "--letters", letters, "--out", tmp_path / "out", "--no-search")
    assert "Reading letters" not in result.stderr


def test_a_strange_letter_is_told_and_the_others_are_published(letters: Path, tmp_path: Path) -> None:
    (letters / "photo.txt").write_bytes(bytes(range(256)) * 20)
    build = ("build", "--letters", letters, "--out", tmp_path / "out", "--no-search")
    result = run(*build)
    assert result.exit_code == 0
    assert "photo.txt" in result.stderr
    assert "1 problem" in result.stdout
    assert run(*build, "--strict").exit_code == 1
    assert run("check", "--letters", letters).exit_code == 1


def test_a_letter_held_back_by_the_privacy_gate_shows_in_the_exit_code(letters: Path, tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8").replace("CM99-0000012", "CM99-0999999")
    (letters / "leak.txt").write_text(f"{text}\n\nThe employee's social security number is 536-22-1234.\n", encoding="utf-8")
    result = run("build", "--letters", letters, "--out", tmp_path / "out", "--no-search")
    assert result.exit_code == 4, result.output
    assert "leak.txt" in result.stderr
    assert "536-22-1234" not in result.output
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and b"536-22-1234" in path.read_bytes()]
    assert publish.is_whole(tmp_path / "out")


def test_check_writes_nothing_and_reports_to_stdout(letters: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = run("check", "--letters", letters)
    assert "1 letter" in result.stdout
    as_json = json.loads(run("check", "--json", "-q", "--letters", letters).stdout)
    assert as_json["letters"] == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", [SAMPLE.stem, SAMPLE.stem.lower(), str(SAMPLE), SAMPLE.name])
def test_show_prints_a_letter_by_case_number_file_or_name_with_its_evidence(letters: Path, name: str) -> None:
    result = run("show", name, "--letters", letters)
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["case_number"] == SAMPLE.stem
    evidence = shown["evidence"] + [row for issue in shown["issues"] for row in issue["evidence"]]
    assert {"field", "value", "rule", "words"} <= set(evidence[0])


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("build", "--letters", "no-such-folder"), 2, "does not exist"),
        (("build", "--letters", str(ROOT / "letters"), "--config", "no-such.toml"), 2, "no-such.toml: no such file"),
        (("build", "--jobs", "0"), 2, "0"),
        (("build", "--no-such-option"), 2, "No such option"),
        (("paint",), 2, "No such command"),
        (("show", "CM00-0000000", "--letters", str(ROOT / "letters")), 2, "no letter CM00-0000000"),
        (("serve", "--out", "no-such-folder"), 2, "holds no site yet"),
    ],
)
def test_a_mistake_is_told_in_a_line_with_its_exit_code(arguments: tuple[str, ...], code: int, told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_an_empty_folder_publishes_nothing_and_keeps_the_old_site(letters: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("build", "--letters", letters, "--out", out, "--no-search")
    before = publish.manifest(out)
    (letters / SAMPLE.name).unlink()
    result = run("build", "--letters", letters, "--out", out, "--no-search")
    assert result.exit_code == 2
    assert "holds no letters" in result.stderr
    assert publish.manifest(out) == before


def test_a_broken_setting_is_told_and_keeps_the_old_site(letters: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("build", "--letters", letters, "--out", out, "--no-search")
    before = publish.manifest(out)
    (tmp_path / "site.toml").write_text("page_size = 'many'")
    result = run("build", "--letters", letters, "--out", out, "--no-search", "--config", tmp_path / "site.toml")
    assert result.exit_code == 2
    assert "site.toml" in result.stderr
    assert publish.manifest(out) == before


def test_a_second_build_of_the_same_folder_is_refused(letters: Path, tmp_path: Path) -> None:
    with publish.publishing(tmp_path / "out") as stage:
        (stage / "index.html").touch()
        result = run("build", "--letters", letters, "--out", tmp_path / "out", "--no-search")
    assert result.exit_code == 7
    assert str(os.getpid()) in result.stderr


def test_help_lists_the_exit_codes() -> None:
    assert "another build is running" in run("--help").output


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, naïve “text” – 日本", "plain, naïve “text” – 日本"),
        ("\x1b]0;owned\x07", "\\u001b]0;owned\\u0007"),
        ("a\nb\rc", "a\\nb\\rc"),
        ("\x9b2J", "\\u009b2J"),  # the one-byte form of ESC [
        ("abc\u202efdp.exe", "abc\\u202efdp.exe"),
        ("\udcff", "\\udcff"),  # a byte of a file name that is no UTF-8
    ],
)
def test_what_a_terminal_would_obey_is_printed_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_problems_are_grouped_with_counts_the_gravest_first_and_long_lists_cut() -> None:
    problems = [
        *(Problem(code="odd-line", message="look", file=f"{number}.txt", line=number) for number in range(12)),
        Problem(code="repaired", message="was mended", file="n.txt", severity="note"),
        Problem(code="no-text", message="a \x1b[31mscan", file="b\x1b.pdf", severity="quarantine"),
    ]
    lines = list(problem_lines(problems, most=10))
    assert lines[:2] == ["\x1b[31mquarantine\x1b[0m no-text (1)", "  b\\u001b.pdf: a \\u001b[31mscan"]
    assert lines[2:4] == ["\x1b[33mwarning\x1b[0m odd-line (12)", "  0.txt:0: look"]
    assert lines[-2:] == ["  ... and 2 more: `check` shows all", "\x1b[34mnote\x1b[0m repaired (1)"]
    assert len(list(problem_lines(problems, most=None))) == 3 + 14


def test_escapes_in_the_name_of_a_file_do_not_reach_the_terminal(letters: Path, tmp_path: Path) -> None:
    (letters / "x\x1b]0;owned\x07.pdf").write_bytes(b"no pdf")
    result = run("build", "--letters", letters, "--out", tmp_path / "out", "--no-search")
    assert "\x1b]" not in result.output
    assert "owned" in result.stderr


def module(*arguments: object, **how: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "site_builder", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def test_without_the_dependencies_one_line_says_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "site_builder").symlink_to(ROOT / "site_builder")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    code = (
        "import sys; sys.path = [p for p in sys.path if 'site-packages' not in p]; import runpy; runpy.run_module('site_builder')"
    )
    code = code.replace("run_module('site_builder')", "run_module('site_builder', run_name='__main__')")
    command = [sys.executable, "-S", "-c", code, "build"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 3
    assert "make build" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def watching(letters: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[str], str]]:
    """`watch` as a process; its lines as they come, and the address it serves at."""
    config = tmp_path / "site.toml"
    config.write_text("")
    options = ("--letters", letters, "--out", tmp_path / "out", "--config", config, "--port", 0, "--no-search", "-q")
    process = module("watch", *options, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    lines: list[str] = []
    for stream in (process.stdout, process.stderr):
        threading.Thread(target=lambda stream=stream: lines.extend(iter(stream.readline, "")), daemon=True).start()
    url = heard(lines, "The site is at ").split()[4]
    time.sleep(0.5)  # the observer is up
    yield process, lines, url
    process.kill()
    process.wait()


def heard(lines: list[str], words: str) -> str:
    """The first line with `words`, waited for."""
    for _ in range(2400):
        for line in list(lines):
            if words in line:
                return line
        time.sleep(0.05)
    raise AssertionError(f"never heard {words!r} in {lines}")


def body(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def test_watch_builds_serves_and_keeps_the_last_good_site_when_a_build_fails(
    watching: tuple[subprocess.Popen[str], list[str], str], letters: Path, tmp_path: Path
) -> None:
    process, lines, url = watching
    assert SAMPLE.stem.lower() in body(f"{url}data/letters.jsonl")
    (tmp_path / "site.toml").write_text("no toml")
    heard(lines, "the last good site stands")
    assert SAMPLE.stem.lower() in body(f"{url}data/letters.jsonl")
    lines.clear()
    (tmp_path / "site.toml").write_text("title = 'Mended'")
    heard(lines, "Published 1 letter")
    lines.clear()
    other = ROOT / "letters" / "CM99-0000037.txt"
    (letters / other.name).write_bytes(other.read_bytes())
    heard(lines, "Published 2 letters")
    assert other.stem.lower() in body(f"{url}data/letters.jsonl")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0


def test_the_entry_of_a_takedown_is_understood_whatever_its_reason_holds() -> None:
    """A soft hyphen was printed as an escape that TOML lacks: appended, the list stopped every build."""
    reason = "re\u00admoved \x85 \u202e \U000e0001 on request"
    result = run("takedown", "CM17-0001234", "--reason", reason)
    assert result.exit_code == 0
    assert "\u00ad" not in result.stdout
    (entry,) = takedowns.load(result.stdout).removed.values()
    assert entry.reason == reason.replace("\x85", " ")


def test_an_entry_can_be_appended_to_a_list_whose_last_line_has_no_end() -> None:
    first, second = (run("takedown", f"CM17-000123{number}", "--reason", "x").stdout for number in (4, 5))
    assert len(takedowns.load(first.rstrip() + second).removed) == 2


def test_words_that_are_no_utf8_are_refused_in_one_line() -> None:
    result = CliRunner().invoke(main, ["takedown", "CM17-0001234", "--reason", "x", "--redact"], input=b"caf\xe9\n")
    assert (result.exit_code, result.stderr) == (2, "error: what is to be taken down must be given as UTF-8 text\n")


@pytest.mark.parametrize("kind", ["folder", "dangling link", "link"])
def test_a_list_of_takedowns_that_cannot_be_read_stops_the_build(tmp_path: Path, kind: str) -> None:
    """It counted as none, and what it takes down was published."""
    letters = few(tmp_path, 2) / "letters"
    if kind == "folder":
        (letters / "takedowns.toml").mkdir()
    else:
        (letters / "takedowns.toml").symlink_to(tmp_path / "list.toml")
    if kind == "link":
        (tmp_path / "list.toml").touch()
    result = run("build", "--letters", letters, "--out", tmp_path / "out", "--no-search", "--no-cache")
    assert result.exit_code == 2
    assert "takedowns.toml: is no regular file" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name", ["Takedowns.toml", "sub/takedowns.toml", "takedowns.toml.txt", "takedowns.txt", "takedown.toml", "takedowns.toml "]
)
def test_a_list_of_takedowns_that_would_not_be_seen_stops_the_build(tmp_path: Path, name: str) -> None:
    """It counted as some other file, and what it takes down was published."""
    letters = few(tmp_path, 2) / "letters"
    (letters / "sub").mkdir()
    (letters / name).write_text(run("takedown", "CM99-0000012", "--reason", "x").stdout)
    result = run("build", "--letters", letters, "--out", tmp_path / "out", "--no-search", "--no-cache")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {name}: is not read as the list of takedowns; it must be named takedowns.toml and")
    assert not (tmp_path / "out").exists()


def test_a_letter_in_a_folder_is_shown_as_the_site_has_it(tmp_path: Path) -> None:
    """What is taken down in the collection is not shown because its file is named."""
    letters = few(tmp_path, 3) / "letters"
    (letters / "sub").mkdir()
    file = next(letters.glob("CM99-*.txt")).rename(letters / "sub" / "x.txt")
    (letters / "metadata.csv").write_text("file,age\nsub/x.txt,81\n")
    for given in (file, "sub/x.txt"):
        result = run("show", given, "--letters", letters, "--no-cache")
        assert result.exit_code == 0
        assert "sub/x.txt" in result.stdout
        assert any(told in result.stdout for told in ('"age": 81', "metadata-conflict"))
    case = json.loads(run("show", file, "--letters", letters, "--no-cache").stdout)["case_number"]
    (letters / "takedowns.toml").write_text(run("takedown", case, "--reason", "x").stdout)
    assert "taken down" in run("show", file, "--letters", letters, "--no-cache").stderr


def test_what_editors_keep_beside_a_template_is_no_part_of_the_site(tmp_path: Path) -> None:
    place = few(tmp_path, 1)
    static = place / "templates" / "static"
    (static / ".site.css.swp").write_bytes(b"x")
    (static / "site.css~").write_bytes(b"x")
    (static / "#site.css#").write_bytes(b"x")
    (static / ".#site.css").symlink_to("nobody@nowhere")
    (static / "fonts").mkdir()
    (static / "fonts" / "a.woff2").write_bytes(b"x")
    (place / "templates" / ".#value.html").symlink_to("nobody@nowhere")
    build.build(Options(letters=place / "letters", out=place / "site", templates=place / "templates", search=False))
    published = {path.relative_to(place / "site" / "static").as_posix() for path in (place / "site" / "static").rglob("*")}
    assert not [name for name in published if name.startswith((".", "#")) or "~" in name]
    assert [name for name in published if re.fullmatch(r"fonts/a\.[0-9a-f]{8}\.woff2", name)]


@pytest.mark.parametrize(("letters", "out"), [("site/letters", "site"), ("all", "all/site"), ("all", "all")])
def test_letters_and_site_are_kept_apart(tmp_path: Path, letters: str, out: str) -> None:
    """The letters were swapped away with the site, and the next build removed them."""
    shutil.copytree(few(tmp_path, 2) / "letters", tmp_path / letters)
    result = run("build", "--letters", tmp_path / letters, "--out", tmp_path / out, "--no-search", "--no-cache")
    assert result.exit_code == 2
    assert "keep them apart" in result.stderr
    assert len(list((tmp_path / letters).glob("CM99-*"))) == 2


def test_a_cache_in_the_site_is_refused(tmp_path: Path) -> None:
    """It went with each site that was replaced, and was published with the next."""
    place = few(tmp_path, 2)
    result = run("build", "--letters", place / "letters", "--out", tmp_path / "o", "--cache", tmp_path / "o/c", "--no-search")
    assert result.exit_code == 2
    assert "stands in --out" in result.stderr


def test_letters_that_the_terminal_lacks_are_shown_by_their_numbers(tmp_path: Path) -> None:
    """A traceback of Python's ended `check`."""
    folder = few(tmp_path, 1) / "letters"
    (folder / "\u0141.txt").write_text("Nothing of a letter.")
    with module("check", "--letters", folder, "-q", env={**os.environ, "PYTHONIOENCODING": "latin-1"}) as process:
        out, err = process.communicate()
    assert "\\u0141.txt" in out
    assert "Traceback" not in err


def test_where_no_letter_can_be_published_the_files_are_named(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.txt").touch()
    result = run("build", "--letters", tmp_path, "--out", tmp_path.with_name("site"), "--no-search", "--no-cache")
    assert result.exit_code == 2
    assert "nothing to publish: a.txt: holds no text" in result.stderr
    assert result.stderr.rstrip().endswith("and 1 more, which `check` shows")


@pytest.mark.parametrize("given", [("build", "--scheduler", "tcp://localhost:1"), ("check", "--json", "--privacy")])
def test_options_that_would_do_nothing_are_refused(given: tuple[str, ...]) -> None:
    assert run(*given).exit_code == 2


def test_a_settings_file_may_begin_with_a_mark_of_order(tmp_path: Path) -> None:
    place = few(tmp_path, 1)
    (tmp_path / "site.toml").write_bytes(b'\xef\xbb\xbftitle = "With a mark"\n')
    given = [
        "--letters",
        place / "letters",
        "--config",
        tmp_path / "site.toml",
        "--out",
        tmp_path / "out",
        "--no-search",
        "--no-cache",
    ]
    assert run("build", *given).exit_code == 0
    assert "With a mark" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_a_long_stage_is_told_on_its_way_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 0.0, 10.0, 40.0, 50.0, 80.0, 90.0])
    monkeypatch.setattr(cli.time, "monotonic", lambda: next(clock))
    with cli._lines() as update:
        for done in (0, 100, 400, 500, 800, 1000):
            update("Reading letters", done, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "Reading letters: 400 of 1,000, 10 a second, 0:01:00 left",
        "Reading letters: 800 of 1,000, 10 a second, 0:00:20 left",
        "Reading letters: 1,000",
    ]


def test_bars_tell_how_many_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = terminals.Console(file=io.StringIO(), force_terminal=True, width=120)
    with cli._bars(drawn) as update:
        for done in (0, 500, 1000):
            update("Reading letters", done, 1000)
            time.sleep(0.02)
    assert re.search(r"1000/1000.* [\d,]+/s", drawn.file.getvalue())  # type: ignore[attr-defined]


def test_colours_are_left_out_where_they_are_not_wanted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    shutil.copy(ROOT / "letters" / "CM99-0000118.txt", tmp_path)
    given = ["check", "--letters", str(tmp_path), "--no-cache", "-q"]
    assert "\x1b[31m" in CliRunner().invoke(main, given, color=True).output
    assert "\x1b[" not in CliRunner(env={"NO_COLOR": "1"}).invoke(main, given, color=True).output


def test_a_signal_that_python_swallows_ends_the_build_at_its_next_step() -> None:
    """While a process is copied, nothing that a handler raises gets out: Ctrl-C was lost, and the build went on."""
    cli._stop_on_signals()
    with pytest.raises(KeyboardInterrupt), cli._progress(quiet=True) as progress:
        progress("Reading letters", 1, 2)
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        progress("Reading letters", 2, 2)
    cli._stop_on_signals()
    with cli._progress(quiet=True) as progress:
        progress("Reading letters", 1, 2)
