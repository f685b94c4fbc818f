"""Write environment.yml, for conda and Binder, from requirements.lock.

Every pin goes through pip, so that both ways lead to the same files from the same index;
hashes stay behind because pip cannot combine them with the editable install at the end.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = """\
# For conda and Binder. Written by `make lock` from requirements.lock: do not edit.
name: pannen-prrt-reproduction
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def pins(lock: str) -> list[str]:
    """Each `name==version ; marker` of a hashed lock, without the hashes."""
    return [line.removesuffix("\\").strip() for line in lock.splitlines() if re.match(r"[a-z0-9]", line, re.IGNORECASE)]


def environment(lock: str) -> str:
    lines = [f'      - "{pin}"\n' for pin in pins(lock)]
    return HEADER + "".join(lines) + '      - "-e ."\n'


if __name__ == "__main__":
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (ROOT / "environment.yml").write_text(environment(lock), encoding="utf-8")
