// Does every verb once as a person does it: opens the link of a mail, fills the form in sight by its labels, presses
// its button, and sees in `case show` what came of it. No script on the page.   node verbs.mjs < PLAN (JSON, see pages.rs)
import { createRequire } from 'node:module';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { words } from './words.mjs';

const require = createRequire(new URL('.parts/', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const plan = JSON.parse(readFileSync(0, 'utf8'));
const w = words[plan.lang];
mkdirSync(plan.seen, { recursive: true });

const problems = [];
const expect = (holds, what) => { if (!holds) problems.push(what); };
const run = promisify(execFile);

/// What a command prints, one object a line.
async function rows(...args) {
    const { stdout } = await run(plan.program, ['--config', 'firstanswer.toml', ...args, '--json'], { cwd: plan.folder });
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/// The case must have these fields, and events of these kinds.
async function shows(id, fields, kinds = []) {
    const [shown] = await rows('case', 'show', String(id));
    for (const [key, want] of Object.entries(fields)) {
        expect(JSON.stringify(shown[key]) === JSON.stringify(want), `#${id} ${key}: expected ${JSON.stringify(want)}, got ${JSON.stringify(shown[key])}`);
    }
    for (const kind of kinds) {
        const done = shown.events.some((event) => event.kind === kind && event.channel === 'page');
        expect(done, `#${id}: no event ${kind} from the page in ${shown.events.map((e) => e.kind)}`);
    }
    return shown;
}

// --- mails ----------------------------------------------------------------------------------------------------------

function plainText(raw) {
    const at = raw.search(/content-type: text\/plain/i);
    const head = raw.slice(raw.lastIndexOf('\r\n--', at), raw.indexOf('\r\n\r\n', at));
    const boundary = head.split('\r\n')[1];
    const body = raw.slice(raw.indexOf('\r\n\r\n', at) + 4).split(`\r\n${boundary}`)[0];
    if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString();
    if (!/quoted-printable/i.test(head)) return Buffer.from(body, 'latin1').toString();
    const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString();
}

/// The HTML of a mail.
function htmlOf(raw) {
    return plainText(raw.slice(raw.search(/content-type: text\/html/i) - 200).replace(/content-type: text\/html/i, 'Content-Type: text/plain'));
}

/// All mails to somebody.
function mailsTo(to) {
    const folder = path.join(plan.folder, 'var/mail/new');
    const raw = readdirSync(folder).sort().map((file) => readFileSync(path.join(folder, file), 'latin1'));
    return raw.filter((mail) => mail.includes(`${to}@x.cn`));
}

/// The link to a case (or, without one, to the list) in somebody's mails; waited for.
async function mailed(to, id) {
    const link = id ? new RegExp(`#${id}\\s*\\n\\s*(http\\S+)`) : /(http\S+\/t\/\S+)\s*\n\s*--/;
    for (let tries = 0; tries < 200; tries += 1) {
        for (const raw of mailsTo(to)) {
            const found = plainText(raw).replace(/\r/g, '').match(link);
            if (found) return found[1];
        }
        await new Promise((wake) => setTimeout(wake, 100));
    }
    throw new Error(`no mail to ${to} with a link to ${id ?? 'the list'}`);
}

// --- the browser ----------------------------------------------------------------------------------------------------

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const viewport = { width: plan.width, height: 844 };
const context = await browser.newContext({ viewport, javaScriptEnabled: false });
const page = await context.newPage();
page.setDefaultTimeout(20_000);
const readers = {};
for (const colorScheme of ['light', 'dark']) {
    // axe is script of its own; it reads the very page that was shown, in a browser that runs it.
    readers[colorScheme] = await (await browser.newContext({ viewport, colorScheme })).newPage();
}
let scheme = 'light';

/// A page state: its picture, what axe finds, what is too wide or too small for a thumb.
async function look(name) {
    await page.screenshot({ path: path.join(plan.seen, `${name}-${plan.lang}-${plan.width}.png`), fullPage: true });
    scheme = scheme === 'light' ? 'dark' : 'light';
    const [reader, html, url] = [readers[scheme], await page.content(), page.url()];
    await reader.unrouteAll();
    await reader.route(url, (route) => route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }));
    await reader.goto(url);
    if (process.env.FA_PAGES_DARK && scheme === 'dark') {
        await reader.screenshot({ path: path.join(plan.seen, `${name}-${plan.lang}-${plan.width}-dark.png`), fullPage: true });
    }
    // Folded forms are read as well.
    await reader.evaluate('document.querySelectorAll("details").forEach((fold) => { fold.open = true; })');
    const { violations } = await reader.evaluate(`${axe}; axe.run({ resultTypes: ['violations'] })`);
    for (const v of violations) problems.push(`${name} ${scheme}: axe: ${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
    const wide = await reader.evaluate('document.documentElement.scrollWidth');
    expect(wide <= plan.width, `${name}: ${wide} px wide on a screen of ${plan.width}`);
    const small = await reader.evaluate(`[...document.querySelectorAll('button, select, textarea, input:not([type=hidden]), summary, main a:not(.banner a):not(dd a):not(p > a[href^="tel:"]):not(.skip)')]
        .map((el) => [el.outerHTML.slice(0, 90), (el.closest('label') ?? el).getBoundingClientRect().height])
        .filter(([, height]) => height > 0 && height < 44)`);
    for (const [html, height] of small) problems.push(`${name}: only ${height} px high: ${html}`);
}

async function open(url) {
    const answer = await page.goto(url);
    expect(answer.status() === 200, `${url}: ${answer.status()}`);
}

/// The form under a heading, unfolded.
async function form(verb) {
    const card = page.locator('main section.card, main details.fold').filter({ has: page.locator('h2, .fold-title').getByText(w[verb].title, { exact: true }) });
    if (await card.locator('> summary').count() && !await card.evaluate((fold) => fold.open)) await card.locator('> summary').click();
    return card.locator('form');
}

/// Fills the fields by their labels; chips are pressed, choices chosen by what they say.
async function fill(form, fields) {
    for (const [label, value] of Object.entries(fields)) {
        if (label === w.outcome) {
            await form.locator('label.chip', { hasText: value }).click();
            continue;
        }
        const field = form.locator('select, textarea, input:not([type="radio"])').and(form.getByLabel(label)).first();
        if (!await field.isVisible()) await form.locator('details.more > summary').click();
        const [tag, type] = await field.evaluate((e) => [e.tagName, e.type]);
        if (tag === 'SELECT') await field.selectOption({ label: value });
        else if (type === 'checkbox') await field.check();
        else await field.fill(value);
    }
}

async function press(form, verb) {
    const [answer] = await Promise.all([page.waitForNavigation(), form.getByRole('button', { name: w[verb].button, exact: true }).click()]);
    return answer.status();
}

/// One verb from the page at a link.
async function act(url, verb, fields = {}) {
    if (page.url() !== url) await open(url);
    const seen = await form(verb);
    if (!await seen.count()) throw new Error(`no form “${w[verb].title}” at ${url}: ${(await page.locator('h2, .fold-title').allInnerTexts()).join(', ')}`);
    await fill(seen, fields);
    const status = await press(seen, verb);
    const said = await page.locator('[role="alert"]').allInnerTexts();
    expect(status === 200 && page.url() === url && !said.length, `${verb}: ${status} ${page.url() === url ? '' : page.url()} ${said}`);
}

/// Whether the page offers a verb.
async function offers(verb) {
    return await page.locator('main section.card, main details.fold').filter({ has: page.locator('h2, .fold-title').getByText(w[verb].title, { exact: true }) }).count() > 0;
}

/// Searches who handles it, and takes the finding with that link.
async function search(wanted, link) {
    const box = page.locator('#who');
    await box.getByLabel(w.who).fill(wanted);
    await Promise.all([page.waitForNavigation(), box.getByRole('button', { name: w.find, exact: true }).click()]);
    expect(await box.locator('.hits li').count() === 1, `searching ${wanted}: ${await box.innerText()}`);
    await look(`search-${link === w.give ? 'give' : 'guide'}`);
    await Promise.all([page.waitForNavigation(), box.getByRole('link', { name: link, exact: true }).click()]);
}

const close = (outcome, more = {}) => ({ [w.outcome]: w.outcomes[outcome], [w.done]: w.sentence, [w.matter]: w.aMatter, [w.name]: w.aName, ...more });

// --- what people do -------------------------------------------------------------------------------------------------

async function theListAndItsCases() {
    const list = await mailed('wang');
    await open(list);
    await look('list');
    const urls = {};
    for (const link of await page.locator('.row-head a').all()) {
        const id = Number((await link.innerText()).match(/#(\d+)/)[1]);
        urls[id] = new URL(await link.getAttribute('href'), list).href;
    }
    return { list, urls };
}

async function aCaseOfMyOwn(url, id) {
    await open(url);
    await look('case');
    const facts = await page.locator('.facts').innerText();
    expect(facts.includes('62340021') && facts.includes(w.talk), `neither dialled number nor talk time in: ${facts}`);
    // What lacks is said, and what was typed stays.
    const closing = await form('close');
    await fill(closing, { [w.outcome]: w.outcomes.guided, [w.done]: w.sentence, [w.matter]: w.aMatter, [w.name]: w.aName });
    expect(await press(closing, 'close') === 422, 'guiding without saying whom to');
    expect(await (await form('close')).getByLabel(w.done).inputValue() === w.sentence, 'what was typed is lost');
    await look('lacks');
    await act(url, 'register', { [w.name]: w.aName, [w.phone]: '021-55500003', [w.matter]: w.aMatter, [w.duty]: w.own, [w.category]: w.service });
    await shows(id, { caller_name: w.aName, matter: w.aMatter, duty: 'own', category: 'service', registered: true }, ['registered']);
    await act(url, 'note', { [w.remark]: w.sentence });
    await act(url, 'contact', { [w.said]: w.sentence });
    await act(url, 'told-once', { [w.papers]: w.somePapers, [w.basis]: w.aBasis });
    await act(url, 'promise', { [w.until]: '2026-10-13', [w.promised]: w.sentence });
    await act(url, 'wait', { [w.waitReason]: w.papersToCome, [w.waitFor]: w.sentence });
    await shows(id, { state: 'waiting' }, ['paused']);
    await look('waiting');
    await act(url, 'resume');
    await shows(id, { state: 'open' }, ['resumed']);
    await act(url, 'co-handler', { [w.helper]: w.liu });
    await act(url, 'hot', { [w.reason]: w.sentence });
    await act(url, 'unreasonable-asked', { [w.reason]: w.sentence });
    const shown = await shows(id, { co_handlers: ['liu'], state: 'open' }, ['noted', 'contacted', 'told_once', 'promised', 'co_handler_added', 'hot', 'asked']);
    const due = shown.deadlines.findLast((d) => d.kind === 'close').due_at;
    expect(due.startsWith('2026-10-13T17:30'), `the promise is due ${due}`);
    await look('busy');
    const li = await mailed('li', id);
    await open(li);
    expect(!await offers('close'), 'the supervisor is shown the closing form');
    await look('supervisor');
    await act(li, 'approve', { [w.remark]: w.sentence });
    await shows(id, {}, ['unreasonable']);
    await act(url, 'close', close('handled'));
    await shows(id, { state: 'closed', outcome: 'handled' }, ['closed']);
    await look('closed');
    await act(url, 'reopen', { [w.reason]: w.sentence });
    await shows(id, { state: 'open' }, ['reopened']);
    await act(url, 'dispute', { [w.reason]: w.sentence });
    await shows(id, {}, ['disputed']);
}

async function everyOtherOutcome(urls, ids) {
    await open(urls[ids.guided]);
    await search(w.duty1, w.guide);
    const guiding = await form('close');
    expect(await guiding.getByLabel(w.rightPhone).inputValue() === '8022', 'the finding does not fill the phone');
    await fill(guiding, close('guided', { [w.duty]: w.unit, [w.told]: w.sentence }));
    expect(await press(guiding, 'close') === 200, 'guided');
    const guided = await shows(ids.guided, { state: 'closed', outcome: 'guided', right_phone: '8022', duty: 'unit' });
    expect(guided.right_body?.includes(w.liu), `right_body: ${guided.right_body}`);

    await act(urls[ids.explained], 'close', close('explained', { [w.category]: w.inquiry }));
    await shows(ids.explained, { state: 'closed', outcome: 'explained', category: 'inquiry' });
    await act(urls[ids.outside], 'close', close('outside', { [w.duty]: w.outsideDuty, [w.tried]: w.sentence }));
    await shows(ids.outside, { state: 'closed', outcome: 'outside', duty: 'outside', tried: w.sentence });
    await act(urls[ids.cannot], 'close', close('cannot_be_done'));
    await shows(ids.cannot, { state: 'closed', outcome: 'cannot_be_done' });
    await act(urls[ids.unreachable], 'close', { [w.outcome]: w.outcomes.unreachable, [w.done]: w.sentence });
    await shows(ids.unreachable, { state: 'closed', outcome: 'unreachable' });
    await act(urls[ids.nothing], 'close', { [w.outcome]: w.outcomes.no_matter, [w.done]: w.sentence });
    await shows(ids.nothing, { state: 'closed', outcome: 'no_matter' });
    await act(urls[ids.again], 'close', { [w.outcome]: w.outcomes.duplicate, [w.done]: w.sentence, [w.of]: String(ids.explained) });
    await shows(ids.again, { state: 'closed', outcome: 'duplicate' });
    await open(urls[ids.missed]);
    await look('missed');
    expect(await page.getByRole('link', { name: '13800000009' }).count() === 1, 'who has to call back is not shown the number');
    await act(urls[ids.missed], 'close', { [w.outcome]: w.outcomes.called_back, [w.done]: w.sentence });
    await shows(ids.missed, { kind: 'callback', state: 'closed', outcome: 'called_back' });
}

async function fromHandToHand(urls, ids) {
    const [url, id] = [urls[ids.handed], ids.handed];
    await open(url);
    await search(w.duty1, w.give);
    const giving = await form('hand-over');
    await fill(giving, { [w.handOverText]: w.sentence, [w.told]: w.sentence });
    expect(await press(giving, 'hand-over') === 200, 'hand-over');
    await shows(id, { state: 'offered', handler: 'wang' }, ['offered']);
    await look('waits');
    const liu = await mailed('liu', id);
    await open(liu);
    await look('offered');
    await act(liu, 'accept');
    expect(await page.getByRole('link', { name: '13800000011' }).count() === 1, 'who has to contact the caller is not shown the number');
    await shows(id, { state: 'open', handler: 'liu', first_answerer: 'wang' }, ['accepted']);
    await act(liu, 'extend', { [w.until]: '2026-10-20', [w.reason]: w.sentence, [w.extendTold]: w.sentence });
    const li = await mailed('li', id);
    await open(li);
    await act(li, 'approve');
    const extended = await shows(id, {}, ['asked', 'extended']);
    const due = extended.deadlines.findLast((d) => d.kind === 'close').due_at;
    expect(due.startsWith('2026-10-20T17:30'), `extended to ${due}`);
    await open(url);
    await look('moved');
}

async function toAndFro(url, id) {
    for (const round of [1, 2]) {
        await act(url, 'hand-over', { [w.to]: w.liu, [w.handOverText]: w.sentence });
        const liu = await mailed('liu', id);
        await act(liu, 'return', { [w.reason]: w.sentence });
        await shows(id, { state: round === 1 ? 'open' : 'frozen', handler: 'wang' }, ['returned']);
    }
    await open(url);
    expect(!await offers('close') && !await offers('hand-over'), 'a frozen case is still to be closed by its handler');
    await look('frozen');
    const li = await mailed('li', id);
    await open(li);
    await look('rule');
    await act(li, 'rule', { [w.ruleTo]: w.liu, [w.reason]: w.sentence });
    await shows(id, { state: 'open', handler: 'liu' }, ['ruled_to']);
}

async function theSupervisor(url, id) {
    await act(url, 'hot', { [w.reason]: w.sentence });
    const li = await mailed('li', id);
    await act(li, 'assign', { [w.to]: w.liu, [w.reason]: w.sentence });
    await shows(id, { handler: 'liu', first_answerer: 'wang' }, ['assigned']);
    await act(li, 'correct', { [w.correctTo]: w.liu, [w.reason]: w.sentence });
    await shows(id, { first_answerer: 'liu' }, ['corrected']);
    await act(li, 'unreasonable', { [w.reason]: w.sentence });
    await act(li, 'void', { [w.reason]: w.sentence });
    await shows(id, { state: 'void' }, ['unreasonable', 'voided']);
    await look('void');
}

/// What waits for the supervisor's ruling is one tap from the top of their list: one is confirmed, one is waived.
async function rulings(list) {
    const link = page.locator('.strip a[href="#watch-pending"]');
    expect((await link.innerText()).includes(w.watched), `the list leads nowhere: ${await page.locator('.strip').innerText()}`);
    const rows = await page.locator('#watch-pending .row-head a').evaluateAll((all) => all.map((a) => [Number(a.innerText.match(/#(\d+)/)[1]), a.href]));
    expect(rows.length >= 2, `violations of ${rows.length} cases wait`);
    for (const [[id, url], verb] of [[rows[0], 'confirm'], [rows[1], 'waive']]) {
        const first = (await rows_of(id))[0];
        await act(url, verb, { [w.reason]: w.sentence, ...(verb === 'confirm' ? { [w.sanction]: w.criticism } : {}) });
        await look(verb);
        const ruled = (await rows_of(id)).find((row) => row.id === first.id);
        const want = verb === 'confirm' ? ['confirmed', w.criticism] : ['waived', null];
        expect(JSON.stringify([ruled.status, ruled.sanction]) === JSON.stringify(want), `#${id}: ${JSON.stringify(ruled)}`);
    }
}
const rows_of = (id) => rows('violation', 'list', '--case', String(id));

async function aCaseOfTheSupervisors(id) {
    const list = await mailed('li');
    await open(list);
    expect((await page.locator('main').innerText()).includes(w.watched), 'the supervisor is not shown what is late below them');
    await look('list-supervisor');
    await rulings(list);
    await open(list);
    const own = new URL(await page.locator('.row-head a', { hasText: `#${id} ` }).getAttribute('href'), list).href;
    await open(own);
    expect(!await offers('rule') && !await offers('void') && !await offers('correct'), 'a supervisor is asked to rule on a case of their own');
    await act(own, 'assign', { [w.to]: w.wang, [w.reason]: w.sentence });
    await shows(id, { handler: 'wang', first_answerer: 'li' }, ['assigned']);
}

async function aComplaint(url, id) {
    await act(url, 'register', { [w.matter]: w.aComplaint, [w.anonymous]: true, [w.category]: w.complaint });
    await look('complaint');
    await act(url, 'hand-over', { [w.handOverText]: w.sentence, [w.told]: w.sentence });
    await shows(id, { category: 'complaint', state: 'offered' }, ['registered', 'offered']);
    const zhao = await mailed('zhao', id);
    await open(zhao);
    await look('complaint-offered');
}

async function aMorningsList(list, ids) {
    await open(list);
    const [first, second, third] = ids.bulk;
    const row = (id) => page.locator('li.row', { has: page.locator('.row-head a', { hasText: `#${id} ` }) });
    for (const id of ids.bulk) await row(id).getByRole('checkbox').check();
    await row(first).getByLabel(w.name).fill(w.aName);
    await row(first).getByLabel(w.matter).fill(w.aMatter);
    await row(second).getByLabel(w.name).fill(w.anotherName);
    await row(second).getByLabel(w.matter).fill(w.anotherMatter);
    await row(third).getByLabel(w.name).fill(w.anotherName);
    const card = page.locator('form.list');
    await fill(card, { [w.outcome]: w.outcomes.handled, [w.done]: w.sentence, [w.duty]: w.own });
    await Promise.all([page.waitForNavigation(), card.getByRole('button', { name: w.closeList, exact: true }).click()]);
    await look('list-part');
    await shows(first, { state: 'closed', caller_name: w.aName, matter: w.aMatter }, ['closed']);
    await shows(second, { state: 'closed', caller_name: w.anotherName, matter: w.anotherMatter }, ['closed']);
    await shows(third, { state: 'open' });
    expect((await row(third).innerText()).includes(w.lacks), `the row does not say what lacks: ${await row(third).innerText()}`);
    expect(await row(third).getByLabel(w.name).inputValue() === w.anotherName, 'the name typed in the row is lost');
    expect(await row(third).getByRole('checkbox').isChecked(), 'the refused row is no longer ticked');
    await row(third).getByLabel(w.matter).fill(w.anotherMatter);
    await Promise.all([page.waitForNavigation(), card.getByRole('button', { name: w.closeList, exact: true }).click()]);
    await shows(third, { state: 'closed', matter: w.anotherMatter }, ['closed']);
    expect(page.url() === list, `after closing all the page is ${page.url()}`);
}

/// The mails that led here, as a mail program shows them.
async function theMails() {
    const cases = (raw) => (plainText(raw).match(/\/t\//g) ?? []).length - 1;
    const kinds = {
        digest: () => mailsTo('wang').find((raw) => cases(raw) > 1),
        single: () => mailsTo('liu').find((raw) => cases(raw) === 1 && plainText(raw).includes(w.offered)),
        escalation: () => mailsTo('li').find((raw) => w.rung.test(plainText(raw))),
    };
    for (const [kind, find] of Object.entries(kinds)) {
        for (let tries = 0; tries < 100 && !find(); tries += 1) await new Promise((wake) => setTimeout(wake, 100));
        const raw = find();
        if (!raw) {
            problems.push(`no ${kind} mail`);
            continue;
        }
        await page.goto('about:blank');
        await page.setContent(htmlOf(raw));
        await page.screenshot({ path: path.join(plan.seen, `mail-${kind}-${plan.lang}-${plan.width}.png`), fullPage: true });
        for (const [scheme, reader] of Object.entries(readers)) {
            // A digest repeats what a single mail is made of: once light, once dark will do.
            if (kind !== 'single' && (kind === 'digest') !== (scheme === 'dark')) continue;
            await reader.goto('about:blank');
            await reader.setContent(htmlOf(raw));
            if (process.env.FA_PAGES_DARK && scheme === 'dark') await reader.screenshot({ path: path.join(plan.seen, `mail-${kind}-${plan.lang}-${plan.width}-dark.png`), fullPage: true });
            const { violations } = await reader.evaluate(`${axe}; axe.run({ resultTypes: ['violations'] })`);
            for (const v of violations) problems.push(`mail ${kind} ${scheme}: axe: ${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
            const wide = await reader.evaluate('document.documentElement.scrollWidth');
            expect(wide <= plan.width, `mail ${kind}: ${wide} px wide on a screen of ${plan.width}`);
        }
    }
}

const began = Date.now();
const { ids } = plan;
let step = '';
try {
    const { list, urls } = await theListAndItsCases();
    const steps = {
        aCaseOfMyOwn: () => aCaseOfMyOwn(urls[ids.life], ids.life),
        everyOtherOutcome: () => everyOtherOutcome(urls, ids),
        fromHandToHand: () => fromHandToHand(urls, ids),
        toAndFro: () => toAndFro(urls[ids.frozen], ids.frozen),
        theSupervisor: () => theSupervisor(urls[ids.void], ids.void),
        aCaseOfTheSupervisors: () => aCaseOfTheSupervisors(ids.lis),
        aComplaint: () => aComplaint(urls[ids.complaint], ids.complaint),
        aMorningsList: () => aMorningsList(list, ids),
        theMails,
    };
    for (const [name, todo] of Object.entries(steps)) {
        step = name;
        const from = Date.now();
        await todo();
        console.error(`${name}: ${Date.now() - from} ms`);
    }
} catch (error) {
    problems.push(`${step}: ${error}`);
    await page.screenshot({ path: path.join(plan.seen, `broken-${plan.lang}-${plan.width}.png`), fullPage: true }).catch(() => {});
} finally {
    await browser.close();
}
console.error(`${Date.now() - began} ms`);
for (const problem of problems) console.log(problem);
process.exit(problems.length ? 1 : 0);
