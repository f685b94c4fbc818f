"""No shared random state and nothing read that could run code: `make lint` would stop at it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def complaints(*words: str, given: str | None = None) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", *words]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True).stdout


FORBIDDEN = {
    "np.random.seed(3)": "NPY002",
    "np.random.normal(size=3)": "NPY002",
    "random.shuffle([1, 2])": "TID251",
    "from random import choice": "TID251",
    "pd.read_pickle('x')": "S301",
    "pickle.load(open('x', 'rb'))": "S301",
    "joblib.load('x')": "TID251",
    "np.load('x', allow_pickle=True)": "TID251",
    "yaml.load('x', Loader=yaml.Loader)": "S506",
    "eval(input())": "S307",
    "exec(input())": "S102",
}
IMPORTS = "import pickle, random, joblib, yaml, numpy as np, pandas as pd"


@pytest.mark.parametrize("file", ["analysis_lib/some.py", "tools/some.py", "tests/test_some.py"])
def test_the_linter_stops_at_each_wherever_it_stands(file):
    found = complaints("--stdin-filename", file, "-", given="\n".join([IMPORTS, *FORBIDDEN, ""]))
    for line, rule in enumerate(FORBIDDEN.values(), start=2):
        assert re.search(rf"^\S+:{line}:\d+: {rule} ", found, re.MULTILINE), (line, rule)


def test_a_generator_with_a_seed_is_no_complaint():
    text = "import random\n\nimport numpy as np\n\nrandom.Random(3).shuffle([])\nnp.random.default_rng(3).normal()\n"
    assert "All checks passed" in complaints("--stdin-filename", "analysis_lib/some.py", "-", given=text)


def test_chapters_and_code_have_none():
    chosen = ["--select", "NPY,S102,S301,S302,S307,S506,TID251"]
    chapters = [str(path) for path in sorted((ROOT / "book").glob("*.ipynb"))]
    assert "All checks passed" in complaints(*chosen, "analysis_lib", "tools", "tests", "book/_ext", *chapters)
