"""Code keeps its text and its colours with fewer marks."""

import re
import sys

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import code_marks  # noqa: E402

STYLE = """html[data-theme="light"] .highlight { background: #fefefe; color: #080808 }
html[data-theme="light"] .highlight .n { color: #080808 } /* Name */
html[data-theme="light"] .highlight .p { color: #080808 } /* Punctuation */
html[data-theme="light"] .highlight .w { color: #080808 } /* Whitespace */
html[data-theme="light"] .highlight .o { color: #00622F } /* Operator */
html[data-theme="light"] .highlight .s2 { color: #00622F } /* String */
html[data-theme="light"] .highlight .k { color: #6730C5 } /* Keyword */
html[data-theme="light"] .highlight .sa { color: #6730C5 } /* Affix */
html[data-theme="dark"] .highlight { background: #2b2b2b; color: #F8F8F2 }
html[data-theme="dark"] .highlight .n { color: #F8F8F2 } /* Name */
html[data-theme="dark"] .highlight .p { color: #FFFFFF } /* Punctuation */
html[data-theme="dark"] .highlight .w { color: #F8F8F2 } /* Whitespace */
html[data-theme="dark"] .highlight .o { color: #ABE338 } /* Operator */
html[data-theme="dark"] .highlight .s2 { color: #ABE338 } /* String */
html[data-theme="dark"] .highlight .k { color: #DCC6E0 } /* Keyword */
html[data-theme="dark"] .highlight .sa { color: #000000 } /* Affix */
"""
CODE = 'x = "a" "b"\nif x == f"<&":\n    return (x)\n'


def test_marks_that_look_alike_in_every_theme_become_one_and_the_invisible_none():
    colours = code_marks.colours(STYLE)
    assert colours == {"n": "", "w": "", "p": "p", "o": "o", "s2": "o", "k": "k", "sa": "sa"}


def test_the_text_stays_with_fewer_marks():
    before = highlight(CODE, PythonLexer(), HtmlFormatter())
    after = code_marks.fewer(before, code_marks.colours(STYLE))
    assert re.sub("<[^>]+>", "", after) == re.sub("<[^>]+>", "", before)
    assert 'x <i class=o>= "a" "b"</i>\n' in after


def test_other_marks_and_other_text_stay():
    page = '<p><span class="n">a</span></p><pre><span class="gp">&gt;&gt;&gt; </span><span class="n">a</span></pre>'
    fewer = code_marks.fewer(page, code_marks.colours(STYLE))
    assert fewer == '<p><span class="n">a</span></p><pre><span class="gp">&gt;&gt;&gt; </span>a</pre>'
