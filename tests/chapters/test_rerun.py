"""The chapter on reruns: the check answers all mistakes but two, rounding costs a ratio, and R agrees."""

import re

from analysis_lib.chapters import parameters, rerun


def test_all_mistakes_but_the_last_two_are_answered():
    unseen = [mistake for mistake, lines in rerun.mistakes().items() if not lines]
    assert unseen == ["Chromogranin A in other units", "A follow-up that ended years ago"]
    assert rerun.mistake_table().html.count('<td data-label="Answer"><div>nothing') == 2


def test_rounding_times_changes_the_ratio_of_an_operation_that_comes_in_time():
    ratios = rerun.ratios_by_rounding()
    assert [round(ratios[decimals], 2) for decimals in rerun.ROUNDED_TO] == [1.13, 1.08, 1.31]


def test_every_number_beside_r_is_r_s():
    found = rerun.agreement_with_r()
    assert found["patients"].nunique() == 5
    assert found["apart"].max() < 1e-6
    assert rerun.agreement_table(found).html.count("<tr>") == len(found) + 1


def test_the_table_of_parameters_has_each_of_them_with_its_chapter():
    table = rerun.parameter_table().html
    for chapter, declared in parameters.CHAPTERS.items():
        if chapter != "your-cohort":
            assert len(re.findall(f'href="{chapter}.html"', table)) == len(declared)
