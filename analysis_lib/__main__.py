"""The commands: ``python -m analysis_lib audit`` and its siblings.

A user's mistake ends with one line on stderr and a non-zero exit, never with a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.base.errors import InputError, printable

BAD_INPUT = 2
# What a shell reports of a command that SIGINT or SIGPIPE ended.
INTERRUPTED = 128 + 2
READER_GONE = 128 + 13


def _audit(arguments: argparse.Namespace) -> int:
    from analysis_lib.ledger import audit as ledger
    from analysis_lib.ledger import verdicts

    claims = ledger.audit(arguments.numbers)
    deviations = ledger.deviations(claims, ledger.expected())
    if arguments.json:
        text = json.dumps([c.as_dict() for c in claims.values()], ensure_ascii=False, indent=1)
        write_beside_then_rename(arguments.json, text + "\n")
    counts = Counter(claim.verdict for claim in claims.values())
    print(f"{len(claims)} printed numbers")
    for verdict, words in verdicts.VERDICTS.items():
        if counts[verdict]:
            print(f"{counts[verdict]:5} {verdict}: {words}")
    for claim in claims.values():
        if claim.verdict == "contradicted":
            print(f"contradicted  {claim.id}: {claim.reason}")
    for line in deviations:
        print(line, file=sys.stderr)
    if deviations:
        print(f"{len(deviations)} verdicts are not the expected ones", file=sys.stderr)
    return 1 if deviations else 0


def _chapter(arguments: argparse.Namespace) -> int:
    from analysis_lib.base import parallel
    from analysis_lib.base.paths import ROOT
    from analysis_lib.chapters import parameters

    values = parameters.parse(arguments.name, arguments.parameter)
    parameters.check_files(arguments.name, values)
    with parallel.environment(arguments.jobs, arguments.scheduler):
        notebook = parameters.run(arguments.name, values, arguments.out)
    print(notebook)
    if not arguments.html:
        return 0
    page = notebook.with_suffix(".html")
    code = subprocess.run([sys.executable, ROOT / "tools" / "build" / "standalone_page.py", notebook, page]).returncode
    if not code:
        print(page)
    return code


def _reconstruct(arguments: argparse.Namespace) -> int:
    from analysis_lib.reconstruction.build import build
    from analysis_lib.reconstruction.stages.state import SearchFailed
    from analysis_lib.reconstruction.studies import infeasible_subset
    from analysis_lib.targets import assumptions
    from analysis_lib.targets.catalogue import load_targets

    chosen, out = assumptions.parse(arguments.assume), arguments.out
    # A folder's name would only be found out by the last step, after all the search.
    if out.is_dir():
        raise InputError("is a folder", file=out, remedy="the name of a .parquet file")
    try:
        manifest = build(
            arguments.cohorts, arguments.seed, out, arguments.jobs, assumptions=chosen, scheduler=arguments.scheduler
        )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the same command goes on from the finished cohorts") from None
    except SearchFailed as error:
        print(f"{error}\nlooking for the fewest numbers that conflict; this takes minutes", file=sys.stderr, flush=True)
        found = infeasible_subset.find(load_targets(assumptions=chosen), arguments.seed, error)
        conflict = found or "No set was found that cannot be met: the search may have been unlucky; try another seed"
        raise InputError(f"{error}. {conflict}") from None
    made, met = manifest["cohorts"], manifest["targets"]
    under = f" under {named}" if (named := assumptions.describe(chosen)) else ""
    print(f"{out}: {made} cohorts, each from its own start, each meets all {met} targets{under}")
    return 0


def _report(lines: Sequence[str], file: Path, found: str) -> int:
    """Print what is wrong with a file, and what was found; 0 if nothing is wrong."""
    for line in lines:
        print(line, file=sys.stderr)
    print(f"{printable(file)}: {found}")
    return 1 if lines else 0


def _number(things: Sequence[object], one: str, many: str) -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things)} {many}"


def _verify(arguments: argparse.Namespace) -> int:
    from analysis_lib.reconstruction.verify import verify_file
    from analysis_lib.targets import assumptions

    lines = verify_file(arguments.file, arguments.jobs)
    found = _number(lines, "miss", "misses") if lines else "every cohort meets every target"
    if named := assumptions.describe(assumptions.of_file(arguments.file)):
        found += f" under {named}"
    return _report(lines, arguments.file, found)


def _validate(arguments: argparse.Namespace) -> int:
    from analysis_lib.cohort import mapping, validation
    from analysis_lib.cohort.problems import format_problems

    file, number, unit = arguments.file, arguments.cohort_number, arguments.time_unit
    if arguments.out and not arguments.map:
        raise InputError("--out is the place of the copy that --map mends", remedy="--map --out FILE")
    if arguments.map:
        sheet, changes = mapping.suggest(file, unit)
        for change in changes:
            print(f"suggested: {change}")
        if arguments.out:
            sheet, file = mapping.write(sheet, arguments.out), arguments.out
        judged = validation.judge_sheet(sheet, number)
    else:
        judged = validation.judge(file, number, unit)
    cohorts = judged.frame["cohort"]
    problems, patients = judged.problems, _number(judged.frame, "patient", "patients")
    found = _number(problems, "problem", "problems") if problems else f"a well-formed cohort file of {patients}"
    if cohorts.nunique() > 1 and not problems:
        choose = f"`chapter your-cohort` takes one, as by -p cohort_number={cohorts.max()}"
        found += f" in {cohorts.nunique():,} cohorts, of which {choose}"
    if not arguments.map and any(problem.problem == "is missing" for problem in problems):
        found += "; `validate --map` suggests which columns others may be"
    for caution in judged.cautions:
        print(f"look again: {caution}")
    return _report(format_problems(problems), file, found)


def _parser() -> argparse.ArgumentParser:
    from analysis_lib.base import parallel
    from analysis_lib.base.paths import ROOT
    from analysis_lib.printed.transcription import NUMBERS

    parser = argparse.ArgumentParser(prog="python -m analysis_lib", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    audit = commands.add_parser("audit", help="a verdict on every printed number")
    audit.add_argument("--numbers", type=Path, default=NUMBERS, help="folder of printed numbers")
    audit.add_argument("--json", type=Path, help="write all verdicts to this file")
    audit.set_defaults(run=_audit)

    chapter = commands.add_parser("chapter", help="run one chapter with parameters")
    chapter.add_argument("name", help="survival, methods, …")
    chapter.add_argument("-p", dest="parameter", action="append", default=[], metavar="KEY=VALUE")
    chapter.add_argument("--out", type=Path, default=ROOT / "_build" / "runs", help="folder to write to")
    chapter.add_argument("--html", action="store_true", help="also a page that stands alone, beside the notebook")
    parallel.add_options(chapter, jobs=None)
    chapter.set_defaults(run=_chapter)

    reconstruct = commands.add_parser("reconstruct", help="search cohorts that meet every printed number")
    reconstruct.add_argument("--cohorts", type=int, required=True, help="how many")
    reconstruct.add_argument("--seed", type=int, required=True, help="the same seed gives the same cohorts")
    reconstruct.add_argument("--out", type=Path, required=True, help="a .parquet file; a manifest goes beside it")
    parallel.add_options(reconstruct, jobs=1)
    reconstruct.add_argument(
        "--assume", action="append", default=[], metavar="NAME=VALUE", help="follow_up=survivors, age_test=student, …"
    )
    reconstruct.set_defaults(run=_reconstruct)

    verify = commands.add_parser("verify", help="whether each cohort of a file meets each target")
    verify.add_argument("file", type=Path)
    verify.add_argument("--jobs", type=int, default=1, help="processes")
    verify.set_defaults(run=_verify)

    validate = commands.add_parser("validate", help="whether a file is a well-formed cohort")
    validate.add_argument("file", type=Path)
    validate.add_argument("--cohort-number", type=int, help="of the cohort to look at, if the file has several")
    validate.add_argument("--time-unit", default="", help="of os, pfs and dfs: years, months or days")
    validate.add_argument("--map", action="store_true", help="suggest what other headings and words mean")
    validate.add_argument("--out", type=Path, help="write the mended copy to this new .csv file")
    validate.set_defaults(run=_validate)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code is 0 for success, 1 for a failed check, 2 for bad input."""
    arguments = _parser().parse_args(argv)
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except InputError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as interrupt:
        print(": ".join(["interrupted", *map(str, interrupt.args)]), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # As with `| head`. Python flushes stdout once more at exit, so it needs somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE


if __name__ == "__main__":
    sys.exit(main())
