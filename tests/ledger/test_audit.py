"""The ledger: what each verdict takes, and that a wrong digit in the paper would not go unnoticed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import audit, predictions, recipes
from analysis_lib.ledger.audit import deviations, expected
from analysis_lib.ledger.verdicts import VERDICTS, Claim, judge
from analysis_lib.printed.number import Interval, Printed
from analysis_lib.printed.transcription import COLUMNS, PublishedNumber, Transcription

# Numbers from which the made-up claims below follow. (statistic, printed)
GIVEN = {
    "men": ("count", "12"),
    "women": ("count", "14"),
    "all": ("n", "26"),
    "others.men": ("count", "13"),
    "others.women": ("count", "10"),
    "mean": ("mean", "2.0"),
    "ratio": ("hr", "0.264"),
    "low": ("ci_lo", "0.103"),
    "high": ("ci_hi", "0.678"),
    "none": ("count", "0"),
    "everyone": ("percent", "45"),
}
SEX = "men; others.men; women; others.women"  # Pearson 0.469, Fisher 0.571, Yates 0.661


def number(id: str, statistic: str, printed: str, same_as: str = "", own: bool = True) -> PublishedNumber:
    return PublishedNumber(
        id, "table1", "made up", "all", statistic, Printed(printed), "", same_as, own, Path("numbers.csv"), 2
    )


def transcription(*more: PublishedNumber) -> Transcription:
    return Transcription([*(number(id, *rest) for id, rest in GIVEN.items()), *more])


def recipe(id: str, method: str, inputs: str = "", stated: str = "", variant: str = "", note: str = ""):
    terms = tuple(recipes.parse_term(t) for t in inputs.split(";")) if inputs else ()
    return recipes.Recipe(id, variant, method, terms, tuple(stated.split("|")) if stated else (), note)


def claim(printed: str, method: str, inputs: str = "", stated: str = "", statistic: str = "mean") -> Claim:
    """The verdict on a number that the given ones should lead to."""
    target = number("target", statistic, printed)
    return judge(target, [recipe("target", method, inputs, stated)], transcription(target))


# --- each verdict


@pytest.mark.parametrize(
    ("printed", "method", "inputs", "stated", "verdict"),
    [
        # 12 of 26 is 46.15%.
        ("46", "percent", "men; all", "", "consistent"),
        ("46.15", "percent", "men; all", "", "consistent"),
        ("47", "percent", "men; all", "", "contradicted"),
        ("46.1", "percent", "men; all", "", "contradicted"),
        # 2.0 stands for 1.95 to 2.05, so three times it for 5.85 to 6.15.
        ("6.0", "sum", "mean; mean; mean", "", "consistent"),
        ("6.1", "sum", "mean; mean; mean", "", "within-rounding"),
        ("6.2", "sum", "mean; mean; mean", "", "within-rounding"),  # 6.15 would print so
        ("6.3", "sum", "mean; mean; mean", "", "contradicted"),
        # The tests of 12 and 14 against 13 and 10.
        ("0.47", "categorical_p", SEX, "pearson|fisher", "recomputed"),
        # Where both are named, the expected counts (at least 10.2) call for Pearson's.
        ("0.57", "categorical_p", SEX, "pearson|fisher", "other-method"),
        ("0.57", "categorical_p", SEX, "pearson", "other-method"),
        ("0.66", "categorical_p", SEX, "pearson|fisher", "other-method"),
        ("0.66", "categorical_p", SEX, "", "recomputed"),
        (">0.05", "categorical_p", SEX, "fisher", "recomputed"),
        ("<0.05", "categorical_p", SEX, "", "contradicted"),
        ("0.30", "categorical_p", SEX, "", "contradicted"),
        # Wald p of 0.264 (0.103 to 0.678): 0.0056.
        ("0.006", "wald_p", "ratio; low; high", "", "consistent"),
        ("0.0057", "wald_p", "ratio; low; high", "", "within-rounding"),
        ("0.01", "wald_p", "ratio; low; high", "", "consistent"),
        ("0.007", "wald_p", "ratio; low; high", "", "contradicted"),
        # Bounds and statements.
        ("3.0", "at_most", "mean", "", "contradicted"),
        ("2.1", "at_most", "mean", "", "unchecked"),
        ("1.9", "at_least", "mean", "", "unchecked"),
        ("1.8", "at_least", "mean", "", "contradicted"),
        ("5", "between", "mean; all", "", "unchecked"),
        ("27", "between", "mean; all", "", "contradicted"),
        ("5", "patient_level", "", "", "unchecked"),
    ],
)
def test_a_verdict(printed, method, inputs, stated, verdict):
    found = claim(printed, method, inputs, stated)
    assert found.verdict == verdict
    assert found.reason.endswith((".", ". "))
    assert printed in found.reason or method == "patient_level"


def test_a_claim_says_how_it_was_reached():
    found = claim("46", "percent", "men; all")
    assert (found.method, found.library, found.inputs) == ("percent", "analysis_lib.ledger.methods", ("men", "all"))
    assert found.recomputed == pytest.approx(1200 / 26)
    assert found.bounds == Interval(found.recomputed, found.recomputed)
    assert found.reason == "12 of 26, in per cent gives 46.15, printed 46."


def test_a_value_within_rounding_comes_with_its_range():
    found = claim("6.1", "sum", "mean; mean; mean")
    assert (found.bounds.low, found.bounds.high) == (pytest.approx(5.85), pytest.approx(6.15))
    assert "gives 6 from the digits as printed, and 5.85 to 6.15 over their rounding" in found.reason


def test_another_method_is_named_beside_the_stated_one():
    found = claim("0.66", "categorical_p", SEX, "pearson|fisher")
    assert "yates gives 0.6612, printed 0.66. The stated pearson gives 0.4687." in found.reason
    assert found.recomputed == pytest.approx(0.661218842496)  # R 4.2.2: chisq.test(s)$p.value


def test_a_contradiction_lists_all_that_was_tried_and_the_distance_of_the_nearest():
    found = claim("0.50", "categorical_p", SEX, "pearson|fisher")
    for text in ("pearson gives 0.4687", "fisher gives 0.5709", "yates gives 0.6612"):
        assert text in found.reason
    # 0.50 ends at 0.495; Pearson's 0.468733 is 2.6 hundredths below.
    assert "nearest is 2.6 units of the last digit away" in found.reason
    assert found.recomputed == pytest.approx(0.468733106478)  # R 4.2.2: chisq.test(s, correct = FALSE)


def test_all_that_agree_are_named():
    assert "pearson) gives 0.4687, printed >0.05. So does fisher, yates and likelihood ratio." in (
        claim(">0.05", "categorical_p", SEX).reason
    )


def test_an_infinite_odds_ratio_is_no_number_of_the_json():
    found = claim("2.0", "odds_ratio", "men; men; women; all")  # nobody without among the first
    assert (found.verdict, found.recomputed) == ("contradicted", float("inf"))
    row = found.as_dict()
    assert (row["recomputed"], row["low"], row["high"]) == (None, None, None)
    json.dumps(row, allow_nan=False)


def test_of_several_variants_the_one_that_agrees_speaks():
    target = number("target", "percent", "54")
    variants = [recipe("target", "percent", f"{who}; all", variant=who) for who in ("men", "women")]
    found = judge(target, variants, transcription(target))
    assert (found.verdict, found.recomputed) == ("consistent", pytest.approx(1400 / 26))
    assert [(o.name, o.agrees) for o in found.outcomes] == [("men", "no"), ("women", "digits")]
    assert found.inputs == ("men", "all", "women")


def test_the_stated_method_goes_before_another_that_hits_the_digits():
    # Table 1's ages: Welch's p is 0.3898, Student's 0.3789 and up to 0.397 within the rounding.
    ages = {"m1": "54.7", "s1": "9.7", "m2": "57.7", "s2": "13.8", "n1": "26", "n2": "23"}
    given_ages = [number(id, "n" if id[0] == "n" else "mean", text) for id, text in ages.items()]
    target = number("target", "p", "0.39")
    way = "m1; s1; n1; m2; s2; n2"
    found = [
        judge(target, [recipe("target", "t_test", way, stated)], transcription(target, *given_ages))
        for stated in ("pooled", "welch", "pooled|welch")
    ]
    assert [f.verdict for f in found] == ["within-rounding", "recomputed", "recomputed"]
    assert [f.recomputed for f in found] == pytest.approx([0.378892058604, 0.389800748381, 0.389800748381])
    # Welch's p may be up to 0.408 within the rounding, Student's may not be 0.402.
    other = number("target", "p", "0.402")
    way = [recipe("target", "t_test", way, "pooled")]
    assert judge(other, way, transcription(other, *given_ages)).verdict == "other-method"


def test_what_cannot_be_computed_is_contradicted_and_says_why():
    assert "no single count out of 26 prints as 45%" in claim("5", "sum", "everyone % all").reason
    empty = claim("50", "percent", "none; none")
    assert (empty.verdict, empty.recomputed) == ("contradicted", None)
    assert "nothing to compute" in empty.reason
    assert claim("1.0", "wald_estimate", "none; none").verdict == "contradicted"


def test_a_convention_that_does_not_exist_for_the_table_is_not_left_dangling():
    grade = "men; others.men; women; others.women; men; women"
    found = claim(">0.05", "categorical_p", grade, "yates")  # Yates's correction is for 2×2 only
    assert found.verdict == "other-method"
    assert "The stated method cannot be computed here." in found.reason


@pytest.mark.parametrize(
    ("printed", "own", "verdict"),
    [
        ("26", True, "consistent"),
        ("27", True, "contradicted"),
        ("26.4", True, "contradicted"),
        ("26", False, "cited"),
        ("27", False, "contradicted"),
    ],
)
def test_a_repeat_must_say_what_the_first_printing_said(printed, own, verdict):
    repeat = number("again", "mean", printed, same_as="all", own=own)
    found = judge(repeat, [recipe("all", "sum", "men; women")], transcription(repeat))
    assert found.verdict == verdict
    assert ("26 where it is first given (all)" in found.reason) is (printed != "26")


def test_a_note_is_told_with_the_reason():
    target = number("target", "percent", "47")
    with_note = [recipe("target", "percent", "men; all", note="A slip of the pen.")]
    assert judge(target, with_note, transcription(target)).reason.endswith(" A slip of the pen.")


@pytest.mark.parametrize("printed", ["<26", ">26", "0", "999999999999999", "999999999999999.9", "0.000000000000001"])
@pytest.mark.parametrize(
    ("method", "inputs"),
    [
        ("percent", "men; target"),
        ("odds_ratio", "men; target; women; all"),
        ("odds_ratio_p", "men; all; women; target"),
        ("t_test", "mean; mean; target; mean; mean; all"),
        ("pooled_sd", "mean; mean; mean; mean; all; target"),
        ("categorical_p", "men; target; women; all"),
        ("product", "target; target"),
        ("wald_limit", "target; low"),
        ("wald_level", "ratio; low; high; target"),
        ("t_test_split", "mean; mean; mean; mean; target; mean; all; all"),
    ],
)
def test_no_number_however_odd_ends_the_audit_in_a_traceback_or_spoils_the_json(printed, method, inputs):
    odd = number("target", "mean", printed)
    found = judge(number("claim", "p", printed), [recipe("claim", method, inputs)], transcription(odd))
    assert found.verdict in VERDICTS
    json.dumps(found.as_dict(), allow_nan=False)


# --- a table that adds up


def table_of(cells: list[list[int]]) -> Mapping[str, str]:
    """Counts of two groups with all their sums and, rounded half up, shares of the column."""
    printed = {f"{i}.{j}": str(cells[i][j]) for i in range(len(cells)) for j in range(2)}
    printed |= {f"{i}.all": str(sum(cells[i])) for i in range(len(cells))}
    printed |= {f"total.{j}": str(sum(row[j] for row in cells)) for j in range(2)}
    shares = {
        f"{i}.{j}.share": str((200 * cells[i][j] + int(printed[f"total.{j}"])) // (2 * int(printed[f"total.{j}"])))
        for i in range(len(cells))
        for j in range(2)
    }
    return printed | shares


def recipes_of_table(rows: int) -> dict[str, str]:
    sums = {f"total.{j}": "; ".join(f"{i}.{j}" for i in range(rows)) for j in range(2)}
    sums |= {f"{i}.all": f"{i}.0; {i}.1" for i in range(rows)}
    return sums


def verdicts_of_table(printed: Mapping[str, str], rows: int) -> dict[str, str]:
    numbers = Transcription(
        [number(id, "percent" if id.endswith("share") else "count", text) for id, text in printed.items()]
    )
    found = {}
    for id, inputs in recipes_of_table(rows).items():
        found[id] = judge(numbers[id], [recipe(id, "sum", inputs)], numbers).verdict
    for id in printed:
        if id.endswith("share"):
            cell, column = id.removesuffix(".share"), id.split(".")[1]
            way = [recipe(id, "percent", f"{cell}; total.{column}")]
            found[id] = judge(numbers[id], way, numbers).verdict
    return found


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_in_a_table_that_adds_up_no_count_and_no_share_can_be_off_by_one_unseen(data):
    rows = data.draw(st.integers(2, 4))
    cells = [[data.draw(st.integers(1, 30)) for _ in range(2)] for _ in range(rows)]
    printed = dict(table_of(cells))
    before = verdicts_of_table(printed, rows)
    assert set(before.values()) == {"consistent"}
    id = data.draw(st.sampled_from(sorted(printed)))
    step = data.draw(st.sampled_from([1, -1]))
    if id.endswith("share"):
        # A share that is a tie may print either way, so a step towards it is none.
        cell, column = id.removesuffix(".share"), id.split(".")[1]
        tie = 200 * int(printed[cell]) % (2 * int(printed[f"total.{column}"])) == int(printed[f"total.{column}"])
        if tie or printed[id] == "0":
            return
    printed[id] = str(int(printed[id]) + step)
    assert verdicts_of_table(printed, rows) != before


# --- the paper


def test_every_number_of_the_paper_has_one_verdict_in_the_order_of_the_transcription(claims, paper):
    assert list(claims) == list(paper)
    for id, found in claims.items():
        assert (found.id, found.number) == (id, paper[id])
        assert found.verdict in VERDICTS
        assert found.reason.strip().endswith(".")


def test_the_verdicts_are_the_expected_ones(claims):
    assert deviations(claims, expected()) == []


def test_a_number_that_was_recomputed_has_its_value_and_its_origin(claims):
    for found in claims.values():
        if found.verdict in ("recomputed", "consistent", "within-rounding", "other-method"):
            assert found.number.interval.distance(found.recomputed) == 0 or found.verdict == "within-rounding"
            assert found.method and found.library and found.inputs
            assert found.number.interval.meets(found.bounds)
        if found.verdict == "cited":
            assert not found.number.own
            assert found.recomputed is None


def test_the_one_contradiction_is_a_p_value_that_was_rounded_twice(claims):
    (id,) = (id for id, found in claims.items() if found.verdict == "contradicted")
    assert id == "results-radiology.liver_gone.p"
    # R 4.2.2: fisher.test(matrix(c(5, 7, 0, 8), 2)) gives 0.0546956; the paper prints 0.06.
    assert claims[id].recomputed == pytest.approx(0.0546955624355, rel=1e-10)
    assert claims[id].reason.endswith("SPSS displays 0.055, and rounding that once more explains what is printed.")


def test_p_values_of_the_paper_are_those_of_r(claims):
    # R 4.2.2: fisher.test of Table 1's grades, t.test from Table 1's ages (Welch), glm of Table 5.
    for id, p in (
        ("table1.grade.p", 8.30694931416e-05),
        ("table1.age.p", 0.389800748381),
        ("table5.grade_1_surgery.p", 0.000299109148412),
        ("table4.all_comparisons.p", 0.123391922082),
    ):
        assert claims[id].recomputed == pytest.approx(p, rel=1e-10), id


def test_what_the_json_says_of_a_number(claims):
    rows = [found.as_dict() for found in claims.values()]
    contract = {"id", "where", "printed", "verdict", "recomputed", "method", "inputs", "reason"}
    assert all(contract <= row.keys() for row in rows)
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    row = claims["table1.sex_male.p"].as_dict()
    assert row["printed"] == "0.47"
    assert row["recomputed"] == pytest.approx(0.468733106478)  # R 4.2.2, at full precision
    assert len(row["inputs"]) >= 2
    assert {c["name"]: c["agrees"] for c in row["conventions"]} == {
        "pearson": "digits", "fisher": "no", "yates": "no", "likelihood ratio": "digits"
    }  # fmt: skip


def test_a_convention_that_is_not_defined_does_not_hide_those_after_it():
    # The exact test is for at most 2,000 patients; Yates's correction comes after it.
    counts = [number(id, "count", text) for id, text in zip("abcd", ("1200", "1300", "1100", "1000"), strict=True)]
    numbers = Transcription([*counts, number("target", "p", "0.5")])
    found = judge(numbers["target"], [recipe("target", "categorical_p", "a; b; c; d")], numbers)
    assert {"pearson", "yates"} <= {o.name for o in found.outcomes}
    assert "fisher" not in {o.name for o in found.outcomes}


def test_what_print_cannot_settle_says_so_in_a_sentence():
    reason = "It needs each patient's value, which is not public."
    assert claim("5", "patient_level").reason == reason


def test_a_recipe_without_conventions_lists_none():
    assert claim("46", "percent", "men; all").as_dict()["conventions"] == []


def test_one_more_that_agrees_is_named_alone_and_two_with_and(claims):
    alone, two = claims["abstract.response.p"], claims["results-surgery.fibrosis_pr_sd.surgery.p"]
    assert alone.reason.endswith("printed 0.02. So does fisher: PR, SD, PD and not evaluable.")
    assert two.reason.endswith("So does pooled, 15 and 9 patients and welch, 16 and 8 patients.")


@pytest.mark.parametrize(
    ("printed", "method", "inputs", "span"),
    [
        ("2.0", "at_most", "mean", "another printed number: at most 2.05; printed 2.0."),
        ("2.0", "at_least", "mean", "another printed number: at least 1.95; printed 2.0."),
        ("2.9", "at_most", "mean", "another printed number: at most 2.05; but printed 2.9."),
        ("5", "between", "mean; all", ": from 1.9"),
        ("27", "between", "mean; all", ": from 1.95 to 26; but printed 27."),
    ],
)
def test_what_bounds_a_number_is_told_with_its_ends(printed, method, inputs, span):
    assert span in claim(printed, method, inputs).reason


def test_what_was_withheld_says_what_came_out_and_what_that_is_worth(claims):
    seen = set()
    for found in claims.values():
        one = found.withheld
        if one is None or found.verdict not in ("attainable", "foretold"):
            continue
        low, high = map(float, re.search(r"between (\S+) and (\S+) in 9 of 10", found.reason).groups())
        assert f"({one.draws} in all" in found.reason, found.id
        assert ("undefined in" in found.reason) is (one.undefined > 0), found.id
        assert one.holds is found.number.interval.meets(Interval(low, high)), found.id
        assert (found.verdict == "foretold") is (one.holds and one.informative), found.id
        words = {(True, True): "narrow enough to have missed", (True, False): "many other values"}
        assert words.get((one.holds, one.informative), "lies outside") in found.reason, found.id
        seen.add((one.holds, one.informative))
    assert {(True, True), (True, False), (False, False)} <= seen


def test_the_json_has_what_was_withheld_of_each_such_number_and_its_repeats(claims, paper):
    firsts = {paper[id].same_as or id for id in predictions.load(paper) if id in paper}
    withheld = {id for first in firsts for id in (first, *paper.repeats(first))}
    rows = {id: found.as_dict() for id, found in claims.items()}
    assert withheld and {id for id, row in rows.items() if row["withheld"]} == withheld
    for id in withheld:
        assert list(rows[id]["withheld"]) == ["low", "middle", "high", "percentile", "draws", "informative"]


def test_a_repeat_in_the_same_digits_is_no_evidence_of_its_own(claims, paper):
    for id, found in claims.items():
        first = paper[id].same_as
        same = bool(first) and paper[id].printed == paper[first].printed
        assert (found.verdict == "repeated") is same, id
        assert found.first == (claims[first].verdict if same else ""), id


# --- a fact printed twice, and halves


@pytest.mark.parametrize(
    ("statistic", "first", "again", "agrees"),
    [
        ("median", "14.7", "14.7", True), ("median", "14.7", "14.8", False), ("median", "14.7", "15", True),
        # 14.5 prints as 15 or as 14; no rule prints 14.45 and what is above it as 14.4 too.
        ("median", "14.5", "15", True), ("median", "14.5", "14", True), ("median", "14.4", "14.5", False),
        ("median", "14.55", "14.5", True), ("median", "14.55", "14.7", False),
        ("median", "15", "14.999", True),
        ("p", "<0.001", "0.0004", True), ("p", "<0.001", "0.02", False), ("p", "<0.001", "<0.0001", True),
        ("count", "26", "26", True), ("count", "26", "27", False),
        ("threshold", ">180", "180", True), ("threshold", ">180", ">179", False),
        ("threshold", ">180", "<180", False), ("threshold", ">180", "≥180", False), ("threshold", "180", ">180", True),
    ],
)  # fmt: skip
def test_two_printings_of_a_fact_must_be_roundings_of_one_value(statistic, first, again, agrees):
    numbers = transcription(number("one", statistic, first), number("two", statistic, again, same_as="one"))
    found = judge(numbers["two"], [recipe("one", "patient_level")], numbers)
    assert found.verdict == ("unchecked" if agrees else "contradicted")


@pytest.mark.parametrize(("printed", "verdict"), [("38", "consistent"), ("37", "contradicted"), ("37.5", "consistent")])
def test_a_half_that_is_known_exactly_is_rounded_up_or_to_even(printed, verdict):
    numbers = [number("nine", "count", "9"), number("of", "n", "24"), number("share", "percent", printed)]
    found = judge(numbers[2], [recipe("share", "percent", "nine; of")], Transcription(numbers))
    assert found.verdict == verdict
    assert ("a half" in found.reason) is (verdict == "contradicted")


def test_a_half_of_a_rounded_number_may_have_been_rounded_either_way():
    numbers = [number("one", "mean", "0.35"), number("target", "mean", "0.3")]
    assert judge(numbers[1], [recipe("target", "sum", "one")], Transcription(numbers)).verdict == "consistent"


@pytest.mark.parametrize(("statistic", "printed", "limits"), [("p", "1.2", "from 0 to 1"), ("hr", "<0", "not below 0")])
def test_what_no_number_of_a_kind_can_be_is_told_with_its_limits(statistic, printed, limits):
    found = claim(printed, "patient_level", statistic=statistic)
    assert (found.verdict, found.reason) == (
        "contradicted",
        f"Printed {printed}, but a number of this kind is {limits}.",
    )


def test_what_print_cannot_settle_has_the_bounds_of_its_kind():
    assert claim("0.5", "patient_level", statistic="p").bounds == Interval(0, 1)


def test_an_inequality_is_not_explained_by_rounding_twice():
    counts = [number(id, "count", text) for id, text in zip("abcd", ("5", "10", "5", "29"), strict=True)]
    numbers = Transcription([*counts, number("target", "p", "<0.05")])
    found = judge(numbers["target"], [recipe("target", "odds_ratio_p", "a; b; c; d")], numbers)
    # Woolf: z = ln 4.8 / sqrt(1/5 + 1/5 + 1/5 + 1/24) = 1.9582.
    assert found.recomputed == pytest.approx(0.0502039936616)
    assert (found.verdict, "SPSS displays" in found.reason) == ("contradicted", False)


# --- the audit as a whole, and the list of expected verdicts


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[list[tuple[str, ...]], str], tuple[Path, Path]]:
    def write(rows: list[tuple[str, ...]], recipe_lines: str) -> tuple[Path, Path]:
        with (tmp_path / "numbers.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([COLUMNS, *rows])
        (tmp_path / "recipes.csv.txt").write_text(",".join(recipes.COLUMNS) + "\n" + recipe_lines)
        return tmp_path, tmp_path / "recipes.csv.txt"

    return write


MEN = ("men", "table1", "men", "all", "count", "12", "patients", "", "yes")


def test_an_audit_of_other_numbers_by_other_recipes(folder):
    rows = [MEN, ("men.again", *MEN[1:7], "men", "yes"), ("elsewhere", *MEN[1:7], "", "no")]
    found = audit.audit(*folder(rows, "men,,reported_once,,,\n"))
    assert {id: c.verdict for id, c in found.items()} == {
        "men": "unchecked",
        "men.again": "repeated",
        "elsewhere": "cited",
    }


def test_a_number_of_the_studys_own_needs_a_recipe(folder):
    with pytest.raises(InputError, match=r"numbers\.csv, row 3: women has no recipe \(add a row to recipes"):
        audit.audit(*folder([MEN, ("women", *MEN[1:])], "men,,reported_once,,,\n"))


def test_deviations_tell_what_was_expected_and_what_came(claims):
    three = dict(list(claims.items())[:3])
    a, b, c = three
    verdicts = {a: three[a].verdict, b: "contradicted", "ghost": "cited"}
    assert deviations(three, verdicts) == [
        f"{b}: expected contradicted, got {three[b].verdict}. {three[b].reason}",
        f"{c}: {three[c].verdict}, but no verdict is expected of it",
        "ghost: expected cited, but it is not in the transcription",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,verdict\na,cited\na,cited\n", "row 3, column 'id': 'a' stands twice"),
        ("id,verdict\na,right\n", "row 2, column 'verdict': 'right' is not a verdict (one of recomputed, "),
        ("id\na\n", "row 1: lacks the column 'verdict'"),
    ],
)
def test_a_list_of_expected_verdicts_that_is_not_as_described(tmp_path, content, words):
    (tmp_path / "expected.csv").write_text(content)
    with pytest.raises(InputError, match=re.escape("expected.csv, " + words)):
        expected(tmp_path / "expected.csv")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=100), st.lists(st.sampled_from(["id", "verdict", ",", "\n", "cited", '"', "a"])).map("".join)
    )
)
def test_no_content_whatever_is_taken_for_verdicts_that_there_are_not(tmp_path, content):
    file = tmp_path / "expected.csv"
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        found = expected(file)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert set(found.values()) <= set(VERDICTS)


def manifest(folder: Path, met: dict[str, str], name: str = "cohorts.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"met": met}), encoding="utf-8")
    return folder


def test_what_cohorts_were_built_to_meet_is_attainable_whichever_printing_they_name(tmp_path):
    # The median is first printed in the abstract; the cohorts name a later printing.
    folder = manifest(tmp_path / "ensemble", {"results-survival.os.surgery.median": "14.7"})
    claims = audit.audit(ensemble=folder, predictions=tmp_path)
    printings = [id for id in claims if id.endswith("os.surgery.median")]
    assert len(printings) == 3
    first, *later = (claims[id] for id in printings)
    assert (first.verdict, first.first) == ("attainable", "")
    assert {(c.verdict, c.first) for c in later} == {("repeated", "attainable")}
    assert "built to" in first.reason and f"({first.id}), which is attainable." in later[0].reason
    # A percentage follows from counts, whatever cohorts do.
    assert claims["table1.sex_male.surgery.percent"].verdict == "consistent"


def test_cohorts_that_meet_other_digits_make_nothing_attainable(tmp_path):
    folder = manifest(tmp_path / "ensemble", {"results-survival.os.surgery.median": "14.8"})
    assert "attainable" not in {c.verdict for c in audit.audit(ensemble=folder).values()}


def test_every_ensemble_must_meet_a_number_for_it_to_count(tmp_path):
    folder = manifest(tmp_path / "ensemble", {"abstract.os.p": "0.003", "abstract.pfs.p": "0.02"})
    manifest(folder, {"abstract.os.p": "0.003"}, "more.json")
    assert audit.met_by_cohorts(folder) == {"abstract.os.p": "0.003"}
    assert audit.met_by_cohorts(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "not json", '"met"', '{"met": 3}', '{"met": {"a": 3}}', '{"met": {"a": "3", "b": 3}}']
)
def test_a_manifest_that_is_none_is_refused(tmp_path, text):
    folder = tmp_path / "ensemble"
    folder.mkdir()
    (folder / "cohorts.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="not the manifest"):
        audit.met_by_cohorts(folder)
