// A card beside a number, a term or a citation, on hover, focus or first tap. Without this script the link remains.
document.addEventListener("DOMContentLoaded", () => {
  const data = document.getElementById("cards");
  if (!data || !HTMLElement.prototype.showPopover) return;
  const cards = JSON.parse(data.textContent);
  const WAIT = 200; // ms that the pointer may take between the link and its card
  const card = document.createElement("span");
  card.id = "card";
  card.popover = "manual";
  let link = null;
  let timer = 0;

  const add = (to, name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    to.append(made);
    return made;
  };
  const goTo = (to, text, address) => {
    add(to, "a", "", text).href = address;
  };

  const numberOf = (address) => address.match(/^ledger-[\w-]+\.html#(.+)/)?.[1];
  const entryOf = (address) => cards.numbers[numberOf(address)] ?? cards.texts[address];
  const addressOf = (found) => decodeURIComponent(found.getAttribute("href"));

  const fill = (entry, address) => {
    card.replaceChildren();
    const said = add(card, "span", "", "");
    said.id = "card-text";
    if (typeof entry === "string") {
      said.textContent = entry;
      return;
    }
    const [item, printed, found, verdict, first, reason, elsewhere] = entry;
    add(said, "b", "", cards.words[item]);
    add(said, "span", "line", `Printed ${printed}${found === "–" ? "" : `, we find ${found}`}`);
    const verdicts = add(said, "span", "line", "");
    for (const one of [cards.words[verdict], cards.words[first]].filter(Boolean)) {
      add(verdicts, "span", `verdict ${one}`, one);
      verdicts.append(" ");
    }
    add(said, "span", "line", reason);
    const links = add(card, "span", "line links", "");
    goTo(links, "Full entry", address);
    for (const [page, which] of elsewhere) {
      links.append(" · ");
      goTo(links, cards.titles[page], `${page}.html#at-${numberOf(address)}${which}`);
    }
  };

  const place = () => {
    if (!link) return;
    const at = link.getClientRects()[0];
    if (!at) return;
    const { offsetWidth: width, offsetHeight: height } = card;
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8));
    const below = at.bottom + 6;
    const top = below + height > innerHeight && at.top - height - 6 > 0 ? at.top - height - 6 : below;
    card.style.left = `${left}px`;
    card.style.top = `${top}px`;
  };

  const hide = () => {
    clearTimeout(timer);
    if (!link) return;
    link.removeAttribute("aria-describedby");
    link = null;
    card.hidePopover();
    card.remove();
  };

  const show = (wanted) => {
    clearTimeout(timer);
    if (wanted === link) return;
    hide();
    const address = addressOf(wanted);
    link = wanted;
    fill(entryOf(address), address);
    // Right after the link, so that the next Tab leads into it; shown above all else.
    link.after(card);
    link.setAttribute("aria-describedby", "card-text");
    card.showPopover();
    place();
  };

  const linkOf = (target) => {
    const found = target.closest?.("a[href]");
    return found && !card.contains(found) && entryOf(addressOf(found)) ? found : null;
  };
  const later = (what) => {
    clearTimeout(timer);
    timer = setTimeout(what, WAIT);
  };

  document.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    const over = linkOf(target);
    if (over) later(() => show(over));
    else if (card.contains(target)) clearTimeout(timer);
    else if (link && link !== document.activeElement) later(hide);
  });
  document.addEventListener("focusin", ({ target }) => {
    const on = linkOf(target);
    if (on) show(on);
    else if (!card.contains(target)) hide();
  });
  let openBefore = null;
  document.addEventListener("pointerdown", ({ target }) => {
    openBefore = link;
    if (link && target !== link && !link.contains(target) && !card.contains(target)) hide();
  });
  document.addEventListener("click", (event) => {
    const on = linkOf(event.target);
    // The first tap opens the card, the second follows the link.
    if (on && event.pointerType === "touch" && on !== openBefore) {
      event.preventDefault();
      show(on);
    }
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    if (card.contains(document.activeElement)) link.focus();
    hide();
  });
  addEventListener("scroll", place, { passive: true });
  addEventListener("resize", place);
});
