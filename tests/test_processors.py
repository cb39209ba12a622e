"""How many processors a build takes of itself: those that it may use, not those that the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from site_builder import processors

OWN = 8
OF_VERSION_2 = "0::/system.slice/nightly.service\n"
OF_VERSION_1 = "12:cpuset:/\n4:cpu,cpuacct:/docker/3f\n1:name=systemd:/a b:c\n0::/\n"
"""As in a container: the path is the machine's, and is not there."""


@pytest.fixture(autouse=True)
def eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(OWN)), raising=False)


@pytest.mark.parametrize(
    ("groups", "files", "usable"),
    [
        ("", {}, OWN),  # another system
        (OF_VERSION_2, {}, OWN),
        (OF_VERSION_2, {"system.slice/nightly.service/cpu.max": "max 100000\n"}, OWN),
        (OF_VERSION_2, {"system.slice/nightly.service/cpu.max": "200000 100000\n"}, 2),
        (OF_VERSION_2, {"system.slice/nightly.service/cpu.max": "150000 100000\n"}, 2),
        (OF_VERSION_2, {"system.slice/nightly.service/cpu.max": "50000 100000\n"}, 1),
        (OF_VERSION_2, {"system.slice/nightly.service/cpu.max": "6400000 100000\n"}, OWN),
        (OF_VERSION_2, {"system.slice/nightly.service/cpu.max": "400000 100000", "system.slice/cpu.max": "300000 100000"}, 3),
        (OF_VERSION_2, {"cpu.max": "max 100000", "elsewhere/cpu.max": "100000 100000"}, OWN),
        ("0::/\n", {"cpu.max": "300000 100000\n"}, 3),
        ("0::/../../other\n", {"cpu.max": "300000 100000\n"}, 3),
        (OF_VERSION_2, {"cpu.max": "nonsense"}, OWN),
        (OF_VERSION_1, {"cpu/cpu.cfs_quota_us": "250000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        (OF_VERSION_1, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, OWN),
        (OF_VERSION_1, {"cpu/cpu.cfs_quota_us": "250000\n"}, OWN),
    ],
)
def test_a_control_group_that_allows_fewer_processors_is_obeyed(
    tmp_path: Path, groups: str, files: dict[str, str], usable: int
) -> None:
    for name, text in {"proc/self/cgroup": groups, **{f"sys/fs/cgroup/{name}": text for name, text in files.items()}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert processors.usable(tmp_path) == usable


def test_affinity_is_obeyed_and_there_is_always_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert processors.usable(tmp_path) == OWN
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5})
    assert processors.usable(tmp_path) == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processors.usable(tmp_path) == 1


def test_of_this_machine_something_is_found() -> None:
    assert 1 <= processors.usable() <= OWN
