// A manager's five questions on the report page, each with two clicks at most, without script; and each page on paper.
// node manager.mjs < PLAN   PLAN: {"home": "http://127.0.0.1:PORT", "seen": FOLDER}
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(new URL('.parts/', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const plan = JSON.parse(readFileSync(0, 'utf8'));
mkdirSync(plan.seen, { recursive: true });

const problems = [];
const expect = (holds, what) => { if (!holds) problems.push(what); };
const same = (got, want, what) => expect(JSON.stringify(got) === JSON.stringify(want), `${what}: expected ${JSON.stringify(want)}, got ${JSON.stringify(got)}`);

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const locale = 'zh-CN';
const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 }, javaScriptEnabled: false, locale })).newPage();
page.setDefaultTimeout(20_000);
const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale })).newPage();
/// A4 on its side within its margins, in CSS pixels.
const paper = await (await browser.newContext({ viewport: { width: Math.floor((297 - 24) / 25.4 * 96), height: 700 }, locale })).newPage();
await paper.emulateMedia({ media: 'print' });

const home = `${plan.home}/report/accountability`;
let clicks = 0;
async function start() {
    await page.goto(home);
    clicks = 0;
}
async function click(locator) {
    clicks += 1;
    const [answer] = await Promise.all([page.waitForNavigation(), locator.click()]);
    expect(answer.status() === 200, `${page.url()}: ${answer.status()}`);
}
const link = (name) => page.getByRole('link', { name, exact: true });
/// The texts of a table, row by row.
const table = (nth) => page.locator('table').nth(nth).locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText.trim())));
const heads = async (nth) => (await page.locator('table').nth(nth).locator('thead th').allInnerTexts()).map((head) => head.replace(/[▲▼\s]/g, ''));
/// One column of a table, by its head, with the first.
async function column(nth, head) {
    const at = (await heads(nth)).indexOf(head);
    expect(at > 0, `no column ${head} in ${await heads(nth)}`);
    return (await table(nth)).map((row) => [row[0], row[at]]);
}

/// On a phone a wide table slides in its box, shows that it does, and keeps the column that says whose the row is.
function slid(boxes) {
    const problems = [];
    for (const box of boxes) {
        const over = box.scrollWidth - box.clientWidth;
        if (over <= 0) continue;
        if (!getComputedStyle(box).backgroundImage.includes('gradient')) problems.push(`${box.ariaLabel}: nothing shows that it slides`);
        const edge = box.getBoundingClientRect().left;
        box.scrollLeft = over;
        if (box.scrollLeft < over - 1) problems.push(`${box.ariaLabel}: slides only ${box.scrollLeft} of ${over} px`);
        for (const row of box.querySelectorAll('tr')) {
            const { left, right, width } = row.children[0].getBoundingClientRect();
            if (Math.abs(left - edge) > 1 || width > 200) problems.push(`${box.ariaLabel}: the first column does not stay: ${left}..${right}`);
            if (getComputedStyle(row.children[0]).backgroundColor === 'rgba(0, 0, 0, 0)') problems.push(`${box.ariaLabel}: what slides shows through the first column`);
        }
        box.scrollLeft = 0;
    }
    return [...new Set(problems)];
}

/// The page as a phone, a screen reader and a printer have it.
async function look(name) {
    const url = page.url();
    await page.screenshot({ path: path.join(plan.seen, `manager-${name}-1280.png`), fullPage: true });
    for (const [head, px] of await page.locator('.scroll').evaluateAll((all) => all.map((el) => [el.ariaLabel, el.scrollWidth - el.clientWidth])))
        expect(px <= 0, `${name}: ${head}: ${px} px of the table are cut off at 1280 px`);
    await phone.goto(url);
    for (const problem of await phone.locator('.scroll').evaluateAll(slid)) problems.push(`${name}: ${problem}`);
    await phone.screenshot({ path: path.join(plan.seen, `manager-${name}-390.png`), fullPage: true });
    const { violations } = await phone.evaluate(`${axe}; axe.run({ resultTypes: ['violations'] })`);
    for (const v of violations) problems.push(`${name}: axe: ${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
    const wide = await phone.evaluate('document.documentElement.scrollWidth');
    expect(wide <= 390, `${name}: ${wide} px wide on a phone`);
    const small = await phone.evaluate(`[...document.querySelectorAll('a, button, select, input:not([type=hidden])')]
        .map((el) => [el.outerHTML.slice(0, 90), el.getBoundingClientRect().height]).filter(([, height]) => height > 0 && height < 44)`);
    for (const [html, height] of small) problems.push(`${name}: only ${height} px high: ${html}`);
    await paper.goto(url);
    const cut = await paper.evaluate(`(() => {
        const width = document.documentElement.clientWidth;
        const over = [...document.querySelectorAll('h1, h2, p, li, th, td')]
            .filter((el) => el.offsetParent && (el.getBoundingClientRect().right > width + 1 || el.scrollWidth > el.clientWidth + 1));
        return over.map((el) => el.outerHTML.slice(0, 90));
    })()`);
    const forms = await paper.evaluate(`[...document.querySelectorAll('form, .no-print')].filter((el) => el.getClientRects().length).length`);
    expect(forms === 0, `${name}: forms are printed`);
    for (const html of cut) problems.push(`${name}: cut off on A4: ${html}`);
    await paper.screenshot({ path: path.join(plan.seen, `manager-${name}-paper.png`), fullPage: true });
    const pdf = (await paper.pdf({ preferCSSPageSize: true })).toString('latin1');
    const boxes = [...pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g)].map((box) => [Math.round(box[1]), Math.round(box[2])]);
    expect(boxes.length >= 1 && boxes.every(([w, h]) => w === 842 && h >= 594 && h <= 596), `${name}: no A4 on its side: ${JSON.stringify(boxes)}`);
    return boxes.length;
}

const questions = {
    async whoAnsweredMostAndClosedLatestLastMonth() {
        await start();
        await click(link('上月'));
        expect((await page.locator('.report').innerText()).includes('2026-10-01 至 2026-10-31'), 'last month is not October');
        same(await column(0, '首问'), [['刘洋', '3'], ['王芳', '2'], ['李强', '0']].slice(0, (await table(0)).length), 'who answered most');
        await click(link('按时办结率'));
        const rates = await column(1, '按时办结率');
        same(rates.slice(0, 2), [['王芳', '0.0%'], ['刘洋', '100.0%']], 'who closed latest');
        expect(rates.slice(2).every(([, rate]) => rate === 'n/a'), `nothing to divide is no rate: ${JSON.stringify(rates)}`);
        same(await page.locator('th[aria-sort]').getAttribute('aria-sort'), 'ascending', 'the order is said');
        await look('figures');
    },
    async whoseMissedCallsWereNotCalledBack() {
        await start();
        await click(link('上月'));
        const at = (await heads(0)).indexOf('未接');
        await click(page.locator('table').first().locator('tfoot tr > *').nth(at).getByRole('link', { name: '3', exact: true }));
        const names = await heads(0);
        const rows = (await table(0)).map((row) => [row[names.indexOf('来电人')], row[names.indexOf('人员')], row[names.indexOf('回电')]]);
        same(rows.map(([caller, who, back]) => [caller, who, back]), [
            ['138****5606', '王芳', '11月2日（周一）09:05 已回电，交换机证实'], ['138****5607', '王芳', '未回电'], ['138****5608', '刘洋', '未回电'],
        ], 'missed calls');
        await look('missed');
    },
    async whatIsOverdueNowAndWithWhom() {
        await start();
        await click(link('现在逾期：1'));
        const names = await heads(0);
        const rows = (await table(0)).map((row) => [row[names.indexOf('来电人')], row[names.indexOf('承办人')]]);
        same(rows, [['138****1234', '王芳']], 'overdue now');
        await look('overdue');
    },
    async whatHappenedWithACaller() {
        await start();
        await page.getByLabel('来电号码末四位').fill('1234');
        await click(page.getByRole('button', { name: '查来电人', exact: true }));
        same([(await table(0)).length, (await table(1)).length], [1, 2], 'cases and calls of the caller');
        await look('caller');
        await click(page.locator('table').first().locator('td a').first());
        const said = await page.locator('main').innerText();
        for (const evidence of ['首问责任人：王芳', '8021', 'directory.toml', '办结：10月30日（周五）14:00:05接听；2个工作小时', '138****1234', '登记逾期，责任人 王芳', '待认定'])
            expect(said.includes(evidence), `why: no ${evidence} in ${said}`);
        expect(!said.includes('13800001234'), 'a page shows a number in full');
        await look('why');
    },
    async printIt() {
        await start();
        await look('this-month');
        await click(link('上月'));
        const pages = await look('print');
        for (const locale of ['en-GB', 'zh-CN']) {
            const wide = await (await browser.newContext({ viewport: { width: 1280, height: 860 }, locale })).newPage();
            await wide.goto(page.url());
            const over = await wide.locator('.scroll').evaluateAll((all) => all.map((el) => el.scrollWidth - el.clientWidth));
            same([...new Set(over)], [0], `${locale}: px of the tables cut off at 1280 px`);
            await wide.screenshot({ path: path.join(plan.seen, `manager-print-1280-${locale}.png`), fullPage: true });
        }
        expect(pages === 1, `three people take ${pages} pages`);
    },
};

/// Every figure opens as many rows as it says.
async function everyFigure() {
    await page.goto(`${home}?from=2026-10-01&to=2026-11-02&by=person`);
    const cells = await page.locator('table').first().locator('tbody td, tfoot td').evaluateAll((all) => all.map((cell) => [cell.innerText.trim(), cell.querySelector('a')?.href ?? null]));
    expect(cells.length > 40, `only ${cells.length} figures`);
    for (const [figure, href] of cells) {
        expect((href !== null) === (figure !== '0'), `${figure}: ${href}`);
        if (!href) continue;
        await page.goto(href);
        const title = await page.locator('h1').innerText();
        expect(title.endsWith(`：${figure}`) && (await table(0)).length === Number(figure), `${href}: ${figure} is shown as ${title}`);
    }
}

let step = '';
try {
    for (const [name, ask] of Object.entries(questions)) {
        step = name;
        await ask();
        expect(clicks <= 2, `${name}: ${clicks} clicks`);
    }
    step = 'everyFigure';
    await everyFigure();
} catch (error) {
    problems.push(`${step}: ${error}`);
} finally {
    await browser.close();
}
for (const problem of problems) console.log(problem);
process.exit(problems.length ? 1 : 0);
