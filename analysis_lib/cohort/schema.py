"""The schema of a cohort file: its columns, as `data/datapackage.json` describes them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from analysis_lib.base.paths import ROOT

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PACKAGE = ROOT / "data" / "datapackage.json"


@cache
def fields() -> dict[str, dict]:
    """Each column's descriptor in the schema, by name."""
    package = json.loads(PACKAGE.read_text(encoding="utf-8"))
    return {field["name"]: field for field in package["resources"][0]["schema"]["fields"]}


def type_column(values: pd.Series, name: str) -> pd.Series:
    """Type the values of a column as the schema has it.

    Returns
    -------
    pandas.Series
        Numbers as int64, or as float64 where they are no whole numbers or there are blanks (NaN);
        text as objects with None.

    Examples
    --------
    >>> import pandas as pd
    >>> type_column(pd.Series([1, None]), "os_event").tolist()
    [1.0, nan]
    """
    kind = fields()[name]["type"]
    if kind == "string":
        return values.astype(object).where(values.notna(), None)
    return values.astype("int64" if kind == "integer" and values.notna().all() else "float64")


def to_array(values: pd.Series, name: str) -> np.ndarray:
    """A column as an array: numbers as float64 with NaN for a blank, text as objects with None.

    Examples
    --------
    >>> import pandas as pd
    >>> to_array(pd.Series(["G1", None]), "grade").tolist()
    ['G1', None]
    """
    if fields()[name]["type"] == "string":
        return values.astype(object).where(values.notna(), None).to_numpy()
    return values.to_numpy(float)


def describe_field(field: dict) -> str:
    """Describe the values that a column's descriptor allows.

    Examples
    --------
    >>> describe_field(fields()["os_event"])
    'one of 0, 1'
    >>> describe_field(fields()["months_to_surgery"])
    'a number of at least 0, in months, or blank'
    """
    limits = field.get("constraints", {})
    if "enum" in limits:
        words = "one of " + ", ".join(map(str, limits["enum"]))
    else:
        words = {"integer": "a whole number", "number": "a number", "string": "text"}[field["type"]]
        if "minimum" in limits and "maximum" in limits:
            words += f" from {limits['minimum']:g} to {limits['maximum']:g}"
        elif "minimum" in limits:
            words += f" of at least {limits['minimum']:g}"
    if unit := field.get("unit"):
        words += f", in {unit}"
    return words if limits.get("required") else words + ", or blank"
