"""Make .venv hold exactly what requirements.lock names, and analysis_lib importable in it.

Run by `make` with the machine's own Python, so only the standard library is at hand here.
The stamp .venv/.ready is written last: an interrupted set-up has none and is taken up again.
"""

from __future__ import annotations

import ast
import fcntl
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".ready"
LOCK = ROOT / "requirements.lock"
BOOTSTRAP = Path(__file__).with_name("bootstrap.lock")


def pip(*arguments: str) -> list[str]:
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]


def pip_settings() -> dict[str, str]:
    """pip's own settings on this machine; the environment, listed last, wins over files."""
    listed = subprocess.run(pip("config", "list"), capture_output=True, text=True, check=True)
    settings = {}
    for line in sorted(listed.stdout.splitlines(), key=lambda line: line.startswith(":env:")):
        key, _, value = line.partition("=")
        settings[key.rpartition(".")[2]] = str(ast.literal_eval(value))
    return settings


def environment_for_uv() -> dict[str, str]:
    """uv does not read pip's configuration: hand over the index and the certificates."""
    environment = dict(os.environ)
    settings = pip_settings()
    if "index-url" in settings and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys():
        environment["UV_DEFAULT_INDEX"] = settings["index-url"]
    if "cert" in settings:
        environment.setdefault("SSL_CERT_FILE", settings["cert"])
    if not os.access(os.path.expanduser("~"), os.W_OK):
        # It would have no place for its cache, and fail.
        environment["UV_NO_CACHE"] = "1"
    return environment


def install_locked() -> None:
    """uv takes seconds where pip takes minutes; what only pip can reach, pip installs."""
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", "--quiet", "--python", str(PYTHON)]
    uv += ["--require-hashes", "--compile-bytecode", str(LOCK)]
    if subprocess.run(uv, env=environment_for_uv()).returncode == 0:
        return
    print("set-up: uv could not install the lock; trying pip, which is slower", file=sys.stderr)
    subprocess.run(pip("install", "--quiet", "--require-hashes", "-r", str(LOCK)), check=True)


def make_importable() -> None:
    """A path file in place of an editable install: nothing is built, and `uv pip sync` leaves it.

    Its one line is relative, so that a copy of the whole folder imports its own library
    and never the original's.
    """
    purelib = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    line = os.path.relpath(ROOT, purelib)
    (Path(purelib) / "analysis_lib_here.pth").write_text(line + "\n", encoding="utf-8")


def version_of(python: Path) -> str:
    """Its version; blank if it does not run."""
    try:
        asked = [str(python), "-c", "import sys; print(sys.version.split()[0])"]
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def main() -> None:
    # Two commands started at once on a fresh clone set up one after the other; the lock
    # ends with the process.
    fcntl.flock(os.open(ROOT, os.O_RDONLY), fcntl.LOCK_EX)
    STAMP.unlink(missing_ok=True)
    print(f"set-up: .venv with Python {sys.version.split()[0]}", flush=True)
    try:
        # Made anew when its Python is gone, or another is asked for; otherwise repaired in place.
        version = sys.version.split()[0]
        config = VENV / "pyvenv.cfg"
        same = version_of(PYTHON) == version and f"version = {version}\n" in config.read_text()
        # As the command line makes them on POSIX, so that one made by hand can be repaired too.
        venv.create(VENV, with_pip=True, clear=not same, symlinks=os.name != "nt")
        subprocess.run(pip("install", "--quiet", "--require-hashes", "-r", str(BOOTSTRAP)), check=True)
        install_locked()
        make_importable()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"set-up: failed: {error}\nset-up: run the same command again to take it up")
    STAMP.touch()


if __name__ == "__main__":
    main()
