"""The colours of code with fewer marks: Pygments marks each word, mostly in the colour that it has anyway.

Marks are three quarters of a page of source code. What one sees stays as it was.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

_RULE = re.compile(r"\.highlight (?:\.(\w+) )?\{ ([^}]*?) \}")
_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
_MARK = re.compile(r'<span class="(\w+)">([^<]*)</span>')
_ALIKE = re.compile(r"<i class=(\w+)>[^<]*</i>(?:\s*<i class=\1>[^<]*</i>)+")


def colours(style: str) -> dict[str, str]:
    """Each mark of code with the shortest that looks like it in all themes; empty if it looks like unmarked code."""
    rules: dict[str, list[str]] = defaultdict(list)
    for name, rule in _RULE.findall(style):
        rules[name].append(re.sub(r"background: \S+; ", "", rule))
    unmarked = rules.pop("")
    first: dict[tuple[str, ...], str] = {}
    return {
        name: "" if rule == unmarked else first.setdefault(tuple(rule), name)
        for name, rule in sorted(rules.items(), key=lambda one: (len(one[0]), one[0]))
    }


def fewer(html: str, colours: Mapping[str, str]) -> str:
    """The page with one mark in its code for neighbours that look alike, and none that would not be seen."""

    def mark(match: re.Match[str]) -> str:
        if match[1] not in colours:
            return match[0]
        name = colours[match[1]]
        return f"<i class={name}>{match[2]}</i>" if name else match[2]

    def join(run: re.Match[str]) -> str:
        return re.sub(rf"</i>(\s*)<i class={run[1]}>", r"\1", run[0])

    return _CODE.sub(lambda code: _ALIKE.sub(join, _MARK.sub(mark, code[0])), html)
