"""What is declared, locked and offered to conda is one and the same, and citable."""

from __future__ import annotations

import importlib.metadata
import re
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml
from cffconvert import Citation
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "tools/setup/bootstrap.lock", "tools/setup/bench.lock"]
# What sets up the rest, and the project itself.
INSTALLERS = {"pip", "setuptools", "wheel", "uv", "pannen-prrt-reproduction"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name: str) -> list[Requirement]:
    pins = re.findall(r"^([A-Za-z0-9].*?)\s*\\?$", read(name), re.MULTILINE)
    return [Requirement(pin) for pin in pins]


def version_here(requirements: list[Requirement]) -> dict[str, str]:
    """Package to version for those whose marker holds in this Python."""
    return {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_exact_and_hashed(name):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^ *#.*\n", "", read(name)))
    assert all("==" in block and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", [*LOCKS, "environment.yml", "tests/browser/package-lock.json"])
def test_no_lock_names_an_index(name):
    assert "://" not in read(name)


def test_the_lock_covers_what_pyproject_declares():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    declared = map(Requirement, [*project["dependencies"], *(x for extra in extras for x in extra)])
    versions = version_here(locked("requirements.lock"))
    for requirement in declared:
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not locked: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"


def test_environment_yml_agrees_with_the_lock():
    python, pip, from_pip = yaml.safe_load(read("environment.yml"))["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    *pins, itself = from_pip["pip"]
    assert itself == "-e ."
    assert [str(Requirement(pin)) for pin in pins] == [str(pin) for pin in locked(LOCKS[0])]


def test_what_is_installed_is_what_is_locked_and_nothing_else():
    # Where this Python keeps packages, whatever else PYTHONPATH adds.
    places = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    found = importlib.metadata.distributions(path=places)
    installed = {canonicalize_name(one.metadata["Name"]): one.version for one in found}
    expected = version_here(locked(LOCKS[0]))
    assert {name: v for name, v in installed.items() if name in expected or name not in INSTALLERS} == expected


def test_each_dependency_has_its_reason():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    declared = {Requirement(one).name for one in [*project["dependencies"], *(x for extra in extras for x in extra)]}
    rows = re.findall(r"^\| (.*?) \|", read("docs/dependencies.md"), re.MULTILINE)
    told = re.sub(r"[^a-z0-9]+", " ", " ".join(rows).lower())
    names = {"beautifulsoup4": "beautiful soup"}
    assert [name for name in declared if names.get(name, name.replace("-", " ")) not in told] == []


def test_citation_is_valid_and_agrees_with_the_project():
    Citation(read("CITATION.cff")).validate()
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["version"] == tomllib.loads(read("pyproject.toml"))["project"]["version"]
