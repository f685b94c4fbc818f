"""The causal diagram has an arrow for each that it names, and none that leads nowhere."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import FancyBboxPatch

from analysis_lib.chapters import causal_diagram


def test_every_arrow_joins_two_boxes_and_is_told():
    picture = causal_diagram.draw()
    assert {end for arrow in causal_diagram.ARROWS for end in arrow} == set(causal_diagram.NODES)
    assert picture.alt.count("acts on") == len(causal_diagram.ARROWS) == len(set(causal_diagram.ARROWS))


@pytest.mark.parametrize("narrow", [False, True])
def test_every_box_stands_on_the_sheet_and_in_no_other(narrow):
    figure = causal_diagram.draw_on(narrow)
    boxes = [patch.get_window_extent() for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    plt.close(figure)
    assert len(boxes) == len(causal_diagram.NODES)
    assert all(node.words in words for node in causal_diagram.NODES.values())
    for k, box in enumerate(boxes):
        assert figure.bbox.contains(box.x0, box.y0) and figure.bbox.contains(box.x1, box.y1)
        assert not any(box.overlaps(other) for other in boxes[:k])
