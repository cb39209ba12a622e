"""Scripts of the pages: each one in one file with what it imports, so that a browser asks once and not once a module.

A module becomes a function that is called once and returns what the module exports. Whoever imports it takes the names from
there, so names of two modules never meet. Comments on lines of their own are left out: they are for readers of the repository.

Refused: imports in a circle, imports of what is not there or not exported, and imports and exports written in another way than in
the modules here: `import { one, two } from "./name.js";`, with or without names; `export` before function, const or class.

Known limit: scripts are read by lines, not parsed. No line inside a text may begin like an import, an export or a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from site_builder.model import BuildError

_IMPORT = re.compile(r'^import (?:\{ ([\w, ]+) \} from )?"\./([\w.-]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b(?![.(]).*", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.MULTILINE)
_EMPTY = re.compile(r"\n{2,}")


def bundled(scripts: Mapping[str, str]) -> Mapping[str, str]:
    """Name -> text, of the scripts that no other imports; both with `.js`. Raises BuildError naming the scripts."""
    chains = {name: _chain(scripts, name) for name in sorted(scripts)}
    imported = {other for chain in chains.values() for other in chain[:-1]}
    return {name: _bundle(scripts, chain) for name, chain in chains.items() if name not in imported}


def _chain(scripts: Mapping[str, str], name: str) -> list[str]:
    """The script behind all that it imports, each one behind its own imports."""
    found: list[str] = []

    def visit(one: str, importers: tuple[str, ...]) -> None:
        if one in importers:
            raise _wrong(f"{' imports '.join((*importers, one))}; part the circle")
        if one not in scripts:
            raise _wrong(f"{importers[-1]} imports {one}, which is not there")
        if one in found:
            return
        for _, other in _IMPORT.findall(scripts[one]):
            visit(other, (*importers, one))
        found.append(one)

    visit(name, ())
    return found


def _bundle(scripts: Mapping[str, str], chain: list[str]) -> str:
    """`chain`: the script comes last, and outside of any function. One that imports nothing is published as it is written."""
    *modules, last = chain
    text = "".join((*(_module(scripts, name) for name in modules), _body(scripts, last)))
    return _EMPTY.sub("\n", text) if modules else scripts[last]


def _module(scripts: Mapping[str, str], name: str) -> str:
    returned = f"return {{ {', '.join(_exports(scripts[name]))} }};"
    return f"const {_named(name)} = (() => {{\n{_body(scripts, name)}\n{returned}\n}})();\n"


def _body(scripts: Mapping[str, str], name: str) -> str:
    """Of a module: imports as names taken from their module, exports as plain declarations."""

    def taken(match: re.Match[str]) -> str:
        names, other = match.groups()
        for one in _split(names):
            if one not in _exports(scripts[other]):
                raise _wrong(f"{name} imports {one}, which {other} does not export")
        return f"const {{ {names} }} = {_named(other)};" if names else ""

    text = _EXPORT.sub("", _IMPORT.sub(taken, _COMMENT.sub("", scripts[name])))
    for other in _OTHER.findall(text):
        raise _wrong(f"{name}: `{other}` is not a way to import or export here")
    return text


def _exports(text: str) -> list[str]:
    return _EXPORT.findall(text)


def _split(names: str | None) -> Iterator[str]:
    yield from (name.strip() for name in (names or "").split(",") if name.strip())


def _named(name: str) -> str:
    """A name that no module uses: none begins with a sign."""
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))


def _wrong(told: str) -> BuildError:
    return BuildError(f"templates/static: {told}")
