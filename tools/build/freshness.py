"""Which chapters must run again, and running them.

A chapter's record, kept beside its executed notebook, lists the files it read while it ran
(seen by read_tracer) with their digests. It is fresh while those, its own notebook, the lock
and the Python version are what they were.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from pathlib import Path

import lifeline
import warm

AT_ONCE = 2
# A server takes as long to load its libraries as a chapter or two.
_WORTH_A_SERVER = 3


class Digests:
    """Digests of the repository's files and folders, each taken once per build.

    Those of the library and the data are taken before the first chapter runs: a file edited
    while a chapter reads it has the old digest in the record, so the next build sees the edit.
    """

    def __init__(self, root: Path):
        self.root = root
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = self._take(self.root / name)
        return self._known[name]

    def of_tree(self, *folders: str) -> dict[str, str]:
        found = {}
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*")):
                name = path.relative_to(self.root).as_posix()
                if "__pycache__" not in name:
                    found[name] = self.of(name)
        return found

    @staticmethod
    def _take(path: Path) -> str:
        if path.is_dir():
            # Numba leaves its folder beside the code when a chapter first compiles some.
            names = sorted(n for n in os.listdir(path) if n != "__pycache__" and not n.startswith("."))
            return "folder " + _digest("\n".join(names).encode())
        return _digest(path.read_bytes()) if path.exists() else "absent"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def takes_cohort(root: Path, notebook: str) -> bool:
    """Whether a chapter declares the parameter ``cohort``."""
    cells = json.loads((root / notebook).read_text(encoding="utf-8"))["cells"]
    declared = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    return any(line.startswith("cohort:") for c in declared for line in "".join(c["source"]).splitlines())


def key_of(digests: Digests, notebook: str, inputs: list[str], cohort: Path | None = None) -> dict:
    return {
        "cohort": digests.of(str(cohort)) if cohort and takes_cohort(digests.root, notebook) else None,
        "python": platform.python_version(),
        "lock": digests.of("requirements.lock"),
        "notebook": digests.of(notebook),
        "inputs": {name: digests.of(name) for name in sorted(inputs)},
    }


def is_fresh(digests: Digests, notebook: str, executed: Path, cohort: Path | None = None) -> bool:
    """Whether the executed notebook is there, whole, and made from what is there now."""
    output = executed / Path(notebook).name
    try:
        record = json.loads(output.with_suffix(".json").read_text(encoding="utf-8"))
        whole = record.pop("output") == _digest(output.read_bytes())
    except (OSError, ValueError, KeyError):
        return False
    return whole and record == key_of(digests, notebook, list(record.get("inputs", {})), cohort)


def run_all(
    digests: Digests,
    notebooks: list[str],
    executed: Path,
    scratch: Path,
    limit: float,
    say,
    cohort: Path | None = None,
) -> list[str]:
    """Run the chapters, two at a time; return the names of those that failed.

    Those that can are run on `cohort` if it is given.

    Every chapter gets its turn, so one build shows all failures and keeps all successes.
    """
    digests.of_tree("analysis_lib", "data")
    failed = []
    server = warm.server(scratch) if len(notebooks) >= _WORTH_A_SERVER else nullcontext([sys.executable])
    with server as start, ThreadPoolExecutor(AT_ONCE) as pool:
        # A long chapter runs long, as a rule: begun last, it would leave the other core without work.
        notebooks = sorted(notebooks, key=lambda name: (digests.root / name).stat().st_size, reverse=True)
        started = [pool.submit(_run, start, digests, name, executed, scratch, limit, cohort) for name in notebooks]
        jobs = {job: Path(name).stem for job, name in zip(started, notebooks, strict=True)}
        for job in as_completed(jobs):
            problem, seconds = job.result()
            say(f"{jobs[job]:<16} {'FAILED' if problem else 'ran':<7} {seconds:5.1f} s")
            if problem:
                failed.append(problem)
    return failed


def _run(
    start: list[str],
    digests: Digests,
    notebook: str,
    executed: Path,
    scratch: Path,
    limit: float,
    cohort: Path | None,
):
    """Run one chapter and file it; return the problem, if any, and the seconds it took."""
    started = time.monotonic()
    output = scratch / Path(notebook).name
    record = output.with_suffix(".reads")
    record.touch()
    digests.of(notebook)
    command = [*start, str(Path(__file__).with_name("execute.py")), notebook, str(output)]
    command += ["--record", str(record), "--limit", str(limit), "--kernels", str(scratch)]
    if cohort and takes_cohort(digests.root, notebook):
        command += ["--cohort", str(cohort)]
    done = subprocess.run(
        command,
        cwd=digests.root,
        env=lifeline.environment(scratch),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = done.stderr.strip() or f"its process ended with status {done.returncode}"
        start = said.find("chapter ")
        return said[max(start, 0) :], time.monotonic() - started
    inputs = sorted(set(record.read_text(encoding="utf-8").splitlines()))
    key = key_of(digests, notebook, inputs, cohort) | {"output": _digest(output.read_bytes())}
    note = output.with_suffix(".json")
    note.write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")
    # The record last: it holds the digest of a notebook that is already in place.
    for path in (output, note):
        path.replace(executed / path.name)
    return None, time.monotonic() - started
