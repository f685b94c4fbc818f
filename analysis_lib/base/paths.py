"""Where the project's own files lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = ROOT / "data" / "expected_verdicts.csv"
ENSEMBLE = ROOT / "data" / "ensemble"
ASSUMPTIONS = ROOT / "data" / "assumptions"
WITNESSES = ROOT / "data" / "witnesses"
