"""The study's page shows the paper's main results as printed."""

import re

from analysis_lib.chapters import study


def test_each_result_is_printed_and_stands_in_its_group(claims):
    html = study.results_table(claims).html
    for row in re.findall(r"<tr>(.*?)</tr>", html)[1:]:
        for head, cell in re.findall(r'data-label="(.*?)"><div>(.*?)</div>', row):
            group = {"PRRT + surgery": "surgery", "PRRT only": "prrt_only"}.get(head)
            for id in re.findall(r'ledger-[\w-]+\.html#([^"]+)"', cell):
                assert claims[id].number.group == group or "cox_surgery" in id or head == "p value"
    assert "14.7" in html and "<br>" not in html
