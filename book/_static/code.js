// A switch in the page's head that shows or hides the code of all its cells.
document.addEventListener("DOMContentLoaded", () => {
  const cells = [...document.querySelectorAll("article details.code")];
  const bar = document.querySelector(".article-header-buttons");
  if (!cells.length || !bar) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm code-switch";
  button.textContent = "Code";
  button.title = "Show or hide all code of this page";
  const tell = () => {
    const open = cells.filter((cell) => cell.open).length;
    button.setAttribute("aria-pressed", open === cells.length ? "true" : open ? "mixed" : "false");
  };
  button.addEventListener("click", () => {
    const open = cells.some((cell) => !cell.open);
    for (const cell of cells) cell.open = open;
    tell();
  });
  // Toggle events do not bubble.
  document.addEventListener("toggle", tell, true);
  tell();
  bar.prepend(button);
});
