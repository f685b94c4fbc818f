"""The tables of the chapter on verdicts show what the tally and the audit found."""

import re

from analysis_lib.chapters import how_it_works
from analysis_lib.ledger import recipes, tally
from analysis_lib.ledger.verdicts import VERDICTS


def test_the_tally_accounts_for_every_number_once(paper, claims):
    html = how_it_works.tally_table(tally.tally(paper, recipes.load(paper), claims)).html
    cells = re.findall(r'data-label="Evidence"><div>(.*?)</div>.*?data-label="Numbers"><div>([\d,]+)<', html)
    rows = {name: int(number.replace(",", "")) for name, number in cells}
    rows.pop("of these in circles")
    assert sum(rows.values()) == len(claims)


def test_the_numbers_that_the_text_names_have_those_verdicts(claims):
    named = {"foretold": {"abstract.os.p", "abstract.pfs.p"}, "contradicted": {"results-radiology.liver_gone.p"}}
    for verdict, ids in named.items():
        assert {id for id, claim in claims.items() if claim.verdict == verdict} == ids


def test_each_number_outside_the_circles_has_an_equation_of_its_own(paper, claims):
    counted = tally.tally(paper, recipes.load(paper), claims)
    single = counted["arithmetic"] - counted["in_circles"]
    assert single + counted["circles"] == counted["equations"]


def test_a_circle_shows_each_of_its_numbers(claims):
    stem = "results-surgery.{}.surgery.count"
    circle = ["abstract.patients.surgery.n", stem.format("pancreas_only"), stem.format("with_liver_therapy")]
    html = how_it_works.circles_table(claims, [circle]).html
    assert re.findall(r'href="ledger-[\w-]+\.html#([^"]+)"', html) == circle
    assert re.findall(r'">(\d+)<span', html) == ["26", "21", "5"]
    assert "<div>3</div>" in html


def test_the_figure_counts_every_number_at_its_place(claims):
    picture = how_it_works.verdicts_by_place(claims)
    heading, *rows = picture.csv.split()
    assert set(heading.split(",")[1:]) == {c.verdict for c in claims.values()} <= set(VERDICTS)
    assert sum(int(n) for row in rows for n in row.split(",")[1:]) == len(claims)
    table5 = [c.verdict for c in claims.values() if c.number.where == "table5"]
    assert f"Table 5: {table5.count('recomputed')} recomputed, {table5.count('consistent')} consistent" in picture.alt


def test_the_validation_counts_the_truths_between_the_ends_of_their_ranges(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "truth"
    folder.mkdir(parents=True)
    (folder / "ranges.csv").write_text(
        "study,truth,low,high,cohorts\na,1,0,2,3\na,3,0,2,3\nb,2,2,2,99\nc,,0,1,9\nb,5,0,9,3\n"
    )
    monkeypatch.setattr(how_it_works, "ROOT", tmp_path)
    assert how_it_works.truths_inside() == (2, 0.75, (3 * 0.5 + 0.9) / 4)
