"""The crate: its metadata name each file in it, and the same contents give the same bytes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import crate
import pytest
import yaml

CFF = yaml.safe_load((Path(__file__).resolve().parents[2] / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "index.html").write_text("<p>a</p>")
    (tmp_path / "cohorts.parquet").write_bytes(b"PAR1")
    return {"html/index.html": tmp_path / "index.html", "data/ensemble/cohorts.parquet": tmp_path / "cohorts.parquet"}


def made(files, target, commit="abc"):
    sizes = {name: path.stat().st_size for name, path in files.items()}
    crate.write(files, crate.metadata(CFF, sizes, commit, "2026"), target)
    return target


def test_the_metadata_describe_exactly_the_files_in_the_zip(files, tmp_path):
    with zipfile.ZipFile(made(files, tmp_path / "c.zip")) as archive:
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
        names = set(archive.namelist()) - {"ro-crate-metadata.json"}
    assert {each["@id"] for each in graph if each["@type"] == "File"} == names


def test_every_reference_in_the_graph_leads_to_an_entity_of_it():
    graph = crate.metadata(CFF, {"html/index.html": 1}, "", "2026")["@graph"]
    ids = {each["@id"] for each in graph}

    def references(value):
        if isinstance(value, dict):
            yield from [value["@id"]] if set(value) == {"@id"} else references(list(value.values()))
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    assert {found for each in graph for found in references(each)} - ids == {crate.SPECIFICATION}
    assert len(ids) == len(graph)


def test_two_crates_of_the_same_contents_are_the_same_bytes(files, tmp_path):
    first = made(files, tmp_path / "1.zip").read_bytes()
    files["html/index.html"].touch()
    assert made(files, tmp_path / "2.zip").read_bytes() == first


def test_the_descriptor_conforms_to_1_1_and_the_root_has_what_it_must():
    descriptor, root, *_ = crate.metadata(CFF, {}, "abc", "2026")["@graph"]
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@id"] == "./" and all(root[key] for key in ("name", "description", "datePublished", "license"))


def test_a_crate_of_no_book_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["crate.py", "--html", str(tmp_path)])
    with pytest.raises(SystemExit, match="run `make book` first"):
        crate.main()
