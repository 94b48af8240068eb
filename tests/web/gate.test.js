import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, shot, tablet } from './browser.js';
import { film } from './film.js';
import { Port, until } from './port.js';

const folder = mkdtempSync(join(tmpdir(), 'landside-gate-'));
const picture = join(folder, 'camera.y4m');
let browser;
/** @type {Port} */
let port;

before(async () => {
  writeFileSync(picture, film('nothing yet'));
  browser = await launch('--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${picture}`);
  port = await Port.start();
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
after(async () => {
  await browser?.close();
  await port?.stop();
  rmSync(folder, { recursive: true });
});

/** The gate's screen with its person logged in. */
async function open({ login = 'gerrit', ...options } = {}) {
  const who = port.people.get(login);
  const page = await tablet(browser, options);
  await page.goto(new URL('/gate/', who.url).href);
  await page.fill('#login-name', who.login);
  await page.fill('#login-password', who.password);
  await page.click('#login-go');
  await page.waitForSelector('#typed');
  await page.waitForSelector('#queue [data-part="left"]');
  return page;
}

/** Types as a scanner does: the text and Enter, wherever the focus is. */
async function scan(page, text) {
  await page.keyboard.insertText(text);
  await page.keyboard.press('Enter');
}

const verdict = (page, tone) => page.waitForSelector(`#panel[data-tone="${tone}"]`);
const codes = (page) => page.$$eval('.reasons .need', (all) => all.map((one) => one.dataset.code));
const stands = (page, how) => page.waitForSelector(`#case[data-stands="${how}"]`);

test('a truck goes from scan to gate-out by keyboard alone, and nothing leaves twice', async () => {
  const page = await open();
  const container = await port.box('82-BKX-7');
  await page.getByRole('button', { name: new RegExp(container.slice(4, 10)) }).waitFor();
  await shot(page, 'gate-ready');
  assert.deepEqual(await axe(page), []);

  await scan(page, await port.present(container));
  await verdict(page, 'go');
  const ms = Number(await page.getAttribute('#verdict', 'data-ms'));
  console.log(`# ${ms} ms from the scan to the verdict`);
  assert.ok(ms < 1000, `${ms} ms`);
  await stands(page, 'receipt');
  assert.match(await page.textContent('#verdict'), /Drive in.*82-BKX-7/s);
  assert.match(await page.textContent('#verdict'), /Directory 1.*old.*Oldest fact/s);
  await shot(page, 'gate-admitted');
  assert.deepEqual(await axe(page), []);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'typed', 'the next scan needs no click');

  await page.keyboard.press('F4');
  await page.keyboard.insertText('NS330051, b77120');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.waitForSelector('#receipt-damage');
  await page.keyboard.press('Enter');
  await page.getByText('name a code at least').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'receipt-damage');
  await page.keyboard.insertText('dt br');
  await page.keyboard.press('Tab');
  await page.keyboard.insertText('dent left side');
  await shot(page, 'gate-receipt');
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press('Enter');
  await stands(page, 'signature');
  await shot(page, 'gate-waits');
  assert.deepEqual(await axe(page), []);
  const signed = (await port.status(container)).timeline.filter((step) => step.kind === 'interchange-receipt');
  assert.equal(signed.length, 1);
  assert.equal(signed[0].signed_by.login, 'gerrit');
  const receipt = (await port.ask('delta-terminal', { verb: 'document', id: signed[0].id })).lines[0].payload;
  assert.deepEqual([receipt.seals, receipt.condition, receipt.damage, receipt.remark], [['NS330051', 'B77120'], 'damaged', ['DT', 'BR'], 'dent left side']);

  await port.countersign(container);
  await stands(page, 'ready');
  await shot(page, 'gate-signed');
  await page.keyboard.press('F8');
  await stands(page, 'left');
  assert.match(await page.textContent('#verdict'), /Out/);
  await shot(page, 'gate-out');
  assert.deepEqual(await axe(page), []);
  assert.equal((await port.status(container)).state, 'closed');

  await scan(page, container);
  await verdict(page, 'stop');
  assert.deepEqual(await codes(page), ['right-consumed']);
  const again = await page.evaluate(async (subject) => {
    const answer = await fetch('/api/v1/gate/out', { method: 'POST', headers: { 'x-landside': '1', 'content-type': 'application/json' }, body: JSON.stringify({ subject }) });
    return [answer.status, (await answer.json()).code];
  }, container);
  assert.deepEqual(again, [409, 'right-consumed']);
  assert.deepEqual(page.faults.filter((fault) => !fault.includes('409')), []);
});
