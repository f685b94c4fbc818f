"""A drawing made light is the same drawing: the same points, colours and words."""

import io
import re

import matplotlib.pyplot as plt
import pytest

from analysis_lib.presentation import svg


def lighten(body, name="n"):
    return svg.lighten(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9pt" height="9pt">{body}</svg>', name
    )


@pytest.mark.parametrize(
    ("written", "light"),
    [
        ("M 0 0 L 1.2345678 0 L 2 0 L 2 3 z", "M0 0H2V3z"),
        ("M 0 0 L 5 0 L 2 0 L 2 -4", "M0 0H5H2V-4"),  # there and back
        ("M 1 1 L 1 1", "M1 1H1"),  # a point, which a line's end may show
        ("M 0 0 L 1 1 L 2 2", "M0 0L1 1L2 2"),
        ("M 0 1 C 0.25 1 0.5 0.75 1 1e-05 M 4 4 L 4 5", "M0 1C0.25 1 0.5 0.75 1 0M4 4V5"),
    ],
)
def test_a_path_keeps_its_corners(written, light):
    assert f'd="{light}"' in lighten(f'<path d="{written}" style="stroke: red"/>')


def test_groups_go_and_what_they_held_stays_in_order():
    found = lighten('<g id="a"><g id="b"><text x="1" y="2">one</text></g><text x="1" y="3">two</text></g><g id="c"/>')
    assert re.findall(r">(\w+)<", found) == ["one", "two"] and "<g" not in found and "id=" not in found


def test_ids_that_are_referred_to_stay_under_the_drawings_name_and_colours_are_no_ids():
    found = lighten(
        '<defs><clipPath id="p1"><rect x="0"/></clipPath></defs>'
        '<path d="M 0 0 L 1 1" clip-path="url(#p1)" style="fill: none; stroke: #0072b2"/>'
    )
    assert 'id="n-0"' in found and 'clip-path="url(#n-0)"' in found and "stroke:#0072b2" in found


def test_opaque_neighbours_of_one_look_become_one_path_and_others_do_not():
    def paths(*styles):
        return lighten("".join(f'<path d="M {k} 0 L 9 9" style="{s}"/>' for k, s in enumerate(styles))).count("<path")

    assert paths("fill: red", "fill: red") == 1
    assert paths("fill: red", "fill: blue", "fill: red") == 3
    assert paths("fill: red; opacity: 0.5", "fill: red; opacity: 0.5") == 2


def test_a_whole_figure_becomes_lighter_and_keeps_its_words_and_curves():
    figure, axis = plt.subplots()
    axis.plot([1, 2, 3], [3, 4, 1])
    axis.set(title="A & B", xlabel="years")
    stream = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none"}):
        figure.savefig(stream, format="svg")
    plt.close(figure)
    found = svg.lighten(stream.getvalue(), "n")
    assert len(found) < len(stream.getvalue()) / 2
    words = [re.findall(r"<text[^>]*>([^<]+)", one) for one in (stream.getvalue(), found)]
    assert words[0] == words[1] and "A &amp; B" in words[1]
    assert "<style" not in found and "#1f77b4" in found
