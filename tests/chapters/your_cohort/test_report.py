"""The report on a cohort: R's numbers stand on it, sections follow the columns, sentences follow the results."""

import json
import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import parameters
from analysis_lib.chapters.your_cohort import wording
from analysis_lib.chapters.your_cohort.report import SECTIONS, Report
from analysis_lib.cohort.problems import CohortError

R = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())
EVERYTHING = ("opening", *SECTIONS, "not_here")
HEADING = "patient,group,os_years,os_event\n"


def report(**values) -> Report:
    return Report(parameters.check("your-cohort", values))


def page(made: Report, *sections: str) -> str:
    """The text of some sections, of all by default; a cell ends with a bar."""
    shown = [made.section(s) if s in SECTIONS else getattr(made, s)() for s in sections or EVERYTHING]
    html = "".join(part._repr_html_() for part in shown if part is not None)
    return unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(td|th|p|li|h2)>", "|", html)))


def written(tmp_path, text: str) -> str:
    (tmp_path / "mine.csv").write_text(HEADING + text)
    return str(tmp_path / "mine.csv")


def interval(ratio: list[float]) -> str:
    return wording.interval(pd.Series({"hr": ratio[2], "ci_low": ratio[3], "ci_high": ratio[4]}))


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("name", ["stanford", "veteran", "invented"])
def test_every_estimate_on_the_page_is_the_one_that_r_has_under_the_same_conventions(name, ties):
    r = R[name]
    file = "example" if name == "invented" else str(ROOT / "data" / "examples" / f"{name}.csv")
    made = report(
        cohort=file, ties=ties, median_interval="log", landmark_months=r["landmark"], horizon_years=r["horizon"]
    )
    text = page(made, "survival", *(["immortal-time"] if "waiting" in r else []))
    overall = r["endpoints"]["os"]
    for analysis in ("naive", "landmark", "over_time"):
        if analysis in overall:
            assert f"|{interval(overall[analysis][ties])}|" in text
    for group in overall["groups"].values():
        for found in (group["medians"]["log"], group["reverse"]["log"]):
            middle, low, high = (np.nan if x is None else x for x in found)
            assert f"|{wording.median(pd.Series({'median': middle, 'ci_low': low, 'ci_high': high}))}|" in text
    mean, se = overall["means"]["difference"]
    assert f"|{mean:.2f} ({mean - 1.959964 * se:.2f} to {mean + 1.959964 * se:.2f})|" in text
    assert f"|{wording.p_value(overall['logrank'])}|" in text
    for way, words in (("prrt_only", "PRRT only"), ("not_yet", "as long as not operated on")):
        if "waiting" in r:
            risk, low, high = (f"{100 * x:.0f}%" for x in r["waiting"][way])
            assert re.search(rf"{words}\|\d+\|\d+\|{risk} \({low} to {high}\)\|", text)
    if name == "invented":
        text = page(made, "confounding")
        for method in ("complete_ratio", "covariate", "iptw", "overlap"):
            assert f"|{interval(r['adjusted'][method][ties])}|" in text


def test_a_file_with_the_least_columns_has_the_sections_that_these_allow_and_says_what_the_others_need(tmp_path):
    rows = "".join(f"{n},{'surgery' if n % 2 else 'prrt_only'},{n},{n % 3 > 0:d}\n" for n in range(1, 31))
    made = report(cohort=written(tmp_path, rows))
    shown = {section: page(made, section) for section in EVERYTHING}
    assert all(shown[section] for section in ("opening", "in-short", "survival", "beside-the-paper"))
    assert not any(shown[s] for s in ("who", "treatment", "response", "operation", "immortal-time", "confounding"))
    left_out = shown["not_here"].split("|")[1:-1]
    assert len(left_out) == 6
    assert any("Immortal time" in line and "months_to_surgery" in line for line in left_out)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("1,surgery,3,1\n", ["1 patient operated on after PRRT", "there is only one group"]),
        (
            "1,surgery,3,0\n2,prrt_only,2,0\n3,surgery,5,0\n",
            ["not reached", "There are no deaths, so nothing can be said"],
        ),
        ("1,surgery,3,1\n2,surgery,4.5,0\n3,surgery,0,1\n", ["there is only one group", "3 patients operated on"]),
        ("1,surgery,5,1\n2,surgery,6,1\n3,prrt_only,1,1\n4,prrt_only,2,1\n", ["There are only 4 deaths"]),
        ("1,surgery,.9,1\n2,surgery,1.2,0\n3,prrt_only,.4,1\n4,prrt_only,1.1,0\n", ["not up to 5"]),
    ],
    ids=["one patient", "no deaths", "one group", "deaths that never overlap", "short of the landmark and the horizon"],
)
def test_a_poor_cohort_has_a_report_with_reasons_and_nothing_that_is_not_a_number(tmp_path, rows, says):
    text = page(report(cohort=written(tmp_path, rows)))
    for words in says:
        assert words in text
    assert not re.search(r"\bnan\b|\binf\b", text, re.IGNORECASE)


def test_of_patients_who_were_not_observed_so_long_no_risk_is_made_up(tmp_path):
    (tmp_path / "mine.csv").write_text(
        HEADING.strip() + ",months_to_surgery,kps\n1,surgery,.9,1,3,90\n2,prrt_only,1.2,0,,80\n3,prrt_only,.5,1,,100\n"
    )
    made = report(cohort=str(tmp_path / "mine.csv"))
    text = page(made)
    assert text.count("|nobody was observed so long|") == 2
    assert "Balance cannot be measured in groups so small." in text
    assert not re.search(r"\bnan\b|\binf\b", text, re.IGNORECASE)


def test_sentences_follow_the_estimates_of_the_file_in_either_direction(tmp_path):
    rng = np.random.default_rng(5)
    worse = "".join(
        f"{n},{'surgery' if n % 2 else 'prrt_only'},{rng.exponential(1 if n % 2 else 8):.5f},1\n" for n in range(1, 61)
    )
    better = worse.replace("surgery", "x").replace("prrt_only", "surgery").replace(",x,", ",prrt_only,")
    assert "The interval lies above 1." in page(report(cohort=written(tmp_path, worse)), "in-short")
    assert "The interval lies below 1." in page(report(cohort=written(tmp_path, better)), "in-short")
    assert "no evidence of equal risks" in wording.position_of_interval(0.5, 2)


def test_a_refused_file_ends_with_all_that_is_wrong(tmp_path):
    with pytest.raises(CohortError) as refused:
        report(cohort=written(tmp_path, "1,surgery,3,1\n1,sugery,-2,1\n"))
    for words in ("sugery", "-2", "patient"):
        assert words in str(refused.value)


def test_what_looks_odd_in_a_file_is_said_first_and_escaped(tmp_path):
    (tmp_path / "<b>.csv").write_text(HEADING.strip() + ",<i>x</i>\n1,surgery,3,1,7\n2,prrt_only,4,0,7\n")
    html = report(cohort=str(tmp_path / "<b>.csv")).opening()._repr_html_()
    assert "&lt;b&gt;.csv" in html and "<i>" not in html
    assert "Look again at the file" in html and "&lt;i&gt;x&lt;/i&gt;" in html
    assert "&amp;lt;" not in html, "escaped once"


def test_the_confounding_section_names_what_the_score_lacks_and_says_where_groups_are_apart(tmp_path):
    example = pd.read_csv(ROOT / "data" / "examples" / "invented.csv").drop(columns=["kps"])
    example["tumour_size_post_mm"] = np.where(example["group"] == "surgery", 20, 60) + example["patient"] % 7
    example.to_csv(tmp_path / "mine.csv", index=False)
    made = report(cohort=str(tmp_path / "mine.csv"))
    text = page(made, "confounding")
    assert "performance score (not in the file)" in text
    assert "The covariates separate the groups" in text
    assert "not comparable: the score lacks performance score" in page(made, "beside-the-paper")
