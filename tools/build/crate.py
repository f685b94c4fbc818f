"""An RO-Crate 1.1 of book, data and simulated cohorts: one zip whose bytes follow from its contents.

``make crate`` builds the book and writes it. The metadata come from CITATION.cff and the files.
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import revision
import yaml

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
# The earliest that a zip can hold: the same contents give the same bytes on any day.
DATE = (1980, 1, 1, 0, 0, 0)
TYPES = {
    ".ipynb": "application/x-ipynb+json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".cff": "text/yaml",
    ".yml": "text/yaml",
    ".bib": "application/x-bibtex",
    ".js": "text/javascript",
}
ABOUT = {
    "html/index.html": "The book, to be read in a browser without a network",
    "data/published/": "The paper's printed numbers, one row each",
    "data/ensemble/": "Simulated cohorts: invented patients who fit the printed numbers, not patients' data",
}
LICENCES = {"MIT": "https://spdx.org/licenses/MIT", "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}


def tracked(root: Path, *folders: str) -> list[str]:
    """Files of the repository, so that nothing that merely lies about gets in."""
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--", *folders], check=True, capture_output=True, text=True
    )
    return sorted(name for name in done.stdout.split("\0") if name and (root / name).is_file())


def contents(root: Path, html: Path) -> dict[str, Path]:
    """What goes into the crate: its name there, and the file."""
    pages = sorted(path for path in html.rglob("*") if path.is_file() and not path.name.startswith("."))
    files = {f"html/{path.relative_to(html).as_posix()}": path for path in pages}
    sources = tracked(root, "data", "book", "analysis_lib", "CITATION.cff", "LICENSE", "LICENSE-text", "references.bib")
    return files | {name: root / name for name in sources}


def metadata(cff: dict, names: dict[str, int], commit: str, year: str) -> dict:
    """ro-crate-metadata.json: the crate, each file of it with its size in bytes, authors, licences, the study."""
    study = cff["references"][0]
    organisations = [
        {"@id": f"#author-{i}", "@type": "Organization", "name": a["name"]} for i, a in enumerate(cff["authors"])
    ]
    folders = sorted(
        {f"{name.split('/')[0]}/" for name in names if "/" in name} | {n for n in ABOUT if n.endswith("/")}
    )
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": cff["title"],
        "description": cff["abstract"].strip(),
        "version": str(cff["version"]) + (f" ({commit})" if commit else ""),
        "datePublished": year,
        "license": [{"@id": LICENCES[licence]} for licence in cff["license"]],
        "author": [{"@id": each["@id"]} for each in organisations],
        "keywords": ", ".join(cff["keywords"]),
        "isBasedOn": {"@id": "#study"},
        "hasPart": [{"@id": name} for name in [*folders, *names]],
    }
    files = []
    for name, size in names.items():
        kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        files.append(
            {"@id": name, "@type": "File", "name": ABOUT.get(name, Path(name).name), "encodingFormat": kind}
            | {"contentSize": str(size)}
        )
    graph = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": SPECIFICATION},
        },
        root,
        *({"@id": folder, "@type": "Dataset", "name": ABOUT.get(folder, folder.rstrip("/"))} for folder in folders),
        *files,
        *organisations,
        *({"@id": LICENCES[licence], "@type": "CreativeWork", "name": licence} for licence in cff["license"]),
        {
            "@id": "#study",
            "@type": "ScholarlyArticle",
            "name": study["title"],
            "datePublished": str(study["year"]),
            "publisher": study["journal"],
        },
    ]
    return {"@context": f"{SPECIFICATION}/context", "@graph": graph}


def write(files: dict[str, Path], about: dict, target: Path) -> None:
    """The zip, its entries in order and with one date."""
    target.parent.mkdir(parents=True, exist_ok=True)
    texts = {"ro-crate-metadata.json": json.dumps(about, indent=1, ensure_ascii=False).encode()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in [*texts, *files]:
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, texts[name] if name in texts else files[name].read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--html", type=Path, default=Path("_build/html"), help="the built book")
    parser.add_argument("--out", type=Path, default=Path("_build/crate.zip"), help="the zip to write")
    given = parser.parse_args()
    if not (given.html / "index.html").exists():
        sys.exit(f"crate: no book in {given.html}: run `make book` first")
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    year = re.match(r"\d{4}", str(cff.get("date-released", config["copyright"])))[0]
    files = contents(ROOT, given.html)
    sizes = {name: path.stat().st_size for name, path in files.items()}
    write(files, metadata(cff, sizes, revision.revision(ROOT), year), given.out)
    print(f"crate: {given.out}, {len(files)} files, {given.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
