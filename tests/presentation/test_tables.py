"""Tables that chapters show; see analysis_lib/presentation/tables.py."""

from __future__ import annotations

import re

import pytest

from analysis_lib.presentation import tables


def test_side_by_side_shows_every_number_of_a_row_once(claims):
    html = tables.side_by_side(claims, "table1", ["sex_male", "age", "bmi"], "Some rows").html
    shown = re.findall(r'href="ledger-[\w-]+\.html#([^"]+)"', html)
    wanted = [id for id in claims if re.match(r"table1\.(sex_male|age|bmi)\.", id)]
    assert sorted(shown) == sorted(wanted)


def test_every_printed_number_carries_its_verdict(claims):
    html = tables.side_by_side(claims, "table1", ["sex_male", "age"], "Two rows").html
    links = re.findall(
        r'<a class="number (\S+)" href="ledger-[\w-]+\.html#([^"]+)".*?<span class="mark"> (\S+)</span></a>', html
    )
    assert links and all(verdict == claims[id].verdict == mark for verdict, id, mark in links)
    assert len(links) == html.count('class="number')


def test_a_repeat_has_the_verdict_on_the_first_printing_beside_its_own(claims):
    first, later = (claims[f"{place}.os.surgery.median"] for place in ("abstract", "results-survival"))
    assert (later.verdict, later.first) == ("repeated", first.verdict)
    words = re.findall(r'class="verdict ([\w-]+)"[^>]*>([\w-]+)<', tables.badge(later))
    assert words == [("repeated", "repeated"), (first.verdict, first.verdict)]
    assert f'title="repeated, first printed {first.verdict}"' in tables.linked(later)
    assert f'title="{first.verdict}"' in tables.linked(first)


def test_compare_has_groups_only_where_there_are_any(claims):
    def heads(id):
        return re.findall(r'<th scope="col">(\w+)', tables.compare(claims, [id], "x").html)

    assert heads("table1.sex_male.p") == ["What", "Printed", "Recomputed", "Verdict"]
    assert heads("table1.sex_male.all.count") == ["What", "Group", "Printed", "Recomputed", "Verdict"]


def test_side_by_side_puts_recomputed_beneath_printed(claims):
    html = tables.side_by_side(claims, "table1", ["sex_male"], "One row").html
    assert re.sub("<[^>]+>", "|", html).count("46%") == 1
    assert "46.15%</small>" in html
    assert "0.4687</small>" in html


def test_side_by_side_says_what_the_values_of_a_row_are(claims):
    html = tables.side_by_side(claims, "table1", ["age", "bmi", "sex_male"], "Rows").html
    assert ">age, years, mean (SD)<" in html
    assert ">body mass index, kg/m2, median (quartiles)<" in html
    assert ">male sex<" in html
    # This row's first number is the limit in its own name.
    assert ">several liver metastases<" in tables.side_by_side(claims, "table1", ["liver_3"], "Row").html


def test_side_by_side_leaves_out_what_is_not_printed(claims):
    # The row of grades has a p value only; a zero has no percentage.
    html = tables.side_by_side(claims, "table1", ["grade", "nec"], "Two rows").html
    assert html.count('<td class="empty"></td>') == 4
    assert re.search(r'data-label="PRRT only"><div><a [^>]+>0<span [^>]+> consistent</span></a></div>', html)


def test_a_unit_that_is_the_rows_own_name_is_said_once(claims):
    html = tables.side_by_side(claims, "table2", ["activity", "cycles"], "Two rows").html
    assert "<div>cumulative activity, GBq, median (range)</div>" in html
    assert "<div>cycles, median (range)</div>" in html


def test_side_by_side_refuses_a_row_that_is_not_there(claims):
    with pytest.raises(KeyError, match="no_such_row"):
        tables.side_by_side(claims, "table1", ["no_such_row"], "No row")


@pytest.mark.parametrize(
    ("method", "ends"),
    # R 4.2.2: binom.test(2, 49), prop.test(2, 49, correct = FALSE)
    [("exact", "0.5% to 14.0%"), ("wilson", "1.1% to 13.7%")],
)
def test_a_share_stands_with_its_interval(method, ends):
    html = tables.share_table([("deaths <of blood>", 2, 49)], 0.95, method, "Shares").html
    assert [f">{cell}</div>" in html for cell in ("2 of 49", "4.1%", ends)] == [True] * 3
    assert "deaths &lt;of blood&gt;" in html and f"95% {'Wilson' if method == 'wilson' else 'Clopper–Pearson'}" in html


def test_in_cohort_shows_printed_and_found_with_the_verdict(claims):
    found = {"table1.bmi.all": {"median": 25.1, "q1": 22.52, "q3": 27.05}, "table1.bmi": {"p": 0.4183}}
    html = tables.in_cohort(claims, found, 3, "One cohort").html
    text = re.sub("<[^>]+>", "", re.sub('<span class="mark">[^<]*</span>', "", html))
    for wanted in ("index, kg/m2, median (quartiles)", "25.1 (22.5–27.1)", "25.1 (22.52–27.05)", "index, p value"):
        assert wanted in text
    assert html.count(">attainable</a>") == 2
    for id in ("table1.bmi.all.q3", "table1.bmi.p"):
        assert f'<a class="number attainable" href="ledger-table1.html#{id}"' in html


def test_in_cohort_refuses_a_value_that_does_not_come_out(claims):
    with pytest.raises(ValueError, match=r"table1\.age\.all\.mean is 57 in cohort 3"):
        tables.in_cohort(claims, {"table1.age.all": {"mean": 57}}, 3, "One cohort")


def test_a_cell_is_set_as_the_paper_sets_it(claims):
    def plain(stem):
        html = re.sub('<span class="mark">[^<]*</span>', "", tables.cell(claims, stem))
        return re.sub("<[^>]+>", "", html.partition("<br>")[0])

    assert plain("table4.none_no_change.surgery") == "5/5 (100%)"
    assert plain("table1.sex_male.surgery") == "12 (46%)"
    assert re.fullmatch(r"[\d.]+ \([\d.]+–[\d.]+\)", plain("table5.kps_death"))
    assert plain("table1.no_such_row") == ""


def test_the_scoreboard_leads_to_the_numbers_it_counts(claims):
    html = tables.scoreboard(claims, ["results-response"]).html
    for verdict, count in re.findall(
        r'href="ledger\.html\?verdict=([\w-]+)&amp;where=results-response#find".*?<div>(\d+)<', html
    ):
        had = [c for c in claims.values() if c.number.where == "results-response" and c.verdict == verdict]
        assert len(had) == int(count)
    assert "where=" not in tables.scoreboard(claims).html
