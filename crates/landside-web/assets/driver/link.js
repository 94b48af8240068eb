/** A link with the haulier's node over QUIC (WebTransport). What is said on it is in API.md and PROTOCOL § 16. */

import { concat, fromHex, toBase64Url, utf8 } from '../lib/bytes.js';
import { Reader, Writer } from '../lib/cbor.js';
import { keyText } from '../lib/key.js';
import * as t from '../lib/schema.js';

/** From the first packet to the first word of the feed, in ms; a line that is slower has HTTPS. */
export const OPEN_MAX_MS = 3000;
/**
 * How long a link may be silent, while somebody looks at the page, before the phone asks whether the node is there; how
 * long the node may then be silent; and how often both are looked at. In ms. Of a node that was killed QUIC itself tells
 * after half a minute.
 */
export const BEAT_EVERY_MS = 5000;
export const BEAT_PATIENCE_MS = 4000;
const BEAT_LOOK_MS = 1000;
/** Longest frame of the node's, in bytes: 1 MiB of documents and what is around them. */
export const FEED_MAX = 2 * 1024 * 1024;
/** Longest answer on a stream, in bytes. */
const ANSWER_MAX = 4 * 1024 * 1024;
/** Longest frame before an answer, in bytes. */
const HEAD_MAX = 1024;
const LENGTH = 4;

/** Where a node is over QUIC. */
export const OFFER = t.map([[0, 'port', t.uint], [1, 'certificates', t.list(t.hash)]]);
const CHALLENGE = t.map([[0, 'challenge', t.bytes], [1, 'now', t.time]]);
export const PROOF = t.map([[0, 'key', t.key], [1, 'signature', t.bytes], [2, 'after', t.uint]]);
export const BEAT = t.map([]);
const QUESTION = t.map([[0, 'method', t.freeText], [1, 'path', t.freeText], [2, 'type?', t.freeText]]);
const ANSWER = t.map([[0, 'status', t.uint], [1, 'type?', t.freeText]]);

/** @typedef {{ port: number, certificates: string[] }} Offer */

/**
 * What the device signs for a link: at this origin, towards who has the key of this certificate, once.
 * @param {string} origin @param {string} certificate SHA-256, hex @param {Uint8Array} challenge
 */
export function message(origin, certificate, challenge) {
  return utf8(`landside driver link v1\n${origin}\n${certificate}\n${toBase64Url(challenge)}\n`);
}

/** @param {import('../lib/schema.js').Type<any>} type @param {any} value */
export function framed(type, value) {
  const writer = new Writer();
  type.write(writer, value);
  const body = writer.done();
  const head = new Uint8Array(LENGTH);
  new DataView(head.buffer).setUint32(0, body.length);
  return concat(head, body);
}

/** The bytes of a stream, as many at a time as are asked for. */
class Inflow {
  #left = new Uint8Array(0);
  /** When the last of them came, by a clock that nobody sets. */
  heardAt = performance.now();

  /** @param {ReadableStream<Uint8Array>} stream */
  constructor(stream) {
    this.reader = stream.getReader();
  }

  /** Exactly so many. @param {number} length @returns {Promise<Uint8Array>} */
  async #take(length) {
    const parts = [this.#left];
    let have = this.#left.length;
    while (have < length) {
      const { value, done } = await this.reader.read();
      if (done) throw new Error('the stream ended');
      this.heardAt = performance.now();
      parts.push(value);
      have += value.length;
    }
    const all = concat(...parts);
    this.#left = all.slice(length);
    return all.subarray(0, length);
  }

  /** The body of the next frame. @param {number} max bytes */
  async frame(max) {
    const head = await this.#take(LENGTH);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    if (length > max) throw new Error(`a frame of ${length} bytes`);
    return this.#take(length);
  }

  /** Everything until the end. @param {number} max bytes */
  async rest(max) {
    const parts = [this.#left];
    for (let have = this.#left.length; ;) {
      const { value, done } = await this.reader.read();
      if (done) return concat(...parts);
      parts.push(value);
      have += value.length;
      if (have > max) throw new Error('too long an answer');
    }
  }
}

/** @template T @param {Promise<T>} promise @param {AbortSignal} signal @returns {Promise<T>} */
function until(promise, signal) {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

export class Link {
  isOpen = true;
  /** When it was opened, by this phone's clock. */
  openedAt = Date.now();
  /** The frame that is awaited. @type {Promise<Uint8Array> | null} */
  #next = null;
  /** Ends whatever is awaited when the link is closed. */
  #over = new AbortController();
  /** Questions that are open. */
  #asked = 0;
  /** When the node was asked whether it is there, while it has not said a word since. @type {number | null} */
  #beatAt = null;

  /**
   * @param {any} transport
   * @param {{ heard: Inflow, writer: WritableStreamDefaultWriter<Uint8Array> }} talk the feed's stream
   * @param {number} at number in the feed after which it goes on
   */
  constructor(transport, { heard, writer }, at) {
    this.transport = transport;
    this.heard = heard;
    this.writer = writer;
    this.at = at;
    const end = () => { this.isOpen = false; };
    transport.closed.then(end, end);
  }

  /**
   * Opens a link by the first certificate that the node shows, and proves this phone's key on it.
   * @param {Offer} offer
   * @param {URL} page below which the app is
   * @param {import('../lib/key.js').Signer} device
   * @param {number} after number in the feed
   */
  static async open({ port, certificates }, page, device, after) {
    const signal = AbortSignal.timeout(OPEN_MAX_MS);
    /** @type {unknown} */
    let fault = new Error('no certificate is known');
    for (const certificate of certificates) {
      // One at a time: so the phone knows which one it signs for.
      const url = `https://${page.hostname}:${port}/driver/api/link`;
      const hash = { algorithm: 'sha-256', value: fromHex(certificate) };
      const transport = new /** @type {any} */ (globalThis).WebTransport(url, { serverCertificateHashes: [hash] });
      transport.closed.catch(() => {});
      try {
        return await until(prove(transport, page.origin, certificate, device, after), signal);
      } catch (error) {
        fault = error;
        transport.ready.catch(() => {});
        close(transport);
        if (signal.aborted) break;
      }
    }
    throw fault;
  }

  /** Waits for the node's first word, which says that it took the proof; `next` gives it. */
  async begun() {
    this.#next = this.heard.frame(FEED_MAX);
    await this.#next;
    const looking = setInterval(() => {
      if (this.isOpen) this.#look();
      else clearInterval(looking);
    }, BEAT_LOOK_MS);
  }

  /** Asks a silent node whether it is there, and closes the link of one that does not say so. */
  #look() {
    const { heardAt } = this.heard;
    if (this.#beatAt !== null && heardAt >= this.#beatAt) this.#beatAt = null;
    // Nobody waits for a page that is hidden. A question has a time of its own, and may fill the line while it has.
    if (document.visibilityState !== 'visible' || this.#asked > 0) this.#beatAt = null;
    else if (this.#beatAt !== null && performance.now() - this.#beatAt > BEAT_PATIENCE_MS) this.close();
    else if (this.#beatAt === null && performance.now() - heardAt > BEAT_EVERY_MS) {
      this.#beatAt = performance.now();
      this.writer.write(framed(BEAT, {})).catch(() => this.close());
    }
  }

  /** What the node says next of the feed. @param {AbortSignal} signal */
  async next(signal) {
    this.#next ??= this.heard.frame(FEED_MAX);
    const body = await until(this.#next, AbortSignal.any([signal, this.#over.signal]));
    this.#next = null;
    return body;
  }

  /**
   * Asks on a stream of its own.
   * @param {{ method: string, path: string, type?: string }} question @param {Uint8Array} content @param {AbortSignal} signal
   * @returns {Promise<Response>}
   */
  async ask(question, content, signal) {
    const asked = async () => {
      const { readable, writable } = await this.transport.createBidirectionalStream();
      const writer = writable.getWriter();
      const heard = new Inflow(readable);
      await writer.write(framed(QUESTION, question));
      // Who has answered already reads no further.
      if (content.length > 0) await writer.write(content).catch(() => {});
      writer.close().catch(() => {});
      const { status, type } = ANSWER.read(new Reader(await heard.frame(HEAD_MAX)));
      const body = await heard.rest(ANSWER_MAX);
      const headers = type ? { 'content-type': type } : undefined;
      return new Response(body.length > 0 ? body : null, { status: Number(status), headers });
    };
    this.#asked += 1;
    try {
      return await until(asked(), AbortSignal.any([signal, this.#over.signal]));
    } finally {
      this.#asked -= 1;
    }
  }

  close() {
    this.isOpen = false;
    this.#over.abort(new Error('the link is closed'));
    this.#next?.catch(() => {});
    close(this.transport);
  }
}

/** @param {any} transport */
function close(transport) {
  try {
    transport.close();
  } catch {
    // It was never open.
  }
}

/** @param {any} transport @param {string} origin @param {string} certificate @param {import('../lib/key.js').Signer} device @param {number} after */
async function prove(transport, origin, certificate, device, after) {
  await transport.ready;
  const { value: talk } = await transport.incomingBidirectionalStreams.getReader().read();
  if (!talk) throw new Error('the node said nothing');
  const heard = new Inflow(talk.readable);
  const { challenge } = CHALLENGE.read(new Reader(await heard.frame(HEAD_MAX)));
  const signature = await device.sign(message(origin, certificate, challenge));
  const writer = talk.writable.getWriter();
  await writer.write(framed(PROOF, { key: keyText(device.publicKey), signature, after }));
  const link = new Link(transport, { heard, writer }, after);
  await link.begun();
  return link;
}
