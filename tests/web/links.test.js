// Phones over QUIC: the driver app in a real Chromium, and a haulier's node with a UDP port.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, watched } from './browser.js';
import { container, pickupPort, withRight } from './pickup.js';
import { until } from './port.js';
import { library, vector } from './support.js';
import { signerOf } from './world.js';

const lib = await library();
const { FORM } = await import('../../crates/landside-web/assets/driver/invitation.js');
const { BEAT, PROOF, framed, message } = await import('../../crates/landside-web/assets/driver/link.js');
const PLATE = 'T-417-KLM';
/** How long QUIC waits at least: the idle time less the node's last sign (LINK_IDLE, a third of it). */
const LINK_IDLE_LEAST_MS = 20_000;

let browser;
/** @type {import('./port.js').Port} */
let port;
let clerk;
let gate;
/** Where pages come from: QUIC has no port at the other address that `localhost` stands for. */
let origin;
let udp;

/** A UDP port where nobody listens. */
const silent = () => new Promise((resolve) => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1', () => { const { port: free } = socket.address(); socket.close(() => resolve(free)); });
});

before(async () => {
  browser = await launch();
  port = await pickupPort();
  origin = port.consoles.haulier.replace('localhost', '127.0.0.1');
  udp = await silent();
  await restart(['\nquic = ""', `\nquic = "127.0.0.1:${udp}"`]);
  clerk = await port.person('haulier', 'amina', 'Amina Said', 'clerk');
  gate = await port.person('terminal', 'gerrit', 'Gerrit de Boer', 'gate');
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
after(async () => {
  await browser.close();
  await port.close();
});

/** The haulier's node anew, with other settings. @param {...[string, string]} changes */
async function restart(...changes) {
  await port.kill('haulier');
  port.configure('haulier', ...changes);
  await port.start('haulier');
}

/** A phone of its own; `asked` are its questions over HTTPS, `faults` what went wrong unseen. */
async function phone() {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, locale: 'en-GB' });
  context.setDefaultTimeout(30_000);
  const page = await watched(context, /ERR_|status of [45]\d\d|WebTransport/);
  page.asked = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/driver/api/')) page.asked.push(`${request.method()} ${pathname.slice('/driver/api/'.length)}`);
  });
  return page;
}

const invite = (name) => clerk.ask('POST', 'drivers', { name, licence: 'TZ-4471' });

/** Opens an invitation as a link on a new phone; waits until the terminal knows the key. */
async function enrolled({ path, driver: id }) {
  const page = await phone();
  await page.goto(`${origin}${path}`);
  await page.waitForSelector('.quiet-page');
  const { key } = await until('the phone is enrolled', async () => {
    const seen = (await clerk.ask('GET', 'drivers')).drivers.find((d) => d.driver === id);
    return seen.state === 'enrolled' && seen.counts && seen;
  });
  return { page, key };
}

/** The same invitation with another offer. */
function offering({ path, ...invitation }, link) {
  const [before, text] = path.split('#i=');
  const said = FORM.read(new lib.cbor.Reader(lib.bytes.fromBase64Url(text)));
  const writer = new lib.cbor.Writer();
  FORM.write(writer, { ...said, link: { ...said.link, ...link } });
  return { ...invitation, path: `${before}#i=${lib.bytes.toBase64Url(writer.done())}` };
}

/** Waits until settings say how the node is reached. */
async function reachedOver(page, way) {
  await page.evaluate(() => { location.hash = '#/settings'; });
  await page.locator('#way', { hasText: new RegExp(`^${way}$`) }).waitFor();
}

/** Names driver and truck, and asks for a slot from now on, as the console does. */
async function assign(number, key) {
  await clerk.issue('driver-binding', { container: number, driver: key, plate: PLATE });
  const from = Date.now() + 60_000;
  const window = { from: new Date(from).toISOString(), until: new Date(from + 3600_000).toISOString() };
  await clerk.issue('slot-request', { container: number, window });
}

/** A job that came to the phone, with its pass. */
async function hasPass(page) {
  await page.evaluate(() => { location.hash = '#/'; });
  await page.click('a.job');
  await page.waitForSelector('#to-pass');
}

test('what a phone says on a link is what the vectors say', async () => {
  const { good, bad, beats } = vector('phone-links');
  assert.deepEqual(beats.good.map(({ frame }) => frame), [lib.bytes.toHex(framed(BEAT, {}))]);
  for (const v of good) {
    const device = await signerOf(v.key);
    const signature = await device.sign(message(v.origin, v.certificate, lib.bytes.fromHex(v.challenge)));
    const frame = framed(PROOF, { key: lib.key.keyText(device.publicKey), signature, after: v.after });
    assert.equal(lib.bytes.toHex(frame), v.frame, v.name);
  }
  // What is signed for another link is another frame.
  assert.ok(bad.length > good.length);
  for (const v of bad) assert.ok(!good.some((g) => g.frame === v.frame), v.name);
});

test('a job comes over QUIC, and no question goes over HTTPS', async () => {
  const number = container(11);
  await withRight(port, number, 'MEDU000011');
  const { page, key } = await enrolled(await invite('Asha Mwita'));
  await reachedOver(page, 'QUIC');
  assert.deepEqual(await axe(page), []);
  page.asked.length = 0;
  await assign(number, key);
  await hasPass(page);
  await page.click('#to-pass');
  await page.waitForSelector('#code svg');
  assert.deepEqual(page.asked, []);

  // Without a network the pass is there, and the driver is told; with one, QUIC again.
  await page.context().setOffline(true);
  await page.waitForSelector('#offline');
  await page.waitForSelector('#code svg');
  await page.context().setOffline(false);
  await reachedOver(page, 'QUIC');

  assert.deepEqual(page.faults, []);
});

test('the driver’s signature goes over QUIC too', async () => {
  const number = container(12);
  await withRight(port, number, 'MEDU000012');
  const { page, key } = await enrolled(await invite('Juma Ally'));
  await reachedOver(page, 'QUIC');
  page.asked.length = 0;
  await assign(number, key);
  await hasPass(page);
  const [{ pass }] = await port.say('terminal', 'status', number);
  assert.ok(pass);
  await page.click('#to-pass');
  const text = await shownText(page);
  assert.equal((await gate.ask('POST', 'gate/check', { shown: text, plate: PLATE })).verdict, 'admit');
  await port.say('terminal', 'gate', 'receipt', number, '--seal', 'ML-TZ8812345');
  await page.click('#to-receipt');
  const photo = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await page.setInputFiles('input[type=file]', { name: 'dent.png', mimeType: 'image/png', buffer: photo });
  await page.waitForSelector('main img');
  await page.check('#agree');
  await page.click('#sign');
  await until('the terminal has the signature', async () => {
    const [seen] = await port.say('terminal', 'status', number);
    return seen.timeline.find((event) => event.kind === 'interchange-receipt' && event.issuer.startsWith('driver:'));
  });
  assert.deepEqual(page.asked, [], 'everything went over the link');
  assert.deepEqual(page.faults, []);
});

/** The text of the code on the screen, as a camera reads it. */
async function shownText(page) {
  const { pixels } = await import('./browser.js');
  const { readPicture } = await import('../../crates/landside-web/assets/lib/qr.js');
  await page.waitForSelector('#code svg');
  return readPicture(await pixels(page, await page.locator('#code').screenshot()));
}

test('by a certificate that the node does not show, the app goes on over HTTPS and is told the right one', async () => {
  const number = container(13);
  await withRight(port, number, 'MEDU000013');
  const { page, key } = await enrolled(offering(await invite('Baraka John'), { certificates: ['ab'.repeat(32)] }));
  await reachedOver(page, 'HTTPS');
  await assign(number, key);
  await hasPass(page);
  assert.ok(page.asked.includes('GET documents'));
  await page.reload();
  await reachedOver(page, 'QUIC');
  assert.deepEqual(page.faults, []);
});

test('where UDP goes nowhere, the app goes on over HTTPS', async () => {
  const number = container(14);
  await withRight(port, number, 'MEDU000014');
  const nowhere = await silent();
  await restart(['\nquic_port = 0', `\nquic_port = ${nowhere}`]);
  clerk = await port.person('haulier', 'amina2', 'Amina Juma', 'clerk');
  const { page, key } = await enrolled(await invite('Zuberi Said'));
  await reachedOver(page, 'HTTPS');
  await assign(number, key);
  await hasPass(page);
  assert.deepEqual(page.faults, []);

  // Once it goes through, the phone is told so and takes it.
  await restart([`\nquic_port = ${nowhere}`, '\nquic_port = 0']);
  await until('the phone is told', () => page.evaluate(async (right) => {
    const open = indexedDB.open('landside-driver');
    const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
    const get = db.transaction('settings').objectStore('settings').get('link');
    const link = await new Promise((resolve) => { get.onsuccess = () => resolve(get.result); });
    db.close();
    return link?.port === right;
  }, udp));
  // The page that the worker keeps has the policy of before until it was opened once.
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await until('the worker keeps the policy of now', () => page.evaluate(async (right) => {
    const kept = await caches.match('./', { ignoreSearch: true });
    return kept?.headers.get('content-security-policy')?.includes(`:${right}`) ?? false;
  }, udp));
  await page.reload();
  await reachedOver(page, 'QUIC');
});

test('a node that was killed is missed long before QUIC misses it, and once it is back the phone is', async () => {
  clerk = await port.person('haulier', 'amina3', 'Amina Ally', 'clerk');
  const { page } = await enrolled(await invite('Neema Paul'));
  await page.addInitScript(() => {
    globalThis.beats = 0;
    const { write } = WritableStreamDefaultWriter.prototype;
    WritableStreamDefaultWriter.prototype.write = function count(bytes) {
      if (bytes?.length === 5 && bytes[4] === 0xa0) globalThis.beats += 1;
      return write.call(this, bytes);
    };
  });
  await page.reload();
  await reachedOver(page, 'QUIC');
  // A beat follows only on one that was answered, and the link stays.
  page.asked.length = 0;
  await until('two beats were answered', () => page.evaluate(() => globalThis.beats > 2));
  assert.equal(await page.textContent('#way'), 'QUIC');
  assert.deepEqual(page.asked, []);

  await port.kill('haulier');
  const killed = Date.now();
  await page.locator('#way', { hasText: 'Offline' }).waitFor();
  const missed = Date.now() - killed;
  assert.ok(missed < LINK_IDLE_LEAST_MS, `after ${missed} ms`);
  await port.start('haulier');
  await until('the node is heard', async () => {
    await page.evaluate(() => dispatchEvent(new Event('online')));
    return (await page.textContent('#way')) !== 'Offline';
  });
  await page.reload();
  await reachedOver(page, 'QUIC');
  assert.deepEqual(page.faults, []);
});
