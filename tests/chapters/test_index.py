"""The first page's figures say what the published numbers and the simulated cohorts say."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time
from analysis_lib.chapters import index, validation
from analysis_lib.ledger import recipes, tally
from analysis_lib.reconstruction import witnesses
from analysis_lib.reconstruction.witnesses import Witnesses

ROOT = Path(__file__).resolve().parents[2]


def cohort(number, months):
    group = np.where(np.arange(20) % 2, "prrt_only", "surgery")
    years = np.r_[np.linspace(2, 9, 10), np.linspace(3, 8, 10)]
    to_surgery = np.where(group == "surgery", months, np.nan)
    columns = {"group": group, "os_years": years, "os_event": 1, "months_to_surgery": to_surgery}
    return pd.DataFrame({"cohort": number, "patient": range(20)} | columns)


def test_a_simulated_ratio_is_one_cohort_in_the_range_that_an_adversary_widens(paper):
    patients = pd.concat([cohort(1, 3.0), cohort(2, 12.0), cohort(3, 30.0)])
    alone = immortal_time.time_dependent(patients)["hr"]
    farther = pd.DataFrame({"side": ["low", "high"], "value": [0.01, alone.max() - 1e-3], "needs": ""})
    table = pd.concat([farther.assign(id=id) for id in ("landmark_hr_18", "time_dependent_hr")], ignore_index=True)
    ratios = index.hazard_ratios(paper, patients, Witnesses(table, None))
    assert [r.spread is None for r in ratios] == [True, False, False, True]
    assert ratios[2].spread == (0.01, alone.max()) and ratios[2].ratio == alone.median()
    assert ratios[0].text == "0.26 (0.10 to 0.68)" and ratios[3].text == "0.63 (0.19 to 2.09)"


def test_a_range_of_nine_in_ten_is_widened_on_the_logarithmic_scale(shipped):
    low, high = immortal_time.time_dependent(shipped.patients)["hr"].quantile([0.05, 0.95])
    factor = validation.load().factors["time_dependent"]
    apart = (factor - 1) / 2 * np.log(high / low)
    wide = low * np.exp(-apart), high * np.exp(apart)
    assert index.widened_ranges(shipped)["over_time"] == "{:.2f} to {:.2f}".format(*wide)


def test_a_trial_needs_the_deaths_of_schoenfelds_formula(paper):
    # (1.959964 + 0.841621)² / (26/49 · 23/49 · log(0.7)²) = 247.7, by hand
    assert index.deaths_needed(paper) == 248


def test_the_text_says_what_the_adversary_found(paper):
    found = witnesses.load()
    narrow, farthest = (found.extremes("time_dependent_hr", narrow)[1] for narrow in (True, False))
    assert narrow < 1 < farthest, "the widest that we could push it to"
    crude = paper.value("results-survival.cox_surgery.hr")
    assert crude < found.extremes("time_dependent_hr")[0] and farthest < 1 / crude, "nearer to 1 in every cohort"
    low, high = found.extremes(f"landmark_hr_{index.LANDMARK_MONTHS}")
    assert low < 1 < high, "even its direction is open"


def test_everybody_is_in_one_group_and_the_reasons_add_up(paper, claims):
    html = index.flow(paper, claims).html
    boxes = [re.sub(r'<span class="mark">.*?</span>', "", box) for box in re.findall(r'class="box (.*?)</div>', html)]
    plain = [re.sub(r"<br>|<small>", "|", box.partition(">")[2]) for box in boxes]
    parts = [re.sub(r"<[^>]+>", "", box).split("|") for box in plain]
    # Who is in and was not evaluated was not left out.
    counts = [[int(part.split()[0]) for part in box if part and " of them " not in part] for box in parts]
    start, surgery, others = counts[:3]
    assert start == [surgery[0] + others[0]] and others[0] == sum(others[1:])
    for analysed, *left_out in counts[3:]:
        assert analysed + sum(left_out) in (surgery[0], others[0])


def test_the_readme_counts_as_the_audit_does(paper, claims):
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    told = re.search(
        r"Of (\d+) statistics .*?, (\d+) give .*? One number of (\d+) is contradicted.*?"
        r"Another (\d+) are tied .*? and (\d+), most survival",
        readme,
    )
    counted = tally.tally(paper, recipes.load(paper), claims)
    assert [*map(int, told.groups())] == [counted["statistics"], counted["recomputed"], len(claims)] + [
        counted[v] for v in ("consistent", "attainable")
    ]
    assert counted["contradicted"] == 1
