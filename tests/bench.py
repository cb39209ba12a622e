"""How long a build takes and how much memory: `make bench`, or `make bench ARGS=5000` for another number of letters.

The letters are the invented ones, copied under new case numbers until there are enough, so that runs can be compared. The search
index is part of it. Figures go to stdout as one line of JSON; nothing is kept.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from site_builder import build
from tests.conftest import ROOT


def copies(folder: Path, count: int) -> None:
    """`count` text letters, each with a case number of its own."""
    samples = sorted((ROOT / "letters").glob("CM*.txt"))
    for number, path in enumerate(islice(cycle(samples), count)):
        text = path.read_text(encoding="utf-8").replace(path.stem, f"CM98-{number:07}")
        (folder / f"CM98-{number:07}.txt").write_text(text, encoding="utf-8")


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        letters, out = Path(place, "letters"), Path(place, "out")
        letters.mkdir()
        copies(letters, count)
        options = build.Options(letters=letters, out=out, jobs=os.cpu_count() or 1)
        seconds = {}
        started = time.monotonic()
        build.read(options)
        seconds["read"] = time.monotonic() - started
        for name, search in (("without search", False), ("with search", True)):
            seconds[name] = build.build(build.Options(letters=letters, out=out, jobs=options.jobs, search=search)).seconds
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    figures = {name: round(value, 2) for name, value in seconds.items()}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"letters": count, "seconds": figures, "letters a second": round(count / seconds["with search"]),
                      "megabytes of memory": memory, "megabytes of site": round(size / 1e6, 1)}))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
