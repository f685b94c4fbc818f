"""Cells of an SPSS or Stata file: the codes as text, and beside them what each stands for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis_lib.cohort.sheet import MOST_OTHER_CELLS, Sheet, as_text, check_bytes, check_size


def read(file: Path) -> Sheet:
    """The cells of a ``.sav`` or ``.dta`` file, values declared as missing blank; its rows are numbered from 1.

    Raises
    ------
    InputError
        If it is too large.
    """
    import pyreadstat

    read = {".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta}[file.suffix.lower()]
    _, said = read(file, metadataonly=True)
    check_size(1, said.number_columns, file)
    # Not every program says how many rows it wrote; a text takes its column's width once it is unpacked.
    most = MOST_OTHER_CELLS // max(said.number_columns, 1) + 1
    check_bytes((said.number_rows or 1) * sum(said.variable_storage_width.values()), file)
    frame, _ = read(file, row_limit=most)
    check_size(len(frame), said.number_columns, file)
    cells = frame.astype(object).where(frame.notna(), "").map(as_text)
    labels = {
        name: {as_text(code): label for code, label in of.items()} for name, of in said.variable_value_labels.items()
    }
    return Sheet(cells, np.arange(1, len(cells) + 1), labels=labels)
