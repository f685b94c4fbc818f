"""The code of each cell behind one quiet button, which a ``details`` element is: it opens without scripts too.

Code that a chapter shows stands open and can be closed; code that it hides stands closed. code.js adds a switch for
all of a page.
"""

from __future__ import annotations

import re

_INPUT = r'<div class="cell_input docutils container">\s*<div class="highlight-.*?</pre></div>\s*</div>\s*</div>'
_BAR = r'<details class="admonition hide above-input">\s*<summary>\s*<p[^>]*>Show code cell {}</p>.*?</summary>'
_HIDDEN = re.compile(rf"{_BAR.format('source')}\s*({_INPUT})\s*</details>", re.DOTALL)
_SHOWN = re.compile(rf"(?<!</summary>)({_INPUT})", re.DOTALL)
_WITH_OUTPUT = re.compile(_BAR.format("content"), re.DOTALL)


def folded(html: str) -> str:
    """The page with each cell's code in a ``details`` element."""
    html = _HIDDEN.sub(r'<details class="code"><summary>Code</summary>\1</details>', html)
    html = _WITH_OUTPUT.sub('<details class="more"><summary>Show the table</summary>', html)
    return _SHOWN.sub(r'<details class="code" open><summary>Code</summary>\1</details>', html)
