"""Cells of a chapter, run in the test's own process: those that a test is about, with what they build on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from types import ModuleType

import matplotlib
import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from analysis_lib.base.paths import ROOT


def names(code: str) -> tuple[set[str], set[str]]:
    """The names that a cell binds or changes, and those that it uses."""
    bound, used = set(), set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return bound, used


def needed(codes: list[str], wanted: Iterable[int]) -> list[int]:
    """The positions of the wanted cells and of all that these build on, in order."""
    chosen = set(wanted)
    used = set().union(*(names(codes[k])[1] for k in chosen))
    for k in reversed(range(max(chosen) + 1)):
        bound, uses = names(codes[k])
        if k in chosen or bound & used:
            chosen.add(k)
            used |= uses
    return sorted(chosen)


def run(chapter: str, about: Iterable[str], values: Mapping[str, object]) -> str:
    """Run the cells whose code matches one of the patterns `about`; what they and those before them show, as HTML."""
    cells = nbformat.read(ROOT / "book" / f"{chapter}.ipynb", as_version=4).cells
    given = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    cells = [cell for cell in cells if cell.cell_type == "code"]
    codes = [cell.source for cell in cells]
    wanted = [k for k, code in enumerate(codes) if any(re.search(pattern, code) for pattern in about)]
    # Every chapter reads its parameters from all that is defined.
    declared = next(k for k, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", []))
    codes[declared] += f"\n{given}"
    matplotlib.use("Agg")
    # Otherwise the shell takes the place of the test's own __main__, from which processes are started.
    shell = InteractiveShell.instance(user_module=ModuleType("chapter"))
    shell.reset()
    shown = []
    for k in needed(codes, [declared, *wanted]):
        with capture_output() as captured:
            result = shell.run_cell(codes[k])
        result.raise_error()
        shown += [output.data for output in captured.outputs]
        if result.result is not None:
            shown.append(shell.display_formatter.format(result.result)[0])
    return "\n".join(data.get("text/html", "") for data in shown)
