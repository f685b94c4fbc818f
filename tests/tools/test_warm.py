"""Programs that are forked from a warm process run as if started by themselves, and end with who asked for them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import lifeline
import psutil
import pytest
import warm

pytestmark = pytest.mark.skipif(not warm.POSSIBLE, reason="forks are used on Linux only")


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(warm, "LIBRARIES", ("fractions",))
    # A folder whose path is too long for a socket's address.
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    with warm.server(folder) as start:
        assert start == warm.command(folder)
        yield folder


@pytest.fixture
def program(tmp_path):
    def write(text: str) -> str:
        (tmp_path / "program.py").write_text(textwrap.dedent(text))
        return str(tmp_path / "program.py")

    return write


def ask(folder: Path, *words: str, **how) -> subprocess.CompletedProcess:
    return subprocess.run(warm.command(folder, *words), capture_output=True, text=True, timeout=60, **how)


def wait_for(condition, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_a_program_has_its_arguments_environment_folder_and_streams(server, program, tmp_path):
    text = """
        import json, os, sys
        print(json.dumps([sys.argv[1:], os.environ["OWN"], os.getcwd(), sys.stdin.read(), __name__]))
        print("to the other", file=sys.stderr)
    """
    done = ask(server, program(text), "a", "b c", cwd=tmp_path, env=os.environ | {"OWN": "x" * 100_000}, input="hello")
    assert json.loads(done.stdout) == [["a", "b c"], "x" * 100_000, str(tmp_path), "hello", "__main__"]
    assert (done.stderr, done.returncode) == ("to the other\n", 0)


def test_what_the_server_loaded_is_there_and_nothing_of_the_library(server, program):
    text = """
        import sys
        print("fractions" in sys.modules, any(name.startswith("analysis_lib") for name in sys.modules))
    """
    assert ask(server, program(text)).stdout == "True False\n"


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('why')", 1, "why\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("import os; os.kill(os.getpid(), 9)", 1, ""),
    ],
)
def test_how_a_program_ends_is_passed_on(server, program, text, status, said):
    done = ask(server, program(text))
    assert done.returncode == status and done.stderr.endswith(said)
    assert ask(server, program("print('the next')")).stdout == "the next\n"


def test_one_that_is_killed_is_known_to_have_ended_while_another_goes_on(server, program, tmp_path):
    name = program("import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)")
    notes = [tmp_path / "one", tmp_path / "two"]
    stand_ins = [subprocess.Popen(warm.command(server, name, str(note))) for note in notes]
    assert wait_for(lambda: all(note.exists() and note.read_text() for note in notes))
    os.kill(int(notes[0].read_text()), signal.SIGKILL)
    assert stand_ins[0].wait(20) == 1
    assert stand_ins[1].poll() is None
    stand_ins[1].kill()
    stand_ins[1].wait()


def test_a_program_that_is_killed_takes_along_what_it_had_started_warm(server, program, tmp_path):
    inner, note = tmp_path / "inner.py", tmp_path / "pids"
    inner.write_text("import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)")
    text = f"""
        import os, subprocess, sys
        open(sys.argv[1], "w").write(str(os.getpid()))
        subprocess.run({warm.command(server, str(inner))} + [sys.argv[1] + ".inner"])
    """
    stand_in = subprocess.Popen(warm.command(server, program(text), str(note)), stdout=subprocess.PIPE)
    of_inner = tmp_path / "pids.inner"
    assert wait_for(lambda: of_inner.exists() and of_inner.read_text())
    os.kill(int(note.read_text()), signal.SIGKILL)
    # Ends only when nobody holds the pipe any more.
    assert stand_in.communicate(timeout=20)[0] == b""
    assert stand_in.returncode == 1
    assert wait_for(lambda: not psutil.pid_exists(int(of_inner.read_text())))


def test_a_server_that_is_killed_takes_its_programs_along(tmp_path, program, monkeypatch):
    monkeypatch.setattr(warm, "LIBRARIES", ("fractions",))
    name = program("import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)")
    note = tmp_path / "pid"
    with warm.server(tmp_path) as start:
        stand_in = subprocess.Popen([*start, name, str(note)], stdout=subprocess.PIPE)
        assert wait_for(lambda: note.exists() and note.read_text())
        pid = int(note.read_text())
        os.kill(psutil.Process(pid).ppid(), signal.SIGKILL)
        # Ends only when nobody holds the pipe any more.
        assert stand_in.communicate(timeout=20)[0] == b""
        assert stand_in.returncode == 1
        # Those that come later start as usual.
        assert ask(tmp_path, program("import sys; print('fractions' in sys.modules)")).stdout == "False\n"
    # With its parent gone it may wait for a while until the system takes note of its end.
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_module_runs_as_with_m(server):
    assert ask(server, "-m", "json.tool", "--help").stdout.startswith("usage: ")


def test_files_that_are_read_are_recorded(server, program, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.csv").write_text("1")
    record = {"BOOK_ROOT": str(tmp_path), "BOOK_RECORD": str(tmp_path / "reads")}
    ask(server, program("open('data/numbers.csv').read()"), cwd=tmp_path, env=os.environ | record)
    assert "data/numbers.csv" in (tmp_path / "reads").read_text().splitlines()


SLEEPER = """
    import subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open(sys.argv[1], "w").write(f"{__import__('os').getpid()} {child.pid}")
    time.sleep(600)
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_a_program_ends_with_its_stand_in_and_takes_its_children_along(server, program, tmp_path, stopped):
    note = tmp_path / "pids"
    stand_in = subprocess.Popen(warm.command(server, program(SLEEPER), str(note)))
    assert wait_for(lambda: note.exists() and len(note.read_text().split()) == 2)
    pids = [int(pid) for pid in note.read_text().split()]
    assert all(psutil.pid_exists(pid) for pid in pids)
    if stopped:
        os.kill(pids[0], signal.SIGSTOP)
    stand_in.kill()
    stand_in.wait()
    assert wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def test_without_a_server_programs_start_as_usual(tmp_path, monkeypatch):
    monkeypatch.setattr(warm, "LIBRARIES", ("no_such_library",))
    with warm.server(tmp_path) as start:
        assert start == [sys.executable]
        assert not list(tmp_path.iterdir())


def test_a_kernel_is_forked_too(server, tmp_path):
    text = """
import sys
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
book = new_notebook(cells=[new_code_cell("import sys; 'fractions' in sys.modules, 6 * 7")])
NotebookClient(book, kernel_name="python3").execute()
print(book.cells[0].outputs[0]["data"]["text/plain"])
"""
    (tmp_path / "program.py").write_text(text)
    command = [sys.executable, str(tmp_path / "program.py")]
    asked = {"env": os.environ | {"JUPYTER_PATH": str(server)}, "capture_output": True, "text": True}
    spec = json.loads((server / "kernels" / "python3" / "kernel.json").read_text())
    assert spec["argv"][:-4] == warm.command(server)
    assert subprocess.run(command, **asked).stdout == "(True, 42)\n"


def test_a_server_ends_with_who_started_it(tmp_path):
    command = [sys.executable, warm.__file__, "serve", str(tmp_path), "json"]
    text = f"""
import os, subprocess
os.environ["{lifeline.BUILD}"] = str(os.getpid())
subprocess.Popen({command})
"""
    subprocess.run([sys.executable, "-c", text], stdout=subprocess.DEVNULL, check=True)

    def serving() -> list[int]:
        return [p.pid for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in (p.info["cmdline"] or [])]

    assert wait_for(lambda: not serving())


def test_a_server_whose_folder_has_gone_with_a_killed_build_ends_without_a_word(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    (tmp_path / "clearing.py").write_text(f"import shutil; shutil.rmtree({str(folder)!r})")
    command = [sys.executable, warm.__file__, "serve", str(folder), "clearing"]
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_server_that_is_killed_with_a_request_in_its_hands_ends_the_program_without_a_word(tmp_path):
    with warm._at(str(tmp_path), lambda s: (s.bind(warm._SOCKET), s.listen())) as listener:
        started = subprocess.Popen(
            warm.command(tmp_path, "-c", "print('never')"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        connection, _ = listener.accept()
        # Closed with the request unread, as the system closes what a killed process held.
        connection.close()
        said = started.communicate(timeout=60)
    assert (started.returncode, *said) == (1, "", "")
