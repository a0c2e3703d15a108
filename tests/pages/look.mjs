// Looks at pages as people see them: 390 and 1280 px, script off, light and dark; then lets axe look.
//
//   node tests/pages/look.mjs FOLDER < list        list: lines of `name URL`, or `name URL form` to post a form
//
// Needs Debian's chromium and fonts-wqy-zenhei, and `npm i playwright-core axe-core` in a folder that NODE_PATH or
// the working directory leads to. Prints one line per finding; exits 1 if there is any.
import { createRequire } from "node:module";
import { readFileSync, mkdirSync } from "node:fs";
import path from "node:path";

const require = createRequire(path.join(process.env.PAGES_MODULES ?? process.cwd(), "x.js"));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const folder = process.argv[2] ?? "pages-seen";
mkdirSync(folder, { recursive: true });
const pages = readFileSync(0, "utf8").split("\n").map((line) => line.trim().split(" ")).filter((row) => row.length === 2 || row.length === 3);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
let findings = 0;
const found = (text) => { findings += 1; console.log(text); };

async function visit(name, url, form, width, scheme, script) {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 860 }, colorScheme: scheme, javaScriptEnabled: script, deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) found(`${name}: loads ${request.url()}`);
  });
  if (form) {
    await page.route(url, (route) => route.continue({
      method: "POST", postData: form,
      headers: { ...route.request().headers(), "content-type": "application/x-www-form-urlencoded" },
    }));
  }
  await page.goto(url, { waitUntil: "load" });
  return { context, page };
}

for (const [name, url, form] of pages) {
  for (const [width, scheme] of [[390, "light"], [1280, "light"], [390, "dark"], [1280, "dark"]]) {
    const { context, page } = await visit(name, url, form, width, scheme, false);
    await page.screenshot({ path: path.join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
    await context.close();
  }
  // axe needs script of its own; the pages have none, and their policy does not bind what the browser is told to run.
  for (const [width, scheme] of [[390, "light"], [1280, "dark"]]) {
    const { context, page } = await visit(name, url, form, width, scheme, true);
    await page.evaluate(`window.module = undefined; ${axeSource}`);
    const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const violation of result.violations) {
      for (const node of violation.nodes) found(`${name} ${width} ${scheme}: ${violation.id}: ${violation.help}: ${node.html.slice(0, 160)}`);
    }
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wider > 0) found(`${name} ${width}: ${wider} px wider than the screen`);
    const small = await page.evaluate(() => [...document.querySelectorAll("button, select, textarea, input:not([type=hidden]), summary")]
      .map((el) => { const box = (el.closest("label") ?? el).getBoundingClientRect(); return [el.outerHTML.slice(0, 80), box.height]; })
      .filter(([, height]) => height > 0 && height < 44));
    for (const [html, height] of small) found(`${name} ${width}: only ${height} px high: ${html}`);
    await context.close();
  }
}
await browser.close();
console.log(`${pages.length} pages, ${findings} findings`);
process.exit(findings ? 1 : 0);
