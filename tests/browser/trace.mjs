// Follows numbers through a built book, from file:// as an offline reader does: from a chapter to
// the ledger, through search, filters, order and downloads, on to the library, and back.
// `node trace.mjs FOLDER`; closes with 'N passed, N failed'.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const book = resolve(process.argv[2] ?? "_build/html");
const base = pathToFileURL(book).href + "/";
const PAGE_BYTES = 600_000;
const CARD_BYTES = 40_000;
const LEAST_TEXT = 11; // px, in a figure

let passed = 0;
let failed = 0;
function check(what, holds, found = "") {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED ${what}: ${JSON.stringify(found)}`);
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(address, options = {}) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  context.setDefaultTimeout(120_000); // a busy machine is no fault of the book
  const tab = await context.newPage();
  await tab.goto(base + address, { waitUntil: "load" });
  return tab;
}

const shown = (tab) => tab.locator("table.ledger-index tbody tr:visible");
const idsShown = (tab) => shown(tab).evaluateAll((rows) => rows.map((row) => row.querySelector("a").hash.slice(1)));
const addressOf = (id) => `ledger-${id.split(".")[0]}.html#${id}`;
const idOf = (address) => address.match(/^ledger-[\w-]+\.html#(.+)/)?.[1];
const say = (tab, name, value) => tab.locator(`#ledger-controls [name=${name}]`).selectOption(value);

async function saved(tab, button) {
  const [download] = await Promise.all([tab.waitForEvent("download"), tab.click(button)]);
  return readFileSync(await download.path(), "utf8");
}

// The chapters' own links say what there is to follow.
const pages = readdirSync(book)
  .filter((name) => name.endsWith(".html") && !readFileSync(join(book, name), "utf8").includes('http-equiv="refresh"'));
const whole = JSON.parse(readFileSync(join(book, "_static/ledger.json"), "utf8"));
const ids = new Set(whole.map(({ id }) => id));
const sections = [...new Set(whole.map(({ where }) => `ledger-${where}.html`))];

async function ledgerWithoutScript() {
  const tab = await open("ledger.html", { javaScriptEnabled: false });
  check("without a script every number has a row", (await shown(tab).count()) === whole.length, await shown(tab).count());
  check("without a script there is no form", !(await tab.locator("#ledger-controls").isVisible()));
  const linked = await tab.locator(".ledger-find nav a").evaluateAll((list) => list.map((a) => a.getAttribute("href")));
  check("without a script the sections are linked", JSON.stringify(linked) === JSON.stringify(sections), linked);
  for (const kind of ["csv", "json"]) {
    const href = await tab.locator(`a[download][href$="ledger.${kind}"]`).getAttribute("href");
    const text = readFileSync(join(book, href), "utf8");
    check(`the whole ledger as ${kind}`, [...ids].every((id) => text.includes(id)));
  }
  const { id } = whole[5];
  await tab.goto(base + addressOf(id));
  await tab.locator(`[id="${id}"] summary`).press("Enter");
  check("without a script a trace unfolds", await tab.locator(`[id="${id}"] dl`).isVisible());
  await tab.context().close();
}

async function ledgerControls() {
  const tab = await open("ledger.html");
  const all = await shown(tab).count();
  check("every number is shown at first", all === whole.length, all);
  // What a filter or an order changes is a row; were all laid out anew, it would take half a second.
  const laidOut = await shown(tab).evaluateAll((rows) =>
    rows.filter((row) => getComputedStyle(row).contentVisibility !== "auto").length);
  check("rows far from the window are not laid out", laidOut === 0, laidOut);
  await tab.evaluate(() => scrollTo(0, 9000));
  check("search stays in sight", await tab.locator("#ledger-controls .search").evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom < innerHeight / 3;
  }));

  const count = () => tab.locator("#ledger-controls output").textContent();
  await tab.locator("#ledger-controls [name=text]").focus();
  await tab.keyboard.type("table1.sex_male");
  const sexes = whole.filter(({ id }) => id.startsWith("table1.sex_male")).map(({ id }) => id);
  let found = await idsShown(tab);
  check("search finds a number by its id", JSON.stringify(found) === JSON.stringify(sexes), found);
  check("the count is said", (await count()).startsWith(`${found.length} of`), await count());
  await tab.keyboard.press("Tab");
  await tab.keyboard.press("Enter");
  await tab.waitForFunction((n) => document.querySelector("#ledger-controls output").value.startsWith(`${n} of`), all);
  check("the next key's button brings all back", (await shown(tab).count()) === all);
  await tab.keyboard.press("Tab");
  await tab.keyboard.type("Table 3");
  found = await idsShown(tab);
  const third = whole.filter(({ where }) => where === "table3").length;
  check("a filter is set by keyboard", found.length === third && found.every((id) => id.startsWith("table3.")), found.length);
  await say(tab, "where", "");

  for (const name of ["where", "verdict", "method"]) {
    const options = await tab.locator(`#ledger-controls [name=${name}] option`).evaluateAll((list) => list.map((o) => [o.value, o.textContent]));
    let sum = 0;
    for (const [value, text] of options.slice(1)) {
      await say(tab, name, value);
      const expected = whole.filter((row) => row[name] === value).length;
      const count = await shown(tab).count();
      check(`filter ${name}=${value}, and its count`, count === expected && text.endsWith(` (${count})`), [count, expected, text]);
      sum += count;
    }
    check(`the filters by ${name} cover what has one`, sum === whole.filter((row) => row[name]).length, sum);
    await say(tab, name, "");
  }

  await say(tab, "verdict", "within-rounding");
  const chosen = whole.filter(({ verdict }) => verdict === "within-rounding");
  const json = JSON.parse(await saved(tab, "#ledger-controls [name=json]"));
  const kept = ({ id, verdict, method, reason }) => [id, verdict, method, reason];
  check("saves what is shown as JSON", JSON.stringify(json.map(kept)) === JSON.stringify(chosen.map(kept)), json[0]);
  const csv = (await saved(tab, "#ledger-controls [name=csv]")).trim().split("\r\n");
  check("saves what is shown as CSV", csv.length === chosen.length + 1 && csv[1].startsWith(`"${chosen[0].id}"`), csv[0]);
  await say(tab, "verdict", "");

  for (const name of ["verdict", "method"]) {
    await say(tab, "order", name);
    const order = await tab.locator(`#ledger-controls [name=${name}] option`).evaluateAll((list) => list.map((o) => o.value));
    const rows = await idsShown(tab);
    const places = rows.map((id) => order.indexOf(whole.find((row) => row.id === id)[name]));
    const sorted = places.every((place, index) => index === 0 || places[index - 1] <= place);
    check(`in order ${name}`, new Set(rows).size === all && rows.length === all && sorted, rows.slice(0, 3));
  }
  await say(tab, "order", "");
  const order = await idsShown(tab);
  check("the paper's order comes back", JSON.stringify(order) === JSON.stringify(whole.map(({ id }) => id)));
  await tab.context().close();
}

async function deepLinks() {
  const [{ id: last }, { id: next }] = whole.filter(({ where }) => where === "table3").slice(-2);
  let tab = await open(addressOf(last));
  const opened = (id) => tab.locator(`[id="${id}"] dl`).isVisible();
  const inSight = (id) => tab.locator(`[id="${id}"]`).evaluate((element) => {
    const { top } = element.getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  });
  check("a deep link shows its number and trace", (await opened(last)) && (await inSight(last)));
  await tab.evaluate((id) => { location.hash = id; }, next);
  await tab.locator(`[id="${next}"] dl`).waitFor();
  check("so does a link on the same page", await inSight(next));

  await tab.goto(`${base}ledger.html#${last}`);
  await tab.waitForURL(base + addressOf(last));
  await tab.locator(`[id="${last}"] dl`).waitFor();
  check("a number's former address leads on to its entry", await inSight(last));
  for (const [heading, page] of [["table-3", "table3"], ["results-radiological-review", "results-radiology"]]) {
    await tab.goto(`${base}ledger.html#${heading}`);
    await tab.waitForURL(`${base}ledger-${page}.html`);
    check(`the former heading ${heading} leads on to its page`, true);
  }
  await tab.context().close();

  tab = await open("ledger.html?verdict=contradicted#find");
  const contradicted = whole.filter(({ verdict }) => verdict === "contradicted").length;
  check("an address can name a filter", (await shown(tab).count()) === contradicted, await shown(tab).count());
  await tab.goto(`${base}response.html`);
  await tab.locator('a.verdict.consistent[href*="?"]').first().press("Enter");
  await tab.waitForFunction(() => document.querySelector("#ledger-controls output")?.value);
  const there = whole.filter((row) => row.where === "results-response" && row.verdict === "consistent").length;
  check("a chapter's scoreboard leads to its numbers", (await shown(tab).count()) === there && there > 0, there);
  await tab.context().close();
}

async function thereAndBack() {
  const linked = new Map();
  for (const page of pages.filter((name) => !name.startsWith("ledger"))) {
    const tab = await open(page, { javaScriptEnabled: false });
    const links = await tab.locator('a.number, a.verdict:not([href*="?"])').evaluateAll((list) => list.map((a) => ({
      id: a.id,
      href: a.getAttribute("href"),
      word: a.querySelector(".mark")?.textContent.trim() ?? a.textContent.trim(),
      sign: getComputedStyle(a.querySelector(".mark") ?? a, "::before").content,
    })));
    await tab.context().close();
    const wrong = links.filter(({ id, href, word, sign }) => {
      const entry = whole.find((row) => row.id === idOf(href));
      return !entry || href !== addressOf(entry.id) || !id || word !== entry.verdict || sign === "none";
    });
    check(`${page}: each number has an entry, an anchor and the badge of its verdict`, wrong.length === 0, wrong.slice(0, 3));
    for (const { id, href } of links) {
      const places = linked.get(idOf(href)) ?? new Map();
      // A chapter is named once, by its first place.
      if (!places.has(page)) places.set(page, `${page}#${id}`);
      linked.set(idOf(href), places);
    }
  }
  const tab = await browser.newContext({ javaScriptEnabled: false }).then((context) => context.newPage());
  const entries = [];
  for (const page of sections) {
    await tab.goto(base + page);
    entries.push(...await tab.locator("table.ledger tbody tr").evaluateAll((rows) => rows.map((row) => {
      const told = row.querySelector('[data-label="In the book"]');
      const links = [...told.querySelectorAll("a")].map((a) => a.getAttribute("href"));
      return { id: row.id, words: told.textContent.trim(), back: links.filter((href) => href.includes("#at-")) };
    })));
  }
  check("each number has one entry, in the paper's order", JSON.stringify(entries.map(({ id }) => id)) === JSON.stringify([...ids]), entries.length);
  const same = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
  const lost = entries.filter(({ id, back }) => linked.has(id) && !same(back, linked.get(id).values()));
  check("each entry leads back to each chapter that shows it, once", lost.length === 0, lost.slice(0, 2));
  const idle = entries.filter(({ id, words }) => !linked.has(id) && !/^(as printed elsewhere|no chapter)/.test(words));
  check("an entry that no chapter shows says why", idle.length === 0, idle.slice(0, 2));
  console.log(`${linked.size} of ${whole.length} numbers are shown in chapters`);

  const [id, places] = [...linked].find(([, places]) => places.size > 2);
  await tab.goto(base + [...places.values()][0]);
  check("a link back lands on the number", await tab.locator("a:target").first().evaluate(
    (element, address) => element.getAttribute("href") === address, addressOf(id)));
  await tab.locator("a:target").press("Enter");
  check("and the number leads to its entry", tab.url().endsWith(addressOf(id)), tab.url());
  await tab.context().close();
}

async function library() {
  const functions = new Set(sections.flatMap((page) =>
    readFileSync(join(book, page), "utf8").match(/library-[\w-]+\.html#[^"]+/g) ?? []));
  check("entries name functions of the library", functions.size > 10, functions.size);
  const tab = await browser.newContext({ javaScriptEnabled: false }).then((context) => context.newPage());
  for (const href of functions) {
    await tab.goto(base + href);
    check(`${href} is described`, (await tab.locator(":target").count()) === 1);
  }
  await tab.goto(`${base}library-statistics.html`);
  const source = tab.locator('dt:has-text("fisher_freeman_halton") a:has-text("[source]")').first();
  await source.click();
  const code = await tab.locator(":target").first().textContent();
  check("[source] leads to the code", code.includes("def fisher_freeman_halton"), code.slice(0, 80));
  await tab.context().close();
}

async function cards() {
  const page = "survival.html";
  let tab = await open(page);
  const first = tab.locator("article a.number").first();
  const id = idOf(await first.getAttribute("href"));
  const { printed, verdict } = whole.find((row) => row.id === id);
  const card = tab.locator("#card");
  const says = async () => {
    const text = await card.innerText();
    return text.includes(printed) && text.includes(verdict) && text.includes("Full entry");
  };

  await first.focus();
  check("focus opens a number's card", (await card.isVisible()) && (await says()), await card.count());
  const described = await first.getAttribute("aria-describedby");
  check("the card describes the number", (await tab.locator(`[id="${described}"]`).textContent()).includes(printed));
  await tab.keyboard.press("Tab");
  check("the next key leads into the card", await card.evaluate((it) => it.contains(document.activeElement)));
  await tab.keyboard.press("Escape");
  check("Escape closes it", (await card.count()) === 0 && !(await first.getAttribute("aria-describedby")));
  check("and leaves the focus on the number", await first.evaluate((it) => it === document.activeElement));

  const second = tab.locator("article a.number").nth(1);
  await second.hover();
  await card.waitFor();
  const inSight = await card.evaluate((it) => {
    const { left, right } = it.getBoundingClientRect();
    return left >= 0 && right <= innerWidth;
  });
  check("hover opens a card inside the window", inSight);
  await tab.mouse.move(2, 2);
  await card.waitFor({ state: "detached" });
  check("and leaving closes it", true);
  await tab.context().close();

  tab = await open(page, { hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });
  const tapped = tab.locator("article a.number").first();
  await tapped.tap();
  check("the first tap opens the card", (await tab.locator("#card").isVisible()) && tab.url().endsWith(page), tab.url());
  await tapped.tap();
  await tab.waitForURL(/ledger-/);
  check("the second follows the link", tab.url().endsWith(addressOf(id)), tab.url());
  await tab.context().close();

  for (const name of pages) {
    const found = readFileSync(join(book, name), "utf8").match(/<script type="application\/json" id="cards">(.*?)<\/script>/s);
    const bytes = found ? Buffer.byteLength(found[1]) : 0;
    check(`${name}: cards below ${CARD_BYTES} bytes`, bytes < CARD_BYTES, bytes);
  }
}

async function code() {
  const page = "survival.html";
  let tab = await open(page, { javaScriptEnabled: false });
  const closed = tab.locator("article details.code:not([open])").first();
  await closed.locator("summary").press("Enter");
  check("without a script hidden code opens", await tab.locator("article details.code .cell_input").first().isVisible());
  check("without a script there is no switch", (await tab.locator(".code-switch").count()) === 0);
  await tab.context().close();

  tab = await open(page);
  const button = tab.locator(".code-switch");
  const pressed = () => button.getAttribute("aria-pressed");
  const visible = () => tab.locator("article .cell_input:visible").count();
  const all = await tab.locator("article .cell_input").count();
  check("some code is hidden at first", (await pressed()) === "mixed" && (await visible()) < all, await visible());
  await button.focus();
  await tab.keyboard.press("Enter");
  check("the switch shows all code", (await pressed()) === "true" && (await visible()) === all, await visible());
  await tab.keyboard.press("Space");
  check("and hides it", (await pressed()) === "false" && (await visible()) === 0, await visible());
  await tab.locator("article details.code summary").first().press("Enter");
  await tab.waitForFunction(() => document.querySelector(".code-switch").getAttribute("aria-pressed") === "mixed");
  check("one cell's own button shows that cell", (await visible()) === 1, await visible());
  await tab.context().close();
}

async function search() {
  const context = await browser.newContext();
  context.setDefaultTimeout(120_000);
  const tab = await context.newPage();
  const ask = async (query) => {
    await tab.goto(`${base}search.html?q=${encodeURIComponent(query)}`, { waitUntil: "load" });
  };
  for (const query of ["14.7", "0.264", "p = 0.06"]) {
    await ask(query);
    const digits = query.match(/[\d.]+/)[0];
    const wanted = whole.filter(({ printed, statistic }) => printed === digits && (!query.startsWith("p") || statistic === "p"));
    const found = await tab.locator("#numbers-found a").evaluateAll((list) => list.map((a) => a.getAttribute("href")));
    const all = wanted.length > 0 && wanted.every(({ id }) => found.includes(addressOf(id))) && found.length === wanted.length;
    check(`the search for ${query} leads to its entries`, all, found);
  }
  for (const query of ["Whipple", "immortal time", "E-value"]) {
    await ask(query);
    const first = tab.locator("#search-results li a").first();
    await first.waitFor();
    const href = await first.getAttribute("href");
    check(`the search for ${query} leads to a chapter first`, !/^(ledger|library|_modules)/.test(href), href);
  }
  await context.close();
}

// Of each figure the smallest text as a reader sees it, what it scrolls or loses at the window's edge, and its drawings.
const FIGURES = "article figure:not(.enlarged figure)";
async function seenFigures(tab) {
  return tab.locator(FIGURES).evaluateAll((list) => list.map((figure) => {
    const said = [...figure.querySelectorAll("text, .forest span, .heading, .flow div, .flow small")].filter((element) =>
      element.getClientRects().length > 0 && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    const scale = ({ a, b }) => Math.hypot(a, b);
    const { left, right } = figure.getBoundingClientRect();
    return {
      smallest: Math.min(...said.map((element) =>
        parseFloat(getComputedStyle(element).fontSize) * (element.getScreenCTM ? scale(element.getScreenCTM()) : 1))),
      cut: said.filter((element) => {
        const at = element.getBoundingClientRect();
        return at.left < left - 2 || at.right > right + 2;
      }).map((element) => element.textContent.trim()),
      scrolls: [figure, ...figure.querySelectorAll("*")].filter((element) => element.scrollWidth > element.clientWidth + 1
        && getComputedStyle(element).overflowX !== "visible" && element.clientWidth > 0 && !element.closest("svg")).length,
      drawings: [...figure.querySelectorAll(".drawing > svg")].filter((one) => one.getClientRects().length > 0)
        .map((one) => one.getAttribute("class")),
      image: figure.matches(".picture:not(.explorable)") && figure.querySelectorAll('[role="img"][aria-label]').length,
    };
  }));
}

async function figures() {
  const smallest = [];
  for (const [width, drawing] of [[1280, "wide"], [390, "narrow"]]) {
    const tab = await open("index.html", { viewport: { width, height: 900 } });
    for (const page of pages.filter((name) => readFileSync(join(book, name), "utf8").includes("<figure"))) {
      await tab.goto(base + page, { waitUntil: "load" });
      // What is folded is seen once it is opened.
      await tab.locator(FIGURES).evaluateAll((list) => list.forEach((figure) => {
        for (let at = figure; at; at = at.parentElement) if (at.matches("details, .toggle-hidden")) {
          at.open = true;
          at.classList.remove("toggle-hidden");
        }
      }));
      const wrong = (await seenFigures(tab)).map((figure, index) => ({ figure: index + 1, ...figure })).filter((one) => {
        smallest.push(one.smallest);
        const drawn = one.drawings.every((name) => name === drawing) && one.drawings.length <= 1;
        return !(one.smallest >= LEAST_TEXT) || one.cut.length || one.scrolls || !drawn || one.image > 1;
      });
      check(`${page}: figures are whole and can be read at ${width} px`, wrong.length === 0, wrong);
    }
    await tab.context().close();
  }
  console.log(`${smallest.length / 2} figures, the smallest text ${Math.min(...smallest).toFixed(1)} px`);

  for (const width of [1280, 390]) {
    const tab = await open("tvi.html", { viewport: { width, height: 900 } });
    const figure = tab.locator("article figure.picture").first();
    const dialog = tab.locator("dialog.enlarged");
    const button = figure.getByRole("button");
    const drawn = (at) => at.locator(".drawing > svg:visible").evaluate((svg) => svg.getBoundingClientRect().width);
    const before = await drawn(figure);
    await figure.locator(".drawing").click();
    check(`a click enlarges a figure at ${width} px`, (await drawn(dialog)) > 1.2 * before, before);
    const ids = await tab.locator("[id]").evaluateAll((list) => list.map(({ id }) => id));
    check("and repeats no id", new Set(ids).size === ids.length);
    await tab.keyboard.press("Escape");
    check("Escape closes it", (await dialog.count()) === 0);
    check("and the focus is on its button", await button.evaluate((it) => it === document.activeElement));
    await tab.keyboard.press("Enter");
    check("Enter enlarges it", await dialog.isVisible());
    check("the dialog has a name, and its first key closes it",
      (await dialog.getAttribute("aria-label")) === "Figure 1, enlarged" && (await tab.evaluate(() => document.activeElement.textContent)) === "Close");
    await tab.keyboard.press("Enter");
    check("the key leads back", (await dialog.count()) === 0 && await button.evaluate((it) => it === document.activeElement));
    await tab.context().close();
  }
}

// Figures with a slider: what is shown is the data of the step, by keyboard, by button, and without scripts.
async function explorables() {
  for (const page of ["immortal-time.html", "how-it-works.html"]) {
    const steps = JSON.parse(readFileSync(join(book, page), "utf8").match(/class="picture explorable">.*?<script[^>]*>(.*?)<\/script>/s)[1]);
    let tab = await open(page);
    const figure = tab.locator("figure.explorable");
    const slider = figure.locator("input");
    const first = Number(await slider.inputValue());
    const stands = async (at, what) => {
      const wrong = await figure.evaluate((it, step) => [...it.querySelectorAll("[data-part]")].filter((part) => {
        const shown = step[part.dataset.part];
        if (typeof shown === "string") return part.textContent !== shown;
        return Object.entries(shown).some(([name, value]) => part.getAttribute(name) !== value);
      }).map((part) => part.dataset.part), steps[at]);
      const said = await slider.getAttribute("aria-valuetext");
      check(`${page}: ${what}`, wrong.length === 0 && said === steps[at].step, [said, ...wrong.slice(0, 3)]);
    };
    const differ = Object.keys(steps[0]).filter((name) => JSON.stringify(steps[first][name]) !== JSON.stringify(steps[first + 1][name]));
    check(`${page}: a step moves the sentence and the drawing`,
      differ.includes("sentence") && differ.some((name) => typeof steps[0][name] === "object"), differ);
    await stands(first, "at first the page's own step is shown");
    await slider.focus();
    await tab.keyboard.press("ArrowRight");
    await stands(first + 1, "a key leads on");
    await tab.keyboard.press("End");
    await stands(steps.length - 1, "a key leads to the end");
    await figure.getByText("Previous").click();
    await stands(steps.length - 2, "a button leads back");
    await figure.getByText("Next").press("Enter");
    await stands(steps.length - 1, "a button leads on by keyboard");
    check(`${page}: the sentence is told`, (await figure.locator("output[aria-live=polite]").textContent()) === steps.at(-1).sentence);
    await tab.emulateMedia({ media: "print" });
    check(`${page}: on paper no slider and the drawing`, !(await slider.isVisible()) && (await figure.locator(".plot").first().isVisible()));
    await tab.context().close();

    tab = await open(page, { javaScriptEnabled: false });
    const still = tab.locator("figure.explorable");
    check(`${page}: without a script the drawing and its sentence`,
      (await still.locator(".plot").first().isVisible()) && (await still.locator("output").innerText()) === steps[first].sentence);
    check(`${page}: without a script no slider`, !(await still.locator("input").isVisible()));
    await tab.context().close();
  }
}

function weights() {
  for (const page of pages) {
    // A figure's drawing and its data are not the page's own weight.
    const html = readFileSync(join(book, page), "utf8").replace(/<figure class="picture">.*?<\/figure>/gs, "");
    check(`${page} is below ${PAGE_BYTES} bytes`, html.length < PAGE_BYTES, statSync(join(book, page)).size);
  }
}

try {
  weights();
  for (const part of [ledgerWithoutScript, ledgerControls, deepLinks, cards, code, search, figures, explorables, thereAndBack, library]) await part();
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
