"""Tables of the chapter on appraisal: forms filled in, domains judged, and the forms to save."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from functools import cache
from html import escape

from analysis_lib.ledger import appraisal, placeholders, robins_i
from analysis_lib.ledger.appraisal import Form, Item
from analysis_lib.ledger.joint_facts import facts
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.presentation.tables import Html
from analysis_lib.printed import transcription
from analysis_lib.printed.transcription import Transcription

Claims = Mapping[str, Claim]
HEADS = ("Item", "What is asked", "Answer", "Evidence", "What would have to be added")


@cache
def _paper() -> tuple[Transcription, dict[str, float]]:
    numbers = transcription.load()
    return numbers, facts(numbers)


@cache
def load(name: str) -> Form:
    """One of the book's forms."""
    return appraisal.load(name, _paper()[0])


def words(item: Item) -> str:
    """The answer in words."""
    return robins_i.REPLIES.get(item.answer, item.answer)


def evidence(item: Item, claims: Claims | None = None) -> str:
    """The evidence with its numbers filled in: HTML with links to the ledger if the claims are given, else text."""
    if claims is None:
        return placeholders.fill(item.evidence, *_paper())

    def link(id: str) -> str:
        return tables.linked(claims[id], claims[id].number.unit)

    return placeholders.fill(escape(item.evidence, quote=False), *_paper(), link)


def form_table(form: Form, claims: Claims, folded: bool = False) -> Html:
    """A row for each item that is asked, with its evidence linked to the ledger and to chapters."""
    rows = []
    for item in form.items:
        if item.answer != "NA":
            pages = ", ".join(f'<a href="{page}.html">{page.replace("-", " ")}</a>' for page in item.pages)
            read_on = f" <small>Read on: {pages}.</small>" if pages else ""
            cells = (item.id, escape(item.topic), escape(words(item)), evidence(item, claims) + read_on)
            rows.append((*cells, escape(item.add)))
    shown = tables.table(HEADS, rows, form.title)
    if not folded:
        return shown
    return Html(f"<details><summary>All {len(rows)} items: {escape(form.title)}</summary>{shown.html}</details>")


def domain_table(form: Form) -> Html:
    """The judgement of each ROBINS-I domain and the replies that lead to it, both variants of the first included."""
    rows = []
    judged = {variant: appraisal.judge(form, variant) for variant in ("1A", "1B")}
    asked = {variant: robins_i.asked(form.answers, variant) for variant in judged}
    for key, (name, _) in robins_i.DOMAINS.items():
        variant = key if key in judged else "1A"
        questions = [q for q in asked[variant] if q.split(".")[0] == key]
        replies = " · ".join(f"{q} {robins_i.REPLIES[form.answers[q]]}" for q in questions)
        rows.append((key, name, judged[variant][key], replies))
    for variant, what in (("1A", "assignment"), ("1B", "adherence")):
        rows.append(("", f"Overall, effect of {what}", judged[variant]["overall"], "the worst of its domains"))
    cells = [(key, escape(name), f"<strong>{judgement}</strong>", replies) for key, name, judgement, replies in rows]
    return tables.table(
        ("Domain", "Bias", "Judgement", "Replies that lead to it"), cells, "The adjusted result, domain by domain"
    )


def answer_table(*names: str) -> Html:
    """How often each answer was given, with a link that saves the form."""
    rows = []
    for name in names:
        form = load(name)
        counts = Counter(words(item) for item in form.items if item.answer != "NA")
        shares = ", ".join(f"{count} {answer}" for answer, count in counts.most_common())
        if "B1" in form.answers:
            shares = f"Overall: {appraisal.judge(form)['overall']}"
        rows.append((escape(form.title), shares, tables.csv_link(name, as_csv(form), "Save as CSV")))
    return tables.table(("Form", "Outcome", "Filled in"), rows, "Four forms, and how they were answered")


def as_csv(form: Form) -> str:
    """A form filled in: every item with its evidence in plain text, the judgements of ROBINS-I last."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("item", "asked", "answer", "evidence", "printed_numbers", "pages", "to_add"))
    for item in form.items:
        ids, pages = "; ".join(placeholders.ids(item.evidence)), "; ".join(item.pages)
        writer.writerow((item.id, item.topic, words(item), evidence(item), ids, pages, item.add))
    if "B1" in form.answers:
        for domain, judgement in appraisal.judge(form).items():
            name = robins_i.DOMAINS[domain][0] if domain in robins_i.DOMAINS else "Overall"
            writer.writerow((domain, name, judgement, "", "", "", ""))
    return stream.getvalue()


def quoted(form: Form) -> dict[str, str]:
    """What the text says of a ROBINS-I form, by name."""
    judged = appraisal.judge(form)
    overall = judged.pop("overall")
    rank = robins_i.JUDGEMENTS.index
    moved = [rank(judgement) - rank(overall) for _, _, judgement in robins_i.one_reply_changed(form.answers)]
    return {
        "overall": overall,
        "adherence": appraisal.judge(form, "1B")["overall"],
        "worst_domains": str(list(judged.values()).count(overall)),
        "domains": str(len(judged)),
        "changes": str(len(moved)),
        "better": str(sum(step < 0 for step in moved)),
        "worse": str(sum(step > 0 for step in moved)),
    }


def reporting() -> dict[str, str]:
    """What the text says of STROBE and TARGET, by name."""
    counts = {}
    for name, answers in (("strobe", ("reported", "partly")), ("target", ("answered", "needs the data"))):
        given = list(load(name).answers.values())
        counts[f"{name}_items"] = str(len(given))
        counts |= {f"{name}_{answer.split()[0]}": str(given.count(answer)) for answer in answers}
    return counts
