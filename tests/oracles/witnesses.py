"""Writes what R needs of the witness cohorts, and asks it for the quantities of which they are witnesses.

To be run after each `make witnesses`, in this folder and in the project's environment:
../../.venv/bin/python witnesses.py
"""

import subprocess
from pathlib import Path

from analysis_lib.reconstruction import witnesses

FILE = Path("data/witnesses.csv")
COLUMNS = [
    *("cohort", "patient", "group", "os_years", "os_event", "pfs_years", "pfs_event", "months_to_surgery"),
    *("grade", "kps", "prrt_activity_gbq", "tumour_size_mm", "tumour_size_post_mm", "dose_adjustment"),
    *("months_since_diagnosis", "best_response", "tvi_pre", "tvi_post", "organ_invasion_pre", "organ_invasion_post"),
    "liver_metastases_gone",
]


def text() -> str:
    return witnesses.load().cohorts.patients[COLUMNS].to_csv(index=False, lineterminator="\n")


def main() -> None:
    FILE.write_text(text(), encoding="utf-8")
    subprocess.run(["Rscript", "witnesses.R"], check=True)


if __name__ == "__main__":
    main()
