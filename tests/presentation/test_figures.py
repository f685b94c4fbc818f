"""Figures reach a page as SVG with alt text, caption and data, the same bytes each time."""

import base64
import re

import matplotlib.pyplot as plt
import pandas as pd

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import verdicts
from analysis_lib.presentation import figures


def draw(name="demo"):
    figures.style()
    figure, axis = plt.subplots()
    axis.plot([1, 2], [3, 4], color=figures.COLOURS["surgery"])
    axis.set_xlabel("years")
    data = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
    return figures.picture(figure, name=name, alt='a "line"', caption="Up & up.", data=data)


def test_a_picture_carries_alt_text_caption_and_its_data():
    html = draw()._repr_html_()
    assert 'role="img" aria-label="a &quot;line&quot;"' in html
    assert "Up &amp; up." in html
    data = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1]).decode()
    assert data == "x,y\n1,3\n2,4\n"


def test_ink_follows_the_page_and_hues_do_not():
    svg = draw().svg
    assert "currentColor" in svg and "#010203" not in svg
    assert figures.COLOURS["surgery"] in svg


def test_the_same_drawing_gives_the_same_bytes():
    assert draw().svg == draw().svg


def test_ids_of_two_figures_never_meet():
    def ids(picture):
        return set(re.findall(r'\bid="([^"]+)"', picture.svg))

    one, other = draw("one"), draw("other")
    assert ids(one) and not ids(one) & ids(other)
    # Each reference still finds its target.
    assert set(re.findall(r'href="#([^"]+)"', one.svg)) <= ids(one)


def test_a_drawing_is_closed_once_it_is_a_picture():
    plt.close("all")
    draw()
    assert plt.get_fignums() == []


def test_the_style_sheet_has_the_figures_colours_of_groups():
    css = (ROOT / "book/_static/look.css").read_text(encoding="utf-8")
    for group, colour in figures.COLOURS.items():
        assert f"--g-{group}: {colour};" in css


def test_a_verdict_is_drawn_in_its_badges_colour_in_light_and_in_dark():
    css = (ROOT / "book/_static/book.css").read_text(encoding="utf-8")
    for verdict, shade in figures.VERDICT_COLOURS.items():
        assert f"--v-{verdict}: {shade};" in css
    figures.style()
    figure, axis = plt.subplots()
    axis.barh([0], [1], color=figures.VERDICT_COLOURS["foretold"])
    svg = figures.picture(figure, name="bar", alt="", caption="", data=pd.DataFrame()).svg
    assert "fill: var(--v-foretold, #8a2c72)" in svg


def test_every_verdict_has_a_colour_of_its_own():
    assert set(figures.VERDICT_COLOURS) == set(verdicts.VERDICTS)
    assert len(set(figures.VERDICT_COLOURS.values())) == len(verdicts.VERDICTS)
