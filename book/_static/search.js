// The search page: chapters before the ledger and the library's reference, and printed numbers lead to their entries in the ledger.
// Sphinx's search takes this object in place of its own, and knows no number with a decimal point.
var Scorer = {
  score: ([page, , , , score]) => score - (/^(ledger|library|_modules)/.test(page) ? 100 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

document.addEventListener("DOMContentLoaded", () => {
  const data = document.getElementById("printed-numbers");
  const query = new URLSearchParams(location.search).get("q") ?? "";
  // Such as "14.7", "p = 0.06", "<0.0001", "57%".
  const asked = query.match(/^\s*(p\b)?\s*[=:]?\s*([<>]?)\s*(\d[\d,]*(?:\.\d+)?)\s*%?\s*$/i);
  if (!data || !asked) return;
  const [, p, sign, digits] = asked;
  const wanted = sign + digits.replaceAll(",", "");
  const found = JSON.parse(data.textContent).filter(
    ([, printed, , statistic]) =>
      (printed === wanted || (!sign && printed.replace(/^[<>]/, "") === wanted)) && (!p || statistic === "p"),
  );
  if (!found.length) return;
  const list = document.createElement("ul");
  for (const [id, printed, item] of found) {
    const link = document.createElement("a");
    link.href = `ledger-${id.split(".")[0]}.html#${id}`;
    link.textContent = `${printed}: ${item}`;
    const row = document.createElement("li");
    row.append(link);
    list.append(row);
  }
  const heading = document.createElement("h2");
  heading.textContent = found.length === 1 ? "One printed number" : `${found.length} printed numbers`;
  const section = document.createElement("section");
  section.id = "numbers-found";
  section.append(heading, list);
  document.getElementById("search-results").before(section);
});
