/**
 * The haulier's invitation: a link to this page whose fragment, which no server sees, has `i=` and base64url of a
 * canonical CBOR map. It is shown as a QR code or sent as text.
 */

import { fromBase64Url, sameBytes } from '../lib/bytes.js';
import { Reader, Writer } from '../lib/cbor.js';
import { Refusal } from '../lib/refusal.js';
import * as t from '../lib/schema.js';
import { OFFER } from './link.js';

/** Longest invitation, in characters. */
export const INVITATION_MAX = 1000;

/** The secret counts once; the edition id begins this phone's trust in a directory (PROTOCOL § 5). */
export const FORM = t.map([
  [0, 'haulier', t.party],
  [1, 'edition', t.hash],
  [2, 'secret', t.bytes],
  [3, 'expires', t.time],
  [4, 'name?', t.remark],
  [5, 'link?', OFFER],
]);

const SECRET_LENGTH = 16;

/**
 * @typedef {{ haulier: string, edition: string, secret: Uint8Array, expires: string, name?: string, link?: import('./link.js').Offer }} Invitation
 */

/**
 * Reads an invitation: the whole link, or its fragment.
 * @param {string} text
 * @param {string} origin of this page
 * @param {number} now
 * @returns {Invitation}
 * @throws {Refusal} `malformed`, `other-origin`, `expired`
 */
export function read(text, origin, now) {
  const found = /^(?:(https?:\/\/[^/]+)\/[^#]*)?#?i=([A-Za-z0-9_-]+)$/.exec(text.trim().slice(0, INVITATION_MAX));
  const bytes = found && fromBase64Url(found[2]);
  if (!found || !bytes) throw new Refusal('malformed', 'not an invitation');
  if (found[1] && found[1] !== origin) throw new Refusal('other-origin', found[1]);
  const invitation = FORM.read(new Reader(bytes));
  const writer = new Writer();
  FORM.write(writer, invitation);
  if (!sameBytes(writer.done(), bytes) || invitation.secret.length !== SECRET_LENGTH) {
    throw new Refusal('malformed', 'not an invitation');
  }
  if (Date.parse(invitation.expires) <= now) throw new Refusal('expired', invitation.expires);
  return invitation;
}
