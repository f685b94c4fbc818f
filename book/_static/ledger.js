// The ledger: search, filters and order on its first page, and the traces of the entries that an address names.
// Without this script there are plain tables and links.
document.addEventListener("DOMContentLoaded", () => {
  const anchor = () => decodeURIComponent(location.hash.slice(1));
  const unfold = () => {
    const target = document.getElementById(anchor());
    if (!target?.matches("table.ledger tr")) return;
    target.querySelector("details").open = true;
    // The theme would take its time over a page of this length.
    target.scrollIntoView({ behavior: "instant" });
  };
  addEventListener("hashchange", unfold);
  unfold();

  const form = document.getElementById("ledger-controls");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const valuesOf = (name) => [...field(name).options].map((option) => option.value);

  // The entries of all sections stood on this page once: their addresses, and those of the sections' headings, lead on.
  const leadOn = () => {
    const [start] = anchor().split(".");
    const place = start.replace("table-", "table").replace("radiological-review", "radiology");
    if (!place || !valuesOf("where").includes(place)) return;
    location.replace(`ledger-${place}.html${anchor().includes(".") ? location.hash : ""}`);
  };
  addEventListener("hashchange", leadOn);
  leadOn();

  const body = document.querySelector("table.ledger-index tbody");
  const rows = [...body.rows].map((row, index) => {
    const link = row.querySelector("a");
    const id = link.getAttribute("href").split("#")[1];
    const [where] = id.split(".");
    const verdict = row.querySelector(".verdict").textContent;
    const { method, reason } = row.dataset;
    const text = `${row.textContent} ${id}`.toLowerCase();
    return { row, index, id, where, verdict, method, reason, text, name: link.textContent };
  });
  const collator = new Intl.Collator("en", { numeric: true });
  const rank = (name) => {
    const values = valuesOf(name);
    return (a, b) => values.indexOf(a[name]) - values.indexOf(b[name]);
  };
  const compare = {
    "": () => 0,
    number: (a, b) => collator.compare(a.name, b.name),
    verdict: rank("verdict"),
    method: rank("method"),
  };

  let order = "";
  const update = () => {
    if (field("order").value !== order) {
      order = field("order").value;
      rows.sort((a, b) => compare[order](a, b) || a.index - b.index);
      body.append(...rows.map(({ row }) => row));
    }
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = ["where", "verdict", "method"].filter((name) => field(name).value);
    let shown = 0;
    for (const entry of rows) {
      const keep =
        words.every((word) => entry.text.includes(word)) && chosen.every((name) => entry[name] === field(name).value);
      entry.row.hidden = !keep;
      shown += keep;
    }
    field("count").value = `${shown} of ${rows.length} numbers`;
  };

  const shownRows = () =>
    rows
      .filter(({ row }) => !row.hidden)
      .map(({ row, id, where, verdict, method, reason }) => {
        const [item, printed, recomputed] = [...row.cells].map((cell) => cell.textContent);
        return { id, where, item, printed, recomputed, verdict, method, reason };
      });
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

  // An address may name filters: ledger.html?verdict=contradicted
  for (const [name, value] of new URLSearchParams(location.search)) {
    const control = field(name);
    if (control && "value" in control) control.value = value;
    if (control?.value === "") control.selectedIndex = 0;
  }
  form.hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => event.preventDefault());
  field("csv").addEventListener("click", saveCsv);
  field("json").addEventListener("click", saveJson);
  update();
});
