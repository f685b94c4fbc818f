"""What the audit makes of seeded errors, that the short way to it is right, and the results on file."""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import replace

import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import audit, benchmark
from analysis_lib.ledger.baselines import TOOLS
from analysis_lib.ledger.benchmark import AUDIT, NOTICED, ROUNDINGS, Benchmark, Result
from analysis_lib.ledger.perturbation import TIES
from analysis_lib.ledger.seeded_errors import KINDS, ROW_LOST, ROW_TWICE, SeededError, seeded
from analysis_lib.printed import transcription


@pytest.fixture(scope="module")
def trial() -> Benchmark:
    return Benchmark()


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return benchmark.load()


def error(result: Result) -> SeededError:
    """The error that a result is of."""
    ids = result.ids.split()
    return SeededError(result.kind, dict(zip(ids, result.changed.split() or [""] * len(ids), strict=True)))


HR = "results-survival.cox_surgery.hr"
ROW = "table3.patients.surgery.n"  # a later printing
BAD = ("within-rounding", "other-method", "contradicted")


@pytest.mark.parametrize(
    ("kind", "digits", "audit", "tie"),
    [
        ("last digit, by one", {"table1.sex_male.surgery.count": "13"}, "contradicted", TIES[0]),
        ("decimal point", {"table1.sex_male.surgery.count": "1.2"}, "refused", TIES[0]),
        ("last digit, by one", {HR: "0.265"}, "cohorts", TIES[0]),
        ("last digit, by one", {HR: "0.269"}, "contradicted", TIES[0]),
        ("last digit, by one", {"table1.bmi.surgery.median": "25.1"}, "cohorts", TIES[1]),
        ("last digit, by one", {"methods.margin.threshold": "2"}, "no", TIES[2]),
        ("sign", {"table1.location.p": ">0.85"}, "no", TIES[0]),
        (ROW_LOST, {ROW: ""}, "no", TIES[0]),
        (ROW_TWICE, {ROW: ""}, "refused", TIES[0]),
        (ROW_LOST, {"table1.bmi.p": ""}, "refused", TIES[1]),
    ],
)
def test_what_the_audit_makes_of_an_error(kind, digits, audit, tie, trial):
    found = trial.result(SeededError(kind, digits))
    assert (found.audit, found.tie) == (audit, tie)
    assert bool(found.reason) is (audit not in NOTICED)


def test_changed_together_nothing_else_may_depend_on_it(trial):
    first, again = "abstract.os_ci.surgery.threshold", "results-survival.os_ci.surgery.threshold"
    assert trial.result(SeededError("last digit, by more", {first: "99"})).audit == "contradicted"
    together = trial.result(SeededError("all printings alike", {first: "99", again: "99"}))
    assert (together.audit, together.tie) == ("no", TIES[2])


def test_a_verdict_that_improves_is_not_noticed(trial):
    # The one contradicted p value, printed as the exact test of its counts gives it.
    result = trial.result(SeededError("last digit, by one", {"results-radiology.liver_gone.p": "0.05"}))
    assert result.audit not in NOTICED


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The verdicts of the whole audit without cohorts."""
    nothing = tmp_path_factory.mktemp("none") / "none"
    return audit.audit(ensemble=nothing, predictions=nothing)


def _audited(error: SeededError, before, folder) -> bool:
    """Noticed by the audit of a copy of the transcription, without cohorts."""
    for file in transcription.NUMBERS.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            heading, *rows = csv.reader(stream)
        id_, printed = heading.index("id"), heading.index("printed")
        written = []
        for row in rows:
            if row[id_] not in error.digits:
                written.append(row)
            elif error.kind == ROW_TWICE:
                written += [row, row]
            elif error.kind != ROW_LOST:
                written.append([error.digits[row[id_]] if k == printed else cell for k, cell in enumerate(row)])
        with (folder / file.name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([heading, *written])
    try:
        after = audit.audit(folder, ensemble=folder / "none", predictions=folder / "none")
    except InputError:
        return True
    return any(_badness(claim) > _badness(before[i]) for i, claim in after.items())


def _badness(claim) -> int:
    verdict = claim.first or claim.verdict
    return BAD.index(verdict) + 1 if verdict in BAD else 0


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_the_short_way_comes_to_what_the_whole_audit_comes_to(kind, results, before, tmp_path):
    of_kind = [one for one in results if one.kind == kind]
    for outcome in (NOTICED, set(AUDIT) - set(NOTICED)):
        one = next((one for one in of_kind if one.audit in outcome), None)
        if one:
            assert _audited(error(one), before, tmp_path) is (one.audit in NOTICED), one


def test_the_results_on_file_are_those_of_this_revision(trial, results):
    assert [error(one) for one in results] == seeded(trial.trial.numbers)
    for one in random.Random(1977).sample(results, 120):
        assert trial.result(error(one)) == one


def test_there_are_ten_thousand_errors_of_every_kind_and_each_miss_has_its_reason(results):
    assert len(results) >= 10_000
    assert {one.kind for one in results} == set(KINDS)
    for one in results:
        assert one.audit in AUDIT and one.tie in TIES
        assert set(filter(None, one.others.split("; "))) <= set(TOOLS)
        assert bool(one.reason) is (one.audit not in NOTICED), one


@pytest.mark.long
def test_no_number_that_is_printed_otherwise_and_rightly_is_an_alarm(trial):
    on_file = benchmark.load(ROUNDINGS)
    assert on_file == [trial.result(one) for one in trial.reprinted()]
    assert len(on_file) > 200
    assert Counter(one.audit in NOTICED or one.others != "" for one in on_file) == {False: len(on_file)}


def test_print_alone_shows_what_depends_on_it_better_than_five_tools_together(results):
    tied = [one for one in results if one.tie != TIES[2]]
    noticed = sum(one.audit in NOTICED for one in tied) / len(tied)
    assert noticed - sum(one.others != "" for one in tied) / len(tied) > 0.2
    computed = [one for one in tied if one.tie == TIES[0]]
    assert sum(one.audit in NOTICED for one in computed) / len(computed) > noticed > 0.8


def test_results_are_read_as_they_were_written(tmp_path, results):
    benchmark.write(results[:5], tmp_path / "some.csv")
    assert benchmark.load(tmp_path / "some.csv") == results[:5]
    broken = replace(results[0], kind="a,b")
    benchmark.write([broken], tmp_path / "some.csv")
    assert benchmark.load(tmp_path / "some.csv") == [broken]
    with pytest.raises(InputError, match="no such file"):
        benchmark.load(tmp_path / "none.csv")
