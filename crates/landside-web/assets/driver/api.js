/** The one module that talks to the haulier's node. What is said is in API.md. */

import { fromBase64Url, toBase64Url, utf8 } from '../lib/bytes.js';
import { Reader } from '../lib/cbor.js';
import { keyText } from '../lib/key.js';
import { Refusal } from '../lib/refusal.js';
import * as t from '../lib/schema.js';
import { Link, OFFER } from './link.js';

/** How long the node may hold a question for documents until there are some, in seconds. */
export const WAIT_S = 25;
/** How long any other answer may take, in ms. */
const ANSWER_MAX_MS = 15_000;
/** Longest answer, in bytes. */
const BODY_MAX = 4 * 1024 * 1024;

/** Pauses between attempts to have a link over QUIC, in ms; meanwhile HTTPS does. */
const LINK_RETRY_MIN_MS = 30_000;
const LINK_RETRY_MAX_MS = 600_000;
/** A link that ends sooner than this counts as an attempt that failed, in ms. */
const LINK_SHORT_MS = 10_000;

/** An answer to a question for documents. */
export const FEED = t.map([
  [0, 'next', t.uint],
  [1, 'now', t.time],
  [2, 'edition', t.uint],
  [3, 'documents', t.list(t.map([
    [0, 'number', t.uint], [1, 'at', t.time], [2, 'code?', t.caseCode], [3, 'envelope', t.bytes], [4, 'terminal?', t.party], [5, 'log?', t.uint],
  ]))],
  [4, 'link?', OFFER],
]);

/** The node cannot be reached, or cannot answer now. */
export class Unreachable extends Error {}

/** The link ended; what was awaited on it is asked anew at once. */
export class LinkOver extends Unreachable {}

export class Api {
  #token = '';
  /** @type {Link | null} */
  #link = null;
  #linkNotBefore = 0;
  #linkPause = LINK_RETRY_MIN_MS;

  /**
   * @param {URL} base where the interface is, with a slash at its end
   * @param {import('../lib/key.js').Signer} device
   * @param {() => void} [onLink] told when a link begins or ends
   */
  constructor(base, device, onLink = () => {}) {
    this.base = base;
    this.device = device;
    this.onLink = onLink;
  }

  /** Whether the node is reached over QUIC. */
  get isLinked() {
    return this.#link?.isOpen ?? false;
  }

  /**
   * Opens a link over QUIC if none is open, the node offers one, this browser can, and none failed a moment ago.
   * @param {import('./link.js').Offer | null} offer @param {number} after number in the feed
   */
  async link(offer, after) {
    if (this.#link && !this.isLinked) this.unlink();
    const mayTry = navigator.onLine && 'WebTransport' in globalThis && Date.now() >= this.#linkNotBefore;
    if (this.#link || !offer || !mayTry) return;
    try {
      this.#link = await Link.open(offer, this.base, this.device, after);
      this.onLink();
    } catch {
      this.#holdBack();
    }
  }

  /** Ends the link, if there is one. */
  unlink() {
    const link = this.#link;
    if (!link) return;
    this.#link = null;
    link.close();
    if (Date.now() - link.openedAt < LINK_SHORT_MS) this.#holdBack();
    else this.#linkPause = LINK_RETRY_MIN_MS;
    this.onLink();
  }

  /** The network changed: what failed before may work now. */
  linkSoon() {
    this.#linkNotBefore = 0;
    this.#linkPause = LINK_RETRY_MIN_MS;
  }

  #holdBack() {
    this.#linkNotBefore = Date.now() + this.#linkPause * (0.5 + Math.random());
    this.#linkPause = Math.min(LINK_RETRY_MAX_MS, 2 * this.#linkPause);
  }

  /**
   * Shows an invitation and this phone's key.
   * @param {import('./invitation.js').Invitation} invitation
   * @returns {Promise<{ zone: string }>} the port's time zone
   * @throws {Refusal} `invitation-unknown`, `invitation-used`, `invitation-expired` @throws {Unreachable}
   */
  async enrol(invitation) {
    const secret = toBase64Url(invitation.secret);
    const body = { secret, key: keyText(this.device.publicKey), proof: await this.#proof('enrol', secret) };
    return (await this.#ask('enrol', json(body))).json();
  }

  /**
   * An edition's bundle: the one of this id, or the one after this number.
   * @param {{ id: string } | { after: number }} which
   * @returns {Promise<Uint8Array | null>} null when there is none yet
   */
  async edition(which) {
    const query = 'id' in which ? `id=${which.id}` : `after=${which.after}`;
    const linked = await this.#overLink(`directory?${query}`, {});
    const answer = linked ? await checked(linked) : await this.#ask(`directory?${query}`, {});
    return answer.status === 204 ? null : bodyOf(answer);
  }

  /**
   * What came for this phone after a number; the node may wait for something to come.
   * @param {number} after
   * @param {number} wait seconds, at most WAIT_S; a link says at once what there is, and then waits as it does
   * @param {AbortSignal} signal
   * @returns {Promise<{ next: number, now: string, edition: number, documents: any[], link?: import('./link.js').Offer }>}
   */
  async documents(after, wait, signal) {
    // A link that is ahead of what is kept here would leave something out.
    if (this.#link && this.#link.at !== after) this.unlink();
    const limit = AbortSignal.any([signal, AbortSignal.timeout((this.#link ? WAIT_S : wait) * 1000 + ANSWER_MAX_MS)]);
    if (this.#link) return this.#pushed(this.#link, limit, signal);
    const init = { signal: limit };
    const answer = await this.#withSession(`documents?after=${after}&wait=${wait}`, init);
    return FEED.read(new Reader(await bodyOf(answer)));
  }

  /** What the node says on the link. @param {Link} link @param {AbortSignal} limit @param {AbortSignal} stopped */
  async #pushed(link, limit, stopped) {
    try {
      const feed = FEED.read(new Reader(await link.next(limit)));
      link.at = Number(feed.next);
      return feed;
    } catch (error) {
      if (!stopped.aborted && this.#link === link) this.unlink();
      throw new LinkOver(String(error));
    }
  }

  /**
   * Asks over the link, if there is one.
   * @param {string} path @param {RequestInit} init
   * @returns {Promise<Response | null>} null when it is to be asked over HTTPS
   */
  async #overLink(path, { method = 'GET', headers, body }) {
    const link = this.#link;
    if (!link?.isOpen) return null;
    const type = new Headers(headers).get('content-type') ?? undefined;
    try {
      const content = new Uint8Array(await new Response(/** @type {any} */ (body) ?? null).arrayBuffer());
      return await link.ask({ method, path, type }, content, AbortSignal.timeout(ANSWER_MAX_MS));
    } catch {
      if (this.#link === link) this.unlink();
      return null;
    }
  }

  /**
   * Hands in a document of this phone.
   * @param {Uint8Array} envelope
   * @returns {Promise<{ outcome: 'accepted' | 'duplicate' | 'refused', code?: string, detail?: string }>}
   */
  async send(envelope) {
    const headers = { 'content-type': 'application/cose; cose-type="cose-sign1"' };
    return (await this.#asDevice('documents', { method: 'POST', headers, body: envelope })).json();
  }

  /** Hands in a photograph. @param {string} hash SHA-256, hex @param {Blob} photo */
  async photo(hash, photo) {
    await this.#asDevice(`photos/${hash}`, { method: 'PUT', headers: { 'content-type': photo.type }, body: photo });
  }

  /** Asks as this phone. @param {string} path @param {RequestInit} init */
  async #asDevice(path, init) {
    const linked = await this.#overLink(path, init);
    return linked ? checked(linked) : this.#withSession(path, init);
  }

  /**
   * Asks over HTTPS; proves itself first when the node does not know it any more.
   * @param {string} path
   * @param {RequestInit} init
   */
  async #withSession(path, init) {
    if (!this.#token) await this.#openSession();
    try {
      return await this.#ask(path, this.#withToken(init));
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'session-over') throw error;
    }
    await this.#openSession();
    return this.#ask(path, this.#withToken(init));
  }

  /** @param {RequestInit} init */
  #withToken(init) {
    return { ...init, headers: { ...init.headers, authorization: `Bearer ${this.#token}` } };
  }

  async #openSession() {
    this.#token = '';
    const { challenge } = await (await this.#ask('challenge', json({}))).json();
    if (typeof challenge !== 'string' || fromBase64Url(challenge)?.length !== 32) throw new Refusal('malformed', 'challenge');
    const body = { key: keyText(this.device.publicKey), challenge, proof: await this.#proof('session', challenge) };
    this.#token = (await (await this.#ask('session', json(body))).json()).token;
  }

  /**
   * A signature that is good for one purpose, at this origin, once. Its first byte is none of an envelope's or a note's
   * (PROTOCOL § 13), so it can never be taken for one.
   * @param {string} purpose @param {string} challenge
   */
  async #proof(purpose, challenge) {
    const message = utf8(`landside driver ${purpose} v1\n${this.base.origin}\n${challenge}\n`);
    return toBase64Url(await this.device.sign(message));
  }

  /** @param {string} path @param {RequestInit} init @returns {Promise<Response>} */
  async #ask(path, init) {
    let answer;
    try {
      answer = await fetch(new URL(path, this.base), {
        cache: 'no-store', credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(ANSWER_MAX_MS), ...init,
      });
    } catch (error) {
      throw new Unreachable(String(error));
    }
    return checked(answer);
  }
}

/** @param {Response} answer */
async function checked(answer) {
  if (answer.ok) return answer;
  if (answer.status >= 500 || answer.status === 429) throw new Unreachable(`status ${answer.status}`);
  const problem = await answer.json().catch(() => ({}));
  throw new Refusal(String(problem.code ?? 'malformed'), String(problem.detail ?? `status ${answer.status}`));
}

/** @param {unknown} body @returns {RequestInit} */
function json(body) {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** @param {Response} answer @returns {Promise<Uint8Array>} */
async function bodyOf(answer) {
  let bytes;
  try {
    bytes = new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (bytes.length > BODY_MAX) throw new Refusal('too-large', `${bytes.length} bytes`);
  return bytes;
}
