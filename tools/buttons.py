"""Buttons that need a repository: all follow from the one setting repository.url in _config.yml.

Empty by default, so that a book built from a copy points nowhere. Set, each page links to the repository
and to its issues, and each chapter opens on Binder, which builds environment.yml.
"""

from __future__ import annotations

import yaml

BINDER = "https://mybinder.org"


def offered(text: str) -> str:
    """_config.yml with the buttons that its repository allows; the same text where it names none."""
    config = yaml.safe_load(text)
    if not config.get("repository", {}).get("url"):
        return text
    config["repository"].setdefault("branch", "main")
    config["repository"]["path_to_book"] = "book"
    config.setdefault("html", {}).update(use_repository_button=True, use_issues_button=True)
    config.setdefault("launch_buttons", {}).update(notebook_interface="jupyterlab", binderhub_url=BINDER)
    return yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
