"""The search page knows every printed number."""

import json
import re
import sys

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import search_numbers  # noqa: E402


def test_the_search_page_carries_each_number_as_printed(claims):
    html = search_numbers.with_numbers("<body></body>", claims)
    rows = json.loads(re.search(r'id="printed-numbers">(.*?)</script>', html)[1])
    assert {id: printed for id, printed, *_ in rows} == {id: c.number.printed.text for id, c in claims.items()}
