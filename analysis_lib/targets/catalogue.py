"""Targets: the printed numbers that a reconstructed cohort must bring out, as data.

A target is a printed number together with the columns, the patients and the statistic that give
it. The digits are read from the transcription, so that a changed digit changes the target. What
the paper leaves open is an :class:`Assumptions`, named and switchable.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.printed.number import Interval
from analysis_lib.printed.transcription import Transcription, load
from analysis_lib.targets.assumptions import Assumptions

GROUPS = ("all", "surgery", "prrt_only")
# First treatments in January 2000 at the earliest, follow-up to the end of April 2020.
LONGEST_FOLLOW_UP_YEARS = 20 + 4 / 12


@dataclass(frozen=True)
class Target:
    """One printed number that a cohort must bring out.

    Parameters
    ----------
    id
        Of the printed number; a target that no single number prints has a name of its own.
    statistic
        A name of ``verify``.
    columns
        The columns that it needs, in the order that the statistic wants.
    group
        ``all``, ``surgery`` or ``prrt_only``.
    value
        For counts, the value counted; for a regression, the covariate in question.
    subset
        Column and value that narrow the group further; empty if none.
    interval
        What the digits allow.
    """

    id: str
    statistic: str
    columns: tuple[str, ...]
    group: str
    interval: Interval
    value: str | float = ""
    subset: tuple = ()


# id stem, column, statistics, test of the difference between the groups
_SUMMARIES = (
    ("table1.age", "age_years", ("mean", "sd"), "age_test"),
    ("table1.bmi", "bmi_kg_m2", ("median", "q1", "q3"), "mann_whitney"),
    ("table1.kps", "kps", ("median", "q1", "q3"), "mann_whitney"),
    ("table1.since_diagnosis", "months_since_diagnosis", ("median", "q1", "q3"), "mann_whitney"),
    ("table1.ki67", "ki67_percent", ("median", "q1", "q3"), "mann_whitney"),
    ("table1.size", "tumour_size_mm", ("median", "q1", "q3"), "mann_whitney"),
    ("table1.cga", "chromogranin_a_ug_l", ("median", "q1", "q3"), "mann_whitney"),
    ("table2.activity", "prrt_activity_gbq", ("median", "range_lo", "range_hi"), "mann_whitney"),
    ("table2.cycles", "prrt_cycles", ("median", "range_lo", "range_hi"), "mann_whitney"),
)
# id stem, column, group, statistics
_SINGLE = (
    ("results-response.time_to_best", "months_to_best_response", "all", ("median", "q1", "q3")),
    ("results-response.time_to_smallest", "months_to_smallest_size", "all", ("median", "q1", "q3")),
    ("table3.since_start", "months_to_surgery", "surgery", ("median", "q1", "q3")),
    ("table3.since_end", "months_prrt_end_to_surgery", "surgery", ("median", "q1", "q3")),
    ("table3.nodes_resected", "nodes_resected", "surgery", ("mean", "sd")),
    ("table3.nodes_positive", "nodes_positive", "surgery", ("median", "q1", "q3")),
    ("table3.ki67", "specimen_ki67_percent", "surgery", ("median", "q1", "q3")),
    ("table3.fibrosis", "fibrosis_percent", "surgery", ("mean", "sd")),
    ("table3.viable", "viable_percent", "surgery", ("mean", "sd")),
    ("table3.sstr2a", "sstr2a_percent", "surgery", ("median", "q1", "q3")),
)
# id stem, column, value; all groups that print it
COUNTS = (
    ("table1.sex_male", "sex", "male"),
    ("table1.grade_1", "grade", "G1"),
    ("table1.grade_2", "grade", "G2"),
    ("table1.grade_3", "grade", "G3"),
    ("table1.nec", "grade", "NEC"),
    ("table1.no_grade", "grade", "no_grade"),
    ("table1.no_diagnosis", "grade", "no_diagnosis"),
    ("table1.functional", "functional", 1),
    ("table1.progression_before", "progression_before", 1),
    ("table1.head", "tumour_location", "head"),
    ("table1.body", "tumour_location", "body"),
    ("table1.tail", "tumour_location", "tail"),
    ("table1.multiple", "tumour_location", "multiple"),
    ("table1.n1", "n1", 1),
    ("table1.m1a", "m1a", 1),
    ("table1.liver_3", "liver_metastases_3", 1),
    ("table1.prior_ssa", "prior_ssa", 1),
    ("table1.prior_gastroenterostomy", "prior_surgery", "gastroenterostomy"),
    ("table1.prior_ovariectomy", "prior_surgery", "ovariectomy"),
    ("table1.prior_chemotherapy", "prior_chemotherapy", 1),
    ("table1.prior_embolisation", "prior_embolisation", 1),
    ("table1.uptake_equal", "uptake", "equal_to_liver"),
    ("table1.uptake_liver", "uptake", "higher_than_liver"),
    ("table1.uptake_kidney", "uptake", "higher_than_kidneys"),
    ("table1.pet", "ga68_pet", 1),
    ("table1.no_surgery_unresectable", "no_surgery_reason", "unresectable"),
    ("table1.no_surgery_high_risk", "no_surgery_reason", "high_risk"),
    ("table1.no_surgery_progression_death", "no_surgery_reason", "progression_or_death"),
    ("table1.no_surgery_request", "no_surgery_reason", "request"),
    ("table1.no_surgery_unknown", "no_surgery_reason", "unknown"),
    ("table2.adjusted_marrow", "dose_adjustment", "marrow"),
    ("table2.adjusted_platelets", "dose_adjustment", "platelets_and_request"),
    ("table2.adjusted_cholangitis", "dose_adjustment", "cholangitis"),
    ("table2.adjusted_death", "dose_adjustment", "death"),
    ("table2.adjusted_kidney", "dose_adjustment", "kidney"),
    ("table2.adjusted_unknown", "dose_adjustment", "unknown"),
    ("results-prrt.marrow", "marrow_toxicity", 1),
    ("results-prrt.lymphocytopenia_only", "lymphocytopenia_only", 1),
    ("results-prrt.liver_toxicity", "liver_toxicity", 1),
    ("results-prrt.sepsis_death", "cause_of_death", "sepsis"),
    ("results-survival.haematological_deaths", "cause_of_death", "haematological"),
    ("results-response.pr", "best_response", "PR"),
    ("results-response.sd", "best_response", "SD"),
    ("results-response.pd", "best_response", "PD"),
    ("results-radiology.organ_before", "organ_invasion_pre", 1),
    ("results-radiology.organ_after", "organ_invasion_post", 1),
    ("results-radiology.liver_gone", "liver_metastases_gone", 1),
    ("results-radiology.no_tvi_after", "tvi_post", 0),
    ("table3.whipple", "surgery_type", "whipple"),
    ("table3.distal", "surgery_type", "distal"),
    ("table3.pppd", "surgery_type", "pylorus_preserving"),
    ("results-surgery.resection_smv", "vascular_resection", "smv"),
    ("results-surgery.resection_pv", "vascular_resection", "pv"),
    ("results-surgery.resection_ca", "vascular_resection", "ca"),
    ("results-surgery.thrombectomy_pv", "portal_thrombectomy", 1),
    ("table3.liver_wedge", "liver_wedge", 1),
    ("table3.liver_wedges", "liver_wedges", 1),
    ("table3.liver_ablation_rf", "liver_ablation_rf", 1),
    ("table3.liver_ablation_mw", "liver_ablation_mw", 1),
    ("table3.r0", "resection_margin", "R0"),
    ("table3.r1", "resection_margin", "R1"),
    ("results-surgery.ned", "no_evidence_of_disease", 1),
    ("table3.lymphovascular_negative", "lymphovascular_invasion", 0),
    ("table3.lymphovascular_positive", "lymphovascular_invasion", 1),
    ("table3.perineural_negative", "perineural_invasion", 0),
    ("table3.perineural_positive", "perineural_invasion", 1),
    ("table3.response_homogeneous", "specimen_response", "homogeneous"),
    ("table3.response_heterogeneous", "specimen_response", "heterogeneous"),
    ("table3.necrosis", "necrosis", 1),
    ("results-survival.deaths", "os_event", 1),
    ("results-survival.dfs_recurrence", "dfs_event", 1),
    ("results-survival.progression_clinical", "progression", "clinical"),
    ("results-survival.progression_liver", "progression", "liver"),
    ("results-survival.progression_local", "progression", "local"),
    ("results-survival.progression_bone", "progression", "bone"),
    ("results-survival.progression_bone_liver", "progression", "bone_liver"),
    ("results-survival.progression_pancreas", "progression", "pancreas"),
    ("results-survival.progression_pancreas_liver", "progression", "pancreas_liver"),
)
COMPLICATIONS = (
    *("ii_infection", "ii_thromboembolic", "ii_gastric_emptying", "ii_diabetes", "ii_pancreatitis"),
    *("ii_parenteral_nutrition", "iiia_leakage", "iiia_infection", "iiib_bypass_occlusion"),
    *("iiib_stenosis", "iiib_fistula", "iiib_perforation", "iva_blood_loss", "v_haemorrhage"),
)
VESSELS = ("smv", "pv", "cha", "sma", "ca")
OTHER_VESSELS = ("splenic_vein", "splenic_artery", "gda", "ivc", "jejunal_arteries", "jejunal_veins")
TVI = ("none", "vein_le", "vein_gt", "artery_le_vein_le", "artery_le_vein_gt", "artery_gt_vein_le", "artery_gt_vein_gt")
CLASSES = ("full", "reduced", "low", "lowest")
# name in the ids of Table 5, covariate
TABLE5 = (
    ("kps", "kps"),
    ("grade_1", "grade_1"),
    ("activity", "prrt_activity_gbq"),
    ("pr", "partial_response"),
    ("size_post", "tumour_size_post_mm"),
)
SCORE_COVARIATES = ("prrt_activity_gbq", "grade_1", "kps", "tumour_size_post_mm")
# What Table 5's footnote calls not significant, where the covariate is one number a patient.
NOT_SIGNIFICANT = ("age_years", "male", "metastatic", "vessels_post", "tvi_post_any")


class Targets(Mapping[str, Target]):
    """Targets by id, with the transcription and the assumptions that they come from."""

    def __init__(self, targets: list[Target], numbers: Transcription, assumptions: Assumptions) -> None:
        self._targets = {target.id: target for target in targets}
        self.numbers, self.assumptions = numbers, assumptions

    def __getitem__(self, id: str) -> Target:
        return self._targets[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    def box(self, ids: tuple[str, ...]) -> np.ndarray:
        """What the targets ``ids`` allow, for a search.

        Returns
        -------
        numpy.ndarray
            Shape (3, k): lower end, upper end, half a unit of the last digit. An id without a
            target (withheld, or blank) allows everything.
        """
        box = np.empty((3, len(ids)))
        for k, id in enumerate(ids):
            interval = self._targets[id].interval if id in self._targets else Interval(-math.inf, math.inf)
            half = (interval.high - interval.low) / 2
            if not math.isfinite(half):
                half = 1.0
            # The ends belong to the interval, within a fifth of the room that Interval itself gives.
            room = [2e-10 * max(1.0, abs(end)) for end in (interval.low, interval.high)]
            box[:, k] = interval.low - room[0], interval.high + room[1], half or 0.5
        return box

    def without(self, ids: set[str]) -> Targets:
        """These targets without ``ids``, to see what the rest predict of them.

        Raises
        ------
        InputError
            If an id is no target.
        """
        if unknown := sorted(ids - set(self)):
            raise InputError(f"{unknown[0]} is no target of the reconstruction")
        return Targets([t for t in self.values() if t.id not in ids], self.numbers, self.assumptions)

    @property
    def printed(self) -> dict[str, str]:
        """The printed digits behind the targets, by id; the inequalities of no printed number left out."""
        return {id: self.numbers[id].printed.text for id in self if id in self.numbers}

    @property
    def digest(self) -> str:
        """SHA-256 of all targets and assumptions."""
        rows = [
            [t.id, t.statistic, t.columns, t.group, t.interval.low, t.interval.high, t.value, t.subset]
            for t in self.values()
        ]
        assumed = asdict(self.assumptions)
        # The time unit became an assumption when cohorts had been made: as it always was, it adds nothing.
        if assumed["time_unit"] == Assumptions.time_unit:
            del assumed["time_unit"]
        text = json.dumps([rows, assumed])
        return hashlib.sha256(text.encode()).hexdigest()


def load_targets(numbers: Path | None = None, assumptions: Assumptions | None = None) -> Targets:
    """All targets, from a folder of printed numbers (the repo's own by default).

    Raises
    ------
    InputError
        If the transcription is malformed or lacks a number that a target needs.
    """
    assumptions = assumptions or Assumptions()
    transcription = load(numbers) if numbers else load()
    found = [
        *_of_summaries(transcription, assumptions),
        *_of_counts(transcription),
        *_of_survival(transcription, assumptions),
        *_of_regressions(transcription),
    ]
    return Targets(found, transcription, assumptions)


def _interval(numbers: Transcription, id: str) -> Interval:
    if id not in numbers:
        raise InputError(f"the transcription lacks {id}, which the reconstruction needs")
    return numbers[id].interval


def _of_summaries(numbers: Transcription, assumptions: Assumptions) -> Iterator[Target]:
    for stem, column, statistics, test in _SUMMARIES:
        for group in GROUPS:
            for statistic in statistics:
                id = f"{stem}.{group}.{statistic}"
                yield Target(id, statistic, (column,), group, _interval(numbers, id))
        test = getattr(assumptions, test, test)
        yield Target(f"{stem}.p", test, (column,), "all", _interval(numbers, f"{stem}.p"))
    for stem, column, group, statistics in _SINGLE:
        for statistic in statistics:
            id = f"{stem}.{group}.{statistic}"
            yield Target(id, statistic, (column,), group, _interval(numbers, id))
    for statistic in ("mean", "sd"):
        id = f"results-response.size_change.all.{statistic}"
        columns = ("tumour_size_mm", "tumour_size_post_mm")
        yield Target(id, f"decrease_{statistic}", columns, "all", _interval(numbers, id))
        for response in ("pr", "sd"):
            id = f"results-surgery.fibrosis_{response}.surgery.{statistic}"
            subset = ("best_response", response.upper())
            yield Target(id, statistic, ("fibrosis_percent",), "surgery", _interval(numbers, id), subset=subset)
    id = "results-surgery.fibrosis_pr_sd.surgery.p"
    test = f"response_{assumptions.fibrosis_test}"
    yield Target(id, test, ("fibrosis_percent", "best_response"), "surgery", _interval(numbers, id))


def _of_counts(numbers: Transcription) -> Iterator[Target]:
    def count(id: str, column: str, value: str | float, group: str, **more) -> Target:
        return Target(id, "count", (column,), group, _interval(numbers, id), value, **more)

    for stem, column, value in COUNTS:
        for group in GROUPS:
            if (id := f"{stem}.{group}.count") in numbers:
                yield count(id, column, value, group)
    for name in COMPLICATIONS:
        yield count(f"table3.complication_{name}.surgery.count", f"complication_{name}", 1, "surgery")
    for vessel in (*VESSELS, *OTHER_VESSELS):
        yield count(f"table4.vessel_{vessel}.all.count", f"vessel_{vessel}", 1, "all")
    for group in GROUPS[1:]:
        for category, name in enumerate(TVI):
            yield count(f"table4.{name}.{group}.count", "tvi_pre", category, group)
            for change in ("no_change", "decrease", "increase"):
                id = f"table4.{name}_{change}.{group}.count"
                subset = ("tvi_pre", category)
                yield Target(id, f"tvi_{change}", ("tvi_pre", "tvi_post"), group, _interval(numbers, id), "", subset)
        id = f"results-radiology.over_180_after.{group}.count"
        yield Target(id, "beyond_180", ("tvi_post",), group, _interval(numbers, id))
    for group in GROUPS:
        for name in CLASSES:
            low, high = (numbers.value(f"table2.class_{name}_{end}.threshold") for end in ("from", "to"))
            id = f"table2.class_{name}.{group}.count"
            yield Target(id, "within", ("prrt_activity_gbq",), group, _interval(numbers, id), "", (low, high))
    # A class ends with the least and the greatest activity that lies between its neighbours.
    rising = CLASSES[::-1]
    below = [-math.inf, *(numbers.value(f"table2.class_{name}_to.threshold") for name in rising[:-1])]
    above = [*(numbers.value(f"table2.class_{name}_from.threshold") for name in rising[1:]), math.inf]
    for name, between in zip(rising, zip(below, above, strict=True), strict=True):
        for end in ("from", "to"):
            id = f"table2.class_{name}_{end}.threshold"
            yield Target(id, f"class_{end}", ("prrt_activity_gbq",), "all", _interval(numbers, id), "", between)
    id = "table3.complications.surgery.count"
    yield Target(id, "any", tuple(f"complication_{c}" for c in COMPLICATIONS), "surgery", _interval(numbers, id))
    id = "table3.liver_treatment.surgery.count"
    kinds = ("liver_wedge", "liver_wedges", "liver_ablation_rf", "liver_ablation_mw")
    yield Target(id, "any", kinds, "surgery", _interval(numbers, id))
    id = "results-prrt.metastatic.all.count"
    yield Target(id, "any", ("n1", "m1a", "other_metastases"), "all", _interval(numbers, id))
    for id, column, group in (
        ("table1.ki67.all.n", "ki67_percent", "all"),
        ("table3.nodes_resected.surgery.n", "nodes_resected", "surgery"),
        ("results-surgery.specimens.surgery.n", "fibrosis_percent", "surgery"),
    ):
        yield Target(id, "known", (column,), group, _interval(numbers, id))
    for id, statistic in (("table5.size_post_excluded.all.count", "tumour_size_post_mm"),
                          ("table4.excluded.prrt_only.count", "tvi_post")):  # fmt: skip
        group = "all" if statistic == "tumour_size_post_mm" else "prrt_only"
        yield Target(id, "unknown", (statistic,), group, _interval(numbers, id))
    for margin in ("r0", "r1"):
        id = f"results-survival.dfs_{margin}.surgery.n"
        subset = ("resection_margin", margin.upper())
        yield count(id, "no_evidence_of_disease", 1, "surgery", subset=subset)
    for stem, where in (("table4.vessels_before", "pre"), ("results-radiology.vessels_after", "post")):
        columns = ("tvi_pre", *(f"vessel_{v}" for v in VESSELS)) if where == "pre" else ("tvi_post", "vessels_post")
        for statistic in ("median", "range_lo", "range_hi"):
            id = f"{stem}.all.{statistic}"
            yield Target(id, f"vessels_{statistic}", columns, "all", _interval(numbers, id))


def _of_survival(numbers: Transcription, assumptions: Assumptions) -> Iterator[Target]:
    place = "results-survival"
    curves = [("os", group, ()) for group in GROUPS] + [("pfs", group, ()) for group in GROUPS[1:]]
    curves += [("dfs", "surgery", ()), ("dfs_r1", "surgery", ("resection_margin", "R1"))]
    for name, group, subset in curves:
        columns = tuple(f"{name[:3].rstrip('_')}_{part}" for part in ("years", "event"))
        for statistic in ("median", "ci_lo", "ci_hi"):
            id = f"{place}.{name}.{group}.{statistic}"
            yield Target(id, f"km_{statistic}", columns, group, _interval(numbers, id), "", subset)
    columns, subset = ("dfs_years", "dfs_event"), ("resection_margin", "R0")
    id = f"{place}.dfs_r0.surgery.median"
    yield Target(id, "km_median", columns, "surgery", _interval(numbers, id), "", subset)
    # The paper prints "CI not defined": no digits, but as much a fact as any.
    yield Target(f"{place}.dfs_r0.ci_undefined", "km_undefined", columns, "surgery", Interval(1, 1), "", subset)
    for id, columns in (
        (f"{place}.os.p", ("os_years", "os_event", "group")),
        (f"{place}.pfs.p", ("pfs_years", "pfs_event", "group")),
        (f"{place}.dfs_margin.surgery.p", ("dfs_years", "dfs_event", "resection_margin")),
    ):
        group = "surgery" if "margin" in id else "all"
        yield Target(id, "log_rank", columns, group, _interval(numbers, id))
    for statistic in ("median", "q1", "q3"):
        id = f"{place}.follow_up.all.{statistic}"
        columns = ("os_years", "os_event")
        yield Target(id, f"follow_up_{statistic}", columns, "all", _interval(numbers, id), assumptions.follow_up)
    for ordinal in ("first", "second"):
        id = f"{place}.haematological_{ordinal}.all.duration"
        yield Target(id, f"onset_{ordinal}", ("years_prrt_end_to_haematological",), "all", _interval(numbers, id))


def _of_regressions(numbers: Transcription) -> Iterator[Target]:
    def fit(stem: str, kind: str, covariates: tuple[str, ...], of: str) -> Iterator[Target]:
        ratio = "hr" if kind == "cox" else "or"
        for statistic in (ratio, "ci_lo", "ci_hi", "p"):
            id = f"{stem}.{statistic}"
            yield Target(id, f"{kind}_{statistic}", covariates, "all", _interval(numbers, id), of)

    place = "results-survival"
    yield from fit(f"{place}.cox_surgery", "cox", ("surgery",), "surgery")
    for stem, of in (("cox_surgery_adjusted", "surgery"), ("cox_score", "propensity_score")):
        yield from fit(f"{place}.{stem}", "cox", ("surgery", "propensity_score"), of)
    for name, covariate in TABLE5:
        yield from fit(f"table5.{name}_surgery", "logistic", (covariate,), covariate)
        yield from fit(f"table5.{name}_death", "cox", (covariate,), covariate)
    limit = numbers.value("methods.alpha.threshold")
    for covariate in NOT_SIGNIFICANT:
        for kind, outcome in (("logistic", "surgery"), ("cox", "death")):
            id = f"table5.not_significant.{covariate}_{outcome}"
            yield Target(id, f"{kind}_p", (covariate,), "all", Interval(limit, 1.0), covariate)
    # By the printed counts alone, invasion after PRRT is significant for surgery, which no cohort
    # can change; for death it is a target. Degrees of interface are taken against none.
    id = "table5.not_significant.organ_invasion_post_death"
    yield Target(id, "cox_p", ("organ_invasion_post",), "all", Interval(limit, 1.0), "organ_invasion_post")
    degrees = ("tvi_post_within_180", "tvi_post_beyond_180")
    for covariate in degrees:
        for kind, outcome in (("logistic", "surgery"), ("cox", "death")):
            id = f"table5.not_significant.{covariate}_{outcome}"
            yield Target(id, f"{kind}_p", degrees, "all", Interval(limit, 1.0), covariate)
