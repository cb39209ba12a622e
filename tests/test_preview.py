"""Promise: whoever edits a letter or a template sees the page of a letter change at once, and never one that a build would not publish."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from site_builder import build
from site_builder.options import Options
from site_builder.preview import MOST, Preview
from site_builder.serve import Reloads, Server
from site_builder.watch import watch
from tests.conftest import ROOT

NAME = "CM99-0000118"
URL = f"decisions/{NAME.lower()}.html"
OTHER = "decisions/cm99-0000037.html"
SENTENCE = "One more sentence about the lumbar spine."


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site, and what it was built from."""
    place = tmp_path_factory.mktemp("stands")
    for name in ("letters", "templates"):
        shutil.copytree(ROOT / name, place / name)
    build.build(at(place))
    return place


def at(place: Path) -> Options:
    return Options(letters=place / "letters", out=place / "site", templates=place / "templates", search=False, jobs=2)


@pytest.fixture
def options(stands: Path, tmp_path: Path) -> Options:
    shutil.copytree(stands, tmp_path, dirs_exist_ok=True)
    return at(tmp_path)


@pytest.fixture
def preview(options: Options) -> Preview:
    ready = Preview(options)
    ready.refresh()
    return ready


@pytest.fixture
def letter(options: Options) -> Path:
    return options.letters / f"{NAME}.txt"


def more(path: Path, words: str = SENTENCE) -> None:
    path.write_text(f"{path.read_text('utf-8')}\n\n{words}\n", "utf-8")


def built(options: Options, path: str) -> bytes:
    build.build(options)
    return (options.out / path).read_bytes()


def test_the_page_of_a_changed_letter_is_the_one_that_the_next_build_makes(
    options: Options, preview: Preview, letter: Path
) -> None:
    assert preview.page(URL) is None, "the site has it"
    more(letter)
    assert preview.changed({letter})
    shown = preview.page(URL)
    assert shown is not None
    assert SENTENCE.encode() in shown
    assert preview.page(OTHER) is None
    assert shown == built(options, URL)


def test_once_a_build_has_caught_up_the_site_is_shown(options: Options, preview: Preview, letter: Path) -> None:
    more(letter)
    preview.changed({letter})
    build.build(options)
    preview.built(time.monotonic())
    assert preview.page(URL) is None


def test_a_build_that_began_before_the_change_does_not_take_it_away(preview: Preview, letter: Path) -> None:
    began = time.monotonic()
    more(letter)
    preview.changed({letter})
    preview.built(began)
    assert SENTENCE.encode() in (preview.page(URL) or b"")


def test_settings_that_are_broken_for_a_while_are_looked_at_again(tmp_path: Path, options: Options) -> None:
    settings = tmp_path / "site.toml"
    settings.write_text("title =")
    preview = Preview(msgspec.structs.replace(options, config=settings))
    preview.refresh()
    settings.write_text('title = "Letters of the county"')
    preview.refresh()
    more(options.letters / f"{NAME}.txt")
    assert preview.changed({options.letters / f"{NAME}.txt"})
    assert b"Letters of the county" in (preview.page(URL) or b"")


def test_saving_without_a_change_is_no_news(preview: Preview, letter: Path) -> None:
    more(letter)
    assert preview.changed({letter})
    assert not preview.changed({letter})


def withdrawn(path: Path) -> None:
    (path.parent / "takedowns.toml").write_text(
        f'[[takedown]]\ncase = "{NAME}"\nreason = "court order"\ndate = 2026-01-02\n', "utf-8"
    )
    more(path)


def renamed(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace(NAME, "CM99-0009999"), "utf-8")


HELD: dict[str, Callable[[Path], None]] = {
    "private data": lambda path: more(path, "Social security number 078-05-1120."),
    "another case number": renamed,
    "no text": lambda path: path.write_bytes(b""),
    "no file": Path.unlink,
}


@pytest.mark.parametrize("change", HELD)
def test_what_a_build_would_not_publish_at_that_address_has_no_preview(preview: Preview, letter: Path, change: str) -> None:
    HELD[change](letter)
    assert not preview.changed({letter})
    assert preview.page(URL) is None


def test_a_letter_that_was_taken_down_has_no_preview(options: Options, letter: Path) -> None:
    withdrawn(letter)
    build.build(options)
    preview = Preview(options)
    preview.refresh()
    more(letter)
    assert not preview.changed({letter})
    assert preview.page(URL) is None


def test_what_has_no_preview_is_known_after_the_next_build(options: Options, preview: Preview, letter: Path) -> None:
    new = options.letters / "CM99-0009998.txt"
    new.write_text(letter.read_text("utf-8").replace(NAME, new.stem), "utf-8")
    assert not preview.changed({new})
    began = time.monotonic()
    build.build(options)
    preview.built(began)
    more(new)
    assert preview.changed({new})
    assert SENTENCE.encode() in (preview.page(f"decisions/{new.stem.lower()}.html") or b"")


@pytest.mark.parametrize("name", ["4913", "CM99-0000118.txt~", "notes.docx"])
def test_what_editors_leave_beside_a_letter_makes_nobody_read_everything_again(
    options: Options, preview: Preview, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = options.letters / name
    path.write_text("x")
    assert not preview.changed({path})
    monkeypatch.setattr(build, "read", None)
    preview.built(time.monotonic())


def test_a_storm_is_left_to_the_build(options: Options, preview: Preview) -> None:
    letters = set(options.letters.glob("*.*"))
    assert len(letters) > MOST
    for path in options.letters.glob("*.txt"):
        more(path)
    assert not preview.changed(letters)


def test_a_changed_template_shows_on_the_page_of_every_letter_with_the_files_that_it_asks_for(
    options: Options, preview: Preview
) -> None:
    template, sheet = options.templates / "decision.html", options.templates / "static" / "site.css"
    template.write_text(template.read_text("utf-8").replace("<h1", '<p class="new">New</p><h1', 1), "utf-8")
    more(sheet, "/* new */")
    assert preview.changed({template, sheet})
    pages = {path: preview.page(path) or b"" for path in (URL, OTHER)}
    assert all(b">New" in page for page in pages.values())
    build.build(options)
    assert pages == {path: (options.out / path).read_bytes() for path in pages}
    name = next(path for path in (options.out / "static").iterdir() if path.name.startswith("site."))
    assert preview.page(f"static/{name.name}") == name.read_bytes()


def test_a_letter_that_was_edited_keeps_its_words_when_a_template_changes(
    options: Options, preview: Preview, letter: Path
) -> None:
    more(letter)
    preview.changed({letter})
    build.build(options)
    preview.built(time.monotonic())
    template = options.templates / "decision.html"
    template.write_text(template.read_text("utf-8").replace("<h1", '<p class="new">New</p><h1', 1), "utf-8")
    preview.changed({template})
    assert SENTENCE.encode() in (preview.page(URL) or b"")


def test_a_broken_template_is_left_to_the_build(options: Options, preview: Preview) -> None:
    template = options.templates / "decision.html"
    template.write_text("{% if %}", "utf-8")
    preview.changed({template})
    assert preview.page(URL) is None


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextlib.contextmanager
def edited(options: Options, preview: Preview) -> Iterator[str]:
    """Watched, but never built."""
    reloads, stop = Reloads(), threading.Event()
    server = Server(options.out, port=0, base="/imr/", reloads=reloads, newer=preview.page)

    def glance(files: frozenset[Path]) -> None:
        if preview.changed(files):
            reloads.edited()

    given = {"glance": glance, "recheck": 60}
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}),
        threading.Thread(target=watch, args=([options.letters, options.templates], lambda: None, stop), kwargs=given),
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)  # the observer is up
    try:
        yield server.url
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()


def test_an_open_page_shows_the_change_where_it_was_before_any_build(
    options: Options, preview: Preview, letter: Path, page: Page
) -> None:
    with edited(options, preview) as url:
        page.goto(f"{url}{URL}")
        page.evaluate("scrollTo(0, 300)")
        more(letter)
        expect(page.locator("main")).to_contain_text(SENTENCE)
        until(lambda: page.evaluate("scrollY") == 300)
        sheet = options.templates / "static" / "site.css"
        more(sheet, "h1 { color: rgb(1, 2, 3) !important; }")
        expect(page.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
        assert SENTENCE in page.inner_text("main")
        page.goto("about:blank")


def test_whatever_goes_wrong_with_a_letter_ends_no_watching(
    options: Options, preview: Preview, letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("site_builder.reading.Reader.read", falls)
        more(letter)
        assert not preview.changed({letter})
    more(letter)
    assert preview.changed({letter})
