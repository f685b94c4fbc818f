"""Run a program with the packages of a further lock laid over .venv, which stays as it is.

python tools/setup/overlay.py tools/setup/bench.lock python tools/bench/run.py
"""

from __future__ import annotations

import os
import sys

from set_up import ROOT, VENV, environment_for_uv


def main() -> None:
    lock, *program = sys.argv[1:]
    uv = str(VENV / "bin" / "uv")
    command = [uv, "run", "--quiet", "--no-project", "--python", str(VENV / "bin" / "python")]
    environment = environment_for_uv() | {"VIRTUAL_ENV": str(VENV), "PYTHONPATH": str(ROOT)}
    os.execve(uv, [*command, "--with-requirements", lock, *program], environment)


if __name__ == "__main__":
    main()
