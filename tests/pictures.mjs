// Takes the pictures of the README: real pages and mails in Debian's chromium, without script.
//
//   node pictures.mjs < plan      plan: {"folder": …, "pictures": [{"name", "url" or "html", "width", "height", "scale", "lang"}]}
//
// Prints {"name": the words that can be seen}. A picture is as high as its page, but at most `height`.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';

const require = createRequire(new URL('.parts/', import.meta.url));
const { chromium } = require('playwright-core');
const plan = JSON.parse(readFileSync(0, 'utf8'));
mkdirSync(plan.folder, { recursive: true });

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--font-render-hinting=none',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const words = {};
for (const { name, url, html, width, height, scale, lang } of plan.pictures) {
    const context = await browser.newContext({
        viewport: { width, height }, deviceScaleFactor: scale, colorScheme: 'light', javaScriptEnabled: false, locale: lang,
    });
    const page = await context.newPage();
    if (url) await page.goto(url, { waitUntil: 'load' });
    else await page.setContent(html, { waitUntil: 'load' });
    const box = await page.locator('body').boundingBox();
    const high = Math.min(height, Math.ceil(box.y + box.height));
    await page.screenshot({
        path: `${plan.folder}/${name}.png`, clip: { x: 0, y: 0, width, height: high }, fullPage: true, animations: 'disabled',
    });
    words[name] = await page.locator('body').innerText();
    await context.close();
}
await browser.close();
console.log(JSON.stringify(words));
