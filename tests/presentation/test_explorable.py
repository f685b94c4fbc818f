"""A figure with a slider shows its first step without scripts, and carries every step for the script."""

import json
import re

from bs4 import BeautifulSoup

from analysis_lib.presentation import explorable

STEPS = [
    {"step": "12 months", "sentence": "Few < all.", "ratio": "0.5", "mark": {"cx": "0.0%"}},
    {"step": "13 months", "sentence": "</script> & more.", "ratio": "0.7", "mark": {"cx": "50.0%", "cy": "1"}},
]


def shown(first):
    figure = explorable.Explorable(
        name="demo",
        label="Move",
        drawing=f"<svg>{explorable.shape_slot('circle', 'mark')}</svg>",
        beneath=f"<p>{explorable.text_slot('ratio')}</p>",
        steps=STEPS,
        first=first,
        caption="Up & up.",
        csv="x\n1\n",
    )
    return BeautifulSoup(figure._repr_html_(), "html.parser")


def test_the_chosen_step_stands_in_the_drawing_and_the_slider_is_hidden():
    page = shown(1)
    assert page.find(attrs={"data-part": "ratio"}).text == "0.7"
    assert page.circle["cx"] == "50.0%" and page.circle["cy"] == "1"
    assert page.output.text == "</script> & more." and page.output["aria-live"] == "polite"
    assert page.find(class_="controls").has_attr("hidden")
    assert page.input["aria-valuetext"] == "13 months" and page.input["value"] == "1" and page.input["max"] == "1"
    assert [page.label["for"]] == [page.input["id"]] == page.output["for"]


def test_the_script_reads_every_step_as_it_was_given():
    text = re.search(r'<script type="application/json">(.*?)</script>', str(shown(0)), re.DOTALL)[1]
    assert json.loads(text) == STEPS


def test_an_axis_puts_a_label_at_its_share_of_the_drawing():
    plot = BeautifulSoup(explorable.plot("A > B", "", "", {"5": 0.25}, {"50%": 0.5}, "years"), "html.parser")
    places = {text.text: (text["x"], text["y"]) for text in plot.find_all("text")}
    assert places == {"5": ("25.0%", "100%"), "50%": ("-10", "50.0%"), "years": ("50%", "100%")}
    assert plot.svg["aria-label"] == "A > B"
