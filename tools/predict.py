"""Write data/predictions/predictions.csv: what the other printed numbers say of each one withheld.

Run by `make predictions`, in some 25 minutes on two cores; an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis_lib.base import parallel
from analysis_lib.reconstruction.studies import holdout

if __name__ == "__main__":
    chosen = parallel.add_options(argparse.ArgumentParser(description=__doc__.splitlines()[0])).parse_args()
    manifest = holdout.build(2026, Path("data/predictions/predictions.csv"), **vars(chosen))
    print(f"{len(manifest['sets'])} sets withheld")
