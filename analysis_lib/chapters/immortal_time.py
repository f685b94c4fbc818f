"""Table and figures of the chapter on immortal time, over all simulated cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib.analyses import immortal_time, target_trial
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.presentation import figures, tables
from analysis_lib.presentation.figures import COLOURS
from analysis_lib.reconstruction.witnesses import Witnesses

#: By endpoint and analysis, the least and the greatest ratio in any cohort that is known.
Extremes = Mapping[tuple[str, str], tuple[float, float]]
#: The period of the target trial, months: after its third quartile, when surgery had mostly been done.
GRACE = 24.0
KNOWN_AT_START = ("grade_1", "kps")
NAIVE, OVER_TIME, EARLY, LATE = (
    "Naive",
    "Time-dependent",
    "Time-dependent, early surgery",
    "Time-dependent, late surgery",
)
TRIAL, WEIGHTED = "Target trial", "Target trial, adjusted"
#: Endpoint and landmark (none: time-dependent) of each quantity that an adversary pushed.
PUSHED: Mapping[str, tuple[str, float | None]] = {
    "landmark_hr_12": ("os", 12),
    "landmark_hr_18": ("os", 18),
    "landmark_hr_24": ("os", 24),
    "time_dependent_hr": ("os", None),
    "landmark_hr_18_pfs": ("pfs", 18),
    "time_dependent_hr_pfs": ("pfs", None),
}
# Of the bootstrap of the target trial: cohorts, resamples of each, random numbers.
_COHORTS, _TIMES, _SEED = 10, 100, 2022
_SHADES = {"A": "#009e73", "B": "#aa4499"}
_LANE = 0.135  # inches
# Of hazard ratios as drawn; a bar that goes on beyond ends in an arrow.
_AXIS = (0.035, 6.0)


def landmark_name(months: float) -> str:
    """The name of a landmark analysis in the table and the figure."""
    return f"Landmark, {months:g} months"


def hazard_ratios(
    patients: pd.DataFrame, landmarks: Iterable[float], quartiles: tuple[float, float, float], confidence: float
) -> pd.DataFrame:
    """Hazard ratios of surgery in every cohort, for both endpoints, by each way to count time.

    Parameters
    ----------
    patients
        Cohorts of the ensemble.
    landmarks
        In months.
    quartiles
        Printed, of the time to surgery: operations are moved as far as they allow.
    confidence
        Level of the upper limit.

    Returns
    -------
    pandas.DataFrame
        ``endpoint, analysis, cohort, hr, upper``; NaN where a cohort has no estimate. The target trial, for
        overall survival alone, has no limit.
    """
    months = patients["months_to_surgery"]
    ends = (months.min(), months.max())
    early, late = (immortal_time.shift_surgery(patients, quartiles, ends, late) for late in (False, True))
    found = []
    for endpoint in immortal_time.ENDPOINTS:
        by_name = {NAIVE: immortal_time.naive(patients, endpoint)}
        for at in landmarks:
            by_name[landmark_name(at)] = immortal_time.landmark(patients, at, endpoint)
        for name, moved in ((OVER_TIME, patients), (EARLY, early), (LATE, late)):
            by_name[name] = immortal_time.time_dependent(moved, endpoint)
        if endpoint == "os":
            by_name[TRIAL] = target_trial.emulate(patients, GRACE)
            by_name[WEIGHTED] = target_trial.emulate(patients, GRACE, KNOWN_AT_START)
        for name, ratios in by_name.items():
            part = pd.DataFrame({"endpoint": endpoint, "analysis": name, "hr": ratios["hr"], "upper": np.nan})
            if "se" in ratios:
                part["upper"] = np.exp(ratios["coef"] + stats.norm.ppf((1 + confidence) / 2) * ratios["se"])
            found.append(part.reindex(patients["cohort"].unique()).fillna({"endpoint": endpoint, "analysis": name}))
    return pd.concat(found).rename_axis("cohort").reset_index()


def summarise(ratios: pd.DataFrame, scheme: pd.Series) -> pd.DataFrame:
    """Summary of :func:`hazard_ratios` over the cohorts: a row for each endpoint, analysis and censoring assumption.

    ``lowest``, ``median``, ``highest``; ``cohorts``, and ``below``, in how many the interval is below 1, NaN where
    there is none; ``gone_low``, ``gone`` and ``gone_high``, the share of the naive log hazard ratio that is gone.
    """
    naive = ratios[ratios["analysis"] == NAIVE].set_index(["endpoint", "cohort"])["hr"]
    at = pd.MultiIndex.from_frame(ratios[["endpoint", "cohort"]])
    gone = immortal_time.share_explained(naive.reindex(at).to_numpy(), ratios["hr"].to_numpy())
    frame = ratios.assign(
        scheme=ratios["cohort"].map(scheme),
        gone=gone,
        below=(ratios["upper"] < 1).astype(float),
    )
    by = frame.groupby(["endpoint", "analysis", "scheme"], sort=False)
    found = by.agg(
        lowest=("hr", "min"),
        median=("hr", "median"),
        highest=("hr", "max"),
        cohorts=("cohort", "size"),
        below=("below", "sum"),
        gone_low=("gone", "min"),
        gone=("gone", "median"),
        gone_high=("gone", "max"),
    ).reset_index()
    found["below"] = found["below"].where(~found["analysis"].isin([TRIAL, WEIGHTED]))
    return found


def farthest(summary: pd.DataFrame, found: Witnesses) -> dict[tuple[str, str], tuple[float, float]]:
    """The least and the greatest ratio in any cohort, of the ensemble or pushed there by an adversary."""
    by, reached = summary.groupby(["endpoint", "analysis"]), {}
    for id, (endpoint, at) in PUSHED.items():
        key = endpoint, OVER_TIME if at is None else landmark_name(at)
        low, high = found.extremes(id)
        reached[key] = min(low, by["lowest"].min()[key]), max(high, by["highest"].max()[key])
    return reached


def table(summary: pd.DataFrame, extremes: Extremes, endpoint: str) -> tables.Html:
    """Range of each analysis's hazard ratio over all cohorts, for one endpoint, beside the :func:`farthest` found."""
    rows = []
    for name, part in summary[summary["endpoint"] == endpoint].groupby("analysis", sort=False):
        below = part["below"].sum(min_count=len(part))
        rows.append(
            (
                escape(str(name)),
                tables.range_text([part["lowest"].min(), part["highest"].max()]),
                tables.range_text(extremes.get((endpoint, str(name)), ())),
                "–" if np.isnan(below) else f"{below:,.0f} of {part['cohorts'].sum():,}",
                "–" if name == NAIVE else percent_range(part["gone_low"].min(), part["gone_high"].max()),
            )
        )
    head = (
        "Analysis",
        "Hazard ratio of surgery",
        "Farthest found",
        "Cohorts with the interval below 1",
        "Log ratio that goes",
    )
    return tables.table(
        head, rows, f"{immortal_time.ENDPOINTS[endpoint].capitalize()}: range over the cohorts with an estimate"
    )


def trial_table(found: pd.DataFrame) -> tables.Html:
    """Range of each result of :func:`target_trial.emulate` over the cohorts."""
    alive = f"Alive at {target_trial.HORIZON_YEARS:g} years"
    what = {
        "hr": "Hazard ratio of surgery",
        "alive_surgery": f"{alive}, surgery",
        "alive_without": f"{alive}, no surgery",
    }
    rows = []
    for name, text in what.items():
        form = "{:.2f}" if name == "hr" else "{:.0%}"
        rows.append((text, form.format(found[name].median()), tables.range_text(found[name], form)))
    return tables.table(("Result", "Median cohort", "All cohorts"), rows, "The imitated trial, weighted")


def words(
    ratios: pd.DataFrame, summary: pd.DataFrame, extremes: Extremes, patients: pd.DataFrame, landmark_months: float
) -> dict[str, str]:
    """Ranges that the text quotes, by the name under which it does."""
    by = summary.groupby(["endpoint", "analysis"])
    low, high, below = by["lowest"].min(), by["highest"].max(), by["below"].sum()
    texts = {
        f"{endpoint}_{short}": tables.range_text([low[endpoint, name], high[endpoint, name]])
        for endpoint in immortal_time.ENDPOINTS
        for short, name in (("naive", NAIVE), ("12", landmark_name(12)), ("at", landmark_name(landmark_months)))
    }
    over = [OVER_TIME, EARLY, LATE]
    for endpoint in immortal_time.ENDPOINTS:
        keys = [(endpoint, name) for name in over]
        texts[f"{endpoint}_over"] = tables.range_text([low[keys].min(), high[keys].max()])
        texts[f"{endpoint}_gone"] = percent_range(by["gone_low"].min()[keys].min(), by["gone_high"].max()[keys].max())
    for short, name in (("trial", TRIAL), ("adjusted", WEIGHTED)):
        texts[short] = tables.range_text([low["os", name], high["os", name]])
        texts[f"{short}_median"] = f"{ratios.loc[ratios['analysis'] == name, 'hr'].median():.2f}"
    for endpoint, name in extremes:
        short = "over" if name == OVER_TIME else name.split()[1]
        texts[f"farthest_{endpoint}_{short}"] = tables.range_text(extremes[endpoint, name])
    naive, late = (ratios[(ratios["endpoint"] == "os") & (ratios["analysis"] == a)]["hr"] for a in (NAIVE, LATE))
    half = immortal_time.share_explained(naive.to_numpy(), late.to_numpy()) > 0.5
    texts["half"] = f"{100 * half.mean():.0f}%"
    texts["cohorts"] = f"{len(half):,}"
    texts["pfs_below"] = f"{below['pfs'].drop(NAIVE).max():,.0f}"
    alone = patients[(patients["group"] == "prrt_only") & (patients["os_event"] == 1)]
    early = alone["os_years"] * MONTHS_PER_YEAR <= landmark_months
    texts["dead"] = tables.range_text(early.groupby(alone["cohort"]).sum(), "{}")
    return texts


def percent_range(low: float, high: float) -> str:
    """Shares in per cent, least to greatest, with a true minus."""
    return f"{tables.range_text([100 * low, 100 * high], '{:.0f}')}%".replace("-", "−")


def bootstrap(patients: pd.DataFrame) -> pd.DataFrame:
    """Bootstrap limits (95%) of the weighted target trial in some cohorts, the weights fitted anew in each resample.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: ``low``, ``high`` of the hazard ratio.
    """
    of = patients.groupby("cohort").indices
    chosen = np.array(list(of))[np.linspace(0, len(of) - 1, _COHORTS).round().astype(int)]
    rng = np.random.default_rng(_SEED)
    rows = np.concatenate([rng.choice(of[label], (_TIMES, len(of[label]))) for label in chosen])
    drawn = patients.iloc[rows.ravel()].assign(
        cohort=np.repeat(np.arange(len(rows)), rows.shape[1]), patient=np.tile(np.arange(rows.shape[1]), len(rows))
    )
    ratios = target_trial.emulate(drawn, GRACE, KNOWN_AT_START)["hr"].groupby(np.repeat(chosen, _TIMES))
    return pd.DataFrame({"low": ratios.quantile(0.025), "high": ratios.quantile(0.975)})


def swimmer(cohort: pd.DataFrame, landmark_months: float) -> figures.Picture:
    """Swimmer plot of one cohort: a lane for each patient, cut at the operation."""
    import matplotlib.pyplot as plt

    rows = immortal_time.counting_process(cohort)
    lanes = cohort.sort_values(["group", "os_years"], ascending=[False, False]).reset_index(drop=True)
    place = {patient: y for y, patient in enumerate(lanes["patient"])}
    figure, axis = plt.subplots(figsize=(7.0, 0.9 + _LANE * len(lanes)))
    for row in rows.itertuples():
        colour = COLOURS["surgery" if row.operated else "prrt_only"]
        axis.plot(
            [row.start_years, row.stop_years], [place[row.patient]] * 2, color=colour, lw=4.5, solid_capstyle="butt"
        )
    ink = plt.rcParams["text.color"]
    died = lanes[lanes["os_event"] == 1]
    axis.plot(died["os_years"] + 0.12, died.index, "x", color=ink, ms=4.5, mew=1.4)
    at = landmark_months / MONTHS_PER_YEAR
    axis.axvline(at, color=ink, lw=1, ls=(0, (4, 3)))
    axis.text(at + 0.1, -1.4, f"landmark, {landmark_months:g} months", fontsize=9, va="center")
    for group, words in (("surgery", "surgery group"), ("prrt_only", "no-surgery group")):
        middle = lanes.index[lanes["group"] == group].max() - 1.5
        axis.text(lanes["os_years"].max(), middle, words, ha="right", color=COLOURS[group])
    axis.set(ylim=(len(lanes) - 0.4, -2.2), xlim=(0, None), xlabel="years from the start of PRRT")
    axis.set(xticks=range(0, int(lanes["os_years"].max()) + 1, 5), yticks=[])
    axis.spines["left"].set_visible(False)
    begun = rows[rows["operated"] == 1].set_index("patient")["start_years"]
    values = lanes[["patient", "group", "os_years", "os_event"]]
    values = values.assign(years_to_surgery=values["patient"].map(begun)).round(3)
    alone = values["group"] == "prrt_only"
    early = (alone & (values["os_event"] == 1) & (values["os_years"] <= at)).sum()
    return figures.picture(
        figure,
        name="swimmer",
        alt=f"One lane for each of {len(lanes)} simulated patients, as long as they were followed. The "
        f"{(~alone).sum()} of the surgery group change colour at their operation, after "
        f"{values['years_to_surgery'].sum():.0f} years in all; {early} of the no-surgery group died within "
        f"{landmark_months:g} months.",
        caption="The surgery group starts with months in which nobody could die. Orange: time before or without an "
        "operation; blue: time since the operation; ×: a death. One simulated cohort; the paper's own curves "
        "were not used.",
        data=values,
    )


def forest(summary: pd.DataFrame, extremes: Extremes) -> figures.Picture:
    """Ranges of each analysis over the cohorts, by censoring assumption.

    Parameters
    ----------
    summary
        As :func:`summarise` gives it.
    extremes
        As :func:`farthest` gives them.
    """
    import matplotlib.pyplot as plt

    ink = plt.rcParams["text.color"]
    names = list(summary["analysis"].unique())
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 1.2 + 0.4 * len(names)), sharey=True)
    for axis, (endpoint, title) in zip(axes, immortal_time.ENDPOINTS.items(), strict=True):
        mine = summary[summary["endpoint"] == endpoint]
        axis.axvline(1, color=ink, lw=0.8)
        axis.axvline(mine.loc[mine["analysis"] == NAIVE, "median"].median(), color=ink, lw=1, ls=(0, (4, 3)))
        for (name, scheme), part in mine.groupby(["analysis", "scheme"], sort=False):
            row, y, shade = part.iloc[0], names.index(name) + (-0.16 if scheme == "A" else 0.16), _SHADES[scheme]
            ends = np.clip([row["lowest"], row["highest"]], *_AXIS)
            axis.plot(ends, [y, y], color=shade, lw=4, solid_capstyle="butt")
            if row["highest"] > _AXIS[1]:
                axis.plot(_AXIS[1], y, ">", color=shade, ms=8, clip_on=False)
            axis.plot(row["median"], y, "o", color=shade, mec=ink, mew=0.6, ms=5.5)
        for name in mine["analysis"].unique():
            if (endpoint, name) in extremes:
                axis.plot(
                    np.clip(extremes[endpoint, name], *_AXIS), [names.index(name)] * 2, "|-", color=ink, lw=1, ms=9
                )
        axis.set(xscale="log", xlim=_AXIS, xlabel="← favours surgery | favours no surgery →")
        axis.set_title(f"Hazard ratio of surgery,\n{title}", fontsize=10)
        axis.xaxis.label.set_size(9)
        axis.set_xticks([0.05, 0.1, 0.2, 0.5, 1, 2, 5], ["0.05", "0.1", "0.2", "0.5", "1", "2", "5"])
        axis.minorticks_off()
        axis.tick_params(labelsize=9)
        axis.tick_params(axis="y", length=0)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.4, -0.6)
    keys = [axes[0].plot([], [], "o-", color=_SHADES[s], lw=4, label=f"censoring assumption {s}")[0] for s in _SHADES]
    keys += axes[0].plot([], [], "|-", color=ink, lw=1, ms=9, label="farthest found")
    figure.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.4, 0.0), ncols=3, fontsize=9)
    return figures.picture(
        figure,
        name="immortal-time",
        alt="Hazard ratio of surgery by analysis, lowest to highest over the simulated cohorts. "
        + ". ".join(
            f"{row['endpoint'].upper()}, {row['analysis']}, assumption {row['scheme']}: {row['lowest']:.2f} to "
            f"{row['highest']:.2f}, middle {row['median']:.2f}"
            for _, row in summary.iterrows()
        )
        + ".",
        caption="For overall survival most of the advantage outlasts the correction in most cohorts; for "
        "progression-free survival it may not. Bars: range over the simulated cohorts, with the median as a dot; "
        "dashed: the naive ratio. The paper's own curves were not used.",
        data=summary.round(4),
    )
