/**
 * CBOR (RFC 8949), as much of it as documents use, in its one deterministic spelling (§ 4.2.1).
 *
 * Two ways in. `decode` is strict and for data of unknown form. `Reader` reads a known form item by item and lets
 * another spelling pass: whoever uses it writes what was read again with `Writer` and compares all bytes, as
 * PROTOCOL § 3 asks. So a wrong form and a wrong spelling stay two different faults.
 */

import { sameBytes } from './bytes.js';
import { Refusal } from './refusal.js';

/** Longest input of `decode`: a directory bundle (PROTOCOL § 10). */
export const INPUT_MAX = 4 * 1024 * 1024;
/** Deepest nesting that `decode` takes; documents have 6. */
export const DEPTH_MAX = 16;

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;

/** Break and lengths left open: the low five bits of an item's first byte. */
const OPEN = 31;

/** @param {string} detail @returns {never} */
function malformed(detail) {
  throw new Refusal('malformed', detail);
}

/** Numbers that JavaScript cannot hold exactly stay BigInt. @param {bigint} value */
function narrow(value) {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;
}

/** Reads item after item. Every method throws `malformed` when the next item is of another type, or cut short. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  /** Whether nothing is left. */
  atEnd() {
    return this.at === this.bytes.length;
  }

  /** The major type of the next item. */
  peekMajor() {
    if (this.atEnd()) malformed('ends too early');
    return this.bytes[this.at] >> 5;
  }

  /**
   * The head of the next item (RFC 8949 § 3): major type, and its number; null for a length left open.
   * @returns {{ major: number, info: number, value: bigint | null }}
   */
  head() {
    if (this.atEnd()) malformed('ends too early');
    const first = this.bytes[this.at++];
    const [major, info] = [first >> 5, first & 31];
    if (info < 24) return { major, info, value: BigInt(info) };
    if (info === OPEN) {
      if (major === UINT || major === NEGATIVE || major === TAG) malformed('a number of open length');
      return { major, info, value: null };
    }
    if (info > 27) malformed('a reserved length');
    const width = 1 << (info - 24);
    if (this.bytes.length - this.at < width) malformed('ends too early');
    let value = 0n;
    for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(this.bytes[this.at++]);
    return { major, info, value };
  }

  /** @param {number} major @param {string} what */
  #head(major, what) {
    const start = this.at;
    const head = this.head();
    if (head.major !== major) {
      this.at = start;
      malformed(`not ${what}`);
    }
    return head;
  }

  /** An unsigned integer up to `max`. @param {bigint | number} [max] @returns {number | bigint} */
  uint(max = 0xffff_ffff_ffff_ffffn) {
    const { value } = this.#head(UINT, 'an unsigned integer');
    if (value === null || value > BigInt(max)) malformed('a number too large');
    return narrow(/** @type {bigint} */ (value));
  }

  /** A signed integer of 64 bits. @returns {number | bigint} */
  int() {
    const major = this.peekMajor();
    if (major !== UINT && major !== NEGATIVE) malformed('not an integer');
    const { value } = this.head();
    if (value === null || value > 0x7fff_ffff_ffff_ffffn) malformed('a number too large');
    return narrow(major === UINT ? value : -1n - value);
  }

  /** @param {number} major @param {string} what @returns {Uint8Array} */
  #string(major, what) {
    const { value } = this.#head(major, what);
    if (value === null) return malformed('a string in chunks');
    if (value > BigInt(this.bytes.length - this.at)) malformed('ends too early');
    const from = this.at;
    this.at += Number(value);
    return this.bytes.subarray(from, this.at);
  }

  /** A byte string of definite length; not a copy. */
  byteString() {
    return this.#string(BYTES, 'a byte string');
  }

  /** A text of definite length. @returns {string} */
  text() {
    const bytes = this.#string(TEXT, 'a text');
    try {
      // Without ignoreBOM a leading U+FEFF would be dropped, and two texts would read the same.
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return malformed('a text that is not UTF-8');
    }
  }

  /** Number of items of the next array; null when left open. @returns {number | null} */
  array() {
    return this.#count(this.#head(ARRAY, 'an array').value);
  }

  /** Number of entries of the next map; null when left open. @returns {number | null} */
  map() {
    return this.#count(this.#head(MAP, 'a map').value);
  }

  /** A count beyond the bytes left is no reason to make room. @param {bigint | null} value */
  #count(value) {
    if (value !== null && value > BigInt(this.bytes.length - this.at)) malformed('ends too early');
    return value === null ? null : Number(value);
  }

  /** @returns {number | bigint} the number of the tag before the next item */
  tag() {
    return narrow(/** @type {bigint} */ (this.#head(TAG, 'a tag').value));
  }

  /** @returns {boolean} */
  bool() {
    const { info } = this.#head(SIMPLE, 'true or false');
    if (info !== 20 && info !== 21) malformed('not true or false');
    return info === 21;
  }

  /** Whether the next item is null; takes it if so. */
  takeNull() {
    return this.#take(0xf6);
  }

  /** Whether an open array or map ends here; takes the break if so. */
  takeBreak() {
    return this.#take(0xff);
  }

  /** @param {number} byte */
  #take(byte) {
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  /**
   * Runs `item` for each item of the array, or entry of the map, whose count was just read.
   * @param {number | null} count
   * @param {() => void} item
   */
  each(count, item) {
    if (count === null) {
      while (!this.takeBreak()) item();
    } else {
      for (let i = 0; i < count; i++) item();
    }
  }

  /** Passes over one item whatever it is; without recursion, for its depth is the sender's choice. */
  skip() {
    /** Items still to come at each level; null while the level is open. @type {(number | null)[]} */
    const left = [1];
    while (left.length > 0) {
      const level = left.length - 1;
      if (left[level] === 0) {
        left.pop();
        continue;
      }
      if (left[level] === null && this.takeBreak()) {
        left.pop();
        continue;
      }
      if (left[level] !== null) left[level] -= 1;
      const { major, info, value } = this.head();
      if (major === BYTES || major === TEXT) {
        if (value === null) left.push(null);
        else if (value > BigInt(this.bytes.length - this.at)) malformed('ends too early');
        else this.at += Number(value);
      } else if (major === ARRAY || major === MAP) {
        const count = this.#count(value);
        left.push(count === null ? null : major === MAP ? 2 * count : count);
      } else if (major === TAG) {
        left.push(1);
      } else if (major === SIMPLE && info === OPEN) {
        malformed('a break where none can be');
      }
    }
  }
}

/** Writes the one deterministic spelling. Map keys are the caller's to bring in order. */
export class Writer {
  constructor() {
    this.bytes = new Uint8Array(256);
    this.length = 0;
  }

  /** What was written. */
  done() {
    return this.bytes.slice(0, this.length);
  }

  /** @param {number} more */
  #room(more) {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.length + more));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  /** @param {number} major @param {number | bigint} value */
  #head(major, value) {
    let n = BigInt(value);
    const width = n < 24n ? 0 : n < 0x100n ? 1 : n < 0x1_0000n ? 2 : n < 0x1_0000_0000n ? 4 : 8;
    this.#room(1 + width);
    this.bytes[this.length] = (major << 5) | (width === 0 ? Number(n) : 24 + Math.log2(width));
    for (let i = width; i > 0; i--) {
      this.bytes[this.length + i] = Number(n & 0xffn);
      n >>= 8n;
    }
    this.length += 1 + width;
    return this;
  }

  /** @param {Uint8Array} bytes */
  #raw(bytes) {
    this.#room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** @param {number | bigint} value */
  int(value) {
    return value >= 0 ? this.#head(UINT, value) : this.#head(NEGATIVE, -1n - BigInt(value));
  }

  /** @param {Uint8Array} bytes */
  byteString(bytes) {
    return this.#head(BYTES, bytes.length).#raw(bytes);
  }

  /** @param {string} text */
  text(text) {
    const bytes = new TextEncoder().encode(text);
    return this.#head(TEXT, bytes.length).#raw(bytes);
  }

  /** @param {number} count */
  array(count) {
    return this.#head(ARRAY, count);
  }

  /** @param {number} count */
  map(count) {
    return this.#head(MAP, count);
  }

  /** @param {number} number */
  tag(number) {
    return this.#head(TAG, number);
  }

  /** @param {boolean} value */
  bool(value) {
    return this.#raw(Uint8Array.of(value ? 0xf5 : 0xf4));
  }
}

/**
 * Reads one item of any form, strictly: shortest numbers, definite lengths, ascending keys each once, no tags, no
 * floats, nothing after the end. Maps become `Map`, byte strings `Uint8Array`.
 * @param {Uint8Array} bytes
 * @returns {any}
 * @throws {Refusal} `too-large`, `malformed`, `not-canonical`
 */
export function decode(bytes) {
  if (bytes.length > INPUT_MAX) throw new Refusal('too-large', `${bytes.length} bytes, limit ${INPUT_MAX}`);
  const reader = new Reader(bytes);
  const value = any(reader, DEPTH_MAX);
  if (!reader.atEnd()) throw new Refusal('not-canonical', 'bytes after the end');
  return value;
}

/** @param {Reader} reader @param {number} depth levels still allowed @returns {any} */
function any(reader, depth) {
  if (depth === 0) malformed(`deeper than ${DEPTH_MAX}`);
  const start = reader.at;
  const { major, info, value } = reader.head();
  if (value === null) throw new Refusal('not-canonical', 'a length left open');
  if (major !== SIMPLE && new Writer().int(value).length !== reader.at - start) {
    throw new Refusal('not-canonical', 'a number or length that has a shorter form');
  }
  if (major === UINT) return narrow(value);
  if (major === NEGATIVE) return narrow(-1n - value);
  if (major === SIMPLE) {
    if (info >= 20 && info <= 22) return [false, true, null][info - 20];
    return malformed('a float or an unknown simple value');
  }
  reader.at = start;
  if (major === BYTES) return reader.byteString().slice();
  if (major === TEXT) return reader.text();
  if (major === ARRAY) return Array.from({ length: reader.array() ?? 0 }, () => any(reader, depth - 1));
  if (major === MAP) return anyMap(reader, depth);
  return malformed('a tag');
}

/** @param {Reader} reader @param {number} depth */
function anyMap(reader, depth) {
  const entries = new Map();
  const count = reader.map() ?? 0;
  let before = new Uint8Array(0);
  for (let i = 0; i < count; i++) {
    const start = reader.at;
    const key = any(reader, depth - 1);
    const spelled = reader.bytes.subarray(start, reader.at);
    if (i > 0 && !isBefore(before, spelled)) throw new Refusal('not-canonical', 'keys not ascending, each once');
    before = spelled;
    entries.set(key, any(reader, depth - 1));
  }
  return entries;
}

/** Order of encoded keys (RFC 8949 § 4.2.1). @param {Uint8Array} a @param {Uint8Array} b */
function isBefore(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] < b[i];
  return a.length < b.length && !sameBytes(a, b);
}
