"""A copy of a book in which builds and searches are disturbed on purpose, and what came of a trial."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

BUILD_BOOK = Path("tools/build/build_book.py")
CHAPTER_LIMIT = 120
MARK = "FAULT_TRIAL"


@dataclass(frozen=True)
class Trial:
    """What was tried and what came of it.

    Attributes
    ----------
    subject, fault, detail
        What was disturbed, and how.
    ended, seconds
        How the disturbed process ended, and when.
    kept
        Whether the old or the new result is there, whole and to the byte.
    clear
        Whether it ended as it should, without a traceback of its own.
    recovered
        Whether an undisturbed run then ends with the new result.
    left
        How many processes and temporary files are still there.
    """

    subject: str
    fault: str
    detail: str
    ended: str
    seconds: float
    kept: bool
    clear: bool
    recovered: bool
    left: int

    @property
    def passed(self) -> bool:
        return self.kept and self.clear and self.recovered and not self.left

    @property
    def row(self) -> dict[str, object]:
        """As data/trust/faults.csv has it."""
        return {name: ("no", "yes")[v] if isinstance(v, bool) else v for name, v in asdict(self).items()}


def digest(folder: Path) -> str:
    """Of all names and contents below a folder, or of a file, if it is there."""
    if not folder.exists():
        return "absent"
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]
    found = hashlib.sha256()
    for path in files:
        found.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


class Sandbox:
    """A copy of a book, with a folder of its own for temporary files and a mark on its processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "_build"
        self.limit = CHAPTER_LIMIT
        self.mark = uuid.uuid4().hex
        # Its path is short, as that of a socket must be.
        self.temporary = Path(tempfile.mkdtemp(prefix="trial-"))
        self.log = root.parent / f"{root.name}.log"

    def start(self, command: list[str], before: Callable[[], None] | None = None) -> subprocess.Popen:
        added = {MARK: self.mark, "TMPDIR": str(self.temporary), "PYTHONPATH": str(self.root)}
        added["JUPYTER_RUNTIME_DIR"] = str(self.temporary / "runtime")
        with self.log.open("w") as log:
            return subprocess.Popen(
                command, cwd=self.root, env=os.environ | added, stdout=log, stderr=log, preexec_fn=before
            )

    def build(self, before: Callable[[], None] | None = None, prefix: tuple[str, ...] = ()) -> subprocess.Popen:
        return self.start([*prefix, sys.executable, str(self.root / BUILD_BOOK), "--limit", str(self.limit)], before)

    def build_whole(self) -> None:
        """Build without a disturbance; it must succeed."""
        how = ended(self.build(), 1800)
        assert how == "exit 0", f"an undisturbed build ended with {how}:\n{self.log.read_text()}"

    @property
    def html(self) -> str:
        return digest(self.out / "html")

    @property
    def told_clearly(self) -> bool:
        """Whether what a build said is no traceback of its own; a chapter's is shown indented."""
        return not any(line.startswith("Traceback") for line in self.log.read_text(errors="replace").splitlines())

    def remove(self) -> None:
        """Remove the copy and its folder for temporary files."""
        shutil.rmtree(self.root)
        shutil.rmtree(self.temporary)

    def processes(self) -> list[psutil.Process]:
        """All that the trial started and that still run."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def left(self, patience: float = 20) -> list[str]:
        """Processes, scratch folders and temporary files that are still there; a busy machine takes its time."""
        deadline = time.monotonic() + patience
        while (running := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.2)
        files = [*self.out.glob("scratch-*"), *self.out.glob("html.*")]
        files += [path for path in self.temporary.rglob("*") if path.is_file()]
        return [*(f"process {process.pid}" for process in running), *map(str, files)]


def ended(process: subprocess.Popen, limit: float = 600) -> str:
    """How a process ends, in words; one that does not is killed."""
    try:
        status = process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return "hung"
    return f"signal {-status}" if status < 0 else f"exit {status}"
