// A port for tests: the parties of the vectors, whose public test keys sign what a driver's phone is to get.

import { createPrivateKey, createPublicKey } from 'node:crypto';

import { library, vector, vectorFiles } from './support.js';

const lib = await library();
const { FORM } = await import('../../crates/landside-web/assets/driver/invitation.js');

/** The vectors' own day: keys and edition are in force then. */
export const START = Date.parse('2026-11-23T10:00:00.000Z');
export const CODE = 'PGRD-J1GD-W';
export const CONTAINER = 'CSQU3054383';
export const EDITION = vector('directory').good[0];
const HOUR = 3600_000;
const keys = vectorFiles().keys;

/** @param {string} name of a test key */
export async function signerOf(name) {
  const pem = keys[name];
  const pkcs8 = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return lib.key.signer({
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', spki, 'Ed25519', true, ['verify']),
  });
}

const iso = (at) => new Date(at).toISOString();
const hash = (n) => n.toString(16).padStart(64, '0');
const visit = { terminal: 'terminal', container: CONTAINER };

/** Everything that can happen to the container, each signed by whom it belongs to. `key` is the phone's. */
export function events(key) {
  const say = async (by, kind, document, at) => lib.cose.seal(kind, document, by, at, await signerOf(by));
  /** The last binding, which progress names. @type {string | undefined} */
  let bound;
  return {
    credential: (at) => say('haulier', 'driver-credential', { key, name: 'Asha Mwita', valid_until: iso(at + 900 * HOUR), state: 'active' }, at),
    binding: async (at, driver = key) => {
      const signed = await say('haulier', 'driver-binding', { visit, right: hash(1), driver, plate: 'T-417-KLM' }, at);
      bound = signed.id;
      return signed;
    },
    slot: (at, answer = 'granted') => say('terminal', 'slot', { visit, builds_on: hash(2), answer, window: { from: iso(at - HOUR / 2), until: iso(at + 1.5 * HOUR) } }, at),
    progress: (at, needs, more = {}) => say('terminal', 'progress', {
      visit, right: { head: hash(1), holder: 'haulier', limits: { until: iso(at + 48 * HOUR) }, hops: [hash(1)] }, needs,
      discharged_at: iso(at - 20 * HOUR), position: 'yard',
      empty_return: [{ depot: 'TZDAR DEPOT 4', reference: 'ER-88123' }], binding: bound, ...more,
    }, at),
    pass: (at) => say('terminal', 'pickup-pass', {
      expires: Math.floor(at / 1000) + 7200, not_before: Math.floor(at / 1000) - 1800, confirmation: key, visit, right: hash(1), slot: hash(3), plate: 'T-417-KLM',
    }, at),
    decision: (at, reasons = []) => say('terminal', 'gate-decision', {
      visit, verdict: reasons.length ? 'refuse' : 'admit', reasons, relied_on: [], directory: 1, directory_age_s: 5,
    }, at),
    receipt: (at) => say('terminal', 'interchange-receipt', {
      visit, builds_on: hash(4), seals: ['ML-TZ8812345'], condition: 'damaged', damage: ['DT-L2'], photos: [], remark: 'dent left side, above the second corrugation',
    }, at),
    gateOut: (at) => say('terminal', 'gate-out', { visit, builds_on: hash(5), pass: hash(6), left_at: iso(at) }, at),
    revoke: (at) => say('forwarder', 'revoke-right', { visit, revokes: hash(1) }, at),
  };
}

/**
 * A party's old key vouches for a new signing key.
 * @param {string} party @param {string} old name of the key that vouches @param {string} next name of the new one @param {number} at
 */
export async function rotation(party, old, next, at, ends = at + 300 * HOUR) {
  const [by, made] = [await signerOf(old), await signerOf(next)];
  const writer = new lib.cbor.Writer();
  writer.array(5).text('landside key possession v1').text(party).byteString(lib.bytes.fromHex(by.keyId)).text('signing').byteString(made.publicKey);
  const said = {
    party, old: by.keyId, ends: iso(ends), signing_key: lib.key.keyText(made.publicKey), signing_proof: lib.bytes.toHex(await made.sign(writer.done())),
  };
  return lib.cose.seal('key-rotation', said, party, at, by);
}

/** The text of an invitation to the app at `origin`. */
export function invitation(origin, { haulier = 'haulier', edition = EDITION.id, secret = new Uint8Array(16).fill(7), expires = START + HOUR } = {}) {
  const writer = new lib.cbor.Writer();
  FORM.write(writer, { haulier, edition, secret, expires: iso(expires) });
  return `${origin}/driver/#i=${lib.bytes.toBase64Url(writer.done())}`;
}
