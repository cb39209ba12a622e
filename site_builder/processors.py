"""How many processors this process may use, which in a container can be fewer than the machine has. Shell."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

VERSION_1, VERSION_2 = ("cpu.cfs_quota_us", "cpu.cfs_period_us"), ("cpu.max",)
"""Files of a control group that tell for how much of how much time it may compute, both in microseconds."""


def usable(system: Path = Path("/")) -> int:
    """By affinity, and by the time that its control groups leave it: of a processor that is shared all. `system`: where /proc and
    /sys are.
    """
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([own, *map(math.ceil, _shares(system))]))


def _shares(system: Path) -> Iterator[float]:
    """Processors that each of its control groups allows; nothing of those without a limit."""
    for line in _told(system / "proc/self/cgroup").splitlines():  # "4:cpu,cpuacct:/docker/3f", or in version 2 "0::/user.slice"
        _, kinds, path = line.split(":", 2)
        if not kinds or "cpu" in kinds.split(","):
            group = system / "sys/fs/cgroup" / ("cpu" if kinds else "") / path.lstrip("/")
            for one in (group, *group.parents):  # in a container the path is often that of the machine
                quota, period, *_ = (*" ".join(_told(one / name) for name in (VERSION_1 if kinds else VERSION_2)).split(), "", "")
                if quota.isdigit() and period.isdigit():
                    yield int(quota) / int(period)


def _told(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
