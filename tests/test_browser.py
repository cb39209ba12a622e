"""Which browser the tests drive, and what happens where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import browser
from tests.conftest import ROOT

DOWNLOADED = "/downloads/chromium"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`machine(programs...)`: one that has these programs and no others. Returns the commands that are run there; of them only those
    bring a browser that name one of `offers`.
    """

    def add(name: str) -> None:
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)

    def made(*programs: str, root: bool = False, downloaded: bool = False, offers: tuple[str, ...] = ()) -> list[str]:
        ran = list[str]()
        found = {"path": DOWNLOADED if downloaded else None}

        def run(*command: str) -> None:
            ran.append(" ".join(command).removeprefix(f"{sys.executable} -m "))
            for package in set(command) & set(offers):
                if "playwright" in command:
                    found["path"] = DOWNLOADED
                else:
                    add(package)

        for name in programs:
            add(name)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(browser, "of_playwright", lambda: found["path"])
        monkeypatch.setattr(browser, "_run", run)
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        return ran

    return made


@pytest.mark.parametrize(
    ("programs", "downloaded", "taken"),
    [
        (("google-chrome", "chromium"), True, "chromium"),  # the system's goes before the download
        (("chromium", "chromium-headless-shell"), False, "chromium-headless-shell"),
        (("google-chrome-stable",), False, "google-chrome-stable"),
        (("firefox",), True, DOWNLOADED),
    ],
)
def test_the_systems_chromium_is_taken_else_playwrights(
    machine: Callable[..., list[str]], tmp_path: Path, programs: tuple[str, ...], downloaded: bool, taken: str
) -> None:
    ran = machine(*programs, downloaded=downloaded)
    assert browser.options() == {"executable_path": taken if taken == DOWNLOADED else str(tmp_path / taken), "args": []}
    assert browser.main() == 0
    assert ran == [], "nothing is installed where there is one"


def test_only_root_runs_it_without_a_sandbox(machine: Callable[..., list[str]]) -> None:
    machine("chromium", root=True)
    assert browser.options()["args"] == ["--no-sandbox"]


APT = "apt-get install -qq -y --no-install-recommends"
SHELL, WHOLE = f"{APT} chromium-headless-shell fonts-liberation", f"{APT} chromium fonts-liberation"
DOWNLOAD = "playwright install chromium"


@pytest.mark.parametrize(
    ("programs", "root", "offers", "ran"),
    [
        (("apt-get",), True, ("chromium-headless-shell", "chromium"), ["apt-get update -qq", SHELL]),
        (("apt-get",), True, ("chromium",), ["apt-get update -qq", SHELL, WHOLE]),  # Debian 12 and older: no package of the shell
        (("apt-get",), True, ("playwright",), ["apt-get update -qq", SHELL, WHOLE, DOWNLOAD]),  # Ubuntu's is a snap
        (("apt-get",), False, ("playwright",), [DOWNLOAD]),
        ((), True, ("playwright",), [DOWNLOAD]),
    ],
)
def test_a_missing_browser_is_installed_from_debian_else_from_playwright(
    machine: Callable[..., list[str]], programs: tuple[str, ...], root: bool, offers: tuple[str, ...], ran: list[str]
) -> None:
    commands = machine(*programs, root=root, offers=offers)
    assert browser.main() == 0
    assert commands == ran


def test_where_nothing_helps_the_message_names_the_package(
    machine: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    machine("apt-get", root=True)
    assert browser.main() == 1
    assert capsys.readouterr().err == f"The browser tests will be skipped: {browser.MISSING}\n"
    assert "apt-get install chromium-headless-shell" in browser.MISSING
    with pytest.raises(FileNotFoundError, match="no Chromium: install one"):
        browser.options()


@pytest.mark.parametrize(("required", "code", "told"), [("", 0, "1 skipped"), ("1", 1, "1 error")])
def test_a_test_without_a_browser_is_skipped_or_fails_where_one_is_required(
    tmp_path: Path, required: str, code: int, told: str
) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import browser_type_launch_args\n")
    (tmp_path / "test_it.py").write_text("def test_it(page): assert page\n")
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), "REQUIRE_BROWSER": required}
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", tmp_path]
    done = subprocess.run(
        [*map(str, command), "--rootdir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **nowhere, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, told in done.stdout) == (code, True), done.stdout
    assert browser.MISSING in done.stdout
