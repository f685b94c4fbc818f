"""The cells of a table that a chapter shows."""

import re


def cells(table) -> list[list[str]]:
    """Of each row of its body the HTML of each cell."""
    rows = re.findall(r"<tr>(<td.*?)</tr>", table.html)
    return [re.findall(r"<div>(.*?)</div>", row) for row in rows]
