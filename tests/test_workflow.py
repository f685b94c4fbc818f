"""The workflow file runs nothing that can change under its name, and each job may do only what it must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
WRITES = {"publish": {"contents": "write"}}


@pytest.fixture(params=FILES, ids=lambda file: file.name)
def text(request):
    return request.param.read_text(encoding="utf-8")


def test_there_is_a_workflow():
    assert FILES


def test_every_action_is_pinned_by_a_commits_hash_with_its_release_beside_it(text):
    uses = re.findall(r"uses:.*", text)
    assert uses
    assert [line for line in uses if not re.fullmatch(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", line)] == []


def test_a_job_reads_only_unless_it_publishes(text):
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    granted = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert granted == WRITES
    assert all(workflow["jobs"][name]["if"] == "startsWith(github.ref, 'refs/tags/v')" for name in WRITES)


def test_only_a_checkout_that_pushes_keeps_its_credentials(text):
    for name, job in yaml.safe_load(text)["jobs"].items():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert (step["with"].get("persist-credentials") is False) == (name not in WRITES)
