"""Set-up makes .venv anew when its Python cannot serve, and gives uv what it would not find by itself."""

from __future__ import annotations

import os
import sys
import venv

import pytest
import set_up

VERSION = sys.version.split()[0]


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Set up in an empty folder without installing anything; returns whether .venv is cleared."""
    asked = []
    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    monkeypatch.setattr(set_up, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(set_up, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(set_up, "STAMP", tmp_path / ".venv" / ".ready")
    monkeypatch.setattr(venv, "create", lambda *place, clear, **how: asked.append(clear))
    monkeypatch.setattr(set_up, "pip", lambda *words: [sys.executable, "-c", ""])
    monkeypatch.setattr(set_up, "install_locked", lambda: None)
    monkeypatch.setattr(set_up, "make_importable", lambda: None)

    def make(python: str, version: str) -> bool:
        (tmp_path / ".venv" / "bin").mkdir(parents=True)
        (tmp_path / ".venv" / "bin" / "python").symlink_to(python)
        (tmp_path / ".venv" / "pyvenv.cfg").write_text(f"home = /bin\nversion = {version}\n")
        set_up.main()
        assert (tmp_path / ".venv" / ".ready").exists()
        return asked.pop()

    return make


@pytest.mark.parametrize(
    ("python", "version", "anew"),
    [(sys.executable, VERSION, False), ("/nowhere/python", VERSION, True), (sys.executable, "3.99.0", True)],
    ids=["the same Python", "its Python is gone", "made by another Python"],
)
def test_a_venv_is_repaired_where_it_can_be_and_else_made_anew(made, python, version, anew):
    assert made(python, version) is anew


@pytest.mark.parametrize("there", [True, False])
def test_without_a_home_uv_keeps_no_cache(tmp_path, monkeypatch, there):
    monkeypatch.setenv("HOME", str(tmp_path if there else "/nonexistent/home"))
    monkeypatch.delenv("UV_NO_CACHE", raising=False)
    monkeypatch.setattr(set_up, "pip", lambda *words: [sys.executable, "-c", "print(\"global.cert='/a.pem'\")"])
    environment = set_up.environment_for_uv()
    assert environment.get("UV_NO_CACHE") == (None if there else "1")
    assert environment["SSL_CERT_FILE"] == (os.environ.get("SSL_CERT_FILE") or "/a.pem")
