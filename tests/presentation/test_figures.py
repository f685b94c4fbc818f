"""Figures reach a page as SVG with alt text, caption and data, the same bytes each time."""

import base64
import re

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import verdicts
from analysis_lib.presentation import figures


def draw(name="demo"):
    def on(narrow):
        figure, (axis,) = figures.panels(narrow, 2)
        axis.plot([1, 2], [3, 4], color=figures.COLOURS["surgery"])
        axis.set_xlabel("years")
        return figure

    data = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
    return figures.picture(on, name=name, alt='a "line"', caption="Up & up.", data=data)


def test_a_picture_carries_alt_text_caption_and_its_data():
    html = draw()._repr_html_()
    assert 'role="img" aria-label="a &quot;line&quot;"' in html
    assert "Up &amp; up." in html
    data = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1]).decode()
    assert data == "x,y\n1,3\n2,4\n"


def test_ink_follows_the_page_and_a_groups_colour_its_style_sheet():
    svg = draw().svg
    assert "currentColor" in svg and "#010203" not in svg
    assert f"stroke:var(--g-surgery, {figures.COLOURS['surgery']})" in svg


def test_the_same_drawing_gives_the_same_bytes():
    assert draw().svg == draw().svg


def test_ids_of_two_figures_and_of_a_figures_two_drawings_never_meet():
    ids = [id for name in ("one", "other") for id in re.findall(r'\bid="([^"]+)"', draw(name).svg)]
    assert ids and len(ids) == len(set(ids))


def test_a_figure_is_drawn_for_a_column_and_for_a_phone_with_text_of_one_size():
    wide, narrow = (one for one in draw().svg.split("</svg>") if one)
    sizes = [re.search(r'class="(\w+)".*?width="([\d.]+)pt"', one).groups() for one in (wide, narrow)]
    assert sizes[0][0] == "wide" and sizes[1][0] == "narrow" and float(sizes[1][1]) < float(sizes[0][1]) / 1.8
    assert set(re.findall(r"font-size:([\d.]+px)", wide + narrow)) == {"9.5px"}


def test_panels_stand_side_by_side_and_on_a_phone_one_above_the_other():
    for narrow, shape in ((False, (1, 3)), (True, (3, 1))):
        figure, axes = figures.panels(narrow, 2, 3)
        assert axes[0].get_gridspec().get_geometry() == shape and figure.get_size_inches()[1] == 2 * shape[0]
        plt.close(figure)


@pytest.mark.parametrize("narrow", [False, True])
def test_each_row_has_its_name_beside_it_or_above(narrow):
    figure, (axis,) = figures.panels(narrow, 2)
    figures.label_rows(axis, ["first", "second"], narrow)
    beside = [label.get_text() for label in axis.get_yticklabels()]
    assert beside == (["", ""] if narrow else ["first", "second"])
    assert [(text.get_text(), round(text.get_position()[1])) for text in axis.texts] == (
        [("first", 0), ("second", 1)] if narrow else []
    )
    assert axis.yaxis_inverted()
    plt.close(figure)


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

    def on(narrow):
        figure, (axis,) = figures.panels(narrow, 2)
        axis.barh([0], [1], color=figures.VERDICT_COLOURS["foretold"])
        return figure

    svg = figures.picture(on, name="bar", alt="", caption="", data=pd.DataFrame()).svg
    assert "fill:var(--v-foretold, #8a2c72)" in svg


def test_every_verdict_has_a_colour_of_its_own():
    assert set(figures.VERDICT_COLOURS) == set(verdicts.VERDICTS)
    assert len(set(figures.VERDICT_COLOURS.values())) == len(verdicts.VERDICTS)
