"""Takes a sample of the shipped simulated cohorts and asks R for their statistics.

To be run after each `make ensemble`, in this folder and in the project's environment:
../../.venv/bin/python ensemble.py
"""

import subprocess
from pathlib import Path

import numpy as np

from analysis_lib.reconstruction import ensemble

SAMPLE = Path("data/ensemble")
OF_EACH_ASSUMPTION = 6


def main() -> None:
    shipped = ensemble.load()
    SAMPLE.mkdir(exist_ok=True)
    for file in SAMPLE.glob("*.csv"):
        file.unlink()
    for _, rows in shipped.origin.groupby("scheme"):
        for k in np.linspace(0, len(rows) - 1, OF_EACH_ASSUMPTION).round().astype(int):
            number = rows.index[k]
            shipped.one(number).to_csv(SAMPLE / f"cohort-{number:04}.csv", index=False, lineterminator="\n")
    for script in ("ensemble.R", "influence.R"):
        subprocess.run(["Rscript", script], check=True)


if __name__ == "__main__":
    main()
