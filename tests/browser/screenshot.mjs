// The README's picture, of the first page: `node screenshot.mjs FOLDER FILE.png`.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [folder = "_build/html", target = "docs/screenshot.png"] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const tab = await browser.newPage({ viewport: { width: 1200, height: 1130 } });
await tab.goto(pathToFileURL(resolve(folder, "index.html")).href, { waitUntil: "load" });
await tab.screenshot({ path: target });
await browser.close();
