"""An empty form for a centre's own patients, an invented cohort in it, and the dictionary of its columns.

All follow from the schema, so that none can fall behind it; `tools/data/remake.py` invents the patients.
"""

from __future__ import annotations

import pandas as pd

from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.schema import describe_field, fields

EXAMPLES = ROOT / "data" / "examples"
TEMPLATE = EXAMPLES / "template.csv"
EXAMPLE = EXAMPLES / "invented.csv"
PATIENTS = 64


def template() -> str:
    """The heading of a cohort file with every column of the schema, as CSV."""
    return ",".join(fields()) + "\n"


def dictionary() -> pd.DataFrame:
    """What each column holds.

    Returns
    -------
    pandas.DataFrame
        One row a column of the schema: ``column, meaning, values, needed``; ``needed`` is True where
        no cohort can do without.

    Examples
    --------
    >>> dictionary().query("needed")["column"].tolist()
    ['patient', 'group', 'os_years', 'os_event']
    """
    rows = []
    for name, field in fields().items():
        labels = field.get("labels", {})
        meaning = field["description"]
        if labels:
            meaning += ": " + "; ".join(f"{key} {label}" for key, label in labels.items())
        rows.append((name, meaning, describe_field(field), bool(field.get("constraints", {}).get("required"))))
    return pd.DataFrame(rows, columns=["column", "meaning", "values", "needed"])
