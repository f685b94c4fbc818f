"""Table and figures of the chapter on immortal time, over all simulated cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib.analyses import immortal_time, target_trial
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.presentation import figures, forest, tables
from analysis_lib.presentation.figures import COLOURS, INK
from analysis_lib.printed.names import GROUPS_IN_PROSE
from analysis_lib.reconstruction.adversary.unprinted import NEEDS
from analysis_lib.reconstruction.witnesses import Witnesses

#: By endpoint and analysis, the least and the greatest ratio in any cohort that is known.
Extremes = Mapping[tuple[str, str], tuple[float, float]]
KNOWN_AT_START = ("grade_1", "kps")
AS_PUBLISHED, OVER_TIME, EARLY, LATE = (
    "As in the paper",
    "Time-dependent",
    "Time-dependent, early surgery",
    "Time-dependent, late surgery",
)
TRIAL, WEIGHTED = "Target trial", "Target trial, adjusted"
# Of the bootstrap of the target trial: cohorts, resamples of each, random numbers.
_COHORTS, _TIMES, _SEED = 10, 100, 2022
_LANE = 0.135  # inches


def landmark_name(months: float) -> str:
    """The name of a landmark analysis in the table and the figure."""
    return f"Landmark, {months:g} months"


#: Endpoint and analysis of each quantity that an adversary pushed.
PUSHED: Mapping[str, tuple[str, str]] = {
    **{f"landmark_hr_{months}": ("os", landmark_name(months)) for months in (12, 18, 24)},
    "time_dependent_hr": ("os", OVER_TIME),
    "target_trial_hr": ("os", TRIAL),
    "target_trial_hr_adjusted": ("os", WEIGHTED),
    **{f"landmark_hr_{months}_pfs": ("pfs", landmark_name(months)) for months in (12, 18, 24)},
    "time_dependent_hr_pfs": ("pfs", OVER_TIME),
    "hr_pfs": ("pfs", AS_PUBLISHED),
}
# What the table says instead where nothing was pushed for its own sake.
_NOT_PUSHED = {
    ("os", AS_PUBLISHED): "published",
    **{(endpoint, name): "not searched" for endpoint in immortal_time.ENDPOINTS for name in (EARLY, LATE)},
}


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
        by_name = {AS_PUBLISHED: immortal_time.naive(patients, endpoint)}
        for at in landmarks:
            by_name[landmark_name(at)] = immortal_time.landmark(patients, at, endpoint)
        for name, moved in ((OVER_TIME, patients), (EARLY, early), (LATE, late)):
            by_name[name] = immortal_time.time_dependent(moved, endpoint)
        if endpoint == "os":
            by_name[TRIAL] = target_trial.emulate(patients, target_trial.GRACE_MONTHS)
            by_name[WEIGHTED] = target_trial.emulate(patients, target_trial.GRACE_MONTHS, KNOWN_AT_START)
        for name, ratios in by_name.items():
            part = pd.DataFrame({"endpoint": endpoint, "analysis": name, "hr": ratios["hr"], "upper": np.nan})
            if "se" in ratios:
                part["upper"] = np.exp(ratios["coef"] + stats.norm.ppf((1 + confidence) / 2) * ratios["se"])
            found.append(part.reindex(patients["cohort"].unique()).fillna({"endpoint": endpoint, "analysis": name}))
    return pd.concat(found).rename_axis("cohort").reset_index()


def summarise(ratios: pd.DataFrame, scheme: pd.Series) -> pd.DataFrame:
    """Summary of :func:`hazard_ratios` over the cohorts: a row for each endpoint, analysis and censoring assumption.

    ``lowest``, ``median``, ``highest``; ``cohorts``, and ``below``, in how many the interval is below 1, NaN where
    there is none.
    """
    frame = ratios.assign(scheme=ratios["cohort"].map(scheme), below=(ratios["upper"] < 1).astype(float))
    by = frame.groupby(["endpoint", "analysis", "scheme"], sort=False)
    found = by.agg(
        lowest=("hr", "min"),
        median=("hr", "median"),
        highest=("hr", "max"),
        cohorts=("cohort", "size"),
        below=("below", "sum"),
    ).reset_index()
    found["below"] = found["below"].where(~found["analysis"].isin([TRIAL, WEIGHTED]))
    return found


def farthest(summary: pd.DataFrame, found: Witnesses) -> dict[tuple[str, str], tuple[float, float]]:
    """The least and the greatest ratio in any cohort, of the ensemble or pushed there by an adversary."""
    by, reached = summary.groupby(["endpoint", "analysis"]), {}
    for id, key in PUSHED.items():
        low, high = found.extremes(id)
        reached[key] = min(low, by["lowest"].min()[key]), max(high, by["highest"].max()[key])
    return reached


def needs_of_the_farthest(found: Witnesses, id: str) -> str:
    """What the cohort with the greatest value of a quantity has beyond the narrower limits on dates, in words."""
    rows = found.table[found.table["id"] == id]
    *others, last = (NEEDS[need] for need in rows.loc[rows["value"].idxmax(), "needs"].split())
    return f"{', '.join(others)}, and {last}" if others else last


def table(ratios: pd.DataFrame, extremes: Extremes, endpoint: str, landmark_months: float) -> tables.Html:
    """The ways to count time: the middle 90% of the cohorts, all of them, and the :func:`farthest` found."""
    rows = []
    for name in (AS_PUBLISHED, landmark_name(landmark_months), OVER_TIME, EARLY, LATE, TRIAL):
        mine = ratios[(ratios["endpoint"] == endpoint) & (ratios["analysis"] == name)]
        if mine.empty:
            continue
        known, upper = mine["hr"].dropna(), mine["upper"]
        pushed = extremes.get((endpoint, name))
        rows.append(
            (
                escape(name),
                tables.range_text(known.quantile([0.05, 0.95])),
                tables.range_text(known),
                tables.range_text(pushed) if pushed else _NOT_PUSHED.get((endpoint, name), "not pushed"),
                "no interval" if upper.isna().all() else f"{(upper < 1).sum():,} of {len(mine):,}",
            )
        )
    head = (
        "How time is counted",
        "Nine in ten simulated cohorts",
        "All simulated cohorts",
        "With those of the adversary",
        "Cohorts with the interval below 1",
    )
    title = immortal_time.ENDPOINTS[endpoint].capitalize()
    return tables.table(head, rows, f"{title}: hazard ratio of surgery, ranges over cohorts")


def by_assumption(summary: pd.DataFrame) -> tables.Html:
    """Every analysis of each endpoint, folded, the cohorts of each censoring assumption by themselves."""
    head = ("Analysis", "Censoring assumption A", "Censoring assumption B", "Cohorts with the interval below 1")
    folded = []
    for endpoint, title in immortal_time.ENDPOINTS.items():
        rows = []
        for name, part in summary[summary["endpoint"] == endpoint].groupby("analysis", sort=False):
            below = part["below"].sum(min_count=len(part))
            ranges = [
                f"{row.median:.2f} ({tables.range_text([row.lowest, row.highest])})"
                for row in part.sort_values("scheme").itertuples()
            ]
            said = "no interval" if np.isnan(below) else f"{below:,.0f} of {part['cohorts'].sum():,}"
            rows.append((escape(str(name)), *ranges, said))
        shown = tables.table(head, rows, "Hazard ratio of surgery: median cohort (lowest to highest)")
        folded.append(f'<details class="parameters"><summary>{title.capitalize()}</summary>{shown.html}</details>')
    return tables.Html("".join(folded))


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
    ratios: pd.DataFrame, extremes: Extremes, patients: pd.DataFrame, one: int, landmark_months: float
) -> dict[str, str]:
    """What the text quotes, by the name under which it does; ``one`` is the cohort that the page shows."""
    of = {key: part.set_index("cohort") for key, part in ratios.groupby(["endpoint", "analysis"])}
    texts = {}
    for endpoint in immortal_time.ENDPOINTS:
        published, drawn = of[endpoint, AS_PUBLISHED]["hr"], of[endpoint, OVER_TIME]["hr"]
        moved = pd.concat([of[endpoint, name]["hr"] for name in (OVER_TIME, EARLY, LATE)])
        landmark = of[endpoint, landmark_name(landmark_months)]["hr"]
        gone = immortal_time.share_explained(published.to_numpy(), drawn.to_numpy())
        texts |= {
            f"{endpoint}_published": tables.range_text(published),
            f"{endpoint}_12": tables.range_text(of[endpoint, landmark_name(12)]["hr"]),
            f"{endpoint}_at": tables.range_text(landmark),
            f"{endpoint}_at_most": tables.range_text(landmark.quantile([0.05, 0.95])),
            f"{endpoint}_over": tables.range_text(drawn),
            f"{endpoint}_moved": tables.range_text(moved),
            f"{endpoint}_gone": f"{100 * np.median(gone):.0f}%",
        }
    for short, name in (("trial", TRIAL), ("adjusted", WEIGHTED)):
        texts[short] = tables.range_text(of["os", name]["hr"])
        texts[f"{short}_median"] = f"{of['os', name]['hr'].median():.2f}"
    texts |= {f"farthest_{id}": tables.range_text(extremes[key]) for id, key in PUSHED.items()}
    texts["farthest_pfs_high"] = f"{extremes['pfs', OVER_TIME][1]:.2f}"
    for short, name in (("published", AS_PUBLISHED), ("dated", OVER_TIME)):
        texts[f"one_{short}"] = f"{of['os', name].at[one, 'hr']:.2f}"
    late = immortal_time.share_explained(*(of["os", a]["hr"].to_numpy() for a in (AS_PUBLISHED, LATE)))
    texts["half"] = f"{100 * (late > 0.5).mean():.0f}%"
    texts["late_below"] = f"{(of['os', LATE]['upper'] < 1).sum():,}"
    texts["cohorts"] = f"{len(late):,}"
    dated = [part for (endpoint, name), part in of.items() if endpoint == "pfs" and name != AS_PUBLISHED]
    texts["pfs_below"] = f"{max((part['upper'] < 1).sum() for part in dated):,}"
    alone = patients[(patients["group"] == "prrt_only") & (patients["os_event"] == 1)]
    early = alone["os_years"] * MONTHS_PER_YEAR <= landmark_months
    texts["dead"] = tables.range_text(early.groupby(alone["cohort"]).sum(), "{}")
    return texts


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
    ratios = target_trial.emulate(drawn, target_trial.GRACE_MONTHS, KNOWN_AT_START)["hr"].groupby(
        np.repeat(chosen, _TIMES)
    )
    return pd.DataFrame({"low": ratios.quantile(0.025), "high": ratios.quantile(0.975)})


def swimmer(cohort: pd.DataFrame, landmark_months: float) -> figures.Picture:
    """Swimmer plot of one cohort: a lane for each patient, cut at the operation."""
    rows = immortal_time.counting_process(cohort)
    lanes = cohort.sort_values(["group", "os_years"], ascending=[False, False]).reset_index(drop=True)
    place = {patient: y for y, patient in enumerate(lanes["patient"])}
    died = lanes[lanes["os_event"] == 1]
    at = landmark_months / MONTHS_PER_YEAR

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 0.9 + _LANE * len(lanes))
        for row in rows.itertuples():
            colour, y = COLOURS["surgery" if row.operated else "prrt_only"], place[row.patient]
            axis.plot([row.start_years, row.stop_years], [y, y], color=colour, lw=4.5, solid_capstyle="butt")
        axis.plot(died["os_years"] + 0.12, died.index, "x", color=INK, ms=4.5, mew=1.4)
        axis.axvline(at, color=INK, lw=1, ls=(0, (4, 3)))
        axis.text(at + 0.1, -1.4, f"landmark, {landmark_months:g} months", va="center")
        for group, words in GROUPS_IN_PROSE.items():
            middle = lanes.index[lanes["group"] == group].max() - 1.5
            axis.text(lanes["os_years"].max(), middle, words, ha="right", color=COLOURS[group])
        axis.set(ylim=(len(lanes) - 0.4, -2.2), xlim=(0, None), xlabel="years from the start of PRRT")
        axis.set(xticks=range(0, int(lanes["os_years"].max()) + 1, 5), yticks=[])
        axis.spines["left"].set_visible(False)
        return figure

    begun = rows[rows["operated"] == 1].set_index("patient")["start_years"]
    values = lanes[["patient", "group", "os_years", "os_event"]]
    values = values.assign(years_to_surgery=values["patient"].map(begun)).round(3)
    alone = values["group"] == "prrt_only"
    early = (alone & (values["os_event"] == 1) & (values["os_years"] <= at)).sum()
    return figures.picture(
        draw,
        name="swimmer",
        alt=f"One lane for each of {len(lanes)} simulated patients, as long as they were followed. The "
        f"{(~alone).sum()} of the surgery group change colour at their operation, after "
        f"{values['years_to_surgery'].sum():.0f} years in all; {early} of the no-surgery group died within "
        f"{landmark_months:g} months.",
        caption="The surgery group starts with months in which nobody could die. Orange: time without an operation, of "
        "the no-surgery group and of the surgery group until its operation; blue: time since the operation; ×: a "
        "death. One simulated cohort; the paper's own curves were not used.",
        data=values,
    )


def forest_plot(ratios: pd.DataFrame, extremes: Extremes, endpoint: str, caption: str) -> figures.Picture:
    """Forest plot of every analysis of one endpoint over the cohorts.

    Parameters
    ----------
    ratios
        As :func:`hazard_ratios` gives them.
    extremes
        As :func:`farthest` gives them.
    endpoint
        Overall or progression-free survival.
    caption
        The finding.
    """
    rows = []
    for name, part in ratios[ratios["endpoint"] == endpoint].groupby("analysis", sort=False):
        known = part["hr"].dropna()
        low, middle, high = known.quantile([0.05, 0.5, 0.95])
        ends = extremes.get((endpoint, str(name)), (known.min(), known.max()))
        rows.append(forest.Ratio(str(name), middle, low, high, ends))
    return forest.picture(
        rows,
        ("surgery", "no surgery"),
        measure=f"hazard ratio, {immortal_time.ENDPOINTS[endpoint]}",
        name=f"immortal-time-{endpoint}",
        alt=f"Forest plot of hazard ratios of surgery, {immortal_time.ENDPOINTS[endpoint]}: range over all cohorts.",
        caption=f"{caption} Circles: the median simulated cohort; thin lines: nine in ten simulated cohorts; grey "
        "bands and numbers: all cohorts, with those that an adversary pushed to extremes. None of these is a "
        "confidence interval. The paper's own curves were not used.",
    )
