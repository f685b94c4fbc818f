"""Comparisons: shares with their denominators, the groups before PRRT, and the paper's shares beside those it cites."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from scipy import special

from analysis_lib.analyses.baseline import standardised_difference
from analysis_lib.ledger.joint_facts import GROUPS, group_sizes
from analysis_lib.ledger.methods import implied_count
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics.contingency import Proportion, binomial_interval

COLUMNS = (
    *("group", "os_years", "os_event", "best_response", "tvi_pre", "tvi_post"),
    *("dfs_years", "dfs_event", "organ_invasion_pre", "organ_invasion_post", "liver_metastases_gone"),
)
# What is published of both groups before PRRT as counts: its name, where it stands, and where its p value does.
_COUNTED = (
    ("Grade 1", "table1.grade_1", "table1.grade.p"),
    ("Contact beyond 180°", "results-radiology.over_180_before", ""),
    ("Invasion of organs", "results-radiology.organ_before", ""),
    ("Liver metastases", "table1.m1a", ""),
    ("Three or more liver metastases", "table1.liver_3", ""),
    ("Lymph node metastases", "table1.n1", ""),
    ("Progression before PRRT", "table1.progression_before", ""),
    ("Uptake above kidneys and spleen", "table1.uptake_kidney", "table1.uptake.p"),
    ("Tumour in the head", "table1.head", "table1.location.p"),
    ("Functional tumour", "table1.functional", ""),
    ("Male sex", "table1.sex_male", ""),
    ("Somatostatin analogue before", "table1.prior_ssa", ""),
    ("Surgery before", "table1.prior_surgery", ""),
    ("Chemotherapy before", "table1.prior_chemotherapy", ""),
    ("Embolisation before", "table1.prior_embolisation", ""),
)


@dataclass(frozen=True)
class Share:
    """A count of patients, of how many and whom, and how its interval is computed."""

    count: int
    of: int
    whom: str
    confidence: float
    method: str

    @property
    def interval(self) -> Proportion:
        """The share with its confidence interval."""
        return binomial_interval(self.count, self.of, self.confidence, method=self.method)

    def holds(self, percent: float) -> bool:
        """Whether the interval holds a share in per cent."""
        return 100 * self.interval.ci_low <= percent <= 100 * self.interval.ci_high

    def __str__(self) -> str:
        found = self.interval
        ends = f"{100 * found.ci_low:.0f} to {100 * found.ci_high:.0f}%"
        return f"{self.count} of {self.of}: {100 * found.estimate:.0f}% ({ends})"


def shares(numbers: Transcription, confidence: float, method: str) -> dict[str, Share]:
    """The discussion's leading shares, each with the denominator that it has."""
    n = numbers.count
    both = {
        (key, s): sum(n(f"results-radiology.{key}.{g}.{s}") for g in GROUPS)
        for key, s in (
            ("tvi_decrease", "count"),
            ("tvi_decrease", "n"),
            ("organ_before", "count"),
            ("organ_after", "count"),
        )
    }
    organs = both["organ_before", "count"]
    found = {
        "Partial response": (n("results-response.pr.all.count"), n("abstract.patients.all.n"), "all patients"),
        "Contact with vessels reduced": (
            both["tvi_decrease", "count"],
            both["tvi_decrease", "n"],
            "patients with contact who were scanned twice",
        ),
        "Invasion of organs gone, net": (
            organs - both["organ_after", "count"],
            organs,
            "patients who had it; a net fall, not patients followed one by one",
        ),
        "Liver metastases gone": (
            n("discussion.liver_gone.surgery.count"),
            n("discussion.liver_gone.surgery.n"),
            "surgery group with liver metastases; none in the no-surgery group",
        ),
        "Vascular resection": (
            n("discussion.vascular.surgery.count"),
            n("abstract.patients.surgery.n"),
            "surgery group",
        ),
        "Recurrence": (
            n("discussion.dfs_recurrence.surgery.count"),
            n("discussion.dfs_recurrence.surgery.n"),
            "surgery group without disease on the first scan",
        ),
    }
    return {what: Share(*of, confidence, method) for what, of in found.items()}


def wider_denominators(numbers: Transcription) -> dict[str, tuple[int, str]]:
    """Of how many, and whom, a reader may take some of these shares to be."""
    everyone, liver = numbers.count("abstract.patients.all.n"), numbers.count("table1.m1a.all.count")
    return {
        "Contact with vessels reduced": (everyone, "all patients"),
        "Invasion of organs gone, net": (everyone, "all patients"),
        "Liver metastases gone": (liver, "all with liver metastases"),
        "Vascular resection": (numbers.count("results-radiology.tvi_decrease.surgery.n"), "surgery group with contact"),
        "Recurrence": (numbers.count("abstract.patients.surgery.n"), "surgery group"),
    }


def denominators_table(found: Mapping[str, Share], wider: Mapping[str, tuple[int, str]], caption: str) -> tables.Html:
    """Each share with its denominator and interval, and the same count of another."""
    rows = []
    for what, share in found.items():
        other = "–"
        if what in wider:
            of, whom = wider[what]
            other = f"{100 * share.count / of:.0f}% of {of} ({escape(whom)})"
        rows.append((escape(what), escape(str(share)), escape(share.whom), other))
    head = ("What", f"Share, with {100 * share.confidence:g}% interval", "Of whom", "Of a wider group")
    return tables.table(head, rows, caption)


def baseline_table(claims: Mapping[str, Claim], caption: str) -> tables.Html:
    """Characteristics before PRRT that differed between the groups, and whether the paper's text names them."""
    stems = {
        "table1.grade_1": ("Grade 1", "table1.grade.p", "yes"),
        "table1.since_diagnosis": ("Months since diagnosis", "table1.since_diagnosis.p", "yes"),
        "table1.ki67": ("Ki-67, %", "table1.ki67.p", "no"),
        "results-radiology.over_180_before": ("Contact beyond 180°", "results-radiology.over_180_before.p", "no"),
    }
    rows = [
        (name, *(tables.cell(claims, f"{stem}.{group}") for group in GROUPS), tables.linked(claims[p]), named)
        for stem, (name, p, named) in stems.items()
    ]
    head = ("Before PRRT", "Surgery group", "No-surgery group", "p", "Named as an exception")
    return tables.table(head, rows, caption)


def standardised_differences(numbers: Transcription) -> dict[str, tuple[str, float]]:
    """By characteristic before PRRT, the id of its p value and its standardised difference, the largest first.

    Of those that the paper gives as counts, or as a mean and a standard deviation, of both groups.
    """
    of_age = [tuple(numbers.value(f"table1.age.{g}.{s}") for s in ("mean", "sd")) for g in GROUPS]
    found = {"Age": ("table1.age.p", standardised_difference(*((mean, sd**2) for mean, sd in of_age)))}
    for name, stem, p in _COUNTED:
        sizes = group_sizes(numbers, stem)
        shares = [numbers.count(f"{stem}.{g}.count") / n for g, n in zip(GROUPS, sizes, strict=True)]
        found[name] = p or f"{stem}.p", standardised_difference(*((share, share * (1 - share)) for share in shares))
    return dict(sorted(found.items(), key=lambda one: -abs(one[1][1])))


def beyond(found: Mapping[str, tuple[str, float]], limit: float, sizes: Sequence[int]) -> tuple[int, float]:
    """How many differences are larger, of either sign, and how many would be if patients were allocated at random."""
    expected = len(found) * 2 * special.ndtr(-limit / math.sqrt(sum(1 / n for n in sizes)))
    return sum(abs(difference) > limit for _, difference in found.values()), float(expected)


def differences_table(found: Mapping[str, tuple[str, float]], claims: Mapping[str, Claim], caption: str) -> tables.Html:
    """Standardised differences before PRRT beside the published p values."""
    rows = [
        (escape(name), f"{difference:+.2f}".replace("-", "−"), tables.linked(claims[p]))
        for name, (p, difference) in found.items()
    ]
    return tables.table(("Before PRRT", "Surgery less no surgery, in standard deviations", "p"), rows, caption)


def beside_table(found: Mapping[str, Share], claims: Mapping[str, Claim], caption: str) -> tables.Html:
    """The paper's shares beside those that it cites of other studies."""
    cited = {
        "Partial response": {
            "captem_pr": "capecitabine and temozolomide",
            "fas_pr": "fluorouracil, doxorubicin, streptozocin",
            "or_rate": "PRRT, at most",
        },
        "Contact with vessels reduced": {"fas_tvi": "fluorouracil, doxorubicin, streptozocin"},
        "Recurrence": {"recurrence_elsewhere": "surgery, at most"},
    }
    rows = [
        (
            escape(what),
            escape(str(found[what])),
            tables.linked(claims[id], "%"),
            escape(of),
            "yes" if found[what].holds(claims[id].number.printed.value) else "no",
        )
        for what, studies in cited.items()
        for id, of in ((f"discussion.{key}.cited", of) for key, of in studies.items())
    ]
    return tables.table(("What", "Here, with interval", "Cited", "Of", "Within the interval"), rows, caption)


def series(numbers: Transcription) -> dict[str, tuple[int, int]]:
    """Vascular reconstructions in the two series cited, by denominator."""
    return {
        name: (
            numbers.count(f"discussion.series{k}_reconstructed.cited"),
            numbers.count(f"discussion.series{k}_{of}.cited"),
        )
        for name, k, of in (
            ("first series, contact on scans", 1, "n"),
            ("first series, contact found at surgery", 1, "found"),
            ("second series, contact on scans", 2, "involved"),
        )
    }


def whole_counts_table(numbers: Transcription, claims: Mapping[str, Claim], caption: str) -> tables.Html:
    """Which counts of all patients, or of one fewer, print as the shares cited of another study."""
    arm = numbers.count("discussion.partelli_prrt_n.cited")
    rows = []
    for when in ("before", "after"):
        id = f"discussion.partelli_vein_{when}.cited"
        counts = [implied_count(numbers[id].printed, n) for n in (arm, arm - 1)]
        rows.append(
            (f"{when} PRRT", tables.linked(claims[id], "%"), *("none" if k is None else str(k) for k in counts))
        )
    head = ("Venous invasion", "Cited", f"Count of {arm}", f"Count of {arm - 1}")
    return tables.table(head, rows, caption)
