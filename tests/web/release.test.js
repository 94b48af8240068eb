// One container from the line's message to the gate, through the screens alone: five nodes, their people, and a driver's phone.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import jsQR from 'jsqr';

import { launch, pixels, shot, watched } from './browser.js';
import { act, done, find, light, need, right, sit, upload } from './counter.js';
import { film, filmed } from './film.js';
import { Port } from './port.js';
import { ROOT } from './support.js';

const BOX = 'NSLU1000014';
const PLATE = 'T-417-KLM';
const folder = mkdtempSync(join(tmpdir(), 'landside-release-'));
const camera = join(folder, 'camera.y4m');

let browser;
let port;
const screens = {};

before(async () => {
  writeFileSync(camera, film('nothing yet'));
  browser = await launch('--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`);
  port = await Port.open({
    line: ['line', 'Northern Sparrow Line'], customs: ['customs', 'Port Customs'], terminal: ['terminal', 'Lower Stream Terminal'],
    forwarder: ['forwarder', 'Brandt Forwarding'], haulier: ['haulier', 'Polder Trucking'],
  }, ['early_minutes = 30', 'early_minutes = 720']);
});
after(async () => {
  await browser?.close();
  await port?.close();
  rmSync(folder, { recursive: true });
});

/** The text of a code that a page shows, read from its picture. */
async function read(page, selector) {
  const { data, width, height } = await pixels(page, await page.locator(selector).screenshot());
  return jsQR(data, width, height)?.data;
}

/** A phone that has scanned the code on the haulier's screen. */
async function phoneOf(invitation) {
  const page = await watched(await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, locale: 'zh-CN' }), /ERR_|status of [45]\d\d/);
  await page.goto(invitation);
  await page.waitForSelector('.quiet-page');
  return page;
}

/** Has the gate look at what the phone shows now. */
async function showAt(gate, phone) {
  await phone.waitForSelector('#code svg');
  writeFileSync(camera, filmed(await pixels(phone, await phone.locator('#code').screenshot())));
  await gate.click('#camera');
}

test('a container goes from the line’s message to gate-out through the screens alone', async () => {
  const line = await sit(browser, port, 'line', 'Wang Wei');
  await upload(line, join(ROOT, 'fixtures/edifact/coreor-demo.edi'), 'forwarder', 'terminal');
  await line.click('#sign-file');
  await line.getByText('5 signed, 0 wait').waitFor();
  await line.waitForFunction(() => document.querySelectorAll('.results [data-outcome="accepted"] a').length === 5);
  await shot(line, 'release-answers');

  const customs = await sit(browser, port, 'customs', 'Li Na');
  await customs.click('#new-clear');
  await customs.fill('#action-container', BOX);
  await customs.fill('#action-consignment', 'NSLB7712001');
  await customs.click('#sign');
  await done(customs);

  const forwarder = await sit(browser, port, 'forwarder', 'Mia Berg');
  await forwarder.waitForSelector('tr.case');
  await find(forwarder, BOX);
  await act(forwarder, 'pass', { to: 'haulier' });
  await done(forwarder);

  const haulier = await sit(browser, port, 'haulier', 'Juma Ally');
  Object.assign(screens, { haulier });
  await haulier.click('#to-drivers');
  await haulier.click('#invite');
  await haulier.fill('dialog #name', 'Asha Mwita');
  await haulier.click('dialog #go');
  await haulier.waitForSelector('dialog .qr');
  await right(haulier);
  await shot(haulier, 'release-invitation');
  const phone = await phoneOf(await read(haulier, 'dialog .qr'));
  screens.phone = phone;
  await haulier.click('#close');
  await haulier.waitForSelector('[data-state="enrolled"]');
  await haulier.click('#to-worklist');
  await haulier.waitForSelector('tr.case');
  await find(haulier, BOX);
  await act(haulier, 'slot');
  await done(haulier);
  const key = await haulier.evaluate(async () => (await (await fetch('api/v1/drivers')).json()).drivers[0].key);
  await act(haulier, 'bind', { driver: key, plate: PLATE });
  await done(haulier);
  // The phone sees what is red and who owes it, before the box is off the ship.
  await phone.waitForSelector('a.job');
  await phone.click('a.job');
  await phone.getByText('Lower Stream Terminal').first().waitFor();

  const terminal = await sit(browser, port, 'terminal', 'Ole Hansen');
  await terminal.waitForSelector('tr.case');
  await find(terminal, BOX);
  await act(terminal, 'arrival', { position: 'B12' });
  await done(terminal);
  for (const name of ['commercial', 'customs', 'terminal']) await light(terminal, name, 'go');
  await need(terminal, 'pass-missing', 'detached');

  await phone.click('#to-pass');
  await phone.waitForSelector('#code svg');
  await right(phone);
  await shot(phone, 'release-pass');
  const gate = await watched(terminal.context(), /status of 4\d\d/);
  await gate.context().grantPermissions(['camera']);
  await gate.goto(`${port.consoles.terminal}/gate/`);
  await gate.waitForSelector('#typed');
  await gate.fill('#plate', PLATE);
  await showAt(gate, phone);
  await gate.waitForSelector('#panel[data-tone="go"]');
  await gate.waitForSelector('#case[data-stands="receipt"]');
  await gate.click('#camera');
  await gate.fill('#receipt-seals', 'ML-TZ8812345');
  await gate.click('#sign-receipt');
  await gate.waitForSelector('#case[data-stands="signature"]');

  await phone.click('#to-receipt');
  await phone.getByText('ML-TZ8812345').waitFor();
  await phone.check('#agree');
  await phone.click('#sign');
  await gate.waitForSelector('#case[data-stands="ready"]');
  await gate.keyboard.press('F8');
  await gate.waitForSelector('#case[data-stands="left"]');
  // Who asks about it later knows the truck or the driver.
  for (const [page, known] of [[line, PLATE], [terminal, 'asha mwita'], [line, BOX]]) {
    await find(page, known);
    await page.locator('[data-kind="gate-out"]').waitFor();
  }

  // The same pass opens nothing twice.
  await phone.goto(`${port.consoles.haulier}/driver/#/history`);
  await phone.getByText('100001').first().waitFor();
  await gate.fill('#typed', BOX);
  await gate.press('#typed', 'Enter');
  await gate.waitForSelector('#panel[data-tone="stop"]');
  assert.equal(await gate.getAttribute('.reasons .need', 'data-code'), 'right-consumed');
  for (const page of [line, customs, forwarder, haulier, terminal, gate, phone]) assert.deepEqual(page.faults, []);
});

test('a phone is changed with one click, and what was taken back is good for nobody', async () => {
  const { haulier, phone } = screens;
  await haulier.click('#to-drivers');
  await haulier.click('#phone-1');
  await haulier.waitForSelector('dialog .qr');
  await right(haulier);
  const next = await phoneOf(await read(haulier, 'dialog .qr'));
  await haulier.click('#close');
  await haulier.waitForSelector('[data-driver="1"][data-state="replaced"]');
  await haulier.waitForSelector('[data-driver="2"][data-state="enrolled"]');
  // The old phone is told that it counts no more.
  await phone.goto(`${port.consoles.haulier}/driver/`);
  await phone.waitForSelector('#unknown');
  await right(next);

  await haulier.click('#end-2');
  await haulier.click('#sure');
  await haulier.waitForSelector('[data-driver="2"][data-state="closed"]');
  await haulier.click('#invite');
  await haulier.fill('dialog #name', 'Neema Juma');
  await haulier.click('dialog #go');
  await haulier.waitForSelector('dialog .qr');
  const invitation = await read(haulier, 'dialog .qr');
  await haulier.click('#close');
  await haulier.click('#end-3');
  await haulier.click('#sure');
  await haulier.waitForSelector('[data-driver="3"][data-state="closed"]');
  await right(haulier);
  await shot(haulier, 'release-drivers');
  const late = await watched(await browser.newContext({ locale: 'en-GB' }), /ERR_|status of [45]\d\d/);
  await late.goto(invitation);
  await late.getByRole('alert').waitFor();
  await late.waitForSelector('#invitation');
});
