"""The frame: what the documents say exists, what is pinned is pinned, the top level holds what it should."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from tests.conftest import ROOT

FOLDERS = {"site_builder", "templates", "letters", "public", "tests", "docs"}
FILES = {
    *("Makefile", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "requirements.lock"),
    *("requirements-cluster.lock", "requirements-dev.lock"),
    *("package.json", "site.toml", ".gitignore"),
}
OPTIONAL = {".github", "SECURITY.md", "takedowns.toml"}
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return listed.stdout.split("\0")[:-1]


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> list[tuple[str, str]]:
    """(document, line) of every shell command shown in a document."""
    found = []
    for path in documents():
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        shown = [
            line.strip()
            for block in re.findall(r"^```(?:sh|bash|console)?\n([^`]*)```", text, re.M)
            for line in block.split("\n")
        ]
        shown += re.findall(r"`((?:make|python -m site_builder)\b[^`\n]*)`", text)
        found += [(path.name, line.removeprefix("$ ").partition(" #")[0]) for line in shown]
    return found


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def test_the_top_level_is_exact() -> None:
    names = {name.partition("/")[0] for name in tracked()}
    assert names - OPTIONAL == FOLDERS | FILES | {".ci"}


def test_of_the_site_only_the_marker_is_tracked() -> None:
    assert [name for name in tracked() if name.startswith("public/")] == ["public/.nojekyll"]


def test_every_make_command_of_the_documents_exists() -> None:
    lines = [line for _, line in commands() if line.startswith("make ")]
    named = {word for line in lines for word in shlex.split(line)[1:] if re.fullmatch("[a-z-]+", word)}
    assert {"build", "test", "serve", "watch", "check", "lint", "typecheck", "bench", "approve", "clean"} <= targets()
    assert named <= targets(), f"no such target: {named - targets()}"


def test_every_verb_and_option_of_the_documents_exists() -> None:
    from site_builder.cli import main

    for document, line in commands():
        match = re.match(r"python -m site_builder (\w[\w-]*)(.*)", line)
        if match and match[1] != "VERB":
            command = main.commands.get(match[1])
            assert command, f"{document}: {line}: no such verb"
            known = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
            assert set(re.findall(r"(?<!\S)--[a-z-]+", match[2])) <= known | {"--help"}, f"{document}: {line}"


LOCKS = ("requirements.lock", "requirements-cluster.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_exact_versions_with_hashes_and_no_index_address(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []
    assert not [line for line in lines if "://" in line or "index-url" in line or "file:" in line]


def test_the_locks_hold_every_dependency_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locks = {}
    for name in LOCKS:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        locks[name] = {match[1]: match[2] for line in lines if (match := PINNED.match(line))}
    runtime, cluster, dev = (locks[name] for name in LOCKS)
    assert {_name(wanted) for wanted in project["dependencies"]} <= set(runtime)
    assert {_name(wanted) for wanted in project["optional-dependencies"]["dev"]} <= set(dev)
    assert {_name(wanted) for wanted in project["optional-dependencies"]["cluster"]} <= set(cluster)
    assert runtime.items() <= cluster.items() <= dev.items()


def _name(requirement: str) -> str:
    match = re.match("[A-Za-z0-9._-]+", requirement)
    assert match
    return match[0].lower().replace("_", "-")


def test_npm_packages_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    pins = {**package.get("dependencies", {}), **package.get("devDependencies", {}), **package.get("optionalDependencies", {})}
    assert pins
    assert [name for name, wanted in pins.items() if not re.fullmatch(r"\d+\.\d+\.\d+", wanted)] == []
    assert package.get("private") is True
    assert "scripts" not in package or not {"install", "preinstall", "postinstall", "prepare"} & set(package["scripts"])


def test_plain_make_lists_every_target_with_a_line() -> None:
    told = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in told.splitlines()} == targets()
    assert all(len(line.split()) > 3 for line in told.splitlines())


def test_no_tracked_file_names_a_registry() -> None:
    hosts = ["pypi" + ".org", "npmjs" + ".org", "pythonhosted" + ".org"]
    for name in tracked():
        path = ROOT / name
        if path.is_file() and path.suffix not in (".pdf", ".png", ".ico"):
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not [host for host in hosts if host in text], name
