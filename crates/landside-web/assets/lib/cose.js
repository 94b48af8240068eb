/**
 * Envelopes: the only way from received bytes to a document that may be acted on (PROTOCOL § 3). COSE_Sign1
 * (RFC 9052 § 4.2) in deterministic CBOR; the checks come in the order of the table there, each with its own code.
 */

import { sameBytes, sha256, toHex } from './bytes.js';
import { Reader, Writer } from './cbor.js';
import { actor as actorRule } from './ids.js';
import { SIGNATURE_LENGTH, verify } from './key.js';
import { KINDS, readPayload, subjectOf, writePayload } from './kinds.js';
import { Refusal } from './refusal.js';
import * as t from './schema.js';

/** Largest envelope, in bytes. */
export const ENVELOPE_MAX = 61_440;
/** How far in the future a document may claim to be issued, in seconds: honest clocks differ. */
export const FUTURE_MAX_S = 300;

/** COSE_Sign1 (RFC 9052 § 2) and EdDSA (RFC 9053 § 2.2). */
const TAG_SIGN1 = 18;
const ALG_EDDSA = -8;
const CONTENT_TYPE = /^application\/vnd\.landside\.(.*)\.v1\+cbor$/s;

/**
 * A document whose signer, right to sign its kind, and signature were checked. `document` is the JSON form of
 * PROTOCOL § 4; `bytes` are those received, and what is kept, shown and sent on.
 * @typedef {{ bytes: Uint8Array, id: string, kind: string, issuer: string, keyId: string, issuedAt: number,
 *   document: any }} Signed
 */

/**
 * Who may speak with which key. Throws `unknown-party`, `key-unknown` or `key-not-in-force`.
 * @typedef {{ signer: (issuer: string, keyId: string, now: number) => Listed }} Keyring
 */

/** A key in force; `agent` is who else holds it and signs with it for the owner. @typedef {{ key: Uint8Array, roles: string[], agent?: string }} Listed */

const header = t.map([
  [1, 'alg', { read: (reader) => reader.int(), write: (writer, value) => void writer.int(value) }],
  [3, 'contentType', t.freeText],
  [4, 'keyId', t.kid],
  [15, 'claims', t.map([[1, 'issuer', t.text(actorRule)], [2, 'subject', t.freeText], [6, 'issuedAtS', t.uint]])],
]);

/**
 * Opens a received envelope.
 * @param {Uint8Array} bytes
 * @param {Keyring} keyring
 * @param {number} now milliseconds since 1970
 * @param {number} [limit] bytes; larger for bundles of directory editions
 * @returns {Promise<Signed>}
 * @throws {Refusal} with the code of the first check that failed
 */
export async function open(bytes, keyring, now, limit = ENVELOPE_MAX) {
  const parts = split(bytes, limit);
  const kind = kindOf(parts);
  const { issuer, subject, issuedAtS } = parts.header.claims;
  const listed = keyring.signer(issuer, parts.header.keyId, now);
  const toSign = sigStructure(parts.protectedBytes, parts.payload);
  await verify(listed.key, toSign, parts.signature);
  if (!KINDS[kind].signers.some((role) => listed.roles.includes(role))) {
    throw new Refusal('role-may-not-sign', `${issuer} may not sign ${kind}`);
  }
  const document = await readPayload(kind, parts.payload);
  const by = KINDS[kind].signedBy?.(document);
  if (by && (by.issuer !== issuer || by.keyId !== parts.header.keyId)) {
    throw new Refusal('subject-mismatch', 'signed by another than the payload names');
  }
  if ((await subjectOf(kind, document)) !== subject) {
    throw new Refusal('subject-mismatch', 'the payload speaks of something else');
  }
  // A key of the issuer's own with a mark, one of an agent's without it, or with another's.
  if (document.agent !== listed.agent) {
    throw new Refusal('agent-mark', `held by ${listed.agent ?? issuer}, the ${kind} names ${document.agent ?? 'nobody'}`);
  }
  if (BigInt(issuedAtS) * 1000n > BigInt(now) + BigInt(FUTURE_MAX_S) * 1000n) {
    throw new Refusal('issued-in-future', `issued at ${issuedAtS}`);
  }
  return signed(bytes, parts, kind, document);
}

/**
 * Reads an envelope whose signature was checked before it was stored here, or is checked next with a key from inside
 * it. Form only.
 * @param {Uint8Array} bytes
 * @param {number} [limit]
 * @returns {Promise<Signed>}
 * @throws {Refusal} the form codes
 */
export async function reopen(bytes, limit = ENVELOPE_MAX) {
  const parts = split(bytes, limit);
  const kind = kindOf(parts);
  return signed(bytes, parts, kind, await readPayload(kind, parts.payload));
}

/**
 * Kind, issuer, time, id and payload bytes of an envelope of sound form; nothing of it checked.
 * @param {Uint8Array} bytes
 * @param {number} [limit]
 */
export async function peek(bytes, limit = ENVELOPE_MAX) {
  const parts = split(bytes, limit);
  const { keyId, claims } = parts.header;
  return { kind: kindOf(parts), id: await idOf(parts), keyId, issuer: claims.issuer, payload: parts.payload };
}

/**
 * Signs a document; the bytes are those that any other implementation makes.
 * @param {string} kind
 * @param {any} document JSON form of PROTOCOL § 4
 * @param {string} issuer an actor, such as `driver:c653ce056619d6c2`
 * @param {number} now milliseconds since 1970
 * @param {import('./key.js').Signer} signer
 * @returns {Promise<Signed>}
 * @throws {Refusal} `bad-field` and the other rules of the kind, `too-large`
 */
export async function seal(kind, document, issuer, now, signer) {
  const payload = writePayload(kind, document);
  // What is signed here must be what every reader accepts.
  await readPayload(kind, payload);
  const issuedAtS = Math.floor(now / 1000);
  const contentType = `application/vnd.landside.${kind}.v1+cbor`;
  const writer = new Writer();
  header.write(writer, {
    alg: ALG_EDDSA,
    contentType,
    keyId: signer.keyId,
    claims: { issuer, subject: await subjectOf(kind, document), issuedAtS },
  });
  const protectedBytes = writer.done();
  const signature = await signer.sign(sigStructure(protectedBytes, payload));
  const bytes = sign1(protectedBytes, payload, signature);
  return reopen(bytes);
}

/** @typedef {{ header: any, protectedBytes: Uint8Array, payload: Uint8Array, signature: Uint8Array }} Parts */

/**
 * Cuts an envelope into its parts and requires the one spelling. @param {Uint8Array} bytes @param {number} limit
 * @returns {Parts}
 */
function split(bytes, limit) {
  if (bytes.length > limit) throw new Refusal('too-large', `${bytes.length} bytes, limit ${limit}`);
  const reader = new Reader(bytes);
  const shape = (/** @type {boolean} */ ok, /** @type {string} */ detail) => {
    if (!ok) throw new Refusal('malformed', detail);
  };
  shape(reader.tag() === TAG_SIGN1, 'not a COSE_Sign1');
  shape(reader.array() === 4, 'not an array of four');
  const protectedBytes = reader.byteString();
  shape(reader.map() === 0, 'unprotected header is not empty');
  const payload = reader.byteString();
  const signature = reader.byteString();
  shape(signature.length === SIGNATURE_LENGTH, 'signature is not 64 bytes');
  const read = readHeader(protectedBytes);
  if (read.alg !== ALG_EDDSA) throw new Refusal('unsupported-algorithm', `algorithm is ${read.alg}`);
  const writer = new Writer();
  header.write(writer, read);
  const isCanonical =
    sameBytes(writer.done(), protectedBytes) && sameBytes(sign1(protectedBytes, payload, signature), bytes);
  if (!isCanonical) throw new Refusal('not-canonical', 'envelope is not in deterministic form');
  return { header: read, protectedBytes, payload, signature };
}

/** Whatever is wrong in the header makes the envelope malformed. @param {Uint8Array} bytes */
function readHeader(bytes) {
  try {
    return header.read(new Reader(bytes));
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal('malformed', `header: ${error.detail}`);
    throw error;
  }
}

/** @param {Parts} parts */
function kindOf(parts) {
  const kind = CONTENT_TYPE.exec(parts.header.contentType)?.[1];
  if (kind === undefined || !Object.hasOwn(KINDS, kind)) {
    throw new Refusal('unknown-kind', parts.header.contentType.slice(0, 80));
  }
  return kind;
}

/** What is signed (RFC 9052 § 4.4), with no external data. @param {Uint8Array} protectedBytes @param {Uint8Array} payload */
export function sigStructure(protectedBytes, payload) {
  const writer = new Writer();
  writer.array(4).text('Signature1').byteString(protectedBytes).byteString(new Uint8Array(0)).byteString(payload);
  return writer.done();
}

/** @param {Uint8Array} protectedBytes @param {Uint8Array} payload @param {Uint8Array} signature */
function sign1(protectedBytes, payload, signature) {
  const writer = new Writer();
  writer.tag(TAG_SIGN1).array(4).byteString(protectedBytes).map(0).byteString(payload).byteString(signature);
  return writer.done();
}

/** @param {Parts} parts @returns {Promise<string>} SHA-256 of what is signed: one statement, one id */
async function idOf(parts) {
  return toHex(await sha256(sigStructure(parts.protectedBytes, parts.payload)));
}

/** @param {Uint8Array} bytes @param {Parts} parts @param {string} kind @param {any} document @returns {Promise<Signed>} */
async function signed(bytes, parts, kind, document) {
  const { keyId, claims } = parts.header;
  const issuedAt = Number(claims.issuedAtS) * 1000;
  return { bytes, id: await idOf(parts), kind, issuer: claims.issuer, keyId, issuedAt, document };
}
