"""A chapter's kernel gets another chance to start, and nothing else does."""

from __future__ import annotations

import execute
import nbformat
import papermill
import pytest
from jupyter_client import client


@pytest.fixture
def failing(monkeypatch):
    """Papermill that fails so often with this error; returns how often it was asked."""

    def prepare(times: int, error: Exception) -> list:
        asked = []

        def execute(*arguments, **options):
            asked.append((arguments, options))
            if len(asked) <= times:
                raise error

        monkeypatch.setattr(papermill, "execute_notebook", execute)
        return asked

    return prepare


def test_a_kernel_whose_ports_were_taken_is_started_again(failing):
    asked = failing(execute.STARTS - 1, RuntimeError(execute.NOT_STARTED))
    execute.execute("a.ipynb", "b.ipynb", cwd=".")
    assert asked == [(("a.ipynb", "b.ipynb"), {"cwd": "."})] * execute.STARTS


def test_a_kernel_that_never_starts_is_told(failing):
    asked = failing(99, RuntimeError(execute.NOT_STARTED))
    with pytest.raises(RuntimeError, match=execute.NOT_STARTED):
        execute.execute("a.ipynb", "b.ipynb")
    assert len(asked) == execute.STARTS


def test_what_a_cell_prints_is_one_output_however_often_the_kernel_flushes(tmp_path):
    cell = "import time\nfor line in range(3):\n    print(line, flush=True)\n    time.sleep(0.3)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    (tmp_path / "book").mkdir()
    nbformat.write(notebook, tmp_path / "book" / "slow.ipynb")
    assert execute.run(tmp_path / "book" / "slow.ipynb", tmp_path / "out.ipynb", 60, {}) == ""
    (output,) = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[0].outputs
    assert output.text == "0\n1\n2\n"


@pytest.mark.parametrize("error", [RuntimeError("something else"), ValueError(execute.NOT_STARTED)])
def test_any_other_failure_is_the_first_and_only_one(failing, error):
    asked = failing(1, error)
    with pytest.raises(type(error)):
        execute.execute("a.ipynb", "b.ipynb")
    assert len(asked) == 1


def test_the_words_are_those_of_jupyter():
    assert execute.NOT_STARTED in client.KernelClient._async_wait_for_ready.__code__.co_consts
