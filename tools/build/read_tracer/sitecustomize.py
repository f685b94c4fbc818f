"""Note every file of the repository that this Python process reads.

tools/build/execute.py puts this folder on the PYTHONPATH of a chapter's kernel, so it also sees
what the kernel's own subprocesses read. It cannot see files opened by compiled code on its own
(pyarrow given a path): the library opens data files in Python.
"""

import os
import sys


def record_reads(root: str, record: str) -> None:
    out = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    data = os.path.join(root, "data")
    skipped = tuple(os.path.join(root, name) + os.sep for name in (".venv", ".git", "_build"))
    seen = set()

    def hook(event, args):
        if event == "open":
            path, _, flags = args
            if flags & (os.O_WRONLY | os.O_RDWR):
                return
        elif event in ("os.listdir", "os.scandir"):
            path = args[0]
        else:
            return
        if path is None or isinstance(path, int) or path in seen:
            return
        seen.add(path)
        name = os.path.abspath(os.fsdecode(path))
        if not name.startswith(root + os.sep) or name.startswith(skipped):
            return
        # A new file beside the data matters to who lists that folder; Python's own look
        # through a package's folder does not.
        if event != "open" and name != data and not name.startswith(data + os.sep):
            return
        folder, base = os.path.split(name)
        if os.path.basename(folder) == "__pycache__":
            if not base.endswith(".pyc"):
                return
            name = os.path.join(os.path.dirname(folder), base.split(".")[0] + ".py")
        os.write(out, os.fsencode(os.path.relpath(name, root)) + b"\n")

    sys.addaudithook(hook)


if os.environ.get("BOOK_RECORD"):
    record_reads(os.environ["BOOK_ROOT"], os.environ["BOOK_RECORD"])
