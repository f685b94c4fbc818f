"""Unmeasured confounding: what each trait could explain of the unadjusted ratio, by its published frequency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis_lib.ledger.joint_facts import FACTS, GROUPS, group_sizes
from analysis_lib.presentation import tables
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import e_value, logrank_power
from analysis_lib.statistics.rank_bounds import bounds_of_ordered

# A favourable trait, where its shares stand, and under which name Table 5 has its hazard ratio of death.
_BEFORE = (
    ("Grade 1", "table1.grade_1", "grade_1"),
    ("No contact beyond 180° before PRRT", "results-radiology.over_180_before", ""),
    ("No invasion of organs before PRRT", "results-radiology.organ_before", ""),
    ("No lymph node metastases", "table1.n1", ""),
    ("No liver metastases", "table1.m1a", ""),
)
_AFTER = (
    ("Full activity", "table2.class_full", ""),
    ("Partial response (after PRRT)", "results-surgery.pr", "pr"),
    ("No contact beyond 180° after PRRT", "results-radiology.over_180_after", ""),
)
_ORGANS = "results-radiology.organ_after"
_QUARTILES = {"q1": 0.25, "median": 0.5, "q3": 0.75}


@dataclass(frozen=True)
class Trait:
    """A favourable trait.

    Attributes
    ----------
    patients : tuple of int
        How many of each group it is known of.
    shares : tuple
        Of the surgery and of the no-surgery group, in per cent: every pair that the published numbers allow.
    risk : float, optional
        By what it divides the risk of death, where that is published; at most, where it is only ``bounded``.
    """

    name: str
    patients: tuple[int, ...]
    shares: tuple[tuple[float, float], ...]
    risk: float | None = None
    bounded: bool = False

    @property
    def frequencies(self) -> list[float]:
        """How many times as frequent it may be in the surgery group, ascending."""
        return sorted(surgery / without for surgery, without in self.shares)


def traits(published: Transcription) -> Iterator[Trait]:
    """The traits that the paper gives for both groups, or bounds for both; those known before PRRT first."""
    yield from (_printed(published, *one) for one in _BEFORE)
    yield _metastases(published)
    yield _time_since_diagnosis(published)
    yield from (_printed(published, *one) for one in _AFTER)
    invaded = sum(published.count(f"{_ORGANS}.{group}.count") for group in GROUPS)
    # Of those without scans, any may have died.
    deaths = FACTS["deaths"](published) - published.count("table4.excluded.prrt_only.count")
    organs = _printed(published, "No invasion of organs after PRRT", _ORGANS, "")
    share = invaded / sum(organs.patients)
    yield Trait(organs.name, organs.patients, organs.shares, _most_if_not_significant(deaths, share), True)


def _printed(published: Transcription, name: str, key: str, death: str) -> Trait:
    shares = [published.value(f"{key}.{group}.percent") for group in GROUPS]
    if name.startswith("No "):
        shares = [100 - share for share in shares]
    risk = 1 / e_value.risk_ratio(published.value(f"table5.{death}_death.hr")) if death else None
    return Trait(name, group_sizes(published, key), ((shares[0], shares[1]),), risk)


def _most_if_not_significant(deaths: int, share: float) -> float:
    """About the most by which a trait with p above 0.05 can divide the risk: a ratio that half of such tests find."""
    return 1 / e_value.risk_ratio(logrank_power.detectable_ratio(deaths, share, power=0.5))


def _metastases(published: Transcription) -> Trait:
    """Metastases of any site: published for all patients, and in the liver, which is the fewest, for the groups."""
    total = published.count("results-prrt.metastatic.all.count")
    n, liver = group_sizes(published, "table1.m1a"), [published.count(f"table1.m1a.{group}.count") for group in GROUPS]
    pairs = tuple((100 * (1 - m / n[0]), 100 * (1 - (total - m) / n[1])) for m in range(liver[0], total - liver[1] + 1))
    return Trait("No metastases", n, pairs, _most_if_not_significant(FACTS["deaths"](published), total / sum(n)), True)


def _time_since_diagnosis(published: Transcription) -> Trait:
    """A time since diagnosis up to the median of all patients: bounds on its shares from each group's quartiles."""
    limit = published["table1.since_diagnosis.all.median"].interval
    n, fewest, most = group_sizes(published, "table1.since_diagnosis"), [], []
    for size, group in zip(n, GROUPS, strict=True):
        known = {share: published[f"table1.since_diagnosis.{group}.{q}"].interval for q, share in _QUARTILES.items()}
        low, high = bounds_of_ordered(size, known)
        fewest.append(int(np.count_nonzero(high <= limit.low)))
        most.append(int(np.count_nonzero(low < limit.high)))
    # The median of all is one patient's own.
    half = (sum(n) + 1) // 2
    pairs = tuple(
        (100 * k / n[0], 100 * (half - k) / n[1])
        for k in range(fewest[0], most[0] + 1)
        if fewest[1] <= half - k <= most[1]
    )
    return Trait(f"At most {published['table1.since_diagnosis.all.median'].printed} months since diagnosis", n, pairs)


def benchmarks(published: Transcription) -> tables.Html:
    """How much measured covariates could explain, beside what would have to be explained.

    A cause that is ``a`` times as frequent in the surgery group and goes with ``b`` times the survival moves a risk
    ratio by ``a b / (a + b - 1)`` at most.
    """
    limit, estimate = (
        1 / e_value.risk_ratio(published.value(f"results-survival.cox_surgery.{s}")) for s in ("ci_hi", "hr")
    )
    rows = []
    for trait in traits(published):
        *_, more = trait.frequencies
        groups = [
            f"{tables.range_text(shares, '{:.0f}')}% of {n}"
            for shares, n in zip(zip(*trait.shares, strict=True), trait.patients, strict=True)
        ]
        cells = [trait.name, f"{' / '.join(groups)}: {tables.range_text(trait.frequencies, '{:.1f}')} times"]
        if more <= 1:
            cells += ["–"] + ["works the other way"] * 2
        else:
            words = "not significant, so about {:.1f} at most" if trait.bounded else "{:.1f}"
            factor = more if trait.risk is None else bounding_factor(more, trait.risk)
            cells += ["not published" if trait.risk is None else words.format(trait.risk), f"{factor:.1f}"]
            cells.append(" / ".join(_strength(more, factor) for factor in (limit, estimate)))
        rows.append(cells)
    head = (
        "Favourable trait",
        "Surgery / no-surgery group",
        "Divides the risk of death by",
        "Explains at most a factor of",
        f"Needed for {limit:.1f} / {estimate:.1f}",
    )
    caption = (
        "What measured traits could explain of the unadjusted ratio. Needed: by what a trait would have to divide the "
        f"risk of death to explain {limit:.1f} (up to the interval's end) and {estimate:.1f} (all)"
    )
    return tables.table(head, rows, caption)


def bounding_factor(frequency: float, risk: float) -> float:
    """Greatest factor by which a cause can move a risk ratio (Ding P, VanderWeele TJ. Epidemiology 2016;27:368-377).

    Examples
    --------
    >>> bounding_factor(2.0, 2.0)
    1.3333333333333333
    """
    return frequency * risk / (frequency + risk - 1)


def _strength(frequency: float, factor: float) -> str:
    """By what a cause so much more frequent must divide the risk, to move a risk ratio by the factor."""
    return "cannot" if frequency <= factor else f"{factor * (frequency - 1) / (frequency - factor):.1f}"
