// Opens every page of a built book in Debian's Chromium, over HTTP and from file://, and checks
// what a reader would notice. `node check.mjs FOLDER`; closes with 'N passed, N failed'. With --every after it, pages of
// one template are each looked at whole, which takes some ten minutes more.
import { createServer } from "node:http";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const book = resolve(process.argv[2] ?? "_build/html");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const NARROW = [320, 390];
const AXE_WIDTHS = [320, 768, 1300];
// One more than there are cores: every look waits now and then.
const AT_ONCE = 3;
// Bytes of a page without its drawings.
const LARGEST = 600_000;
const SITE = 12_000_000;
const CHARACTERS = 80; // of a line of text at most
const TARGET = 24; // px of height of what one taps
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
  ".png": "image/png", ".svg": "image/svg+xml", ".json": "application/json", ".woff2": "font/woff2" };

let passed = 0;
let failed = 0;
function check(page, what, problems) {
  if (problems.length === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`FAILED ${page}: ${what}`);
  for (const problem of problems.slice(0, 8)) console.log(`    ${problem}`);
  if (problems.length > 8) console.log(`    … and ${problems.length - 8} more`);
}

function serve(folder) {
  const server = createServer((request, response) => {
    // A browser asks for an icon where a page names none, as one that leads on does.
    if (request.url === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    const path = join(folder, decodeURIComponent(new URL(request.url, "http://x").pathname));
    const inside = path === folder || path.startsWith(folder + sep);
    if (!inside || !existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(readFileSync(path));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

function pagesOf(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".html") && !name.startsWith("_static" + sep))
    // An old address leads on before one could look at it.
    .filter((name) => !readFileSync(join(folder, name), "utf8").includes('http-equiv="refresh"'))
    .sort();
}

// A tab that notes everything a page complains about or asks of another host.
async function listeningTab(context, base) {
  context.setDefaultTimeout(120_000); // a busy machine is no fault of the book
  const tab = await context.newPage();
  tab.setDefaultTimeout(120_000); // a busy machine is no fault of the book
  const complaints = [];
  const outside = [];
  tab.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  tab.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !/^(data|blob|about):/.test(url)) outside.push(url);
  });
  return { tab, complaints, outside };
}

// The ledger's hundreds of rows are of a few makes: axe sees the first of each.
async function axe(tab) {
  const violations = await tab.evaluate(async () => {
    const makes = new Set();
    for (const row of document.querySelectorAll(":is(table.ledger, table.ledger-index) tbody tr")) {
      const parts = [...row.querySelectorAll("*")].map((part) => `${part.tagName}.${part.getAttribute("class")}`);
      const make = [...new Set(parts)].sort().join();
      row.style.display = makes.has(make) ? "none" : "";
      makes.add(make);
    }
    // Without loading every style sheet once more, for a rule on the device's orientation that no sheet here speaks of.
    return (await window.axe.run({ resultTypes: ["violations"], preload: false })).violations;
  });
  return violations
    .flatMap(({ id, impact, nodes }) =>
      nodes.map(({ target, html }) => `${id} (${impact}) at ${target.join(" ")}: ${html.slice(0, 140)}`));
}

// The pages of source code are of one template, and so are those of reference and of a section's entries: all are opened,
// the first of each is looked at whole; all of them with --every.
const TEMPLATES = ["_modules" + sep + "analysis_lib", "library-", "ledger-"];
const isCode = (page) => page.startsWith("_modules" + sep);
// Nobody cites source code or a page that is missing.
const isCited = (page) => !isCode(page) && page !== "404.html";
const every = process.argv.includes("--every");
const whole = (page) => every || TEMPLATES.every((start) => !page.startsWith(start) || page === pages.find((p) => p.startsWith(start)));

// The theme lets the keyboard into what scrolls a moment after a resize.
const KEYBOARD_GETS_IN = () => [...document.querySelectorAll("pre, .cell_output > .output")].every((box) =>
  box.tabIndex === 0 || (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight));

async function axeAtWidths(tab) {
  const found = [];
  await tab.evaluate(axeSource);
  for (const width of AXE_WIDTHS) {
    await tab.setViewportSize({ width, height: 900 });
    await tab.waitForFunction(KEYBOARD_GETS_IN, null, { timeout: 5000 }).catch(() => null); // if it does not, axe says so
    found.push(...(await axe(tab)).map((problem) => `${width} px: ${problem}`));
  }
  return found;
}

// Tabs through a page's first controls: focus moves on each time, and is visible where it rests.
async function tabThrough(tab, presses = 40) {
  await tab.setViewportSize({ width: 1300, height: 900 });
  const problems = [];
  let last = "";
  for (let press = 0; press < presses; press += 1) {
    await tab.keyboard.press("Tab");
    const at = await tab.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return { end: true };
      element.dataset.stop ??= String(document.querySelectorAll("[data-stop]").length);
      const style = getComputedStyle(element);
      return { stop: element.dataset.stop, html: element.outerHTML.slice(0, 100),
        marked: style.outlineStyle !== "none" || style.boxShadow !== "none" };
    });
    if (at.end) break;
    if (at.stop === last) problems.push(`focus is caught at ${at.html}`);
    else if (!at.marked) problems.push(`focus is not seen at ${at.html}`);
    last = at.stop;
  }
  return last === "" ? ["nothing takes the focus"] : problems;
}

// What sticks out past the window, unless a parent scrolls it.
async function overflow(tab, width) {
  await tab.setViewportSize({ width, height: 800 });
  return tab.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit + 1) return [];
    const wide = [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > limit + 1)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    return [`${document.documentElement.scrollWidth} px wide: ${wide.slice(-3).join(", ")}`];
  });
}

// Whether text, code and badges have their measure: with all that folds open, since one opens it.
async function measures(tab) {
  await tab.setViewportSize({ width: 1280, height: 900 });
  return tab.evaluate(({ most, target }) => {
    for (const fold of document.querySelectorAll("article details")) fold.open = true;
    const start = (element) => element.textContent.trim().slice(0, 60);
    const code = [...document.querySelectorAll("article pre")].filter((pre) => pre.scrollWidth > pre.clientWidth);
    const length = (p) => p.textContent.length - [...p.querySelectorAll(".mark")].reduce((sum, mark) => sum + mark.textContent.length, 0);
    const lines = (p) => Math.round(p.clientHeight / parseFloat(getComputedStyle(p).lineHeight));
    const long = [...document.querySelectorAll("article section > p")].filter((p) => lines(p) > 2 && length(p) / lines(p) > most);
    const small = [...document.querySelectorAll("article :is(a.number, .verdict)")].filter((badge) => {
      const { height } = badge.getBoundingClientRect();
      return height > 0 && height < target;
    });
    return { code: code.map(start), long: long.map(start), small: small.map(start) };
  }, { most: CHARACTERS, target: TARGET });
}

const longestOf = (text) => (text.match(/[a-z]+/gi) ?? []).sort((a, b) => b.length - a.length)[0];

const CITED = ['meta[name="citation_title"]', 'meta[name="citation_author"]', 'meta[property="og:title"]',
  'meta[property="og:image"]', 'script[type="application/ld+json"]'];

async function checkServed({ tab, complaints, outside }, base, page, links, anchors) {
  await tab.setViewportSize({ width: 1280, height: 900 });
  await tab.goto(base + page, { waitUntil: "load" });
  await tab.waitForTimeout(200);
  const seen = await tab.evaluate((cited) => ({
    title: document.title.trim(),
    language: document.documentElement.lang,
    headings: [...document.querySelectorAll("h1")].map((h1) => h1.textContent.trim()),
    // A file's name in place of a description, which is what Sphinx falls back on, is none.
    unnamed: [...document.images].filter((image) => /^\s*$|\.(png|svg|jpe?g)$/i.test(image.alt))
      .map((image) => image.src),
    links: [...document.querySelectorAll("a[href], area[href]")].map((a) => a.href),
    ids: [...document.querySelectorAll("[id], a[name]")].map((e) => e.id || e.name),
    missing: ['meta[http-equiv="Content-Security-Policy"]', 'meta[name="viewport"]', 'link[rel="icon"]', ...cited]
      .filter((tag) => document.querySelectorAll(tag).length !== 1),
  }), isCited(page) ? CITED : []);
  if (page === "index.html") longestWord = longestOf(seen.headings[0] ?? "");
  links.set(page, seen.links);
  anchors.set(page, new Set(seen.ids));
  const one = seen.headings.length === 1 && seen.headings[0] !== "";
  check(page, "has a title and a language", seen.title && seen.language ? [] : [JSON.stringify(seen.title)]);
  check(page, "has one h1", one ? [] : [`${seen.headings.length}: ${seen.headings.join(" | ")}`]);
  check(page, "ids are unique", seen.ids.filter((id, index) => id && seen.ids.indexOf(id) !== index));
  check(page, "images have alt text", seen.unnamed);
  if (whole(page)) {
    check(page, "axe, light", await axeAtWidths(tab));
    check(page, "the keyboard gets through, and one sees where it is", await tabThrough(tab));
  }
  check(page, "has a policy, one viewport and an icon, and the tags to be cited by", seen.missing);
  const text = readFileSync(join(book, page), "utf8").replace(/<svg[\s>].*?<\/svg>/gs, "");
  check(page, "is lean", Buffer.byteLength(text) <= LARGEST ? [] : [`${Buffer.byteLength(text)} bytes of ${LARGEST}`]);
  if (!isCode(page)) {
    const { code, long, small } = await measures(tab);
    check(page, "no code is cut at 1280 px", code);
    check(page, `lines of text have at most some ${CHARACTERS} characters`, long);
    check(page, `badges are ${TARGET} px high`, small);
  }
  for (const width of NARROW) check(page, `no overflow at ${width} px`, await overflow(tab, width));
  check(page, "no complaint on the console (served)", complaints.splice(0));
  check(page, "no request to another host (served)", outside.splice(0));
}

// Without a server, and dark.
async function checkFile({ tab, complaints, outside }, page) {
  await tab.setViewportSize({ width: 1280, height: 900 });
  await tab.goto(folder + page, { waitUntil: "load" });
  await tab.waitForTimeout(200);
  check(page, "no complaint on the console (file)", complaints.splice(0));
  check(page, "no request to another host (file)", outside.splice(0));
  const theme = await tab.evaluate(() => document.documentElement.dataset.theme);
  check(page, "axe, dark", theme === "dark" ? await axeAtWidths(tab) : [`the theme is ${theme}`]);
}

// Every link inside the book leads to a file of it and, if it names one, to an anchor there.
function checkLinks(base, links, anchors) {
  for (const [page, hrefs] of links) {
    const broken = [...new Set(hrefs)].filter((href) => {
      if (!href.startsWith(base)) return false;
      const url = new URL(href);
      const target = decodeURIComponent(url.pathname).slice(1) || "index.html";
      const fragment = decodeURIComponent(url.hash.slice(1));
      if (!existsSync(join(book, target))) return true;
      return fragment !== "" && anchors.has(target) && !anchors.get(target).has(fragment);
    });
    check(page, "links and anchors resolve", broken.map((href) => href.slice(base.length)));
  }
}

async function checkSearch(context, base, word) {
  const { tab, complaints } = await listeningTab(context, base);
  await tab.goto(`${base}search.html?q=${word}`, { waitUntil: "load" });
  const found = await tab.waitForSelector("#search-results li", { timeout: 5000 }).catch(() => null);
  check("search.html", "finds a word of the title", found ? complaints : [`no result for '${word}'`]);
  await tab.close();
}

const pages = pagesOf(book);
if (pages.length === 0) {
  console.log(`no pages in ${book}: build the book first`);
  console.log("0 passed, 1 failed");
  process.exit(1);
}
const bytes = readdirSync(book, { recursive: true }).map((name) => statSync(join(book, name)))
  .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
const pdf = existsSync(join(book, "book.pdf")) ? statSync(join(book, "book.pdf")).size : 0;
check("the site", "is light", bytes - pdf <= SITE ? [] : [`${bytes - pdf} bytes of ${SITE}`]);
const server = await serve(book);
const folder = pathToFileURL(book).href + "/";
const base = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    // What a page would ask of another host is noted, and goes nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const links = new Map();
const anchors = new Map();
let longestWord = "";
try {
  // The largest take longest, so that they come first.
  const waiting = [...pages].sort((a, b) => statSync(join(book, b)).size - statSync(join(book, a)).size);
  const work = async () => {
    // A context for each look, so that no stored theme is carried from one to another; its tab shows page after page.
    const [light, dark] = await Promise.all([0, 1].map(() => browser.newContext()));
    await dark.addInitScript(() => {
      localStorage.setItem("mode", "dark");
      localStorage.setItem("theme", "dark");
    });
    const [served, file] = [await listeningTab(light, base), await listeningTab(dark, folder)];
    for (let page = waiting.shift(); page; page = waiting.shift()) {
      const started = Date.now();
      await checkServed(served, base, page, links, anchors);
      if (whole(page)) await checkFile(file, page);
      console.log(`${page} ${((Date.now() - started) / 1000).toFixed(1)} s`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  checkLinks(base, links, anchors);
  const context = await browser.newContext();
  await checkSearch(context, base, longestWord);
} finally {
  await browser.close();
  server.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
