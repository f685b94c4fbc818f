"""Clinical columns of a cohort: toxicity, times of response, lymph nodes and specimens."""

from __future__ import annotations

import numpy as np

from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.reconstruction._numba.anneal_column import anneal_column
from analysis_lib.reconstruction.stages.builder import Builder, limits
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.progression import LAST_SCAN_DAYS
from analysis_lib.reconstruction.stages.state import Progression, SearchFailed, Treatment

# From the last cycle to the scans of the printed schedule: six weeks, three and six months.
_SCAN_DAYS = (42, 91, 183)
# WHO 2019: G1 below 3%, G2 to 20%, G3 and carcinomas above.
KI67 = {"G1": (0, 2), "G2": (3, 20), "G3": (21, 70), "NEC": (21, 95)}
FEWEST_CYCLES_TO_KIDNEY_LIMIT = 3
_FIBROSIS_TRIES = 6


def toxicity(build: Builder, treatment: Treatment) -> None:
    """Reasons for less activity, toxicity of marrow and liver, causes of death and haematological malignancies."""
    c, rng, state = build.columns, build.rng, build.state
    full = build.numbers.value("table2.class_full_from.threshold")
    short = c["prrt_activity_gbq"] < full
    short[state.sepsis] = False
    names = {"marrow": "marrow", "platelets_and_request": "platelets", "cholangitis": "cholangitis"}
    names |= {"kidney": "kidney", "unknown": "unknown"}
    reasons = build.allocate("dose_adjustment", {v: f"table2.adjusted_{s}" for v, s in names.items()}, None, able=short)
    reasons[state.sepsis] = "death"
    # The kidneys' limit is reached by some cycles, not by one or two.
    for patient in np.flatnonzero((reasons == "kidney") & (c["prrt_cycles"] < FEWEST_CYCLES_TO_KIDNEY_LIMIT)):
        able = short & (c["group"] == c["group"][patient]) & (c["prrt_cycles"] >= FEWEST_CYCLES_TO_KIDNEY_LIMIT)
        other = build.choose(np.flatnonzero(able), 1, "the kidneys' limit")[0]
        reasons[patient], reasons[other] = reasons[other], reasons[patient]
    total = build.count("results-prrt.marrow.all.count")
    only = build.count("results-prrt.lymphocytopenia_only.all.count")
    # Whoever got less for the marrow's or the platelets' sake had toxicity of the marrow; the platelets are more than
    # lymphocytes.
    platelets = np.flatnonzero(reasons == "platelets_and_request")
    adjusted = np.concatenate([platelets, rng.permutation(np.flatnonzero(reasons == "marrow"))])
    others = np.setdiff1d(build.members["all"], [*adjusted, state.sepsis])
    ill = np.concatenate([adjusted, build.choose(others, total - adjusted.size, "marrow toxicity")])
    marrow, lymphocytes = np.zeros(build.n, dtype=object), np.zeros(build.n, dtype=object)
    marrow[ill] = 1
    lymphocytes[ill[total - only :]] = 1
    c["marrow_toxicity"], c["lymphocytopenia_only"] = marrow, lymphocytes
    liver = np.zeros(build.n, dtype=object)
    liver[build.choose(others, build.count("results-prrt.liver_toxicity.all.count"), "liver toxicity")] = 1
    c["liver_toxicity"] = liver
    _causes(build, treatment)


def _causes(build: Builder, treatment: Treatment) -> None:
    c, rng, state = build.columns, build.rng, build.state
    cause = np.full(build.n, None, dtype=object)
    cause[state.event == 1] = "other"
    cause[state.sepsis], cause[state.postoperative] = "sepsis", "postoperative"
    onset = np.full(build.n, np.nan)
    since_end = (state.day - treatment.last_cycle_day) / DAYS_PER_YEAR
    for ordinal in ("second", "first"):
        interval = build.numbers[f"results-survival.haematological_{ordinal}.all.duration"].interval
        able = np.flatnonzero((cause == "other") & (since_end > interval.low + 0.1))
        patient = build.choose(able, 1, "haematological malignancy")[0]
        cause[patient] = "haematological"
        onset[patient] = round(
            rng.uniform(interval.low + 0.01, min(interval.high - 0.01, since_end[patient] - 0.05)), 2
        )
    c["cause_of_death"], c["years_prrt_end_to_haematological"] = cause, onset


def response_times(build: Builder, treatment: Treatment, progression: Progression) -> None:
    """When the best response and the smallest size were seen: after the last cycle, and before what ended either."""
    c, rng, state = build.columns, build.rng, build.state
    response = c["best_response"]
    last = np.minimum(progression.day, np.where(state.operated, treatment.surgery_day, state.day))
    scan = treatment.first_scan_day
    progressive = response == "PD"
    who = np.flatnonzero(response != "NE")
    low, high = scan.copy(), np.minimum(last, treatment.last_cycle_day + LAST_SCAN_DAYS)
    low[progressive] = high[progressive] = progression.day[progressive]
    if (low > high)[who].any():
        raise SearchFailed("no scan lies between the last cycle and what ended the response")

    def at_scans() -> np.ndarray:
        days = treatment.last_cycle_day[who] + rng.choice(_SCAN_DAYS, who.size, p=(0.6, 0.35, 0.05))
        return days + rng.integers(-7, 8, who.size)

    spec = ColumnSpec.of_group("results-response.time_to_best", "all", 1 / DAYS_PER_MONTH)
    best = build.search_column(spec, low[who], high[who], at_scans, who)
    c["months_to_best_response"] = best
    seen = np.flatnonzero(~np.isnan(c["tumour_size_post_mm"]))
    # A partial response is a smaller tumour, so that the smallest comes no sooner.
    with_pr = response == "PR"
    low[with_pr] = np.round(best[with_pr] * DAYS_PER_MONTH)
    high = last.copy()
    high[progressive] = progression.day[progressive]
    # Of a tumour that did not shrink, the smallest size is no late one.
    larger = c["tumour_size_post_mm"] >= c["tumour_size_mm"]
    high[larger] = np.minimum(high, treatment.last_cycle_day + LAST_SCAN_DAYS)[larger]

    def later() -> np.ndarray:
        return rng.lognormal(np.log(350), 0.4, seen.size)

    spec = ColumnSpec.of_group("results-response.time_to_smallest", "all", 1 / DAYS_PER_MONTH)
    c["months_to_smallest_size"] = build.search_column(spec, low[seen], high[seen], later, seen)


def nodes(build: Builder) -> None:
    """Lymph nodes resected, and how many of them were positive."""
    rng = build.rng
    who = build.choose(build.members["surgery"], build.count("table3.nodes_resected.surgery.n"), "resected nodes")
    low, high = np.ones(who.size, np.int64), np.full(who.size, 25, np.int64)
    spec = ColumnSpec.of_group("table3.nodes_resected", "surgery")
    resected = build.search_column(spec, low, high, lambda: rng.poisson(7, who.size), who)
    build.columns["nodes_resected"] = resected
    high = resected[who].astype(np.int64)
    spec = ColumnSpec.of_group("table3.nodes_positive", "surgery")
    build.columns["nodes_positive"] = build.search_column(spec, 0 * high, high, lambda: rng.poisson(1, who.size), who)


def pathology(build: Builder) -> None:
    """Invasion of vessels and nerves, and the specimens that were looked at again."""
    c, rng = build.columns, build.rng
    who = build.members["surgery"]
    for name in ("lymphovascular", "perineural"):
        values = build.allocate(
            f"{name}_invasion", {0: f"table3.{name}_negative", 1: f"table3.{name}_positive"}, None, able=build.operated
        )
        assert (values[who] != None).all()  # noqa: E711
    n = build.count("results-surgery.specimens.surgery.n")
    seen = _fibrosis(build, n)
    low, high = np.array([KI67[grade] for grade in c["grade"][seen]]).T
    spec = ColumnSpec.of_group("table3.ki67", "surgery")
    c["specimen_ki67_percent"] = build.search_column(
        spec, low, high, lambda: low + rng.geometric(0.4, seen.size) - 1, seen
    )
    # What is not fibrosis is viable tumour, but for a little.
    high = np.maximum(100 - c["fibrosis_percent"][seen], 1).astype(np.int64)
    low = np.maximum(high - 25, 0)
    spec = ColumnSpec.of_group("table3.viable", "surgery")
    c["viable_percent"] = build.search_column(spec, low, high, lambda: rng.integers(low, high + 1), seen)
    low, high = limits(n, 0, 100, 1)
    spec = ColumnSpec.of_group("table3.sstr2a", "surgery")
    c["sstr2a_percent"] = build.search_column(
        spec, low, high, lambda: np.where(rng.random(n) < 0.6, 100, rng.integers(0, 100, n)), seen
    )
    able = np.isin(build.members["all"], seen)
    names = {"homogeneous": "table3.response_homogeneous", "heterogeneous": "table3.response_heterogeneous"}
    build.allocate("specimen_response", names, None, able=able)
    necrosis = build.allocate("necrosis", {1: "table3.necrosis"}, 0, able=able)
    necrosis[~able] = None


def _fibrosis(build: Builder, n: int) -> np.ndarray:
    """Fibrosis of ``n`` specimens, by response to PRRT; returns whose they are."""
    rng, c = build.rng, build.columns
    spec = ColumnSpec(
        "table3.fibrosis",
        groups=tuple(
            f"{stem}.surgery"
            for stem in ("table3.fibrosis", "results-surgery.fibrosis_pr", "results-surgery.fibrosis_sd")
        ),
        p="results-surgery.fibrosis_pr_sd.surgery.p",
        test=build.targets.assumptions.fibrosis_test,
    )
    # Fibrosis was present in all samples.
    low, high = limits(n, 5, 95, 1)
    who = build.members["surgery"]
    for _ in range(_FIBROSIS_TRIES):
        # With a specimen of grade 1 missing less than twice, the third quartile of Ki-67 would be that of grade 1.
        missing = build.choose(who[c["grade"][who] == "G1"], who.size - n, "patients without a specimen")
        seen = np.setdiff1d(who, missing)
        k = rng.integers(low, high + 1)
        column = spec.column(build.targets, low, high, c["best_response"][seen] == "PR")
        if anneal_column(rng, k, column, 30_000) == 0.0:
            c["fibrosis_percent"] = np.full(build.n, np.nan)
            c["fibrosis_percent"][seen] = k
            return seen
    raise SearchFailed("no shares of fibrosis meet what is printed", "table3.fibrosis")
