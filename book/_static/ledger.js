// Search and filters of the ledger. Without this script the page is plain tables.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("ledger-controls");
  if (!form) return;
  const rows = [...document.querySelectorAll("table.ledger tbody tr")].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
  }));
  const field = (name) => form.elements.namedItem(name);

  const filter = () => {
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = field("verdict").value;
    const method = field("method").value;
    let shown = 0;
    for (const { row, text } of rows) {
      const keep =
        words.every((word) => text.includes(word)) &&
        (!verdict || row.dataset.verdict === verdict) &&
        (!method || row.dataset.method === method);
      row.hidden = !keep;
      shown += keep;
    }
    for (const table of document.querySelectorAll("table.ledger")) {
      table.hidden = !table.querySelector("tbody tr:not([hidden])");
    }
    field("count").value = `${shown} of ${rows.length} numbers`;
  };

  const save = () => {
    const quote = (text) => `"${text.replaceAll('"', '""')}"`;
    const lines = [["id", "where", "printed", "recomputed", "verdict", "reason"].map(quote).join(",")];
    for (const { row } of rows) {
      if (row.hidden) continue;
      const reason = row.cells[4].cloneNode(true);
      reason.querySelector("details")?.remove();
      const where = row.closest("table").dataset.where;
      const cells = [row.cells[1], row.cells[2], row.cells[3], reason].map((cell) => cell.textContent.trim());
      lines.push([row.id, where, ...cells].map(quote).join(","));
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
    link.download = "ledger.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  };

  // A link to a number that a filter hides must still lead to it.
  const reveal = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row?.hidden) {
      form.reset();
      filter();
      row.scrollIntoView();
    }
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  field("csv").addEventListener("click", save);
  addEventListener("hashchange", reveal);
  filter();
});
