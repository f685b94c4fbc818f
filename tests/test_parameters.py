"""Parameters: what is misspelt or out of range fails before anything runs."""

import pytest

from analysis_lib import parameters
from analysis_lib.errors import InputError
from analysis_lib.published import ROOT


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
        ("tvi", ["confidence=0.9"], "there are none"),
    ],
)
def test_a_bad_name_or_value_is_refused_with_what_would_be_right(chapter, given, says):
    with pytest.raises(InputError) as error:
        parameters.parse(chapter, given)
    assert says in str(error.value)


def test_every_chapter_is_declared_and_names_its_parameters_alike():
    chapters = {path.stem for path in (ROOT / "book").glob("*.ipynb")}
    assert chapters == set(parameters.CHAPTERS)
    for name, declared in parameters.CHAPTERS.items():
        source = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
        assert (":tags: [parameters]" in source) is bool(declared), name
        for parameter in declared:
            default = repr(parameter.default).replace("'", '"')
            assert f"\n{parameter.name} = {default}\n" in source, (name, parameter.name)


def test_a_run_leaves_the_executed_notebook_in_the_folder_asked_for(tmp_path):
    values = parameters.parse("toxicity", ["interval=wilson"])
    notebook = parameters.run("toxicity", values, tmp_path / "runs")
    assert notebook.parent == tmp_path / "runs"
    text = notebook.read_text(encoding="utf-8")
    assert "wilson 95% intervals" in text and "exact 95% intervals" not in text
