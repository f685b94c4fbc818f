"""Sphinx extension: what a page is, who made it and from which revision, for readers and for machines.

Writes Highwire ``citation_*`` tags, Open Graph and schema.org JSON-LD into each page's head, "Cite
this page" at its end and version and revision in its footer. All of it comes from CITATION.cff and
the staged revision.txt. No time of building is written, so that two builds give the same pages.
"""

from __future__ import annotations

import json
import re
from html import escape, unescape
from pathlib import Path

import yaml

DESCRIPTION_LENGTH = 300
SOCIAL_PICTURE = "_static/social.png"


def plain(html: str) -> str:
    """The words of a piece of HTML, without the verdicts' hidden ones."""
    html = re.sub(r'<span class="mark">.*?</span>', "", html)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html))).strip()


def description(body: str, otherwise: str) -> str:
    """The page's first paragraph, cut at a word's end."""
    first = re.search(r"<p>(.*?)</p>", body, re.DOTALL)
    text = plain(first[1]) if first else ""
    if len(text) > DESCRIPTION_LENGTH:
        text = text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + " …"
    return text or re.sub(r"\s+", " ", otherwise).strip()


def name_of(author: dict) -> str:
    parts = (author.get("given-names"), author.get("family-names"))
    return author.get("name") or " ".join(filter(None, parts))


def inverted(author: dict) -> str:
    """Family name, comma, given names; Zotero would split a group's name at its last space, were there no comma."""
    return f"{author['family-names']}, {author['given-names']}" if "family-names" in author else f"{author['name']},"


def bibtex(cff: dict, title: str, year: str, revision: str, doi: str = "") -> str:
    """A BibTeX entry of one page, or of the book where the page bears its title.

    ``note`` holds version and revision; a DOI is written only if CITATION.cff has one.
    """
    fields = {"author": " and ".join(f"{{{name_of(a)}}}" for a in cff["authors"]), "title": f"{{{title}}}"}
    if title != cff["title"]:
        fields["booktitle"] = f"{{{cff['title']}}}"
    fields |= {"year": year, "version": str(cff["version"])}
    if revision:
        fields["note"] = f"Revision {revision}"
    if doi:
        fields["doi"] = doi
    kind = "incollection" if "booktitle" in fields else "misc"
    key = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].rstrip("-")
    lines = ",\n".join(f"  {field} = {{{value}}}" for field, value in fields.items())
    return f"@{kind}{{{key},\n{lines}\n}}"


def study_of(cff: dict) -> dict:
    """The study that the book examines, in schema.org's words: the first reference of CITATION.cff."""
    study = cff["references"][0]
    return {
        "@type": "ScholarlyArticle",
        "name": study["title"],
        "author": [{"@type": "Organization", "name": name_of(a)} for a in study["authors"]],
        "isPartOf": {"@type": "Periodical", "name": study["journal"]},
        "datePublished": str(study["year"]),
    }


def json_ld(cff: dict, title: str, about: str, year: str, revision: str) -> dict:
    """The page as schema.org describes works, based on the study."""
    authors = [{"@type": "Organization", "name": name_of(a)} for a in cff["authors"]]
    book = {"@type": "Book", "name": cff["title"], "author": authors, "version": str(cff["version"])}
    whole = title == cff["title"]
    page = book if whole else {"@type": "Chapter", "name": title, "author": authors, "isPartOf": book}
    licence = "https://creativecommons.org/licenses/by/4.0/"
    page |= {"@context": "https://schema.org", "description": about, "inLanguage": "en-GB"}
    page |= {"datePublished": year, "license": licence, "isBasedOn": study_of(cff)}
    if revision:
        page["identifier"] = {"@type": "PropertyValue", "name": "revision", "value": revision}
    return page


def meta_tags(cff: dict, title: str, about: str, year: str, root: str) -> list[tuple[str, str, str]]:
    """Attribute, name and content of each tag in the head; ``root`` is the book's address, or the way to its top."""
    study = cff["references"][0]
    cited = f"citation_title={study['title']}; citation_journal_title={study['journal']}; citation_year={study['year']}"
    tags = [("name", "description", about), ("name", "citation_title", title)]
    tags += [("name", "citation_author", inverted(a)) for a in cff["authors"]]
    if title != cff["title"]:
        tags.append(("name", "citation_inbook_title", cff["title"]))
    tags += [
        ("name", "citation_publication_date", year),
        ("name", "citation_language", "en"),
        ("name", "citation_reference", cited),
        ("property", "og:type", "article"),
        ("property", "og:title", title),
        ("property", "og:description", about),
        ("property", "og:site_name", cff["title"]),
        ("property", "og:locale", "en_GB"),
        ("property", "og:image", f"{root}{SOCIAL_PICTURE}"),
        ("name", "twitter:card", "summary_large_image"),
    ]
    return tags


def footer(cff: dict, revision: str) -> str:
    """Version and revision in words, and room for tools/build/pdf.py to name the PDF."""
    version = f"Version {escape(str(cff['version']))}" + (f", revision {escape(revision)}" if revision else "")
    return f"{version}<!--pdf--><!--/pdf-->"


def add_to_page(app, pagename, templatename, context, doctree):
    cff = app.citation
    year = str(cff.get("date-released", app.config.copyright))[:4]
    title = cff["title"] if pagename == app.config.root_doc else plain(context.get("title", ""))
    about = description(context.get("body", ""), cff["abstract"])
    root = app.config.html_baseurl or context["content_root"]
    tags = "".join(
        f'<meta {attribute}="{name}" content="{escape(content)}">\n'
        for attribute, name, content in meta_tags(cff, title, about, year, root)
    )
    # "<" would end the script early if a title held "</script>".
    data = json.dumps(json_ld(cff, title, about, year, app.revision), ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/ld+json">{data}</script>\n'
    context["metatags"] = context.get("metatags", "") + "\n" + tags + script
    context["theme_extra_footer"] = footer(cff, app.revision)
    if doctree is not None:
        entry = escape(bibtex(cff, title, year, app.revision, cff.get("doi", "")))
        context["body"] += (
            '<details class="cite-this"><summary>Cite this page</summary>'
            f'<pre tabindex="0" aria-label="BibTeX">{entry}</pre></details>'
        )


def read_citation(app):
    source = Path(app.srcdir)
    app.citation = yaml.safe_load((source / "CITATION.cff").read_text(encoding="utf-8"))
    revision = source / "revision.txt"
    app.revision = revision.read_text(encoding="utf-8").strip() if revision.exists() else ""


def setup(app):
    app.connect("builder-inited", read_citation)
    app.connect("html-page-context", add_to_page, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
