// Search, filters and order of the ledger. Without this script the page is plain tables.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("ledger-controls");
  if (!form) return;
  const tables = [...document.querySelectorAll("table.ledger")];
  const rows = [...document.querySelectorAll("table.ledger tbody tr")].map((row, index) => ({
    row,
    index,
    home: row.closest("table"),
    where: row.closest("table").dataset.where,
    name: row.querySelector("b").textContent.toLowerCase(),
    text: row.textContent.toLowerCase(),
  }));
  const field = (name) => form.elements.namedItem(name);
  const rankOf = (name) => {
    const options = [...field(name).options].map((option) => option.value);
    return ({ row }) => options.indexOf(row.dataset[name]);
  };
  const ranks = { verdict: rankOf("verdict"), method: rankOf("method") };
  const collator = new Intl.Collator("en", { numeric: true });
  const compare = {
    number: (a, b) => collator.compare(a.name, b.name),
    verdict: (a, b) => ranks.verdict(a) - ranks.verdict(b),
    method: (a, b) => ranks.method(a) - ranks.method(b),
  };

  // In another order than the paper's, all entries stand in one table of their own.
  const together = tables[0].cloneNode(true);
  together.removeAttribute("data-where");
  together.classList.add("together");
  together.tBodies[0].replaceChildren();
  together.hidden = true;
  form.closest("div.cell").after(together);

  let order = "";
  const arrange = () => {
    if (field("order").value === order) return;
    order = field("order").value;
    const arranged = order ? [...rows].sort((a, b) => compare[order](a, b) || a.index - b.index) : rows;
    for (const { row, home } of arranged) (order ? together : home).tBodies[0].append(row);
    together.caption.textContent = `All numbers, ${field("order").selectedOptions[0].textContent}`;
  };

  const filter = () => {
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [where, verdict, method] = ["where", "verdict", "method"].map((name) => field(name).value);
    let shown = 0;
    for (const { row, text, where: here } of rows) {
      const keep =
        words.every((word) => text.includes(word)) &&
        (!where || here === where) &&
        (!verdict || row.dataset.verdict === verdict) &&
        (!method || row.dataset.method === method);
      row.hidden = !keep;
      shown += keep;
    }
    for (const table of [together, ...tables]) {
      table.hidden = !table.querySelector("tbody tr:not([hidden])");
      // A place of the paper with nothing to show goes with its heading.
      if (table !== together) table.closest("section").hidden = table.hidden;
    }
    field("count").value = `${shown} of ${rows.length} numbers`;
  };
  const update = () => {
    arrange();
    filter();
  };

  const plain = (cell) => cell.textContent.replace(/\s+/g, " ").trim();
  const shownRows = () => {
    const kept = rows.filter(({ row }) => !row.hidden);
    if (order) kept.sort((a, b) => compare[order](a, b) || a.index - b.index);
    return kept.map(({ row, where }) => ({
      id: row.id,
      where,
      item: plain(row.querySelector("b")),
      printed: plain(row.cells[1]),
      recomputed: plain(row.cells[2]),
      verdict: row.dataset.verdict,
      method: row.dataset.method,
      reason: plain(row.querySelector("p")),
    }));
  };
  const save = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const quote = (text) => `"${text.replaceAll('"', '""')}"`;
  const saveCsv = () => {
    const heads = ["id", "where", "item", "printed", "recomputed", "verdict", "method", "reason"];
    const lines = [heads, ...shownRows().map((row) => heads.map((head) => row[head]))];
    save("ledger.csv", "text/csv", lines.map((line) => line.map(quote).join(",") + "\r\n").join(""));
  };
  const saveJson = () => save("ledger.json", "application/json", JSON.stringify(shownRows(), null, 1));

  // A link to a number leads to it though a filter hides it, and shows its trace.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.matches("table.ledger tr")) {
      if (target.hidden) {
        form.reset();
        update();
      }
      target.querySelector("details").open = true;
    }
    // Only a page laid out in full has its targets where the browser looks for them.
    document.body.classList.remove("searching");
    target.scrollIntoView({ behavior: "instant" });
  };

  // An address may name filters: ledger.html?verdict=contradicted
  for (const [name, value] of new URLSearchParams(location.search)) {
    const control = field(name);
    if (control && "value" in control) control.value = value;
    if (control?.value === "") control.selectedIndex = 0;
  }
  form.hidden = false;
  form.addEventListener("focusin", () => document.body.classList.add("searching"));
  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => event.preventDefault());
  field("csv").addEventListener("click", saveCsv);
  field("json").addEventListener("click", saveJson);
  addEventListener("hashchange", reveal);
  update();
  reveal();
});
