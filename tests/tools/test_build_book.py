"""The build's promises, tried on a made-up book of two chapters; see tools/build/build_book.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import build_book
import pairs
import pytest
import render

from tests.faults.small_book import lay_out, rewrite

ROOT = Path(__file__).resolve().parents[2]


def stub(source: Path, target: Path, log: Path) -> Path:
    """Stands for jupyter-book: a page that shows the executed chapters' outputs."""
    target.mkdir()
    chapters = [json.loads(path.read_text()) for path in sorted(source.glob("*.ipynb"))]
    outputs = [cell["outputs"] for chapter in chapters for cell in chapter["cells"] if cell["cell_type"] == "code"]
    (target / "index.html").write_text(json.dumps(outputs))
    return target


def build(root: Path, limit: float = 60, renderer=stub) -> bool:
    (root / "_build").mkdir(exist_ok=True)
    return build_book.build(root, root / "_build", limit, renderer)


def page(root: Path) -> str:
    return (root / "_build/html/index.html").read_text()


def chapters_run(printed: str) -> set[str]:
    return {line.split()[1] for line in printed.splitlines() if line.split()[2:3] == ["ran"]}


def without_scratch(root: Path) -> bool:
    return not list((root / "_build").glob("scratch-*")) + list((root / "_build").glob("*.old"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = lay_out(tmp_path_factory.mktemp("built"))
    assert build(root)
    return root


@pytest.fixture
def book(built, tmp_path):
    """A copy of the built book: its records are relative, so it is up to date as well."""
    return Path(shutil.copytree(built, tmp_path / "book"))


def test_what_has_not_changed_is_not_done_again(book, capsys):
    written = {path: path.stat().st_mtime_ns for path in (book / "_build").rglob("*")}
    assert not build(book, renderer=lambda *_: pytest.fail("it was rendered"))
    assert chapters_run(capsys.readouterr().out) == set()
    assert {path: path.stat().st_mtime_ns for path in (book / "_build").rglob("*")} == written


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("book/alpha.md", "# Alpha", "# Alpha, again", {"alpha"}),
        ("analysis_lib/deep.py", "DEEP = 1", "DEEP = 10", {"alpha"}),
        ("data/published/a.csv", "1", "100", {"alpha"}),
    ],
)
def test_a_change_reruns_what_depends_on_it(book, capsys, name, old, new, expected):
    rewrite(book, name, old, new)
    assert build(book)
    assert chapters_run(capsys.readouterr().out) == expected
    assert not build(book)


def test_a_new_file_reruns_who_lists_its_folder(book, capsys):
    (book / "data/cohorts/c.csv").write_text("id\n777\n")
    assert build(book)
    assert chapters_run(capsys.readouterr().out) == {"beta"}
    assert "777" in page(book)


def test_compiled_code_that_a_first_build_leaves_behind_is_no_change(book):
    (book / "data/published/__pycache__").mkdir()
    (book / "data/published/__pycache__/a.nbc").write_text("")
    assert not build(book)


@pytest.mark.parametrize("name", ["analysis_lib/unused.py", "data/unread.csv"])
def test_a_file_that_no_chapter_reads_reruns_none_but_renders_anew(book, capsys, name):
    (book / name).write_text("")
    assert build(book)
    assert chapters_run(capsys.readouterr().out) == set()


def test_a_damaged_executed_notebook_is_run_again_and_comes_out_the_same(book, capsys):
    output = book / "_build/executed/beta.ipynb"
    before = output.read_bytes()
    output.write_text("{}")
    assert not build(book)
    assert chapters_run(capsys.readouterr().out) == {"beta"}
    assert output.read_bytes() == before


def test_a_failing_chapter_is_named_with_its_cell_and_the_old_book_stays(book):
    before = page(book)
    rewrite(book, "book/alpha.md", "from analysis_lib import one", "from analysis_lib import gone")
    rewrite(book, "analysis_lib/two.py", "TWO = 2", "TWO = 22")
    with pytest.raises(build_book.BuildError) as failure:
        build(book)
    report = str(failure.value)
    assert "chapter alpha failed in cell 2: from analysis_lib import gone" in report
    assert "ImportError: cannot import name 'gone'" in report
    assert len(report.splitlines()) < 24
    assert page(book) == before
    assert without_scratch(book)
    assert (book / "_build/executed/beta.json").read_text().count("analysis_lib/two.py") == 1


def test_a_chapter_that_hangs_is_stopped_at_its_time_limit(book):
    rewrite(book, "book/beta.md", "from pathlib", "while True: pass\nfrom pathlib")
    with pytest.raises(build_book.BuildError) as failure:
        build(book, limit=4)
    assert "chapter beta failed in cell 2: while True: pass" in str(failure.value)
    assert "time limit of 4 s" in str(failure.value)


def test_a_kernel_that_dies_is_reported(book):
    rewrite(book, "book/beta.md", "from pathlib", "import os; os._exit(9)\nfrom pathlib")
    with pytest.raises(build_book.BuildError, match=r"chapter beta failed in cell 2: import os"):
        build(book)


def test_a_crash_between_the_two_renames_loses_no_book(book, monkeypatch):
    before = page(book)
    rename = Path.rename

    def crash_second(self, target):
        if Path(target).name == "html":
            raise KeyboardInterrupt
        return rename(self, target)

    rewrite(book, "book/index.md", "small", "smaller")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", crash_second)
        with pytest.raises(KeyboardInterrupt):
            build(book)
    assert not (book / "_build/html").exists()
    build_book.recover(book / "_build")
    assert page(book) == before
    assert build(book)
    assert without_scratch(book)


def test_scratch_goes_although_a_killed_builds_last_process_still_writes_there(tmp_path):
    scratch = tmp_path / "scratch-killed"
    scratch.mkdir()
    # It writes faster than a folder is emptied, so that removing it once fails.
    code = (
        "import sys, time\nend = time.monotonic() + 0.6\nk = 0\nprint(flush=True)\n"
        "while time.monotonic() < end:\n k += 1\n"
        " try: open(f'{sys.argv[1]}/{k}', 'w').close()\n except FileNotFoundError: break\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(scratch)], stdout=subprocess.PIPE) as dying:
        dying.stdout.readline()
        time.sleep(0.1)
        build_book.clear_scratch(tmp_path)
        assert not scratch.exists()
        dying.wait()
    assert not scratch.exists()


def test_a_renderer_that_fails_leaves_the_old_book(book):
    def broken(source, target, log):
        raise render.RenderError("no")

    before = page(book)
    rewrite(book, "book/index.md", "small", "smaller")
    with pytest.raises(render.RenderError):
        build(book, renderer=broken)
    assert page(book) == before


def test_jupyter_book_is_strict_about_a_reference_to_nothing(book):
    rewrite(book, "book/index.md", "# A small book", "# A small book\n\n[nothing](#nowhere)")
    with pytest.raises(render.RenderError, match=r"book/index\.md:3: WARNING.*nowhere"):
        build(book, renderer=render.jupyter_book)


def test_a_second_build_waits_for_the_first(tmp_path, capsys):
    done = []

    def second():
        with build_book.alone(tmp_path):
            done.append("second")

    with build_book.alone(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        done.append("first")
    thread.join()
    assert done == ["first", "second"]
    assert "another build" in capsys.readouterr().out


def test_a_pair_out_of_step_is_refused_before_anything_runs(book, capsys):
    source = book / "book/alpha.md"
    source.write_text(source.read_text().replace("# Alpha", "# Edited"))
    with pytest.raises(build_book.BuildError, match=r"book/alpha\.ipynb .* run `make sync`"):
        build(book)
    assert chapters_run(capsys.readouterr().out) == set()


@pytest.mark.parametrize("damage", ["outputs", "missing", "orphan"])
def test_a_notebook_with_outputs_or_without_source_is_out_of_step(book, damage):
    notebook = book / "book/alpha.ipynb"
    if damage == "outputs":
        content = json.loads(notebook.read_text())
        content["cells"][1]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["1"]}]
        notebook.write_text(json.dumps(content))
    elif damage == "missing":
        notebook.unlink()
    else:
        notebook = shutil.copy(notebook, book / "book/gamma.ipynb")
    assert pairs.out_of_step(book / "book") == [Path(notebook)]


def test_writing_a_notebook_twice_changes_nothing_and_jupytext_agrees(book):
    source = book / "book/alpha.md"
    notebook = source.with_suffix(".ipynb")
    before = notebook.read_bytes()
    assert not pairs.write_notebook(source)
    command = [sys.executable, "-m", "jupytext", "--quiet", "--sync", str(source)]
    for newer in (source, notebook):
        os.utime(newer)
        subprocess.run(command, check=True)
        assert notebook.read_bytes() == before


def test_the_committed_pairs_are_as_sync_writes_them(tmp_path):
    for source in pairs.paired_sources(ROOT / "book"):
        copy = Path(shutil.copy(source, tmp_path))
        pairs.write_notebook(copy)
        written = copy.with_suffix(".ipynb").read_bytes()
        assert source.with_suffix(".ipynb").read_bytes() == written, "run `make sync`"


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        (
            "reading\n/out/source/a.md:3: WARNING: no such label\nOSError: later\n",
            ["book/a.md:3: WARNING: no such label"],
        ),
        (
            "pickling\nTraceback (most recent call last):\n  File x\nOSError: [Errno 27] File too large\n"
            "Traceback (most recent call last):\n  File y\nRuntimeError: \n===\n",
            ["OSError: [Errno 27] File too large"],
        ),
        ("reading\nkilled\n", ["reading", "killed"]),
    ],
)
def test_what_a_renderer_that_failed_said_is_told_without_its_traceback(tmp_path, log, shown):
    (tmp_path / "render.log").write_text(log)
    heading, *lines = render.complaints(tmp_path / "render.log", Path("/out/source")).splitlines()
    assert heading.startswith("rendering failed") and lines == shown
