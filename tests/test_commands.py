"""The commands: what they print and write, and how they end when the input is bad."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib import __main__ as commands
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import verdicts
from analysis_lib.printed.transcription import NUMBERS, load
from analysis_lib.reconstruction import build


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    """A copy of the transcription that a test may spoil."""
    return Path(shutil.copytree(NUMBERS, tmp_path / "numbers"))


def spoil(folder: Path, old: str, new: str) -> tuple[Path, int]:
    """Change one place of the transcription; say the file and the row."""
    for file in sorted(folder.glob("*.csv")):
        text = file.read_text(encoding="utf-8")
        if old in text:
            assert text.count(old) == 1, "a place should be one"
            file.write_text(text.replace(old, new), encoding="utf-8")
            return file, text[: text.index(old)].count("\n") + 1
    raise AssertionError(f"{old!r} is not in the transcription")


def line_of(id: str) -> str:
    """The row of a number, as it stands in the file."""
    number = load()[id]
    return number.file.read_text(encoding="utf-8").split("\n")[number.row - 1]


MEN = line_of("table1.sex_male.surgery.count")


def shell(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    return subprocess.run(
        [sys.executable, "-m", "analysis_lib", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


# --- as a user runs it


def test_the_audit_of_the_paper_succeeds_and_writes_every_verdict(tmp_path):
    file = tmp_path / "verdicts.json"
    done = shell("audit", "--json", file)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(file.read_text(encoding="utf-8"))
    paper = load()
    assert [row["id"] for row in rows] == list(paper)
    assert all(row["verdict"] in verdicts.VERDICTS for row in rows)
    assert all({"where", "printed", "recomputed", "method", "inputs", "reason"} <= row.keys() for row in rows)
    assert done.stdout.startswith(f"{len(paper)} printed numbers\n")
    # The counts printed by verdict are those of the file, and add up.
    counts = {v: int(n) for n, v in re.findall(r"^ *(\d+) ([a-z-]+): ", done.stdout, re.MULTILINE)}
    assert counts == {v: n for v in verdicts.VERDICTS if (n := sum(r["verdict"] == v for r in rows))}
    assert sum(counts.values()) == len(paper)
    for row in rows:
        assert (f"contradicted  {row['id']}: {row['reason']}" in done.stdout) is (row["verdict"] == "contradicted")


def test_bad_input_is_told_in_one_line_without_a_traceback(numbers, tmp_path):
    file, row = spoil(numbers, MEN, MEN.replace(",12,", ",l2,"))
    done = shell("audit", "--numbers", numbers, "--json", tmp_path / "verdicts.json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"{file}, row {row}, column 'printed': 'l2' is not a printed number")
    assert done.stderr.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["numbers"]


def test_a_reader_that_goes_away_is_no_traceback():
    # Unbuffered, so that the second line already finds the pipe closed.
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "analysis_lib", "audit"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        complaint = process.stderr.read()
        assert process.wait(timeout=60) == commands.READER_GONE
    assert complaint == b""


# --- bad input of every kind

Spoil = Callable[[Path], None]


# One of what the reader refuses, which has its own tests, and what only the audit finds.
BAD_INPUT: dict[str, tuple[Spoil, str]] = {
    "malformed number": (lambda f: spoil(f, MEN, MEN.replace(",12,", ",1.2.3,")), "'1.2.3' is not a printed number"),
    "missing folder": (shutil.rmtree, "no .csv file of printed numbers here"),
    "a number that recipes need is gone": (lambda f: spoil(f, MEN + "\n", ""), "is not an id of the transcription"),
    "a number without a recipe": (
        lambda f: spoil(f, MEN, MEN + "\n" + MEN.replace("sex_male", "sex_other")),
        "table1.sex_other.surgery.count has no recipe",
    ),
    "a count that is none": (
        lambda f: spoil(f, (n := line_of("abstract.patients.surgery.n")), n.replace(",26,", ",<26,")),
        "prints <26, where a whole number is needed",
    ),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_bad_input_names_the_place_and_leaves_everything_as_it_was(kind, numbers, tmp_path, capsys):
    make, words = BAD_INPUT[kind]
    make(numbers)
    target = tmp_path / "verdicts.json"
    target.write_text("the last audit's")
    assert commands.main(["audit", "--numbers", str(numbers), "--json", str(target)]) == commands.BAD_INPUT == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert re.fullmatch(r"[^\n]+\n", err)
    named = "recipes.csv" if "gone" in kind else "numbers"
    assert named in err.partition(": ")[0]
    if kind != "missing folder":
        assert re.search(r", row \d+[,:]", err)
    assert target.read_text() == "the last audit's"
    assert {p.name for p in tmp_path.iterdir()} <= {"numbers", "verdicts.json"}


# --- what the JSON file may and may not do


def test_a_target_in_a_folder_that_there_is_not(tmp_path, capsys):
    target = tmp_path / "nowhere" / "verdicts.json"
    assert commands.main(["audit", "--json", str(target)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"{target}: cannot be written: No such file or directory\n")
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_a_folder_stays_one_and_nothing_lies_about(tmp_path):
    (tmp_path / "verdicts").mkdir()
    with pytest.raises(InputError, match="verdicts: cannot be written: Is a directory"):
        commands.write_beside_then_rename(tmp_path / "verdicts", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["verdicts"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "verdicts.json"
    commands.write_beside_then_rename(file, "≤ first\n")
    assert file.read_bytes() == "≤ first\n".encode()
    assert file.stat().st_mode & 0o777 == 0o644

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match=r"verdicts\.json: cannot be written: No space left on device"):
        commands.write_beside_then_rename(file, "second")
    assert file.read_bytes() == "≤ first\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["verdicts.json"]


# --- verdicts that are not the expected ones


def test_the_audit_loads_no_slow_library():
    script = "import sys; from analysis_lib.ledger import audit; audit.audit(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert not {"scipy.stats", "pandas", "statsmodels", "lifelines", "numba", "joblib"} & set(loaded.split())


def test_a_wrong_digit_fails_the_audit_and_is_named_but_the_verdicts_are_written(numbers, tmp_path, capsys):
    spoil(numbers, MEN, MEN.replace(",12,", ",13,"))
    target = tmp_path / "verdicts.json"
    assert commands.main(["audit", "--numbers", str(numbers), "--json", str(target)]) == 1
    out, err = capsys.readouterr()
    *lines, last = err.splitlines()
    assert last == f"{len(lines)} verdicts are not the expected ones"
    assert any(
        line.startswith("table1.sex_male.surgery.count: expected consistent, got contradicted.") for line in lines
    )
    assert "contradicted  table1.sex_male.surgery.count: " in out
    by_id = {row["id"]: row for row in json.loads(target.read_text(encoding="utf-8"))}
    assert by_id["table1.sex_male.surgery.count"]["printed"] == "13"
    assert by_id["table1.sex_male.surgery.count"]["verdict"] == "contradicted"


@pytest.mark.parametrize("arguments", [[], ["adit"], ["audit", "--nubmers", "x"], ["audit", "--json"]])
def test_a_command_that_there_is_not_is_bad_input_too(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        commands.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m analysis_lib" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["reconstruct", "--cohorts", "0", "--seed", "1", "--out", "{tmp}/x.parquet"], "at least 1"),
        (["reconstruct", "--cohorts", "2", "--seed", "-1", "--out", "{tmp}/x.parquet"], "0 or more"),
        (["reconstruct", "--cohorts", "2", "--seed", "1", "--out", "{tmp}/x.csv"], ".parquet"),
        (["reconstruct", "--cohorts", "-2", "--seed", "1", "--out", "{tmp}/x.parquet"], "-2 cohorts were asked for"),
        (["reconstruct", "--cohorts", "2", "--seed", "1", "--jobs", "0", "--out", "{tmp}/x.parquet"], "at least 1"),
        (["reconstruct", "--cohorts", "2", "--seed", "1", "--jobs", "-1", "--out", "{tmp}/x.parquet"], "at least 1"),
        (["reconstruct", "--cohorts", "2", "--seed", "1", "--out", "{tmp}/foreign.parquet/x.parquet"], "be written"),
        (["chapter", "discussion", "--jobs", "0", "--out", "{tmp}/runs"], "0 jobs were asked for (at least 1)"),
        (["chapter", "toxicity", "--out", "/proc/x"], "/proc/x: cannot be written: No such file or directory"),
        (["chapter", "your-cohort", "-p", "cohort={tmp}/none.csv"], "none.csv: no such file"),
        (["chapter", "your-cohort", "-p", "cohort={tmp}/foreign.parquet"], "foreign.parquet: cannot be read"),
        (["chapter", "survival", "-p", "cohort=mine.csv"], "survival has no parameter 'cohort'"),
        (["verify", "{tmp}/missing.parquet"], "no such file"),
        (["verify", "--jobs", "0", "{tmp}/foreign.parquet"], "0 jobs were asked for (at least 1)"),
        (["validate", "{tmp}/missing.csv"], "no such file"),
        (["verify", "{tmp}/foreign.parquet"], "foreign.parquet"),
        (["validate", "{tmp}/foreign.parquet"], "foreign.parquet"),
    ],
)
def test_cohort_commands_refuse_bad_input_in_a_line_and_write_nothing(arguments, says, tmp_path, capsys):
    (tmp_path / "foreign.parquet").write_bytes(b"not a Parquet file")
    assert commands.main([a.format(tmp=tmp_path) for a in arguments]) == 2
    told = capsys.readouterr()
    assert says in told.err and len(told.err.splitlines()) == 1
    assert told.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["foreign.parquet"]


def test_a_cohort_that_is_refused_ends_the_chapter_with_all_that_is_wrong_and_no_page(tmp_path, capsys):
    file = tmp_path / "mine.csv"
    file.write_text("patient,group,os_years,os_event\n1,surgery,3,2\n2,other,4,0\n")
    arguments = ["chapter", "your-cohort", "-p", f"cohort={file}", "--out", str(tmp_path / "out")]
    assert commands.main(arguments) == 2
    said = capsys.readouterr().err
    assert f"{file}: 2 problems:" in said and "value '2'" in said and "value 'other'" in said
    assert not (tmp_path / "out").exists()


def test_a_file_s_name_cannot_act_on_the_terminal(tmp_path, capsys):
    file = tmp_path / "red\x1b[31m\n.csv"
    file.write_text("patient,group,os_years,os_event\n1,surgery,3,1\n")
    for name in (file, f"{file}.csv"):
        commands.main(["validate", str(name)])
        said = "".join(capsys.readouterr())
        assert "red\\x1b[31m\\n.csv" in said and "\x1b" not in said and "[31m\n" not in said


def test_cohorts_are_not_searched_for_a_place_that_is_a_folder(tmp_path, capsys):
    (tmp_path / "x.parquet").mkdir()
    arguments = ["reconstruct", "--cohorts", "2", "--seed", "1", "--out", str(tmp_path / "x.parquet")]
    assert commands.main(arguments) == 2
    assert capsys.readouterr().err == f"{tmp_path}/x.parquet: is a folder (the name of a .parquet file)\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_an_interrupted_search_ends_in_a_line_that_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "search_missing", interrupted)
    arguments = ["reconstruct", "--cohorts", "2", "--seed", "1", "--out", str(tmp_path / "x.parquet")]
    assert commands.main(arguments) == commands.INTERRUPTED
    assert capsys.readouterr().err == "interrupted: the same command goes on from the finished cohorts\n"


# --- files that are no cohorts

ENSEMBLE = ROOT / "data" / "ensemble" / "cohorts.parquet"


@pytest.fixture(scope="module")
def two() -> pd.DataFrame:
    """The first two shipped cohorts, as the file has them."""
    return pd.read_parquet(ENSEMBLE, filters=[("cohort", "<", 2)])


# One of what the readers cannot read, and of what they judge: they have their own tests.
FOREIGN: dict[str, tuple[Callable[[Path, pd.DataFrame], object], tuple[str, ...]]] = {
    "the first half": (
        lambda file, _: file.write_bytes(ENSEMBLE.read_bytes()[: ENSEMBLE.stat().st_size // 2]),
        ("cannot be read", "(a whole Parquet file"),
    ),
    "a folder": (lambda file, _: file.mkdir(), ("is a folder (name a file in it)",)),
    "another table": (
        lambda file, _: pd.DataFrame({"city": ["Rotterdam"], "kps_": [90]}).to_parquet(file),
        ("column 'patient': is missing (every cohort needs it)", "column 'os_event': is missing"),
    ),
    "no rows": (lambda file, two: two[:0].to_parquet(file), ("the file has no patients (a row for each patient)",)),
    "cohorts not told apart": (
        lambda file, two: two.drop(columns="cohort").to_parquet(file),
        ("row 50, column 'patient', value '1': occurs twice", "or a column 'cohort' if", "twice in 44 more rows"),
    ),
    "cohorts with names": (
        lambda file, two: two.assign(cohort="first").to_parquet(file),
        ("row 1, column 'cohort', value 'first': is not a whole number", "in 93 more rows"),
    ),
    "a patient of no cohort": (
        lambda file, two: two.assign(cohort=two["cohort"].where(two.index != 5)).to_parquet(file),
        ("row 6, column 'cohort': is blank, while other patients have one (the number of the patient's cohort)",),
    ),
    "endless times": (
        lambda file, two: two.assign(os_years=math.inf).to_parquet(file),
        ("row 1, column 'os_years', value 'inf': is not a finite", "in 93 more rows"),
    ),
    "times as dates": (
        lambda file, two: two.assign(os_years=pd.Timestamp("2020-04-30")).to_parquet(file),
        ("row 1, column 'os_years', value '2020-04-30 00:00:00': is not a number",),
    ),
    "times as text": (
        lambda file, two: two.assign(os_years=two["os_years"].map("{:.2f} y".format)).to_parquet(file),
        (" y': is not a number (a number from 0 to 120, in years; did you mean ", "in 93 more rows"),
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("command", ["verify", "validate"])
def test_a_file_that_is_no_cohort_is_refused_with_place_and_remedy(command, kind, two, tmp_path, capsys):
    make, words = FOREIGN[kind]
    file = tmp_path / "foreign.parquet"
    make(file, two)
    code = commands.main([command, str(file)])
    out, err = capsys.readouterr()
    assert all(word in err for word in words)
    # Some of each kind of problem, and how many more there are.
    assert len(err.splitlines()) <= 14
    # What is wrong with a file is what `validate` was asked; one that cannot be read is bad input to both.
    if command == "validate" and not words[0].startswith(("cannot be read", "is a folder")):
        assert code == 1
        assert out.splitlines()[-1].startswith(f"{file}: ")
    else:
        assert (code, out) == (2, "")
        assert err.startswith(f"{file}: ")


@pytest.mark.parametrize("command", ["verify", "validate"])
def test_a_name_that_no_file_can_have_is_one_clear_line(command, capsys):
    assert commands.main([command, "a" * 300 + ".parquet"]) == 2
    assert capsys.readouterr().err.endswith("aaa.parquet: cannot be read: File name too long\n")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: pd.concat([c, c[97:].assign(patient=50)]),
            "cohort 1: table1.patients.prrt_only.n is 24, not from 23 to 23",
        ),
        (lambda c: c[c["group"] == "surgery"], "cohort 0: table1.patients.prrt_only.n is 0, not from 23 to 23"),
        (lambda c: c.assign(kps=90), "results-survival.cox_surgery_adjusted.hr is not defined"),
        (lambda c: c[:1], "cohort 0: table1.patients.prrt_only.n is 0, not from 23 to 23"),
    ],
    ids=["a patient more", "one group", "no spread", "one patient"],
)
def test_well_formed_cohorts_that_cannot_be_the_paper_s_are_misses_not_tracebacks(
    change, words, two, tmp_path, capsys, recwarn
):
    file = tmp_path / "cohorts.parquet"
    change(two).to_parquet(file, index=False)
    assert commands.main(["validate", str(file)]) == 0
    assert commands.main(["verify", str(file)]) == 1
    out, err = capsys.readouterr()
    assert words in err
    assert out.endswith(f"{file}: {len(err.splitlines())} misses\n")
    assert not recwarn.list


def test_a_cohort_without_a_column_of_the_schema_is_not_verified(two, tmp_path, capsys):
    file = tmp_path / "cohorts.parquet"
    two.drop(columns="kps").to_parquet(file, index=False)
    assert commands.main(["verify", str(file)]) == 2
    told = f"{file}, column 'kps': the file lacks the column (all of the schema's columns)\n"
    assert capsys.readouterr() == ("", told)
