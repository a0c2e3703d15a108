// Opens the page behind a mail link as a clerk's phone does (390 px, no script), asks axe about it,
// closes the case with the first form, and sees it said so.  node page.mjs LINK [zh|en]
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(new URL('.parts/', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const link = process.argv[2];
const closed = process.argv[3] === 'en' ? /Closed by/ : /已[^。]{0,60}办结/;

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const problems = [];
const expect = (holds, what) => { if (!holds) problems.push(what); };

try {
    const reader = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
    const foreign = [];
    reader.on('request', (r) => { if (new URL(r.url()).host !== new URL(link).host) foreign.push(r.url()); });
    await reader.goto(link);
    expect(foreign.length === 0, `asks other hosts: ${foreign}`);
    const { violations } = await reader.evaluate(`${axe}; axe.run()`);
    for (const v of violations) problems.push(`axe: ${v.id}: ${v.help}: ${v.nodes[0].html}`);
    const wide = await reader.evaluate('document.documentElement.scrollWidth');
    expect(wide <= 390, `the page is ${wide} px wide on a phone of 390`);

    const phone = await (await browser.newContext({
        viewport: { width: 390, height: 800 }, javaScriptEnabled: false, locale: 'zh-CN',
    })).newPage();
    await phone.goto(link);
    const form = phone.locator('form').first();
    const fill = async (name, value) => {
        const field = form.locator(`[name="${name}"]`).first();
        const tag = await field.evaluate((e) => e.tagName + ':' + e.type);
        if (tag.startsWith('SELECT')) await field.selectOption(value);
        else if (tag.endsWith(':radio')) await form.locator(`[name="${name}"][value="${value}"]`).check();
        else await field.fill(value);
    };
    for (const [name, value] of Object.entries({
        outcome: 'handled', duty: 'own', category: 'inquiry',
        caller_name: '陈先生', matter: '营业执照怎么办', text: '已告知所需材料',
    })) await fill(name, value);
    await form.locator('button, [type="submit"]').first().click();
    expect(phone.url().startsWith(link), `after closing the page is ${phone.url()}`);
    const said = await phone.locator('body').innerText();
    expect(closed.test(said), `the page does not say that the case is closed: ${said.slice(0, 400)}`);
} catch (error) {
    problems.push(String(error));
} finally {
    await browser.close();
}
for (const problem of problems) console.log(problem);
process.exit(problems.length ? 1 : 0);
