"""The copy for use without a connection, in a real browser: asked for, whole, one generation at a time, and never unasked."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from site_builder import build
from site_builder.options import Options
from site_builder.publish import MANIFEST
from tests.conftest import ROOT

LETTERS = ("CM99-0000012.txt", "CM99-0000037.txt", "CM99-0000064.txt")
VISITED = "decisions/cm99-0000012.html"
UNSEEN = "decisions/cm99-0000037.html"


def built(folder: Path, names: tuple[str, ...] = LETTERS) -> Path:
    """A site of some invented letters."""
    letters = folder / "letters"
    letters.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(ROOT / "letters" / name, letters)
    build.build(Options(letters=letters, out=folder / "site", config=ROOT / "site.toml"))
    return folder / "site"


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with some letters and their site; not to be changed."""
    folder = tmp_path_factory.mktemp("offline")
    built(folder)
    return folder


@pytest.fixture
def own(first: Path, tmp_path: Path, serve_site: Callable[..., str]) -> tuple[Path, str]:
    """A copy of it that a test may build again, and its address below a base path."""
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    return tmp_path, serve_site(tmp_path / "site", base="/a/b/")


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """A page without errors of scripts."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def keep(page: Page, url: str) -> None:
    page.goto(f"{url}help/")
    page.get_by_role("button", name="Keep a copy").click()
    expect(page.locator("#offline [role=status]")).to_have_text("A copy is kept in this browser.")


def stores(page: Page) -> list[str]:
    return page.evaluate("caches.keys()")  # type: ignore[no-any-return]


def found(page: Page) -> str:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    return page.inner_text("#heading")


def until(page: Page, promise: str) -> None:
    """Waits until an expression, which may be a promise, comes true; a page that is being left has no answer yet."""
    for _ in range(150):
        with contextlib.suppress(Error):
            if page.evaluate(promise):
                return
        page.wait_for_timeout(100)
    pytest.fail(f"never true: {promise}")


def kept(page: Page, address: str) -> None:
    """Waits until the copy holds a page that was opened."""
    until(page, f"caches.match({json.dumps(address)}).then(Boolean)")


def test_nothing_is_registered_or_stored_unasked(quiet: Page, own: tuple[Path, str]) -> None:
    for path in ("", "search/?q=mri", VISITED, "help/", "es/help/"):
        quiet.goto(own[1] + path, wait_until="networkidle")
    assert quiet.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    assert stores(quiet) == []


def test_search_and_visited_letters_work_without_a_connection(
    quiet: Page, context: BrowserContext, own: tuple[Path, str]
) -> None:
    url = own[1]
    keep(quiet, url)
    quiet.goto(url + VISITED)
    title = quiet.title()
    kept(quiet, url + VISITED)
    context.set_offline(True)
    quiet.goto(f"{url}search/?q=injury")
    assert "decision" in found(quiet)
    quiet.goto(f"{url}{VISITED}?highlight=injury#issue-1")
    assert quiet.title() == title
    for path in ("", "browse/", "browse/body-part/", "browse/body-part", "es/", "es/search/"):
        quiet.goto(url + path)
        expect(quiet.locator("h1")).to_have_count(1)
    quiet.goto(url + UNSEEN)  # never opened
    expect(quiet.locator("#offline [role=status]")).to_have_text(
        "You are offline, and the page that you asked for is not in your copy."
    )


def test_a_new_generation_takes_over_whole(quiet: Page, context: BrowserContext, own: tuple[Path, str]) -> None:
    folder, url = own
    keep(quiet, url)
    quiet.goto(url + VISITED)
    kept(quiet, url + VISITED)
    quiet.goto(f"{url}search/")
    assert found(quiet) == "3 decisions"
    (before,) = stores(quiet)
    built(folder, (*LETTERS, "CM99-0000118.txt"))
    quiet.goto(f"{url}search/")
    assert found(quiet) == "3 decisions"  # the old one goes on answering while the new one arrives
    until(quiet, "navigator.serviceWorker.getRegistration().then((made) => Boolean(made.waiting))")
    quiet.goto(f"{url}search/")
    expect(quiet.locator("#heading")).to_have_text("4 decisions")  # the page is left once for the new worker
    until(quiet, "caches.keys().then((names) => names.length === 1)")
    (after,) = stores(quiet)
    assert after != before
    context.set_offline(True)
    quiet.goto(f"{url}search/")
    assert found(quiet) == "4 decisions"
    quiet.goto(url + VISITED)
    expect(quiet.locator("article")).to_have_count(1)  # fetched again for the new generation


def test_a_generation_that_is_not_whole_is_not_kept(quiet: Page, own: tuple[Path, str]) -> None:
    """A file of another generation among the listed ones, as an upload half done would leave it."""
    folder, url = own
    (folder / "site" / "about" / "index.html").write_text("<!doctype html><title>other</title>")
    quiet.goto(f"{url}help/")
    quiet.get_by_role("button", name="Keep a copy").click()
    expect(quiet.locator("#offline [role=status]")).to_contain_text("could not be fetched whole")
    assert stores(quiet) == []


def test_a_copy_can_be_removed(quiet: Page, context: BrowserContext, own: tuple[Path, str]) -> None:
    keep(quiet, own[1])
    quiet.get_by_role("button", name="Remove the copy").click()
    expect(quiet.locator("#offline [role=status]")).to_have_text("The copy is removed.")
    assert stores(quiet) == []
    assert quiet.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_the_list_holds_the_frame_and_the_search_and_no_letter(first: Path) -> None:
    site = first / "site"
    text = (site / "offline.json").read_bytes()
    listed = json.loads(text)
    assert {"index.html", "search/index.html", "es/index.html", "help/index.html", "catalogue/index.json"} <= set(listed["files"])
    assert any(path.startswith("pagefind/") for path in listed["files"])
    assert not [
        path for path in listed["files"] if path.startswith("decisions/") or path.endswith((".jsonl", ".csv", ".parquet"))
    ]
    sums = json.loads((site / MANIFEST).read_text())
    assert all(sums[path] == digest for path, digest in listed["files"].items())
    assert listed["bytes"] == sum((site / path).stat().st_size for path in listed["files"])
    assert sha256(text).hexdigest() in (site / "sw.js").read_text()


def test_any_change_makes_another_generation(first: Path, tmp_path: Path) -> None:
    worker = (first / "site" / "sw.js").read_text()
    assert (built(tmp_path) / "sw.js").read_text() == worker
    assert (built(tmp_path, ("CM99-0000118.txt",)) / "sw.js").read_text() != worker


STANDING_IN = """async ([worker, before, after]) => {
  const listeners = {}, told = [];
  const next = { postMessage: (message) => told.push(message) };
  const registration = { scope: "https://site.example/a/", waiting: before ? next : null };
  const stores = new Set(), caches = { open: async (name) => (stores.add(name), { match: async () => undefined, put: async () => {} }),
    keys: async () => [...stores], match: async () => undefined };
  const clients = { matchAll: async () => (registration.waiting = after ? next : null, []) };
  new Function("addEventListener", "registration", "clients", "caches", "fetch", worker)(
    (name, listener) => (listeners[name] = listener), registration, clients, caches,
    async (request) => new Response("fetched", { headers: { "Content-Type": "text/html" } }));
  let answer;
  const late = [];
  const request = { url: "https://site.example/a/", method: "GET", mode: "navigate" };
  listeners.fetch({ request, respondWith: (promise) => (answer = promise), waitUntil: (promise) => late.push(promise) });
  const page = await answer;
  await Promise.all(late);
  return [page.headers.get("Refresh"), (await page.text()).includes("opens in a moment"), told, [...stores]];
}"""
"""The worker among stand-ins answers a navigation while the next one waits `before` and `after` it has counted its pages: after how
many seconds the page asks again, whether it says so, what the next one was told, and what was stored.
"""


@pytest.mark.parametrize("after", [True, False])
def test_a_page_asked_for_while_the_next_worker_takes_over_is_asked_for_again(page: Page, first: Path, after: bool) -> None:
    worker = (first / "site" / "sw.js").read_text()
    assert page.evaluate(STANDING_IN, [worker, True, after]) == ["1", True, ["take over"], []]


def test_a_worker_whose_store_is_gone_does_not_make_it_anew(page: Page, first: Path) -> None:
    worker = (first / "site" / "sw.js").read_text()
    assert page.evaluate(STANDING_IN, [worker, False, False]) == [None, False, [], []]
