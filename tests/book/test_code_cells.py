"""Code stands behind one quiet button, open where the chapter shows it, and nothing of a page is lost."""

import re
import sys

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import code_cells  # noqa: E402

INPUT = """<div class="cell_input docutils container">
<div class="highlight-ipython3 notranslate"><div class="highlight"><pre><span></span>{}
</pre></div>
</div>
</div>"""
BAR = """<details class="admonition hide above-input">
<summary>
<p class="collapsed admonition-title">Show code cell {0}</p>
<p class="expanded admonition-title">Hide code cell {0}</p>
</summary>
{1}
</details>"""
OUTPUT = '<div class="cell_output docutils container"><table><tr><td>1</td></tr></table></div>'


def test_shown_code_is_open_and_hidden_code_closed_each_behind_one_button():
    page = code_cells.folded(f"{INPUT.format('one')}{OUTPUT}{BAR.format('source', INPUT.format('two'))}{OUTPUT}")
    assert re.findall(r"<details([^>]*)><summary>Code</summary>", page) == [' class="code" open', ' class="code"']
    assert page.count("<details") == page.count("</details>") == 2 and "Show code" not in page
    assert page.count("cell_input") == 2 and page.count(OUTPUT) == 2


def test_what_hides_its_output_too_is_called_a_table_with_its_code_inside():
    page = code_cells.folded(BAR.format("content", INPUT.format("three") + OUTPUT))
    assert page.startswith('<details class="more"><summary>Show the table</summary>')
    assert page.count("<summary>Code</summary>") == 1 and page.count("</details>") == 2 and OUTPUT in page
