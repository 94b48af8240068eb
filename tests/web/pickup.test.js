// A whole pick-up with a phone: real nodes, the driver app in a real Chromium, and the code on its screen at the gate.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, pixels, watched } from './browser.js';
import { container, pickupPort, withRight } from './pickup.js';
import { until } from './port.js';

const { readPicture } = await import('../../crates/landside-web/assets/lib/qr.js');
const PLATE = 'T-417-KLM';

let browser;
/** @type {import('./port.js').Port} */
let port;
let clerk;
let gate;

before(async () => {
  browser = await launch();
  port = await pickupPort();
  clerk = await port.person('haulier', 'amina', 'Amina Said', 'clerk');
  gate = await port.person('terminal', 'gerrit', 'Gerrit de Boer', 'gate');
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
after(async () => {
  await browser.close();
  await port.close();
});

/** What the gate makes of a text: admitted or not, that is an answer. */
const atGate = (text, plate) => gate.ask('POST', 'gate/check', { shown: text, plate });

/** A phone of its own; `faults` gathers what went wrong unseen. */
async function phone() {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, locale: 'en-GB' });
  context.setDefaultTimeout(20_000);
  return watched(context, /ERR_|status of [45]\d\d/);
}

const invite = (name) => clerk.ask('POST', 'drivers', { name, licence: 'TZ-4471' });
const driver = async (id) => (await clerk.ask('GET', 'drivers')).drivers.find((d) => d.driver === id);

/** Opens the invitation as a link on a new phone; waits until the terminal knows the key. */
async function enrolled({ path, driver: id }) {
  const page = await phone();
  await page.goto(`${port.consoles.haulier}${path}`);
  // A phone that takes another's place may have its job before anybody looks.
  await page.waitForSelector('.quiet-page, a.job');
  const { key } = await until('the phone is enrolled', async () => {
    const seen = await driver(id);
    return seen.state === 'enrolled' && seen.counts && seen;
  });
  return { page, key };
}

/** Names driver and truck, and asks for a slot from now on, as the console does. */
async function assign(number, key) {
  await clerk.issue('driver-binding', { container: number, driver: key, plate: PLATE });
  const from = Date.now() + 60_000;
  const window = { from: new Date(from).toISOString(), until: new Date(from + 3600_000).toISOString() };
  await clerk.issue('slot-request', { container: number, window });
}

/** The text of the code on the screen, as a camera reads it. */
async function scanned(page) {
  await page.waitForSelector('#code svg');
  return readPicture(await pixels(page, await page.locator('#code').screenshot()));
}

/** Opens the pass, which came without a reload. */
async function showPass(page) {
  await page.click('a.job');
  await page.waitForSelector('[data-verified]');
  await page.click('#to-pass');
  return scanned(page);
}

test('a driver with a phone and the haulier’s node picks a container up', async () => {
  const number = container(1);
  await withRight(port, number, 'MEDU000001');
  const { page, key } = await enrolled(await invite('Asha Mwita'));
  await page.evaluate(() => { globalThis.wasNotLoadedAnew = true; });
  await assign(number, key);
  await page.waitForSelector('a.job');
  const text = await showPass(page);
  assert.ok(await page.evaluate(() => globalThis.wasNotLoadedAnew), 'the pass came by itself');

  // Without a network the pass is there after a reload too, with a proof of now.
  await page.evaluate(() => navigator.serviceWorker.ready);
  await until('the worker serves the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null || (location.reload(), false)).catch(() => false));
  await page.waitForSelector('#code svg');
  await page.context().setOffline(true);
  await page.reload();
  // A proof has its second in it: within one it is the same.
  const offline = await until('a proof of now', async () => {
    const shown = await scanned(page);
    return shown !== text && shown;
  });
  const refused = await atGate(offline, 'OTHER-1');
  assert.equal(refused.verdict, 'refuse');
  assert.deepEqual(refused.reasons.map((reason) => reason.code), ['plate-not-allowed']);
  await page.context().setOffline(false);

  // From here on the driver goes nowhere: what the gate says comes to the page of the pass.
  await page.locator('[data-stage="refused"]').waitFor();
  await page.getByText('The haulier can solve it').waitFor();
  await page.click('#show-again');
  const admitted = await atGate(await scanned(page), PLATE);
  assert.equal(admitted.verdict, 'admit', JSON.stringify(admitted));
  await page.locator('[data-stage="admitted"]').waitFor();
  assert.deepEqual(await axe(page), []);
  await port.say('terminal', 'gate', 'receipt', number, '--seal', 'ML-TZ8812345', '--damage', 'DT-L2', '--remark', 'dent left side');
  await page.click('#to-receipt');
  await page.getByText('ML-TZ8812345').waitFor();
  const photo = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await page.setInputFiles('input[type=file]', { name: 'dent.png', mimeType: 'image/png', buffer: photo });
  await page.waitForSelector('main img');
  await page.check('#agree');
  await page.click('#sign');
  await page.locator('[data-stage="signed"]').waitFor();
  const signed = await until('the terminal has the signature', async () => {
    const [seen] = await port.say('terminal', 'status', number);
    return seen.timeline.find((event) => event.kind === 'interchange-receipt' && event.issuer.startsWith('driver:'));
  });
  const [document] = await port.say('terminal', 'show', signed.document ?? signed.id);
  assert.deepEqual(document.payload.photos, [createHash('sha256').update(photo).digest('hex')]);
  assert.deepEqual(document.payload.seals, ['ML-TZ8812345']);
  await port.say('terminal', 'gate', 'out', number);
  await page.locator('[data-stage="left"]').waitFor();
  await page.goto(`${port.consoles.haulier}/driver/#/history`);
  await page.getByText(number.slice(4, 10)).first().waitFor();
  await page.click('a.job');
  await page.getByText('Left the terminal', { exact: false }).first().waitFor();

  // What the haulier said for its person names that person at the haulier, and nowhere else.
  const credential = await until('the haulier shows its word', async () => {
    const [seen] = await port.say('haulier', 'status', number);
    return seen.timeline.some((event) => event.kind === 'driver-binding' && event.signed_by?.name === 'Amina Said');
  });
  assert.ok(credential);
  assert.deepEqual(page.faults, []);
});

test('an invitation is good for one phone, and a phone that is taken back is served no more', async () => {
  const invitation = await invite('Juma Ally');
  const { page } = await enrolled(invitation);
  const second = await phone();
  await second.goto(`${port.consoles.haulier}${invitation.path}`);
  await second.getByText('The invitation was used already').waitFor();
  assert.deepEqual(second.faults, []);

  const closed = await clerk.ask('DELETE', `drivers/${invitation.driver}`);
  assert.equal(closed.state, 'closed');
  await until('the word does not count', async () => !(await driver(invitation.driver)).counts);
  // The question that was open ends, and no session begins anew.
  await page.waitForSelector('#unknown');
  const never = await invite('Neema Paul');
  await clerk.ask('DELETE', `drivers/${never.driver}`);
  const third = await phone();
  await third.goto(`${port.consoles.haulier}${never.path}`);
  await third.getByText('This is not an invitation').waitFor();
});

test('after a change of phone the old one’s pass is refused at the gate, and the new one’s admitted', async () => {
  const number = container(2);
  await withRight(port, number, 'MEDU000002');
  const first = await invite('Baraka John');
  const old = await enrolled(first);
  await assign(number, old.key);
  await old.page.waitForSelector('a.job');
  await showPass(old.page);
  // It is stolen, and knows of nothing.
  await old.page.context().setOffline(true);

  const next = await clerk.ask('POST', `drivers/${first.driver}/phone`);
  const renewed = await enrolled(next);
  assert.equal((await driver(first.driver)).state, 'replaced');
  assert.notEqual(renewed.key, old.key);
  await renewed.page.waitForSelector('a.job');
  const stolen = await atGate(await scanned(old.page), PLATE);
  assert.equal(stolen.verdict, 'refuse');
  assert.deepEqual(stolen.reasons.map((reason) => reason.code), ['driver-unknown', 'pass-superseded']);
  const admitted = await atGate(await showPass(renewed.page), PLATE);
  assert.equal(admitted.verdict, 'admit', JSON.stringify(admitted));

  // The old phone is told nothing more, and the haulier's node knows nobody of its key.
  await old.page.context().setOffline(false);
  await old.page.waitForSelector('#unknown');
  assert.deepEqual([...old.page.faults, ...renewed.page.faults], []);
});

test('a node that was killed serves its phones on, and what it told is told once', async () => {
  const number = container(3);
  await withRight(port, number, 'MEDU000003');
  const { page, key } = await enrolled(await invite('Zuberi Said'));
  await assign(number, key);
  await page.waitForSelector('a.job');
  await port.kill('haulier');
  await page.waitForSelector('#offline');
  await port.start('haulier');
  clerk = await port.person('haulier', 'amina2', 'Amina Juma', 'clerk');
  await until('the phone is back', () => page.evaluate(() => document.getElementById('offline') === null));
  await atGate(await showPass(page), PLATE);
  await page.click('#back');
  await page.getByText('Admitted', { exact: false }).first().waitFor();
  const numbers = await page.evaluate(async () => {
    const open = indexedDB.open('landside-driver');
    const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
    const all = db.transaction('documents').objectStore('documents').getAll();
    const kept = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result); });
    return kept.map(({ number: n, envelope }) => [n, envelope.join()]);
  });
  assert.equal(new Set(numbers.map(([n]) => n)).size, numbers.length);
  assert.equal(new Set(numbers.map(([, bytes]) => bytes)).size, numbers.length, 'no document came twice');
});

test('a terminal that changes its key by itself is believed by the phone without a new edition, after a restart and without a network', async () => {
  const number = container(4);
  await withRight(port, number, 'MEDU000004');
  const { page, key } = await enrolled(await invite('Rehema Juma'));
  await port.say('terminal', 'key', 'rotate', '--signing', '--wait', '5');
  await port.say('terminal', 'key', 'adopt', '--anyway');
  await port.kill('terminal');
  await port.start('terminal');
  gate = await port.person('terminal', 'gerrit2', 'Gerrit Bakker', 'gate');
  await assign(number, key);
  await page.waitForSelector('a.job');
  const text = await showPass(page);
  const { pass, rotations } = await page.evaluate(async () => {
    const { reopen } = await import('../lib/cose.js');
    const open = indexedDB.open('landside-driver');
    const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
    const all = db.transaction('documents').objectStore('documents').getAll();
    const kept = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result); });
    db.close();
    const signed = await Promise.all(kept.map(async ({ envelope, terminal }) => ({ ...await reopen(envelope), terminal })));
    return {
      pass: signed.find(({ kind }) => kind === 'pickup-pass').keyId,
      rotations: signed.filter(({ kind }) => kind === 'key-rotation').map(({ document, terminal }) => ({ old: document.old, terminal })),
    };
  });
  assert.deepEqual(rotations.map(({ terminal }) => terminal), ['terminal']);
  assert.notEqual(pass, rotations[0].old, 'the edition does not list the key of the pass');

  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.context().setOffline(true);
  await page.reload();
  await page.waitForSelector('[data-verified]');
  await until('a proof of now', async () => (await scanned(page)) !== text);
  const admitted = await atGate(await scanned(page), PLATE);
  assert.equal(admitted.verdict, 'admit', JSON.stringify(admitted));
  await page.context().setOffline(false);
  await page.locator('[data-stage="admitted"]').waitFor();
  assert.deepEqual(page.faults, []);

  // What is kept of it at the haulier is sound.
  await port.kill('haulier');
  const [{ problems }] = await port.say('haulier', 'fsck');
  assert.deepEqual(problems, []);
});
