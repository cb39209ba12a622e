"""`python -m site_builder`: the command line, also from a Python that lacks the dependencies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VENV = Path(__file__).parents[1] / ".venv"


def start() -> None:
    """Run the command line here, else in the environment that `make build` made, else say how to make it."""
    try:
        from site_builder.cli import main  # noqa: PLC0415  # fails where the dependencies are missing

        main(prog_name="python -m site_builder")
    except ModuleNotFoundError as error:
        python = VENV / "bin" / "python"
        if python.exists() and Path(sys.prefix) != VENV:
            os.execv(python, [str(python), "-m", "site_builder", *sys.argv[1:]])  # noqa: S606  # our own interpreter
        print(f"error: the Python package {error.name} is missing: run `make build`, which installs it", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    start()
