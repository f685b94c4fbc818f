"""Mutation testing: change the library's code on purpose, one place at a time, and see whether its tests notice.

mutmut makes the changes, in a scratch copy, and runs the module's own tests on each. What survives is either without
effect, and data/trust/equivalents.csv says why, or shows what no test looks at. Errors that are raised, and texts,
are left as they are: a sentence that reads otherwise is found by no test but one that repeats it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from configparser import ConfigParser
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from mutmut.configuration import reset_config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import mangled_name_from_mutant_name, parse_mutant_key

from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.base.paths import ROOT
from tools.checks.provenance import FOLDER, Making, read

OUT = FOLDER / "mutants.csv"
# Each module of the library, and the tests that have to notice a change of it.
TESTS = {
    "printed/number": ["printed/test_number.py"],
    "statistics/contingency": ["statistics/test_contingency.py"],
    "statistics/freeman_halton": ["statistics/test_contingency.py"],
    "statistics/summaries": ["statistics/test_summaries.py"],
    "statistics/survival": ["statistics/test_survival.py"],
    "statistics/binary_cox": ["statistics/test_binary_cox.py"],
    "statistics/near_ties": ["statistics/test_near_ties.py"],
    "statistics/robust_cox": ["statistics/test_robust_cox.py", "analyses/test_confounding.py"],
    "statistics/competing_risks": ["statistics/test_competing_risks.py"],
    "statistics/fragility": ["statistics/test_fragility.py"],
    "statistics/logrank_power": ["statistics/test_logrank_power.py"],
    "statistics/sceptical_prior": ["statistics/test_sceptical_prior.py"],
    "statistics/newton": ["statistics/test_binary_cox.py", "statistics/test_weighted_regression.py"],
    "statistics/non_collapsibility": ["statistics/test_non_collapsibility.py"],
    "statistics/weighted_regression": ["statistics/test_weighted_regression.py"],
    "ledger/audit": ["ledger/test_audit.py"],
    "ledger/verdicts": ["ledger/test_audit.py"],
    "cohort/validation": ["cohort/test_validation.py", "cohort/test_reader.py"],
    "cohort/reader": ["cohort/test_reader.py", "cohort/test_validation.py"],
    "cohort/sheet": ["cohort/test_reader.py", "cohort/test_headings.py"],
    "cohort/headings": ["cohort/test_headings.py"],
    "cohort/mending": ["cohort/test_mending.py"],
    "cohort/mapping": ["cohort/test_mapping.py"],
    "cohort/cautions": ["cohort/test_cautions.py"],
    "cohort/plausibility": ["cohort/test_plausibility.py"],
    "cohort/workbook": ["cohort/test_workbook.py"],
    "cohort/parquet": ["cohort/test_parquet.py"],
    "targets/assumptions": ["targets/test_assumptions.py"],
    "targets/catalogue": ["targets/test_catalogue.py"],
    "targets/patients": ["targets/test_recompute.py"],
    "targets/recompute": ["targets/test_recompute.py"],
    "targets/time_unit": ["targets/test_time_unit.py"],
    "reconstruction/verify": ["reconstruction/test_verify.py"],
    "chapters/parameters": ["chapters/test_parameters.py"],
    "chapters/your_cohort/wording": ["chapters/your_cohort/test_report.py"],
    "ledger/conclusions": ["ledger/test_conclusions.py"],
    "ledger/answers": ["ledger/test_settled.py"],
    "ledger/settled_response": ["ledger/test_settled.py"],
    "ledger/settled_survival": ["ledger/test_settled.py"],
    "analyses/baseline": ["analyses/test_baseline.py"],
    "analyses/bootstrap": ["analyses/test_bootstrap.py"],
    "analyses/confounding": ["analyses/test_confounding.py"],
    "analyses/description": ["analyses/test_description.py"],
    "analyses/discussion": ["analyses/test_discussion.py"],
    "analyses/immortal_time": ["analyses/test_immortal_time.py"],
    "analyses/influence": ["analyses/test_influence.py"],
    "analyses/propensity_weighting": ["analyses/test_propensity_weighting.py"],
    "analyses/robustness": ["analyses/test_robustness.py"],
    "analyses/target_trial": ["analyses/test_target_trial.py"],
    "analyses/time_to_surgery": ["analyses/test_time_to_surgery.py"],
}
COLUMNS = ["module", "function", "place", "change", "outcome"]
# As the table tells how mutmut found a mutant to have ended.
OUTCOMES = {
    "survived": "survived",
    "no tests": "survived",
    "killed": "killed",
    "timeout": "killed: endless",
    "segfault": "killed: crashed",
    # pytest's codes where a module cannot be imported.
    "check was interrupted by user": "killed: cannot be imported",
    "suspicious": "killed: cannot be imported",
}
# hypothesis' own profile for CI: the same examples in each run.
_OPTIONS = ("-p", "no:cacheprovider", "-m", "not long", "--hypothesis-profile=ci")
_COPIED = ("analysis_lib", "tests", "tools", "data", "book", "pyproject.toml", "requirements.lock", "references.bib")
_PRELOADED = ("pytest", "hypothesis", "pandas", "pyarrow", "scipy.stats", "statsmodels.api", "lifelines")
_MEMORY = 6 << 30
_JOBS = 2


@dataclass(frozen=True)
class Mutant:
    """A module with one change.

    Attributes
    ----------
    name
        As mutmut has it.
    key
        Module, function, which of the function's changes that read the same, from 1, and the change: what names it
        whatever lines are added elsewhere.
    """

    name: str
    key: tuple[str, str, str, str]


def lay_out(module: str, folder: Path) -> Path:
    """Copy what the tests need into a folder, and set mutmut up there for a module; the module's path."""
    for name in _COPIED:
        source = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / name, ignore=ignore) if source.is_dir() else shutil.copy(source, folder)
    path = Path("analysis_lib") / f"{module}.py"
    settings = {
        "source_paths": ["analysis_lib"],
        "only_mutate": [str(path)],
        "also_copy": [name for name in _COPIED if name not in ("analysis_lib", "tests", "pyproject.toml")],
        "pytest_add_cli_args_test_selection": [f"tests/{name}" for name in TESTS[module]],
        "pytest_add_cli_args": list(_OPTIONS),
        "do_not_mutate_patterns": [r"^\s*raise "],
        # It counts time on the clock too, and a busy machine must not pass for an endless mutant.
        "timeout_multiplier": "40",
        # Threads of libraries that have been at work do not survive a plain fork.
        "process_isolation": "forkserver",
        # Only libraries are loaded beforehand: what a module makes of its own functions as it is imported, such as
        # the functions in a table, must be made of changed ones.
        "forkserver_warmup": "import",
        "preload_modules_file": "preload.txt",
        "track_dependencies": "false",
        "use_git_change_detection": "false",
    }
    (folder / "preload.txt").write_text("\n".join(_PRELOADED) + "\n", encoding="utf-8")
    parser = ConfigParser(interpolation=None)
    parser["mutmut"] = {name: "\n".join(["", *v] if isinstance(v, list) else [v]) for name, v in settings.items()}
    with (folder / "setup.cfg").open("w", encoding="utf-8") as stream:
        parser.write(stream)
    return path


def mutants(module: str, folder: Path) -> list[Mutant]:
    """Every mutant that mutmut makes of a module in a folder laid out for it, but those of texts."""
    path, found, seen = Path("analysis_lib") / f"{module}.py", [], Counter()
    with chdir(folder):
        # Importing it reads the settings of the folder that one is in.
        reset_config()
        from mutmut.__main__ import create_mutants_for_file

        (Path("mutants") / path).parent.mkdir(parents=True)
        create_mutants_for_file(path, Path("mutants") / path)
        data = SourceFileMutationData(path=path)
        data.load()
        for name in data.exit_code_by_key:
            mangled = mangled_name_from_mutant_name(name).rpartition(".")[2]
            function = ".".join(filter(None, reversed(parse_mutant_key(mangled))))
            lines = get_diff_for_mutant(name, path=path).splitlines()[3:]
            old, new = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
            if _without_case(old) != _without_case(new):
                seen[function, old, new] += 1
                found.append(Mutant(name, (module, function, str(seen[function, old, new]), f"{old} → {new}")))
    return found


def _without_case(code: str) -> str:
    """Of a text mutmut makes small letters, capitals, or XXtextXX."""
    return code.replace("XX", "").lower()


def outcomes(module: str, folder: Path, chosen: Sequence[Mutant]) -> dict[tuple[str, ...], str]:
    """Run mutmut on some of the mutants of a folder; the outcome of each by its key.

    Raises
    ------
    RuntimeError
        If mutmut fails, as it does where the tests fail on the module as it stands.
    """
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", str(_JOBS), *(mutant.name for mutant in chosen)],
        cwd=folder,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY)),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{module}: mutmut fails:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
    with chdir(folder):
        data = SourceFileMutationData(path=Path("analysis_lib") / f"{module}.py")
        data.load()
    found = {mutant.key: OUTCOMES[status_by_exit_code[data.exit_code_by_key[mutant.name]]] for mutant in chosen}
    # mutmut runs the tests that it saw enter a function; one that makes others on import is entered by the first only.
    for mutant in chosen:
        if found[mutant.key] == "survived" and _fails(module, folder, mutant):
            found[mutant.key] = "killed"
    return found


def _fails(module: str, folder: Path, mutant: Mutant) -> bool:
    """Whether any of all the module's tests fails on a mutant."""
    tests = [f"tests/{name}" for name in TESTS[module]]
    return (
        0
        != subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", *_OPTIONS, *tests],
            cwd=folder / "mutants",
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "MUTANT_UNDER_TEST": mutant.name},
            stdout=subprocess.DEVNULL,
        ).returncode
    )


def load(file: Path = OUT) -> dict[tuple[str, ...], str]:
    """Outcomes by key, as the file has them."""
    return {tuple(key): outcome for *key, outcome in read(file)[COLUMNS].itertuples(index=False)}


def sample(module: str, there: Sequence[Mutant], most: int | None) -> list[Mutant]:
    """At most so many of a module's mutants, drawn with a seed of its own; without a limit all of them."""
    return list(there) if most is None else random.Random(module).sample(there, min(most, len(there)))


def differing(module: str, folder: Path, count: int) -> list[str]:
    """Of so many of a module's mutants on file, those that come out otherwise now, one line each."""
    before = load()
    there = [mutant for mutant in mutants(module, folder) if mutant.key in before]
    if len(there) < count:
        return [f"{module}: its code has changed, so that only {len(there)} mutants on file are left"]
    found = outcomes(module, folder, sample(module, there, count))
    return [f"{key}: was {before[key]}, is {now}" for key, now in found.items() if now != before[key]]


def write(module: str, possible: int, found: dict[tuple[str, ...], str], making: Making) -> None:
    """Write a module's outcomes in place of earlier ones, and beside them how many mutants it has and how many ran."""
    rows = pd.DataFrame([(*key, outcome) for key, outcome in found.items()], columns=COLUMNS)
    making.write(OUT, rows, "module")
    beside = OUT.with_suffix(".json")
    counts = json.loads(beside.read_text(encoding="utf-8")) | {module: {"mutants": possible, "tried": len(found)}}
    counts = {name: counts[name] for name in TESTS if name in counts}
    write_beside_then_rename(beside, json.dumps(counts, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--modules", nargs="+", choices=TESTS, default=list(TESTS))
    parser.add_argument("--most", type=int, metavar="N", help="try so many of each at most, drawn with a fixed seed")
    parser.add_argument("--check", type=int, metavar="N", help="try so many of each on file again, and compare")
    given = parser.parse_args()
    otherwise = []
    for module in given.modules:
        making = Making(f"make mutants MODULES={module}{f' MOST={given.most}' if given.most else ''}")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            lay_out(module, folder)
            if given.check:
                otherwise += differing(module, folder, given.check)
                continue
            possible = mutants(module, folder)
            found = outcomes(module, folder, sample(module, possible, given.most))
        write(module, len(possible), found, making)
        survived = [key for key, outcome in found.items() if outcome == "survived"]
        print(f"{module}: {len(found) - len(survived)} of {len(found)} killed", flush=True)
        print(*(f"  {function}: {change}" for _, function, _, change in survived), sep="\n", flush=True)
    print(*otherwise, sep="\n")
    return bool(otherwise)


if __name__ == "__main__":
    sys.exit(main())
