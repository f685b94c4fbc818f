"""Write data that is computed and kept: `python tools/data/remake.py predictions --jobs 2`.

- examples: data/examples, from the schema and from public data sets. After a change of these, ask R anew:
  tests/oracles/report.R.
- predictions: data/predictions, what the other printed numbers say of each one withheld, in some 25 minutes on two
  cores. An interrupted run goes on where it was.
- witnesses: data/witnesses, the simulated cohorts that go farthest in what no number prints, in some 30 minutes on two
  cores; restartable likewise. After it ask R anew: tests/oracles/witnesses.py.
- benchmark: data/benchmark, seeded errors, and which of them the audit and other tools find, in some minutes.
"""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import version

from analysis_lib.base import parallel
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import public as public_cohorts
from analysis_lib.cohort import template
from analysis_lib.ledger import benchmark, seeded_errors
from analysis_lib.reconstruction import witnesses
from analysis_lib.reconstruction.adversary import build as adversary
from analysis_lib.reconstruction.studies import holdout
from tools.checks.provenance import Making


def make_examples() -> None:
    template.EXAMPLES.mkdir(exist_ok=True)
    template.TEMPLATE.write_text(template.template(), encoding="utf-8")
    template.example().to_csv(template.EXAMPLE, index=False)
    for public in public_cohorts.REPORTED:
        public.mapped().to_csv(public.file, index=False)


def make_predictions(**how) -> None:
    manifest = holdout.build(2026, ROOT / "data" / "predictions" / "predictions.csv", **how)
    print(f"{len(manifest['sets'])} sets withheld")


def make_witnesses(**how) -> None:
    print(adversary.build(2026, witnesses.FILE, **how).to_string(index=False))


def make_benchmark(**how) -> None:
    making = Making("make benchmark")
    errors, roundings = benchmark.run(**how)
    versions = {"python": platform.python_version()} | {name: version(name) for name in ("numpy", "scipy")}
    for file, results in ((benchmark.ERRORS, errors), (benchmark.ROUNDINGS, roundings)):
        benchmark.write(results, file)
        making.note(file, seed=seeded_errors.SEED, rows=len(results), versions=versions)


MAKE = {
    "benchmark": make_benchmark,
    "examples": make_examples,
    "predictions": make_predictions,
    "witnesses": make_witnesses,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)
    for part in MAKE:
        of_part = parts.add_parser(part)
        if part in ("benchmark", "predictions", "witnesses"):
            parallel.add_options(of_part)
    given = vars(parser.parse_args())
    MAKE[given.pop("part")](**given)


if __name__ == "__main__":
    main()
