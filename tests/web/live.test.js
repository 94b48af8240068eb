// One stream of events for all pages of a browser, and what a page does without one.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, tablet } from './browser.js';
import { Desk, lines } from './desk.js';

let browser;
before(async () => {
  browser = await launch();
});
const nodes = new Set();
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const node of nodes) node.close();
  nodes.clear();
});
after(() => browser.close());

/** A node with some cases. */
async function desk(count) {
  const node = await new Desk().listen();
  node.cases = lines(count, node.now);
  nodes.add(node);
  return node;
}

const codes = (page) => page.locator('tr.case').evaluateAll((rows) => rows.map((row) => row.dataset.code));
const plate = (page, code) => page.locator(`tr[data-code="${code}"] .plate`);

async function until(what, look) {
  for (const ends = Date.now() + 30_000; Date.now() < ends; await sleep(50)) if (await look()) return;
  assert.fail(`never: ${what}`);
}

test('seven pages of one browser share one stream, and when the page that holds it goes, none of the others misses anything', async () => {
  const node = await desk(40);
  const first = await tablet(browser);
  await first.goto(`${node.origin}/`);
  const pages = [first];
  for (let i = 1; i < 7; i++) {
    const page = await first.context().newPage();
    await page.goto(`${node.origin}/`);
    pages.push(page);
  }
  await Promise.all(pages.map((page) => page.waitForSelector('tr.case')));
  await until('one stream', () => node.listeners === 1);
  const [code] = await codes(first);
  const all = (text, some) => {
    node.change(code, { plate: text, changed_at: new Date().toISOString() });
    return Promise.all(some.map((page) => plate(page, code).filter({ hasText: text }).waitFor()));
  };
  await all('T-111-AAA', pages);
  assert.equal(node.listeners, 1);
  for (const [n, left] of [[1, pages.slice(1)], [2, pages.slice(2)]]) {
    await pages[n - 1].close();
    // Told between the two streams: nobody has it by an event.
    await all(`T-22${n}-BBB`, left);
    await until('the stream went on', () => node.listeners === 1);
    await all(`T-33${n}-CCC`, left);
  }
  for (const page of pages.slice(2)) assert.ok(await page.locator('#offline').isHidden());
  assert.deepEqual(first.faults, []);
});

test('a page that holds the stream and is silent loses it to one that somebody looks at', async () => {
  const node = await desk(5);
  const page = await tablet(browser);
  await page.goto(`${node.origin}/text/en.json`);
  // As a page does that hangs: it has the lock and says nothing.
  await page.evaluate(() => {
    const channel = new Promise((has) => { navigator.locks.request('landside.live /api/v1/events', () => new Promise(has)); });
    return navigator.locks.query().then(() => void channel);
  });
  const other = await page.context().newPage();
  await other.clock.install();
  await other.goto(`${node.origin}/`);
  await other.waitForSelector('tr.case');
  assert.equal(node.listeners, 0);
  await other.bringToFront();
  await until('it took the stream', async () => {
    await other.clock.runFor(5_000);
    return node.listeners === 1;
  });
  const [code] = await codes(other);
  node.change(code, { plate: 'T-777-NEW', changed_at: new Date().toISOString() });
  await until('it is told', async () => {
    await other.clock.runFor(500);
    return (await plate(other, code).textContent()).includes('T-777-NEW');
  });
});

test('when the node has no more streams the page says so, and looks for news by itself until there is one', async () => {
  const node = await desk(5);
  node.answers.set('GET events', [503, { code: 'streams-full', detail: 'too many screens listen' }]);
  const page = await tablet(browser);
  await page.clock.install();
  await page.goto(`${node.origin}/`);
  await page.waitForSelector('tr.case');
  await page.locator('#offline').filter({ hasText: 'Too many screens are open' }).waitFor();
  assert.deepEqual(await axe(page), []);
  const [code] = await codes(page);
  node.cases = node.cases.map((one) => (one.code === code ? { ...one, plate: 'T-888-NEW', changed_at: new Date().toISOString() } : one));
  await until('it looked by itself', async () => {
    await page.clock.runFor(10_000);
    return (await plate(page, code).textContent()).includes('T-888-NEW');
  });
  assert.equal(node.listeners, 0);
  node.answers.delete('GET events');
  await until('there is a stream again', async () => {
    await page.clock.runFor(10_000);
    return node.listeners === 1;
  });
  await page.locator('#offline').waitFor({ state: 'hidden' });
});

test('a node that is not to be had is asked at growing pauses, and the pages come back by themselves', async () => {
  const node = await desk(5);
  const page = await tablet(browser);
  await page.goto(`${node.origin}/`);
  await page.waitForSelector('tr.case');
  await until('it listens', () => node.listeners === 1);
  node.cut();
  const bar = page.locator('#offline').filter({ hasText: 'No live connection' });
  await bar.waitFor();
  // Two and a half seconds, in which it was told to come back every 50 ms.
  assert.ok(node.tries > 0 && node.tries <= 12, `${node.tries} tries`);
  const [code] = await codes(page);
  node.cases = node.cases.map((one) => (one.code === code ? { ...one, plate: 'T-999-NEW', changed_at: new Date().toISOString() } : one));
  node.isCut = false;
  await bar.waitFor({ state: 'hidden' });
  // What happened meanwhile nobody was told.
  await plate(page, code).filter({ hasText: 'T-999-NEW' }).waitFor();
});
