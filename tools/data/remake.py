"""Write data that is computed and kept: `python tools/data/remake.py predictions --jobs 2`.

- examples: data/examples, from the schema and from the public data sets that lifelines ships. After a change of the
  latter, ask R anew: tests/oracles/public.R.
- predictions: data/predictions, what the other printed numbers say of each one withheld, in some 25 minutes on two
  cores. An interrupted run goes on where it was.
- sensitivity: data/trust, each printed number changed in turn, and which verdicts change.
"""

from __future__ import annotations

import argparse

from analysis_lib import cohort_examples, public_cohorts, sensitivity, workers
from analysis_lib.published import ROOT
from analysis_lib.reconstruction import predictions
from tools.checks.provenance import Making


def make_examples() -> None:
    cohort_examples.EXAMPLES.mkdir(exist_ok=True)
    cohort_examples.TEMPLATE.write_text(cohort_examples.template(), encoding="utf-8")
    cohort_examples.example().to_csv(cohort_examples.EXAMPLE, index=False)
    for public in public_cohorts.PUBLIC:
        public.mapped().to_csv(public.file, index=False)


def make_predictions(**how) -> None:
    manifest = predictions.build(2026, ROOT / "data" / "predictions" / "predictions.csv", **how)
    print(f"{len(manifest['sets'])} sets withheld")


def make_sensitivity() -> None:
    making = Making("make sensitivity")
    sensitivity.write(sensitivity.run())
    making.note(sensitivity.RESULTS)


MAKE = {"examples": make_examples, "predictions": make_predictions, "sensitivity": make_sensitivity}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)
    for part in MAKE:
        of_part = parts.add_parser(part)
        if part == "predictions":
            workers.options(of_part)
    given = vars(parser.parse_args())
    MAKE[given.pop("part")](**given)


if __name__ == "__main__":
    main()
