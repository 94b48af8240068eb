// Clocks of free time on a case's page: what is free, what it costs, and why.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, shot, tablet } from './browser.js';
import { Desk, caseOf, codeOf, lines } from './desk.js';

const EVIL = '<img src=x onerror="tellViolation(1)">';
const id = (c) => c.repeat(64);

let browser;
const nodes = new Set();
before(async () => { browser = await launch(); });
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const node of nodes) node.close();
  nodes.clear();
});
after(() => browser.close());

const clock = (change = {}) => ({
  charge: 'demurrage', bill: 'LSD2611-00417', charged_by: 'line', terms: id('a'), state: 'charged', free_days: 8,
  free_until: '2026-12-01T21:00:00.000Z', started: { at: '2026-11-23T04:00:00.000Z', document: id('b') },
  waived: [{ document: id('c'), days: 1 }],
  suspensions: [{ from: '2026-11-25T21:00:00.000Z', until: '2026-11-26T21:00:00.000Z', by: 'terminal', document: id('d') }],
  days: { free: 8, suspended: 1, off: 0, charged: 6 },
  tiers: [{ from_day: 1, days: 5, rate: '100.00', amount: '500.00' }, { from_day: 6, days: 1, rate: '200.00', amount: '200.00' }],
  currency: 'CNY', amount: '700.00', amount_minor: 70_000, capped: false, held: [{ owed_by: 'customs', held_s: 90_000 }], ...change,
});

/** A desk at a case with clocks. */
async function at(clocks, { session, options } = {}) {
  const node = await new Desk(session).listen();
  nodes.add(node);
  node.cases = lines(40, node.now, node.session.party);
  node.detail = (line) => ({ ...caseOf(line), clocks });
  const page = await tablet(browser, { timezoneId: 'Africa/Dar_es_Salaam', ...options });
  await page.goto(`${node.origin}/#/case/${codeOf(3)}`);
  await page.waitForSelector('#timeline');
  return page;
}

const right = async (page) => {
  assert.deepEqual(await axe(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is too wide');
  assert.deepEqual(page.faults, []);
};
const row = async (page, charge) => {
  const one = page.locator(`[data-clock="${charge}"]`);
  await one.waitFor();
  return one.textContent();
};

test('a clock says until when it is free, what it costs, and everything that this follows from', async () => {
  const storage = { charge: 'storage', bill: undefined, charged_by: 'terminal', state: 'free', waived: [], suspensions: [],
    days: { free: 3, suspended: 0, off: 2, charged: 0 }, tiers: undefined, currency: undefined, amount: undefined, amount_minor: undefined, held: undefined };
  const page = await at([clock(storage), clock()]);
  const text = await row(page, 'demurrage');
  for (const part of ['LSD2611-00417', 'To be paid', '700.00 CNY', '8 days free', '1 day of them given later', '1 day not counted', '5 days at 100.00 CNY: 500.00', '1 day at 200.00 CNY: 200.00', 'Port Customs']) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  const other = await row(page, 'storage');
  assert.match(other, /Storage.*Free.*0 days to be paid.*2 days off not counted/);
  assert.equal(await page.locator('[data-clock="demurrage"] [data-sum]').getAttribute('data-sum'), '70000');
  await right(page);
  await shot(page, 'clocks');
});

test('a box that cannot be reached, a stopped clock and one that nothing has started say so', async () => {
  const page = await at([
    clock({ charge: 'storage', bill: undefined, state: 'free', free_until: undefined, suspensions: [{ from: '2026-11-25T21:00:00.000Z', by: 'terminal', document: id('d') }], days: { free: 0, suspended: 3, off: 0, charged: 0 } }),
    clock({ state: 'stopped', stopped: { at: '2026-12-04T10:00:00.000Z', document: id('e') }, capped: true }),
    clock({ charge: 'detention', state: 'not-started', started: undefined, free_until: undefined, suspensions: [], waived: [], held: undefined, days: { free: 0, suspended: 0, off: 0, charged: 0 }, tiers: [] }),
  ]);
  assert.match(await row(page, 'storage'), /Not to be reached since/);
  assert.match(await row(page, 'demurrage'), /Stopped.*ten years/);
  const waiting = await row(page, 'detention');
  assert.match(waiting, /Not started/);
  assert.doesNotMatch(waiting, /Started /);
  await right(page);
});

test('what another node writes in a clock is text, and a state of a later version is shown as it is', async () => {
  const page = await at([clock({ bill: EVIL, charged_by: EVIL, state: 'resting', held: [{ owed_by: EVIL, held_s: 7200 }] })]);
  const text = await row(page, 'demurrage');
  assert.ok(text.includes(EVIL) && text.includes('resting'), text);
  assert.equal(await page.locator('main img').count(), 0);
  await right(page);
});

test('a case without clocks has no section, and a narrow Chinese screen has all of it', async () => {
  const none = await at(undefined);
  assert.equal(await none.locator('#clocks').count(), 0);
  const page = await at([clock()], { session: { language: 'zh' }, options: { locale: 'zh-CN', viewport: { width: 360, height: 740 } } });
  const text = await row(page, 'demurrage');
  assert.match(text, /滞港费.*计费中.*700\.00 CNY/);
  await right(page);
});
