"""docs/hosting.md: the preview serves as Pages does, the policy is that of the pages, and nginx, where it is installed, serves the site
as the recipe says.
"""

from __future__ import annotations

import gzip
import html
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from site_builder import privacy, ship
from site_builder.cli import main
from site_builder.model import Section
from tests.conftest import PATIENCE, ROOT
from tests.example_site import letter

HOSTING = (ROOT / "docs/hosting.md").read_text(encoding="utf-8")
RECIPE = HOSTING.partition("```nginx\n")[2].partition("```")[0]
HELD = HOSTING.partition("```text\n")[2].partition("```")[0]
ALLOWED = HOSTING.partition("```toml\n")[2].partition("```")[0]
POLICY = html.unescape(re.findall(r'Content-Security-Policy content="([^"]+)"', (ROOT / "templates/base.html").read_text())[0])


def test_the_allow_list_as_printed_lets_the_named_kind_of_the_named_file_pass_and_no_other() -> None:
    gate = privacy.load((ROOT / "site_builder/privacy.toml").read_text("utf-8"), ALLOWED)
    ((sha256, kinds),) = gate.allowed.items()
    assert kinds == {"phone"}

    def held(text: str, sha256: str = sha256) -> bool:
        section = Section(kind="summary", heading="", paragraphs=(text,))
        return any(problem.severity == "quarantine" for problem in gate.problems(letter(sha256=sha256, sections=(section,))))

    phone, number = "Call (555) 010-0199.", "SSN 123-45-6789."
    assert (held(phone), held(f"{phone} {number}"), held(phone, "0" * 64)) == (False, True, True)


def test_a_letter_that_is_held_back_is_told_as_printed(tmp_path: Path) -> None:
    sample = ROOT / "letters" / "CM99-0000012.txt"
    planted = sample.read_text("utf-8").replace("no target.", "no target; his wife asked for a call at (415) 555-0132.")
    (tmp_path / sample.name).write_text(planted, "utf-8")
    told = CliRunner().invoke(main, ["check", "--quiet", "--letters", str(tmp_path)])
    digests = re.compile("[0-9a-f]{64}")
    assert (told.exit_code, digests.sub("", told.stdout)) == (4, digests.sub("", HELD))
    assert digests.findall(HELD) == digests.findall(ALLOWED), "the page tells of one letter"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(running: subprocess.Popen[bytes], port: int) -> None:
    """Until the server answers; fails with what it said where it ends before."""
    for _ in range(1200):
        with socket.socket() as knocking:
            if running.poll() is not None or knocking.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    assert running.poll() is None, running.stderr and running.stderr.read()


@pytest.fixture(scope="module")
def nginx(sample_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the sample site, served by the recipe with another root and port."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    place = tmp_path_factory.mktemp("nginx")
    ship.ship(sample_site, (place / "srv").as_uri())
    served = RECIPE.replace("listen 80", f"listen 127.0.0.1:{port}").replace("/srv/imr", str(place / "srv"))
    kept = "".join(f"{name}_temp_path {place}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    (place / "conf").write_text(
        f"{user} daemon off; pid {place}/pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off;\n{kept}{served} }}"
    )
    running = subprocess.Popen([program, "-p", str(place), "-e", "stderr", "-c", str(place / "conf")], stderr=subprocess.PIPE)
    wait_for(running, port)
    yield f"http://127.0.0.1:{port}/"
    running.terminate()
    running.wait()


def get(url: str) -> tuple[int, Message, bytes]:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of what `make pages-preview` serves."""
    port, out = free_port(), tmp_path_factory.mktemp("preview") / "site"
    told = [f"RUN={sys.executable}", f"PORT={port}", f"OUT={out}", "ARGS=--no-search --quiet"]
    running = subprocess.Popen(["make", "pages-preview", *told], cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    wait_for(running, port)
    yield f"http://127.0.0.1:{port}", out
    os.killpg(running.pid, signal.SIGTERM)
    running.wait()


def test_the_preview_serves_the_site_under_a_base_path_as_pages_does(preview: tuple[str, Path]) -> None:
    host, out = preview
    status, headers, body = get(f"{host}/repo/browse/")
    assert (status, headers["Cache-Control"], headers["Content-Encoding"]) == (200, "max-age=600", "gzip")
    assert gzip.decompress(body) == (out / "browse/index.html").read_bytes()
    status, headers, _ = get(f"{host}/repo/browse")
    assert (status, headers["Location"]) == (301, "/repo/browse/")
    status, headers, body = get(f"{host}/repo/decisions/gone.html")
    assert (status, gzip.decompress(body)) == (404, (out / "404.html").read_bytes())
    assert b'href="/repo/' in (out / "404.html").read_bytes()
    assert get(f"{host}/browse/")[0] == 404, "control: beside the base path there is nothing"


def test_the_recipe_sends_the_policy_of_the_pages() -> None:
    assert f"{POLICY}; frame-ancestors 'none'" in RECIPE
    assert ship._BY_CONTENT.pattern in RECIPE


def test_nginx_serves_pages_with_policy_packed_and_asked_for_each_time(nginx: str, sample_site: Path) -> None:
    status, headers, body = get(f"{nginx}browse/")
    assert status == 200
    assert headers["Content-Security-Policy"] == f"{POLICY}; frame-ancestors 'none'"
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("text/html; charset=utf-8", "no-cache")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == (sample_site / "browse/index.html").read_bytes()


def test_nginx_gives_every_file_the_type_and_caching_that_an_upload_gives_it(nginx: str, sample_site: Path) -> None:
    seen: set[str] = set()
    for path in sorted(path.relative_to(sample_site).as_posix() for path in sample_site.rglob("*.*") if path.is_file()):
        if path.endswith(".nojekyll") or (kind := Path(path).suffix + path.partition("/")[0]) in seen:
            continue
        seen.add(kind)
        _, headers, _ = get(nginx + path)
        caching, told = (value for _, value in ship._headers(path))
        assert (path, headers["Cache-Control"]) == (path, caching)
        assert (path, headers["Content-Type"].removesuffix("; charset=utf-8")) == (path, told.removesuffix("; charset=utf-8"))
    assert len(seen) > 15


def test_nginx_redirects_folders_and_answers_404_with_the_page_for_it(nginx: str, sample_site: Path) -> None:
    status, headers, _ = get(f"{nginx}browse")
    assert (status, headers["Location"]) == (301, "/browse/")
    status, headers, body = get(f"{nginx}static/gone.0123456789.js")
    assert (status, headers["Cache-Control"]) == (404, "no-cache")
    assert gzip.decompress(body) == (sample_site / "404.html").read_bytes()
    assert headers["Content-Security-Policy"]


def test_search_works_under_the_policy_as_a_header(nginx: str, page: Any) -> None:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{nginx}search/?q=injection")
    page.wait_for_selector("#results[aria-busy=false] a", timeout=PATIENCE)
    assert wrong == []
