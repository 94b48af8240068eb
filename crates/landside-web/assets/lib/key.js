/** Ed25519 keys and signatures (RFC 8032), as strict as PROTOCOL § 2 asks. WebCrypto does the arithmetic. */

import { fromHex, sha256, toHex } from './bytes.js';
import { Refusal } from './refusal.js';

/** Bytes of a signature. */
export const SIGNATURE_LENGTH = 64;
const PREFIX = 'ed25519:';

/** The prime of the field, and the d of the curve (RFC 8032 § 5.1). */
const P = 2n ** 255n - 19n;
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
/** Order of the group (RFC 8032 § 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * The y coordinates of all points of small order: under such a key, or with such an R, one signature fits many
 * messages. Order 1 and 2: 1 and -1; order 4: 0; order 8: the other two.
 */
const SMALL_ORDER_Y = new Set([
  0n,
  1n,
  P - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
]);

/** @param {Uint8Array} bytes little-endian */
function number(bytes) {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

/** The y coordinate of an encoded point, whatever its sign bit. @param {Uint8Array} bytes 32 of them */
function yOf(bytes) {
  return (number(bytes) & (2n ** 255n - 1n)) % P;
}

/** A value squared n times. @param {bigint} value @param {number} n */
function squared(value, n) {
  let result = value;
  for (let i = 0; i < n; i++) result = (result * result) % P;
  return result;
}

/**
 * A value to the power of 2^n - 1, with few multiplications: a directory has many keys.
 * @param {bigint} value @param {number} n @returns {bigint}
 */
function powerOfOnes(value, n) {
  if (n === 1) return value;
  if (n % 2 === 1) return (squared(powerOfOnes(value, n - 1), 1) * value) % P;
  const half = powerOfOnes(value, n / 2);
  return (squared(half, n / 2) * half) % P;
}

/** Whether some x belongs to this y: x² = (y²-1)/(dy²+1), and u/v is a square exactly when uv is. @param {bigint} y */
function isOnCurve(y) {
  const yy = (y * y) % P;
  const uv = ((yy - 1n + P) * (D * yy + 1n)) % P;
  // Euler's criterion; (P - 1) / 2 is 2^254 - 10, which is (2^250 - 1) · 2^4 + 6.
  const six = (squared(uv, 2) * squared(uv, 1)) % P;
  return (squared(powerOfOnes(uv, 250), 4) * six) % P <= 1n;
}

/** Keys that passed, so that each is looked at once. @type {Set<string>} */
const sound = new Set();

/**
 * What is wrong with the bytes of a public key; null when nothing is.
 * @param {Uint8Array} bytes
 * @returns {string | null}
 */
export function keyFault(bytes) {
  if (bytes.length !== 32) return 'a key has 32 bytes';
  const hex = toHex(bytes);
  if (sound.has(hex)) return null;
  const y = yOf(bytes);
  if (SMALL_ORDER_Y.has(y) || !isOnCurve(y)) return 'not a usable point on the curve';
  sound.add(hex);
  return null;
}

/** @param {Uint8Array} bytes @returns {string} `ed25519:` and 64 hex digits */
export function keyText(bytes) {
  return PREFIX + toHex(bytes);
}

/**
 * Reads the text of a public key.
 * @param {string} text
 * @returns {Uint8Array}
 * @throws {Refusal} `bad-field`
 */
export function keyBytes(text) {
  const bytes = text.startsWith(PREFIX) ? fromHex(text.slice(PREFIX.length)) : null;
  const fault = bytes ? keyFault(bytes) : 'not the text of a key';
  if (!bytes || fault) throw new Refusal('bad-field', fault ?? '');
  return bytes;
}

/** The key id: the first 8 bytes of SHA-256 of the key, in hex. @param {Uint8Array} key @returns {Promise<string>} */
export async function keyId(key) {
  return toHex((await sha256(key)).subarray(0, 8));
}

/** @type {Map<string, Promise<CryptoKey>>} */
const imported = new Map();

/** @param {Uint8Array} key */
function verifyingKey(key) {
  const hex = toHex(key);
  let promise = imported.get(hex);
  if (!promise) {
    promise = crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    imported.set(hex, promise);
  }
  return promise;
}

/**
 * What is wrong with the form of a signature, before any key is looked at; null when nothing is.
 * @param {Uint8Array} signature
 * @returns {string | null}
 */
export function signatureFault(signature) {
  if (signature.length !== SIGNATURE_LENGTH) return 'a signature has 64 bytes';
  if (number(signature.subarray(32)) >= L) return 'S is not below the group order';
  return SMALL_ORDER_Y.has(yOf(signature.subarray(0, 32))) ? 'R is of small order' : null;
}

/**
 * Strict verification: S below the group order, R and the key not of small order, no cofactor. Browsers differ in the
 * first two, so they are checked here. Resolves when the signature is good, and to nothing: there is no value that a
 * caller could take for "good" by mistake.
 * @param {Uint8Array} key 32 bytes
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 * @returns {Promise<void>}
 * @throws {Refusal} `bad-signature`
 */
export async function verify(key, message, signature) {
  const bad = new Refusal('bad-signature', 'the signature does not verify');
  if (signatureFault(signature) !== null || keyFault(key) !== null) throw bad;
  const good = await crypto.subtle.verify('Ed25519', await verifyingKey(key), signature, message);
  if (good !== true) throw bad;
}

/**
 * A device's own key. The private half stays in the browser: it can be used, and not read.
 * @typedef {{ publicKey: Uint8Array, keyId: string, sign: (message: Uint8Array) => Promise<Uint8Array> }} Signer
 */

/**
 * Makes a signer of a WebCrypto key pair.
 * @param {CryptoKeyPair} pair
 * @returns {Promise<Signer>}
 */
export async function signer(pair) {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return {
    publicKey,
    keyId: await keyId(publicKey),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message)),
  };
}

/** Makes a device key that cannot be taken out of the browser. @returns {Promise<CryptoKeyPair>} */
export async function makeDeviceKey() {
  return /** @type {Promise<CryptoKeyPair>} */ (crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']));
}

/** Whether this browser can sign and verify with Ed25519. @returns {Promise<boolean>} */
export async function hasEd25519() {
  try {
    await makeDeviceKey();
    return true;
  } catch {
    return false;
  }
}
