"""Cells of an SPSS or Stata file: the codes as text, and beside them what each stands for."""

from __future__ import annotations

import faulthandler
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

from analysis_lib.cohort.sheet import MOST_OTHER_CELLS, Sheet, as_text, check_bytes, check_size

# As long as the largest file takes, and more.
_SECONDS = 60


def read(file: Path) -> Sheet:
    """The cells of a ``.sav`` or ``.dta`` file, values declared as missing blank; its rows are numbered from 1.

    Raises
    ------
    InputError
        If it is too large.
    ValueError
        If it is damaged.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    # In a process of its own: the parser is in C, and there are damaged files that end it, or have it run forever.
    process = ProcessPoolExecutor(max_workers=1)
    try:
        return process.submit(_alone, file).result(timeout=_SECONDS)
    except (BrokenProcessPool, TimeoutError):
        raise ValueError("it is damaged") from None
    finally:
        process.shutdown(kill_workers=True)


def _alone(file: Path) -> Sheet:
    # What is wrong is said by the process that waits.
    faulthandler.disable()
    return _read(file)


def _read(file: Path) -> Sheet:
    import pyreadstat

    parse = {".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta}[file.suffix.lower()]
    _, said = parse(file, metadataonly=True)
    check_size(1, said.number_columns, file)
    if len(set(map(str, said.column_names))) != said.number_columns:
        raise ValueError("it names a column twice")
    # Not every program says how many rows it wrote; a text takes its column's width once it is unpacked.
    most = MOST_OTHER_CELLS // max(said.number_columns, 1) + 1
    check_bytes((said.number_rows or 1) * sum(said.variable_storage_width.values()), file)
    frame, _ = parse(file, row_limit=most)
    check_size(len(frame), said.number_columns, file)
    cells = frame.astype(object).where(frame.notna(), "").map(as_text).rename(columns=str)
    labels = {
        name: {as_text(code): label for code, label in of.items()} for name, of in said.variable_value_labels.items()
    }
    return Sheet(cells, np.arange(1, len(cells) + 1), labels=labels)
