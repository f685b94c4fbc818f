// Follows numbers through a built book, from file:// as an offline reader does: from a chapter to
// the ledger, through search, filters, order and downloads, on to the library, and back.
// `node trace.mjs FOLDER`; closes with 'N passed, N failed'.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const book = resolve(process.argv[2] ?? "_build/html");
const base = pathToFileURL(book).href + "/";
const LEDGER_BYTES = 1_500_000;
const PAGE_BYTES = 600_000;
const CARD_BYTES = 40_000;
const LEAST_TEXT = 11; // px, in a figure
const QUICK = 300; // ms from a key to the rows

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

const shown = (tab) => tab.locator("table.ledger tbody tr:visible");
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

async function ledgerWithoutScript() {
  const tab = await open("ledger.html", { javaScriptEnabled: false });
  check("without a script every number has a row", (await shown(tab).count()) === whole.length, await shown(tab).count());
  check("without a script there is no form", !(await tab.locator("#ledger-controls").isVisible()));
  await tab.goto(`${base}ledger.html#${whole[5].id}`);
  await tab.locator(`[id="${whole[5].id}"] summary`).press("Enter");
  check("without a script a trace unfolds", await tab.locator(`[id="${whole[5].id}"] dl`).isVisible());
  for (const kind of ["csv", "json"]) {
    const href = await tab.locator(`a[download][href$="ledger.${kind}"]`).getAttribute("href");
    const text = readFileSync(join(book, href), "utf8");
    check(`the whole ledger as ${kind}`, [...ids].every((id) => text.includes(id)));
  }
  await tab.context().close();
}

async function ledgerControls() {
  const tab = await open("ledger.html");
  const all = await shown(tab).count();
  check("every number is shown at first", all === whole.length, all);

  const slowest = await tab.evaluate(async () => {
    const field = document.querySelector("#ledger-controls [name=text]");
    let slowest = 0;
    field.focus();
    for (const text of ["t", "ta", "table4", "table4 p", ""]) {
      const started = performance.now();
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      document.body.getBoundingClientRect();
      slowest = Math.max(slowest, performance.now() - started);
    }
    return slowest;
  });
  check(`a search takes less than ${QUICK} ms`, slowest < QUICK, slowest);

  await tab.fill("#ledger-controls [name=text]", "table1.sex_male");
  const sexes = whole.filter(({ id }) => id.startsWith("table1.sex_male"));
  const found = await shown(tab).evaluateAll((rows) => rows.map((row) => row.id));
  check("search finds a number by its id", sexes.every(({ id }) => found.includes(id)) && found.length < all, found.length);
  check("the count is said", (await tab.locator("#ledger-controls output").textContent()).startsWith(`${found.length} of`));
  check("headings without numbers go", !(await tab.locator("section#table-3").isVisible()));
  await tab.click("#ledger-controls [type=reset]");
  await tab.waitForFunction((n) => document.querySelectorAll("table.ledger tbody tr:not([hidden])").length === n, all);
  check("all come back", (await shown(tab).count()) === all);

  for (const name of ["where", "verdict", "method"]) {
    const options = await tab.locator(`#ledger-controls [name=${name}] option`).evaluateAll((list) => list.map((o) => o.value));
    let sum = 0;
    for (const value of options.slice(1)) {
      await say(tab, name, value);
      const expected = whole.filter((row) => row[name] === value).length;
      const count = await shown(tab).count();
      check(`filter ${name}=${value}`, count === expected && count > 0, [count, expected]);
      sum += count;
    }
    check(`the filters by ${name} cover what has one`, sum === whole.filter((row) => row[name]).length, sum);
    await say(tab, name, "");
  }

  await say(tab, "verdict", "within-rounding");
  const chosen = whole.filter(({ verdict }) => verdict === "within-rounding").map(({ id }) => id);
  const json = JSON.parse(await saved(tab, "#ledger-controls [name=json]"));
  check("saves what is shown as JSON", JSON.stringify(json.map(({ id }) => id)) === JSON.stringify(chosen), json.length);
  const csv = (await saved(tab, "#ledger-controls [name=csv]")).trim().split("\r\n");
  check("saves what is shown as CSV", csv.length === chosen.length + 1 && csv[1].startsWith(`"${chosen[0]}"`), csv[0]);
  await say(tab, "verdict", "");

  for (const name of ["verdict", "method"]) {
    await say(tab, "order", name);
    const order = await tab.locator(`#ledger-controls [name=${name}] option`).evaluateAll((list) => list.map((o) => o.value));
    const rows = await shown(tab).evaluateAll((list, key) => list.map((row) => row.dataset[key]), name);
    const places = rows.map((value) => order.indexOf(value));
    const sorted = places.every((place, index) => index === 0 || places[index - 1] <= place);
    check(`in order ${name}`, rows.length === all && sorted, rows.slice(0, 3));
  }
  await say(tab, "order", "");
  const order = await shown(tab).evaluateAll((rows) => rows.map((row) => row.id));
  check("the paper's order comes back", JSON.stringify(order) === JSON.stringify(whole.map(({ id }) => id)));
  await tab.context().close();
}

async function deepLinks() {
  const last = whole.find(({ id }) => id.startsWith("table3.")).id;
  let tab = await open(`ledger.html#${last}`);
  const row = tab.locator(`[id="${last}"]`);
  check("a deep link shows its number and trace", await row.locator("dl").isVisible());
  const inSight = () => row.evaluate((element) => {
    const { top } = element.getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  });
  await tab.waitForTimeout(500);
  check("a deep link scrolls there", await inSight());
  await say(tab, "where", "table1");
  check("a filter hides it", !(await row.isVisible()));
  await tab.evaluate((id) => { location.hash = ""; location.hash = id; }, last);
  check("its link shows it again", await row.locator("dl").isVisible());
  await tab.waitForTimeout(500);
  check("and scrolls there", await inSight());
  await tab.context().close();

  tab = await open("ledger.html?verdict=contradicted");
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
  for (const page of pages.filter((name) => name !== "ledger.html")) {
    const tab = await open(page, { javaScriptEnabled: false });
    const links = await tab.locator('a.number, a.verdict:not([href*="?"])').evaluateAll((list) => list.map((a) => ({
      id: a.id,
      to: a.getAttribute("href").slice("ledger.html#".length),
      word: a.querySelector(".mark")?.textContent.trim() ?? a.textContent.trim(),
      sign: getComputedStyle(a.querySelector(".mark") ?? a, "::before").content,
    })));
    await tab.context().close();
    const wrong = links.filter(({ id, to, word, sign }) => {
      const entry = whole.find((row) => row.id === to);
      return !entry || !id || word !== entry.verdict || sign === "none";
    });
    check(`${page}: each number has an entry, an anchor and the badge of its verdict`, wrong.length === 0, wrong.slice(0, 3));
    for (const { id, to } of links) linked.set(to, [...(linked.get(to) ?? []), `${page}#${id}`]);
  }
  const tab = await open("ledger.html", { javaScriptEnabled: false });
  const back = new Map(await tab.locator("table.ledger tbody tr").evaluateAll((rows) => rows.map((row) => [
    row.id,
    [...row.querySelectorAll("dd:last-child a")].map((a) => a.getAttribute("href")).filter((href) => href.includes("#at-")),
  ])));
  const lost = [...linked].filter(([id, places]) => JSON.stringify([...places].sort()) !== JSON.stringify([...back.get(id)].sort()));
  check("each entry leads back to each place that shows it, and nowhere else", lost.length === 0, lost.slice(0, 2));
  const idle = [...back].filter(([id, places]) => places.length > 0 && !linked.has(id));
  check("no entry leads back from where it is not", idle.length === 0, idle.slice(0, 2));
  console.log(`${linked.size} of ${whole.length} numbers are shown in chapters, at ${[...linked.values()].flat().length} places`);

  const [id] = [...linked].find(([, places]) => places.length > 2);
  await tab.goto(base + back.get(id)[0]);
  check("a link back lands on the number", await tab.locator("a:target").first().evaluate(
    (element, id) => element.getAttribute("href") === `ledger.html#${id}`, id));
  await tab.locator("a:target").press("Enter");
  check("and the number leads to its entry", tab.url().endsWith(`ledger.html#${id}`), tab.url());
  await tab.context().close();
}

async function library() {
  const tab = await open("ledger.html", { javaScriptEnabled: false });
  const functions = await tab.locator('table.ledger a[href^="library"]').evaluateAll((list) =>
    [...new Set(list.map((a) => a.getAttribute("href")))]);
  check("entries name functions of the library", functions.length > 10, functions.length);
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
  const id = (await first.getAttribute("href")).slice("ledger.html#".length);
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
  await tab.waitForURL(/ledger\.html#/);
  check("the second follows the link", tab.url().endsWith(`ledger.html#${id}`), tab.url());
  await tab.context().close();

  for (const name of pages) {
    const found = readFileSync(join(book, name), "utf8").match(/<script type="application\/json" id="cards">(.*?)<\/script>/s);
    const bytes = found ? Buffer.byteLength(found[1]) : 0;
    check(`${name}: cards below ${CARD_BYTES} bytes`, bytes < CARD_BYTES, bytes);
  }
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
    const all = wanted.length > 0 && wanted.every(({ id }) => found.includes(`ledger.html#${id}`)) && found.length === wanted.length;
    check(`the search for ${query} leads to its entries`, all, found);
  }
  for (const query of ["Whipple", "immortal time", "E-value"]) {
    await ask(query);
    const first = tab.locator("#search-results li a").first();
    await first.waitFor();
    const href = await first.getAttribute("href");
    check(`the search for ${query} leads to a chapter first`, !/^(library|_modules)/.test(href), href);
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
      image: figure.matches(".picture") && figure.querySelectorAll('[role="img"][aria-label]').length,
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

function weights() {
  for (const page of pages) {
    const most = page === "ledger.html" ? LEDGER_BYTES : PAGE_BYTES;
    // A figure's drawing and its data are not the page's own weight.
    const html = readFileSync(join(book, page), "utf8").replace(/<figure class="picture">.*?<\/figure>/gs, "");
    check(`${page} is below ${most} bytes`, html.length < most, statSync(join(book, page)).size);
  }
}

try {
  weights();
  for (const part of [ledgerWithoutScript, ledgerControls, deepLinks, cards, search, figures, thereAndBack, library]) await part();
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
