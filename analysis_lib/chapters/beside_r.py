"""What R answered about public patients, and tables of this book's numbers beside it."""

from __future__ import annotations

import json
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.base.paths import ROOT
from analysis_lib.presentation import tables


def answers(script: str) -> dict:
    """What R answered when ``tests/oracles/SCRIPT.R`` asked it."""
    return json.loads((ROOT / "tests" / "oracles" / f"{script}.json").read_text(encoding="utf-8"))


def agreement_table(found: pd.DataFrame, script: str, number: str, caption: str) -> tables.Html:
    """Table of two columns of words and ``here, r, apart``, numbers or lists; ``{}`` in the caption is R's version."""

    def written(values: float | list[float]) -> str:
        return ", ".join("not reached" if np.isnan(x) else format(x, number) for x in np.atleast_1d(values))

    rows = [
        (escape(whose), escape(what), written(here), written(r), f"{apart:.0e}" if apart else "0")
        for whose, what, here, r, apart in found.itertuples(index=False)
    ]
    heads = (*found.columns[:2].str.capitalize(), "This book", "R", "Apart by")
    return tables.table(heads, rows, caption.format("{R}, survival {survival}".format_map(answers(script))))
