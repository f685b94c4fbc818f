"""Recipes as data: a recipe means one thing, and one that means nothing is refused with its row."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import recipes
from analysis_lib.ledger.methods import Bound, Derivation, Statement
from analysis_lib.ledger.recipes import COLUMNS, NoSuchCount, Recipe, Term
from analysis_lib.printed import transcription
from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import PublishedNumber, Transcription

# However slow the machine.
at_ease = settings(deadline=None)

SHARED_FILE = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HEADING = ",".join(COLUMNS)


def number(id: str, statistic: str, printed: str) -> PublishedNumber:
    return PublishedNumber(
        id, "table1", "made up", "all", statistic, Printed(printed), "", "", True, Path("numbers.csv"), 2
    )


NUMBERS = Transcription(
    [
        number("men", "count", "12"),
        number("women", "count", "14"),
        number("all", "n", "26"),
        number("share", "percent", "46"),
        number("odd-share", "percent", "45"),
        number("no-share", "percent", "0"),
        number("age", "mean", "56.1"),
    ]
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., dict[str, list[Recipe]]]:
    """Load recipes from lines of text, the heading understood."""

    def read(*lines: str) -> dict[str, list[Recipe]]:
        file = tmp_path / "recipes.csv"
        file.write_text("\n".join([HEADING, *lines]) + "\n", encoding="utf-8", errors="surrogatepass")
        return recipes.load(NUMBERS, file)

    return read


def term(text: str) -> Term:
    return recipes.parse_term(text)


# --- inputs

ids = st.text("abyz09_.-", min_size=1, max_size=8).filter(lambda id: id[0] not in ".-")
terms = st.lists(st.tuples(st.sampled_from([1, -1]), ids, st.one_of(st.just(""), ids)), min_size=1, max_size=6).map(
    lambda parts: Term(((1, *parts[0][1:]), *parts[1:]))  # the first has no sign in front
)


def written(parts: Term) -> str:
    signed = [("+ " if sign > 0 else "- ") + id + (f" % {of}" if of else "") for sign, id, of in parts.parts]
    return " ".join(signed).removeprefix("+ ")


@at_ease
@given(terms)
def test_an_input_that_is_written_down_reads_as_what_was_meant(meant):
    assert term(written(meant)) == meant
    assert term(written(meant).replace(" ", "  ")) == meant


def test_the_ids_of_an_input_stand_in_order():
    assert term("a + b % n - c").parts == ((1, "a", ""), (1, "b", "n"), (-1, "c", ""))
    assert term("a + b % n - c").ids == ("a", "b", "n", "c")


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a +", "+ a", "- a", "a + + b", "a %", "a % b c", "a % b % c", "a * b"]
)
def test_an_input_that_is_no_sum_is_refused(text):
    # "+ a" reads as an id "+" and then no sign; the reader of ids would refuse it as well.
    with pytest.raises(ValueError, match=r"is not ids|ends with %|is blank"):
        term(text)


@at_ease
@given(st.lists(st.tuples(st.sampled_from([1, -1]), st.sampled_from(["men", "women", "all"])), min_size=1))
def test_counts_add_up_without_any_rounding(parts):
    values = {"men": 12, "women": 14, "all": 26}
    value, interval = Term(tuple((sign, id, "") for sign, id in parts)).evaluate(NUMBERS)
    assert value == interval.low == interval.high == sum(sign * values[id] for sign, id in parts)


def test_rounded_numbers_carry_their_rounding_along():
    value, interval = term("age - share + men").evaluate(NUMBERS)
    assert value == pytest.approx(56.1 - 46 + 12)
    # Half a unit of each rounded number either way: 0.05 and 0.5.
    assert (interval.low, interval.high) == (pytest.approx(22.1 - 0.55), pytest.approx(22.1 + 0.55))


def test_a_percentage_of_a_group_is_the_count_it_must_be():
    value, interval = term("share % all").evaluate(NUMBERS)  # 12 of 26 is 46.15%
    assert (value, interval.low, interval.high) == (12, 12, 12)
    assert term("all - share % all").evaluate(NUMBERS)[0] == 14
    assert term("no-share % all").evaluate(NUMBERS)[0] == 0


def test_a_percentage_that_no_count_gives_is_told_apart():
    with pytest.raises(NoSuchCount, match="no single count out of 26 prints as 45%"):
        term("odd-share % all").evaluate(NUMBERS)  # 11 of 26 is 42.3%, 12 of 26 is 46.2%


def test_a_percentage_of_what_is_no_count_is_refused():
    with pytest.raises(InputError, match=r"age prints 56\.1, where a whole number is needed"):
        term("share % age").evaluate(NUMBERS)


# --- the file


def test_a_recipe_is_read_as_it_stands(read):
    (recipe,) = read("share,of all,percent,men; men + women,,a note")["share"]
    assert recipe == Recipe("share", "of all", "percent", (term("men"), term("men + women")), (), "a note")
    assert recipe.ids == ("men", "women")
    assert isinstance(recipe.method, Derivation)


def test_variants_stand_together_in_their_order(read):
    found = read("share,one,percent,men; all,,", "all,,sum,men; women,,", "share,two,percent,women; all,,")
    assert [r.variant for r in found["share"]] == ["one", "two"]
    assert list(found) == ["share", "all"]


def test_what_is_stated(read):
    (named,), (open_,) = read(
        "age,,categorical_p,men; women; all; men,pearson|fisher,",
        "share,,t_test_split,age; age; age; age; all; age; men; women,welch,",
    ).values()
    # Expected counts of 10, and of 2 in the second table: a paper that names both tests means one of them.
    for counts, stated in (((10, 10, 10, 10), [True, False, False]), ((2, 2, 8, 8), [False, True, False])):
        assert [named.is_stated(c, counts) for c in ("pearson", "fisher", "yates")] == stated
    assert open_.is_stated("welch, 3 and 5 patients", ())
    assert not open_.is_stated("pooled, 3 and 5 patients", ())


def test_a_paper_that_states_nothing_leaves_every_convention_open(read):
    ((recipe,),) = read("share,,percent,men; all,,").values()
    assert recipe.is_stated("", (1, 2))
    assert recipe.is_stated("anything", (1, 2))


BAD = [
    ("ghost,,percent,men; all,,", "id", "'ghost' is not an id of the transcription"),
    ("share,,divide,men; all,,", "method", "'divide' is not a method (one of percent, "),
    ("share,,,men; all,,", "method", "'' is not a method"),
    ("share,,percent,men; ghost,,", "inputs", "'ghost' is not an id of the transcription"),
    ("share,,percent,men; share % ghost,,", "inputs", "'ghost' is not an id of the transcription"),
    ("share,,percent,men all,,", "inputs", "is not ids joined by +, - and %"),
    ("share,,percent,men; ,,", "inputs", "an input is blank"),
    ("share,,percent,men; all %,,", "inputs", "ends with %"),
    ("share,,percent,,,", "inputs", "percent cannot take 0 inputs (2)"),
    ("share,,percent,men,,", "inputs", "percent cannot take 1 inputs (2)"),
    ("share,,percent,men; all; all,,", "inputs", "percent cannot take 3 inputs (2)"),
    ("share,,categorical_p,men; all; men; all; men,,", "inputs", "(4, or more by 2 at a time)"),
    ("share,,categorical_p,men; all,,", "inputs", "categorical_p cannot take 2 inputs (4, or more"),
    ("share,,patient_level,men,,", "inputs", "patient_level cannot take 1 inputs (0)"),
    ("share,,categorical_p,men; all; men; all,pearsn,", "stated", "(one of pearson, fisher, yates"),
    ("share,,percent,men; all,pearson,", "stated", "'pearson' is not a convention of percent (leave it blank)"),
    ("share,,at_most,men,pearson,", "stated", "'pearson' is not a convention of at_most"),
    ("share,,patient_level,,pearson,", "stated", "'pearson' is not a convention of patient_level"),
]


@pytest.mark.parametrize(("line", "column", "words"), BAD)
def test_a_recipe_that_means_nothing(read, line, column, words):
    with pytest.raises(InputError) as caught:
        read("age,,patient_level,,,", line)
    assert f"recipes.csv, row 3, column {column!r}: " in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("second", "column", "words"),
    [
        ("share,,percent,women; all,,", "variant", "share has this variant already"),
        ("share,two,at_most,women,,", "method", "only derivations can have variants"),
        ("share,two,patient_level,,,", "method", "only derivations can have variants"),
    ],
)
def test_variants_that_cannot_stand_together(read, second, column, words):
    with pytest.raises(InputError, match=re.escape(f"row 3, column {column!r}: {words}")):
        read("share,,percent,men; all,,", second)


def test_two_bounds_of_one_number_are_not_variants(read):
    with pytest.raises(InputError, match="row 3, column 'method': only derivations"):
        read("share,,at_most,men,,", "share,two,percent,men; all,,")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADING.replace("method,", "") + "\n", "row 1: lacks the column 'method'"),
        (HEADING + "\nshare,,percent\n", "row 2: has 3 cells where the heading has 6"),
        (HEADING + "\nsh\0are,,,,,\n", "row 2: holds a NUL byte"),
    ],
)
def test_a_file_that_is_no_table_of_recipes(tmp_path, content, words):
    (tmp_path / "r.csv").write_text(content)
    with pytest.raises(InputError, match=re.escape(f"r.csv, {words}")):
        recipes.load(NUMBERS, tmp_path / "r.csv")


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        recipes.load(NUMBERS, tmp_path / "none.csv")


cells = st.sampled_from(
    [
        "share",
        "all",
        "men; all",
        "men + women",
        "share % all",
        "%",
        ";",
        "percent",
        "sum",
        "between",
        "patient_level",
        "pearson|fisher",
        "|",
        "categorical_p",
        "men; all; men; all",
        '"',
        "",
        "-",
        "+",
    ]
)
nearly = st.lists(st.lists(cells, min_size=6, max_size=6).map(",".join), max_size=3)


@given(st.one_of(st.lists(st.text(max_size=80), max_size=3), nearly))
@SHARED_FILE
def test_no_line_whatever_gets_past_the_reader_but_as_a_recipe_or_as_bad_input(read, lines):
    try:
        found = read(*lines)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert set(found) <= set(NUMBERS)


# --- the recipes of the paper


@pytest.fixture(scope="module")
def paper() -> tuple[Transcription, dict[str, list[Recipe]]]:
    numbers = transcription.load()
    return numbers, recipes.load(numbers)


def test_no_number_of_the_paper_is_derived_from_itself(paper):
    numbers, known = paper
    for id, variants in known.items():
        own = {id, *numbers.repeats(id)}
        assert not own & {i for recipe in variants for i in recipe.ids}, id


def test_every_number_of_the_studys_own_has_a_recipe_and_no_cited_one(paper):
    numbers, known = paper
    for number in numbers.values():
        assert bool(known.get(number.id) or known.get(number.same_as)) is number.own, number.id


def test_a_count_or_percentage_of_the_paper_is_derived_or_bounded_wherever_its_kin_are_printed(paper):
    numbers, known = paper
    kinds = {id: type(variants[0].method) for id, variants in known.items()}
    assert set(kinds.values()) == {Derivation, Bound, Statement}
    percentages = [i for i in kinds if numbers[i].statistic == "percent"]
    derived = [i for i in percentages if kinds[i] is Derivation]
    assert len(derived) > 150
    for id in derived:
        # `12 (46%)` is two rows: where the count stands beside it, the percentage comes from it.
        count = id.removesuffix("percent") + "count"
        if count in numbers:
            first = numbers[count].same_as or count
            assert any({count, first} & set(r.ids) for r in known[id]), id


def test_each_row_of_the_file_is_some_recipe(paper):
    with recipes.RECIPES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sum(len(variants) for variants in paper[1].values()) == len(rows)
