"""ROBINS-I V2: each path of the published algorithms leads to the judgement that two transcriptions of them show."""

from itertools import product
from pathlib import Path

import pytest
import yaml

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import robins_i

ORACLE = yaml.safe_load((Path(__file__).parents[1] / "oracles" / "robins_i.yml").read_text(encoding="utf-8"))
JUDGEMENTS = dict(zip(("L", "LE", "M", "S", "C"), robins_i.JUDGEMENTS, strict=True))
SAME = {"Y": ("Y", "PY"), "N": ("N", "PN")}
TOLD = {
    "B1": "Y",
    "B3": "N",
    "1A.1": "SN",
    "1A.4": "N",
    **{"2.1": "Y", "2.4": "N", "2.5": "N", "3.1": "Y", "3.2": "N", "3.3": "N"},
    **{"4.1": "Y", "4.2": "Y", "4.3": "Y", "5.1": "Y", "6.1": "Y"},
}


def paths(chart, node="a"):
    """Each way through a chart: replies by question, and where it ends."""
    question, arrows = chart[node]
    for replies, to in arrows.items():
        for reply in (r for name in replies.split() for r in SAME.get(name, (name,))):
            assert reply in robins_i.OPTIONS[question]
            ends = [({}, to)] if to in JUDGEMENTS else paths(chart, to)
            yield from (({question: reply, **rest}, end) for rest, end in ends)


def judgement(domain, answers):
    return robins_i.judge({**TOLD, **answers}, "1B" if domain == "1B" else "1A")[domain]


@pytest.mark.parametrize(("name", "number"), [("1A", 158), ("1B", 130), ("2", 839), ("5", 53)])
def test_every_path_of_a_chart_leads_where_the_chart_says(name, number):
    found = list(paths(ORACLE["charts"][name]))
    assert len(found) == number
    for answers, end in found:
        assert judgement(name, answers) == JUDGEMENTS[end], answers


def test_selection_is_the_worse_of_its_two_parts_and_serious_may_be_corrected():
    charts = ORACLE["charts"]
    for (timing, one), (other, two) in product(paths(charts["3 timing"]), paths(charts["3 other"])):
        if "S" not in (one, two):
            assert judgement("3", timing | other) == JUDGEMENTS["M" if "M" in (one, two) else "L"]
            continue
        for corrected, end in paths(charts["3 if serious"]):
            assert judgement("3", timing | other | corrected) == JUDGEMENTS[end]


@pytest.mark.parametrize("incomplete", ["4.1", "4.2", "4.3"])
@pytest.mark.parametrize("reply", ["N", "PN", "NI"])
def test_missing_data_follow_the_chart_wherever_they_are(incomplete, reply):
    for answers, end in paths(ORACLE["charts"]["4 unless complete"]):
        assert judgement("4", {incomplete: reply, **answers}) == JUDGEMENTS[end], answers


def test_the_tables_differ_from_the_charts_where_the_module_says():
    differ = []
    for domain, rows in ORACLE["tables"].items():
        for row, (answers, end) in enumerate(rows, 1):
            severe = {"3.6": "N", "3.7": "N", "3.8": "N"}
            if judgement(domain, severe | answers) != JUDGEMENTS[end]:
                differ.append((domain, row))
    assert differ == [("1B", 4), ("2", 4), ("3", 3), ("5", 7)]


def test_the_worst_domain_is_the_whole():
    assert robins_i.judge(TOLD)["overall"] == "Serious"
    assert robins_i.judge({**TOLD, "1A.4": "Y"})["overall"] == "Critical"
    mild = {**TOLD, "1A.1": "Y", "1A.2": "Y", "1A.3": "N", "5.1": "N", "5.2": "N"}
    assert robins_i.judge(mild)["overall"] == robins_i.LOW_EXCEPT


@pytest.mark.parametrize(
    ("first", "stops"),
    [(("N", "Y", "N"), True), (("N", "PN", "N"), False), (("Y", "NA", "PY"), True), (("PY", "NA", "PN"), False)],
)
def test_ignored_confounding_or_an_unsuitable_measure_ends_the_assessment(first, stops):
    judged = robins_i.judge(TOLD | dict(zip(("B1", "B2", "B3"), first, strict=True)))
    assert (judged == {"overall": "Critical"}) == stops


def test_a_reply_of_another_question_and_a_missing_one_are_refused():
    with pytest.raises(InputError, match="'SN' is no reply to 2.1"):
        robins_i.judge({**TOLD, "2.1": "SN"})
    with pytest.raises(robins_i.Unanswered, match="question 2.2 has no answer"):
        robins_i.judge({**TOLD, "2.1": "N"})


def test_one_reply_changed_tells_what_tips_the_judgement():
    tips = {(q, reply) for q, reply, judged in robins_i.one_reply_changed(TOLD) if judged == "Critical"}
    assert tips == {("B3", "Y"), ("B3", "PY"), ("1A.4", "Y"), ("1A.4", "PY")}
    assert not any(q == "2.2" for q, *_ in robins_i.one_reply_changed(TOLD))
