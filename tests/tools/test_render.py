"""The buttons of the pages follow from one setting, and without it there are none."""

from pathlib import Path

import pytest
import render
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (ROOT / "_config.yml").read_text(encoding="utf-8")
URL = "https://example.org/centre/notebook/prrt"


def with_repository(text: str) -> str:
    assert '\n  url: ""\n' in text
    return text.replace('\n  url: ""\n', f'\n  url: "{URL}"\n')


def test_the_book_as_committed_points_nowhere():
    assert render.with_buttons(CONFIG) == CONFIG
    config = yaml.safe_load(CONFIG)
    assert not any(config["html"][f"use_{kind}_button"] for kind in ("repository", "issues", "edit_page"))
    assert not any(config["launch_buttons"][where] for where in ("binderhub_url", "jupyterhub_url", "colab_url"))


def test_one_setting_gives_all_buttons_and_leaves_the_rest_alone():
    before, after = (yaml.safe_load(text) for text in (CONFIG, render.with_buttons(with_repository(CONFIG))))
    assert after["repository"] == {"url": URL, "branch": "main", "path_to_book": "book"}
    assert after["launch_buttons"]["binderhub_url"]
    assert after["html"]["use_repository_button"] and after["html"]["use_issues_button"]
    for part in set(before) - {"repository", "html", "launch_buttons"}:
        assert after[part] == before[part]


@pytest.mark.parametrize("name", ["_config.yml", "_toc.yml"])
def test_staging_makes_book_the_top_folder_and_spares_addresses(tmp_path, name):
    root, executed = tmp_path / "root", tmp_path / "executed"
    executed.mkdir()
    (root / "book").mkdir(parents=True)
    (root / "book" / "index.md").write_text("# A page\n")
    (root / "references.bib").write_text("")
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (root / "_config.yml").write_text(with_repository(CONFIG))
    render.stage(root, executed, tmp_path / "source")
    staged = (tmp_path / "source" / name).read_text(encoding="utf-8")
    assert "book/index" not in staged and "book/_ext" not in staged
    if name == "_config.yml":
        assert yaml.safe_load(staged)["repository"]["url"] == URL
        assert set(yaml.safe_load(staged)["sphinx"]["local_extensions"].values()) == {"_ext"}
