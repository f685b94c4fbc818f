"""The targets are those of the manifests that ship, and a row that is not as described is refused."""

import csv
import json
import re
from collections import Counter

import numpy as np
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ASSUMPTIONS, ENSEMBLE, WITNESSES
from analysis_lib.printed import transcription
from analysis_lib.printed.number import Interval
from analysis_lib.targets import assumptions, catalogue, recompute
from analysis_lib.targets.assumptions import CHOICES, Assumptions
from analysis_lib.targets.catalogue import COLUMNS, FILE, load_targets

MANIFESTS = [ENSEMBLE / "cohorts.json", *sorted(ASSUMPTIONS.glob("*-*.json")), WITNESSES / "cohorts.json"]


def cells(file=FILE):
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def edited(tmp_path):
    """The targets' file with the row of an id changed, and the line where that row stands."""

    def edit(id_, **changed):
        rows = cells()
        line = next(n for n, row in enumerate(rows, start=2) if row["id"] == id_)
        rows[line - 2] |= changed
        file = tmp_path / "targets.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return file, line

    return edit


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_cohorts_that_ship_were_searched_for_these_targets(manifest):
    """The digest covers each target's statistic, columns, group, interval, value and subset, in order."""
    found = load_targets(assumptions=assumptions.of_file(manifest))
    shipped = json.loads(manifest.read_text(encoding="utf-8"))
    assert (found.digest, len(found)) == (shipped["targets_sha256"], shipped["targets"])
    assert list(found.printed.items()) == list(shipped["met"].items())


def test_the_file_has_a_row_for_each_target_and_one_more_for_each_other_value_of_an_assumption(targets):
    rows = cells()
    assert list(dict.fromkeys(row["id"] for row in rows)) == list(targets)
    variants = Counter(row["id"] for row in rows if row["assumption"])
    for id_, n in variants.items():
        names = {row["assumption"].partition("=")[0] for row in rows if row["id"] == id_}
        assert len(names) == 1
        assert n == len(CHOICES[names.pop()])
    assert len(rows) == len(targets) + sum(n - 1 for n in variants.values())


def test_counts_by_hand_are_those_that_the_targets_print(one, paper):
    """pandas alone, on one cohort that ships: each count's column, value, group and subset are meant as they stand."""
    counts = [row for row in cells() if row["statistic"] == "count"]
    assert len(counts) == 185
    for row in counts:
        part = one if row["group"] == "all" else one[one["group"] == row["group"]]
        if row["subset"]:
            column, value = row["subset"].split("=")
            part = part[part[column].astype(str) == value]
        values = part[row["columns"]].dropna()
        value = type(values.iloc[0])(row["value"])
        assert (values == value).sum() == paper.count(row["id"]), row["id"]


def test_every_statistic_has_a_recomputation_and_is_used():
    assert set(catalogue.STATISTICS) == set(recompute.STATISTICS)
    assert {row["statistic"] for row in cells()} == set(catalogue.STATISTICS)


def test_an_assumption_chooses_the_row():
    usual, other = load_targets(), load_targets(assumptions=Assumptions(age_test="student", follow_up="survivors"))
    changed = [id_ for id_ in usual if usual[id_] != other[id_]]
    assert changed == ["table1.age.p", *(f"results-survival.follow_up.all.{s}" for s in ("median", "q1", "q3"))]
    assert (usual["table1.age.p"].statistic, other["table1.age.p"].statistic) == ("welch", "student")
    assert other["results-survival.follow_up.all.median"].value == "survivors"


def test_a_changed_digit_changes_its_target_and_the_digest(tmp_path, targets):
    text = (transcription.NUMBERS / "numbers.csv").read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if row.startswith("table5.kps_death.hr,"))
    (tmp_path / "numbers.csv").write_text(text.replace(line, line.replace("0.934", "0.935")), encoding="utf-8")
    changed = load_targets(tmp_path)
    assert changed["table5.kps_death.hr"].interval.low == pytest.approx(0.9345)
    assert changed.digest != targets.digest


def test_a_box_has_the_ends_of_each_interval_and_half_a_unit_of_its_last_digit(targets):
    """A count is exact, and what is withheld may be anything; the ends have room for errors of rounding."""
    withheld = "results-survival.os.p"
    rest = targets.without({withheld})
    box = rest.box(("table1.ki67.all.median", "table1.sex_male.surgery.count", withheld))
    assert box[0] == pytest.approx([0.5 - 2e-10, 12 - 2.4e-9, -np.inf], rel=1e-11)
    assert box[1] == pytest.approx([1.5 + 3e-10, 12 + 2.4e-9, np.inf], rel=1e-11)
    assert box[2] == pytest.approx([0.5, 0.5, 1])
    assert list(rest) == [id_ for id_ in targets if id_ != withheld]
    assert (rest.numbers, rest.assumptions) == (targets.numbers, targets.assumptions)
    with pytest.raises(InputError, match="none is no target"):
        rest.without({"none", "table1.age.all.mean"})


def test_limits_are_read_from_the_transcription(paper, targets):
    low, high = (paper.value(f"table2.class_low_{end}.threshold") for end in ("from", "to"))
    assert targets["table2.class_low.surgery.count"].between == (low, high)
    assert targets["table2.class_full_to.threshold"].between[1] == np.inf
    alpha = paper.value("methods.alpha.threshold")
    assert targets["table5.not_significant.male_death"].interval == Interval(alpha, 1)


@pytest.mark.parametrize(
    ("id_", "column", "cell", "words"),
    [
        ("table1.age.all.sd", "id", "table1.age.all.mode", "the transcription lacks table1.age.all.mode"),
        ("table1.age.all.sd", "id", "table1.age.all.mean", "'table1.age.all.mean' has two targets"),
        ("table1.age.all.mean", "statistic", "average", "'average' is not known"),
        ("table1.age.all.mean", "columns", "age_year", "did you mean age_years?"),
        ("table1.age.all.mean", "columns", "", "names no column"),
        ("table1.age.all.mean", "group", "both", "'both' is not known"),
        ("table1.sex_male.all.count", "value", "man", "'man' is no value of sex (one of male, female"),
        ("table1.n1.all.count", "value", "yes", "'yes' is no value of n1"),
        ("results-survival.dfs_r0.surgery.median", "subset", "margin=R0", "did you mean resection_margin?"),
        ("results-survival.dfs_r0.surgery.median", "subset", "resection_margin", "'' is no value of resection_margin"),
        ("table2.class_low.all.count", "between", "7 to", "'7 to' is no range"),
        ("table2.class_low.all.count", "between", "9 to 7", "'9 to 7' is no range"),
        ("table5.not_significant.male_death", "allowed", "alpha to 1", "'alpha to 1' is no range"),
        ("table1.age.p", "assumption", "age_test=wilcoxon", "'age_test=wilcoxon' is not an assumption (blank,"),
        ("table1.age.p", "assumption", "age=welch", "(blank, or one of follow_up=observed, "),
    ],
)
def test_a_row_that_is_not_as_described(edited, id_, column, cell, words):
    file, line = edited(id_, **{column: cell})
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        load_targets(file=file)
    assert str(caught.value).startswith(f"{file}, row {line}, column {column!r}: ")
    assert caught.value.remedy


def test_a_misspelt_name_of_a_printed_number_is_no_name_of_its_own(edited):
    file, _ = edited("table1.age.all.mean", id="table1.age.all.maen")
    with pytest.raises(InputError, match="the id of a printed number, or a range allowed"):
        load_targets(file=file)
