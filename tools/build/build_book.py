"""Build the book: run the chapters that changed, render, and put the new book in the old one's place.

The previous book stays until the new one is whole. Whatever stops a build, also a killed one,
the next build finds either book and takes up from there.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import forkserver
import freshness
import pairs
import render
import revision

ROOT = Path(__file__).resolve().parents[2]
KEY_FILE = ".made-from"
# What a shell reports of a command that Ctrl-C ended.
INTERRUPTED = 128 + 2
# Seconds in which the processes of a killed build end by themselves, with much to spare.
PATIENCE = 5


class BuildError(Exception):
    """Why there is no new book, ready to print."""


def say(message: str) -> None:
    print(f"book: {message}", flush=True)


@contextmanager
def alone(out: Path):
    """One build at a time in a folder; a second one waits. The lock ends with the process."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another build works in {out}; waiting for it")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def recover(out: Path) -> None:
    """Put right what a killed build left: a book moved aside, scratch folders."""
    html, old = out / "html", out / "html.old"
    if old.exists() and not html.exists():
        old.rename(html)
    shutil.rmtree(old, ignore_errors=True)
    clear_scratch(out)


def clear_scratch(out: Path) -> None:
    """Remove scratch folders, also one into which a killed build's last process still writes."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for leftover in out.glob("scratch-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if not any(out.glob("scratch-*")) or time.monotonic() > deadline:
            return
        time.sleep(0.05)


def replace_book(new: Path, out: Path) -> None:
    html, old = out / "html", out / "html.old"
    if html.exists():
        html.rename(old)
    new.rename(html)
    shutil.rmtree(old, ignore_errors=True)


def check_pairs(root: Path, digests: freshness.Digests, out: Path) -> None:
    """Refuse pairs out of step. Pairs seen in step are remembered: reading them is slow."""
    known = out / "pairs.json"
    files = [*root.glob("book/*.md"), *root.glob("book/*.ipynb")]
    now = {path.name: digests.of(path.relative_to(root).as_posix()) for path in sorted(files)}
    if known.exists() and known.read_text(encoding="utf-8") == json.dumps(now):
        return
    if differing := pairs.out_of_step(root / "book"):
        names = ", ".join(str(path.relative_to(root)) for path in differing)
        raise BuildError(f"{names} not in step with its .md: run `make sync`")
    known.write_text(json.dumps(now), encoding="utf-8")


def book_key(root: Path, digests: freshness.Digests, executed: Path, sources: list[Path]) -> str:
    """A digest of all that a page can show: the extensions read the library and the data."""
    names = ["requirements.lock", "_config.yml", "_toc.yml", "references.bib"]
    names += ["CITATION.cff"] if (root / "CITATION.cff").exists() else []
    names += [path.relative_to(root).as_posix() for path in sources if path.suffix == ".md"]
    # The library's reference tells of each function's tests.
    names += [path.relative_to(root).as_posix() for path in sorted((root / "tests").rglob("test_*.py"))]
    tree = digests.of_tree("analysis_lib", "data", "book/_ext", "book/_static", "book/_templates")
    notebooks = {
        path.name: hashlib.sha256((executed / path.name).read_bytes()).hexdigest()
        for path in sources
        if path.suffix == ".ipynb"
    }
    made_from = [sys.version, revision.revision(root), {name: digests.of(name) for name in names}, tree, notebooks]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


def build(root: Path, out: Path, limit: float, renderer=render.jupyter_book) -> bool:
    """Bring the book in `out` up to date; False when it was already."""
    started = time.monotonic()
    recover(out)
    digests = freshness.Digests(root)
    check_pairs(root, digests, out)
    sources = [render.source_of(root, page) for page in render.pages_of(root / "_toc.yml")]
    notebooks = [p.relative_to(root).as_posix() for p in sources if p.suffix == ".ipynb"]
    executed = out / "executed"
    executed.mkdir(exist_ok=True)
    stale = [name for name in notebooks if not freshness.is_fresh(digests, name, executed)]
    scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=out))
    try:
        if stale:
            forkserver.load_libraries()
            # Only here: it loads slowly, and a build in which nothing has changed needs none of it.
            import execute

            if failures := execute.run_all(digests, stale, executed, scratch, limit, say):
                raise BuildError("\n".join(failures))
        key = book_key(root, digests, executed, sources)
        made_from = out / "html" / KEY_FILE
        if made_from.exists() and made_from.read_text() == key:
            say(f"up to date ({time.monotonic() - started:.1f} s)")
            return False
        for path in executed.iterdir():
            if path.stem not in {Path(name).stem for name in notebooks}:
                path.unlink()
        render_started = time.monotonic()
        render.stage(root, executed, scratch / "source")
        new = renderer(scratch / "source", scratch / "rendered", out / "render.log")
        (new / KEY_FILE).write_text(key)
        replace_book(new, out)
        say(f"{'pages':<16} {'made':<7} {time.monotonic() - render_started:5.1f} s")
    finally:
        clear_scratch(out)
    say(f"{out / 'html' / 'index.html'} ({time.monotonic() - started:.1f} s in all)")
    return True


def obey() -> None:
    """End as told by Ctrl-C or SIGTERM, once, and with the `make` that started this."""

    def stop(*_: object) -> None:
        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, signal.SIG_IGN)
        raise KeyboardInterrupt

    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, stop)
    if "MAKELEVEL" in os.environ:
        forkserver.end_with_parent(signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("_build"), help="where to build")
    parser.add_argument("--limit", type=float, default=300, help="seconds that a chapter may take")
    given = parser.parse_args()
    obey()
    os.chdir(ROOT)
    out = given.out.resolve()
    try:
        with alone(out):
            build(ROOT, out, given.limit)
    except (BuildError, render.RenderError) as error:
        sys.exit(f"book: {error}\nbook: not built; the previous book, if any, is untouched")
    except OSError as error:
        sys.exit(f"book: not built: {error}")
    except KeyboardInterrupt:
        print("book: stopped; the previous book, if any, is untouched", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        forkserver.stop()


if __name__ == "__main__":
    main()
