"""Parameters: what is misspelt or out of range fails before anything runs."""

import html
import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import papermill
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import parameters


def test_defaults_fill_what_is_not_given():
    assert parameters.check("toxicity", {}) == {"confidence": 0.95, "interval": "exact"}
    assert parameters.check("toxicity", {"confidence": 0.9})["confidence"] == 0.9


@pytest.mark.parametrize(
    ("chapter", "given", "says"),
    [
        ("toxicty", [], "did you mean toxicity?"),
        ("toxicity", ["confidnce=0.9"], "did you mean confidence?"),
        ("toxicity", ["confidence=high"], "is not a number"),
        ("toxicity", ["confidence=95"], "from 0.5 to 0.999"),
        ("toxicity", ["confidence=nan"], "out of range"),
        ("toxicity", ["interval=wald"], "exact, wilson"),
        ("toxicity", ["interval"], "KEY=VALUE"),
        ("survival", ["landmark_months=-1"], "from 0 to"),
        ("conventions", ["confidence=0.9"], "there are none"),
        ("survival", ["seed=20.5"], "not a whole number"),
    ],
)
def test_a_bad_name_or_value_is_refused_with_what_would_be_right(chapter, given, says):
    with pytest.raises(InputError) as error:
        parameters.parse(chapter, given)
    assert says in str(error.value)


DECLARED = [(chapter, p) for chapter, declared in parameters.CHAPTERS.items() for p in declared]
NUMBERS = [(chapter, p) for chapter, p in DECLARED if not isinstance(p.default, str)]


@pytest.mark.parametrize(("chapter", "parameter"), NUMBERS, ids=[f"{chapter}-{p.name}" for chapter, p in NUMBERS])
def test_the_ends_of_a_range_are_allowed_and_nothing_beyond(chapter, parameter):
    for end, outwards in ((parameter.low, -np.inf), (parameter.high, np.inf)):
        assert parameters.check(chapter, {parameter.name: end})[parameter.name] == end
        outside = np.nextafter(end, outwards)
        with pytest.raises(InputError, match="out of range"):
            parameters.check(chapter, {parameter.name: outside})


def test_a_chapters_first_cell_sees_a_name_that_papermill_let_through():
    made = {"In": [], "open": object()}
    shell = made | {"get_ipython": lambda: SimpleNamespace(user_ns_hidden=made), "_oh": {}, "parameters": parameters}
    made["get_ipython"] = shell["get_ipython"]
    given = {"confidence": 0.9, "interval": "exact"}
    assert parameters.from_namespace("toxicity", shell | given) == given
    with pytest.raises(InputError, match="did you mean confidence"):
        parameters.from_namespace("toxicity", shell | given | {"confidnce": 0.9})
    with pytest.raises(InputError, match="out of range"):
        parameters.from_namespace("toxicity", shell | given | {"confidence": 9})
    with pytest.raises(InputError, match="no parameter 'open'"):
        parameters.from_namespace("toxicity", shell | given | {"open": 9})
    with pytest.raises(InputError, match="did you mean confidence"):
        parameters.from_namespace("toxicity", shell | given | {"confidnce": None})


def test_a_first_cell_that_plain_python_runs_is_checked_as_well():
    assert parameters.from_namespace("conventions", {"__name__": "__main__"}) == {}
    with pytest.raises(InputError, match="there are none"):
        parameters.from_namespace("conventions", {"__name__": "__main__", "confidence": 0.9})


def test_a_file_is_meant_as_seen_from_where_the_command_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").touch()
    (tmp_path / "exact").touch()
    assert parameters.parse("your-cohort", ["cohort=mine.csv"])["cohort"] == str(tmp_path / "mine.csv")
    assert parameters.parse("your-cohort", ["cohort=missing.csv"])["cohort"] == "missing.csv"
    assert parameters.parse("toxicity", ["interval=exact"])["interval"] == "exact"


def test_a_cohort_that_a_chapter_could_not_read_is_refused_before_it_runs(tmp_path):
    file = tmp_path / "mine.csv"
    chosen = parameters.check("your-cohort", {"cohort": str(file)})
    with pytest.raises(InputError, match="no such file") as error:
        parameters.check_files("your-cohort", chosen)
    assert str(file) in str(error.value)
    file.write_text("patient,age\n1,2\n")
    with pytest.raises(InputError, match="mine.csv"):
        parameters.check_files("your-cohort", chosen)


def test_a_file_in_the_user_s_folder_is_found_and_one_that_is_missing_is_told_before_anything_is_loaded(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.csv").touch()
    assert parameters.parse("your-cohort", ["cohort=~/mine.csv"])["cohort"] == str(tmp_path / "mine.csv")
    monkeypatch.setitem(sys.modules, "analysis_lib.cohort", None)
    with pytest.raises(InputError, match="~/none.csv: no such file"):
        parameters.check_files("your-cohort", parameters.parse("your-cohort", ["cohort=~/none.csv"]))


def test_a_file_of_several_cohorts_is_refused_before_its_chapter_runs(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("cohort,patient,group,os_years,os_event\n1,1,surgery,3,1\n2,1,surgery,3,1\n")
    given = parameters.check("your-cohort", {"cohort": str(file)})
    with pytest.raises(InputError, match="the file holds 2 cohorts.*-p cohort_number=2"):
        parameters.check_files("your-cohort", given)
    parameters.check_files("your-cohort", given | {"cohort_number": 2})


def test_times_without_a_unit_are_read_in_the_one_that_is_asked_for(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("patient,group,os,os_event\n1,surgery,9000,1\n2,prrt_only,3,1\n")
    given = parameters.check("your-cohort", {"cohort": str(file), "time_unit": "days"})
    parameters.check_files("your-cohort", given)
    with pytest.raises(InputError, match="row 2, column 'os', value '9000'"):
        parameters.check_files("your-cohort", given | {"time_unit": "years"})


@pytest.mark.parametrize("chapter", parameters.CHAPTERS)
def test_what_a_chapter_reads_by_itself_is_no_file(chapter):
    parameters.check_files(chapter, parameters.check(chapter, {}))


@pytest.mark.long
def test_plain_papermill_stops_at_a_misspelt_name_before_any_analysis(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="did you mean interval"):
        papermill.execute_notebook(
            str(ROOT / "book" / "toxicity.ipynb"),
            str(tmp_path / "out.ipynb"),
            parameters={"intervall": "wilson"},
            cwd=str(ROOT),
            progress_bar=False,
        )
    executed = [cell for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells if cell.get("execution_count")]
    assert len(executed) <= 4  # what papermill says of the error, the parameters, those given, and the first cell


def test_a_rerun_says_what_it_changes_and_the_books_own_run_does_not():
    own = parameters.check("toxicity", {})
    assert parameters.notice("toxicity", own).html == ""
    changed = own | {"interval": "wilson"}
    assert "interval = wilson (exact)" in parameters.notice("toxicity", changed).html
    command = "chapter toxicity -p confidence=0.95 -p interval=wilson</code>"
    assert command in parameters.settings("toxicity", changed).html


def test_numbers_of_a_rerun_are_written_without_idle_noughts():
    said = parameters.notice("survival", parameters.check("survival", {"landmark_months": 120, "seed": 7})).html
    assert "landmark_months = 120 (14.8), seed = 7 (2022)" in said


def test_the_command_of_a_rerun_is_one_that_a_shell_reads_back():
    values = parameters.check("your-cohort", {"cohort": "my patients; $(rm) 'x'.csv", "landmark_months": 9})
    shown = html.unescape(re.search("<p><code>(.*?)</code>", parameters.settings("your-cohort", values).html)[1])
    words = shlex.split(shown)
    assert words[: words.index("-p")] == ["python", "-m", "analysis_lib", "chapter", "your-cohort"]
    assert parameters.parse("your-cohort", [word for word in words[5:] if word != "-p"]) == values


def test_what_a_rerun_says_of_a_file_cannot_act_in_the_page():
    own = parameters.check("your-cohort", {"cohort": "<script>alert(1)</script>.csv"})
    for said in (parameters.notice("your-cohort", own).html, parameters.settings("your-cohort", own).html):
        assert "<script" not in said and "&lt;script&gt;" in said


def declaration(parameter):
    """The line that declares it in its chapter, as ``papermill --help-notebook`` reads it."""
    default = f'"{parameter.default}"' if isinstance(parameter.default, str) else repr(parameter.default)
    help = f"{parameter.help} ({parameter.unit})" if parameter.unit else parameter.help
    return f"{parameter.name}: {type(parameter.default).__name__} = {default}  # {help}"


def test_every_chapter_is_declared_and_names_its_parameters_alike():
    chapters = {path.stem for path in (ROOT / "book").glob("*.ipynb")}
    assert chapters == set(parameters.CHAPTERS)
    for name, declared in parameters.CHAPTERS.items():
        source = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
        assert (":tags: [parameters" in source) is bool(declared), name
        for parameter in declared:
            assert f"\n{declaration(parameter)}\n" in source, (name, parameter.name)


@pytest.mark.parametrize("chapter", [name for name, declared in parameters.CHAPTERS.items() if declared])
def test_papermill_shows_every_parameter_with_its_type_and_help(chapter):
    shown = papermill.inspect_notebook(str(ROOT / "book" / f"{chapter}.ipynb"))
    for parameter in parameters.CHAPTERS[chapter]:
        found = shown[parameter.name]
        assert found["inferred_type_name"] == type(parameter.default).__name__
        assert found["help"].startswith(parameter.help)


def test_the_folder_of_a_run_is_made_where_it_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(papermill, "execute_notebook", lambda source, target, **_: Path(target).touch(exist_ok=True))
    for _ in range(2):
        assert parameters.run("toxicity", {}, tmp_path / "my" / "runs").is_file()


def test_a_run_leaves_the_executed_notebook_in_the_folder_asked_for(tmp_path, monkeypatch):
    cells = [
        nbformat.v4.new_code_cell('interval: str = "exact"', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell('import os\nprint(f"an interval that is {interval}, in {os.getcwd()}")'),
    ]
    (tmp_path / "book").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "book" / "toxicity.ipynb")
    monkeypatch.setattr(parameters, "ROOT", tmp_path)
    notebook = parameters.run("toxicity", parameters.parse("toxicity", ["interval=wilson"]), tmp_path / "runs")
    assert notebook.parent == tmp_path / "runs"
    (shown,) = nbformat.read(notebook, 4).cells[-1].outputs
    assert shown.text == f"an interval that is wilson, in {tmp_path}\n"
