// A click on a figure, or its button by keyboard, shows it as large as the window. Without this script it stays as it is.
document.addEventListener("DOMContentLoaded", () => {
  const enlarge = (figure, number, button) => {
    const dialog = document.createElement("dialog");
    dialog.className = "enlarged";
    dialog.setAttribute("aria-label", `Figure ${number}, enlarged`);
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    const copy = figure.cloneNode(true);
    copy.querySelector("button").remove();
    // Marks and clips are found in the figure itself.
    for (const named of copy.querySelectorAll("[id]")) named.removeAttribute("id");
    dialog.append(close, copy);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      button.focus({ preventScroll: true });
    });
    figure.closest("article").append(dialog);
    dialog.showModal();
  };

  document.querySelectorAll("article figure.picture").forEach((figure, index) => {
    // One with a slider is as wide as there is room, and its copy would not move.
    if (figure.matches(".explorable")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Enlarge";
    button.setAttribute("aria-label", `Enlarge figure ${index + 1}`);
    const open = () => enlarge(figure, index + 1, button);
    button.addEventListener("click", open);
    figure.querySelector(".drawing").addEventListener("click", open);
    figure.querySelector("figcaption").append(" ", button);
  });
});
