"""Cells of a Parquet file, which has types; refused before it is unpacked where that would be too large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.cohort.problems import LONGEST_CELL, shorten
from analysis_lib.cohort.sheet import Sheet, check_bytes, check_size

# What Parquet may hold beside numbers and text has no place in a cohort, and each value takes the room of many.
_MOST_OTHER_VALUES = 1_000_000
_PLAIN = {"NONE", "INT", "STRING", "TIMESTAMP", "UNKNOWN"}


def read(file: Path) -> Sheet:
    """The cells of a Parquet file; its rows are numbered from 1.

    Raises
    ------
    InputError
        If it is too large, or holds what no cohort has.
    """
    _check_texts(_check_parquet(file), file)
    frame = pd.read_parquet(file)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame.columns = [str(name) for name in frame.columns]
    rows = np.arange(1, len(frame) + 1)
    return Sheet(frame.reset_index(drop=True), rows)


def _check_parquet(file: Path) -> list[str]:
    """Refuse what would be too large once it is unpacked, by what the file says of itself.

    Returns
    -------
    list of str
        The columns of text. How much these are cannot be told without a look at them: see :func:`_check_texts`.
    """
    from pyarrow import parquet

    said = parquet.read_metadata(file)
    check_size(said.num_rows, said.num_columns, file)
    groups = [said.row_group(k) for k in range(said.num_row_groups)]
    size, others, texts = sum(group.total_byte_size for group in groups), 0, []
    for k in range(said.num_columns):
        column = said.schema.column(k)
        nested, is_text = column.path != column.name, column.physical_type == "BYTE_ARRAY"
        fixed = column.length if column.physical_type == "FIXED_LEN_BYTE_ARRAY" else 0
        if is_text and not nested:
            texts.append(column.name)
            # It gives a text by what it shares with the one before, and so no measure of either.
            if any("DELTA_BYTE_ARRAY" in group.column(k).encodings for group in groups):
                what, remedy = "is encoded as DELTA_BYTE_ARRAY, which hides its size", "the encoding that pandas writes"
                raise InputError(what, file=file, column=shorten(column.name), remedy=remedy)
        if nested or fixed or column.logical_type.type not in _PLAIN:
            values = sum(group.column(k).num_values for group in groups)
            size, others = size + fixed * values, others + values
            if is_text and nested or others > _MOST_OTHER_VALUES:
                what, name = "holds lists, records, dates or the like", shorten(column.path)
                raise InputError(what, file=file, column=name, remedy="one number or one text in each cell")
    if said.num_columns != len({said.schema.column(k).path for k in range(said.num_columns)}):
        raise InputError("names a column twice", file=file, remedy="each column once")
    check_bytes(size, file)
    return texts


def _check_texts(texts: list[str], file: Path) -> None:
    """Refuse a text that is too long, or that are too long together, before each row has its own.

    Parquet writes down once what many rows repeat, and is read that way here.
    """
    from pyarrow import compute, parquet

    opened = parquet.ParquetFile(file, read_dictionary=texts)
    size, row = 0, 1
    for k in range(opened.num_row_groups if texts else 0):
        group = opened.read_row_group(k, columns=texts)
        for name, column in zip(group.column_names, group.columns, strict=True):
            before = row
            for chunk in column.chunks:
                lengths = compute.binary_length(chunk.dictionary)
                size += compute.sum(lengths.take(chunk.indices)).as_py() or 0
                longest = compute.max(lengths).as_py() or 0
                if longest > LONGEST_CELL:
                    at = before + chunk.indices.index(lengths.index(longest).as_py()).as_py()
                    remedy = f"at most {LONGEST_CELL}"
                    what = f"holds a text of {longest} bytes"
                    raise InputError(what, file=file, row=at, column=shorten(name), remedy=remedy)
                before += len(chunk)
        row += len(group)
        check_bytes(size, file)
