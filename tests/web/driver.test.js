import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import jsQR from 'jsqr';

import { axe, launch, phone, pixels, shot } from './browser.js';
import { Node } from './server.js';
import { library, vectorFiles } from './support.js';
import { CODE, EDITION, START, events, invitation, rotation, signerOf } from './world.js';

const lib = await library();
const directory = await lib.directory.Directory.found(lib.bytes.fromHex(EDITION.bytes), EDITION.id, START);
let browser;

before(async () => {
  browser = await launch();
});
const nodes = new Set();
afterEach(async () => {
  for (const node of nodes) node.close();
  nodes.clear();
  await Promise.all(browser.contexts().map((context) => context.close()));
});
after(() => browser.close());

async function listen(folder) {
  const node = await new Node().listen(folder);
  nodes.add(node);
  return node;
}

/** A node and a phone that has the app open. */
async function open(options) {
  const node = await listen();
  const page = await phone(browser, options);
  await page.goto(`${node.origin}/driver/`);
  await page.waitForSelector('h1');
  return { node, page };
}

/** … that is enrolled, and knows of a job with all but the pass. */
async function withJob(options) {
  const { node, page } = await open(options);
  await page.fill('#invitation', invitation(node.origin));
  await page.click('#connect');
  await page.waitForSelector('.quiet-page');
  const say = events(node.key);
  const tell = async (name, ...more) => {
    const signed = await say[name](node.now(), ...more);
    node.push(signed);
    return signed;
  };
  await tell('credential');
  await tell('binding');
  await tell('slot');
  await page.waitForSelector('a.job');
  return { node, page, tell, say };
}

/** At the end of a test: no policy was violated, nothing went wrong unseen. */
const close = ({ page }) => assert.deepEqual(page.faults, []);

/** The text of the code on the screen, as a camera reads it; both readers agree. */
async function scanned(page) {
  await page.waitForSelector('#code svg');
  const picture = await pixels(page, await page.locator('#code').screenshot());
  const { readPicture } = await import('../../crates/landside-web/assets/lib/qr.js');
  const text = await readPicture(picture);
  assert.equal(jsQR(picture.data, picture.width, picture.height)?.data, text);
  return text;
}

/** Opens what a gate would: at the phone's own time. */
const atGate = async (page, text) => lib.presentation.read(text, directory, await page.evaluate(() => Date.now()));

test('a phone enrols with an invitation, and its key cannot be taken out', async () => {
  const { node, page } = await open();
  await shot(page, 'enrol');
  assert.deepEqual(await axe(page), []);
  await page.fill('#invitation', invitation(node.origin));
  await page.click('#connect');
  await page.waitForSelector('.quiet-page');
  assert.match(node.key, /^ed25519:[0-9a-f]{64}$/);
  const kept = await page.evaluate(async () => {
    const open = indexedDB.open('landside-driver');
    const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
    const get = db.transaction('settings').objectStore('settings').get('device');
    const pair = await new Promise((resolve) => { get.onsuccess = () => resolve(get.result); });
    const taken = await crypto.subtle.exportKey('pkcs8', pair.privateKey).then(() => true, () => false);
    return { isExtractable: pair.privateKey.extractable, taken };
  });
  assert.deepEqual(kept, { isExtractable: false, taken: false });
  close({ page });
});

test('an invitation opened as a link enrols at once, and leaves no trace in the address', async () => {
  const node = await listen();
  const page = await phone(browser);
  await page.goto(invitation(node.origin));
  await page.waitForSelector('.quiet-page');
  assert.ok(!page.url().includes('i='));
  close({ page });
});

test('an invitation that is wrong, old, used or of another place is refused with a reason', async () => {
  const { node, page } = await open();
  const attempt = async (text) => {
    await page.fill('#invitation', text);
    await page.click('#connect');
    await page.waitForFunction(() => document.getElementById('invitation-fault')?.textContent);
    const fault = await page.textContent('#invitation-fault');
    await page.fill('#invitation', '');
    return fault;
  };
  assert.equal(await attempt('hello'), 'This is not an invitation');
  assert.equal(await attempt(invitation(node.origin, { expires: START - 1 })), 'The invitation has expired');
  assert.equal(await attempt(invitation('https://elsewhere.example')), 'The invitation is for another address');
  assert.equal(await attempt(invitation(node.origin, { secret: new Uint8Array(16) })), 'The invitation was used already');
  assert.equal(await attempt(invitation(node.origin, { edition: '0'.repeat(64) })), 'This is not an invitation');
  assert.equal(node.key, null);
  assert.deepEqual(await axe(page), []);
  close({ page });
});

test('what is missing and who owes it stands on the job', async () => {
  const { node, page, tell } = await withJob();
  await tell('progress', [
    { code: 'customs-not-released', light: 'customs', owed_by: 'customs' },
    { code: 'not-cleared', light: 'terminal', owed_by: 'terminal' },
  ]);
  await page.getByText('2 things missing').waitFor();
  await shot(page, 'jobs');
  assert.deepEqual(await axe(page), []);
  await page.click('a.job');
  await page.getByText('Customs has not released the goods').waitFor();
  const body = await page.textContent('main');
  for (const part of ['CSQU 305438 3', 'T-417-KLM', CODE, 'The terminal has not cleared the container', 'Slot is open', 'TZDAR DEPOT 4', 'ER-88123', '12:30 – 14:30']) {
    assert.ok(body.includes(part), `${part} in ${body}`);
  }
  await shot(page, 'job-waiting');
  assert.deepEqual(await axe(page), []);
  assert.equal(await page.locator('#to-pass').count(), 0);
  close({ page });
});

test('the code can be copied for a gate that types, and opens there like the picture', async () => {
  const { page, tell } = await withJob({ permissions: ['clipboard-read', 'clipboard-write'] });
  await tell('pass');
  await page.waitForSelector('a.job');
  await page.click('a.job');
  await page.click('#to-pass');
  await page.click('#copy-code');
  await page.getByText('It is good for less than a minute').waitFor();
  const opened = await atGate(page, await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(opened.pass.document.plate, 'T-417-KLM');
  close({ page });
});

test('the pass on the screen is read by a scanner and opens at the gate, and renews itself', async () => {
  const { node, page, tell } = await withJob();
  await tell('progress', []);
  await tell('pass');
  await page.click('a.job');
  await page.waitForSelector('[data-verified]');
  await shot(page, 'job-ready');
  await page.click('#to-pass');
  const first = await scanned(page);
  await shot(page, 'pass');
  assert.deepEqual(await axe(page), []);
  const opened = await atGate(page, first);
  assert.equal(opened.pass.document.confirmation, node.key);
  const drawn = await page.locator('#code path').getAttribute('d');
  await page.clock.fastForward(21_000);
  await page.waitForFunction((old) => document.querySelector('#code path').getAttribute('d') !== old, drawn);
  const second = await scanned(page);
  assert.notEqual(second, first);
  assert.ok((await atGate(page, second)).madeAt - opened.madeAt >= 20_000);
  close({ page });
});

test('the page of the pass follows the gate: refused, let in, receipt, signed, out', async () => {
  const { node, page, tell } = await withJob();
  await tell('progress', []);
  const { id: pass } = await tell('pass');
  await page.click('a.job');
  await page.getByText('Drive to the gate with the pass open').waitFor();
  await page.click('#to-pass');
  await scanned(page);
  const fold = await page.locator('#copy-code').evaluate((button) => button.getBoundingClientRect().bottom - innerHeight);
  assert.ok(fold <= 0, `${fold} px below the fold`);
  await tell('decision', [{ code: 'plate-not-allowed', detail: 'x', owed_by: 'haulier' }]);
  await page.locator('[data-stage="refused"]').waitFor();
  await page.getByText('The plate is not the one on the pass').waitFor();
  await page.getByText('Harbour Haulage can solve it').waitFor();
  assert.equal(await page.locator('#code').count(), 0);
  assert.deepEqual(await axe(page), []);
  await shot(page, 'stage-refused');
  // Solved: the same pass once more, until the gate has said something else.
  await page.click('#show-again');
  assert.equal((await atGate(page, await scanned(page))).pass.id, pass);
  await tell('decision', [{ code: 'hold', detail: 'x', owed_by: 'customs' }]);
  await page.getByText('A hold stands').waitFor();
  await page.click('#show-again');
  await page.waitForSelector('#code svg');
  await tell('decision');
  await page.locator('[data-stage="admitted"]').waitFor();
  await page.getByText('interchange receipt appears here by itself').waitFor();
  assert.deepEqual(await axe(page), []);
  await shot(page, 'stage-admitted');
  await page.click('#back');
  await page.locator('#stage[data-stage="admitted"]').waitFor();
  await page.locator('#timeline, .timeline').first().waitFor();
  assert.ok(!(await page.textContent('main')).includes('Drive to the gate'));
  await page.click('#to-pass');
  await page.waitForSelector('#code svg');
  const receipt = await tell('receipt');
  await page.click('#to-receipt');
  await page.check('#agree');
  await page.click('#sign');
  while (node.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const key = lib.key.keyBytes(node.key);
  const signed = await lib.cose.open(node.received[0], new lib.directory.DeviceKey(key, await lib.key.keyId(key)), START + 60_000);
  assert.equal(signed.document.builds_on, receipt.id);
  node.push(signed);
  await page.locator('[data-stage="signed"]').waitFor();
  assert.deepEqual(await axe(page), []);
  await tell('gateOut');
  await page.locator('[data-stage="left"]').waitFor();
  close({ page });
});

test('when slot or right changes the page of the pass says that there is none now, and shows the next by itself', async () => {
  const { page, tell } = await withJob();
  await tell('pass');
  await page.click('a.job');
  await page.click('#to-pass');
  await page.waitForSelector('#code svg');
  await tell('slot', 'moved');
  await page.getByText('There is no pass now').waitFor();
  await tell('pass');
  await page.waitForSelector('#code svg');
  await tell('revoke');
  await page.getByText('No longer yours').first().waitFor();
  close({ page });
});

test('who signs without the tick is told so in the app’s words, and is where the tick goes', async () => {
  const { node, page, tell } = await withJob();
  await tell('pass');
  await tell('decision');
  await tell('receipt');
  await page.click('a.job');
  await page.click('#to-receipt');
  await page.click('#sign');
  await page.locator('#agree-fault', { hasText: 'Tick this first' }).waitFor();
  await page.waitForFunction(() => document.activeElement.id === 'agree' && document.activeElement.getAttribute('aria-invalid') === 'true');
  assert.deepEqual(await axe(page), []);
  assert.equal(node.received.length, 0);
  await page.check('#agree');
  await page.waitForFunction(() => document.getElementById('agree-fault').textContent === '' && document.activeElement.id === 'agree');
  await page.click('#sign');
  await page.getByText('Signed; goes out').waitFor();
  close({ page });
});

test('a phone knows at once that the node is there, whether or not something comes', async () => {
  const { node, page } = await withJob();
  node.isPatient = true;
  node.waits.length = 0;
  await page.reload();
  await page.waitForSelector('a.job');
  await page.locator('#offline').waitFor({ state: 'detached' });
  while (node.waits.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(node.waits.slice(0, 2), [0, 25]);
  // Gone and back: once more it is asked for a word, and then held.
  node.isAway = true;
  node.server.closeAllConnections();
  await page.waitForSelector('#offline');
  node.waits.length = 0;
  node.isAway = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('#offline').waitFor({ state: 'detached' });
  assert.equal(node.waits[0], 0);
  close({ page });
});

test('a node that refuses this phone was heard: nothing says that it is offline', async () => {
  const { node, page } = await withJob();
  node.isPatient = true;
  node.isClosed = true;
  node.forgetSessions();
  await page.reload();
  await page.waitForSelector('#unknown');
  assert.equal(await page.locator('#offline').count(), 0);
  assert.equal(await page.locator('#bar .badge').count(), 0);
  // The node goes, and has taken nothing back.
  node.isAway = true;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('#bar .badge').waitFor();
  await page.waitForSelector('#unknown');
  close({ page });
});

test('the settings name the driver, and the phone as the haulier’s list does', async () => {
  const { node, page } = await withJob();
  await page.click('#tab-settings');
  await page.getByText('Asha Mwita').waitFor();
  const device = await page.textContent('#device');
  assert.equal(device, (await lib.key.keyId(lib.key.keyBytes(node.key))).slice(0, 8));
  const text = await page.textContent('main');
  assert.equal(text.match(/[0-9a-f]{8,}/g).length, 2, 'the phone and the edition');
  close({ page });
});

test('without a network the app opens again, shows the pass, and says how old things are', async () => {
  const { node, page, tell } = await withJob();
  await tell('pass');
  await page.click('a.job');
  await page.click('#to-pass');
  await scanned(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  node.close();
  await page.context().setOffline(true);
  await page.clock.fastForward(5 * 60_000);
  await page.reload();
  const text = await scanned(page);
  assert.equal((await atGate(page, text)).pass.document.confirmation, node.key);
  await page.getByText(/^Offline · as of 5 min/).waitFor();
  await shot(page, 'pass-offline');
  assert.deepEqual(await axe(page), []);
  close({ page });
});

test('a pass with one bit changed is no pass, and the driver is told', async () => {
  const { node, page, say } = await withJob();
  const pass = await say.pass(node.now());
  const bytes = pass.bytes.slice();
  bytes[bytes.length - 70] ^= 1;
  node.push(pass, { bytes });
  await page.getByText('A document was not accepted').waitFor();
  await page.click('a.job');
  await page.waitForSelector('#container');
  assert.equal(await page.locator('#to-pass').count(), 0);
  assert.equal(await page.locator('[data-verified]').count(), 0);
  close({ page });
});

test('a pass for another phone is not shown', async () => {
  const { node, page } = await withJob();
  const other = events('ed25519:bf1fcb0605e28ae0e15cd5f528a83f9ee7aa81daea2d0c38258b5e243d1c6560');
  node.push(await other.pass(node.now()));
  await page.click('a.job');
  await page.getByText('Pass issued').waitFor();
  assert.equal(await page.locator('#to-pass').count(), 0);
  close({ page });
});

test('a right that is taken back ends the job', async () => {
  const { node, page, tell } = await withJob();
  await tell('pass');
  await page.locator('.badge', { hasText: 'Ready to collect' }).waitFor();
  await tell('revoke');
  await page.waitForSelector('.quiet-page');
  await page.click('#tab-history');
  await page.locator('.badge', { hasText: 'No longer yours' }).waitFor();
  close({ page });
});

test('a refusal at the gate shows every reason', async () => {
  const { node, page, tell } = await withJob();
  await tell('pass');
  await tell('decision', [
    { code: 'too-early', detail: 'pass begins later', owed_by: 'haulier' },
    { code: 'hold', detail: 'customs-scan hold: random check', owed_by: 'customs' },
    { code: 'of-next-year', detail: 'something new', owed_by: 'terminal' },
  ]);
  await page.click('a.job');
  await page.getByText('Too early for the slot').waitFor();
  await page.getByText('customs-scan hold: random check').waitFor();
  await page.getByText('of-next-year').waitFor();
  await shot(page, 'refused');
  assert.deepEqual(await axe(page), []);
  close({ page });
});

test('the driver sees seal and damage, adds a photograph, and signs byte for byte what was shown', async () => {
  const { node, page, tell } = await withJob();
  await tell('pass');
  await tell('decision');
  const receipt = await tell('receipt');
  await page.click('a.job');
  await page.click('#to-receipt');
  await page.waitForSelector('#sign');
  const body = await page.textContent('main');
  for (const part of ['ML-TZ8812345', 'Damaged', 'DT-L2', 'dent left side']) assert.ok(body.includes(part), part);
  await page.click('#sign');
  assert.equal(node.received.length, 0, 'not before the driver agrees');
  await page.setInputFiles('#photo', { name: 'dent.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64') });
  await page.waitForSelector('.photos img');
  await shot(page, 'receipt');
  assert.deepEqual(await axe(page), []);
  node.forgetSessions();
  await page.check('#agree');
  await page.click('#sign');
  await page.getByText('Signed; goes out').waitFor();
  while (node.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [hash] = [...node.photos.keys()];
  assert.equal(lib.bytes.toHex(await lib.bytes.sha256(node.photos.get(hash))), hash);
  const key = lib.key.keyBytes(node.key);
  const kid = await lib.key.keyId(key);
  const signed = await lib.cose.open(node.received[0], new lib.directory.DeviceKey(key, kid), START + 60_000);
  assert.deepEqual(signed.document, { ...receipt.document, builds_on: receipt.id, photos: [hash] });
  node.push(signed);
  await page.getByText(/You signed at/).waitFor();
  await tell('gateOut');
  await page.click('#back');
  await page.getByText('Collected').first().waitFor();
  await page.click('#back');
  await page.click('#tab-history');
  await page.waitForSelector('a.job');
  await shot(page, 'history');
  assert.deepEqual(await axe(page), []);
  close({ page });
});

test('a signature that the node refuses is shown as refused', async () => {
  const { node, page, tell } = await withJob();
  node.answer = { outcome: 'refused', code: 'head-moved', detail: '' };
  await tell('pass');
  await tell('decision');
  await tell('receipt');
  await page.click('a.job');
  await page.click('#to-receipt');
  await page.check('#agree');
  await page.click('#sign');
  await page.getByText('Another document took this place first').waitFor();
  close({ page });
});

test('what is signed without a network goes out when there is one, after a restart too', async () => {
  const { node, page, tell } = await withJob();
  await tell('pass');
  await tell('decision');
  await tell('receipt');
  await page.click('a.job');
  await page.click('#to-receipt');
  await page.evaluate(() => navigator.serviceWorker.ready);
  node.isAway = true;
  await page.check('#agree');
  await page.click('#sign');
  await page.getByText('Signed; goes out').waitFor();
  await page.reload();
  await page.getByText('Signed; goes out').waitFor();
  assert.equal(node.received.length, 0);
  node.isAway = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  while (node.received.length === 0) await page.clock.runFor(1000);
  close({ page });
});

test('Chinese, dark, and the narrowest phone', async () => {
  const { node, page, tell } = await withJob({ viewport: { width: 320, height: 568 } });
  await tell('progress', [{ code: 'customs-silent', light: 'customs', owed_by: 'customs' }]);
  await page.click('#tab-settings');
  await page.click('#language-zh-CN');
  await page.click('#theme-dark');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  await shot(page, 'settings-zh-dark');
  assert.deepEqual(await axe(page), []);
  await page.click('#tab-jobs');
  await page.getByText('还缺 1 项').waitFor();
  await page.click('a.job');
  await page.getByText('海关尚无状态').waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} px too wide`);
  await shot(page, 'job-zh-dark');
  assert.deepEqual(await axe(page), []);
  await tell('pass');
  await page.waitForSelector('#to-pass');
  await page.click('#to-pass');
  assert.ok((await scanned(page)).startsWith('LS1:'));
  await shot(page, 'pass-zh-dark');
  const small = await page.evaluate(() => [...document.querySelectorAll('a, button, input, label.button')].filter((e) => {
    const { width, height } = e.getBoundingClientRect();
    return width > 1 && height > 1 && e.id !== 'skip' && (width < 44 || height < 44);
  }).map((e) => e.outerHTML.slice(0, 80)));
  assert.deepEqual(small, [], 'smaller than a finger');
  await page.reload();
  await page.waitForSelector('#code svg');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN', 'remembered');
  close({ page });
});

test('a phone that is disconnected has neither key nor jobs', async () => {
  const { node, page } = await withJob();
  await page.click('#tab-settings');
  await page.click('#forget');
  await shot(page, 'forget');
  assert.deepEqual(await axe(page), []);
  await page.click('#forget-now');
  await page.waitForSelector('#invitation');
  const left = await page.evaluate(async () => {
    const open = indexedDB.open('landside-driver');
    const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
    const counts = [...db.objectStoreNames].map((name) => new Promise((resolve) => {
      const count = db.transaction(name).objectStore(name).count();
      count.onsuccess = () => resolve(count.result);
    }));
    return Promise.all(counts);
  });
  assert.deepEqual(left, [0, 0, 0, 0]);
  close({ page });
});

test('a wrong clock is said, and the pass is made by the node\'s', async () => {
  const node = await listen();
  const page = await phone(browser);
  await page.context().clock.install({ time: START - 5 * 60_000 });
  await page.goto(invitation(node.origin));
  await page.waitForSelector('.quiet-page');
  const say = events(node.key);
  for (const name of ['binding', 'slot', 'pass']) node.push(await say[name](node.now()));
  await page.getByText(/^The clock of this phone is 5 min/).waitFor();
  await page.click('a.job');
  await page.click('#to-pass');
  const { madeAt } = await lib.presentation.read(await scanned(page), directory, node.now());
  assert.ok(Math.abs(madeAt - node.now()) < 10_000);
  close({ page });
});

test('a newer edition of the directory is fetched, and what only it lists opens', async () => {
  const { node, page } = await withJob();
  const newcomer = await signerOf('stranger');
  const edition = structuredClone(EDITION.document);
  const terminal = edition.parties.find((party) => party.id === 'terminal');
  terminal.signing_keys.push({ key: lib.key.keyText(newcomer.publicKey), from: edition.valid_from });
  Object.assign(edition, { number: 2, previous: EDITION.id, valid_from: new Date(START - 60_000).toISOString() });
  const at = node.now();
  const slot = node.documents.at(-1);
  const { document } = await lib.cose.reopen(slot.envelope);
  node.push(await lib.cose.seal('slot', { ...document, answer: 'moved', reason: 'crane two stands' }, 'terminal', at, newcomer));
  await page.getByText('A document was not accepted').waitFor();
  const writer = new lib.cbor.Writer();
  writer.array(2);
  for (const name of ['authority-1', 'authority-2']) {
    writer.byteString((await lib.cose.seal('directory-edition', edition, 'authority', at, await signerOf(name))).bytes);
  }
  node.editions.push(writer.done());
  await page.waitForFunction(() => !document.body.textContent.includes('was not accepted'));
  await page.click('a.job');
  await page.getByText('crane two stands').waitFor();
  await page.reload();
  await page.getByText('crane two stands').waitFor();
  close({ page });
});

/** The job's slot as another key has it. */
async function slotBy(node, signer, reason) {
  const opened = await Promise.all(node.documents.map(({ envelope }) => lib.cose.reopen(envelope)));
  const { document } = opened.find(({ kind }) => kind === 'slot');
  return lib.cose.seal('slot', { ...document, answer: 'moved', reason }, 'terminal', node.now(), await signerOf(signer));
}

test('a key that the terminal vouched for counts from its rotation on, without an edition, after a restart and without a network', async () => {
  const { node, page } = await withJob();
  await page.click('a.job');
  const began = node.now();
  const place = (ms, log) => ({ at: began + ms, ...(log === undefined ? {} : { terminal: 'terminal', log }) });
  node.push(await slotBy(node, 'stranger', 'crane two stands'), place(0));
  await page.getByText('A document was not accepted').waitFor();
  // The rotation makes it count from its registration on; what was registered before does not.
  node.push(await rotation('terminal', 'terminal', 'stranger', began), place(1, 7));
  node.push(await slotBy(node, 'stranger', 'crane three stands'), place(1));
  await page.getByText('crane three stands').waitFor();
  await page.getByText('A document was not accepted').waitFor();
  // The old key counts until its end, and vouches for no second one.
  node.push(await rotation('terminal', 'terminal', 'line', began), place(2, 8));
  node.push(await slotBy(node, 'line', 'signed by the second'), place(3));
  node.push(await slotBy(node, 'terminal', 'crane four stands'), place(4));
  await page.getByText('crane four stands').waitFor();

  const signed = async () => (await page.locator('.timeline li').count()) === 4;
  assert.ok(await signed(), 'binding, and the slots by the edition’s key and the one that it vouched for');
  await page.evaluate(() => navigator.serviceWorker.ready);
  node.isAway = true;
  node.server.closeAllConnections();
  await page.reload();
  await page.getByText('crane four stands').waitFor();
  await page.waitForSelector('#offline');
  assert.ok(await signed(), 'the same after a restart');
  close({ page });
});

test('a rotation counts in the log in which it stands: another terminal’s does not', async () => {
  const { node, page, say } = await withJob();
  await page.click('a.job');
  const began = node.now();
  const said = await rotation('haulier', 'haulier', 'stranger', began);
  node.push(said, { at: began, terminal: 'terminal-2', log: 3 });
  const { document } = await say.binding(began);
  const bound = async (plate) => lib.cose.seal('driver-binding', { ...document, plate }, 'haulier', began, await signerOf('stranger'));
  node.push(await bound('T-111-AAA'), { at: began + 1 });
  await page.getByText('A document was not accepted').waitFor();
  assert.ok(!(await page.textContent('main')).includes('T-111-AAA'));
  // Once the terminal has registered it itself, the key counts in its log from then on.
  node.push(said, { at: began + 2, terminal: 'terminal', log: 9 });
  node.push(await bound('T-222-BBB'), { at: began + 3 });
  await page.getByText('T-222-BBB').first().waitFor();
  assert.ok(!(await page.textContent('main')).includes('T-111-AAA'));
  close({ page });
});

test('a new version takes over as a whole when the app is opened anew', async () => {
  const { node, page } = await open();
  const versions = () => page.evaluate(() => caches.keys());
  await page.evaluate(() => navigator.serviceWorker.ready);
  const [old] = await versions();
  // The worker's own bytes stay the same: what it imports is another.
  node.rewrites.set('/driver/kept.js', (text) => text.replace(/version: '[^']*'/, "version: 'newer'"));
  await page.reload();
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    while (!registration.waiting) await new Promise((resolve) => { requestIdleCallback(resolve); });
  });
  assert.deepEqual((await versions()).sort(), [old, 'landside-driver-newer'].sort(), 'both, until it is opened anew');
  await page.reload();
  await page.waitForFunction(async () => (await caches.keys()).join() === 'landside-driver-newer');
  await page.waitForSelector('#invitation');
  close({ page });
});

test('when what is kept cannot be read the driver is told, and can begin anew', async () => {
  const { node, page } = await withJob();
  await page.evaluate(async () => {
    const open = indexedDB.open('landside-driver');
    const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
    const change = db.transaction('settings', 'readwrite');
    change.objectStore('settings').put([new Uint8Array([1, 2, 3])], 'bundles');
    await new Promise((resolve) => { change.oncomplete = resolve; });
  });
  await page.reload();
  await page.waitForSelector('#retry');
  assert.deepEqual(await axe(page), []);
  await page.click('#forget');
  await page.waitForSelector('#invitation');
  assert.ok(node.key);
  close({ page });
});

test('the vectors hold in the browser too', async () => {
  const node = await listen(new URL('.', import.meta.url).pathname);
  const page = await phone(browser);
  await page.goto(`${node.origin}/driver/`);
  const modules = ['bytes', 'cbor', 'cose', 'directory', 'key', 'kinds', 'presentation', 'refusal', 'rotations', 'base45'];
  const { told, flipped } = await page.evaluate(async ({ files, names }) => {
    const loaded = await Promise.all(names.map((name) => import(`/lib/${name}.js`)));
    const lib = Object.fromEntries(names.map((name, i) => [name, loaded[i]]));
    const { holdVectors, flipEveryBit } = await import('/vectors.js');
    return { told: await holdVectors(files, lib), flipped: await flipEveryBit(files, lib) };
  }, { files: vectorFiles(), names: modules });
  assert.deepEqual(told.faults, []);
  assert.ok(told.good >= 45 && told.bad >= 360);
  assert.deepEqual(flipped.passed, []);
  close({ page });
});
