"""Scripts in one file with what they import: they do what they did apart, and what cannot be put together is refused."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

import pytest

from site_builder import scripts
from site_builder.model import BuildError
from tests.conftest import ROOT

LEAF = """\
// Doubles.

/**
 * Says that it runs: once, however many import it.
 */
console.log("leaf runs");
const own = 2;

export function double(number) {
  return number * own; // as the name says
}
export const NAME = "leaf";
export class Box {
  /** What is in it. */
  held = double(21);
}
export async function later() {
  return "later";
}
"""
MIDDLE = 'import { double, Box } from "./leaf.js";\n\nconst own = double(4);\nexport function both() {\n  return [own, new Box().held];\n}\n'
PAGE = """\
import { both } from "./middle.js";
import { NAME, later } from "./leaf.js";
import "./greets.js";

const own = "the page's";
console.log(both().join(), NAME, own, await later());
"""
GREETS = 'import { NAME } from "./leaf.js";\nconsole.log(`hello ${NAME}`);\n'
MODULES = {"page.js": PAGE, "middle.js": MIDDLE, "leaf.js": LEAF, "greets.js": GREETS}


def ran(script: str) -> list[str]:
    """What the script prints."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js")
    run = subprocess.run([node, "--input-type=module"], input=script, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_a_bundle_does_what_its_modules_did_apart() -> None:
    """Names of two modules may be the same, and a module that two import runs once."""
    made = scripts.bundled(MODULES)
    assert list(made) == ["page.js"]
    assert ran(made["page.js"]) == ["leaf runs", "hello leaf", "8,42 leaf the page's later"]


def test_lines_that_are_comments_stay_at_home_and_others_come_along() -> None:
    text = scripts.bundled(MODULES)["page.js"]
    assert "Doubles" not in text
    assert "Says that it runs" not in text
    assert "What is in it" not in text
    assert "// as the name says" in text
    assert "\n\n" not in text


def test_a_script_that_imports_nothing_is_published_as_it_is_written() -> None:
    assert scripts.bundled({"early.js": "// Early.\n\nrun();"}) == {"early.js": "// Early.\n\nrun();"}


def test_every_script_of_the_pages_can_be_put_together() -> None:
    given = {path.name: path.read_text("utf-8") for path in (ROOT / "templates" / "static").glob("*.js")}
    made = scripts.bundled(given)
    assert {"search.js", "decision.js", "early.js", "offline.js"} <= set(made) < set(given)
    node = shutil.which("node")
    for name, text in made.items():
        assert not [line for line in text.splitlines() if line.startswith(("import ", "export "))], name
        if node:
            run = subprocess.run(
                [node, "--input-type=module", "--check"], input=text, capture_output=True, text=True, timeout=60, check=False
            )
            assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("modules", "told"),
    [
        ({"a.js": 'import "./b.js";\n', "b.js": 'import "./c.js";\n', "c.js": 'import "./a.js";\n'}, "a.js imports b.js imports c.js imports a.js"),
        ({"a.js": 'import "./a.js";\n'}, "a.js imports a.js"),
        ({"a.js": 'import "./gone.js";\n'}, "a.js imports gone.js, which is not there"),
        ({"a.js": 'import { two } from "./b.js";\n', "b.js": "export const one = 1;\n"}, "a.js imports two, which b.js does not"),
        ({"a.js": 'import "./b.js"\n', "b.js": ""}, 'a.js: `import "./b.js"` is not'),
        ({"a.js": 'import * as b from "./b.js";\n', "b.js": ""}, "a.js: `import * as b"),
        ({"a.js": 'import { b as c } from "./b.js";\n', "b.js": "export const b = 1;\n"}, "a.js imports b as c, which"),
        ({"a.js": 'import "./b.js";\n', "b.js": "export default 1;\n"}, "b.js: `export default 1;` is not"),
        ({"a.js": 'import "./b.js";\n', "b.js": "export let one = 1;\n"}, "b.js: `export let one = 1;` is not"),
        ({"a.js": 'export * from "./b.js";\n', "b.js": ""}, "a.js: `export * from"),
    ],
)  # fmt: skip
def test_what_cannot_be_put_together_is_refused_by_name(modules: Mapping[str, str], told: str) -> None:
    with pytest.raises(BuildError) as refused:
        scripts.bundled(modules)
    assert str(refused.value).startswith(f"templates/static: {told}")
