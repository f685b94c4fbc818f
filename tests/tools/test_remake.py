"""The example cohorts are what their origin gives: public patients as others have them."""

import numpy as np
import pytest

from analysis_lib.cohort.public import REPORTED
from tools.data.remake import MAPPED, myeloid, veteran


@pytest.mark.parametrize("public", REPORTED, ids=lambda public: public.name)
def test_a_file_is_what_its_origin_gives(public, tmp_path):
    MAPPED[public.name]().to_csv(tmp_path / "mapped.csv", index=False)
    assert (tmp_path / "mapped.csv").read_text() == public.file.read_text()


def test_scores_are_to_the_nearest_ten_and_a_relapse_ends_survival_without_progression():
    assert set(veteran()["kps"]) == set(range(10, 101, 10))
    patients = myeloid()
    assert patients.loc[0, ["pfs_years", "pfs_event"]].tolist() == pytest.approx([113 / 365.25, 1])
    assert (patients["pfs_years"] <= patients["os_years"]).all()
    assert (patients["months_to_surgery"].notna() == (patients["group"] == "surgery")).all()
    assert np.isfinite(patients["os_years"]).all()
