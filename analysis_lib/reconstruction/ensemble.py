"""Reading an ensemble: simulated cohorts with their origin, and one array a column.

:func:`validation.load_cohorts` judges each cell, which a file from elsewhere needs and 1,000 cohorts make slow.
An ensemble was verified as it was made; here its hash tells that it is still the file of its manifest.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base import manifest as manifests
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ASSUMPTIONS, ENSEMBLE
from analysis_lib.cohort.schema import type_column
from analysis_lib.targets import assumptions

SHIPPED = ENSEMBLE / "cohorts.parquet"


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Simulated cohorts of one size, one after another.

    Raises
    ------
    InputError
        If they are not.

    Attributes
    ----------
    patients : pandas.DataFrame
        One row a patient in the schema's columns, typed as :func:`validation.load_cohorts` does.
    origin : pandas.DataFrame
        One row a cohort, indexed by its number: ``scheme``, the censoring assumption, and the parameters of its
        :class:`~analysis_lib.reconstruction.base_measure.BaseMeasure`.
    manifest : dict
        As the search wrote it beside the file.
    """

    patients: pd.DataFrame
    origin: pd.DataFrame
    manifest: dict

    def __post_init__(self) -> None:
        size, rest = divmod(len(self.patients), len(self.origin))
        if rest or (self.patients["cohort"] != np.repeat(self.origin.index, size)).any():
            raise InputError("the cohorts of an ensemble are not of one size, one after another")

    def __len__(self) -> int:
        return len(self.origin)

    def array(self, column: str, where: pd.Series | None = None) -> np.ndarray:
        """A column of numbers, shape (cohorts, patients); NaN where blank or not ``where``."""
        values = self.patients[column].astype(float)
        if where is not None:
            values = values.where(where)
        return values.to_numpy().reshape(len(self), -1)

    def one(self, number: int) -> pd.DataFrame:
        """One cohort, one row a patient.

        Raises
        ------
        InputError
            If there is no cohort of that number.
        """
        if number not in self.origin.index:
            remedy = f"from {self.origin.index.min()} to {self.origin.index.max()}"
            raise InputError(f"there is no cohort {number}", remedy=remedy)
        size, position = len(self.patients) // len(self), self.origin.index.get_loc(number)
        return self.patients.iloc[position * size : (position + 1) * size].reset_index(drop=True)


def load(file: Path | str = SHIPPED, columns: Iterable[str] | None = None) -> Ensemble:
    """An ensemble with the manifest that lies beside it.

    Parameters
    ----------
    file
        A Parquet file that `reconstruct` wrote.
    columns
        Which columns are needed besides ``cohort`` and ``patient``; all by default.

    Raises
    ------
    InputError
        If file or manifest cannot be read, or the file is not the one that the manifest describes.
    """
    file = Path(file)
    manifest = _manifest(file.with_suffix(".json"))
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    if hashlib.sha256(content).hexdigest() != manifest["file_sha256"]:
        remedy = "`make ensemble` writes both; check your own with `validate` and `verify`"
        raise InputError("is not the file that its manifest describes", file=file, remedy=remedy)
    wanted = None if columns is None else list(dict.fromkeys(["cohort", "patient", *columns]))
    read = pd.read_parquet(io.BytesIO(content), columns=wanted)
    patients = pd.DataFrame({name: type_column(column, name) for name, column in read.items()})
    origin = pd.DataFrame(manifest["measures"], index=pd.Index(patients["cohort"].unique(), name="cohort"))
    return Ensemble(patients, origin, manifest)


def under_other_assumptions(columns: Iterable[str] | None = None) -> Ensemble:
    """The shipped cohorts that were searched under other assumptions than the usual ones.

    Their numbers go on from those of the shipped ensemble, and their ``scheme`` in ``origin`` is the
    assumption, as :func:`assumptions.describe` has it; ``columns`` as in :func:`load`.

    Raises
    ------
    InputError
        As :func:`load`, and if there are none.
    """
    files = sorted(ASSUMPTIONS.glob("*.parquet"))
    if not files:
        raise InputError("has no cohorts", file=ASSUMPTIONS, remedy="`make assumptions` writes them")
    number = _manifest(SHIPPED.with_suffix(".json"))["cohorts"]
    patients, origins, manifests = [], [], {}
    for file in files:
        one = load(file, columns)
        name = assumptions.describe(assumptions.checked(one.manifest["assumptions"]))
        patients.append(one.patients.assign(cohort=one.patients["cohort"] + number))
        origins.append(one.origin.assign(scheme=name).set_axis(one.origin.index + number))
        manifests[name] = one.manifest
        number += len(one)
    return Ensemble(pd.concat(patients, ignore_index=True), pd.concat(origins), manifests)


def _manifest(file: Path) -> dict:
    return manifests.read(file, "an ensemble", "`make ensemble` writes it beside the cohorts")
