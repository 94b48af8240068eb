import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as invitations from '../../crates/landside-web/assets/driver/invitation.js';
import { countersigned, jobs, phase, slot, split } from '../../crates/landside-web/assets/driver/state.js';
import { library } from './support.js';
import { CODE, START, events, invitation } from './world.js';

const { key } = await library();
const device = await key.signer(await key.makeDeviceKey());
const self = { key: key.keyText(device.publicKey), keyId: device.keyId };
const other = 'ed25519:bf1fcb0605e28ae0e15cd5f528a83f9ee7aa81daea2d0c38258b5e243d1c6560';
const say = events(self.key);
const HOUR = 3600_000;

/** The one job after these events, one a second. */
async function after(...told) {
  const delivered = [];
  for (const [name, ...more] of told) {
    const at = START + delivered.length * 1000;
    delivered.push({ number: delivered.length + 1, at, code: CODE, signed: await say[name](at, ...more), fault: null });
  }
  const all = jobs(delivered, self);
  assert.ok(all.length <= 1);
  return all[0];
}

const BOUND = [['binding'], ['slot'], ['pass']];
const REFUSED = ['decision', [{ code: 'too-early', detail: 'x', owed_by: 'haulier' }]];

test('a job goes from binding to gate-out', async () => {
  const steps = [['binding', 'waiting'], ['slot', 'waiting'], ['pass', 'ready'], ['decision', 'admitted'], ['receipt', 'sign'], ['gateOut', 'left']];
  for (let n = 1; n <= steps.length; n++) {
    const job = await after(...steps.slice(0, n).map(([name]) => [name]));
    assert.equal(phase(job, START + 60_000), steps[n - 1][1], steps[n - 1][0]);
  }
});

test('a new binding or slot ends the pass and what rests on it', async () => {
  for (const again of [['binding'], ['slot', 'moved']]) {
    const job = await after(...BOUND, ['decision'], ['receipt'], again);
    assert.equal(phase(job, START + 60_000), 'waiting', again[0]);
    assert.equal(job.terminalReceipt, null);
  }
});

test('the job ends when another driver is named or the right is taken back, and returns with a new binding', async () => {
  for (const end of [['binding', other], ['revoke']]) {
    assert.equal(phase(await after(...BOUND, end), START), 'ended');
    assert.equal(phase(await after(...BOUND, end, ['binding']), START), 'waiting');
  }
});

test('progress ends the job and the pass, as a part is folded', async () => {
  const pass = (await say.pass(START + 2000)).id;
  const at = START + 60_000;
  assert.equal(phase(await after(...BOUND, ['progress', [], { pass }]), at), 'ready');
  assert.equal(phase(await after(...BOUND, ['progress', []]), at), 'waiting', 'no pass stands');
  assert.equal(phase(await after(...BOUND, ['progress', [], { pass: '0'.repeat(64) }]), at), 'waiting', 'another pass');
  assert.equal(phase(await after(...BOUND, ['progress', [], { pass, binding: '0'.repeat(64) }]), at), 'ended', 'another binding');
  assert.equal(phase(await after(...BOUND, ['progress', [], { pass, binding: undefined }]), at), 'ended', 'none is bound');
  assert.equal(phase(await after(['progress', []], ['slot'], ['binding'], ['pass']), at), 'ready', 'told before it is bound');
});

test('a pass for another phone is no pass here', async () => {
  const theirs = await events(other).pass(START);
  const all = jobs([
    { number: 1, at: START, code: CODE, signed: await say.binding(START), fault: null },
    { number: 2, at: START, code: CODE, signed: theirs, fault: null },
  ], self);
  assert.equal(all[0].pass, null);
});

test('an expired pass is none, and one that has not begun is early', async () => {
  const job = await after(...BOUND);
  assert.equal(phase(job, START + 3 * HOUR), 'waiting');
  assert.equal(phase(job, START - HOUR), 'early');
});

test('a refusal stands until the gate admits', async () => {
  assert.equal(phase(await after(...BOUND, REFUSED), START), 'refused');
  assert.equal(phase(await after(...BOUND, REFUSED, ['decision']), START), 'admitted');
});

test('a refusal is of the pass that was shown: a newer pass is there to be shown', async () => {
  assert.equal(phase(await after(...BOUND, REFUSED, ['slot', 'moved']), START), 'refused');
  assert.equal(phase(await after(...BOUND, REFUSED, ['slot', 'moved'], ['pass']), START + 60_000), 'ready');
  assert.equal(phase(await after(...BOUND, ['decision'], ['pass']), START + 60_000), 'admitted', 'who is in is in');
});

test('after the gate-out nothing changes', async () => {
  const job = await after(...BOUND, ['decision'], ['receipt'], ['gateOut'], ['revoke']);
  assert.equal(phase(job, START), 'left');
  assert.equal(job.timeline.length, 6);
  assert.equal(split([job], START).over.length, 1);
});

test('a document that did not open changes nothing', () => {
  assert.deepEqual(jobs([{ number: 1, at: START, code: CODE, signed: null, fault: 'bad-signature' }], self), []);
});

test('the slot is before, open, over or none', async () => {
  const job = await after(['binding'], ['slot']);
  assert.deepEqual([START - HOUR, START, START + 2 * HOUR].map((now) => slot(job, now).state), ['starts', 'open', 'over']);
  assert.equal(slot(await after(['binding']), START).state, 'none');
});

test('the countersignature repeats the terminal\'s receipt and adds photographs once', async () => {
  const receipt = await say.receipt(START);
  const hash = 'ab'.repeat(32);
  const twice = { ...receipt, document: { ...receipt.document, photos: [hash] } };
  assert.deepEqual(countersigned(receipt, [hash]), { ...receipt.document, builds_on: receipt.id, photos: [hash] });
  assert.deepEqual(countersigned(twice, [hash]).photos, [hash]);
});

test('an invitation is read from a link or its fragment, and in one spelling only', () => {
  const here = 'https://node.example';
  const link = invitation(here);
  const read = invitations.read(link, here, START);
  assert.equal(read.haulier, 'haulier');
  assert.deepEqual(invitations.read(link.split('#')[1], here, START), read);
  const refused = (text, code, now = START) => assert.throws(() => invitations.read(text, here, now), { code }, text);
  refused(link, 'expired', START + 2 * HOUR);
  refused(invitation('https://other.example'), 'other-origin');
  refused(`${link}AA`, 'malformed');
  refused(link.slice(0, -2), 'malformed');
  refused(invitation(here, { secret: new Uint8Array(15) }), 'malformed');
  refused(invitation(here, { haulier: 'Haulier' }), 'bad-field');
  refused('x'.repeat(5000), 'malformed');
});
