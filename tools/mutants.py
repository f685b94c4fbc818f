"""Change the library's code on purpose, one place at a time, and see whether its tests notice.

A mutant is a module with one small change: another comparison, sign, constant or connective, a
condition turned round, a result or an error left out. The module's own tests run on it, and the
mutant counts as killed if one of them fails. What survives is either without effect, and
data/trust/equivalents.csv says why, or shows what no test looks at.
"""

from __future__ import annotations

import argparse
import ast
import copy
import csv
import hashlib
import importlib.machinery
import json
import math
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from analysis_lib.base.atomic import beside, write_beside_then_rename

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "data" / "trust" / "mutants.csv"
# Each module, and the tests that have to notice a change of it.
TESTS = {
    "printed": "test_printed.py",
    "contingency": "test_contingency.py",
    "_freeman_halton": "test_contingency.py",
    "summaries": "test_summaries.py",
    "survival": "test_survival.py",
    "_regression": "test_survival.py",
    "ledger": "test_ledger.py",
}
MODULES = tuple(TESTS)
COLUMNS = ("module", "function", "place", "change", "outcome")
# Starts an interpreter of its own, which sees no mutant, and takes seconds.
_LEFT_OUT = ("test_importing_the_modules_loads_no_slow_library",)
_MEMORY = 6 << 30

_COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_CONNECTIVES = {ast.And: ast.Or, ast.Or: ast.And}
_FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}


@dataclass(frozen=True)
class Mutant:
    """A module with one change.

    Parameters
    ----------
    module, function
        Where the change is; the function is blank at the top of the module.
    place
        Which of the function's changes that read the same, from 1.
    change
        Before and after.
    line
        In the module as it stands.
    index
        Which of the module's changes, from 0.
    """

    module: str
    function: str
    place: int
    change: str
    line: int
    index: int

    @property
    def key(self) -> tuple[str, ...]:
        """What names it, whatever lines are added elsewhere."""
        return self.module, self.function, str(self.place), self.change

    @property
    def tree(self) -> ast.Module:
        """Of the changed module."""
        tree = _parse(self.module)
        _, parent, name, i, new = next(islice(_changes(tree, ""), self.index, None))
        if i is None:
            setattr(parent, name, new)
        else:
            getattr(parent, name)[i] = new
        return ast.fix_missing_locations(tree)


def _parse(module: str) -> ast.Module:
    return ast.parse((ROOT / "analysis_lib" / f"{module}.py").read_text(encoding="utf-8"))


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """Each node that could stand in the place of one."""
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            new = copy.copy(node)
            new.ops = [*node.ops[:i], _COMPARISONS[type(operator)](), *node.ops[i + 1 :]]
            yield new
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        if not any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(node)):
            new = copy.copy(node)
            new.op = _ARITHMETIC[type(node.op)]()
            yield new
    elif isinstance(node, ast.BoolOp):
        new = copy.copy(node)
        new.op = _CONNECTIVES[type(node.op)]()
        yield new
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        yield ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)
    elif isinstance(node, ast.Name) and node.id in _FUNCTIONS:
        yield ast.Name(_FUNCTIONS[node.id], node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr in _FUNCTIONS:
        new = copy.copy(node)
        new.attr = _FUNCTIONS[node.attr]
        yield new
    elif isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.UnaryOp):
        new = copy.copy(node)
        new.test = ast.UnaryOp(ast.Not(), node.test)
        yield new
    elif isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            new = copy.copy(node)
            new.ifs = node.ifs[:i] + node.ifs[i + 1 :]
            yield new
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Raise):
        yield ast.Pass()
    elif isinstance(node, ast.Break):
        yield ast.Continue()
    elif isinstance(node, ast.Continue):
        yield ast.Break()


# Not run, or the same for every input: types, decorators, texts of errors and of reasons.
def _is_left_out(parent: ast.AST, name: str) -> bool:
    return (
        name in ("annotation", "returns", "decorator_list", "exc", "cause", "format_spec")
        or isinstance(parent, ast.FormattedValue)
        and name != "value"
    )


def _changes(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST, str, int | None, ast.AST]]:
    """Function, parent, field, index in the field and new node, of each change below a node."""
    for name, value in ast.iter_fields(node):
        if _is_left_out(node, name):
            continue
        for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST):
                continue
            inner = function
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = f"{function}.{child.name}".lstrip(".")
            for new in _replacements(child):
                yield inner, node, name, i, new
            yield from _changes(child, inner)


def _text(node: ast.AST) -> str:
    """A node's code; of a compound statement its head."""
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}:"
    return ast.unparse(node).strip()


def mutants(module: str) -> list[Mutant]:
    """Every mutant of a module of the library, in the order of its code."""
    found, seen = [], Counter()
    for index, (function, parent, name, i, new) in enumerate(_changes(_parse(module), "")):
        old = getattr(parent, name) if i is None else getattr(parent, name)[i]
        line = getattr(old, "lineno", 0) or min(n.lineno for n in ast.walk(old) if hasattr(n, "lineno"))
        change = f"{_text(old)} → {_text(new)}"
        seen[function, change] += 1
        found.append(Mutant(module, function, seen[function, change], change, line, index))
    return found


class _Mutated(importlib.machinery.SourceFileLoader):
    """Loads the changed module in place of the one on disk."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname: str):
        return compile(self.tree, self.path, "exec")


class _Finder:
    def __init__(self, mutant: Mutant) -> None:
        self.name = f"analysis_lib.{mutant.module}"
        self.path = str(ROOT / "analysis_lib" / f"{mutant.module}.py")
        self.tree = mutant.tree

    def find_spec(self, fullname: str, path=None, target=None):
        if fullname != self.name:
            return None
        loader = _Mutated(self.name, self.path, self.tree)
        return importlib.machinery.ModuleSpec(self.name, loader, origin=self.path)


def _run_tests(module: str, mutant: Mutant | None, seconds: float) -> int:
    """In a process of its own: the module's tests up to the first that fails. Exit code of pytest."""
    import hypothesis
    import pytest

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # Of processor time, so that a busy machine kills none.
    if math.isfinite(seconds):
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 5))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
    if mutant:
        sys.meta_path.insert(0, _Finder(mutant))
    # The same examples in each run, and none made smaller once one fails.
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    hypothesis.settings.load_profile("mutants")
    with tempfile.TemporaryDirectory() as folder:
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", f"--basetemp={folder}/t"]
        left_out = " and ".join(f"not {name}" for name in _LEFT_OUT)
        return int(pytest.main([*options, "-k", left_out, f"tests/{TESTS[module]}"]))


def _start(module: str, mutant: Mutant | None, seconds: float = math.inf) -> int:
    child = os.fork()
    if child:
        return child
    status = 99
    try:
        status = _run_tests(module, mutant, seconds)
    except BaseException:  # noqa: B036 - whatever a mutant raises, it is noticed
        status = 98
    finally:
        os._exit(status)


def _outcome(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "killed: endless" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "killed: crashed"
    code = os.WEXITSTATUS(status)
    return {0: "survived", 1: "killed"}.get(code, "killed: cannot be imported")


def trial(chosen: Sequence[Mutant], jobs: int = 2, say=lambda line: None) -> dict[tuple[str, ...], str]:
    """The outcome of each mutant, by its key.

    Raises
    ------
    RuntimeError
        If the tests of a module fail on the module as it stands.
    """
    _warm()
    found: dict[tuple[str, ...], str] = {}
    for module in dict.fromkeys(mutant.module for mutant in chosen):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        _, status = os.waitpid(_start(module, None), 0)
        if _outcome(status) != "survived":
            raise RuntimeError(f"tests/{TESTS[module]} fails as it stands")
        limit = 10 + 3 * (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
        waiting = [mutant for mutant in chosen if mutant.module == module]
        running: dict[int, Mutant] = {}
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant = waiting.pop(0)
                running[_start(module, mutant, limit)] = mutant
            for child in list(running):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    mutant = running.pop(child)
                    found[mutant.key] = _outcome(status)
                    say(f"{module}:{mutant.line} {mutant.function}: {mutant.change}: {found[mutant.key]}")
            time.sleep(0.02)
    return found


def _warm() -> None:
    """Load once what every child needs, but none of the modules that are changed."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401

    if loaded := [module for module in MODULES if f"analysis_lib.{module}" in sys.modules]:
        raise RuntimeError(f"{loaded[0]} is loaded already, so no mutant would take its place")


def sample(per_module: int | None, seed: int, modules: Sequence[str] = MODULES) -> list[Mutant]:
    """All mutants of the modules, or so many of each, drawn with a seed."""
    chosen = []
    for module in modules:
        every = mutants(module)
        if per_module is not None and per_module < len(every):
            kept = set(random.Random(f"{seed} {module}").sample(range(len(every)), per_module))
            every = [mutant for i, mutant in enumerate(every) if i in kept]
        chosen += every
    return chosen


def load(file: Path = OUT) -> dict[tuple[str, ...], str]:
    """Outcomes by key, as the file has them."""
    with file.open(encoding="utf-8", newline="") as stream:
        return {tuple(row[c] for c in COLUMNS[:-1]): row["outcome"] for row in csv.DictReader(stream)}


def write(outcomes: dict[tuple[str, ...], str], seed: int, file: Path = OUT) -> None:
    """Write outcomes in place of earlier ones of the same modules, and beside them how they were come by."""
    file.parent.mkdir(parents=True, exist_ok=True)
    manifest_file = file.with_suffix(".json")
    earlier = load(file) if file.exists() else {}
    manifest = json.loads(manifest_file.read_text(encoding="utf-8")) if manifest_file.exists() else {}
    for module in dict.fromkeys(key[0] for key in outcomes):
        paths = (f"analysis_lib/{module}.py", f"tests/{TESTS[module]}")
        manifest[module] = {
            "mutants": len(mutants(module)),
            "tried": sum(key[0] == module for key in outcomes),
            "seed": seed,
            "sha256": {path: hashlib.sha256((ROOT / path).read_bytes()).hexdigest() for path in paths},
        }
    rows = {key: outcome for key, outcome in earlier.items() if key[0] not in {k[0] for k in outcomes}} | outcomes
    with beside(file) as new, new.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*key, outcome) for key, outcome in sorted(rows.items(), key=_order))
    manifest = {module: manifest[module] for module in MODULES if module in manifest}
    write_beside_then_rename(manifest_file, json.dumps(manifest, indent=2) + "\n")


def _order(row: tuple[tuple[str, ...], str]) -> int:
    return MODULES.index(row[0][0])


def differing(per_module: int, seed: int, modules: Sequence[str], file: Path = OUT) -> list[str]:
    """Of a sample of the mutants on file, those that come out otherwise now, one line each."""
    before = load(file)
    chosen = []
    for module in modules:
        there = [mutant for mutant in mutants(module) if mutant.key in before]
        if len(there) < per_module:
            return [f"{module}: its code has changed, so that only {len(there)} mutants on file are left"]
        chosen += random.Random(f"{seed} {module}").sample(there, per_module)
    found = trial(chosen)
    return [f"{key}: was {before[key]}, is {now}" for key, now in found.items() if now != before[key]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--modules", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--sample", type=int, metavar="N", help="so many of each module, not all")
    parser.add_argument("--again", action="store_true", help="only those that survived, after tests were added")
    parser.add_argument("--check", type=int, metavar="N", help="try so many of those on file again, and compare")
    parser.add_argument("--seed", type=int, default=2022)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    if arguments.check:
        lines = differing(arguments.check, arguments.seed, arguments.modules, arguments.out)
        print("\n".join(lines) or "as on file")
        return bool(lines)
    # After what limits its threads.
    _warm()
    from manifest import Making

    chosen = sample(arguments.sample, arguments.seed, arguments.modules)
    for module in arguments.modules:
        making = Making(f"tools/mutants.py --modules {module}{' --again' if arguments.again else ''}")
        of_module = [mutant for mutant in chosen if mutant.module == module]
        if arguments.again:
            earlier = {key: outcome for key, outcome in load(arguments.out).items() if key[0] == module}
            of_module = [m for m in mutants(module) if earlier.get(m.key) == "survived"]
        outcomes = trial(of_module, arguments.jobs, lambda line: print(line, flush=True))
        if arguments.again:
            outcomes = earlier | outcomes
        write(outcomes, arguments.seed, arguments.out)
        making.note(arguments.out, [module])
        survived = sum(outcome == "survived" for outcome in outcomes.values())
        print(f"{module}: {len(outcomes) - survived} of {len(outcomes)} killed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
