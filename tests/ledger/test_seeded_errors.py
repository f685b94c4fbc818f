"""Each kind of error on a transcription small enough to see them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.ledger.seeded_errors import KINDS, ROW_LOST, ROW_TWICE, rows, seeded
from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import PublishedNumber, Transcription

# id, statistic, printed, first printing
PRINTED = (
    ("table1.men.surgery.count", "count", "12", ""),
    ("table1.men.prrt_only.count", "count", "13", ""),
    ("table1.men.p", "p", "<0.47", ""),
    ("table1.women.surgery.count", "count", "14", ""),
    ("table1.women.prrt_only.count", "count", "10", ""),
    ("table1.women.p", "p", "0.57", ""),
    ("table5.grade.hr", "hr", "0.264", ""),
    ("table5.grade.ci_lo", "ci_lo", "0.106", ""),
    ("table5.grade.ci_hi", "ci_hi", "0.661", ""),
    ("discussion.men.surgery.count", "count", "12", "table1.men.surgery.count"),
    ("discussion.elsewhere.cited", "cited", "38", ""),
)
MEN, MEN_OTHERS, MEN_P, WOMEN, WOMEN_OTHERS, WOMEN_P, RATIO, LOW, HIGH, AGAIN, CITED = (id_ for id_, *_ in PRINTED)


@pytest.fixture(scope="module")
def numbers() -> Transcription:
    return Transcription(
        [
            PublishedNumber(
                id_, id_.partition(".")[0], "", "", s, Printed(text), "", first, id_ != CITED, Path("n.csv"), 2
            )
            for id_, s, text, first in PRINTED
        ]
    )


def of(kind: str, numbers: Transcription) -> list[dict[str, str]]:
    return [dict(error.digits) for error in seeded(numbers) if error.kind == kind]


def of_number(kind: str, id_: str, numbers: Transcription) -> list[str]:
    return [digits[id_] for digits in of(kind, numbers) if id_ in digits]


@pytest.mark.parametrize(
    ("kind", "id_", "changed"),
    [
        ("last digit, by one", RATIO, ["0.265", "0.263"]),
        ("last digit, by more", MEN_OTHERS, ["10", "11", "15", "16", "17", "18", "19"]),
        ("transposition", RATIO, ["2.064", "0.624", "0.246"]),
        ("decimal point", RATIO, ["264", "2.64", "0.0264"]),
        ("decimal point", WOMEN_OTHERS, ["1.0"]),
        ("sign", MEN_P, ["0.47", ">0.47"]),
        ("sign", WOMEN_P, ["<0.57", ">0.57"]),
        ("sign", RATIO, []),
    ],
)
def test_wrong_digits_points_and_signs(kind, id_, changed, numbers):
    assert of_number(kind, id_, numbers) == changed


def test_several_wrong_digits_are_two_or_more(numbers):
    found = of_number("several digits", RATIO, numbers)
    assert found
    for text in found:
        digits = Printed(text).digits.replace(".", "").rjust(4, "0")
        assert sum(new != old for new, old in zip(digits, "0264", strict=True)) >= 2


def test_limits_groups_and_rows_are_exchanged(numbers):
    assert of("limits exchanged", numbers) == [{LOW: "0.661", HIGH: "0.106"}]
    assert of("groups exchanged", numbers) == [{MEN: "13", MEN_OTHERS: "12"}, {WOMEN: "10", WOMEN_OTHERS: "14"}]
    assert of("rows exchanged", numbers) == [
        {MEN: "14", WOMEN: "12", MEN_OTHERS: "10", WOMEN_OTHERS: "13", MEN_P: "0.57", WOMEN_P: "<0.47"}
    ]


@pytest.mark.parametrize("kind", [ROW_LOST, ROW_TWICE])
def test_whole_rows_are_lost_or_stand_twice(kind, numbers):
    expected = [{MEN, MEN_OTHERS, MEN_P}, {WOMEN, WOMEN_OTHERS, WOMEN_P}, {RATIO, LOW, HIGH}, {AGAIN}]
    assert (
        [set(digits) for digits in of(kind, numbers)] == expected == [set(r.values()) for r in rows(numbers).values()]
    )


def test_all_printings_of_a_fact_change_alike(numbers):
    found = of("all printings alike", numbers)
    assert {MEN: "21", AGAIN: "21"} in found
    assert all(digits.keys() == {MEN, AGAIN} and len(set(digits.values())) == 1 for digits in found)


def test_every_error_changes_the_studys_own_numbers_and_no_other(numbers):
    errors = seeded(numbers)
    assert {error.kind for error in errors} == set(KINDS)
    for error in errors:
        assert error.digits and CITED not in error.digits
        assert all(text != numbers[id_].printed.text for id_, text in error.digits.items())


def test_a_sample_is_the_same_again_and_part_of_the_whole(paper):
    some, every = seeded(paper, most=20), seeded(paper)
    assert some == seeded(paper, most=20)
    assert all(error in every for error in some)
    assert max(sum(error.kind == kind for error in some) for kind in KINDS) == 20
    assert len(every) >= 10_000
