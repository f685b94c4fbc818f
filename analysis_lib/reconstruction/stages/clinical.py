"""Clinical columns of a cohort: treatment, toxicity, response, vessels, surgery and pathology."""

from __future__ import annotations

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.printed.names import OTHER_VESSELS, VESSELS
from analysis_lib.reconstruction._numba.anneal_column import anneal_column
from analysis_lib.reconstruction.stages.builder import TRIES, Builder, limits
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.state import Covariates, Progression, SearchFailed, Survival
from analysis_lib.targets.catalogue import COMPLICATIONS, GROUPS

# A cycle of 7.4 GBq comes out a little more or less.
MOST_ACTIVITY_PER_CYCLE = 7.7
# Within which sizes before PRRT are searched.
SIZE_MM = (15, 170)
SIZE = ColumnSpec.by_group("table1.size", decrease="results-response.size_change")
# By how much the share of the size that is left may differ between the groups, to begin with.
MOST_APART = 0.2


def prrt(build: Builder, state: Survival, covariates: Covariates, progression: Progression) -> None:
    """Activity, cycles, the length of PRRT, what made doses smaller, and toxicity."""
    c, rng, n = build.columns, build.rng, build.n
    activity = covariates.activity
    c["prrt_activity_gbq"] = activity
    full = build.numbers.value("table2.class_full_from.threshold")
    most = {g: int(build.numbers.value(f"table2.cycles.{g}.range_hi")) for g in GROUPS[1:]}
    low = np.maximum(np.ceil(activity / MOST_ACTIVITY_PER_CYCLE), np.where(activity >= full, 4, 1)).astype(np.int64)
    high = np.where(state.operated, most["surgery"], most["prrt_only"])
    high = np.where(activity >= full, high, np.minimum(low + 1, high)).astype(np.int64)
    low[state.sepsis] = high[state.sepsis] = 1
    everyone = build.members["all"]
    cycles = build.search_column(
        ColumnSpec.by_group("table2.cycles"), low, high, lambda: low + rng.binomial(1, 0.15, n), everyone
    )
    c["prrt_cycles"] = cycles
    # Six to ten weeks from one cycle to the next are planned; toxicity may delay them.
    shortest, longest = (cycles - 1) * 42, (cycles - 1) * 110
    longest = np.minimum(longest, np.where(state.operated, progression.surgery_day - 42, state.day - 1))
    days = np.floor(rng.uniform(shortest, np.clip(longest, shortest, (cycles - 1) * 75)))
    who = build.members["surgery"]
    start = progression.surgery_day[who]
    since_low, since_high = (start - longest[who]).astype(np.int64), (start - shortest[who]).astype(np.int64)
    if (since_high < 42).any():
        raise SearchFailed("surgery would come before the last cycle")
    since_low = np.maximum(since_low, 42)
    _room_for_quartiles(build, since_low / DAYS_PER_MONTH, since_high / DAYS_PER_MONTH)
    spec = ColumnSpec.of_group("table3.since_end", "surgery", 1 / DAYS_PER_MONTH)
    since_end = build.search_column(spec, since_low, since_high, lambda: start - days[who], who)
    days[who] = start - np.round(since_end[who] * DAYS_PER_MONTH)
    c["prrt_months"] = days / DAYS_PER_MONTH
    c["months_prrt_end_to_surgery"] = np.where(
        state.operated, (progression.surgery_day - days) / DAYS_PER_MONTH, np.nan
    )
    names = {"marrow": "marrow", "platelets_and_request": "platelets", "cholangitis": "cholangitis"}
    names |= {"kidney": "kidney", "unknown": "unknown"}
    short = activity < full
    short[state.sepsis] = False
    reasons = build.allocate("dose_adjustment", {v: f"table2.adjusted_{s}" for v, s in names.items()}, None, able=short)
    reasons[state.sepsis] = "death"
    _toxicity(build, reasons, state, days)


def _room_for_quartiles(build: Builder, low: np.ndarray, high: np.ndarray) -> None:
    """Quantiles rise with every value: these of all lower and all upper ends bracket what can be met."""
    ids = tuple(f"table3.since_end.surgery.{s}" for s in ("median", "q1", "q3"))
    box, shares = build.targets.box(ids), (50, 25, 75)
    least, most = (np.percentile(ends, shares, method=build.targets.assumptions.quantile) for ends in (low, high))
    if (least > box[1]).any() or (most < box[0]).any():
        raise SearchFailed("the days of surgery leave no room for the printed time since the end of PRRT")


def _toxicity(build: Builder, reasons: np.ndarray, state: Survival, days: np.ndarray) -> None:
    """Toxicity of marrow and liver, causes of death, and the two haematological malignancies."""
    c, rng = build.columns, build.rng
    total = build.count("results-prrt.marrow.all.count")
    only = build.count("results-prrt.lymphocytopenia_only.all.count")
    # Whoever got less for the marrow's or the platelets' sake had more than few lymphocytes, as far as that goes.
    adjusted = rng.permutation(np.flatnonzero(np.isin(reasons, ("marrow", "platelets_and_request"))))
    others = np.setdiff1d(build.members["all"], [*adjusted, state.sepsis])
    marrow, lymphocytes = np.zeros(build.n, dtype=object), np.zeros(build.n, dtype=object)
    severe = adjusted[: total - only]
    mild = build.choose(np.concatenate([adjusted[total - only :], others]), total - severe.size, "marrow toxicity")
    marrow[severe] = marrow[mild] = 1
    lymphocytes[mild[:only]] = 1
    c["marrow_toxicity"], c["lymphocytopenia_only"] = marrow, lymphocytes
    liver = np.zeros(build.n, dtype=object)
    liver[build.choose(others, build.count("results-prrt.liver_toxicity.all.count"), "liver toxicity")] = 1
    c["liver_toxicity"] = liver
    cause = np.full(build.n, None, dtype=object)
    cause[state.event == 1] = "other"
    cause[state.sepsis], cause[state.postoperative] = "sepsis", "postoperative"
    onset = np.full(build.n, np.nan)
    since_end = (state.day - days) / DAYS_PER_YEAR
    for ordinal in ("second", "first"):
        interval = build.numbers[f"results-survival.haematological_{ordinal}.all.duration"].interval
        able = np.flatnonzero((cause == "other") & (since_end > interval.low + 0.1))
        patient = build.choose(able, 1, "haematological malignancy")[0]
        cause[patient] = "haematological"
        onset[patient] = round(
            rng.uniform(interval.low + 0.01, min(interval.high - 0.01, since_end[patient] - 0.02)), 2
        )
    c["cause_of_death"], c["years_prrt_end_to_haematological"] = cause, onset


def sizes(build: Builder, state: Survival, covariates: Covariates) -> None:
    """Tumour sizes before PRRT, by their summaries and the decrease to the sizes after it."""
    low, high = limits(build.n, *SIZE_MM, 1)
    after, rng = covariates.size_post, build.rng
    # Large before, large after, as it must be where the decrease varies so little.
    guess = np.where(np.isnan(after), 65, after)

    def start():
        # Nothing printed says in which group tumours shrank more.
        apart = rng.uniform(-MOST_APART, MOST_APART)
        left = rng.uniform(0.55, 0.95, build.n) + np.where(state.operated, apart, -apart) / 2
        return guess / left

    build.columns["tumour_size_post_mm"] = after
    build.columns["tumour_size_mm"] = build.search_column(SIZE, low, high, start, build.members["all"], after)


def response(build: Builder, state: Survival, covariates: Covariates, progression: Progression) -> None:
    """Best response, and when it and the smallest size were seen."""
    c, rng = build.columns, build.rng
    response = np.where(covariates.partial_response == 1, "PR", "SD").astype(object)
    response[state.sepsis] = "NE"
    # Progressive disease as best response: among those who progressed, the earliest.
    able = np.flatnonzero(~state.operated & progression.progressed & (response == "SD"))
    earliest = able[np.argsort(progression.day[able], kind="stable")]
    worst = earliest[: build.count("results-response.pd.all.count")]
    response[worst] = "PD"
    c["best_response"] = response
    last = np.minimum(progression.day, np.where(state.operated, progression.surgery_day, state.day))
    for stem, column, who, lowest in (
        ("results-response.time_to_best", "months_to_best_response", response != "NE", 120),
        ("results-response.time_to_smallest", "months_to_smallest_size", ~np.isnan(covariates.size_post), 120),
    ):
        who = np.flatnonzero(who)
        high = np.clip(last[who], lowest, 2000).astype(np.int64)
        low = np.full(who.size, lowest, np.int64)

        def start(low=low, high=high):
            return np.exp(rng.normal(np.log(300), 0.4, low.size))

        c[column] = build.search_column(ColumnSpec.of_group(stem, "all", 1 / DAYS_PER_MONTH), low, high, start, who)


def vessels(build: Builder, state: Survival) -> None:
    """Tumour–vessel interface before and after PRRT, the vessels involved, and invasion of organs."""
    c, rng = build.columns, build.rng
    before, after = np.full(build.n, np.nan), np.full(build.n, np.nan)
    for g in GROUPS[1:]:
        tables = build.blocks.transitions[g]
        if not len(tables):
            raise InputError(f"no moves between Table 4's categories fit its totals for {g}")
        table = tables[rng.integers(len(tables))]
        members = build.members[g]
        # Without any scan after PRRT there was nothing to grade.
        never = members[np.isnan(c["tumour_size_post_mm"][members])]
        unscanned = build.n - build.blocks.sizes[1] - int(table.sum()) if g == "prrt_only" else 0
        more = build.choose(np.setdiff1d(members, never), unscanned - never.size, "patients without scans")
        graded = rng.permutation(np.setdiff1d(members, [*never, *more]))
        moves = [(i, j) for i in range(len(table)) for j in range(len(table)) for _ in range(table[i, j])]
        before[graded], after[graded] = np.array(moves).T
    c["tvi_pre"], c["tvi_post"] = before, after
    _named_vessels(build, before)
    build.until_not_significant(state, lambda: _counted_vessels(build, after))
    graded = ~np.isnan(before)
    for column, stem in (("organ_invasion_pre", "organ_before"), ("organ_invasion_post", "organ_after")):
        able = graded if column.endswith("pre") else graded & (c["organ_invasion_pre"] == 1)
        values = build.allocate(column, {1: f"results-radiology.{stem}"}, 0, able=able)
        values[~graded] = None


def _named_vessels(build: Builder, before: np.ndarray) -> None:
    """Which vessels are involved: as many of each as printed, in keeping with the categories."""
    rng, n = build.rng, build.n
    totals = {v: build.count(f"table4.vessel_{v}.all.count") for v in (*VESSELS, *OTHER_VESSELS)}
    vein, artery = before >= 1, before >= 3
    box = build.targets.box(tuple(f"table4.vessels_before.all.{s}" for s in ("median", "range_lo", "range_hi")))
    for _ in range(2000):
        involved = {v: np.zeros(n, dtype=object) for v in totals}
        # First one vein or artery to each patient who has any, then the rest of each total.
        for kinds, having in ((("smv", "pv"), vein), (("cha", "sma", "ca"), artery)):
            who = np.flatnonzero(having)
            spots = np.concatenate([np.full(totals[v], k) for k, v in enumerate(kinds)])
            if spots.size < who.size:
                raise SearchFailed("fewer vessels than patients with an interface")
            first = rng.permutation(spots)[: who.size]
            for k, v in enumerate(kinds):
                involved[v][who[first == k]] = 1
                free = who[first != k]
                more = build.choose(free, totals[v] - int((first == k).sum()), f"table4.vessel_{v}")
                involved[v][more] = 1
        number = sum(involved[v] for v in VESSELS)[vein].astype(float)
        values = np.array([np.median(number), number.min(), number.max()])
        if ((values >= box[0]) & (values <= box[1])).all():
            break
    else:
        raise SearchFailed("no vessels meet the printed median and range")
    for v in OTHER_VESSELS:
        involved[v][build.choose(np.flatnonzero(vein), totals[v], f"table4.vessel_{v}")] = 1
    for v, values in involved.items():
        values[np.isnan(before)] = None
        build.columns[f"vessel_{v}"] = values


def _counted_vessels(build: Builder, after: np.ndarray) -> np.ndarray:
    """How many vessels are involved after PRRT, at least one vein and, from category 3, one artery."""
    rng = build.rng
    low = np.where(after >= 3, 2, np.where(after >= 1, 1, 0))
    high = np.where(after >= 3, 5, np.where(after >= 1, 2, 0))
    box = build.targets.box(
        tuple(f"results-radiology.vessels_after.all.{s}" for s in ("median", "range_lo", "range_hi"))
    )
    for _ in range(5000):
        number = low + rng.binomial(high - low, 0.25)
        seen = number[after >= 1]
        values = np.array([np.median(seen), seen.min(), seen.max()])
        if ((values >= box[0]) & (values <= box[1])).all():
            build.columns["vessels_post"] = np.where(np.isnan(after), np.nan, number)
            return build.columns["vessels_post"]
    raise SearchFailed("no numbers of vessels after PRRT meet the printed median and range")


def surgery(build: Builder, state: Survival) -> None:
    """Findings and treatment at surgery, complications, and lymph nodes."""
    c, rng, who = build.columns, build.rng, build.members["surgery"]
    for column in ("lymphovascular_invasion", "perineural_invasion"):
        c[column] = np.where(state.operated, c[column], None)
    thrombectomy = np.full(build.n, None, dtype=object)
    thrombectomy[who] = 0
    thrombectomy[build.choose(who, build.count("results-surgery.thrombectomy_pv.surgery.count"), "thrombectomy")] = 1
    c["portal_thrombectomy"] = thrombectomy
    liver = who[(c["m1a"][who] == 1) & (c["liver_metastases_gone"][who] != 1)]
    treated = build.choose(liver, build.count("table3.liver_treatment.surgery.count"), "liver treatment")
    kinds = ("wedge", "wedges", "ablation_rf", "ablation_mw")
    _events(build, "liver_", {k: f"table3.liver_{k}" for k in kinds}, treated)
    ill = build.choose(
        who[who != state.postoperative], build.count("table3.complications.surgery.count") - 1, "complications"
    )
    ill = np.append(ill, state.postoperative)
    _events(build, "complication_", {k: f"table3.complication_{k}" for k in COMPLICATIONS}, ill)
    fatal = c["complication_v_haemorrhage"]
    other = int(np.flatnonzero(fatal == 1)[0])
    # The fatal complication is the postoperative death: exchange all complications of the two.
    for k in COMPLICATIONS:
        values = c[f"complication_{k}"]
        values[other], values[state.postoperative] = values[state.postoperative], values[other]
    nodes = build.choose(who, build.count("table3.nodes_resected.surgery.n"), "resected nodes")
    low, high = np.ones(nodes.size, np.int64), np.full(nodes.size, 25, np.int64)
    spec = ColumnSpec.of_group("table3.nodes_resected", "surgery")
    resected = build.search_column(spec, low, high, lambda: rng.poisson(7, nodes.size), nodes)
    c["nodes_resected"] = resected
    high = resected[nodes].astype(np.int64)
    spec = ColumnSpec.of_group("table3.nodes_positive", "surgery")
    c["nodes_positive"] = build.search_column(spec, 0 * high, high, lambda: rng.poisson(1, nodes.size), nodes)


def _events(build: Builder, prefix: str, stems: dict[str, str], who: np.ndarray) -> None:
    """Events allocated so that each of ``who`` has at least one, none twice the same."""
    totals = {k: build.count(f"{stem}.surgery.count") for k, stem in stems.items()}
    if sum(totals.values()) < who.size:
        raise InputError(f"{who.size} patients share {sum(totals.values())} events")
    for _ in range(1000):
        table = {k: np.where(build.operated, 0, None).astype(object) for k in stems}
        for k, total in totals.items():
            table[k][build.choose(who, total, stems[k])] = 1
        if all(any(table[k][patient] for k in stems) for patient in who):
            break
    else:
        raise SearchFailed(f"events of {prefix} leave some patients without any")
    for k, values in table.items():
        build.columns[prefix + k] = values


def pathology(build: Builder) -> None:
    """Ki-67, fibrosis, viable tumour and receptors of the specimens."""
    c, rng, who = build.columns, build.rng, build.members["surgery"]
    low, high = np.zeros(who.size, np.int64), np.full(who.size, 30, np.int64)
    spec = ColumnSpec.of_group("table3.ki67", "surgery")
    c["specimen_ki67_percent"] = build.search_column(spec, low, high, lambda: rng.geometric(0.4, who.size), who)
    n = build.count("results-surgery.specimens.surgery.n")
    seen = _fibrosis(build, n)
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
    rng, response = build.rng, build.columns["best_response"]
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
    for _ in range(TRIES):
        seen = np.sort(build.choose(build.members["surgery"], n, "specimens"))
        k = rng.integers(low, high + 1)
        column = spec.column(build.targets, low, high, response[seen] == "PR")
        if anneal_column(rng, k, column, 30_000) == 0.0:
            build.columns["fibrosis_percent"] = np.full(build.n, np.nan)
            build.columns["fibrosis_percent"][seen] = k
            return seen
    raise SearchFailed("no shares of fibrosis meet what is printed")
