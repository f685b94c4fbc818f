// Lighthouse on the first page, as a phone on a slow line opens it: `node lighthouse.mjs FOLDER`; closes with
// 'N passed, N failed'.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import lighthouse from "lighthouse";
import { chromium } from "playwright-core";

const book = resolve(process.argv[2] ?? "_build/html");
const PAGE = "index.html";
const LEAST = { performance: 90, accessibility: 100, "best-practices": 100, seo: 100 };
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
  ".png": "image/png", ".svg": "image/svg+xml" };
const PORT = 9222 + (process.pid % 1000);

// Packs text, as hosts of static pages do.
const server = createServer((request, response) => {
  try {
    const path = join(book, decodeURIComponent(new URL(request.url, "http://x").pathname));
    const body = gzipSync(readFileSync(path));
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", "content-encoding": "gzip" });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", `--remote-debugging-port=${PORT}`,
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let failed = 0;
try {
  const address = `http://127.0.0.1:${server.address().port}/${PAGE}`;
  const look = async () =>
    (await lighthouse(address, { port: PORT, logLevel: "error", onlyCategories: Object.keys(LEAST) })).lhr;
  let lhr = await look();
  // A busy machine is no fault of the page: it gets two more looks.
  for (let again = 0; again < 2 && lhr.categories.performance.score * 100 < LEAST.performance; again += 1) lhr = await look();
  for (const [name, least] of Object.entries(LEAST)) {
    const { score, auditRefs } = lhr.categories[name];
    console.log(`${name}: ${Math.round(score * 100)}`);
    if (Math.round(score * 100) >= least) continue;
    failed += 1;
    const short = auditRefs.filter(({ id, weight }) => weight && lhr.audits[id].score < 1);
    for (const { id } of short) console.log(`    ${id}: ${lhr.audits[id].title} ${lhr.audits[id].displayValue ?? ""}`);
  }
  console.log(`largest paint: ${lhr.audits["largest-contentful-paint"].displayValue}`);
} finally {
  await browser.close();
  server.close();
}
console.log(`${Object.keys(LEAST).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
