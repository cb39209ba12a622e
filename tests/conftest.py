"""What several test files share: the browser, the sample site, and a server for it.

A test that asks for `page` (pytest-playwright) runs in a real Chromium; without one it is skipped, or fails where REQUIRE_BROWSER
is set. With FULL set (`make test-full`) the property tests run with many more examples.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import expect

from site_builder.options import Options
from site_builder.serve import Server
from tests import browser

ROOT = Path(__file__).parents[1]
FULL = bool(os.environ.get("FULL"))
MEMORY, ROOM = "/dev/shm", 4 * 2**30
"""A file system in memory: where it has that many bytes free the folders of tests stand there, and take two thirds of the time."""

PATIENCE = 60_000
"""Milliseconds until what a page ought to show counts as missing. Only a failing test waits that long; a busy machine may need most
of it to start a browser's worker.
"""
expect.set_options(timeout=PATIENCE)

hypothesis.settings.register_profile("fast", deadline=None, max_examples=40)
hypothesis.settings.register_profile("full", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("full" if FULL else "fast")


def pytest_configure(config: pytest.Config) -> None:
    """What is kept from build to build is not that of the checkout, and one for all processes of the tests. Under nohup, or behind
    a shell's `&`, signals are ignored, and children inherit that; a handler they do not inherit.
    """
    if "SITE_BUILDER_CACHE" not in os.environ:
        cache = tempfile.TemporaryDirectory(prefix="cache-")
        config.add_cleanup(cache.cleanup)
        os.environ["SITE_BUILDER_CACHE"] = os.path.join(cache.name, "cache")
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser that there is."""
    try:
        return {**browser_type_launch_args, **browser.options()}
    except FileNotFoundError as missing:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(str(missing))


@pytest.fixture(scope="session")
def serve_site() -> Iterator[Callable[..., str]]:
    """`serve_site(folder, base="/imr/")`: serves a folder until the session ends, returns its URL."""
    servers: list[Server] = []

    def serve(folder: Path, base: str = "/imr/") -> str:
        server = Server(folder, port=0, base=base)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server.url

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def years_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few letters stand in a shard a year, as many would."""
    from site_builder import catalogue

    monkeypatch.setattr(catalogue, "LETTERS_TOGETHER", 0)


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the invented letters, search included."""
    from site_builder import build  # here, so that one broken stage does not take every test with it

    out = tmp_path_factory.mktemp("sample") / "site"
    build.build(
        Options(letters=ROOT / "letters", out=out, config=ROOT / "site.toml", base_url="https://example.org/imr/", jobs=2)
    )
    return out


@pytest.fixture(scope="session")
def site_url(sample_site: Path, serve_site: Callable[..., str]) -> str:
    """Address of the sample site, below a base path as on a project page."""
    return serve_site(sample_site)
