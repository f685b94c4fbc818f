"""What pages say of themselves: computed from CITATION.cff, with no DOI that is not there."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import cite  # noqa: E402
import revision  # noqa: E402

CFF = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_bibtex_of_a_chapter_names_the_book_and_no_doi():
    entry = cite.bibtex(CFF, "Survival", "2026", "abc123")
    assert entry.startswith("@incollection{survival,") and f"booktitle = {{{{{CFF['title']}}}}}" in entry
    assert "abc123" in entry and "doi" not in entry


def test_bibtex_has_the_doi_that_the_citation_file_has():
    assert "doi = {10.1/x}" in cite.bibtex(CFF, CFF["title"], "2026", "", "10.1/x")


def test_a_reference_manager_reads_one_author_a_tag_and_no_group_as_a_person():
    person = {"family-names": "Müller", "given-names": "A. B."}
    tags = cite.meta_tags(CFF | {"authors": [person, {"name": "The makers"}]}, "Survival", "About.", "2026", "")
    assert [content for _, name, content in tags if name == "citation_author"] == ["Müller, A. B.", "The makers,"]


def test_every_page_is_based_on_the_study():
    for title in (CFF["title"], "Survival"):
        page = cite.json_ld(CFF, title, "About.", "2026", "")
        assert page["isBasedOn"]["name"] == CFF["references"][0]["title"]
        assert page["isBasedOn"]["isPartOf"]["name"] == CFF["references"][0]["journal"]


def test_a_description_holds_what_one_sees_and_ends_with_a_word():
    body = '<p>A <a>49<span class="mark"> recomputed</span></a> &amp; more.</p>'
    assert cite.description(body, "x") == "A 49 & more."
    cut = cite.description(f"<p>{'word ' * 100}</p>", "x")
    assert len(cut) <= cite.DESCRIPTION_LENGTH + 2 and cut.endswith("word …")


@pytest.fixture
def repository(tmp_path):
    def git(*words):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *words], check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "a.md").write_text("a")
    git("add", ".")
    git("commit", "-qm", "a")
    return tmp_path, git


def test_the_revision_is_that_of_the_books_sources_only(repository):
    root, git = repository
    first = revision.revision(root)
    assert len(first) == 12
    (root / "other.txt").write_text("b")
    git("add", ".")
    git("commit", "-qm", "b")
    assert revision.revision(root) == first
    (root / "book" / "a.md").write_text("changed")
    assert revision.revision(root) == f"{first} with local changes"


def test_a_copy_without_history_has_no_revision_even_inside_a_repository(repository):
    root, _ = repository
    (root / "copy" / "book").mkdir(parents=True)
    assert revision.revision(root / "copy") == ""
