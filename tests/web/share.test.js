// Links to how far a case is: made in the console, followed by somebody who has nothing but the link; and the code on paper.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, pixels, shot, tablet } from './browser.js';
import { Desk, codeOf, lines } from './desk.js';

const { readPicture } = await import('../../crates/landside-web/assets/lib/qr.js');
const gate = await import('../../crates/landside-web/assets/gate/state.js');
const list = await import('../../crates/landside-web/assets/console/state.js');

const HOUR = 3600_000;
const NARROW = { viewport: { width: 360, height: 740 } };
const WIDE = { viewport: { width: 1280, height: 900 } };
const iso = (at) => new Date(at).toISOString();

let browser;
const nodes = new Set();
before(async () => { browser = await launch(); });
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const node of nodes) node.close();
  nodes.clear();
});
after(() => browser.close());

/** What a node shows of a case by a link. */
function shared(change = {}) {
  const now = Date.now();
  return {
    event: 'shared', code: codeOf(3), container: 'MSKU0000030', terminal: 'terminal', state: 'open', zone: 'Asia/Shanghai',
    lights: { commercial: 'red', customs: 'green', terminal: 'overridden' }, box: { position: 'yard B12', discharged_at: iso(now - 30 * HOUR), size_type: '45G1', empty_return: ['TZDAR DEPOT 4'] },
    needs: [
      { code: 'hold', light: 'commercial', owed_by: 'line', since: iso(now - 9 * HOUR), promised_at: iso(now - HOUR), overdue: true },
      { code: 'slot-missing', owed_by: 'haulier', since: iso(now - 9 * HOUR), promised_at: iso(now + HOUR), overdue: false },
    ],
    slot: { state: 'none' }, driver_named: true, pass_issued: false,
    steps: [{ kind: 'release-order', at: iso(now - 40 * HOUR), by: 'line' }, { kind: 'arrival', at: iso(now - 30 * HOUR), by: 'terminal' }, { kind: 'pass-right', at: iso(now - 20 * HOUR) }, { kind: 'gate-decision', at: iso(now - HOUR), by: 'terminal', verdict: 'refuse' }],
    names: { line: 'Northern Sparrow Line', terminal: 'Lower Stream Terminal', haulier: 'Polder Trucking' }, until: iso(now + 100 * HOUR), now: iso(now), ...change,
  };
}

async function desk(session) {
  const node = await new Desk(session).listen();
  nodes.add(node);
  return node;
}

/** A stranger's page at a link; its clock stands until a test moves it. */
async function stranger(node, { path = '/share/#a-token', clock = false, ...options } = {}) {
  const page = await tablet(browser, { timezoneId: 'Africa/Dar_es_Salaam', ...NARROW, ...options });
  if (clock) await page.clock.install();
  await page.goto(`${node.origin}${path}`);
  return page;
}

const right = async (page, faults = []) => {
  assert.deepEqual(await axe(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is too wide');
  assert.deepEqual(page.faults, faults);
};
const looks = (node) => node.asked.filter(({ asked }) => asked === 'POST share');

test('whoever has a link sees how far the case is, without a log-in, and nothing else is asked for', async () => {
  const node = await desk();
  node.isLoggedIn = false;
  node.answers.set('POST share', () => [200, shared()]);
  const page = await stranger(node);
  await page.waitForSelector('#timeline');
  const text = await page.textContent('main');
  for (const part of ['MSKU 000003 0', codeOf(3), 'Lower Stream Terminal', 'yard B12', 'A hold stands', 'Owed by Northern Sparrow Line', 'overdue', 'Owed by Polder Trucking', 'Driver and truck named', 'Truck refused at the gate', 'TZDAR DEPOT 4', 'This link is good until', 'passed over']) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.equal(await page.locator('.timeline > li').count(), 4);
  assert.equal(await page.locator('[data-kind="pass-right"] .by').count(), 0, 'who passes rights on is not shown');
  await right(page);
  await shot(page, 'share-phone');
  assert.deepEqual([...new Set(node.asked.map(({ asked }) => asked))], ['POST share']);
  assert.deepEqual(looks(node)[0], { asked: 'POST share', query: {}, json: { token: 'a-token' } }, 'the token goes out as content alone');
  assert.deepEqual(await page.context().cookies(), []);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), [], 'nothing is kept on the device');
  assert.match(page.url(), /#a-token$/, 'a bookmark finds the case again');
});

test('what happens shows by itself, and a page that nobody sees asks nothing', async () => {
  const node = await desk();
  node.answers.set('POST share', () => [200, shared()]);
  const page = await stranger(node, { clock: true });
  await page.locator('[data-need="hold"]').waitFor();
  node.answers.set('POST share', () => [200, shared({ needs: [], lights: { commercial: 'green', customs: 'green', terminal: 'green' }, pass_issued: true })]);
  await page.clock.runFor(11_000);
  await page.getByText('Nothing is missing').waitFor();
  await page.locator('.lights .go').nth(2).waitFor();
  const before = looks(node).length;
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { configurable: true, value: true }));
  await page.clock.runFor(60_000);
  assert.equal(looks(node).length, before);
  node.answers.set('POST share', () => [200, shared({ state: 'closed', needs: [], left_at: iso(Date.now()) })]);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: false });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.getByText('The container has left').waitFor();
  assert.deepEqual(page.faults, []);
});

test('a link that is over takes what it showed with it, says whom to ask, and is not asked again', async () => {
  const node = await desk();
  node.answers.set('POST share', () => [200, shared()]);
  const page = await stranger(node, { clock: true });
  await page.locator('[data-need="hold"]').waitFor();
  node.answers.set('POST share', [404, { code: 'share-link-unknown', detail: 'no such link is good here' }]);
  await page.clock.runFor(11_000);
  await page.locator('[data-code="share-link-unknown"]').waitFor();
  assert.doesNotMatch(await page.textContent('body'), /MSKU|yard B12/);
  const before = looks(node).length;
  await page.clock.runFor(120_000);
  assert.equal(looks(node).length, before);
  await page.click('#language-zh-CN');
  await page.getByText('链接无效').waitFor();
  const gone = page.faults.filter((fault) => !/status of 404/.test(fault));
  assert.deepEqual(gone, []);
  assert.deepEqual(await axe(page), []);
  await shot(page, 'share-over');
  // Another link in the same page begins anew.
  node.answers.set('POST share', () => [200, shared()]);
  await page.evaluate(() => { location.hash = '#another'; });
  await page.locator('[data-need="hold"]').waitFor();
  assert.equal(looks(node).at(-1).json.token, 'another');
});

test('a node that is down, or has too much to do, is said, and what was seen stays', async () => {
  const node = await desk();
  node.answers.set('POST share', () => [200, shared()]);
  const page = await stranger(node, { clock: true });
  await page.locator('[data-need="hold"]').waitFor();
  node.answers.set('POST share', [429, { code: 'share-limited', detail: 'too many links were not good' }]);
  await page.clock.runFor(11_000);
  await page.locator('#offline:visible').waitFor();
  assert.equal(await page.locator('[data-need="hold"]').count(), 1);
  node.answers.set('POST share', () => [200, shared({ needs: [] })]);
  // The answer must come before the page's own patience is over.
  await page.clock.runFor(21_000);
  await page.locator('#offline').waitFor({ state: 'hidden' });
  await page.getByText('Nothing is missing').waitFor();
});

test('what parties are called is text, whatever it looks like', async () => {
  const node = await desk();
  const evil = '<img src=x onerror="tellViolation(1)"><script>tellViolation(2)</script>';
  node.answers.set('POST share', () => [200, shared({ names: { line: evil, terminal: evil, haulier: evil }, box: { position: evil, empty_return: [evil] } })]);
  const page = await stranger(node);
  await page.waitForSelector('#timeline');
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.ok((await page.textContent('main')).includes(evil));
  assert.deepEqual(page.faults, []);
});

test('the page of a link is right in Chinese, in the dark, and wide', async () => {
  const node = await desk();
  node.answers.set('POST share', () => [200, shared({ slot: { state: 'granted', from: iso(Date.now()), until: iso(Date.now() + HOUR) } })]);
  for (const [name, options] of [['zh', { locale: 'zh-CN', colorScheme: 'dark' }], ['wide', WIDE]]) {
    const page = await stranger(node, options);
    await page.waitForSelector('#timeline');
    await right(page);
    await shot(page, `share-${name}`);
    if (name === 'zh') {
      assert.match(await page.textContent('main'), /承诺时间.*已逾期/);
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
    }
  }
});

test('a clerk makes a link, sees it once, finds it in the list with who made it, and takes it back', async () => {
  const node = await desk();
  node.cases = lines(40, node.now, 'line');
  const evil = '<img src=x onerror=tellViolation(1)>';
  node.shares = [{ event: 'share', share: 1, case: codeOf(3), made_at: iso(node.now), until: iso(node.now + 24 * HOUR), state: 'orphaned', label: evil }];
  const page = await tablet(browser, WIDE);
  await page.goto(`${node.origin}/#/case/${codeOf(3)}`);
  await page.click('#share');
  await page.locator('li[data-share="1"]').waitFor();
  assert.ok((await page.textContent('li[data-share="1"]')).includes(evil));
  assert.equal(await page.locator('dialog img').count(), 0);
  await page.selectOption('#share-days', '30');
  await page.fill('#share-label', ' the importer ');
  await page.click('#make-share');
  await page.locator('#link').waitFor();
  const link = await page.inputValue('#link');
  assert.equal(link, `${node.origin}/share/#token-2`);
  assert.deepEqual(node.asked.find(({ asked }) => asked.startsWith('POST cases/')).json, { days: 30, label: 'the importer' });
  assert.equal(await readPicture(await pixels(page, await page.locator('.made .qr').screenshot())), link);
  await page.locator('li[data-share="2"][data-state="good"]').waitFor();
  assert.match(await page.textContent('li[data-share="2"]'), /the importer.*Made by Wang Wei/);
  await right(page);
  await shot(page, 'share-made');
  await page.click('#end-share-2');
  await page.locator('li[data-share="2"][data-state="revoked"]').waitFor();
  assert.match(await page.textContent('li[data-share="2"]'), /Taken back by Wang Wei/);
  assert.equal(await page.locator('#link').count(), 0);
  node.answers.set(`POST cases/${codeOf(3)}/shares`, [409, { code: 'share-case-full', detail: '10 links of this case are good' }]);
  await page.click('#make-share');
  await page.locator('[data-code="share-case-full"]').waitFor();
  await right(page, ['console: Failed to load resource: the server responded with a status of 409 (Conflict)']);
  await page.click('#close');
  await page.waitForFunction(() => document.activeElement.id === 'share');
});

test('the list of links is right on a phone in Chinese, and who only looks finds none', async () => {
  const node = await desk({ language: 'zh' });
  node.cases = lines(40, node.now, 'line');
  const page = await tablet(browser, { ...NARROW, locale: 'zh-CN' });
  await page.goto(`${node.origin}/#/case/${codeOf(3)}`);
  await page.click('#share');
  await page.getByText('暂无', { exact: true }).waitFor();
  await page.click('#make-share');
  await page.locator('#link').waitFor();
  await right(page);
  await shot(page, 'share-made-zh');
  const looker = await desk({ role: 'viewer', may: [] });
  looker.cases = lines(40, looker.now, 'line');
  const other = await tablet(browser, WIDE);
  await other.goto(`${looker.origin}/#/case/${codeOf(3)}`);
  await other.waitForSelector('#timeline');
  assert.equal(await other.locator('#share').count(), 0);
});

test('the code on paper is large, black on white, and opens its case at a desk and at the gate', async () => {
  const node = await desk();
  node.cases = lines(40, node.now, 'line');
  const page = await tablet(browser, { ...WIDE, colorScheme: 'dark' });
  await page.goto(`${node.origin}/#/case/${codeOf(3)}`);
  await page.waitForSelector('#timeline');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const picture = await page.screenshot();
  const read = await readPicture(await pixels(page, picture));
  assert.equal(read, codeOf(3));
  const style = await page.locator('.on-paper .case-code').evaluate((one) => ({ size: getComputedStyle(one).fontSize, color: getComputedStyle(one).color, width: one.scrollWidth <= innerWidth }));
  assert.deepEqual(style, { size: '53.3333px', color: 'rgb(0, 0, 0)', width: true });
  await shot(page, 'share-paper');
  // What a scanner types, at each counter.
  assert.equal(list.named({ lines: node.cases, closed: [] }, read).code, codeOf(3));
  assert.equal(gate.read(read).kind, 'search');
  assert.equal(gate.meant(read, node.cases).code, codeOf(3));
});
