"""Stage of the search: tumour sizes before and after PRRT, in keeping with responses and with four regressions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy.special

from analysis_lib.reconstruction._numba.fit_sizes import MODELS, SIZE_STATISTICS, Scanned, fit_sizes
from analysis_lib.reconstruction.stages.builder import find_column
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.state import Blocks, Covariates, SearchFailed, Survival
from analysis_lib.targets.catalogue import Targets

# mm within which sizes before and after PRRT are searched.
BEFORE_MM, AFTER_MM = (15, 170), (8, 150)
_BEFORE = ColumnSpec.by_group("table1.size")
#: Sizes before PRRT, with the decrease from them.
DECREASE = ColumnSpec.by_group("table1.size", decrease="results-response.size_change")
_TRIES = 2


class Change(NamedTuple):
    """Share of the size before PRRT that is left, from ``least`` to ``most``: what is possible, and what is usual."""

    least: float
    most: float
    usual_least: float
    usual_most: float


# RECIST 1.1 (Eisenhauer et al. 2009, Eur J Cancer): a decrease by 30%, an increase by 20%, of the sum of all lesions.
# Where the pancreatic tumour is the only one it decides; elsewhere the direction is kept.
_DECIDES = {
    "PR": Change(0.25, 0.7, 0.4, 0.7),
    "SD": Change(0.701, 1.199, 0.72, 1.1),
    "PD": Change(1.2, 1.6, 1.2, 1.4),
}
_AMONG_OTHERS = {
    "PR": Change(0.25, 0.95, 0.35, 0.8),
    "SD": Change(0.5, 1.199, 0.65, 1.1),
    "PD": Change(0.71, 1.6, 0.8, 1.4),
}


def size_box(targets: Targets, ids: tuple[str, ...]) -> np.ndarray:
    """What the four regressions with size print, as :func:`fit_sizes` takes it.

    Shape (3, 16): logarithms of ratios and limits, and z; lower and upper ends, and half their distance.
    """
    printed, box = targets.box(ids), np.empty((3, SIZE_STATISTICS))
    for k in range(MODELS):
        low, high = printed[:2, 4 * k : 4 * k + 4]
        for s in range(3):
            box[:2, 4 * k + s] = _log(low[s]), _log(high[s])
        # The p value gives z but for its sign, which is that of the ratio.
        ends = [-float(scipy.special.ndtri(min(max(p, 0.0), 1.0) / 2)) for p in (high[3], low[3])]
        if math.isinf(low[3]):
            ends = [-math.inf, math.inf]
        elif low[0] < 1:
            ends = [-ends[1], -ends[0]]
        box[:2, 4 * k + 3] = ends
    half = (box[1] - box[0]) / 2
    box[2] = np.where(np.isfinite(half), half, 1.0)
    return box


def _log(ratio: float) -> float:
    return math.log(ratio) if ratio > 0 else -math.inf


def find_sizes(
    rng: np.random.Generator,
    blocks: Blocks,
    state: Survival,
    covariates: Covariates,
    response: np.ndarray,
    scanned: np.ndarray,
    decides: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Sizes before PRRT and after it, mm, shapes (n,); the latter NaN for all but the ``scanned``.

    Parameters
    ----------
    response
        Best response, shape (n,).
    scanned, decides
        Shape (n,): who has a size after PRRT, and in whom the pancreatic tumour alone decides the response.

    Raises
    ------
    SearchFailed
        If none were found.
    """
    box = size_box(blocks.targets, blocks.size_ids)
    decrease = blocks.targets.box(DECREASE.ids[-2:])
    rough = decrease.copy()
    rough[2] = 0.5
    order = np.argsort(state.years, kind="stable")
    order = order[scanned[order]]
    least, most, usual_least, usual_most = changes(response[order], decides[order])
    kind = list(zip(response[order], decides[order], state.operated[order], strict=True))
    numbered = {k: number for number, k in enumerate(dict.fromkeys(kind))}
    patients = Scanned(
        state.years[order],
        state.event[order],
        state.operated[order].astype(float),
        np.stack([covariates.kps, covariates.grade_1, covariates.activity])[:, order],
        *(np.full(order.size, float(end)) for end in AFTER_MM),
        np.array([numbered[k] for k in kind]),
        usual_least,
        usual_most,
    )
    everyone = [np.full(state.day.size, end) for end in BEFORE_MM]
    for _ in range(_TRIES):
        before = find_column(rng, blocks, _BEFORE, *everyone, lambda: _draw(rng, blocks), state.operated).astype(float)
        start = before[order]
        after = np.clip(np.round(start * rng.uniform(usual_least, usual_most)), *AFTER_MM)
        if fit_sizes(rng, patients, start, after, box, rough) > 0.0:
            continue
        low, high = everyone[0].copy(), everyone[1].copy()
        low[order], high[order] = limits_before(after, least, most)
        before[order] = start
        later = np.full(state.day.size, np.nan)
        later[order] = after
        shares = 100 * (1 - after / start)
        far = abs(shares.mean() - decrease[:2, 0].mean()) > 3 or abs(shares.std() - decrease[:2, 1].mean()) > 4
        if (low > high).any() or (np.isfinite(decrease).all() and far):
            continue
        try:
            found = find_column(rng, blocks, DECREASE, low, high, lambda b=before: b, state.operated, later, tries=2)
        except SearchFailed:
            continue
        return found.astype(float), later
    raise SearchFailed("no sizes meet the regressions and the decrease at once", "sizes")


def tumour_decides(columns: Mapping) -> np.ndarray:
    """In whom the pancreatic tumour alone decides the response, shape (n,), by a cohort's columns.

    It is the only lesion, or the others, in the liver, are gone, so that stable disease is its own.
    """
    nodes, liver, other, gone = (
        np.asarray(columns[name] == 1) for name in ("n1", "m1a", "other_metastases", "liver_metastases_gone")
    )
    return ~nodes & ~other & (~liver | (gone & np.asarray(columns["best_response"] == "SD")))


def changes(response: np.ndarray, decides: np.ndarray) -> np.ndarray:
    """The :class:`Change` that goes with each best response, shape (4, m)."""
    return np.array(
        [(_DECIDES if alone else _AMONG_OTHERS)[one] for one, alone in zip(response, decides, strict=True)]
    ).T


def limits_before(after: np.ndarray, least: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits of sizes before PRRT, mm, of which the ``least`` to the ``most`` is left ``after`` it; shapes (m,)."""
    # 42 / 0.7 is a little more than 60 in binary, and 60 mm would go for a decrease below 30%.
    low = np.maximum(BEFORE_MM[0], np.ceil(np.round(after / most, 9)))
    return low, np.minimum(BEFORE_MM[1], np.floor(np.round(after / least, 9)))


def _draw(rng: np.random.Generator, blocks: Blocks) -> np.ndarray:
    """Sizes before PRRT of about the printed median."""
    middle = math.log(blocks.numbers.value("table1.size.all.median"))
    return np.round(rng.lognormal(middle, 0.45, blocks.sizes[0]))
