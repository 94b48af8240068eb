/** What a driver shows at the gate: the pass with a fresh proof of the device key around it (PROTOCOL § 9). */

import * as base45 from './base45.js';
import { open, reopen, seal } from './cose.js';
import { DeviceKey } from './directory.js';
import { keyBytes, keyId } from './key.js';
import { Refusal } from './refusal.js';

/** A presentation is dead after this long, in ms. */
export const LIFE_MS = 60_000;
/** How far a driver's clock may be ahead, in ms. */
export const AHEAD_MAX_MS = 30_000;
/** Longest text taken, in bytes. */
export const TEXT_MAX = 4096;

const PREFIX = 'LS1:';

/**
 * The text to show now.
 * @param {Uint8Array} pass exact bytes of the pickup-pass
 * @param {number} now milliseconds since 1970
 * @param {import('./key.js').Signer} device
 * @returns {Promise<string>}
 */
export async function present(pass, now, device) {
  const { bytes } = await seal('presentation', { pass }, `driver:${device.keyId}`, now, device);
  return PREFIX + base45.encode(bytes);
}

/**
 * Reads what a scanner read. Needs no network and no list of drivers: the pass says whose key counts.
 * @param {string} text
 * @param {import('./cose.js').Keyring} keyring
 * @param {number} now
 * @returns {Promise<{ pass: import('./cose.js').Signed, driver: string, madeAt: number }>}
 * @throws {Refusal} the codes of PROTOCOL § 9
 */
export async function read(text, keyring, now) {
  if (new TextEncoder().encode(text).length > TEXT_MAX) throw new Refusal('too-large', 'text');
  const trimmed = text.trim();
  const bytes = trimmed.startsWith(PREFIX) ? base45.decode(trimmed.slice(PREFIX.length)) : null;
  if (!bytes) throw new Refusal('malformed', 'not the text of a pass, LS1: and base45');
  const outer = await reopen(bytes);
  if (outer.kind !== 'presentation') throw new Refusal('malformed', 'not a presentation');
  const pass = await open(outer.document.pass, keyring, now);
  if (pass.kind !== 'pickup-pass') throw new Refusal('malformed', 'no pass inside');
  const key = keyBytes(pass.document.confirmation);
  const shown = await open(bytes, new DeviceKey(key, await keyId(key)), now);
  if (shown.issuedAt > now + AHEAD_MAX_MS) throw new Refusal('issued-in-future', 'proof');
  if (now - shown.issuedAt > LIFE_MS) throw new Refusal('expired', 'proof');
  return { pass, driver: shown.keyId, madeAt: shown.issuedAt };
}
