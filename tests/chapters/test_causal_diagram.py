"""The causal diagram has an arrow for each that it names, and none that leads nowhere."""

import matplotlib.pyplot as plt

from analysis_lib.chapters import causal_diagram
from analysis_lib.presentation import figures


def test_every_arrow_joins_two_boxes_and_is_told():
    figures.style()
    picture = causal_diagram.draw()
    plt.close("all")
    assert {end for arrow in causal_diagram.ARROWS for end in arrow} == set(causal_diagram.NODES)
    assert picture.alt.count("acts on") == len(causal_diagram.ARROWS) == len(set(causal_diagram.ARROWS))
    for node in causal_diagram.NODES.values():
        assert all(line in picture.svg for line in node.words.split("\n"))


def test_no_box_stands_in_another():
    boxes = []
    for node in causal_diagram.NODES.values():
        lines = node.words.split("\n")
        half = (causal_diagram.CHARACTER * max(map(len, lines)) / 2 + 0.03, causal_diagram.LINE * len(lines) / 2 + 0.02)
        boxes.append((node.x - half[0], node.x + half[0], node.y - half[1], node.y + half[1]))
    for k, (left, right, low, high) in enumerate(boxes):
        for x0, x1, y0, y1 in boxes[:k]:
            assert right < x0 or x1 < left or high < y0 or y1 < low
