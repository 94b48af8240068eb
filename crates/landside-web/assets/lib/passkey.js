/** Passkeys in the browser (WebAuthn, W3C Level 2): the node's options as the browser takes them, and its answers as JSON. */

import { fromBase64Url, toBase64Url } from './bytes.js';

/** Why the browser made no answer. */
export class NoAnswer extends Error {
  /** @param {unknown} why */
  constructor(why) {
    super(String(why));
    const name = /** @type {any} */ (why)?.name;
    // The browser does not say whether the person said no, or the time was over (§ 5.1.4).
    this.code = name === 'InvalidStateError' ? 'passkey-taken' : 'passkey-cancelled';
  }
}

/** Whether passkeys work here. @param {string | null} origin where the node has them work */
export const isPossible = (origin) => origin === location.origin && typeof globalThis.PublicKeyCredential === 'function';

const text = (/** @type {ArrayBuffer} */ buffer) => toBase64Url(new Uint8Array(buffer));
const listed = (/** @type {any[] | undefined} */ list) => (list ?? []).map((one) => ({ ...one, id: fromBase64Url(one.id) }));

/** A new passkey. @param {any} options @returns {Promise<any>} @throws {NoAnswer} */
export async function create({ publicKey }) {
  const asked = {
    ...publicKey, challenge: fromBase64Url(publicKey.challenge), user: { ...publicKey.user, id: fromBase64Url(publicKey.user.id) },
    excludeCredentials: listed(publicKey.excludeCredentials),
  };
  const made = /** @type {any} */ (await navigator.credentials.create({ publicKey: asked }).catch((why) => { throw new NoAnswer(why); }));
  const { attestationObject, clientDataJSON } = made.response;
  return { id: made.id, rawId: text(made.rawId), type: made.type, response: { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) } };
}

/** A log-in with a passkey that the browser knows. @param {any} options @returns {Promise<any>} @throws {NoAnswer} */
export async function get({ publicKey }) {
  const asked = { ...publicKey, challenge: fromBase64Url(publicKey.challenge), allowCredentials: listed(publicKey.allowCredentials) };
  const had = /** @type {any} */ (await navigator.credentials.get({ publicKey: asked }).catch((why) => { throw new NoAnswer(why); }));
  const { authenticatorData, clientDataJSON, signature, userHandle } = had.response;
  return {
    id: had.id, rawId: text(had.rawId), type: had.type,
    response: { authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature), userHandle: userHandle && text(userHandle) },
  };
}
