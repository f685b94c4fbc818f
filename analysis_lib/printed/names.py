"""What the paper calls its groups."""

from __future__ import annotations

NAMES = {"surgery": "PRRT + surgery", "prrt_only": "PRRT only", "all": "all patients", "": ""}
