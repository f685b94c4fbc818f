"""The chapter your-cohort: it shows the whole report, refuses a bad file, and nothing leaks."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.problems import CohortError
from tests.book import cells

# A time that occurs nowhere else, by which a patient can be found again.
MARK = "3.1706847"
HEADING = "patient,group,os_years,os_event\n"
WATCH = """
import os, socket
connect = socket.socket.connect
def watched(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "localhost", "::1"):
        with open(os.environ["WATCHED"], "a") as stream:
            stream.write(f"{address}\\n")
    return connect(self, address)
socket.socket.connect = watched
with open(os.environ["WATCHED"] + ".processes", "a") as stream:
    stream.write("one more\\n")
"""


def files_with_mark(folder: Path) -> list[Path]:
    """Files in which the time stands, be it in base64, as the data behind a figure."""
    # Three bytes make four letters, so the text looks different by where it begins.
    shifted = [base64.b64encode(b"x" * n + MARK.encode())[4 if n else 0 : -4] for n in range(3)]
    wanted = [MARK.encode(), *shifted]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(form in path.read_bytes() for form in wanted)]


@pytest.mark.long
def test_nothing_is_sent_and_nothing_of_a_patient_is_left_outside_the_folder_named(tmp_path):
    for name in ("home", "temporary", "mine", "watch", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    file = tmp_path / "mine" / "patients.csv"
    file.write_text(f"{HEADING}1,surgery,{MARK},1\n2,prrt_only,2.5,1\n3,surgery,5.5,0\n4,prrt_only,1.5,0\n")
    environment = os.environ | {
        "HOME": str(tmp_path / "home"),
        # Its list of fonts takes seconds to make, and holds nothing of a patient.
        "MPLCONFIGDIR": matplotlib.get_cachedir(),
        "TMPDIR": str(tmp_path / "temporary"),
        "PYTHONPATH": str(tmp_path / "watch"),
        "WATCHED": str(tmp_path / "connections"),
    }
    command = [sys.executable, "-m", "analysis_lib", "chapter", "your-cohort", "-p", f"cohort={file}"]
    run = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert files_with_mark(tmp_path / "out"), "the report shows the curve's steps"
    assert files_with_mark(tmp_path / "mine") == [file]
    for elsewhere in ("home", "temporary", "watch"):
        assert files_with_mark(tmp_path / elsewhere) == []
    assert len((tmp_path / "connections.processes").read_text().splitlines()) >= 2, "the kernel is watched too"
    assert not (tmp_path / "connections").exists()


def test_papermill_alone_refuses_a_bad_file_with_all_that_is_wrong(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(HEADING + "1,sugery,-2,1\n")
    with pytest.raises(CohortError, match=r"(?s)sugery.*-2"):
        cells.run("your-cohort", [r"report\.opening"], {"cohort": str(file)})


def test_the_cells_show_every_section_of_the_report_in_order():
    page = cells.run("your-cohort", [r"report\.", "settings"], {"ties": "efron"})
    shown = re.findall(r'<section id="([a-z-]+)" class="report">', page)
    sections = "in-short who treatment response operation survival immortal-time confounding beside-the-paper"
    assert shown == sections.split()
    assert "-p ties=efron" in page
    assert "This is a rerun" not in page, "its sentences are computed from whatever file it is given"
