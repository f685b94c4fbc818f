"""The ledger's first page: a line for each number, filters, downloads."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from analysis_lib.presentation import ledger_index
from analysis_lib.presentation.tables import entry_address


def test_every_number_has_a_line_that_leads_to_its_entry(claims):
    rows = re.findall(r'<tr data-method=.*?<a href="([^"]+)"', ledger_index.find(claims).html)
    assert rows == [entry_address(id) for id in claims]


def test_a_reason_stays_in_its_attribute(claims):
    id = next(iter(claims))
    nasty = replace(claims[id], reason='says "<b>"')
    assert 'data-reason="says &quot;&lt;b&gt;&quot;"' in ledger_index.find({id: nasty}).html


def test_filters_offer_only_what_occurs(claims):
    def offered(among):
        selects = re.findall(r'<select name="(\w+)">(.*?)</select>', ledger_index.find(among).html)
        return {name: set(re.findall(r'<option value="([^"]+)"', options)) for name, options in selects}

    few = {id: c for id, c in claims.items() if c.number.where == "table3"}
    few["x"] = replace(few[next(iter(few))], verdict="foretold")
    found = offered(few)
    assert found["where"] == {"table3"}
    assert found["verdict"] == {c.verdict for c in few.values()} and "foretold" in found["verdict"]
    assert found["method"] == {c.method for c in few.values() if c.method}


def test_downloads_hold_every_number(claims):
    rows = list(csv.DictReader(io.StringIO(ledger_index.as_csv(claims))))
    assert (
        [row["id"] for row in rows] == [row["id"] for row in json.loads(ledger_index.as_json(claims))] == list(claims)
    )
    row = next(row for row in rows if row["id"] == "table1.sex_male.p")
    assert row["printed"] == "0.47" and float(row["recomputed"]) == pytest.approx(0.4687331065)
